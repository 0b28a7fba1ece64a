"""Writing that survives a crash, and failures of the disk as errors for people."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from trialweave.errors import WorkspaceError

__all__ = ["linked", "on_disk", "remove", "sync", "write"]

_NEXT = {
    errno.ENOSPC: "Free some disk space and run the command again; nothing was changed.",
    errno.EDQUOT: "The disk quota is used up; nothing was changed.",
    errno.EACCES: "Check the permissions of the workspace.",
    errno.EPERM: "Check the permissions of the workspace.",
    errno.EROFS: "The workspace lies on a read-only disk.",
}


@contextmanager
def on_disk(doing: str, path: Path) -> Iterator[None]:
    """Turn an `OSError` of the block into a `WorkspaceError` that says what was being done."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise WorkspaceError(
            f"cannot {doing}: {reason}.",
            where=str(path),
            next_step=_NEXT.get(error.errno or 0, ""),
        ) from error


def linked(source: str | Path, target: str | Path) -> None:
    """Make a file another name of one that is never changed."""
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copy2(source, target)


def sync(path: Path) -> None:
    """Make the content of a file, or the entries of a folder, survive a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write(path: Path, data: bytes, *, scratch: Path | None = None) -> None:
    """Give `path` the content `data`, whole or not at all.

    The bytes go to `scratch` first (default: beside it, ``<name>.tmp``), reach the disk, and are
    then renamed. The caller syncs the folder once its entries are complete.
    """
    scratch = scratch or path.with_name(path.name + ".tmp")
    try:
        with scratch.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, path)
    except OSError:
        with suppress(OSError):  # a full disk should not stay full for our sake
            os.unlink(scratch)
        raise


def remove(path: Path) -> None:
    """Delete a folder with all that is in it, or a file; nothing where there is neither."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
