"""INSPECT-SR: whether a randomised trial can be trusted enough to be used in a review.

The checks are told in our own words under the tool's numbers: Wilkinson JD, Heal C, Flemyng E,
et al. INSPECT-SR: a tool for assessing trustworthiness of randomised controlled trials. medRxiv
2025.09.03.25334905, with its guidance, version 1.1.1 (inspect.sr). "yes" means that there is
something to be concerned about. All judgements are the reviewer's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from trialweave.model.assessment import Domain, Instrument, Item

__all__ = ["INSPECT_SR", "NONE", "SERIOUS", "SOME", "least"]

NONE: Final = "no concerns"
SOME: Final = "some concerns"
SERIOUS: Final = "serious concerns"
_JUDGEMENTS: Final = (NONE, SOME, SERIOUS)
_ANY: Final = ("yes", "no", "unclear", "not applicable")


def _items(*rows: tuple[str, str]) -> tuple[Item, ...]:
    return tuple(Item(number, asks, _ANY) for number, asks in rows)


INSPECT_SR: Final = Instrument(
    name="inspect-sr",
    version="1.1",
    title="INSPECT-SR",
    about="trustworthiness of a randomised trial; to be answered before risk of bias",
    citation="Wilkinson JD, Heal C, Flemyng E, et al. INSPECT-SR: a tool for assessing "
    "trustworthiness of randomised controlled trials. medRxiv 2025.09.03.25334905. "
    "doi:10.1101/2025.09.03.25334905",
    licence="The guidance is CC BY 4.0 (inspect.sr). Its checks are told here in our words under "
    "its numbers.",
    judgements=_JUDGEMENTS,
    words=(
        ("yes", "there is something to be concerned about"),
        ("no", "there is not"),
        ("unclear", "it cannot be told from what is at hand"),
        ("not applicable", "the question does not arise"),
    ),
    per_result=False,
    domains=(
        Domain(
            "D1",
            "Notices after publication",
            _items(
                ("1.1", "Retracted, or withdrawn?"),
                ("1.2", "Expression of concern, or another notice that matters?"),
                ("1.3", "Such notices about other studies of the team?"),
            ),
        ),
        Domain(
            "D2",
            "Conduct, governance, transparency",
            _items(
                ("2.1", "Doubts about ethical approval?"),
                ("2.2", "Registered late, or not at all?"),
                ("2.3", "Publication and registration differ in something important?"),
                ("2.4", "Recruitment not plausible?"),
                ("2.5", "Methods not plausible with the resources reported?"),
            ),
        ),
        Domain(
            "D3",
            "Text and figures",
            _items(
                ("3.1", "Text or tables that stand elsewhere, or do not fit the study?"),
                ("3.2", "Figures manipulated or used twice?"),
            ),
        ),
        Domain(
            "D4",
            "Results",
            _items(
                ("4.1", "Participants who do not fit the criteria for taking part?"),
                ("4.2", "Sizes of the groups not plausible for the way of allocation?"),
                ("4.3", "Baseline data not plausible?"),
                ("4.4", "Results differ between text, tables and figures?"),
                ("4.5", "Numbers lost to follow-up not plausible?"),
                ("4.6", "Numbers of participants that do not agree, without a reason?"),
                ("4.7", "Outcomes or effects not plausible?"),
                ("4.8", "Means and variances that whole numbers cannot have?"),
                ("4.9", "Statistical results in error?"),
                ("4.10", "Data contradict each other otherwise?"),
                ("4.11", "Publications of the study describe it differently?"),
            ),
        ),
    ),
)


def least(judgements: Iterable[str]) -> str:
    """The worst of the domains' judgements, which that of the study is as a rule not better than.

    Raises ValueError without judgements.
    """
    return max(judgements, key=_JUDGEMENTS.index)
