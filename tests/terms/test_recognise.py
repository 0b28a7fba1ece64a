"""Terms found in texts: where, by which rule, and what is said of them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.terms.abbreviations import introduced
from trialweave.terms.ambiguity import entries
from trialweave.terms.automaton import LIMIT, Automaton, code, unknown
from trialweave.terms.mention import Mention
from trialweave.terms.normal import canonical, fold, inflection, root, words
from trialweave.terms.recognise import Recogniser, build
from trialweave.terms.term import Name, Release, Scope, Term


def term(number: str, *names: str, kind: str = "disease", scope: Scope = "exact") -> Term:
    first, *rest = names
    start: Scope = "symbol" if scope == "symbol" else "preferred"
    return Term(number, (Name(first, start), *(Name(each, scope) for each in rest)), kind)


DISEASES = Release(
    "Ills", "2026", "", "",
    (
        term("I1", "Renal Insufficiency", "kidney failure"),
        term("I2", "Liver Failure", "hepatic failure"),
        term("I3", "Breast Neoplasms", "breast cancer"),
        term("I4", "Hypoplastic Nails", kind="phenotype"),
        term("I5", "Crohn Disease"),
        term("I6", "Edema"),
        term("I7", "Acute Respiratory Distress Syndrome", "ARDS"),
        term("I8", "Fever", "pyrexia"),
        term("I9", "Diabetes Mellitus, Type 2"),
        term("I10", "Schwannoma"),
        term("I11", "Vestibular Schwannoma"),
        term("I12", "Disease"),
        Term("I13", (Name("Old Fever"),), "disease", obsolete=True),
        Term("I14", (Name("Plague"), Name("pestilence", "broad")), "disease"),
        term("I15", "گریپ"),
        term("I16", "AIDS"),
    ),
)  # fmt: skip
GENES = Release(
    "Genes", "7", "", "",
    (
        term("G1", "GPT", "ALT", kind="gene", scope="symbol"),
        term("G2", "EGFR", kind="gene", scope="symbol"),
        term("G3", "BRCA1", kind="gene", scope="symbol"),
        term("G4", "CAT", kind="gene", scope="symbol"),
        term("G5", "IFNG", "interferon gamma", kind="gene"),
    ),
)  # fmt: skip
BOTH = build([DISEASES, GENES])


def found(text: str, field: str = "", nested: bool = False) -> list[tuple[str, str, str, str]]:
    return [
        (each.term, text[each.start : each.end], each.rule, each.assertion)
        for each in BOTH.mentions(text, field, nested=nested)
    ]


def ids(text: str) -> list[str]:
    return [each.term for each in BOTH.mentions(text)]


def test_a_mention_says_everything() -> None:
    assert BOTH.mentions("He had fevers.", "title") == [
        Mention(7, 13, "I8", "Ills", "2026", "Fever", "inflected", "present", "title")
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Breast Neoplasms", ("I3", "Breast Neoplasms", "as written")),
        ("BREAST NEOPLASMS", ("I3", "BREAST NEOPLASMS", "folded")),
        ("breast\n neoplasm", ("I3", "breast\n neoplasm", "inflected")),
        ("cancer of the breast", ("I3", "cancer of the breast", "reworded")),
        ("cancers of both breasts", ("I3", "cancers of both breasts", "reworded")),
        ("hypoplasia of the nails", ("I4", "hypoplasia of the nails", "reworded")),
        ("Crohn’s disease", ("I5", "Crohn’s disease", "folded")),
        ("Crohn's disease", ("I5", "Crohn's disease", "folded")),
        ("Crohn‐disease", ("I5", "Crohn‐disease", "folded")),
        ("oedema", ("I6", "oedema", "inflected")),
        ("œdema", ("I6", "œdema", "inflected")),
        ("type 2 diabetes mellitus", ("I9", "type 2 diabetes mellitus", "reworded")),
        ("Diabetes mellitus type 2", ("I9", "Diabetes mellitus type 2", "folded")),
        ("interferon-γ", ("G5", "interferon-γ", "inflected")),
        ("گریپ", ("I15", "گریپ", "as written")),
        ("fe\u0301ver", ("I8", "fe\u0301ver", "inflected")),
    ],
)
def test_what_counts_as_a_name(text: str, expected: tuple[str, str, str]) -> None:
    for around in ("{}", "With {} today.", "«{}»", "é {} é"):
        assert [each[:3] for each in found(around.format(text))] == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "breast. Cancer", "breast; cancer", "- breast\n- cancer", "breast (cancer)", "feverish",
        "the disease", "Old Fever of", "pestilence", "aids", "AID", "breast, neoplasms",
    ],
)  # fmt: skip
def test_what_does_not(text: str) -> None:
    assert [each for each in ids(text) if each != "I8"] == []


def test_words_that_belong_to_two_names() -> None:
    text = "acute renal and hepatic failure"
    assert [each[:3] for each in found(text)] == [
        ("I1", "renal and hepatic failure", "shared word"),
        ("I2", "hepatic failure", "as written"),
    ]
    assert set(ids("cancer of the lung or breast")) == {"I3"}
    assert set(ids("hepatic, renal, and cardiac failure")) == {"I1", "I2"}
    assert ids("hepatic fever. And renal failure") == ["I8", "I1"]


def test_the_longest_name_unless_asked_for_more() -> None:
    text = "vestibular schwannomas"
    assert ids(text) == ["I11"]
    assert [each[:2] for each in found(text, nested=True)] == [
        ("I11", text),
        ("I10", "schwannomas"),
    ]


def test_a_further_vocabulary_takes_nothing_away() -> None:
    other = Release("Else", "1", "", "", (term("E1", "fever of breast cancer"),))
    text = "A fever of breast cancer."
    alone = build([DISEASES]).mentions(text)
    assert [
        each for each in build([other, DISEASES]).mentions(text) if each.term[0] == "I"
    ] == alone


def test_short_forms_that_the_text_introduces() -> None:
    text = "Kidney failure (KF) or breast cancer (BrCa). KF, KFs and KF-related; BrCa/KF; kf."
    short = [(each[0], each[1]) for each in found(text) if each[2] == "abbreviation"]
    assert short == [
        ("I1", "KF"), ("I3", "BrCa"), ("I1", "KF"), ("I1", "KFs"), ("I1", "KF"), ("I3", "BrCa"),
        ("I1", "KF"),
    ]  # fmt: skip
    assert ids("Cardiac arrest trial (CAT). The CAT gene") == []
    assert ids("The CAT gene") == ["G4"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("chronic heart failure (CHF)", [("chronic heart failure", "CHF")]),
        ("CHF (chronic heart failure)", [("chronic heart failure", "CHF")]),
        ("given 5-hydroxytryptamine (5-HT; serum)", [("5-hydroxytryptamine", "5-HT")]),
        ("twelve (12) men", []),
        ("patients (see below)", []),
        ("no such letters (XQZ)", []),
        ("short. heart rate [HR]", [("heart rate", "HR")]),
    ],
)  # fmt: skip
def test_introduced(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(text[a:b], short) for a, b, short in introduced(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ALT and AST were raised", []),
        ("ALT gene variants", ["G1"]),
        ("eGFR below 60", []),
        ("EGFR above 60 ml/min", []),
        ("EGFR mutation", ["G2"]),
        ("BRCA1 carriers", ["G3"]),
        ("brca1", []),
        ("Brca1", []),
        ("a cat", []),
        ("CAT-scan of the cat", []),
        ("IFNG", ["G5"]),
    ],
)
def test_symbols(text: str, expected: list[str]) -> None:
    assert ids(text) == expected


@pytest.mark.parametrize(
    ("text", "field", "expected"),
    [
        ("Fever was seen.", "", ["present"]),
        ("No fever, no oedema; later fever", "", ["negated", "negated", "present"]),
        ("He denies fever or oedema but has breast cancer.", "", ["negated", "negated", "present"]),
        ("without evidence of fever", "", ["negated"]),
        ("not only fever", "", ["present"]),
        ("no increase in fever", "", ["present"]),
        ("Fever was absent. Oedema", "", ["negated", "present"]),
        ("history of breast cancer", "", ["history"]),
        ("no history of breast cancer", "", ["negated"]),
        ("prior to fever", "", ["present"]),
        ("patients at risk of fever", "", ["hypothetical"]),
        ("prevention of fever. Fever", "", ["hypothetical", "present"]),
        ("fever is suspected", "", ["hypothetical"]),
        ("Fever", "eligibility.exclusion", ["excluded"]),
        ("history of fever", "Exclusion criteria", ["excluded"]),
        ("no fever", "exclusion", ["negated"]),
        ("cancer other than breast cancer", "exclusion", ["present"]),
        ("Inclusion: fever\n\nExclusion criteria:\n- oedema", "", ["present", "excluded"]),
        ("Exclusion: fever\n\nInclusion: oedema", "", ["excluded", "present"]),
        ("no " + "very " * 30 + "high fever", "", ["present"]),
    ],
)
def test_what_is_said(text: str, field: str, expected: list[str]) -> None:
    assert [each[3] for each in found(text, field)] == expected


def test_stored_and_loaded_it_finds_the_same() -> None:
    stored = BOTH.to_bytes()
    text = "Renal and hepatic failure, cancer of the breast (CB); CB, EGFR mutation, no ALT."
    assert Recogniser.from_bytes(stored).mentions(text) == BOTH.mentions(text)
    for damaged in (b"", stored[3:], stored[:-9], b"trialweave-terms-1\n\xc1"):
        with pytest.raises(ValueError, match="build them again"):
            Recogniser.from_bytes(damaged)


def test_only_names_that_can_occur() -> None:
    text = "Cancers of the breast; fever of renal and hepatic failure"
    pruned = build([DISEASES, GENES], occurring=text.split())
    assert pruned.mentions(text) == BOTH.mentions(text)
    assert pruned.mentions("Crohn disease, oedema") == []
    assert len(pruned.to_bytes()) < len(BOTH.to_bytes())


def test_broader_names_on_demand() -> None:
    wide = build([DISEASES], scopes=frozenset(("preferred", "broad")))
    assert [each.term for each in wide.mentions("pestilence or pyrexia")] == ["I14"]


def test_nothing_to_find() -> None:
    assert build([]).mentions("fever") == []
    assert BOTH.mentions("") == BOTH.mentions(" .,;\0") == []
    assert Recogniser.from_bytes(build([]).to_bytes()).mentions("fever") == []


def test_what_only_qualifies_is_no_finding() -> None:
    hpo = Release(
        "HPO", "1", "", "",
        (
            Term("HP:0000001", (Name("All"),), "phenotype"),
            Term("HP:0012823", (Name("Clinical modifier"),), "phenotype", parents=("HP:0000001",)),
            Term("HP:0012828", (Name("Severe"),), "phenotype", parents=("HP:0012823",)),
            Term("HP:0001945", (Name("Fever"),), "phenotype", parents=("HP:0000001",)),
        ),
    )  # fmt: skip
    assert [each.term for each in build([hpo]).mentions("all severe fever")] == ["HP:0001945"]


def test_the_lists_of_our_own_are_whole() -> None:
    assert all(each.name == each.name.lower() and each.reason for each in entries())
    assert {each.treatment for each in entries()} == {"never", "context"}
    pairs = [(each.name, each.kind) for each in entries()]
    assert len(pairs) == len(set(pairs))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("diagnoses", "diagnosis"), ("biopsies", "biopsy"), ("vertebrae", "vertebra"),
        ("adenomata", "adenoma"), ("tumours", "tumor"), ("haemorrhages", "hemorrhage"),
        ("masses", "mass"), ("feet", "foot"), ("abscesses", "abscess"), ("doses", "dose"),
    ],
)  # fmt: skip
def test_endings(one: str, other: str) -> None:
    assert inflection(one) == inflection(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hypotonic", "hypotonia"), ("retarded", "retardation"), ("stenotic", "stenosis"),
        ("hypoplastic", "hypoplasia"), ("deficient", "deficiency"), ("dilated", "dilatation"),
        ("abnormal", "abnormalities"), ("calcified", "calcification"),
    ],
)  # fmt: skip
def test_roots(one: str, other: str) -> None:
    assert root(one) == root(other)


def test_what_stays_apart() -> None:
    assert len({inflection(each) for each in ("virus", "crisis", "mass", "ALS", "als", "dna")}) == 6
    assert root("nose") != root("nosology")


TEXTS = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("Ffever crohn's ’ALTγe\u0301\u200c\0\n-.(), breast cancer no İﬁß"),
    ),
    max_size=60,
)
PHRASES = st.lists(
    st.sampled_from(
        ["breast", "cancer", "of", "the", "fever", "no", "and", "renal", "failure", "(ALT)", "é",
         "hepatic", "EGFR", "gene", "(RF)", "RF", "İ", "e\u0301dema",
         "edema\u0301", ". ", "\0", "😀"]
    ), max_size=14,
).map(" ".join)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.one_of(TEXTS, PHRASES))
def test_every_span_is_its_name(text: str) -> None:
    folded = fold(text)
    assert len(folded) == len(text)
    parts, starts, ends = words(folded)
    assert parts == [folded[a:b] for a, b in zip(starts, ends, strict=True)]
    for each in BOTH.mentions(text):
        assert 0 <= each.start < each.end <= len(text)
        surface = text[each.start : each.end]
        assert surface[0].isalnum() or not surface[0].isascii()
        if each.rule in ("as written", "folded", "inflected"):
            forms = [
                [inflection(canonical(word)) for word in fold(part).split()]
                for part in (surface, each.name)
            ]
            assert forms[0] == forms[1]
        if each.rule == "as written":
            assert surface == each.name


@settings(max_examples=60, deadline=None)
@given(PHRASES, st.sampled_from(["", "Well. ", "é\n\n", "\0\0 "]))
def test_what_stands_before_only_moves_it(text: str, before: str) -> None:
    moved = BOTH.mentions(before + text)
    assert [(each.start - len(before), each.term) for each in moved] == [
        (each.start, each.term) for each in BOTH.mentions(text)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_500_000, "(" * 100_000, "and " * 20_000, "a (B " * 40_000, "no fever, " * 12_000,
        "\n" * 200_000, "e" + "\u0301" * 500_000, "سلامت" * 60_000, "\0" * 400_000, "'" * 300_000,
    ],
    ids=["no spaces", "brackets", "and", "half open", "full of hits", "lines", "marks", "Persian",
         "NUL", "apostrophes"],
)  # fmt: skip
def test_work_grows_with_the_text(text: str) -> None:
    def seconds(part: str) -> float:
        start = time.process_time()
        BOTH.mentions(part)
        return time.process_time() - start

    seconds(text[:5000])
    small = min(seconds(text[: len(text) // 8]) for _ in range(2))
    assert seconds(text) < 60 * small + 0.3


@pytest.mark.parametrize("blank", [" ", "\n", "\n\u0301 "])
def test_a_long_text_is_read_in_pieces(blank: str) -> None:
    filling = ("x" * 99 + blank) * 11_000
    text = f"Fever.{blank}{filling}No oedema and fever{blank}{'y' * 1_200_000} Crohn disease"
    mentions = BOTH.mentions(text)
    assert [text[each.start : each.end] for each in mentions] == [
        "Fever", "oedema", "fever", "Crohn disease",
    ]  # fmt: skip
    assert [each.assertion for each in mentions] == ["present", "negated", "negated", "present"]


def test_codes_are_found_only_whole() -> None:
    assert len({code(each) for each in (1, 127, 128, 127 * 127, LIMIT)}) == 5
    assert all(code(each)[0] > 127 > max(code(each)[1:]) - 1 for each in (1, 127, 20_000, LIMIT))
    assert unknown() not in (code(1), code(LIMIT))
    for wrong in (-1, LIMIT + 1):
        with pytest.raises(ValueError, match="not a number of a word"):
            code(wrong)
    pair = code(5) + code(6)
    assert Automaton.of([pair, code(6)]).find(unknown() + pair) == [(3, 9, 0), (6, 9, 1)]
