"""An `add` in a process of its own, with the memory that it and its children hold."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

__all__ = ["whole_add"]

_ADD = """
import sys
from trialweave.workspace import Workspace
if __name__ == "__main__":
    print(f"{Workspace(sys.argv[1]).add(sys.argv[2:]).new:,}")
"""


def whole_add(workspace: Path, paths: Sequence[Path]) -> tuple[float, int, str]:
    """Seconds, bytes of memory at the peak, and what the command said of a whole `add`."""
    command = [sys.executable, "-c", _ADD, str(workspace), *map(str, paths)]
    started, peak = time.perf_counter(), 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            peak = max(peak, _resident(process.pid))
            time.sleep(0.02)
        said = process.stdout.read().strip() if process.stdout else ""
    return time.perf_counter() - started, peak, said if not process.returncode else "failed"


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
