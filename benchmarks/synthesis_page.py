"""The page of a synthesis over a made workspace: how long an answer takes, and a tick in a browser.

Beside the time on the clock stands that of the processor, which other work on the machine does not
lengthen; a browser's own is not in it.

Invented records with posted deaths are taken into a workspace in a temporary folder, which is then
served to this machine. Run as ``python benchmarks/synthesis_page.py [STUDIES]``; the browser is
Chromium, and is left out where there is none.
"""

from __future__ import annotations

import random
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import msgspec
import uvicorn

from trialweave.faces.server import create_app
from trialweave.workspace import Workspace

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "faces"))
from browser import Browser

TICKS = 10
_TICK = """new Promise(done => {
  const box = document.querySelectorAll('.studies input[name=without]')[%d];
  box.scrollIntoView({block: 'center', behavior: 'instant'});
  const old = document.getElementById('found'), start = performance.now();
  new MutationObserver((_, seen) => {
    if (document.getElementById('found') === old) return;
    seen.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
  }).observe(document.querySelector('main'), {childList: true, subtree: true});
  box.click();
})"""


def record(index: int, draw: random.Random) -> dict[str, Any]:
    """One invented trial of two groups with its deaths, as ClinicalTrials.gov posts them."""
    sizes = [draw.randint(20, 150), draw.randint(20, 150)]
    deaths = [draw.randint(1, max(2, size // 4)) for size in sizes]
    names = ("Mesenchymal stromal cells", "Placebo")
    groups = [{"id": f"OG00{i}", "title": name} for i, name in enumerate(names)]

    def each(values: list[int]) -> list[dict[str, str]]:
        return [{"groupId": f"OG00{i}", "value": str(value)} for i, value in enumerate(values)]

    return {
        "protocolSection": {
            "identificationModule": {
                "nctId": f"NCT0{7_000_000 + index}",
                "acronym": f"MADE-{index}",
                "briefTitle": f"Cells against placebo in an invented fever, centre {index}",
            },
            "statusModule": {"startDateStruct": {"date": f"{2000 + index % 24}-03"}},
            "designModule": {
                "studyType": "INTERVENTIONAL",
                "designInfo": {"allocation": "RANDOMIZED"},
                "enrollmentInfo": {"count": sum(sizes), "type": "ACTUAL"},
            },
        },
        "resultsSection": {
            "outcomeMeasuresModule": {
                "outcomeMeasures": [
                    {
                        "type": "PRIMARY",
                        "title": "All-cause mortality",
                        "timeFrame": "28 days",
                        "paramType": "COUNT_OF_PARTICIPANTS",
                        "unitOfMeasure": "Participants",
                        "groups": groups,
                        "denoms": [{"units": "Participants", "counts": each(sizes)}],
                        "classes": [{"categories": [{"measurements": each(deaths)}]}],
                    }
                ]
            }
        },
        "hasResults": True,
    }


def main(studies: int = 100) -> None:
    """Print milliseconds: median and the slowest of several."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made"
        made.mkdir()
        draw = random.Random(20260101)
        for index in range(studies):
            (made / f"{index}.json").write_bytes(msgspec.json.encode(record(index, draw)))
        workspace = Workspace(Path(folder) / "woven")
        workspace.add([made])
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app(workspace), log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/synthesis?outcome=mortality"
        try:
            told("pooling alone", [timed(lambda: workspace.pool().k) for _ in range(TICKS)])
            urllib.request.urlopen(address).read()
            told("answer of the server", [timed(lambda: fetched(address)) for _ in range(TICKS)])
            if program := shutil.which("chromium"):
                browser = Browser(program, Path(folder) / "profile")
                browser.open(address)
                time.sleep(3)  # the first figure is drawn
                ticked = [tick(browser, at) for at in range(20, 20 + TICKS)]
                told("tick to answer in Chromium", ticked)
                browser.close()
        finally:
            server.should_exit = True
            thread.join(20)


def fetched(address: str) -> int:
    with urllib.request.urlopen(address) as answer:
        return len(answer.read())


def timed(work: Any) -> tuple[float, float]:
    """Milliseconds on the clock and of the processor."""
    start, used = time.perf_counter(), time.process_time()
    work()
    return 1000 * (time.perf_counter() - start), 1000 * (time.process_time() - used)


def tick(browser: Browser, at: int) -> tuple[float, float]:
    """The same from the tick until the answer is painted."""
    used = time.process_time()
    found = float(browser.run(_TICK % at))
    used = 1000 * (time.process_time() - used)
    time.sleep(2)  # the figure is drawn
    return found, used


def told(name: str, times: list[tuple[float, float]]) -> None:
    """One line: medians, and the slowest."""
    clock, used = zip(*times, strict=True)
    print(
        f"{name:<28}{statistics.median(clock):7.0f} ms, slowest {max(clock):5.0f} ms;"
        f" of the processor {statistics.median(used):5.0f} ms"
    )


if __name__ == "__main__":
    main(*(int(text) for text in sys.argv[1:2]))
