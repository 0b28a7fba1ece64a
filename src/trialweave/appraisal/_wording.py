"""What records say of their trial's design and results in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialweave.model import Record

__all__ = ["DEPENDENT", "METHODS", "texts"]

_LONGEST_TEXT = 200_000  # characters of a section that are searched for words
METHODS = re.compile(r"method|design|abstract|statistic|analys|participant|^\s*$", re.IGNORECASE)
DEPENDENT = (
    (
        re.compile(
            r"\b(?:cluster|community|village|school|practice)[- ](?:level[- ])?randomi[sz]|"
            r"\bgroup-randomi[sz]|\bintra-?cluster|"
            r"\brandomi[sz](?:ed|ation) (?:by|of) (?:clusters?|villages?|schools?|practices?)\b",
            re.IGNORECASE,
        ),
        "a cluster-randomised trial",
    ),
    (
        re.compile(
            r"\bcross-?\s?over (?:trial|study|design|rct|randomi[sz]ed|placebo|phase|manner)|"
            r"\brandomi[sz]ed,? (?:\S{1,20} ){0,4}cross-?over|^cross-?over|\bsplit-mouth|"
            r"\b(?:their|his|her) own controls?\b|"
            r"\bwithin-(?:subject|patient|participant)s? design",
            re.IGNORECASE,
        ),
        "a trial in which patients are their own controls",
    ),
)


def texts(record: Record | None, *, whole: bool, sections: re.Pattern[str] | None) -> Iterator[str]:
    """Titles and design of a record; with `whole` the sections of its article too, or those of them
    with such a label."""
    if record is None:
        return
    about = record.about
    yield record.title
    for value in (
        about.scientific_title,
        about.study_design,
        about.intervention_model,
        about.brief_summary,
    ):
        if value.content:
            yield value.content[:_LONGEST_TEXT]
    if whole and record.publication is not None:
        for section in record.publication.sections.content or ():
            if sections is not None and not sections.search(f"{section.label} {section.heading}"):
                continue
            if section.text.content:
                yield section.text.content[:_LONGEST_TEXT]
