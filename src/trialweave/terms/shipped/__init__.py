"""Vocabularies that ship with the package: ``NAME/VERSION``, in the form of a workspace's shelf.

None of them is licensed to users alone. They are made by ``scripts/vocabularies`` and never changed
here; what was taken from whom, and under which terms of use, stands in each manifest and in NOTICE.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["FOLDER"]

FOLDER: Final = Path(__file__).parent
"""Where they lie."""
