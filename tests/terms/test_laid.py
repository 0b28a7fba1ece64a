"""Names laid out once: kept, loaded, looked up, and cut down to what a corpus can have."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.terms import lexicon, names, passage, pruning, recognise
from trialweave.terms._arrays import Packed, Words, packed_parts, squeezed_parts, unpacked_parts
from trialweave.terms.ambiguity import CERTAIN, IN_CONTEXT, entries, in_context, judged
from trialweave.terms.automaton import code, codes, numbers, width_for
from trialweave.terms.laid import Laid, lay_out, recogniser
from trialweave.terms.passage import Meetings, short_forms
from trialweave.terms.term import Name, Release, Scope, Term


def term(number: str, *called: str, kind: str = "disease", scope: Scope = "exact") -> Term:
    first, *rest = called
    start: Scope = "symbol" if scope == "symbol" else "preferred"
    return Term(number, (Name(first, start), *(Name(each, scope) for each in rest)), kind)


LONG = "trichloromethyl" * 9
ILLS = Release(
    "Ills", "2026", "", "",
    (
        term("I1", "Renal Insufficiency", "kidney failure", "failure of the kidney"),
        term("I2", "Liver Failure", "hepatic failure", "acute, hepatic failure"),
        term("I3", "Breast Neoplasms", "breast cancer", "carcinoma of the breast"),
        term("I4", "Hypoplastic Nails", "small nails of the hand and foot", kind="phenotype"),
        term("I5", "Crohn Disease", "regional enteritis of the small bowel"),
        term("I6", "Oedema", "dropsy"),
        term("I7", "Disease", "ill"),
        term("I8", "Fever"),
        term("I9", "Kidney Failure, Chronic", "end stage kidney failure"),
        term("I10", "---", "()", "x", "y" * 100_000, LONG, " ".join("abcdefghijklmn")),
        Term("I11", (Name("Plague"),), "disease", obsolete=True),
        term("I12", "Breast"),
        term("I13", "Disorder of Breast"),
    ),
)  # fmt: skip
GENES = Release(
    "Genes", "7", "", "",
    (
        term("G1", "GPT", "ALT", kind="gene", scope="symbol"),
        term("G2", "BRCA1", "breast cancer 1", kind="gene", scope="symbol"),
        term("G3", "FVR", "fever", kind="gene"),
        term("G4", "حمى", kind="gene"),
    ),
)  # fmt: skip
PHENOTYPES = Release(
    "HPO", "1", "", "",
    (
        Term("HP:0012823", (Name("Clinical modifier", "preferred"),), "modifier"),
        Term("HP:2", (Name("Childhood", "preferred"),), "modifier", parents=("HP:0012823",)),
    ),
)  # fmt: skip
LAID = lay_out([ILLS, GENES, PHENOTYPES])
FULL = recogniser(LAID, None)
TEXT = "Renal and hepatic failure, carcinoma of the breast (CB); CB, BRCA1 mutation, حمى, no fever."


def found(text: str) -> list[tuple[str, str]]:
    return [(each.term, each.name) for each in LAID.find(text)]


def test_kept_and_loaded_it_is_the_same() -> None:
    stored = LAID.to_bytes("key")
    loaded = Laid.from_bytes(stored, "key")
    assert loaded.packed() == LAID.packed()
    assert recogniser(loaded, [TEXT]).mentions(TEXT) == FULL.mentions(TEXT) != []
    assert loaded.find("oedemas") == LAID.find("oedemas") != []
    assert Laid.unpacked(bytearray(LAID.packed())).suggest("brea") == LAID.suggest("brea") != []


def test_what_is_damaged_or_of_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = LAID.to_bytes("key")
    middle = len(stored) // 2
    flipped = stored[:middle] + bytes((stored[middle] ^ 1,)) + stored[middle + 1 :]
    for damaged in (stored[:-9], flipped, stored[: stored.index(b"\n") + 1]):
        with pytest.raises(ValueError, match="damaged"):
            Laid.from_bytes(damaged, "key")
    for other, key in ((stored, "else"), (b"", "key"), (stored[5:], "key")):
        with pytest.raises(ValueError, match="other rules, or from others"):
            Laid.from_bytes(other, key)
    with monkeypatch.context() as patch:
        patch.setattr(names, "FORMAT", names.FORMAT + 1)
        with pytest.raises(ValueError, match="other rules"):
            Laid.from_bytes(stored, "key")
    monkeypatch.setattr(names, "rules", lambda: "0" * 16)
    with pytest.raises(ValueError, match="other rules"):
        Laid.from_bytes(stored, "key")


@pytest.mark.parametrize("squeezed", [False, True])
def test_arrays_come_back_as_they_were(squeezed: bool) -> None:
    parts = {
        "rising": np.array([0, 3, 3, 900], np.int32),
        "any": np.array([5, 1, 70_000], np.uint32),
        "none": np.zeros(0, np.int32),
        "bytes": np.frombuffer(b"abc", np.uint8),
        "flags": np.array([True, False]),
    }
    packed = (squeezed_parts if squeezed else packed_parts)("about", parts)
    for placed in (packed, memoryview(b"123" + packed)[3:]):
        _, held = unpacked_parts(placed)
        for name, array in parts.items():
            assert held[name].dtype == array.dtype
            assert held[name].tolist() == array.tolist()
    for damaged in (b"", packed[:3], packed[:-1], packed + b"x", packed[:4] + b"\xc1" + packed[5:]):
        with pytest.raises(ValueError, match=r"cut off|more follows|head cannot be read"):
            unpacked_parts(damaged)
    wrong = packed_parts("about", {"odd": np.zeros(2, np.float64)})
    with pytest.raises(ValueError, match="odd is cut off"):
        unpacked_parts(wrong)
    with pytest.raises(ValueError, match="damaged"):
        Laid.unpacked(packed)


def test_the_check_value_knows_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    before, some = lexicon.rules(), entries()[1:]
    with monkeypatch.context() as patch:
        patch.setattr(lexicon, "entries", lambda: some)
        assert lexicon.rules.__wrapped__() != before
    with monkeypatch.context() as patch:
        patch.setattr(lexicon, "inflection", lambda word: word)
        assert lexicon.rules.__wrapped__() != before
    assert lexicon.rules.__wrapped__() == before


def test_no_names_at_all() -> None:
    nothing = lay_out([])
    for one in (
        nothing,
        Laid.from_bytes(nothing.to_bytes()),
        lay_out([Release("V", "", "", "", ())]),
    ):
        assert one.find("fever") == one.suggest("f") == []
        assert recogniser(one, None).mentions(TEXT) == recogniser(one, [TEXT]).mentions(TEXT) == []
    assert recogniser(LAID, []).mentions(TEXT) == recogniser(LAID, ["", " - "]).mentions("") == []


def test_names_that_no_passage_counts_as() -> None:
    for said in ("Disease", "Clinical modifier", LONG, "a b c d e f g h i j k l m n"):
        assert FULL.mentions(f"With {said} today.") == []
    assert found("the disease") == []
    assert found("DISEASES") == [("I7", "Disease")]
    assert found("clinical modifiers") == [("HP:0012823", "Clinical modifier")]
    assert found(LONG) == [("I10", LONG)]
    assert found("a b c d e f g h i j k l m n") != []
    assert found("x") == found("---") == found("y" * 100_000) == found("Plague") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kidney failures", [("I1", "kidney failure")]),
        ("(KIDNEY-FAILURE)", [("I1", "kidney failure")]),
        ("edema", [("I6", "Oedema")]),
        ("Fever", [("I8", "Fever"), ("G3", "fever")]),
        ("gpt", [("G1", "GPT")]),
        ("حمى", [("G4", "حمى")]),
        ("failure kidney", []),
        ("kidney failure today", []),
        ("kidney", []),
        ("childhood", [("HP:2", "Childhood")]),
        ("nephropathy", []),
        ("", []),
        ("fever " * 200, []),
    ],
)
def test_terms_by_their_name(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_what_texts_say_for_a_name_is_none() -> None:
    laid = lay_out([Release("V", "", "", "", (term("V1", "Cardiotoxicity"),))])
    assert [each.term for each in recogniser(laid, None).mentions("cardiotoxic")] == ["V1"]
    assert laid.find("cardiotoxic") == []
    assert [each.name for each in laid.suggest("cardiotoxic")] == ["Cardiotoxicity"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("brea", ["Breast", "Breast Neoplasms", "Disorder of Breast", "breast cancer 1"]),
        ("Breast C", ["breast cancer", "breast cancer 1"]),
        ("failure kid", ["Kidney Failure, Chronic", "kidney failure"]),
        ("kidneys chronic failu", ["Kidney Failure, Chronic"]),
        ("oedema", ["Oedema"]),
        ("ede", ["Oedema"]),
        ("zzz brea", []),
        ("breast zzz", []),
        ("fever zzz breast", []),
        ("", []),
        ("-", []),
    ],
)
def test_names_for_a_search_box(text: str, expected: list[str]) -> None:
    assert [each.name for each in LAID.suggest(text, 9)] == expected
    assert [each.name for each in LAID.suggest(text, 1)] == expected[:1]
    assert LAID.suggest(text, 0) == []


WORDS = ["renal", "kidney", "hepatic", "breast", "cancer", "carcinoma", "failure", "of", "the",
         "and", "or", "nor", ",", ";", ".", "\n", "(ALT)", "ALT", "BRCA1", "gene", "fevers", "no",
         "acute", "liver", "small", "bowel", "nails", "hand", "foot", "disorder", "stage", "end",
         "(KF)", "KF", "1", "enteritis", "regional", "nail", "hypoplasia", "حمى", "x"]  # fmt: skip
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join), max_size=3)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_what_a_corpus_can_have_is_all_that_is_found_in_it(texts: list[str]) -> None:
    of_texts = recogniser(LAID, texts)
    of_words = recogniser(LAID, " ".join(texts).split(), words=True)
    for text in texts:
        for nested in (False, True):
            expected = FULL.mentions(text, nested=nested)
            assert of_texts.mentions(text, nested=nested) == expected
            assert of_words.mentions(text, nested=nested) == expected


def test_only_what_a_corpus_can_have_is_looked_for() -> None:
    some = recogniser(LAID, ["kidney failure"])
    assert some.mentions("kidney failure") == FULL.mentions("kidney failure") != []
    assert some.mentions("renal insufficiency, fever") == []
    assert recogniser(LAID, ["kidney", "failure"]).mentions("kidney failure") == []
    assert recogniser(LAID, ["kidney", "failure"], words=True).mentions("kidney failure") != []


@pytest.mark.parametrize("blank", [" ", "\n"])
def test_texts_longer_than_what_is_read_at_once(
    blank: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (passage, pruning, recognise):
        monkeypatch.setattr(module, "BLOCK", 500)
    long = f"Fever of renal{blank}{('x' * 9 + blank) * 200}and hepatic failure, oedemas"
    for texts in ([long], [long, TEXT], ["Well."] * 300 + [TEXT]):
        some = recogniser(LAID, texts)
        for text in texts[-2:]:
            assert some.mentions(text) == FULL.mentions(text)


def test_wider_codes_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "width_for", lambda words: 4)
    wide = lay_out([ILLS, GENES, PHENOTYPES])
    assert wide.width == 4
    for texts in (None, [TEXT]):
        assert recogniser(wide, texts).mentions(TEXT) == FULL.mentions(TEXT)


@given(st.lists(st.integers(0, 128 * 127**3 - 1), max_size=5))
def test_codes_and_numbers(some: list[int]) -> None:
    width = 4
    written = b"".join(code(each, width) for each in some)
    assert codes(np.array(some, np.int64), width).tobytes() == written
    assert numbers(written, width).tolist() == some
    assert (width_for(0), width_for(128 * 127 * 127 - 1), width_for(128 * 127 * 127)) == (3, 3, 4)


@given(st.lists(st.text(max_size=4), unique=True), st.text(max_size=3))
def test_words_by_their_number(some: list[str], other: str) -> None:
    ordered = sorted(some)
    words = Words.of(ordered)
    assert [words.number(word) for word in ordered] == list(range(len(ordered)))
    assert words.number(other) == (ordered.index(other) if other in ordered else -1)
    assert [ordered[i] for i in words.starting(other)] == [
        word for word in ordered if word.startswith(other)
    ]
    assert [Packed.of(some)[i] for i in range(len(some))] == some


@given(st.lists(st.tuples(st.integers(0, 2**21), st.integers(0, 2**21), st.integers(0, 2**21))))
def test_no_meeting_is_overlooked(rows: list[tuple[int, int, int]]) -> None:
    table = np.array(rows, np.int64).reshape(-1, 3)
    met = Meetings.of([table])
    assert met.has(table[:, 0], table[:, 1]).all()
    assert met.has(table[:, 1], table[:, 2]).all()
    assert met.table.sum() <= 2 * len(rows)


@given(
    st.lists(
        st.one_of(
            st.sampled_from(re.findall(r"[a-zA-Z]{3,}", IN_CONTEXT.pattern)),
            st.sampled_from(["SNPs", "loci", "LOCUS", "wild-type", "knockdown", "x", "ſ", "-"]),
            st.text(max_size=3),
        ),
        max_size=6,
    ).map(" ".join)
)
def test_the_quick_look_for_a_context_says_the_same(text: str) -> None:
    assert in_context(text) == (IN_CONTEXT.search(text) is not None)


@given(
    st.text("abcXYZ019-, ", min_size=1, max_size=20),
    st.sampled_from(["gene", "chemical", "cell", "disease", ""]),
    st.sampled_from(["preferred", "exact", "narrow", "broad", "related"]),
)
def test_what_is_certain_is_judged_so(text: str, kind: str, scope: Scope) -> None:
    if sum(map(str.isalnum, text)) >= CERTAIN and any(map(str.isalpha, text)):
        assert judged(text, kind, scope, len(text.split()), "") == 0


@given(
    st.lists(
        st.sampled_from(["AB", "ABs", "AB-C", "x/AB", "AB.", "(AB)", "_AB", "é", "A B", "CD,AB"]),
        max_size=9,
    ).map(" ".join),
    st.sets(st.sampled_from(["AB", "C", "AB-C", "A B", "é", "CD"]), min_size=1),
)
def test_few_short_forms_are_found_as_many_are(text: str, shorts: set[str]) -> None:
    many = shorts | {f"Z{i}" for i in range(40)}
    assert short_forms(text, shorts) == short_forms(text, many)
