"""Damaged and malicious documents of the registers of Europe, and of the legacy XML."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialweave.errors import Hostile, NoIdentifier
from trialweave.model import Received
from trialweave.sources import read
from trialweave.sources.ctgov import xml as ctgov_xml
from trialweave.sources.europe import SOURCES

Outcome = Callable[[Received], Any]
FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
ALL = (*SOURCES, ctgov_xml.SOURCE)
DOCUMENTS = [
    path.read_bytes()
    for folder in ("europe", "ctgov_xml")
    for path in sorted((FIXTURES / folder).iterdir())
]
RECORDS = [json.loads(data) for data in DOCUMENTS if data.startswith(b"{")]
QUICK = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def one_source(received: Received) -> bool:
    """Whether a source claims a document; two never do."""
    named = [source for source in ALL if source.recognise(received)]
    assert len(named) <= 1
    return bool(named)


@pytest.mark.parametrize("data", DOCUMENTS)
def test_fixtures_are_taken(outcome: Outcome, data: bytes) -> None:
    drafts, problems = outcome(Received("x", data))
    assert drafts
    assert all(isinstance(problem, NoIdentifier) for problem in problems)


@QUICK
@given(draw=st.data())
def test_cut_and_mixed_bytes(outcome: Outcome, draw: st.DataObject) -> None:
    data = bytearray(draw.draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw.draw(st.integers(1, 5))):
        at = draw.draw(st.integers(0, len(data)))
        gone = draw.draw(st.integers(0, 40))
        data[at : at + gone] = draw.draw(
            st.one_of(
                st.binary(max_size=12),
                st.sampled_from(
                    [
                        b"\n",
                        b"&",
                        b"<",
                        b"]]>",
                        b"&#0;",
                        b"\xe2\x80\xa8",
                        b"\0",
                        b"E.3 Principal",
                        b'"',
                    ]
                ),
            )
        )
    received = Received("x", bytes(data))
    drafts, problems = outcome(received)
    assert len(drafts) + len(problems) >= 1
    assert one_source(received) or not drafts


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@QUICK
@given(draw=st.data())
def test_other_values_in_the_places_of_values(outcome: Outcome, draw: st.DataObject) -> None:
    record = json.loads(json.dumps(draw.draw(st.sampled_from(RECORDS))))
    for _ in range(draw.draw(st.integers(1, 4))):
        here: Any = record
        while True:
            keys = list(here) if isinstance(here, dict) else list(range(len(here)))
            if not keys:
                break
            key = draw.draw(st.sampled_from(keys))
            if isinstance(here[key], (dict, list)) and draw.draw(st.booleans()):
                here = here[key]
                continue
            here[key] = draw.draw(VALUES)
            break
    received = Received("x", json.dumps(record).encode())
    drafts, problems = outcome(received)
    assert len(drafts) + len(problems) >= 1
    assert one_source(received) or not drafts


@pytest.mark.parametrize(
    "data",
    [
        b'{"ctNumber": "2031-512345-67-00", "authorizedPartI": '
        + b"[" * 20_000
        + b"]" * 20_000
        + b"}",
        b'{"isrctn": "12345674", "trialDescription": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001,
        b"<clinical_study>" + b"<a>" * 20_000 + b"</a>" * 20_000 + b"</clinical_study>",
        b'<!DOCTYPE clinical_study [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]>'
        b"<clinical_study><brief_title>&c;</brief_title></clinical_study>",
        b'<!DOCTYPE allTrials [<!ENTITY a SYSTEM "file:///nowhere">]>'
        b'<allTrials xmlns="http://www.67bricks.com/isrctn"><fullTrial>&a;</fullTrial></allTrials>',
    ],
)
def test_bombs(data: bytes) -> None:
    with pytest.raises(Hostile, match=r"^x"):
        read(Received("x", data))


@pytest.mark.parametrize(
    "data",
    [
        b"Summary\nEudraCT Number: 2031-012345-67\nA. Protocol\nE.3 Principal inclusion criteria: "
        + b"1. " * 300_000,
        b"Summary\nEudraCT Number: 2031-012345-67\n" + b"E.3 " * 250_000,
        b"Summary\nEudraCT Number: 2031-012345-67\n" + b"A.2 EudraCT number: 2\n" * 40_000,
        b"Summary\nEudraCT Number: 2031-012345-67\n" * 20_000,
        b"<clinical_study><id_info><nct_id>NCT99990001</nct_id></id_info><study_design>"
        + b"Masking: Double (" * 60_000
        + b"</study_design></clinical_study>",
        b"<clinical_study><id_info><nct_id>NCT99990001</nct_id></id_info><eligibility><criteria>"
        b"<textblock>Inclusion Criteria:\n" + b"&lt;\n" * 100_000 + b"</textblock></criteria>"
        b"</eligibility></clinical_study>",
    ],
)
def test_long_texts_take_linear_time(outcome: Outcome, data: bytes) -> None:
    begun = time.perf_counter()
    drafts, problems = outcome(Received("x", data))
    assert len(drafts) + len(problems) >= 1
    assert time.perf_counter() - begun < 8
