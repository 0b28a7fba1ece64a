"""Known fields of the WHO's formats, and the surveys of them.

The data set's XML is that of the WHO's own document type; the portal's export has the columns of
`who_names`, and others that its later forms have. What names or reaches people is known, and left.
"""

from __future__ import annotations

import functools

from trialweave.model import Received
from trialweave.sources._source import FieldNote
from trialweave.sources.known.columns import survey as survey_columns
from trialweave.sources.known.json import Known, Tree, tree
from trialweave.sources.known.xml import survey
from trialweave.sources.who import ictrp
from trialweave.sources.who import xml as who_xml
from trialweave.sources.who.names import PORTAL, PORTAL_FIELDS, field_of, is_personal
from trialweave.sources.words import plain

__all__ = ["data_set", "survey_data_set", "survey_portal"]

_DATA_SET = """\
main
 trial_id!+ utrn! reg_name!+ date_registration!+ primary_sponsor!+ public_title!+ acronym!
 scientific_title! scientific_acronym! scientific_title_acronym! date_enrolment! type_enrolment!
 target_size! recruitment_status!+ url! study_type!+ study_design! phase! hc_freetext! i_freetext!
 results_actual_enrolment! results_date_completed! results_url_link! results_summary!
 results_date_posted! results_date_first_publication! results_baseline_char!
 results_participant_flow! results_adverse_events! results_outcome_measures! results_url_protocol!
 results_IPD_plan! results_IPD_description! results_ipd_plan! results_ipd_description!
contacts*!
countries|
 country2[]!
criteria|
 inclusion_criteria! agemin! agemax! gender! exclusion_criteria!
health_condition_code|
 hc_code[]!
health_condition_keyword|
 hc_keyword[]!
intervention_code|
 i_code[]!
intervention_keyword|
 i_keyword[]!
primary_outcome|!
 prim_outcome[]!
secondary_outcome|!
 sec_outcome[]!
secondary_sponsor|!
 sponsor_name[]!
secondary_ids|
 secondary_id[]|
  sec_id! issuing_authority!
source_support|!
 source_name[]!
ethics_reviews|
 ethics_review[]|
  status! approval_date! contact_name* contact_address* contact_phone* contact_email*
"""
# Markup that registers leave in running text
MARKUP = frozenset("br p b i u em strong sub sup ul ol li span div a table tr td th".split())  # noqa: SIM905

# Columns that the portal's exports always had
_ALWAYS = frozenset(
    {
        *("trial_id", "public_title", "scientific_title", "primary_sponsor"),
        *("date_registration", "reg_name", "recruitment_status", "study_type", "study_design"),
    }
)


@functools.cache
def data_set() -> Tree:
    """One trial in the data set's XML."""
    return tree(_DATA_SET, loose=True)


class _Columns(dict[str, Known]):
    """Fields by names that are compared by letters and digits, and those that are personal."""

    def get(self, name: str, default: object = None) -> Known | None:  # type: ignore[override]
        """What is known of a name in any spelling."""
        if field_of(name) is None and not is_personal(name):
            return None
        return super().get(plain(name)) or Known("text")


@functools.cache
def _portal() -> Tree:
    """One trial of the portal's XML: a list of fields."""
    return Tree(
        Known(
            inside=_Columns(
                (name, Known("text", 0, True, field in _ALWAYS)) for name, field in PORTAL.items()
            )
        ),
        loose=True,
    )


def survey_data_set(received: Received) -> tuple[FieldNote, ...]:
    """What of the fields of the data set's XML is not as it was known."""
    return survey("who", received, {"trial": data_set()}, MARKUP)


def survey_portal(received: Received) -> tuple[FieldNote, ...]:
    """What of the fields of the portal's export, XML or a table, is not as it was known."""
    if who_xml.recognise_portal(received):
        trees = {"Trial": _portal(), "trial": _portal()}
        return survey("ictrp", received, trees, MARKUP, plain)
    return survey_columns("ictrp", received, ictrp.is_header, _held, PORTAL_FIELDS, _ALWAYS)


def _held(label: str) -> str | None:
    return field_of(label) or ("contacts" if is_personal(label) else None)
