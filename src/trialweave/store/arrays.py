"""Arrays of numbers in a file of a generation."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trialweave.store._columns import damaged
from trialweave.store._files import on_disk

__all__ = ["load_arrays", "save_arrays"]


def save_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays by name, as NumPy's ``.npz``. Raises WorkspaceError where the disk refuses."""
    with on_disk("write the arrays", path), path.open("wb") as file:
        np.savez(file, allow_pickle=False, **dict(arrays))


def load_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read all arrays of a file. Raises WorkspaceError where it is damaged or absent."""
    with on_disk("read the arrays", path):
        try:
            with np.load(path, allow_pickle=False) as held:
                return {name: held[name] for name in held.files}
        except (ValueError, EOFError, zipfile.BadZipFile) as error:
            raise damaged(path) from error
