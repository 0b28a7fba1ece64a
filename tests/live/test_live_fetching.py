"""Fetches against a server on loopback: all or nothing, resumed, compared with what was promised.

The source is ClinicalTrials.gov's, whose pages are those of a real one; a second one stands in
where two are needed.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from live_stub import Asked, Said
from msgspec.structs import fields

from trialweave.errors import FetchFailed, NotFound, WorkspaceError
from trialweave.live import ctgov, follows
from trialweave.live.api import Client, Page
from trialweave.live.fetching import fetch, forget, update
from trialweave.live.pace import Clock
from trialweave.live.report import FetchReport
from trialweave.model import Received
from trialweave.publish.views import AddReport, Refusal

PATH = "/studies"
TWO = {
    "ctgov": ctgov.API,
    "other": dataclasses.replace(ctgov.API, name="other", title="Other", schemes=("nct", "doi")),
}


def study(number: int) -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": f"NCT{number:08d}", "briefTitle": f"Moss {number}"}
        }
    }


def found(*numbers: int, total: int | None = None, next: str = "", **more: Any) -> Said:
    told: dict[str, Any] = {"studies": [study(number) for number in numbers], **more}
    if total is not None:
        told["totalCount"] = total
    if next:
        told["nextPageToken"] = next
    return Said(json=told)


class Taker:
    """Stands in for the workspace: keeps what it is given."""

    def __init__(self, fails: Exception | None = None, refused: int = 0) -> None:
        self.calls: list[list[Received]] = []
        self.fails, self.refused = fails, refused

    def __call__(self, documents: Iterable[Received]) -> AddReport:
        self.calls.append(list(documents))
        if self.fails is not None:
            raise self.fails
        refusals = (Refusal("x", "Unreadable", "x", self.refused),) if self.refused else ()
        told = {"refused": refusals, "exit_code": self.refused}
        blank = {one.name: 0 if one.type is int else () for one in fields(AddReport)}
        return AddReport(**blank | told)

    @property
    def numbers(self) -> list[int]:
        """The studies of all documents of the one call."""
        (documents,) = self.calls
        return [
            int(one["protocolSection"]["identificationModule"]["nctId"][3:])
            for document in documents
            for one in json.loads(document.data).get("studies", [json.loads(document.data)])
        ]


Fetch = Callable[..., tuple[FetchReport, Taker]]


@pytest.fixture
def environ(stub: Any) -> dict[str, str]:
    return {f"TRIALWEAVE_URL_{name.upper()}": f"{stub.base}" for name in TWO}


@pytest.fixture
def run(tmp_path: Path, time: Any, environ: dict[str, str]) -> Fetch:
    """One fetch of "moss" from ctgov, unless told otherwise."""

    def call(take: Taker | None = None, **asked: Any) -> tuple[FetchReport, Taker]:
        take = take or Taker()
        if "identifiers" not in asked:
            asked = {"query": "moss", "sources": ["ctgov"], **asked}
        told = {"clock": time.clock, "environ": environ, "apis": TWO, **asked}
        return fetch(tmp_path / "ws", take=take, **told), take

    return call


def left(root: Path) -> list[str]:
    """What fetching left behind."""
    folder = root / "ws" / "fetching"
    return sorted(path.name for path in folder.iterdir() if path.name != "lock")


def tokens(stub: Any) -> list[str | None]:
    return [asked.params.get("pageToken") for asked in stub.asks(PATH)]


def three_pages(stub: Any) -> None:
    stub.on(PATH, found(1, 2, total=5, next="b"))
    stub.on(PATH, found(3, 4, next="c"), pageToken="b")
    stub.on(PATH, found(5), pageToken="c")


def test_pages_to_the_end_taken_at_once(stub: Any, run: Fetch, time: Any, tmp_path: Path) -> None:
    three_pages(stub)
    report, take = run()
    assert take.numbers == [1, 2, 3, 4, 5]
    (source,) = report.sources
    assert (source.outcome, source.came, source.promised) == ("complete", 5, 5)
    assert source.said == "5 of 5, complete"
    assert report.exit_code == 0
    assert tokens(stub) == [None, "b", "c"]
    assert all(asked.params["query.term"] == "moss" for asked in stub.asked)
    assert time.slept == pytest.approx([1.0, 1.0])
    (documents,) = take.calls
    assert documents[1].origin.startswith(f"{stub.base}/studies?")
    assert "pageToken=b" in documents[1].origin
    assert len({document.name for document in documents}) == 3
    assert left(tmp_path) == []


def test_a_full_last_page_has_an_empty_one_behind_it(stub: Any, run: Fetch) -> None:
    stub.on(PATH, found(1, 2, total=2, next="b"))
    stub.on(PATH, found(), pageToken="b")
    report, take = run()
    assert report.sources[0].said == "2 of 2, complete"
    assert len(take.calls[0]) == 1


def test_nothing_found_is_complete(stub: Any, run: Fetch, tmp_path: Path) -> None:
    stub.on(PATH, found(total=0))
    report, take = run()
    assert report.sources[0].said == "0 of 0, complete"
    assert (report.exit_code, report.added, take.calls) == (0, None, [])
    assert left(tmp_path) == []


def test_goes_on_behind_the_last_page(stub: Any, run: Fetch) -> None:
    stub.on(PATH, found(1, 2, total=5, next="b"))
    stub.on(PATH, found(3, 4, next="c"), pageToken="b")
    stub.on(PATH, Said(503), found(5), pageToken="c")

    def broken(client: Client, query: str, token: str) -> Page:
        if token == "c":
            raise FetchFailed("the line went dead.")
        return ctgov.API.search(client, query, token)

    apis = {"ctgov": dataclasses.replace(ctgov.API, search=broken)}
    report, take = run(apis=apis)
    assert take.calls == []
    assert report.sources[0].outcome == "failed"
    assert report.sources[0].said == "4 of 5, failed: the line went dead"
    assert report.exit_code == FetchFailed.exit_code
    stub.asked.clear()
    report, take = run()
    assert tokens(stub) == ["c", "c"]
    assert take.numbers == [1, 2, 3, 4, 5]
    assert report.sources[0].resumed == 2


def test_killed_process_is_taken_up(
    stub: Any, run: Fetch, tmp_path: Path, environ: dict[str, str]
) -> None:
    stub.on(PATH, found(1, 2, total=5, next="b"))
    stub.on(PATH, found(3, 4, next="c"), pageToken="b")
    stub.on(PATH, Said(delay=5), found(5), pageToken="c")
    code = (
        "import pathlib, sys; from trialweave.live.fetching import fetch;"
        "fetch(pathlib.Path(sys.argv[1]), query='moss', sources=['ctgov'], take=None)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "ws")],
        env=os.environ | environ | {"TRIALWEAVE_FETCH_INTERVAL": "0"},
    )
    deadline = monotonic() + 30
    while tokens(stub)[-1:] != ["c"] and monotonic() < deadline:
        sleep(0.01)
    process.kill()
    process.wait()
    assert tokens(stub) == [None, "b", "c"]
    stub.asked.clear()
    _, take = run(clock=Clock())  # the process wrote with the time of day
    assert take.numbers == [1, 2, 3, 4, 5]
    assert tokens(stub) == ["c"]


def test_killed_anywhere_while_writing(
    stub: Any, run: Fetch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The n-th rename never happens, as if the machine stopped there; the next fetch is whole."""
    renames = os.replace
    for last in range(6):
        three_pages(stub)
        left_over = [last]

        def replace(source: Any, target: Any, left_over: list[int] = left_over) -> None:
            left_over[0] -= 1
            if left_over[0] < 0:
                raise KeyboardInterrupt
            renames(source, target)

        with monkeypatch.context() as patched:
            patched.setattr("trialweave.store._files.os.replace", replace)
            with pytest.raises(KeyboardInterrupt):
                run()
        if last:
            assert left(tmp_path) != []
        report, take = run()
        assert report.sources[0].said == "5 of 5, complete"
        assert take.numbers == [1, 2, 3, 4, 5]
        assert report.sources[0].resumed == last // 2  # a page, then the state that names it


@pytest.mark.parametrize("damage", ["", "{", '{"source": 1}', '["ctgov"]'])
def test_state_that_cannot_be_read_begins_again(
    stub: Any, run: Fetch, tmp_path: Path, damage: str
) -> None:
    three_pages(stub)
    with pytest.raises(WorkspaceError):
        run(Taker(fails=WorkspaceError("the disk is full.")))
    (folder,) = left(tmp_path)
    (tmp_path / "ws" / "fetching" / folder / "state.json").write_text(damage)
    _, take = run()
    assert take.numbers == [1, 2, 3, 4, 5]


def test_complete_but_not_taken_is_not_asked_again(stub: Any, run: Fetch, tmp_path: Path) -> None:
    three_pages(stub)
    with pytest.raises(WorkspaceError):
        run(Taker(fails=WorkspaceError("the disk is full.")))
    assert follows.followed(tmp_path / "ws") == ()
    report, take = run()
    assert len(stub.asked) == 3
    assert take.numbers == [1, 2, 3, 4, 5]
    assert report.exit_code == 0


def test_what_nobody_asks_for_again_does_not_stay(
    stub: Any, run: Fetch, time: Any, tmp_path: Path
) -> None:
    three_pages(stub)
    stub.on("/studies/NCT00000007", Said(json=study(7)))
    for days, kept in ((2, 1), (2, 0)):
        if kept:
            with pytest.raises(WorkspaceError):
                run(Taker(fails=WorkspaceError("the disk is full.")))
            (tmp_path / "ws" / "fetching" / "0123456789abcdef").mkdir()  # half dropped
        time.clock.sleep(days * 86_400)
        run(identifiers=["NCT00000007"])
        assert len(left(tmp_path)) == kept


def test_page_that_the_disk_lost(stub: Any, run: Fetch, tmp_path: Path) -> None:
    three_pages(stub)
    with pytest.raises(WorkspaceError):
        run(Taker(fails=WorkspaceError("the disk is full.")))
    (folder,) = left(tmp_path)
    page = tmp_path / "ws" / "fetching" / folder / "00002.zst"
    page.write_bytes(page.read_bytes()[:-9])
    with pytest.raises(WorkspaceError, match="damaged"):
        run()
    page.unlink()
    _, take = run()
    assert take.numbers == [1, 2, 3, 4, 5]


def test_old_position_begins_again(stub: Any, run: Fetch, time: Any) -> None:
    stub.on(PATH, found(1, 2, total=5, next="b"))
    stub.on(PATH, Said(401), pageToken="b")
    run()
    time.clock.sleep(4 * 86_400)
    three_pages(stub)
    stub.asked.clear()
    report, _ = run()
    assert tokens(stub) == [None, "b", "c"]
    assert report.sources[0].resumed == 0


def test_token_that_died_begins_again_once(stub: Any, run: Fetch) -> None:
    stub.on(PATH, found(8, 9, total=5, next="dead"), found(1, 2, total=5, next="b"))
    stub.on(PATH, Said(400, "unknown pageToken"), pageToken="dead")
    stub.on(PATH, found(3, 4, 5), pageToken="b")
    _, take = run()
    assert take.numbers == [1, 2, 3, 4, 5]
    assert tokens(stub) == [None, "dead", None, "b"]


def test_token_that_dies_again_and_again(stub: Any, run: Fetch) -> None:
    stub.on(PATH, found(1, 2, total=5, next="dead"))
    stub.on(PATH, Said(400, "unknown pageToken"), pageToken="dead")
    report, take = run()
    assert report.sources[0].outcome == "failed"
    assert "unknown pageToken" in report.sources[0].why
    assert (tokens(stub), take.calls) == ([None, "dead"] * 2, [])


def test_less_than_promised_is_not_taken(stub: Any, run: Fetch, tmp_path: Path) -> None:
    stub.on(PATH, found(1, 2, total=5, next="b"))
    stub.on(PATH, found(3), pageToken="b")
    report, take = run()
    (source,) = report.sources
    assert source.said == "3 of 5, incomplete: 2 of the records it promised did not come"
    assert (source.error, report.exit_code) == ("Incomplete", 21)
    assert take.calls == []
    assert sorted(os.listdir(tmp_path / "ws")) == ["fetching"]
    three_pages(stub)
    report, take = run()  # from the first page: the end was reached
    assert take.numbers == [1, 2, 3, 4, 5]


def test_more_than_promised_is_complete(stub: Any, run: Fetch) -> None:
    stub.on(PATH, found(1, 2, 3, total=2))
    report, _ = run()
    assert report.sources[0].said == "3 of 2, complete"


def test_last_total_counts(stub: Any, run: Fetch) -> None:
    stub.on(PATH, found(1, 2, total=5, next="b"))
    stub.on(PATH, found(3, total=3), pageToken="b")
    assert run()[0].sources[0].said == "3 of 3, complete"


def test_list_that_moves_while_it_is_read(stub: Any, run: Fetch) -> None:
    """Record 2 comes twice and 3 not at all; the sum of the pages is right all the same."""
    stub.on(PATH, found(1, 2, total=4, next="b"))
    stub.on(PATH, found(2, 4), found(3, 4), pageToken="b")
    report, take = run()
    assert report.sources[0].said == "4 of 4, complete"
    assert take.numbers == [1, 2, 3, 4]
    assert tokens(stub) == [None, "b", None, "b"]


def test_list_that_never_stands_still(stub: Any, run: Fetch) -> None:
    stub.on(PATH, found(1, 2, total=4, next="b"))
    stub.on(PATH, found(2, 4), found(1, 3), pageToken="b")
    report, take = run()
    assert report.sources[0].said.startswith("3 of 4, incomplete: 1 records came on two pages")
    assert take.calls == []


def test_list_that_names_one_twice_is_as_it_is(stub: Any, run: Fetch) -> None:
    stub.on(PATH, found(1, 2, total=4, next="b"))
    stub.on(PATH, found(2, 4), pageToken="b")
    report, take = run()
    assert report.sources[0].said == "3 of 4, complete"
    assert take.numbers == [1, 2, 2, 4]


@pytest.mark.parametrize(
    ("script", "why", "asked"),
    [
        ([("b", found(3, next="b"))], "leads back", 2),
        ([("b", found(3, next="c")), ("c", found(4, next="b"))], "leads back", 3),
        ([("b", found(1, 2, total=9, next="b"))], "earlier page once more", 2),
        ([("b", found(next="c"))], "page 2 is empty", 2),
    ],
)
def test_circles_end(
    stub: Any, run: Fetch, script: list[tuple[str, Said]], why: str, asked: int
) -> None:
    stub.on(PATH, found(1, 2, total=9, next="b"))
    for token, said in script:
        stub.on(PATH, said, pageToken=token)
    report, take = run()
    assert why in report.sources[0].why
    assert (report.sources[0].outcome, take.calls) == ("incomplete", [])
    assert len(stub.asked) == asked


def test_circle_behind_all_that_was_promised_is_no_fault(stub: Any, run: Fetch) -> None:
    stub.on(PATH, found(1, 2, total=2, next="b"))
    stub.on(PATH, found(1, 2, total=2, next="b"), pageToken="b")
    report, take = run()
    assert report.sources[0].said == "2 of 2, complete"
    assert take.numbers == [1, 2]


def test_ever_new_records_end(stub: Any, run: Fetch) -> None:
    def more(asked: Asked) -> Said:
        page = int(asked.params.get("pageToken", "0"))
        numbers = range(page * 400, page * 400 + 400)
        return found(*numbers, total=3, next=str(page + 1))

    stub.on(PATH, more)
    report, take = run()
    assert report.sources[0].said == "1200 of 3, incomplete: it goes on after 1200 records"
    assert (len(stub.asked), take.calls) == (3, [])


def test_changed_form_says_what_is_missing(stub: Any, run: Fetch) -> None:
    for said, missing in [
        (Said(json={"trials": [], "totalCount": 0}), "`studies`"),
        (Said(json={"studies": []}), "`totalCount`"),
        (Said(json={"studies": [{"protocol": {}}], "totalCount": 1}), "`protocolSection`"),
        (Said(json={"studies": [], "totalCount": "many"}), "totalCount"),
        (Said(json=[]), "object"),
    ]:
        stub.on(PATH, said)
        report, take = run()
        assert missing in report.sources[0].why
        assert (report.sources[0].error, take.calls) == ("FetchFailed", [])


def test_query_is_never_part_of_the_address(stub: Any, run: Fetch) -> None:
    stub.on(PATH, found(total=0))
    query = "AREA[Phase]PHASE2 AND (moss OR lichen)&pageSize=1#/../%00 ü"
    run(query=query)
    asked = stub.asked[0]
    assert (asked.params["query.term"], asked.params["pageSize"]) == (query, "200")
    run(query="\tmoss\u00a0\nlichen ")
    assert stub.asked[1].params["query.term"] == "moss lichen"
    for bad in ("a\x00b", "\ud800", "x" * 9000, " "):
        with pytest.raises(FetchFailed):
            run(query=bad)


def test_unknown_source(run: Fetch) -> None:
    with pytest.raises(NotFound, match="ctgov, other"):
        run(sources=["ctgov", "ctgv"])


def test_one_that_fails_does_not_hinder_another(stub: Any, run: Fetch, environ: Any) -> None:
    stub.on("/b/studies", found(1, total=1))
    environ["TRIALWEAVE_URL_OTHER"] = f"{stub.base}/b"
    stub.on(PATH, Said(501, "no such thing"))
    report, take = run(sources=["ctgov", "other"])
    assert [source.outcome for source in report.sources] == ["failed", "complete"]
    assert take.numbers == [1]
    assert report.exit_code == FetchFailed.exit_code
    report, _ = run(Taker(refused=11), sources=["ctgov", "other"])
    assert report.exit_code == 19  # for different reasons


def test_fault_of_one_source_does_not_cost_the_others(stub: Any, run: Fetch) -> None:
    def strange(*_: Any) -> Page:
        raise KeyError("surprise")

    stub.on(PATH, found(1, total=1))
    apis = TWO | {"other": dataclasses.replace(TWO["other"], search=strange)}
    report, take = run(sources=["other", "ctgov"], apis=apis)
    assert take.numbers == [1]
    assert "KeyError" in report.sources[0].why


# -- numbers -------------------------------------------------------------------------------


def test_numbers_go_to_whom_they_concern(stub: Any, run: Fetch) -> None:
    stub.on("/studies/NCT00000007", Said(json=study(7)))
    report, take = run(identifiers=["nct 00000007", "NCT00000008", "ISRCTN00000009", "moss"])
    assert take.numbers == [7, 7]
    assert [source.not_found for source in report.sources] == [("NCT00000008",)] * 2
    assert [(one.identifier, one.why) for one in report.unanswered] == [
        ("ISRCTN00000009", "is a number of ISRCTN, which no source asked can be asked for"),
        ("moss", "is no number of a known kind"),
        ("NCT00000008", "is not found at any source asked"),
    ]
    assert report.exit_code == NotFound.exit_code
    assert [source.said for source in report.sources] == ["1 of 2, complete"] * 2


def test_obsolete_number_is_noted(stub: Any, run: Fetch) -> None:
    stub.on("/studies/NCT00000001", Said(301, headers={"Location": "/studies/NCT00000002"}))
    stub.on("/studies/NCT00000002", Said(json=study(2)))
    report, take = run(identifiers=["NCT00000001"], sources=["ctgov"])
    assert take.calls[0][0].origin == f"{stub.base}/studies/NCT00000002"
    assert take.calls[0][0].name == "NCT00000002.json"
    assert report.sources[0].notes == (
        "NCT00000001 is served under NCT00000002, which replaces it",
    )
    assert (report.exit_code, report.unanswered) == (0, ())


def test_number_that_is_refused_does_not_hinder_the_others(stub: Any, run: Fetch) -> None:
    stub.on("/studies/NCT00000001", Said(406, "not this one"))
    stub.on("/studies/NCT00000002", Said(json=study(2)))
    report, take = run(identifiers=["NCT00000001", "NCT00000002"], sources=["ctgov"])
    assert take.numbers == [2]
    (source,) = report.sources
    assert (source.outcome, source.came, source.promised) == ("incomplete", 1, 2)
    assert source.why.startswith("NCT00000001: ")
    assert (report.exit_code, report.unanswered) == (FetchFailed.exit_code, ())


def test_source_that_is_down_is_not_asked_for_every_number(stub: Any, run: Fetch) -> None:
    stub.on("/studies/NCT00000001", Said(501))
    asked = []

    def down(client: Client, scheme: str, value: str) -> Page:
        asked.append(value)
        raise FetchFailed("nobody is there.")

    apis = {"ctgov": dataclasses.replace(ctgov.API, record=down)}
    report, _ = run(identifiers=[f"NCT{n:08d}" for n in range(1, 50)], apis=apis)
    assert len(asked) == 2
    assert (report.sources[0].outcome, report.unanswered) == ("failed", ())


# -- around it -----------------------------------------------------------------------------


def test_progress_in_the_thread_of_the_caller(stub: Any, run: Fetch) -> None:
    three_pages(stub)
    told: list[tuple[int, int, str]] = []
    threads = set()

    def progress(done: int, total: int, name: str) -> None:
        told.append((done, total, name))
        threads.add(threading.current_thread())

    run(progress=progress)
    assert threads == {threading.main_thread()}
    assert told[-1] == (5, 5, "ClinicalTrials.gov")


def test_interrupted_while_asking(stub: Any, run: Fetch) -> None:
    stub.on(PATH, Said(json={}, delay=0.3))

    def progress(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(progress=progress)


def test_one_fetch_at_a_time(stub: Any, run: Fetch) -> None:
    stub.on(PATH, found(1, total=1))

    class Nested(Taker):
        def __call__(self, documents: Iterable[Received]) -> AddReport:
            with pytest.raises(WorkspaceError, match="another fetch"):
                run()
            return super().__call__(documents)

    assert run(Nested())[0].exit_code == 0


def test_setting_that_makes_no_sense_is_said(run: Fetch, environ: dict[str, str]) -> None:
    environ["TRIALWEAVE_URL_CTGOV"] = "somewhere"
    with pytest.raises(FetchFailed, match="TRIALWEAVE_URL_CTGOV"):
        run()


# -- what is followed ----------------------------------------------------------------------


def test_followed_and_repeated(
    stub: Any, run: Fetch, tmp_path: Path, time: Any, environ: Any
) -> None:
    root = tmp_path / "ws"
    stub.on(PATH, found(1, 2, total=2))
    stub.on("/b/studies", found(1, total=5))
    environ["TRIALWEAVE_URL_OTHER"] = f"{stub.base}/b"
    run(sources=["ctgov", "other"])
    run(query="  moss ")
    stub.on("/studies/NCT00000007", Said(json=study(7)))
    run(identifiers=["nct00000007"], sources=["ctgov"])
    moss, number = follows.followed(root)
    assert (moss.query, list(moss.sources), moss.sources["ctgov"].count) == ("moss", ["ctgov"], 2)
    assert (number.identifiers, list(number.sources)) == (("NCT00000007",), ["ctgov"])
    assert moss.last is not None

    time.clock.sleep(3600)
    stub.on(PATH, found(1, 2, 3, total=3))
    take = Taker()
    report = update(root, take=take, apis=TWO, clock=time.clock, environ=environ)
    assert take.numbers == [1, 2, 3, 7]
    assert [one.sources[0].said for one in report.fetches] == [
        "3 of 3, complete",
        "1 of 1, complete",
    ]
    assert (report.exit_code, report.added is not None) == (0, True)
    again = follows.followed(root)[0]
    assert again.sources["ctgov"].count == 3
    assert (again.last - moss.last).total_seconds() >= 3600

    assert follows.forget(root, 1).query == "moss"
    assert [one.identifiers for one in follows.followed(root)] == [("NCT00000007",)]
    for number_ in (0, 2, -1):
        with pytest.raises(NotFound):
            follows.forget(root, number_)


def test_nothing_is_forgotten_while_a_fetch_may_note_itself(
    tmp_path: Path, stub: Any, run: Fetch
) -> None:
    root = tmp_path / "ws"
    stub.on(PATH, found(1, total=1))

    def meanwhile(documents: Iterable[Received]) -> AddReport:
        with pytest.raises(WorkspaceError, match="another fetch"):
            forget(root, 1)
        return Taker()(documents)

    run()
    run(meanwhile, query="fern")
    assert [one.query for one in follows.followed(root)] == ["moss", "fern"]
    assert forget(root, 1).query == "moss"
    with pytest.raises(NotFound):
        forget(tmp_path / "none", 1)
    assert not (tmp_path / "none").exists()


def test_number_without_a_record_is_not_followed(stub: Any, run: Fetch, tmp_path: Path) -> None:
    run(identifiers=["NCT00000008"])
    assert follows.followed(tmp_path / "ws") == ()
    stub.on("/studies/NCT00000007", Said(json=study(7)))
    run(identifiers=["NCT00000007", "NCT00000008"])
    assert [one.identifiers for one in follows.followed(tmp_path / "ws")] == [("NCT00000007",)]


def test_article_number_is_followed_as_one(tmp_path: Path, stub: Any, time: Any) -> None:
    asked = []

    def record(client: Client, scheme: str, value: str) -> Page:
        asked.append((scheme, value))
        return Page("a.json", b"{}", "", 1)

    apis = {"pub": dataclasses.replace(ctgov.API, name="pub", schemes=("pmid",), record=record)}
    fetch(tmp_path, identifiers=["PMID: 12345678"], take=Taker(), apis=apis, clock=time.clock)
    update(tmp_path, take=Taker(), apis=apis, clock=time.clock)
    assert asked == [("pmid", "12345678")] * 2


@pytest.mark.parametrize("text", ["PMC1234567", "pmc1234567", " PMCID: PMC1234567"])
def test_number_of_a_full_text_is_asked_for(tmp_path: Path, text: str) -> None:
    asked = []

    def record(client: Client, scheme: str, value: str) -> None:
        asked.append((scheme, value))

    apis = {"text": dataclasses.replace(ctgov.API, name="text", schemes=("pmcid",), record=record)}
    fetch(tmp_path, identifiers=[text], take=Taker(), apis=apis)
    assert asked == [("pmcid", "PMC1234567")]


def test_nothing_followed(tmp_path: Path) -> None:
    report = update(tmp_path / "ws", take=Taker(), apis=TWO)
    assert (report.fetches, report.added, report.exit_code) == ((), None, 0)
    assert list(tmp_path.iterdir()) == []


def test_damaged_list_of_follows(tmp_path: Path) -> None:
    (tmp_path / "follows.json").write_text("[")
    with pytest.raises(WorkspaceError, match="damaged"):
        follows.followed(tmp_path)
