"""What a record tells of a trial, by its title: an interim report, a longer follow-up, a protocol.

Several articles of one trial are several reports, and which of them is which a reader wants to know
before any is used. Only titles are looked at, and what they do not say stays unsaid.
"""

from __future__ import annotations

import re
from typing import Final

from trialweave.studies.identities import Header

__all__ = ["relation_of", "telling"]

_KINDS: Final = (
    (
        "protocol",
        # not the protocol of a treatment: "a weaning protocol for patients"
        r"\b(?:study|trial) protocol\b|\bprotocol (?:for|of) (?:an?|the) (?:[\w,'\u2019-]+ ){0,12}?"
        r"(?:trial|study|rct)\b|\b(?:rationale|design) and (?:rationale|design|methods)\b"
        r"|\bstatistical analysis plan\b",
    ),
    (
        "secondary analysis",
        r"\bpost[- ]?hoc\b|\bsub[- ]?(?:group|study|set) analys[ie]s\b"
        r"|\bsub-?stud(?:y|ies)\b|\b(?:secondary|exploratory|ancillary|pooled) analys[ie]s\b"
        r"|\banalys[ie]s of data from\b",
    ),
    (
        "interim report",
        r"\binterim (?:analys[ie]s|reports?|results?|findings?|data)\b"
        r"|\b(?:preliminary|early|first|initial) "
        r"(?:analys[ie]s|reports?|results?|findings?|data)\b",
    ),
    (
        "longer follow-up",
        # not a long treatment: "long-term oxygen at home"
        r"\blong(?:er)?[- ]term (?:follow[- ]?up|outcomes?|results?|data|findings|safety|efficacy"
        r"|effectiveness|effects?|benefits?|survival|extension)\b"
        r"|\bextended follow[- ]?up\b|\bfinal (?:analys[ie]s|results?)\b"
        r"|\b(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)[- ]years? "
        r"(?:follow[- ]?up|results?|outcomes?|data|analys[ie]s|survival)\b"
        r"|\bfollow[- ]?up (?:at|of|after|to) (?:\d{1,2}|one|two|three|four|five|ten) years?\b",
    ),
)
_OF: Final = tuple((name, re.compile(words, re.IGNORECASE)) for name, words in _KINDS)
_TITLE: Final = 1000  # characters that are looked at


def telling(title: str) -> str:
    """ "protocol", "secondary analysis", "interim report", "longer follow-up", or "" where a title
    says none of these. The first that it says counts."""
    return next((name for name, words in _OF if words.search(title[:_TITLE])), "")


def relation_of(a: Header, b: Header) -> str:
    """How two records of one trial are related, in words.

    Of an article and a registration: "interim report of the trial"; of two articles of which one
    says that it is something else than the other: "longer follow-up of the same trial".
    """
    articles = [each for each in (a, b) if each.kind == "publication"]
    if not articles:
        return "same trial"
    told = sorted({telling(each.title) for each in articles} - {""})
    if len(articles) == 1:
        return f"{told[0]} of the trial" if told else "reports the trial"
    if len({telling(each.title) for each in articles}) == 1:
        return "reports on the same trial"
    return f"{' and '.join(told)} of the same trial"
