"""What can be derived again at any time, kept in a workspace to save the time: ``derived/``.

Losing it loses nothing. Each kind has one file, named after what it was derived from; a further one
takes the place of the one before.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from trialweave.store._files import remove, write

__all__ = ["FOLDER", "kept"]

FOLDER: Final = "derived"
_MARK: Final = b"trialweave derived 1\n"


def kept(root: Path, kind: str, key: str, make: Callable[[], bytes]) -> bytes:
    """The bytes that `make` gives for this key, from the disk where they are there whole.

    Where the workspace cannot be written to, they are made each time.
    """
    path = root / FOLDER / f"{kind}-{key}"
    with suppress(OSError):
        data = path.read_bytes()
        if data.startswith(_MARK):
            return data[len(_MARK) :]
    made = make()
    with suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        write(path, _MARK + made, scratch=path.with_name(f".{path.name}-{os.getpid()}"))
        for other in path.parent.glob(f"{kind}-*"):
            if other != path:
                remove(other)
    return made
