"""The script for metafor: what it holds, and, where R is at hand, that both agree."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from trialweave.publish.metafor_script import metafor_script
from trialweave.synthesis import Chosen, Group, Question, Selection, Synthesis, pool

COUNTS = [(4, 40, 9, 41), (12, 100, 30, 98), (0, 25, 6, 24), (30, 210, 29, 190), (0, 20, 0, 22)]
MEANS = [(5.1, 2.0, 40, 6.0, 2.2, 41), (4.0, 1.0, 30, 5.5, 1.4, 28), (7.2, 3.0, 80, 7.0, 2.9, 79)]


def answer(**question: Any) -> Synthesis:
    measure = question.get("measure", "RR")
    pairs = [(Group("t", n1, a), Group("c", n2, c)) for a, n1, c, n2 in COUNTS]
    kind = "count"
    if measure in ("MD", "SMD", "ROM"):
        kind = "continuous"
        pairs = [
            (Group("t", n1, None, m1, s1), Group("c", n2, None, m2, s2))
            for m1, s1, n1, m2, s2, n2 in MEANS
        ]
    some = tuple(
        Chosen(
            f"id-{i}", f'Studie "{i}" \\ Å', 2030, "f", ("f",), "o", "", None, *pair,
            "randomised", "", False, (), (), (), "", kind=kind,
        )
        for i, pair in enumerate(pairs)
    )  # fmt: skip
    return pool(Question("mortality", **question), Selection(some, ()))


def test_the_script_is_ascii_and_holds_the_numbers() -> None:
    script = metafor_script(answer())
    code = [line for line in script.splitlines() if not line.startswith("#")]
    assert all(line.isascii() for line in code)
    assert "ai = c(4, 12, 0, 30)," in script
    assert '"Studie \\"0\\" \\\\ \\u00c5"' in script
    assert 'method = "REML", test = "knha"' in script
    view = answer()
    assert view.pooled is not None
    assert repr(view.pooled.estimate) in script


def test_a_question_cannot_leave_its_comment() -> None:
    view = answer()
    hostile = Question('x"\nsystem("true")\n#')
    script = metafor_script(
        Synthesis(
            **{name: getattr(view, name) for name in view.__struct_fields__} | {"question": hostile}
        )
    )
    assert not any(line.startswith("system") for line in script.splitlines())


CASES = [
    {},
    {"measure": "OR", "tau2": "DL", "interval": "Wald"},
    {"measure": "RD", "tau2": "PM"},
    {"interval": "HK-adhoc", "level": 0.9},
    {"model": "common"},
    {"model": "MH"},
    {"model": "MH", "measure": "RD"},
    {"model": "Peto", "measure": "OR"},
    {"zero_cells": "all"},
    {"zero_cells": "treatment-arm", "measure": "OR"},
    {"measure": "MD"},
    {"measure": "SMD"},
]


def test_metafor_gives_the_same(tmp_path: Path) -> None:
    r = shutil.which("Rscript")
    if r is None:
        pytest.skip("Rscript is not installed (Debian: r-base-core, r-cran-metafor)")
    script = tmp_path / "script.R"
    script.write_text("\n".join(metafor_script(answer(**asked)) for asked in CASES))
    command = [r, str(script)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    if "there is no package called" in done.stderr:
        pytest.skip("metafor is not installed (Debian: r-cran-metafor)")
    assert done.returncode == 0, done.stderr
    here, there = (
        [
            [float(x) for x in line.split()]
            for line in re.findall(rf"^{name}\s+(.*)$", done.stdout, re.MULTILINE)
        ]
        for name in ("here", "metafor")
    )
    assert len(here) == len(CASES)
    for asked, ours, theirs in zip(CASES, here, there, strict=True):
        assert theirs == pytest.approx(ours, rel=1e-6), asked
