"""Deciding in the browser and over the API: it does what the command does, for our pages alone.

Whatever comes from a page of another site, calls itself something else, is too long or malformed,
or reaches a server that only reads, changes nothing.
"""

from __future__ import annotations

import asyncio
import html
import json
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import uvicorn

from trialweave.errors import WorkspaceError
from trialweave.faces import cli, deciding, server, web_decide
from trialweave.store.generations import Generations
from trialweave.workspace import Workspace

ONE, TWO, THREE = "NCT09200001", "NCT09200002", "NCT09200003"
A, B = f"ctgov:{ONE}", f"ctgov:{TWO}"
HOST = "127.0.0.1:8765"
FORM = f"/decide?a={A}&b={B}&study={ONE}"
HERE = {"sec-fetch-site": "same-origin"}
SAID = {"verdict": "together", "because": "One protocol.", "by": "Ada", "role": "reviewer"}
ASKED = {"a": A, "b": B, "because": "One protocol.", "by": "Ada"}
SCRIPT = "<script>alert(1)</script>\"'&\x1b[31m\u202e</textarea>{{7*7}}"


class Browser:
    """Asks an application as a browser on this machine would, and follows nothing by itself."""

    def __init__(self, root: Path, *, allowed: bool = True, day: Any = None) -> None:
        held = Workspace(root)
        self.held = held if day is None else held.as_of(day)
        self.app = server.create_app(self.held, deciding=allowed)
        self.cookies = httpx.Cookies()

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """The answer to one request."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            base = f"http://{HOST}"
            async with httpx.AsyncClient(
                transport=transport, base_url=base, cookies=self.cookies
            ) as client:
                answer = await client.request(method, path, **more)
                self.cookies = client.cookies
                return answer

        return asyncio.run(send())

    def get(self, path: str) -> str:
        """A page."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, path
        return answer.text

    def post(self, path: str = FORM, headers: Any = HERE, **said: str) -> httpx.Response:
        """The answer to a form."""
        return self.ask("POST", path, data=SAID | said, headers=headers)

    @property
    def token(self) -> str:
        """What the forms of the server hold."""
        (token,) = set(re.findall(r'name="token" value="([^"]*)"', self.get(FORM)))
        return str(token)

    @property
    def decided(self) -> int:
        """How many decisions there are."""
        return len(Workspace(self.held.root).decisions().entries)


def _words(text: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", text).split()))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three invented registrations that have nothing to do with each other."""
    folder = tmp_path_factory.mktemp("made")
    records = [
        {
            "protocolSection": {
                "identificationModule": {"nctId": number, "briefTitle": f"Rye bread {number[-1]}"},
                "statusModule": {"lastUpdatePostDateStruct": {"date": "2030-05-01"}},
                "designModule": {"studyType": "INTERVENTIONAL"},
            }
        }
        for number in (ONE, TWO, THREE)
    ]
    (folder / "three.json").write_text(json.dumps({"studies": records}))
    assert Workspace(folder / "held").add(folder / "three.json").new == 3
    return folder / "held"


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return Path(shutil.copytree(made, tmp_path / "held"))


@pytest.fixture
def browser(root: Path) -> Browser:
    """A browser before a server that takes decisions."""
    return Browser(root)


def test_two_reviewers_and_an_adjudicator_decide_in_the_browser(browser: Browser) -> None:
    before = browser.ask("GET", "/api/v1/status").json()
    answer = browser.post()
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/study/{ONE}?decided=1#decided"
    page = browser.get(f"/study/{ONE}?decided=1")
    assert "Decision 1, by Ada . They stand in one study now." in _words(page)
    assert "woven from 2 records" in page
    assert 'name="by" value="Ada"' in page  # offered again
    after = browser.ask("GET", "/api/v1/status").json()
    assert (after["studies"], before["studies"]) == (2, 3)
    assert after["generation"] > before["generation"]
    assert browser.held.decisions().entries[0].because == "One protocol."

    answer = browser.post("/decide?" + f"a={A}&b={B}", verdict="apart", by="Bo", because="Two.")
    assert answer.headers["location"] == "/decisions?decided=2#decided"
    page = browser.get("/decisions?decided=2")
    assert "People differ about the two, so nothing is applied" in _words(page)
    assert "1 pair in dispute" in page
    dispute = page[page.index('id="disputes"') :]
    form = dispute[dispute.index('<form method="post"') : dispute.index("</form>")]
    assert "One protocol." in dispute.partition("<form")[0]
    assert not re.search(r'name="role" value="\w+" required checked', form)  # nobody by default
    assert "In dispute: adjudicate" in browser.get(f"/study/{ONE}")

    action = html.unescape(re.findall(r'action="([^"]*)"', form)[0])
    browser.post(action, verdict="apart", by="Cy", role="adjudicator", because="Two centres.")
    page = browser.get("/decisions?decided=3")
    assert "by Cy , adjudicating. They stand in two studies now." in _words(page)
    assert "in dispute" not in page.partition("<table")[0]
    for number, who, role in ((4, "Cy", "adjudicator"), (5, "Bo", "reviewer")):
        browser.post(verdict="withdrawn", by=who, role=role, because="To be discussed.")
        assert browser.decided == number
    assert "They stand in one study now." in _words(browser.get(f"/study/{TWO}?decided=1"))


def test_the_api_decides_as_the_command_does(browser: Browser, capfd: Any) -> None:
    answer = browser.ask("POST", "/api/v1/link", json=ASKED)  # as a program: no browser's headers
    assert answer.status_code == 200
    said = answer.json()
    assert (said["entry"]["verdict"], said["entry"]["role"]) == ("together", "reviewer")
    assert said["pair"]["joined"] is True
    answer = browser.ask("POST", "/api/v1/unlink", json=ASKED | {"by": "Cy", "adjudicator": True})
    assert answer.json()["pair"]["outcome"] == "apart"
    assert browser.ask("POST", "/api/v1/withdraw", json=ASKED).json()["entry"]["number"] == 3
    arguments = [A, B, "--because", "Two.", "--by", "Di", "--workspace", str(browser.held.root)]
    assert cli.run(["unlink", *arguments, "--json"]) == 0
    assert json.loads(capfd.readouterr().out).keys() == said.keys()


NOT_OURS: list[Any] = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "", "origin": f"http://{HOST}"},
    {"sec-fetch-site": "cross-site", "origin": f"http://{HOST}"},
    {"origin": "http://evil.example"},
    {"origin": "http://127.0.0.1:3000"},
    {"origin": "http://127.0.0.1"},
    {"origin": f"http://{HOST}.evil.example"},
    {"origin": f"ftp://{HOST}"},
    {"origin": "http://[::1"},
    {"origin": "file://"},
    [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
    [("origin", f"http://{HOST}"), ("origin", "http://evil.example")],
]
UNSAID: list[Any] = [{}, {"origin": "null"}, {"sec-fetch-site": "none"}]


@pytest.fixture(scope="module")
def untouched(made: Path) -> Browser:
    """A browser before a server whose workspace no test of refusals may change."""
    return Browser(made)


@pytest.mark.parametrize("headers", NOT_OURS)
def test_what_pages_of_other_sites_send_is_refused(untouched: Browser, headers: Any) -> None:
    answer = untouched.post(headers=headers, token=untouched.token)
    assert answer.status_code == 403
    answer = untouched.ask("POST", "/api/v1/link", json=ASKED, headers=headers)
    assert (answer.status_code, answer.json()["error"]["type"]) == (403, "NotFromHere")
    assert answer.headers["content-security-policy"] == server.HEADERS["content-security-policy"]
    assert "access-control-allow-origin" not in answer.headers
    assert untouched.decided == 0


@pytest.mark.parametrize("headers", UNSAID)
def test_where_the_browser_does_not_say_the_token_must(untouched: Browser, headers: Any) -> None:
    other = Browser(untouched.held.root).token
    assert other != untouched.token
    for token in ({}, {"token": ""}, {"token": other}, {"token": "é"}):
        assert untouched.post(headers=headers, **token).status_code == 403
    assert untouched.post(f"{FORM}&token={untouched.token}", headers=headers).status_code == 403
    assert untouched.decided == 0


def test_what_our_pages_send_is_taken(browser: Browser) -> None:
    assert browser.post(headers={"origin": f"http://{HOST}"}).status_code == 303
    for headers in UNSAID:  # a form sent again: taken, and one decision
        assert browser.post(headers=headers, token=browser.token).status_code == 303
    assert browser.decided == 1


def test_usual_ports_may_be_left_out() -> None:
    same = deciding._same
    assert same("http://review.example", "review.example:80")
    assert same("https://review.example:443", "review.example")
    assert same("http://[::1]:8765", "[::1]:8765")
    assert not same("http://review.example", "review.example:443")
    for host in ("127.0.0.1:80@evil.example", "evil.example/@127.0.0.1", "evil.example#", ""):
        assert not same("http://evil.example", host)


@pytest.mark.parametrize(
    ("path", "kind", "body", "status"),
    [
        (FORM, "application/json", json.dumps(SAID), 415),
        (FORM, "text/plain", "verdict=together&because=x&by=y&role=reviewer", 415),
        (FORM, "multipart/form-data; boundary=x", "--x--", 415),
        (FORM, None, "verdict=together", 415),
        (FORM, "application/x-www-form-urlencoded", "verdict=together&verdict=apart", 400),
        (FORM, "application/x-www-form-urlencoded", "&".join(f"a{n}=1" for n in range(50)), 400),
        (FORM, "application/x-www-form-urlencoded", "because=%ff&by=y", 400),
        (FORM, "application/x-www-form-urlencoded", "because=é", 400),
        (FORM, "application/x-www-form-urlencoded", "", 400),
        ("/decide?b=x", "application/x-www-form-urlencoded", "by=y", 422),
        ("/decide?a=x", "application/x-www-form-urlencoded", "by=y", 422),
        ("/api/v1/link", "application/x-www-form-urlencoded", "a=b", 415),
        ("/api/v1/link", "text/plain", json.dumps(ASKED), 415),
        ("/api/v1/link", None, json.dumps(ASKED), 415),
        ("/api/v1/link", "application/json", "", 400),
        ("/api/v1/link", "application/json", '{"a": "\\ud800"', 400),
        ("/api/v1/link", "application/json", b'{"a": "\xff"}', 400),
        ("/api/v1/link", "application/json", "[" * 50_000, 422),
        ("/api/v1/link", "application/json", "[]", 422),
        ("/api/v1/link", "application/json", json.dumps(ASKED | {"a": "x" * 501}), 422),
        ("/api/v1/link", "application/json", json.dumps(ASKED | {"a": ""}), 422),
        ("/api/v1/link", "application/json", json.dumps(ASKED | {"adjudicator": "yes"}), 422),
        ("/api/v1/link", "application/json", json.dumps(ASKED | {"verdict": "apart"}), 422),
        ("/api/v1/link", "application/json", json.dumps({"a": A, "b": B}), 422),
        ("/api/v1/link", "application/json", json.dumps(ASKED | {"by": "\u200b"}), 400),
        ("/api/v1/link", "application/json", json.dumps(ASKED | {"because": " \n"}), 400),
        ("/api/v1/link", "application/json", json.dumps(ASKED | {"b": ONE}), 400),
        ("/api/v1/link", "application/json", json.dumps(ASKED | {"b": "no:such"}), 404),
        ("/api/v1/link?as_of=2030-01-01", "application/json", json.dumps(ASKED), 400),
        (f"{FORM}&as_of=2030-06-01", "application/x-www-form-urlencoded", "by=y", 400),
        ("/api/v1/decisions", "application/json", json.dumps(ASKED), 405),
        (FORM, "application/x-www-form-urlencoded", "x=" + "y" * deciding.LONGEST, 413),
        ("/api/v1/link", "application/json", " " * (deciding.LONGEST + 1), 413),
    ],
)
def test_bodies_that_are_none_of_ours_change_nothing(
    untouched: Browser, path: str, kind: str | None, body: str | bytes, status: int
) -> None:
    headers = HERE | ({} if kind is None else {"content-type": kind})
    answer = untouched.ask("POST", path, content=body, headers=headers)
    assert answer.status_code == status
    if "/api/" in path:
        assert answer.json()["error"]["status"] == status
    else:
        assert re.search("<main|ContentTooLarge", answer.text)
    assert untouched.decided == 0


def test_a_body_that_does_not_say_its_length_is_read_only_so_far(untouched: Browser) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * deciding.LONGEST:
            sent += 4096
            yield b"x" * 4096

    for path, kind in (
        (FORM, "application/x-www-form-urlencoded"),
        ("/api/v1/link", "application/json"),
    ):
        sent = 0
        headers = HERE | {"content-type": kind}
        answer = untouched.ask("POST", path, content=endless(), headers=headers)
        assert answer.status_code == 413
        assert sent <= 2 * deciding.LONGEST


def test_other_methods_decide_nothing(untouched: Browser) -> None:
    asked = f"{FORM}&verdict=together&because=x&by=y&role=reviewer&token={untouched.token}"
    for method in ("GET", "HEAD"):
        assert untouched.ask(method, asked, headers=HERE).status_code == 200
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
        assert untouched.ask(method, asked, headers=HERE).status_code == 405
    assert untouched.ask("POST", FORM, headers=HERE | {"host": "evil.example"}).status_code == 400
    assert untouched.decided == 0


@pytest.mark.parametrize("day", [None, "2030-06-01"])
def test_where_nothing_can_be_decided_no_page_offers_it(made: Path, day: str | None) -> None:
    import datetime as dt

    only = Browser(made, allowed=day is not None, day=day and dt.date.fromisoformat(day))
    status = 403 if day is None else 400
    for path in (f"/study/{ONE}", "/decisions", "/synthesis?outcome=mortality"):
        assert "decide?" not in only.ask("GET", path).text
        assert 'method="post"' not in only.ask("GET", path).text
    assert only.post().status_code == only.ask("GET", FORM).status_code == status
    assert only.ask("POST", "/api/v1/link", json=ASKED).status_code == status
    assert only.decided == 0
    assert only.app.app.state.desk.holds("") is False  # type: ignore[attr-defined]


def test_a_page_of_a_day_says_that_nothing_can_be_decided_there(untouched: Browser) -> None:
    page = untouched.get(f"/study/{ONE}?as_of=2030-06-01")
    assert 'method="post"' not in page
    assert "On an earlier day nothing can be decided" in page
    answer = untouched.ask("GET", f"{FORM}&as_of=2030-06-01")
    assert answer.status_code == 400
    assert "nothing can be decided in the state of an earlier day." in answer.text
    assert "Back to today" in answer.text
    answer = untouched.post(as_of="2030-06-01")  # as a form of such a page would send it
    assert (answer.status_code, untouched.decided) == (400, 0)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"because": " \r\n "}, "the reason is missing."),
        ({"because": "x" * 2001}, "the reason has 2001 characters; 2000 are the most."),
        ({"by": ""}, "the name is missing."),
        ({"by": "x" * 101}, "the name has 101 characters"),
        ({"verdict": ""}, "nothing was chosen."),
        ({"verdict": "withdrawn"}, "has decided nothing about"),
        ({"role": "boss"}, "the role is missing."),
    ],
)
def test_what_cannot_be_taken_down_comes_back_as_it_was_typed(
    untouched: Browser, said: dict[str, str], why: str
) -> None:
    typed = {
        "because": "Zwei Worte.",
        "by": "Zoë",
        "role": "adjudicator",
        "verdict": "apart",
    } | said
    answer = untouched.post(**typed)
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers
    alert = answer.text[answer.text.index('role="alert"') :]
    assert why in _words(alert.partition("</div>")[0])
    form = answer.text[answer.text.index('<form method="post"') :]
    kept = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", form, re.DOTALL)
    assert kept is not None
    assert html.unescape(kept[1]).split() == typed["because"].split()
    assert f'name="by" value="{typed["by"]}"' in form
    for name in ("verdict", "role"):
        checked = re.findall(rf'name="{name}" value="(\w+)" required checked', form)
        assert checked == ([typed[name]] if typed[name] in form and typed[name] else [])
    assert untouched.decided == 0


def test_a_lock_that_is_held_is_said_and_what_was_typed_is_kept(browser: Browser) -> None:
    others = Generations(browser.held.root)
    browser.held._generations._wait = 0.05
    with others.begin():
        answer = browser.post(because="Typed with care.")
        assert answer.status_code == 503
        assert "another process is writing to this workspace." in answer.text
        assert "Typed with care.</textarea>" in answer.text
        assert browser.ask("POST", "/api/v1/link", json=ASKED).status_code == 503
    assert str(browser.held.root) not in answer.text
    assert browser.post(because="Typed with care.").status_code == 303


def test_a_list_that_was_tampered_with_takes_no_decision(browser: Browser) -> None:
    browser.post()
    path = browser.held.root / "decisions.jsonl"
    path.write_bytes(path.read_bytes().replace(b"Ada", b"Eve"))
    answer = browser.post(because="Another.")
    assert (answer.status_code, "Another.</textarea>" in answer.text) == (503, True)
    assert browser.ask("GET", f"/study/{ONE}?decided=1").status_code == 200  # shown as it is


def test_decisions_are_taken_down_one_at_a_time(browser: Browser, monkeypatch: Any) -> None:
    async def both() -> list[int]:
        transport = httpx.ASGITransport(app=browser.app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
            asked = [
                client.post("/api/v1/link", json=ASKED | {"by": who}) for who in ("Ada", "Bo", "Cy")
            ]
            return [answer.status_code for answer in await asyncio.gather(*asked)]

    browser.held._generations._wait = 0.0  # who did not wait for a turn would be refused
    assert asyncio.run(both()) == [200, 200, 200]
    assert browser.decided == 3

    async def waits() -> None:
        desk = deciding.Desk(True)
        async with desk.turn():
            with pytest.raises(WorkspaceError, match="still being applied"):
                async with desk.turn():
                    pass
        async with desk.turn():
            pass

    monkeypatch.setattr(deciding, "_WAIT", 0.01)
    asyncio.run(waits())


def test_a_form_sent_twice_is_one_decision(browser: Browser) -> None:
    places = [browser.post().headers["location"] for _ in range(2)]
    assert places == [f"/study/{ONE}?decided=1#decided"] * 2
    (last,) = browser.held.decisions().entries
    asked = deciding.DecisionAsked(B, A, " One \n protocol.", "Ada")
    assert web_decide._same(last, "link", asked)
    for name, value in (("a", ONE), ("because", "Else."), ("by", "Bo"), ("adjudicator", True)):
        changed = msgspec.structs.replace(asked, **{name: value})
        assert not web_decide._same(last, "link", changed)
    assert not web_decide._same(last, "unlink", asked)
    earlier = msgspec.structs.replace(last, at=last.at - web_decide._TWICE)
    assert not web_decide._same(earlier, "link", asked)


def test_hostile_words_are_shown_and_never_obeyed(browser: Browser) -> None:
    said = {"because": SCRIPT, "by": f"Eve {SCRIPT}"}
    pages = [browser.post(**said, verdict="x").text]
    answer = browser.post(**said)
    assert answer.status_code == 303
    pages += [browser.get(f"/study/{ONE}?decided=1"), browser.get("/decisions?decided=1")]
    pages += [browser.get(FORM), browser.ask("GET", "/decide?a=%3Cscript%3E&b=%1b%0d%0a").text]
    for page in pages:
        assert "<script" not in page
        assert page.count("</textarea>") == page.count("<textarea")
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", page)
    assert browser.held.decisions().entries[0].who.startswith("Eve <script>")


def test_nobody_is_led_away_afterwards(untouched: Browser) -> None:
    elsewhere = ("//evil.example", "https://evil.example", "x\r\nSet-Cookie: a=b", "../..", "")
    for study in elsewhere:
        leads_to = web_decide._leads_to(untouched.held, study, 7)
        assert leads_to == "/decisions?decided=7#decided"
    assert web_decide._leads_to(untouched.held, A, 7) == f"/study/{A}?decided=7#decided"


def test_a_name_of_any_script_is_offered_again(browser: Browser) -> None:
    (cookie,) = browser.post(by="زهرا; Path=/x").headers.get_list("set-cookie")
    assert cookie.endswith("; HttpOnly; Path=/; SameSite=strict")
    assert cookie.isascii()
    assert 'name="by" value="زهرا; Path=/x"' in browser.get(FORM)
    browser.cookies.set("trialweave-reviewer", "%ff%00%0a" + "x" * 5000, domain="127.0.0.1")
    assert browser.ask("GET", FORM).status_code == 200


@pytest.mark.parametrize(
    ("options", "may"),
    [
        ([], True),
        (["--host", "localhost"], True),
        (["--host", "::1"], True),
        (["--read-only"], False),
        (["--host", "0.0.0.0"], False),
        (["--allow-host", "review.example"], False),
        (["--allow-host", "review.example", "--allow-decisions"], True),
        (["--host", "0.0.0.0", "--allow-decisions"], True),
        (["--as-of", "2030-06-01"], False),
    ],
)
def test_by_default_only_this_machine_decides(
    made: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any, options: list[str], may: bool
) -> None:
    served = []
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: served.append(self.config.app))
    call = ["serve", "--port", "0", "--workspace", str(made), "--json", *options]
    code = cli.run(call)
    said = json.loads(capfd.readouterr().out)
    if code == 17 and "::1" in options:
        pytest.skip("no IPv6 on this machine")
    assert said["deciding"] is may
    (guard,) = served
    assert guard.app.state.desk.allowed is may


def test_a_day_and_decisions_do_not_go_together(made: Path, capfd: Any) -> None:
    call = ["serve", "--as-of", "2030-06-01", "--allow-decisions", "--workspace", str(made)]
    assert cli.run(call) == 2
    assert "nothing can be decided --as-of" in capfd.readouterr().err
