"""Countries in texts: found where they stand, and not where only the word does."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.records.places import country_of, normalise_country


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Iran", "IR"),
        ("Islamic Republic of Iran", "IR"),
        ("Iran, Islamic Republic of", "IR"),
        ("Iran (Islamic Republic of)", "IR"),
        ("USA", "US"),
        ("united states of america", "US"),
        ("UK", "GB"),
        ("Korea", "KR"),
        ("Korea, Republic of", "KR"),
        ("Korea, Democratic People's Republic of", "KP"),
        ("The Netherlands", "NL"),
        ("Türkiye", "TR"),
        ("Turkey", "TR"),
        ("Georgia", "GE"),
        ("Viet Nam", "VN"),
        ("Côte d'Ivoire", "CI"),
        ("Cote d’Ivoire", "CI"),
        ("Czech Republic", "CZ"),
        ("DE", "DE"),
        ("New South Wales", "AU"),
        ("Europe", None),
        ("de", None),
        ("Tehran", None),
        ("", None),
        ("Chinese", None),
    ],
)
def test_one_country_field(name: str, code: str | None) -> None:
    assert normalise_country(name) == code


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Tehran University of Medical Sciences", [("IR", "Tehran", "capital")]),
        ("Uppsala University Hospital", [("SE", "Uppsala", "city")]),
        ("We enrolled Iranian patients.", [("IR", "Iranian", "adjective")]),
        ("in the UK and Ireland", [("GB", "UK", "name"), ("IE", "Ireland", "name")]),
        ("University of Jordan", [("JO", "Jordan", "name")]),
        ("written by Jordan Smith", []),
        ("Jordan said so", []),
        ("a hospital in Turkey", [("TR", "Turkey", "name")]),
        ("fed on turkey", []),
        ("TURKEY", [("TR", "TURKEY", "name")]),
        ("Atlanta, Georgia", [("US", "Atlanta", "city")]),
        ("University of Georgia", []),
        ("Tbilisi, Georgia", [("GE", "Tbilisi", "capital"), ("GE", "Georgia", "name")]),
        ("guinea pigs", []),
        ("Guinea pig", []),
        ("Papua New Guinea", [("PG", "Papua New Guinea", "name")]),
        ("Declaration of Helsinki", []),
        ("the Berlin definition", []),
        ("Berlin, Germany", [("DE", "Berlin", "capital"), ("DE", "Germany", "name")]),
        ("Paris, Texas", [("US", "Texas", "state")]),
        ("London, Ontario", [("CA", "Ontario", "name")]),
        ("Cambridge, MA", [("US", "MA", "state")]),
        ("Beth Israel Center", []),
        ("New Mexico", [("US", "New Mexico", "state")]),
        ("traditional Chinese medicine", []),
        ("Chad Miller", []),
        ("contact us", []),
        ("CONTACT US", []),
        ("the US and Canada", [("US", "US", "name"), ("CA", "Canada", "name")]),
        ("Northern Ireland", [("GB", "Northern Ireland", "name")]),
        ("New England", []),
        ("a hospital in Korea", [("KR", "Korea", "name")]),
        ("دانشگاه علوم پزشکی تهران", [("IR", "تهران", "city")]),
        ("", []),
    ],
)  # fmt: skip
def test_running_text(text: str, found: list[tuple[str, str, str]]) -> None:
    hits = country_of(text)
    assert [(hit.iso2, hit.name, hit.how) for hit in hits] == found
    assert all(text[hit.start : hit.end] == hit.name for hit in hits)


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    hits = country_of(text)
    assert all(text[hit.start : hit.end] == hit.name for hit in hits)
    assert all(a.end <= b.start for a, b in itertools.pairwise(hits))
