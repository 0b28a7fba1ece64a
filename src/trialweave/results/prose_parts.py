"""Words of a sentence that say that its results are of a part of the patients."""

from __future__ import annotations

import re
from collections.abc import Collection

from trialweave.results.counts import PERSONS
from trialweave.results.families import names_outcome
from trialweave.results.view import SentenceView

__all__ = ["introduced_part", "population"]

_SUBGROUP = re.compile(
    r"\b(?:subgroups?|subset|sub-?analys[ie]s)\b(?:\sof\s[^,.;()]{0,40})?"
    r"|\b(?:with|without)\sa\shistory\sof\s[^,.;()]{0,30}"
    r"|\b(?:among|in|of)\s(?:those|the\s(?:patients|participants|women|men))\s(?:with|who)"
    r"(?!\s(?:received|were\s(?:given|treated|assigned|randomi[sz]ed|allocated)|took)\b)\s[^,.;()]{0,30}"
    r"|\bamong\s(?:patients|participants|women|men)\s(?:with|who|aged)\s[^,.;()]{0,30}"
    r"|\b(?:of|among|in)\s(?:these|those)\s\d[^,.;()]{0,30}"
    r"|\b(?:aged|older than|younger than)\s[^,.;()]{0,20}|\b(?:fe)?males\b|\bNYHA\s[IV]{1,3}\b",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(
    r"(?:(?:However|Moreover|Furthermore|Similarly|Likewise|Finally),?\s)?"
    r"(?P<link>Among|Of|In|For|Within)\s(?P<who>[^,;:()\[\]]{3,80}?)\s?(?:\([^()]{0,30}\))?,\s",
    re.IGNORECASE,
)
_OF_PERSONS = PERSONS - {"deaths", "death", "fatalities", "households"} | {
    "adolescents", "completers", "diabetics", "elderly", "fallers", "females", "males",
    "nonresponders", "non-responders", "nonsmokers", "non-smokers", "newborns", "responders",
    "smokers", "toddlers", "users",
}  # fmt: skip
_OF_ALL = frozenset(
    """all the these this our both each any study trial total of and who were was in randomised
    randomized enrolled included recruited eligible evaluable analysed analyzed treated assessed
    studied a an sample patients patient participants participant subjects individuals people
    persons cases volunteers with from""".split()  # noqa: SIM905
)
_NO_PERSONS = re.compile(
    r"\b(?:outcomes?|events?|effects?|measures?|variables?|parameters?|symptoms?|end-?points?|"
    r"secondary|primary|reactions?|complications?|causes?|reasons?|items?|domains?)\b"
)


def population(text: str, start: int) -> str:
    """The words that say that a result is of a part of the patients; "" where none do.

    `text` ends with the result, whose own words start at `start`: those of them stand first.
    """
    found = list(_SUBGROUP.finditer(text))
    own = [match for match in found if match.start() >= start]
    match = own[-1] if own else found[0] if found else None
    return " ".join(match.group().split()) if match else ""


def introduced_part(view: SentenceView, told: Collection[str]) -> str:
    """Whom a sentence speaks of by its first words, where that is a part: "Among smokers, …".

    Not where they name a group, all patients, or the patients of whom the titles speak (`told`).
    """
    match = _INTRODUCED.match(view.text)
    if match is None:
        return ""
    start, end = match.span("who")
    if any(start <= view.tokens[g.first].start < end for g in view.groups):
        return ""
    words = re.findall(r"[^\W\d_][\w'’-]*", match["who"].lower())
    if not set(words) & _OF_PERSONS:
        low = match["who"].lower()
        if match["link"].lower() != "among" or _NO_PERSONS.search(low) or names_outcome(low):
            return ""
    narrowing = [word for word in words if word not in _OF_ALL and word not in told]
    return f"{match['link'].lower()} {' '.join(match['who'].split())}" if narrowing else ""
