"""Whatever a server answers, an adapter gives a page, nothing, or one typed error."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.errors import FetchFailed
from trialweave.live import crossref, ctis, euctr, europepmc, isrctn, openalex, pubmed
from trialweave.live.api import Api, Page

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


def _load(name: str) -> ModuleType:
    """A helper of this folder, which is no package."""
    key = f"trialweave_tests_live_{name}"
    if key not in sys.modules:
        spec = importlib.util.spec_from_file_location(key, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[key] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[key])
    return sys.modules[key]


asking = _load("asking")

CTIS = "2031-512345-67-01"
KNOWN: dict[str, tuple[Api, str, str, dict[str, bytes]]] = {
    "ctis": (
        ctis.API,
        "ctis",
        CTIS[:14],
        {
            "/search": json.dumps(
                {"pagination": {"totalRecords": 1}, "data": [{"ctNumber": CTIS}]}
            ).encode(),
            "": (FIXTURES / "europe" / "ctis_new.json").read_bytes(),
        },
    ),
    "euctr": (
        euctr.API,
        "eudract",
        "2031-012345-67",
        {
            "/search": b"<p>Trials with a EudraCT protocol (1)</p>",
            "": (FIXTURES / "europe" / "euctr.txt").read_bytes(),
        },
    ),
    "isrctn": (
        isrctn.API,
        "isrctn",
        "ISRCTN12345674",
        {"": (FIXTURES / "europe" / "isrctn.xml").read_bytes()},
    ),
    "pubmed": (
        pubmed.API,
        "pmid",
        "90000001",
        {
            "/esearch.fcgi": b'{"esearchresult":{"count":"1","idlist":["90000001"]}}',
            "": (FIXTURES / "literature" / "pubmed.xml").read_bytes(),
        },
    ),
    "europepmc": (
        europepmc.API,
        "pmid",
        "90000081",
        {"": (FIXTURES / "literature" / "europepmc.json").read_bytes()},
    ),
    "crossref": (
        crossref.API,
        "doi",
        "10.5555/cr.71",
        {"": (FIXTURES / "literature" / "crossref.json").read_bytes()},
    ),
    "openalex": (
        openalex.API,
        "doi",
        "10.5555/oa.91",
        {"": (FIXTURES / "literature" / "openalex.json").read_bytes()},
    ),
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@st.composite
def mutations(draw: st.DrawFn, data: bytes) -> bytes:
    """The bytes cut, with some replaced, or JSON with one value that is another."""
    kind = draw(st.sampled_from(["cut", "replaced", "value", "noise"]))
    if kind == "noise":
        return draw(st.binary(max_size=200))
    at = draw(st.integers(0, len(data)))
    if kind == "cut":
        return data[:at]
    if kind == "value" and data[:1] == b"{":
        told: Any = json.loads(data)
        here = told
        while isinstance(here, dict) and here:
            key = draw(st.sampled_from(sorted(here)))
            if draw(st.booleans()) or not isinstance(here[key], dict):
                if draw(st.booleans()):
                    del here[key]
                else:
                    here[key] = draw(JSON)
                break
            here = here[key]
        return json.dumps(told).encode()
    return data[:at] + draw(st.binary(max_size=30)) + data[at + draw(st.integers(0, 30)) :]


def outcome(ask: Callable[[], Page | None]) -> tuple[Page | None, str]:
    """What an adapter gives, and what its error says."""
    try:
        return ask(), ""
    except FetchFailed as error:
        return None, str(error)


@pytest.mark.parametrize("name", KNOWN)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_answer_gives_a_page_or_the_typed_error(name: str, data: st.DataObject) -> None:
    api, scheme, value, known = KNOWN[name]
    answers = dict(known)
    path = data.draw(st.sampled_from(sorted(answers)))
    answers[path] = data.draw(mutations(answers[path]))
    client = asking.Scripted(api, lambda asked: (200, answers.get(asked.path, answers[""])))
    for ask in (lambda: api.search(client, "moss", ""), lambda: api.record(client, scheme, value)):
        page, said = outcome(ask)
        assert said.isprintable()
        assert page is None or isinstance(page, Page)
        if page is not None:
            assert page.note.isprintable()
            assert bool(page.data) == bool(page.count)
            assert set(page.name) <= set(
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
            )
    assert len(client.asked) < 60


@pytest.mark.parametrize("name", KNOWN)
@settings(max_examples=60, deadline=None)
@given(token=st.text(max_size=40) | JSON.map(json.dumps))
def test_any_token_gives_a_page_or_the_typed_error(name: str, token: str) -> None:
    api, _, _, known = KNOWN[name]
    client = asking.Scripted(api, lambda asked: (200, known.get(asked.path, known[""])))
    page, said = outcome(lambda: api.search(client, "moss", token))
    assert isinstance(page, Page) or (said and said.isprintable())
