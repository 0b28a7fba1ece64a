"""What terminal, pages and static reports say of terms in the same words: roles, marks, columns."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from trialweave.faces.layout import interval, path_of, plural, query_of
from trialweave.publish.numbers import p_text, rounded
from trialweave.publish.terms.views import MENU

if TYPE_CHECKING:
    from trialweave.publish.terms.views import (
        Count,
        MentionView,
        Named,
        Related,
        RelatedView,
        TermRef,
        TermRow,
    )

__all__ = [
    "COLUMNS",
    "FOUND",
    "LEAST",
    "ROLE_WORDS",
    "Bar",
    "bars",
    "changes_of",
    "component",
    "day_asked",
    "in_which",
    "likeness",
    "mark_of",
    "mention_url",
    "menu_asked",
    "names_by_scope",
    "nothing_related",
    "q_text",
    "said_where",
    "stands_for",
    "summed",
    "term_query",
    "term_url",
    "why_address",
]

LEAST: Final = 5
"""Studies in common below which no pair is ranked unless that is asked for."""

FOUND: Final = 0.05
"""The false discovery rate up to which a pair counts as found."""

ROLE_WORDS: Final = {
    "condition": "condition",
    "intervention": "intervention",
    "comparator": "comparator",
    "outcome": "outcome",
    "criterion": "criterion of eligibility",
    "text": "other text",
}
_SCOPES: Final = {
    "preferred": "preferred",
    "exact": "also",
    "symbol": "symbol",
    "abbreviation": "abbreviation",
    "narrow": "narrower",
    "broad": "broader",
    "related": "related",
}

COLUMNS: Final = (
    ("Both", "studies that name both terms; the number leads to exactly these"),
    ("This", "studies that name the term of this page itself; narrower terms are not counted, nor "
             "is what a text negates or excludes"),
    ("Other", "studies that name the other term, likewise"),
    ("Expected", "how many would name both if the terms had nothing to do with each other: "
                 "κ × this × other ÷ all studies. κ corrects for the length of records: "
                 "a long record names many terms, and that alone makes terms meet"),
    ("Cosine, φ", "two measures of likeness, 1 for terms that always stand together. They have no "
                  "notion of chance: a single study can give 1.00"),
    ("IC", "information component: log₂ of both ÷ expected, each with ½ added. 1 means "
           "twice as many as expected. The list is in the order of its lower 95% limit (IC025), "
           "so that few studies do not come first"),
    ("q", "false discovery rate over all pairs that were possible: of the rows with a q of at most "
          "0.05, about one in twenty is chance"),
    ("Mark", "why a row is no finding: one term is broader or narrower than the other, both are "
             "one thing in two vocabularies or were read from the same words, there are few "
             "studies, or q is above 0.05, so that chance does as well"),
)  # fmt: skip
"""The columns of related terms, and what each says."""

_MOST_BARS = 60
_YEAR = re.compile(r"[0-9]{4}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INNER = re.compile(r"(\[\d{1,9}\]\.\w{1,99})\[\d{1,9}\]$")


class Bar(NamedTuple):
    """One year of a chart: how many studies, and the share of the tallest bar, 0 to 1."""

    label: str
    studies: int
    height: float


def day_asked(text: object) -> dt.date | None:
    """A day as a person writes it, 2021-12-31; None for "". ValueError for anything else."""
    if text is None or text == "":
        return None
    try:
        if isinstance(text, str) and _DAY.fullmatch(text):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("not a day of the calendar; write it as 2021-12-31")


def menu_asked(text: object) -> str:
    """A kind of term as the menu writes it, whichever case was asked for; "" for "".

    ValueError for one that there is not.
    """
    asked = str(text or "").strip().lower()
    for menu in MENU:
        if menu.lower() == asked:
            return menu
    if asked:
        raise ValueError(f"not one of {', '.join(MENU)}")
    return ""


def term_url(ref: TermRef, *more: tuple[str, object]) -> str:
    """The address of a term's page.

    Ids may be any text. Where a path would not keep one as it is (empty and dotted segments, a
    vocabulary with a slash), it is asked for by query.
    """
    segments = ref.id.split("/")
    plain = all(part not in ("", ".", "..") for part in (*segments, ref.vocabulary))
    if plain and "/" not in ref.vocabulary:
        return path_of("term", ref.vocabulary, ref.id) + query_of(list(more))
    return "/term" + query_of([*term_query(ref), *more])


def term_query(ref: TermRef) -> list[tuple[str, object]]:
    """The pairs of a query that ask for exactly this term."""
    return [("q", ref.id), ("vocabulary", ref.vocabulary)]


def in_which(ref: TermRef, menu: str) -> str:
    """The vocabulary of a term, where the kind of terms that it stands under does not say it."""
    return "" if ref.vocabulary in (menu, "Variant") else ref.vocabulary


def said_where(mention: MentionView) -> str:
    """``Conditions``, ``Title, other text``: the field, and the role where the field is no word
    of it."""
    role = ROLE_WORDS.get(mention.role, mention.role)
    label = mention.label or mention.address
    return label if role in label.lower() else f"{label}, {role}"


def mention_url(mention: MentionView) -> str:
    """The address of the passage in which a mention stands."""
    return path_of("why", mention.study_id) + query_of({"address": why_address(mention)})


def why_address(mention: MentionView) -> str:
    """Where `why` finds a mention: a list within an entry of a list is one value to it.

    ``interventions[0].other_names[2]`` stands at ``interventions[0].other_names``.
    """
    return _INNER.sub(r"\1", mention.address)


def names_by_scope(names: Iterable[Named]) -> dict[str, list[str]]:
    """The names without the preferred one, by how they belong to the term, each once."""
    found: dict[str, dict[str, None]] = {}
    for name in names:
        if name.scope != "preferred":
            found.setdefault(_SCOPES.get(name.scope, name.scope), {})[name.text] = None
    return {scope: list(texts) for scope, texts in found.items()}


def bars(counts: Sequence[Count]) -> tuple[Bar, ...]:
    """The bars of a chart over years, the years between without studies too; at most sixty.

    What is no year ("not stated") has no bar. Where the years span more than sixty, the bars are
    those of the sixty latest years that have studies.
    """
    known = {int(one.label): one.studies for one in counts if _YEAR.fullmatch(one.label)}
    if not known:
        return ()
    years = sorted(known)
    if years[-1] - years[0] < _MOST_BARS:
        years = list(range(years[0], years[-1] + 1))
    years = years[-_MOST_BARS:]
    most = max(known.get(year, 0) for year in years) or 1
    return tuple(Bar(f"{year:04}", known.get(year, 0), known.get(year, 0) / most) for year in years)


def component(row: Related) -> str:
    """``1.52 (0.43 to 2.21)``: the information component with its 95% limits."""
    return interval(row.ic, row.ic025, row.ic975)


def likeness(row: Related) -> str:
    """Cosine and φ: ``0.41, 0.38``."""
    phi = "–" if row.phi is None else _minus(rounded(row.phi, 2))
    return f"{_minus(rounded(row.cosine, 2))}, {phi}"


def _minus(text: str) -> str:
    return text.replace("-", "−")


def q_text(value: float) -> str:
    """A false discovery rate: ``0.03``, ``< 0.0001``."""
    return p_text(value).removeprefix("P ").removeprefix("= ")


def mark_of(row: Related) -> str:
    """Why a row is no finding: what relates the two terms, few studies, or chance; "" for one."""
    few = f"fewer than {LEAST} studies in common" if row.n_ab < LEAST else ""
    chance = "not told from chance" if row.q > FOUND and not few and not row.mark else ""
    return ", ".join(said for said in (row.mark, few, chance) if said)


def nothing_related(view: RelatedView, menu: str) -> str:
    """Why a list of related terms is empty."""
    kind = f"{menu} term" if menu else "term"
    if view.n_a < view.support:
        studies = plural(view.n_a, "study names", "studies name")
        return (
            f"{studies} this term here: fewer than {view.support} studies in common with any "
            "other, so nothing is ranked."
        )
    return f"No {kind} stands in {view.support} or more studies together with this one."


def summed(view: RelatedView) -> str:
    """On what a list of related terms rests."""
    merged = ""
    if view.merged:
        merged = f"; {plural(view.merged, 'study', 'studies')} counted as one with a "
        merged += "near-identical one of the same sponsor"
    where = f", {view.filter}" if view.filter else ""
    return (
        f"Of {plural(view.n, 'study', 'studies')}{where}{merged}; "
        f"κ {rounded(view.kappa, 2)}; {plural(view.possible, 'pair')} possible; "
        f"{view.support} or more in common."
    )


def stands_for(row: TermRow) -> str:
    """``rs1800795 (3)``: a term's name and how many studies name it, where any does."""
    return row.term.name + (f" ({row.studies})" if row.studies else "")


def changes_of(variants: Sequence[TermRow]) -> tuple[tuple[TermRow, ...], tuple[TermRow, ...]]:
    """Known variants as the numbers of dbSNP, and as changes of the protein or the gene."""
    numbers = tuple(row for row in variants if row.term.menu == "SNP")
    return numbers, tuple(row for row in variants if row.term.menu != "SNP")
