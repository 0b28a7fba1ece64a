"""An `add` in a process of its own, with the memory that it and its children hold."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

__all__ = ["Added", "whole_add"]

_ADD = """
import sys
from trialweave.workspace import Workspace
if __name__ == "__main__":
    print(f"{Workspace(sys.argv[1]).add(sys.argv[2:]).new:,}")
"""


class Added(NamedTuple):
    """Seconds on the clock and of the processor, bytes of memory at the peak, and what the command
    said, or "failed"."""

    seconds: float
    worked: float
    peak: int
    said: str


def whole_add(workspace: Path, paths: Sequence[Path]) -> Added:
    """Add files to a workspace in a process of its own."""
    command = [sys.executable, "-c", _ADD, str(workspace), *map(str, paths)]
    started, before, peak = time.perf_counter(), _processor(), 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            peak = max(peak, _resident(process.pid))
            time.sleep(0.02)
        said = process.stdout.read().strip() if process.stdout else ""
    took, worked = time.perf_counter() - started, _processor() - before
    return Added(took, worked, peak, said if not process.returncode else "failed")


def _processor() -> float:
    """Seconds of processor time that ended children took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _resident(pid: int) -> int:
    """Bytes that a process and its children hold; pages that they share count for each."""
    total = 0
    try:
        status = Path(f"/proc/{pid}/statm").read_text().split()
        total = int(status[1]) * os.sysconf("SC_PAGE_SIZE")
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, IndexError):  # it has just ended, or this is not Linux
        return total
    return total + sum(_resident(int(child)) for child in children)
