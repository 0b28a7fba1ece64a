"""Invented terms for the faces: a phenotype with genes, relatives and hostile names."""

from __future__ import annotations

import datetime as dt
from typing import Any

from trialweave.errors import NotFound
from trialweave.publish.terms.views import (
    MENU,
    Count,
    GeneLink,
    MentionView,
    Named,
    PairHistory,
    PairPoint,
    Path,
    Related,
    RelatedView,
    ReportRow,
    TermList,
    TermPage,
    TermRef,
    TermReport,
    TermRow,
    TermStudy,
)

HOSTILE = (
    "<script>alert(1)</script>{{7*7}}\x1b[31mred\x1b]0;title\x07\u202egnp.exe\u202c"
    "\"onmouseover=alert(2) '[bold]rich[/bold] &amp; <img src=x onerror=alert(3)>"
)
STUDY_ID, SLASHED = "NCT09999999", "CTRI/2031/01/000001"
FEVER = TermRef("HPO", "HP:0099001", "Invented fever", "phenotype", "HPO")
NIGHT = TermRef("HPO", "HP:0099002", "Night fever", "phenotype", "HPO")
HEAT = TermRef("HPO", "HP:0099000", "Abnormal heat", "phenotype", "HPO")
CELLS = TermRef("MeSH", "D999001", "Invented cells", "cell", "MeSH")
ODD = TermRef("As registered", f"odd / {HOSTILE} ? # % 90", HOSTILE, "", "As registered")
LONG = TermRef("As registered", "تب اختراعی " * 27, "تب اختراعی " * 27, "", "As registered")
DOTTED = TermRef("own/words", "..", "Dots", "", "Other")
GENE = TermRef("HGNC", "HGNC:99901", "FVR1", "gene", "Gene")
NUMBER = TermRef("Variant", "rs99900001", "rs99900001", "variant", "SNP")
CHANGE = TermRef("Variant", "p.Val99Met", "p.Val99Met", "variant", "Mutation")
KNOWN = (FEVER, NIGHT, HEAT, CELLS, ODD, LONG, DOTTED, GENE, NUMBER, CHANGE)


def mention(role: str, assertion: str = "present", term: TermRef = FEVER) -> MentionView:
    """One mention in its text."""
    return MentionView(
        STUDY_ID, f"ctgov:{STUDY_ID}", "ClinicalTrials.gov", "primary_outcomes[0].measure",
        "Primary outcome", role, assertion, f"Death or {HOSTILE} ", term.name, " by day 28 تب",
        term, "name/1",
    )  # fmt: skip


STUDIES = (
    TermStudy(
        STUDY_ID, f"Invented cells for an invented fever {HOSTILE}", ("condition", "outcome"),
        ("present", "excluded"), "completed", "1, 2", "40", "2029-03", ("Ruritania",),
        ("ClinicalTrials.gov", "Hospital page"), 1, 2,
        (mention("condition"), mention("outcome", "excluded", NIGHT)), 3,
    ),
    TermStudy(SLASHED, "Trial ALBA", ("text",), ("present",), "", "", "", "", (), (), 0, 0),
)  # fmt: skip


def related(term: TermRef, together: int = 7, mark: str = "", phi: float | None = 0.31) -> Related:
    """A row of counts that hang together no better than they must."""
    names = ((STUDY_ID, SLASHED) * 4)[:together]
    return Related(
        term,
        together,
        12,
        9,
        40,
        3.7,
        0.67,
        phi,
        0.83,
        -0.41,
        1.72,
        0.08,
        0.21 if mark else 0.021,
        mark,
        names,
        (SLASHED,),
    )


RELATED = (
    related(CELLS),
    related(NIGHT, mark="narrower", phi=None),
    related(ODD, 2),
    related(GENE),
)


class FakeTerms:
    """The operations on terms, over a handful of invented ones."""

    asked: list[tuple[str, Any]]

    def _ref(self, asked: str, vocabulary: str = "") -> TermRef:
        for ref in KNOWN:
            named = asked == ref.id or asked.lower() == ref.name.lower()
            if named and vocabulary in ("", ref.vocabulary):
                return ref
        raise NotFound(f"no term is called '{asked[:80]}'.", next_step="trialweave terms suggest …")

    def term(
        self, asked: str, *, vocabulary: str = "", explode: bool = True, roles: Any = (),
        assertions: Any = (), limit: int = 20, offset: int = 0,
    ) -> TermPage:  # fmt: skip
        self.asked.append(
            ("term", (asked, vocabulary, explode, tuple(roles), tuple(assertions), limit, offset))
        )
        ref = self._ref(asked, vocabulary)
        found = [one for one in STUDIES if not roles or set(roles) & set(one.roles)]
        whole = ref is FEVER
        return TermPage(
            asked=asked, term=ref, version="2031-05-06", licence="free to use; cite it",
            citation=f"Ada and others, Invented Terms 2031 {HOSTILE}",
            definition=f"Heat that nobody has. {HOSTILE}" if whole else "",
            names=(
                Named(ref.name, "preferred"), Named("fever, invented", "exact"),
                Named("IF", "abbreviation"), Named(HOSTILE, "related"), Named("تب", "exact"),
            ),
            paths=(Path((HEAT,)), Path((HEAT, ODD))) if whole else (),
            narrower=(TermRow(NIGHT, 3, 4), TermRow(DOTTED, 0, 0)) if whole else (),
            alike=(TermRow(CELLS, 5, 6),) if whole else (),
            others=(TermRow(ODD, 1, 1),) if whole and not vocabulary else (),
            exploded=explode, descendants=2 if whole else 0,
            obsolete="HP:0099001" if ref is HEAT else "",
            total=len(found) * (20 if whole else 1), own=1, offset=offset,
            roles=(Count("condition", 1), Count("outcome", 1), Count("text", 1)),
            assertions=(Count("present", 2), Count("excluded", 1)),
            years=(Count("2027", 1), Count("2029", 12), Count("not stated", 1)) if whole else (),
            countries=(Count("Ruritania", 3), Count(HOSTILE, 1)),
            studies=tuple(found[: max(limit, 0)]),
            genes=(
                GeneLink(GENE, 2, ("OMIM:999",), (TermRow(NUMBER, 1, 1), TermRow(CHANGE, 0, 0)), 9),
            ) if whole else (),
            phenotypes=(TermRow(FEVER, 12, 20),) if ref is GENE else (),
            variants=(TermRow(NUMBER, 1, 1), TermRow(CHANGE, 0, 0)) if ref is GENE else (),
            spellings=(Count("invented fever", 8), Count(HOSTILE, 1)), generation=3,
            publications=4, findings=6, more_genes=11 if whole else 0,
            notes=(f"A note. {HOSTILE}",) if whole else (),
        )  # fmt: skip

    def terms(self, menu: str = "", query: str = "", limit: int = 50, offset: int = 0) -> TermList:
        self.asked.append(("terms", (menu, query, limit, offset)))
        if menu and menu not in MENU:
            raise NotFound(f"there is no menu '{menu[:80]}'.")
        found = [TermRow(ref, 9 - n, 20) for n, ref in enumerate(KNOWN[:8])]
        found = [row for row in found if not menu or row.term.menu == menu]
        found = [] if query == "nothing" else found
        return TermList(
            menu, query, 120 if found else 0, offset, tuple(found),
            tuple(Count(name, 0 if name == "Protein" else 4) for name in MENU), 3,
        )  # fmt: skip

    def mentions(self, identifier: str) -> tuple[MentionView, ...]:
        self.asked.append(("mentions", identifier))
        return (mention("condition"), mention("condition"), mention("outcome", "negated", ODD))

    def suggest_terms(self, text: str, limit: int = 10) -> tuple[TermRow, ...]:
        self.asked.append(("suggest_terms", (text, limit)))
        near = (FEVER, NIGHT, ODD) if "fev" in text.lower() else ()
        return tuple(TermRow(ref, 3, 3) for ref in near)[:limit]

    def related_terms(
        self, asked: str, *, vocabulary: str = "", menu: str = "", roles: Any = (),
        assertions: Any = (), condition: str = "", since: dt.date | None = None,
        until: dt.date | None = None, support: int = 5, all_pairs: bool = False, limit: int = 20,
    ) -> RelatedView:  # fmt: skip
        told = (asked, vocabulary, menu, tuple(roles), tuple(assertions), condition, since, until)
        self.asked.append(("related_terms", (*told, support, all_pairs, limit)))
        ref = self._ref(asked, vocabulary)
        rows = [row for row in RELATED if row.n_ab >= support or all_pairs]
        rows = [row for row in rows if menu in ("", row.term.menu) and ref in (FEVER, ODD)]
        said = f"condition {condition}" if condition else ""
        n_a = 12 if ref is FEVER else 1
        return RelatedView(
            ref, 40, n_a, 1.37, 4950, support, 2, said, tuple(rows[:limit]), (HOSTILE,), len(rows)
        )

    def term_history(
        self, asked: str, with_term: str, *, vocabulary: str = "", with_vocabulary: str = "",
        roles: Any = (), condition: str = "",
    ) -> PairHistory:  # fmt: skip
        one, other = self._ref(asked, vocabulary), self._ref(with_term, with_vocabulary)
        points = (
            PairPoint(dt.date(2027, 3, 1), 0, 1, 0, 9, 0.0, -8.0, 3.0),
            PairPoint(dt.date(2028, 3, 1), 2, 4, 3, 20, 0.4, -1.0, 1.6),
            PairPoint(dt.date(2031, 3, 1), 7, 12, 9, 39, 0.83, -0.41, 1.72),
        )
        return PairHistory(one, other, condition, 1, 2, points if other is CELLS else ())

    def terms_report(
        self, since: dt.date, *, until: dt.date | None = None, country: str = "",
        menu: str = "", limit: int = 50,
    ) -> TermReport:  # fmt: skip
        self.asked.append(("terms_report", (since, until, country, menu, limit)))
        where = (Count("Ruritania", 4), Count(HOSTILE, 1))
        rows = (
            ReportRow(FEVER, 2, 10, 4.2, 1.1, 15.3, 0.01, 0.04, False, where, (STUDY_ID,)),
            ReportRow(ODD, 0, 3, None, None, None, 0.2, 0.3, True, where, (STUDY_ID,) * 30),
        )
        rows = tuple(row for row in rows if not menu or row.term.menu == menu)
        return TermReport(since, until, 30, 12, 4, rows, ("4 studies state no start.",), 3)
