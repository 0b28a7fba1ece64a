"""Ways to pack documents, and to take them out of what was packed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import zstandard

from trialweave.errors import InputError
from trialweave.intake import LIMITS, Limits, documents
from trialweave.model import Received

Members = Iterable[tuple[str, bytes]]
Pack = Callable[[Members], bytes]
Given = list[Received | InputError]
Take = Callable[..., Given]


def zipped(members: Members, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as book:
        for name, data in members:
            book.writestr(name, data)
    return out.getvalue()


def tarred(members: Members, form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as book:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            book.addfile(info, io.BytesIO(data))
    return out.getvalue()


SINGLE: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}
SEVERAL: dict[str, Pack] = {
    "zip": zipped,
    "stored zip": lambda members: zipped(members, zipfile.ZIP_STORED),
    "tar": tarred,
    "GNU tar": lambda members: tarred(members, tarfile.GNU_FORMAT),
    "tar.gz": lambda members: SINGLE["gz"](tarred(members)),
    "tar.zst": lambda members: SINGLE["zst"](tarred(members)),
    "tar.bz2": lambda members: SINGLE["bz2"](tarred(members)),
    "tar.xz": lambda members: SINGLE["xz"](tarred(members)),
}


@pytest.fixture(scope="session")
def several() -> dict[str, Pack]:
    """Packers of several documents."""
    return SEVERAL


@pytest.fixture(scope="session")
def single() -> dict[str, Callable[[bytes], bytes]]:
    """Packers of one."""
    return SINGLE


@pytest.fixture(scope="session")
def take(tmp_path_factory: pytest.TempPathFactory) -> Take:
    """The documents in a file of these bytes."""
    folder = tmp_path_factory.mktemp("taken")

    def take(data: bytes, limits: Limits = LIMITS, name: str = "pack") -> Given:
        file = Path(folder, name)
        file.write_bytes(data)
        return list(documents(file, limits=limits))

    return take
