"""Registry numbers, DOIs and PubMed numbers: one table, tried on everything."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.model.identifiers import SCHEMES, Identifier, addressed, find, normalise


def values(text: str) -> list[str]:
    return [mention.identifier.value for mention in find(text)]


def bare(name: str) -> str:
    """A scheme's example as it would be written."""
    return f"PMID: {SCHEMES[name].example}" if name == "pmid" else SCHEMES[name].example


@pytest.mark.parametrize("name", SCHEMES)
def test_every_scheme_knows_its_example_and_no_other_does(name: str) -> None:
    found = normalise(bare(name))
    assert found is not None
    assert found.scheme == name
    assert normalise(f"  {bare(name)}\n") == found
    assert normalise(bare(name), name) == found
    for other in SCHEMES:
        assert other == name or normalise(bare(name), other) is None


@pytest.mark.parametrize("name", SCHEMES)
def test_case_and_blanks_make_no_other_number(name: str) -> None:
    expected = normalise(bare(name))
    assert normalise(bare(name).upper()) == expected
    assert normalise(bare(name).lower()) == expected


@pytest.mark.parametrize("name", SCHEMES)
def test_every_scheme_is_found_in_running_text(name: str) -> None:
    expected = normalise(bare(name))
    text = f"Registered ({bare(name)}), then begun."
    mentions = list(find(text))
    if not SCHEMES[name].lone:
        assert mentions == []
        return
    assert [mention.identifier for mention in mentions] == [expected]
    assert text[mentions[0].start : mentions[0].end] == bare(name)


@pytest.mark.parametrize(
    ("text", "scheme", "value"),
    [
        ("nct01234567", "nct", "NCT01234567"),
        ("NCT 01234567", "nct", "NCT01234567"),
        ("NCT\xa001234567", "nct", "NCT01234567"),
        ("NCT01234567 ", "nct", "NCT01234567"),
        ("(NCT01234567).", "nct", "NCT01234567"),
        ("EUCTR2013-001234-12-DE", "eudract", "2013-001234-12"),
        ("EUCTR2009-017467-42-ES", "eudract", "2009-017467-42"),
        ("2013-001234-12", "eudract", "2013-001234-12"),
        ("2013-001234-12-3rd", "eudract", "2013-001234-12"),
        ("2013-001234-12-Outside-EU/EEA", "eudract", "2013-001234-12"),
        ("EudraCT number: 2013-001234-12", "eudract", "2013-001234-12"),
        ("2023-512345-12-00", "ctis", "2023-512345-12"),
        ("EUCT number 2023-512345-12-01", "ctis", "2023-512345-12"),
        ("CTIS2023-512345-12", "ctis", "2023-512345-12"),
        ("ISRCTN 12345678", "isrctn", "ISRCTN12345678"),
        ("IRCT20200101012345N12", "irct", "IRCT20200101012345N12"),
        ("irct 20200101012345n1", "irct", "IRCT20200101012345N1"),
        ("IRCT2014022816773N1", "irct", "IRCT2014022816773N1"),
        ("IRCT138811233296N1", "irct", "IRCT138811233296N1"),
        ("ChiCTR-TRC-10001234", "chictr", "ChiCTR-TRC-10001234"),
        ("chictr-2000012345", "chictr", "ChiCTR2000012345"),
        ("ChiCTR 2000012345", "chictr", "ChiCTR2000012345"),
        ("JPRN-JRCT2031200252", "jrct", "jRCT2031200252"),
        ("JPRN-jRCTs031200089", "jrct", "jRCTs031200089"),
        ("jRCTb030200123", "jrct", "jRCTb030200123"),
        ("JPRN-UMIN000012345", "umin", "UMIN000012345"),
        ("JPRN-JapicCTI-201234", "japiccti", "JapicCTI-201234"),
        ("actrn12620000123456P", "actrn", "ACTRN12620000123456p"),
        ("rbr-3CBS3W", "rebec", "RBR-3cbs3w"),
        ("LBTR2020041234", "lbctr", "LBTR2020041234"),
        ("NTR 12", "ntr", "NTR12"),
        ("doi:10.1000/ABC.1", "doi", "10.1000/abc.1"),
        ("https://doi.org/10.1000/ABC.1", "doi", "10.1000/abc.1"),
        ("http://dx.doi.org/10.1000/abc(1)2", "doi", "10.1000/abc(1)2"),
        ("10.1016/S0000-0000(20)12345-6", "doi", "10.1016/s0000-0000(20)12345-6"),
        ("10.3389/fx.2020.01234/full", "doi", "10.3389/fx.2020.01234"),
        ("10.1101/2020.01.02.20012345v2.full.pdf", "doi", "10.1101/2020.01.02.20012345"),
        ("10.1000/abc?utm_source=x", "doi", "10.1000/abc"),
        ("PMID: 12345678", "pmid", "12345678"),
        ("PubMed ID 1234567", "pmid", "1234567"),
        ("U1111-1234-5678", "utn", "U1111-1234-5678"),
    ],
)
def test_ways_of_writing(text: str, scheme: str, value: str) -> None:
    assert normalise(text) == Identifier(scheme, value)


def test_siblings_and_neighbours_stay_apart() -> None:
    first, second = normalise("IRCT20200101012345N1"), normalise("IRCT20200101012345N2")
    assert first != second
    assert normalise("IRCT20200101012345N1") != normalise("IRCT20200101012345N12")
    assert values("IRCT20200101012345N1 and IRCT20200101012345N12") == [
        "IRCT20200101012345N1",
        "IRCT20200101012345N12",
    ]
    eudract, ctis = normalise("2023-012345-12"), normalise("2023-512345-12")
    assert (eudract and eudract.scheme, ctis and ctis.scheme) == ("eudract", "ctis")


@pytest.mark.parametrize(
    "text",
    [
        *("", "NCT1234567", "NCT123456789", "NCT01234567-1", "XNCT01234567", "NCT٠١٢٣٤٥٦٧"),
        *("12345678", "2020-01-02", "2020-112345-12", "+98 21 1234 5678", "020-1234567"),
        *("IRCT20200101012345", "10.5 mg/kg", "10.1000/", "doi:10.1000/.", "PMC1234567"),
        *("REDIFINE MS", "NL12", "ISSN 2020-1234", "\N{KELVIN SIGN}CT1234567"),
    ],
)
def test_what_is_no_number(text: str) -> None:
    assert normalise(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "call +98-21-88001234 or 2020-1234",
        "Born 2020-01-02, 10.5 mg/kg, batch 2020-112345-1",
        "the NTR1 receptor; NL1234; version 10.1/2",
        "PMCID: PMC1234567; ISSN 1234-5678; 23456789",
        "xNCT01234567 NCT012345678",
        "PubMed 2020",
        "",
    ],
)
def test_traps_in_running_text(text: str) -> None:
    assert values(text) == []


def test_bare_digits_need_to_be_told_what_they_are() -> None:
    assert normalise("023456789", "pmid") is None
    assert normalise("00012345", "pmid") == Identifier("pmid", "12345")
    assert normalise("0", "pmid") is None
    assert normalise("12345678", "isrctn") == Identifier("isrctn", "ISRCTN12345678")
    assert normalise("1234567", "isrctn") is None


def test_running_text_with_many_numbers() -> None:
    text = (
        "See NCT01234567/NCT01234568, EudraCT 2013-001234-12; IRCT20200101012345N2. "
        "Nobody (2020) J. Fever 1:1. doi:10.1000/j.Fev(1)2. PMID: 12345678, "
        "https://clinicaltrials.gov/study/NCT01234569?x=1 [10.1000/abc]"
    )
    assert values(text) == [
        *("NCT01234567", "NCT01234568", "2013-001234-12", "IRCT20200101012345N2"),
        *("10.1000/j.fev(1)2", "12345678", "NCT01234569", "10.1000/abc"),
    ]
    assert values("10.1000/NCT01234567") == ["10.1000/nct01234567"]  # a DOI comes first
    only = [m.identifier.scheme for m in find(text, ("doi", "pmid"))]
    assert only == ["doi", "pmid", "doi"]


def test_letters_that_are_two_in_small_do_not_shift_anything() -> None:
    text = "İ" * 100 + " NCT01234567"
    (mention,) = find(text)
    assert text[mention.start : mention.end] == "NCT01234567"


WRITTEN = st.sampled_from([bare(name) for name in SCHEMES])
ALPHABET = st.sampled_from("NCT0123456789-/. ()irctdoi:PMIDx\n\xa0٣é")


@given(st.lists(WRITTEN | st.text(ALPHABET, max_size=8), max_size=8).map(" ".join))
def test_mentions_are_in_order_and_say_what_stands_there(text: str) -> None:
    at = 0
    for mention in find(text):
        assert at <= mention.start < mention.end
        at = mention.end
        scheme = mention.identifier.scheme
        assert normalise(text[mention.start : mention.end], scheme) == mention.identifier


@given(WRITTEN | st.text(ALPHABET, max_size=40), st.sampled_from(["", *SCHEMES]))
def test_normalising_twice_changes_nothing(text: str, scheme: str) -> None:
    once = normalise(text, scheme)
    if once is not None:
        assert normalise(once.value, once.scheme) == once
        assert once.value.isascii() or once.scheme == "doi"


@pytest.mark.parametrize("unit", ["10.1000/", "IRCT2020", "NCT", "2020-0", "doi:", "(", "PubMed "])
def test_the_work_is_bounded_by_the_length(unit: str) -> None:
    def seconds(times: int) -> float:
        begin = time.process_time()
        for _ in find(unit * times):
            pass
        return time.process_time() - begin

    short, long = seconds(2_000), seconds(40_000)
    assert long < 200 * max(short, 0.001)  # twenty times the text; a square would be 400 times


@pytest.mark.shared
def test_numbers_of_the_whos_platform(shared: Path) -> None:
    csv.field_size_limit(10**8)
    numbers = set()
    for path in (shared / "data" / "registries" / "ictrp").glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            numbers |= {row["TrialID"] for row in csv.DictReader(file)}
    read = sum(normalise(number) is not None for number in numbers)
    assert len(numbers) > 4_000
    assert read / len(numbers) >= 0.999


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("https://clinicaltrials.gov/study/NCT01234567?tab=history", ["NCT01234567"]),
        ("https://clinicaltrials.gov/ct2/show/record/NCT01234567#wrapper", ["NCT01234567"]),
        ("https://pubmed.ncbi.nlm.nih.gov/123/", ["123"]),
        ("https://www.ncbi.nlm.nih.gov/pubmed/12345678?dopt=x", ["12345678"]),
        ("https://europepmc.org/article/MED/32511", ["32511"]),
        ("www.isrctn.com/ISRCTN12345678", ["ISRCTN12345678"]),
        ("https://doi.org/10.1186/ISRCTN12345678", ["10.1186/isrctn12345678", "ISRCTN12345678"]),
        ("https://doi.org/10.1000%2Fabc.1", ["10.1000/abc.1"]),
        (
            "https://www.clinicaltrialsregister.eu/ctr-search/trial/2020-001364-29/ES",
            ["2020-001364-29"],
        ),
        ("https://example.org/NCT01234567/NCT01234568", []),
        ("https://pubmed.ncbi.nlm.nih.gov/123456789/", []),
        ("https://example.org/123", []),
        ("see NCT01234567", []),
        ("", []),
    ],
)
def test_an_address_names_one_record(address: str, named: list[str]) -> None:
    assert [found.value for found in addressed(address)] == named
