"""What the operations on terms answer: frozen, and the same for terminal, page, API and Python."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

__all__ = [
    "MENU",
    "Count",
    "GeneLink",
    "MentionView",
    "Menu",
    "Named",
    "PairHistory",
    "PairPoint",
    "Path",
    "Related",
    "RelatedView",
    "ReportRow",
    "TermList",
    "TermPage",
    "TermRef",
    "TermReport",
    "TermRow",
    "TermStudy",
]

Menu = Literal[
    "MeSH", "HPO", "Disease", "Drug", "Gene", "SNP", "Protein", "Mutation", "Cell",
    "Adverse event", "As registered", "Other",
]  # fmt: skip
"""The kinds of term that have a list; trials have theirs in `search`."""

MENU: tuple[Menu, ...] = (
    "MeSH", "HPO", "Disease", "Drug", "Gene", "SNP", "Protein", "Mutation", "Cell",
    "Adverse event", "As registered", "Other",
)  # fmt: skip


class TermRef(msgspec.Struct, frozen=True):
    """A term by name: its vocabulary and the id that it has there."""

    vocabulary: str
    id: str
    name: str
    kind: str = ""
    menu: Menu = "Other"


class TermRow(msgspec.Struct, frozen=True):
    """A term with how many studies and records name it, its narrower terms not counted."""

    term: TermRef
    studies: int
    mentions: int


class Named(msgspec.Struct, frozen=True):
    """A name of a term, and how it belongs to it: see `terms.term.Scope`."""

    text: str
    scope: str


class Path(msgspec.Struct, frozen=True):
    """A way from the top of a vocabulary's tree to the term, the term itself left out."""

    terms: tuple[TermRef, ...]


class Count(msgspec.Struct, frozen=True):
    """How many studies have a label: a role, an assertion, a year, a country."""

    label: str
    studies: int


class MentionView(msgspec.Struct, frozen=True):
    """One mention in its text; `address` is what `why` takes, together with the study.

    `term` is the one named, which may be narrower than that of the page.
    """

    study_id: str
    record_id: str
    source: str
    address: str
    label: str
    role: str
    assertion: str
    before: str
    match: str
    after: str
    term: TermRef
    rule: str
    decided: int = 0


class TermStudy(msgspec.Struct, frozen=True):
    """A study that names the term: in which roles, and what is said of it there."""

    study_id: str
    title: str
    roles: tuple[str, ...]
    assertions: tuple[str, ...]
    status: str
    phase: str
    enrollment: str
    start: str
    countries: tuple[str, ...]
    sources: tuple[str, ...]
    publications: int
    findings: int
    mentions: tuple[MentionView, ...] = ()  # the first few
    more_mentions: int = 0


class GeneLink(msgspec.Struct, frozen=True):
    """A gene that a vocabulary links to the term, and what is known to vary in it.

    `variants` are known changes (rs numbers, protein changes); `more` how many are left out.
    """

    gene: TermRef
    studies: int
    notes: tuple[str, ...]
    variants: tuple[TermRow, ...]
    more: int = 0


class Related(msgspec.Struct, frozen=True):
    """A term that stands in the same studies, with the counts and everything made of them.

    `n_ab` studies have both, `n_a` the page's term, `n_b` this one, of `n`. `expected` is corrected
    for the length of records; `ic` is log2((n_ab + ½)/(expected + ½)) with its 95% limits; `q` the
    false discovery rate over all possible pairs. `mark` says why it may be no finding: "broader",
    "narrower", "same thing", "same words" (read from overlapping words), "" for none. `studies` are
    exactly those with both, but for the `repeats`: these repeat one of them, or one that has either
    term, as a near-identical protocol of the same sponsor, and are in no count.
    """

    term: TermRef
    n_ab: int
    n_a: int
    n_b: int
    n: int
    expected: float
    cosine: float
    phi: float | None
    ic: float
    ic025: float
    ic975: float
    p: float
    q: float
    mark: str
    studies: tuple[str, ...]
    repeats: tuple[str, ...] = ()


class RelatedView(msgspec.Struct, frozen=True):
    """The terms related to one, under a filter, by menu, the highest IC025 first.

    `kappa` is the correction for length (1 where no study has a term), `possible` the number of
    pairs tested in principle, `merged` how many studies repeat a near-identical one of the same
    sponsor: a term that both have counts once.
    """

    term: TermRef
    n: int
    n_a: int
    kappa: float
    possible: int
    support: int
    merged: int
    filter: str
    rows: tuple[Related, ...]
    notes: tuple[str, ...] = ()
    total: int = 0  # unmarked rows that there are, of the menu asked for


class PairPoint(msgspec.Struct, frozen=True):
    """The counts of two terms up to and with a day, and the information component with its 95%
    limits: see `Related`."""

    day: dt.date
    n_ab: int
    n_a: int
    n_b: int
    n: int
    ic: float
    ic025: float
    ic975: float


class PairHistory(msgspec.Struct, frozen=True):
    """How two terms came to stand together: a point for each day on which a study began that has
    one of them. `undated` studies are in none; `merged`: see `RelatedView`."""

    term: TermRef
    other: TermRef
    filter: str
    undated: int
    merged: int
    points: tuple[PairPoint, ...]


class TermPage(msgspec.Struct, frozen=True):
    """Everything known of a term. Studies are those of the term and, where `exploded`, of all
    narrower terms; `total` of them, of which a page is shown from `offset`.

    `version`, `licence` and `citation` are the vocabulary's; `others` are further terms that the
    question could mean, `alike` the same thing in other vocabularies.
    """

    asked: str
    term: TermRef
    version: str
    licence: str
    citation: str
    definition: str
    names: tuple[Named, ...]
    paths: tuple[Path, ...]
    narrower: tuple[TermRow, ...]
    alike: tuple[TermRow, ...]
    others: tuple[TermRow, ...]
    exploded: bool
    descendants: int
    obsolete: str  # "" or what replaces it
    total: int
    own: int  # studies that name the term itself
    offset: int
    roles: tuple[Count, ...]
    assertions: tuple[Count, ...]
    years: tuple[Count, ...]
    countries: tuple[Count, ...]
    studies: tuple[TermStudy, ...]
    genes: tuple[GeneLink, ...]
    phenotypes: tuple[TermRow, ...]  # of a gene, a variant: what a vocabulary links to it
    variants: tuple[TermRow, ...]  # of a gene: its known changes; of a variant: its other forms
    spellings: tuple[Count, ...]  # as the texts write it
    generation: int
    publications: int = 0  # records of all studies that are articles
    findings: int = 0  # of all studies
    more_genes: int = 0  # left out, as are more_phenotypes and more_variants
    more_phenotypes: int = 0
    more_variants: int = 0
    notes: tuple[str, ...] = ()


class TermList(msgspec.Struct, frozen=True):
    """Terms of a menu that studies here name, the most frequent first."""

    menu: str
    query: str
    total: int
    offset: int
    rows: tuple[TermRow, ...]
    counts: tuple[Count, ...]  # of each menu: its number of terms, as `studies`
    generation: int


class ReportRow(msgspec.Struct, frozen=True):
    """A term's studies before a day and since, with the ratio of their shares and its interval.

    `new` where no study before names it. `countries` are those of the studies since.
    """

    term: TermRef
    before: int
    since: int
    ratio: float | None
    lower: float | None
    upper: float | None
    p: float
    q: float
    new: bool
    countries: tuple[Count, ...]
    studies: tuple[str, ...]


class TermReport(msgspec.Struct, frozen=True):
    """What rose and what is new among the studies that began since a day."""

    since: dt.date
    until: dt.date | None
    before: int
    during: int
    undated: int
    rows: tuple[ReportRow, ...]
    notes: tuple[str, ...]
    generation: int
