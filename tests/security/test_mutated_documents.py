"""Damaged fixtures, some for every parser; `validation/fuzz.py` tries ten thousand of each."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from trialweave.model import Received
from trialweave.sources import SOURCES

COUNT = int(os.environ.get("TRIALWEAVE_FUZZ", "50"))
PATH = Path(__file__).resolve().parents[2] / "validation" / "fuzz.py"


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("trialweave_fuzz", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


fuzz = loaded()
FIXTURES: dict[str, list[bytes]] = fuzz.seeds()


@pytest.mark.parametrize("parser", [source.name for source in SOURCES])
def test_damage_is_read_or_refused(parser: str) -> None:
    assert FIXTURES[parser], "no fixture of this parser's: nothing would be tried"
    read = 0
    for seed in range(COUNT):
        data = fuzz.damaged(parser, seed, FIXTURES)
        found = fuzz.examine(data, memory=seed % 50 == 0, stored=seed % 5 == 0)
        told = f"python validation/fuzz.py --parser {parser} --seed {seed} --show"
        assert not found.broken, f"{found.broken}; again: {told}"
        read += found.records > 0
    assert COUNT // 10 < read < COUNT  # some damage goes past the gate, and some does not


def test_an_input_is_the_same_each_time() -> None:
    first = [fuzz.damaged("ris", seed, FIXTURES) for seed in range(20)]
    assert first == [fuzz.damaged("ris", seed, FIXTURES) for seed in range(20)]
    assert len(set(first)) == 20


class Broken:
    """A reader that keeps no promise: the harness must say so."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __call__(self, received: Received) -> object:
        if self.what == "raises":
            raise KeyError("x")
        if self.what == "loops":
            while True:
                pass
        if self.what == "swells":
            bytearray(fuzz.CONSTANT + 5 * len(received.data))
        return iter(())


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("raises", "KeyError"),
        ("loops", "more than"),
        ("swells", "bytes of memory"),
        ("nothing", "neither a record nor a reason"),
    ],
)
def test_broken_promises_are_noticed(what: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "read_each", Broken(what))
    monkeypatch.setattr(fuzz, "SECONDS", 0.05)
    assert said in fuzz.examine(b"anything", memory=what == "swells").broken


def fixture(path: str) -> bytes:
    return (PATH.parents[1] / "tests" / "fixtures" / path).read_bytes()


V2, PUBMED = fixture("ctgov/v2.json"), fixture("literature/pubmed.xml")
NUMBER = b"<AccessionNumber>AB000001</AccessionNumber>"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            b'{"meta": {"page": 1, "per_page": 25}, "results": []}', id="a page without records"
        ),
        pytest.param(
            b'{"status": "ok", "message-type": "work", "message": []}', id="an empty message"
        ),
        pytest.param(
            V2.replace(b'Labels": ["Lumenocel"]', b'Labels": 1e+308'),
            id="a number in the place of a list of texts",
        ),
        pytest.param(
            fixture("literature/ovid.ris").replace(b"N2  - ", b"N2  - x\n" + b", " * 25_000),
            id="a text of commas",
        ),
        pytest.param(
            PUBMED.replace(
                b"<AccessionNumber>", NUMBER * 400 + b"<AccessionNumber>" + b"(" * 50_000
            )
            .replace(b"<DataBankName>", b"<Bank>")
            .replace(b"</DataBankName>", b"</Bank>"),
            id="a data bank without a name",
        ),
        pytest.param(
            fixture("pages/summary_vancouver.txt").replace(b". ", b". " + b" " * 50_000),
            id="a reference full of blanks",
        ),
        pytest.param(
            b'{"format": "trialweave.report/1", "key": "a", "' + b"y\\u0002" * 30_000 + b'": 1}',
            id="a key of controls",
        ),
    ],
)
def test_what_was_found_once(data: bytes) -> None:
    assert fuzz.examine(data, memory=True).broken == ""
