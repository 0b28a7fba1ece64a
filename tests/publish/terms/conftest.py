"""One invented workspace for all tests of term pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from trialweave.terms import shipped
from trialweave.workspace import Workspace

from .invented import workspace


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Six trials and five vocabularies; none that ship."""
    folder = tmp_path_factory.mktemp("terms")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shipped, "FOLDER", folder / "none")
        yield workspace(folder)
