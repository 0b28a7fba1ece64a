"""Weaves the records of clinical trials into studies, re-computes what they report, pools it.

    import trialweave

    workspace = trialweave.open("my-review")
    print(workspace.add("saved-pages/*").studies)

Everything that can be done is a method of `Workspace`; what it answers are frozen objects, the
same that the command line prints with ``--json`` and the API serves. Errors are those of
`trialweave.errors`.
"""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialweave.publish.checking import FileCheck
    from trialweave.workspace import Workspace

__all__ = ["DEFAULT_WORKSPACE", "__version__", "check_text", "open"]

__version__ = version("trialweave")

DEFAULT_WORKSPACE = ".trialweave"
"""The folder that is used where none is named, inside the current one."""


def open(path: str | Path | None = None) -> Workspace:
    """Open a workspace: the folder named, else TRIALWEAVE_WORKSPACE, else ``.trialweave``.

    Nothing is created before the first document is added.
    """
    from trialweave.workspace import Workspace

    return Workspace(path or os.environ.get("TRIALWEAVE_WORKSPACE") or DEFAULT_WORKSPACE)


def check_text(text: str) -> FileCheck:
    """Read a text, such as an abstract, and compute again what it states; no workspace is needed.

    Any document that can be added is read as what it is, any other text as an article without a
    name. Spans count characters of `text`. Raises `errors.InputError` where it cannot be read.
    """
    from trialweave.workspace import check_text

    return check_text(text)
