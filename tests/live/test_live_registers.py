"""EU Clinical Trials Register and ISRCTN, live."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from trialweave.errors import FetchFailed
from trialweave.live import euctr, isrctn

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "europe"


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

# -- EU Clinical Trials Register -----------------------------------------------------------

PREFACE = "This file contains full details on each clinical trial selected for download.\n\n"


def form(number: str) -> str:
    """The two countries' records of a trial."""
    text = (FIXTURES / "euctr.txt").read_text("utf-8").partition("\n\n")[2]
    return text.replace("2031-012345-67", number)


def found(total: str) -> tuple[int, bytes]:
    """The page of a search, as far as it matters."""
    return reply(
        "<html><title>Clinical Trials register</title><div>displays 44,334 clinical trials"
        f"</div><ul><li><a>Trials with a EudraCT protocol ({total})</a></li></ul>"
        f"<div class='outcome'><b>{total}</b> result(s) found for: moss.</div></html>"
    )


class Eudract:
    """Twenty trials a page; behind the last there is only the preface."""

    def __init__(self, held: int, promised: str = "") -> None:
        self.numbers = [f"2031-0{n:05}-{n % 97:02}" for n in range(held)]
        self.promised = promised or f"{held:,}"

    def __call__(self, asked: Any) -> tuple[int, bytes]:
        if asked.path == "/search":
            return found(self.promised)
        assert asked.path == "/rest/download/full"
        assert asked.params["mode"] == "current_page"
        start = (int(asked.params["page"]) - 1) * 20
        return reply(PREFACE + "\n".join(map(form, self.numbers[start : start + 20])))


def test_euctr_pages_count_trials_though_each_country_has_a_record() -> None:
    register = Eudract(23)
    client = asking.Scripted(euctr.API, register)
    pages = asking.pages(euctr.API, client, "moss AND fever")
    assert [(page.count, page.total) for page in pages] == [(20, 23), (3, 23)]
    drafts = [draft for page in pages for draft in asking.read(page, "euctr")]
    assert len(drafts) == 46
    assert {draft.identifier[:14] for draft in drafts} == set(register.numbers)
    assert [asked.path for asked in client.asked].count("/search") == 1
    assert {asked.params["query"] for asked in client.asked} == {"moss AND fever"}


def test_euctr_nothing_found_is_complete() -> None:
    client = asking.Scripted(euctr.API, Eudract(0))
    page = euctr.search(client, "moss", "")
    assert (page.count, page.total, page.next, page.data) == (0, 0, "", b"")
    assert len(client.asked) == 1


@pytest.mark.parametrize(
    ("page", "total"),
    [
        ("Trials with a EudraCT protocol (1,234)", 1234),
        ("Trials with a EudraCT protocol (7) … 9 result(s) found", 7),
        ("<b>1.234</b> result(s) found for: moss", 1234),
        ("<p>12\u00a0result(s) found</p>", 12),
    ],
)
def test_euctr_totals(page: str, total: int) -> None:
    def said(asked: Any) -> tuple[int, bytes]:
        return reply(page) if asked.path == "/search" else reply(PREFACE + form("2031-000001-02"))

    assert euctr.search(asking.Scripted(euctr.API, said), "moss", "").total == total


def test_euctr_ends_where_the_register_gives_no_more_than_it_has() -> None:
    """The promise of 60 stands against the 40 that came; nothing goes round in circles."""
    pages = asking.pages(euctr.API, asking.Scripted(euctr.API, Eudract(40, "60")), "moss")
    assert [page.count for page in pages] == [20, 20, 0]
    assert pages[-1].data == b""
    assert {page.total for page in pages} == {60}


@pytest.mark.parametrize(
    ("search", "download", "missing"),
    [
        (reply("<html>Maintenance</html>"), reply(""), "how many trials match"),
        (found("3"), asking.HTML, "no record that begins with Summary"),
        (found("3"), reply(""), "no record"),
        (found("3"), reply(PREFACE + "Synopsis\nEudraCT: 2031-000001-02"), "no record"),
    ],
)
def test_euctr_of_another_form_is_refused(
    search: tuple[int, bytes], download: tuple[int, bytes], missing: str
) -> None:
    client = asking.Scripted(euctr.API, lambda a: search if a.path == "/search" else download)
    with pytest.raises(FetchFailed, match=missing):
        euctr.search(client, "moss", "")


def test_euctr_html_on_a_later_page_is_refused() -> None:
    client = asking.Scripted(euctr.API, lambda _: asking.HTML)
    with pytest.raises(FetchFailed, match="no record"):
        euctr.search(client, "moss", '{"page": 2, "total": 40}')


def test_euctr_one_trial_in_all_its_countries() -> None:
    client = asking.Scripted(euctr.API, Eudract(1))
    page = euctr.record(client, "eudract", "2031-000000-00")
    assert page is not None
    assert {asked.params["query"] for asked in client.asked} == {"eudract_number:2031-000000-00"}
    assert [draft.identifier for draft in asking.read(page, "euctr")] == [
        "2031-000000-00-DE",
        "2031-000000-00-GB",
    ]
    assert euctr.record(asking.Scripted(euctr.API, Eudract(0)), "eudract", "2031-000000-00") is None
    with pytest.raises(FetchFailed, match="not 2031-000009-09"):
        euctr.record(client, "eudract", "2031-000009-09")


@pytest.mark.shared
def test_euctr_real_download_counts_its_trials(shared: Path) -> None:
    path = shared / "data" / "registries" / "euctr" / "euctr_full_text_10_records.txt"

    def said(asked: Any) -> tuple[int, bytes]:
        return found("2") if asked.path == "/search" else reply(path.read_bytes())

    page = euctr.search(asking.Scripted(euctr.API, said), "moss", "")
    assert (page.count, page.total, page.next) == (2, 2, "")
    assert len(asking.read(page, "euctr")) == 10


# -- ISRCTN --------------------------------------------------------------------------------

ISRCTN = (FIXTURES / "isrctn.xml").read_text("utf-8")
TRIALS = re.findall(r"<fullTrial>.*?</fullTrial>", ISRCTN, re.DOTALL)
NAMESPACE = 'xmlns="http://www.67bricks.com/isrctn"'


def trial(number: str) -> str:
    return TRIALS[0].replace("12345674", number)


class Isrctn:
    def __init__(self, held: int, promised: int | None = None) -> None:
        self.numbers = [f"{n:08}" for n in range(held)]
        self.promised = held if promised is None else promised

    def __call__(self, asked: Any) -> tuple[int, bytes]:
        assert asked.path == "/query/format/default"
        start, size = int(asked.params["offset"]), int(asked.params["limit"])
        inside = "".join(map(trial, self.numbers[start : start + size]))
        head = f'<allTrials {NAMESPACE} totalCount="{self.promised}">'
        return reply(f'<?xml version="1.0" encoding="UTF-8"?>{head}{inside}</allTrials>')


def test_isrctn_pages_which_our_reader_takes() -> None:
    client = asking.Scripted(isrctn.API, Isrctn(120))
    pages = asking.pages(isrctn.API, client, 'moss AND phase:"Phase II"')
    assert [(page.count, page.total) for page in pages] == [(100, 120), (20, 120)]
    numbers = [draft.identifier for page in pages for draft in asking.read(page, "isrctn")]
    assert numbers == [f"ISRCTN{n:08}" for n in range(120)]
    assert [asked.params["offset"] for asked in client.asked] == ["0", "100"]
    assert client.asked[0].params["q"] == 'moss AND phase:"Phase II"'


def test_isrctn_nothing_found_is_complete() -> None:
    page = isrctn.search(asking.Scripted(isrctn.API, Isrctn(0)), "moss", "")
    assert (page.count, page.total, page.next, page.data) == (0, 0, "", b"")


def test_isrctn_ends_where_the_register_gives_no_more() -> None:
    pages = asking.pages(isrctn.API, asking.Scripted(isrctn.API, Isrctn(100, 130)), "moss")
    assert [(page.count, page.total) for page in pages] == [(100, 130), (0, 130)]


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (asking.HTML, "<html> stands in the place of <allTrials>"),
        (reply(f"<allTrials {NAMESPACE}>{TRIALS[0]}</allTrials>"), "no totalCount"),
        (reply(f'<allTrials {NAMESPACE} totalCount="²"/>'), "no totalCount"),
        (reply(f'<allTrials {NAMESPACE} totalCount="9"><record/></allTrials>'), "no <fullTrial>"),
        (reply(f'<allTrials {NAMESPACE} totalCount="9">{TRIALS[0]}'), "no whole XML"),
        (reply('<!DOCTYPE a [<!ENTITY b "c">]><allTrials totalCount="1"/>'), "entities"),
        (reply("<a>" * 5_000), "deep"),
        (reply('<?xml version="1.0" encoding="x-unheard-of"?><a/>'), "XML"),
        (reply(b""), "no whole XML"),
    ],
)
def test_isrctn_of_another_form_is_refused(answer: tuple[int, bytes], missing: str) -> None:
    with pytest.raises(FetchFailed, match=re.escape(missing)):
        isrctn.search(asking.Scripted(isrctn.API, lambda _: answer), "moss", "")


def test_isrctn_one_trial() -> None:
    told = reply(trial("00000007").replace("<fullTrial>", f"<fullTrial {NAMESPACE}>"))
    client = asking.Scripted(isrctn.API, lambda _: told)
    page = isrctn.record(client, "isrctn", "isrctn 00000007")
    assert page is not None
    assert client.asked[0].path == "/trial/ISRCTN00000007/format/default"
    assert [draft.identifier for draft in asking.read(page, "isrctn")] == ["ISRCTN00000007"]
    with pytest.raises(FetchFailed, match="not ISRCTN00000008"):
        isrctn.record(client, "isrctn", "ISRCTN00000008")
    for nothing in (asking.MISSING, reply(f'<allTrials {NAMESPACE} totalCount="0"/>')):
        client = asking.Scripted(isrctn.API, lambda _, nothing=nothing: nothing)
        assert isrctn.record(client, "isrctn", "ISRCTN00000007") is None


@pytest.mark.parametrize("value", ["../7", "ISRCTN0000000", "ISRCTN00000007/../x", "NCT00000102"])
def test_what_is_no_number_of_the_register_is_not_asked_for(value: str) -> None:
    for api, scheme in ((isrctn.API, "isrctn"), (euctr.API, "eudract"), (isrctn.API, "nct")):
        client = asking.Scripted(api, lambda _: asking.MISSING)
        with pytest.raises(FetchFailed, match="no identifier"):
            api.record(client, scheme, value)
        assert client.asked == []
