"""CTIS, live: listing, splitting at the cap, records as received, queries."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from trialweave.errors import FetchFailed
from trialweave.live import ctis
from trialweave.live._ctis_query import criteria_of

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "europe" / "ctis_new.json"


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
reply = asking.reply

Trial = tuple[str, int, int]  # number, status, phase


def trials(count: int, status: int = 4, phase: int = 5) -> list[Trial]:
    return [(f"2031-5{n:05}-{n % 97:02}-00", status, phase) for n in range(count)]


def record_of(number: str) -> bytes:
    """A record with line breaks, as it stands in the fixture."""
    return FIXTURE.read_bytes().replace(b"2031-512345-67-01", number.encode()).strip()


class Register:
    """Behaves as CTIS does: pages count from 1, nothing beyond 10,000 hits is listed."""

    def __init__(self, held: list[Trial], *, slip: int = 0) -> None:
        self.held, self.slip = held, slip
        self.searches: list[dict[str, Any]] = []
        self.gone: set[str] = set()

    def __call__(self, asked: Any) -> tuple[int, bytes]:
        if asked.path.startswith("/retrieve/"):
            number = asked.path.removeprefix("/retrieve/")
            return asking.MISSING if number in self.gone else reply(record_of(number))
        assert asked.path == "/search"
        criteria, page = asked.body["searchCriteria"], asked.body["pagination"]
        self.searches.append(asked.body)
        found = [
            number
            for number, status, phase in self.held
            if status in criteria.get("status", [status])
            and phase in criteria.get("trialPhaseCode", [phase])
            and criteria.get("number", "") in number
        ]
        if asked.body["sort"]["direction"] == "ASC":
            found.reverse()
        start = (page["page"] - 1) * page["size"]
        listed = found[: ctis.CAP][max(0, start - self.slip) :][: page["size"]]
        return reply(
            {
                "pagination": {"totalRecords": len(found), "currentPage": page["page"]},
                "data": [{"ctNumber": number, "ctTitle": "…"} for number in listed],
            }
        )


def client_of(register: Callable[[Any], tuple[int, bytes]]) -> Any:
    return asking.Scripted(ctis.API, register)


def test_pages_of_whole_records_which_our_reader_takes() -> None:
    register = Register(trials(45))
    pages = asking.pages(ctis.API, client_of(register), "moss AND fever")
    assert [page.count for page in pages] == [20, 20, 5]
    assert {page.total for page in pages} == {45}
    drafts = [draft for page in pages for draft in asking.read(page, "ctis")]
    assert [draft.identifier for draft in drafts] == [number[:14] for number, *_ in trials(45)]
    assert {body["searchCriteria"]["containAll"] for body in register.searches} == {"moss, fever"}
    assert len({page.name for page in pages}) == 3


def test_a_record_on_a_page_has_the_bytes_that_came() -> None:
    page = ctis.search(client_of(Register(trials(3))), "moss", "")
    drafts = asking.read(page, "ctis")
    told = [page.data[draft.start : draft.end] for draft in drafts]
    assert told == [record_of(number) for number, *_ in trials(3)]
    assert b"\n" in told[0]  # so that a list of lines could not hold it


@pytest.mark.shared
def test_a_real_record_comes_through_unchanged(shared: Path) -> None:
    number = "2024-510663-34-00"
    data = (shared / "data" / "registries" / "ctis" / f"{number}.json").read_bytes()
    listed = {"pagination": {"totalRecords": 1}, "data": [{"ctNumber": number}]}
    client = client_of(lambda asked: reply(listed if asked.path == "/search" else data))
    (draft,) = asking.read(page := ctis.search(client, "moss", ""), "ctis")
    assert draft.identifier == number[:14]
    assert page.data[draft.start : draft.end] == data.strip()


def test_nothing_found_is_complete() -> None:
    page = ctis.search(client_of(Register([])), "moss", "")
    assert (page.count, page.total, page.next, page.data) == (0, 0, "", b"")


def test_trials_that_slip_between_pages_are_found_from_the_other_end_and_counted_once() -> None:
    register = Register(trials(300), slip=3)
    pages = asking.pages(ctis.API, client_of(register), "moss")
    numbers = [draft.identifier for page in pages for draft in asking.read(page, "ctis")]
    assert sorted(numbers) == sorted(number[:14] for number, *_ in trials(300))
    assert {body["sort"]["direction"] for body in register.searches} == {"DESC", "ASC"}


def test_a_search_that_reaches_the_cap_is_split(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two statuses, one of which must be split by phase besides."""
    monkeypatch.setattr(ctis, "CAP", 100)
    held = [*trials(60, 4, 5)]
    held += [(f"2032{number[4:]}", 8, 4) for number, *_ in trials(60)]
    held += [(f"2033{number[4:]}", 8, 7) for number, *_ in trials(60)]
    register = Register(held)
    client = client_of(register)
    pages = asking.pages(ctis.API, client, "")
    numbers = [draft.identifier for page in pages for draft in asking.read(page, "ctis")]
    assert sorted(numbers) == sorted(number[:14] for number, *_ in held)
    assert {page.total for page in pages} == {180}
    assert "in 3 parts" in pages[0].note
    listing = [body for body in register.searches if body["pagination"]["size"] > 1]
    assert all(len(body["searchCriteria"]["status"]) < 12 for body in listing)


def test_the_criteria_of_a_query_are_kept_and_narrowed_when_it_is_split(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ctis, "CAP", 100)
    held = [*trials(80, 3), *((f"2032{number[4:]}", 4, 5) for number, *_ in trials(80))]
    register = Register([*held, ("2034-500001-01-00", 8, 5)])
    asking.pages(ctis.API, client_of(register), '{"status": [3, 4], "containAny": "moss"}')
    assert {body["searchCriteria"]["containAny"] for body in register.searches} == {"moss"}
    assert [body["searchCriteria"]["status"] for body in register.searches[1:3]] == [[3], [4]]


def test_a_status_not_known_here_leaves_the_search_incomplete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The promise of the whole search stands, though no part of it finds the trial."""
    monkeypatch.setattr(ctis, "CAP", 100)
    held = [*trials(80, 3), *((f"2032{number[4:]}", 4, 5) for number, *_ in trials(80))]
    pages = asking.pages(
        ctis.API, client_of(Register([*held, ("2034-500001-01-00", 13, 5)])), "moss"
    )
    assert sum(page.count for page in pages) == 160
    assert pages[0].total == 161
    assert "CTIS lists 160 of the 161 trials" in pages[0].note


def test_too_many_of_one_status_and_phase_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctis, "CAP", 50)
    with pytest.raises(FetchFailed, match="one status and one phase"):
        ctis.search(client_of(Register(trials(60))), "moss", "")


def test_a_record_that_is_listed_but_not_given_is_named() -> None:
    register = Register(trials(3))
    register.gone.add("2031-500001-01-00")
    page = ctis.search(client_of(register), "moss", "")
    assert (page.count, page.total) == (2, 3)
    assert "does not give 1 trials: 2031-500001-01-00" in page.note


def test_a_token_goes_on_without_a_search_and_with_nothing_else() -> None:
    first = ctis.search(client_of(Register(trials(25))), "moss", "")
    later = Register([])
    page = ctis.search(client_of(later), "moss", first.next)
    assert (page.count, page.total, page.next) == (5, 25, "")
    assert later.searches == []


def test_one_record_in_its_latest_submission() -> None:
    held = [("2031-500007-01-00", 1, 1), ("2031-500007-01-02", 1, 1), ("2031-500008-01-00", 1, 1)]
    page = ctis.record(client_of(Register(held)), "ctis", "2031-500007-01")
    assert page is not None
    assert page.data == record_of("2031-500007-01-02")
    assert page.url.endswith("/retrieve/2031-500007-01-02")
    register = Register([])
    register.gone.add("2031-500009-01-00")
    assert ctis.record(client_of(register), "ctis", "2031-500009-01") is None


GOOD = {"pagination": {"totalRecords": 1}, "data": [{"ctNumber": "2031-500001-01-00"}]}


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (asking.HTML, "no valid JSON"),
        (reply({"data": []}), "`pagination`"),
        (reply({"pagination": {"total": 1}, "data": []}), "`totalRecords`"),
        (reply({"pagination": {"totalRecords": "many"}, "data": []}), "totalRecords"),
        (reply({"pagination": {"totalRecords": -1}, "data": []}), "totalRecords"),
        (reply({"pagination": {"totalRecords": 1}, "results": []}), "`data`"),
        (reply({"pagination": {"totalRecords": 1}, "data": [{"number": "x"}]}), "`ctNumber`"),
        (reply({"pagination": {"totalRecords": 7}, "data": []}), "no trial in data"),
        (reply('{"data":' * 100_000), "form known"),
    ],
)
def test_another_form_of_list_is_refused_with_what_is_missing(
    answer: tuple[int, bytes], missing: str
) -> None:
    with pytest.raises(FetchFailed, match=missing):
        ctis.search(client_of(lambda _: answer), "moss", "")


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (asking.HTML, "no valid JSON"),
        (reply({"ctNumber": "2031-500002-02-00", "ctPublicStatusCode": 1}), "2031-500002-02-00"),
        (reply({"number": "2031-500001-01-00"}), "`ctNumber`"),
        (reply({"ctNumber": "2031-500001-01-00", "partI": {}}), "neither authorizedPartI"),
    ],
)
def test_another_form_of_record_is_refused(answer: tuple[int, bytes], missing: str) -> None:
    client = client_of(lambda asked: reply(GOOD) if asked.path == "/search" else answer)
    with pytest.raises(FetchFailed, match=missing):
        ctis.search(client, "moss", "")


def test_a_number_from_a_list_never_leads_out_of_its_path() -> None:
    hostile = "../../admin?x=1#2031"
    told = {"pagination": {"totalRecords": 1}, "data": [{"ctNumber": hostile}]}
    client = client_of(lambda asked: reply(told) if asked.path == "/search" else asking.MISSING)
    page = ctis.search(client, "moss", "")
    assert client.asked[-1].path == "/retrieve/..%2F..%2Fadmin%3Fx%3D1%232031"
    assert page.count == 0


@pytest.mark.parametrize("value", ["../2031-500001-01", "2031-500001-01/x", "", "2020-001364-29"])
def test_what_is_no_ct_number_is_refused_before_anything_is_asked(value: str) -> None:
    client = client_of(Register([]))
    with pytest.raises(FetchFailed, match="no identifier"):
        ctis.record(client, "ctis", value)
    assert client.asked == []


@pytest.mark.parametrize("token", ["{", "[]", '{"waiting": 3}', '{"total": -1}', "\ud800"])
def test_a_damaged_token_is_refused(token: str) -> None:
    with pytest.raises(FetchFailed, match="position"):
        ctis.search(client_of(Register([])), "moss", token)


@pytest.mark.parametrize(
    ("query", "criteria"),
    [
        ("moss cells", {"containAll": "moss cells"}),
        ("moss AND fever", {"containAll": "moss, fever"}),
        ('"moss cells" AND (fever)', {"containAll": "moss cells, fever"}),
        ("moss OR fern", {"containAny": "moss, fern"}),
        ("moss AND (fever OR gout)", {"containAll": "moss", "containAny": "fever, gout"}),
        ("moss (fever OR gout)", {"containAll": "moss", "containAny": "fever, gout"}),
        ("moss NOT mice", {"containAll": "moss", "containNot": "mice"}),
        ("moss AND NOT mice", {"containAll": "moss", "containNot": "mice"}),
        ('"AND"', {"containAll": "AND"}),
        (' {"sponsor": "X", "status": [2]}', {"sponsor": "X", "status": [2]}),
        ("", {}),
        ("moss \udcff", {"containAll": "moss ?"}),
    ],
)
def test_queries_as_criteria(query: str, criteria: dict[str, Any]) -> None:
    assert criteria_of(query) == criteria
    json.dumps(criteria_of(query)).encode()


@pytest.mark.parametrize(
    "query",
    [
        *("(a OR b) AND (c OR d)", "a OR b AND c", "a AND (b OR (c AND d))", "a NOT (b OR c)"),
        *("a AND", "AND", "NOT", "a) OR (b", '{"status": "recruiting"}', "{", "(a"),
        *("(" * 4_000, "a " * 4_000, '{"a":' * 900),
    ],
)
def test_queries_that_ctis_cannot_be_asked_are_refused_not_bent(query: str) -> None:
    with pytest.raises(FetchFailed, match="CTIS cannot be asked"):
        criteria_of(query)
