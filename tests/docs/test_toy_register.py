"""The register that docs/how-to/add-a-register.md builds: taken from the page, and run."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from trialweave import live, sources
from trialweave.errors import Hostile, InputError, Unreadable
from trialweave.live.api import Answer, Api
from trialweave.model import Missingness, Received, Trial, Value, identifiers
from trialweave.records.passages import locate
from trialweave.records.versions import admit

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "add-a-register.md"
AT = dt.datetime(2031, 5, 1, tzinfo=dt.UTC)


def blocks() -> dict[str, str]:
    """The page's blocks by the name after their language; several of one file joined in order."""
    found: dict[str, str] = {}
    text = PAGE.read_text(encoding="utf-8")
    for name, body in re.findall(r"^```(?:py|json) (\S+)\n(.*?)^```$", text, re.M | re.S):
        found[name] = f"{found[name]}\n\n{body}" if name in found else body
    return found


BLOCKS = blocks()


def load(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Toy:
    """What the page makes."""

    data: bytes
    api: Api
    tests: ModuleType


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toy]:
    folder = tmp_path_factory.mktemp("toy")
    paths = {}
    for number, (name, body) in enumerate(BLOCKS.items()):
        paths[name] = folder / ("atlantis.json" if name.endswith(".json") else f"part{number}.py")
        paths[name].write_text(body, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        scheme = eval(BLOCKS["scheme"], dict(vars(identifiers)))
        patch.setitem(identifiers.SCHEMES, scheme.name, scheme)
        patch.setitem(identifiers._FULL, scheme.name, re.compile(scheme.pattern, re.IGNORECASE))
        names = ("trialweave.sources.atlantis", "trialweave.live.atlantis", "trialweave_toy_tests")
        for name in names:
            patch.setitem(sys.modules, name, ModuleType(name))
        atlantis = load(paths["sources/atlantis.py"], names[0])
        patch.setattr(sources, "atlantis", atlantis, raising=False)
        added = eval(f"({BLOCKS['register']})", {"atlantis": atlantis})
        patch.setattr(sources, "SOURCES", (*sources.SOURCES, *added))
        api: Api = load(paths["live/atlantis.py"], names[1]).API
        patch.setitem(live.APIS, api.name, api)
        tests = load(paths["tests/sources/test_atlantis.py"], names[2])
        yield Toy(paths["atlantis.json"].read_bytes(), api, tests)


def read(data: bytes) -> sources.ReadResult:
    return sources.read_all(Received("a.json", data))


PAGES_OWN = re.findall(r"^def (test_\w+)", "\n".join(BLOCKS.values()), re.M)


def test_the_page_has_four_tests_of_its_own_to_run() -> None:
    assert len(set(PAGES_OWN)) == len(PAGES_OWN) == 4


@pytest.mark.parametrize("name", PAGES_OWN)
def test_the_pages_own_tests_pass(toy: Toy, name: str) -> None:
    test: Callable[[], None] = getattr(toy.tests, name)
    test()


def test_only_the_toy_recognises_its_document(toy: Toy) -> None:
    received = Received("a.json", toy.data)
    assert [s.name for s in sources.SOURCES if s.recognise(received)] == ["atlantis"]


def test_each_stated_value_stands_where_it_says(toy: Toy) -> None:
    received = Received("a.json", toy.data)
    drafts = read(toy.data).drafts
    records = admit(drafts, {}, received, AT)
    body = drafts[0].body
    assert isinstance(body, Trial)
    stated = {
        name: getattr(body, name)
        for name in body.__struct_fields__
        if isinstance(getattr(body, name), Value) and getattr(body, name)
    }
    assert len(stated) == 18
    for name, value in stated.items():
        assert re.fullmatch(r"atlantis\.[a-z]+/1", value.rule), name
        if value.passage and (value.raw is not None or isinstance(value.content, str)):
            shown = locate(received, records[0], value.passage).match.strip('"')
            assert shown == (value.content if value.raw is None else value.raw), name
    assert body.public_title.content == "Lumen cells for invented fever"
    assert body.public_title.raw == "Lumen cells for <b>invented</b> fever"
    assert body.enrollment.content == 120
    outcome = (body.primary_outcomes.content or ())[0]
    assert outcome.time_frame.passage is not None
    assert outcome.time_frame.passage.path == "outcomes[0].when"
    assert outcome.time_frame.content == "28 days"


def test_a_changed_record_is_a_second_version(toy: Toy) -> None:
    first = Received("a.json", toy.data)
    held = admit(read(toy.data).drafts, {}, first, AT)
    assert [(r.record_id, r.version) for r in held] == [
        ("atlantis:ART-2031-0007", 1),
        ("atlantis:ART-2031-0008", 1),
    ]
    known = {record.record_id: [(record.version, record.digest)] for record in held}
    assert admit(read(toy.data).drafts, known, first, AT) == ()
    later = toy.data.replace(b'"size": 120', b'"size": 90').replace(b"2031-04-02", b"2031-06-09")
    second = Received("b.json", later)
    changed = admit(read(later).drafts, known, second, AT)
    assert [(r.record_id, r.version) for r in changed] == [("atlantis:ART-2031-0007", 2)]
    assert changed[0].precedence > held[0].precedence


def test_unknown_fields_are_reported(toy: Toy) -> None:
    source = sources.recognise(Received("a.json", toy.data))
    assert source.survey is not None
    known = [(note.path, note.kind) for note in source.survey(Received("a.json", toy.data))]
    assert known == [("size", "retyped")]  # "many", in the second record
    renamed = toy.data.replace(b'"sponsor"', b'"sponsors"')
    notes = source.survey(Received("a.json", renamed))
    assert ("sponsors", "new", "sponsor") in [(n.path, n.kind, n.near) for n in notes]


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (b'"trials": [', b'"trials": [[', Unreadable),
        (b'"trials"', b'"tables"', Unreadable),
        (b'"May 2031"', b"[" * 100_000 + b"]" * 100_000, Hostile),
    ],
)
def test_damage_is_refused_with_a_reason(
    toy: Toy, old: bytes, new: bytes, error: type[InputError]
) -> None:
    damaged = toy.data.replace(old, new)
    with pytest.raises(error):
        sources.read(Received("a.json", damaged.replace(b"ART-2031-0008", b"")))


def test_anything_may_stand_in_a_field(toy: Toy) -> None:
    record = json.loads(toy.data)["trials"][0]
    for key in record:
        for odd in (None, "", 7, True, [], {}, [[]], [None], {"from": [1]}, "x" * 10_000):
            whole = {"register": "Atlantis Register of Trials", "trials": [record | {key: odd}]}
            result = read(json.dumps(whole).encode())
            assert len(result.drafts) + len(result.problems) == 1
            if key != "number":
                assert isinstance(result.drafts[0].body, Trial)
    assert result.drafts[0].body.sex.missingness is Missingness.STATED


class Loopback:
    """A client that answers from two pages."""

    def __init__(self, data: bytes) -> None:
        held = json.loads(data)
        self.pages = {
            "1": held | {"trials": held["trials"][:1], "next": "2"},
            "2": held | {"trials": held["trials"][1:]},
        }

    def get(
        self, url: str, params: dict[str, str] | None = None, *, expect: str = "", **_: Any
    ) -> Answer:
        assert expect == "json"
        if params is None:
            return Answer(404 if url != "/trials/ART-2031-0007" else 200, {}, b"{}", url)
        assert params["q"] == "fever"
        return Answer(200, {}, json.dumps(self.pages[params["page"]]).encode(), url)

    def post(self, url: str, body: Any, *, expect: str = "") -> Answer:
        raise AssertionError("nothing is posted")


def test_pages_are_fetched_to_the_end(toy: Toy) -> None:
    client, token, found = Loopback(toy.data), "", []
    while True:
        page = toy.api.search(client, "fever", token)
        assert page.total == 2
        found += [draft.identifier for draft in read(page.data).drafts]
        if not (token := page.next):
            break
    assert found == ["ART-2031-0007", "ART-2031-0008"]
    assert toy.api.record(client, "art", "ART-2031-0007") is not None
    assert toy.api.record(client, "art", "ART-2031-9999") is None
