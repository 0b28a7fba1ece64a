"""Damaged and malicious documents of the registers of Europe, and of the legacy XML."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialweave.errors import Hostile, InputError
from trialweave.model import Draft, Received
from trialweave.sources._source import Source
from trialweave.sources.ctgov import xml as ctgov_xml
from trialweave.sources.europe import SOURCES

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


def taken(data: bytes) -> list[Draft]:
    """Read by whichever source recognises it; every outcome is a draft or a typed error."""
    received = Received("x", data)
    named: list[Source] = [source for source in ALL if source.recognise(received)]
    assert len(named) <= 1
    drafts: list[Draft] = []
    problems: list[InputError] = []
    for source in named:
        assert source.read_each is not None
        try:
            for each in source.read_each(received):
                if isinstance(each, Draft):
                    drafts.append(each)
                else:
                    problems.append(each)
        except InputError as error:
            problems.append(error)
    for draft in drafts:
        assert 0 <= draft.start < draft.end <= len(data)
    for problem in problems:
        assert isinstance(problem, InputError)
        assert str(problem).startswith("x")
    return drafts


@pytest.mark.parametrize("data", DOCUMENTS)
def test_fixtures_are_taken(data: bytes) -> None:
    assert taken(data)


@QUICK
@given(st.data())
def test_cut_and_mixed_bytes(draw: st.DataObject) -> None:
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
    taken(bytes(data))


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@QUICK
@given(st.data())
def test_other_values_in_the_places_of_values(draw: st.DataObject) -> None:
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
    taken(json.dumps(record).encode())


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
    received = Received("x", data)
    for source in ALL:
        if source.recognise(received):
            with pytest.raises(Hostile):
                source.read(received)
            return
    assert b"DOCTYPE" in data


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
def test_long_texts_take_linear_time(data: bytes) -> None:
    begun = time.perf_counter()
    taken(data)
    assert time.perf_counter() - begun < 8
