"""Archives that deceive or would cost far more than their size: refused whole, with the reason."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
import zstandard

from trialweave.errors import Hostile, InputError, TooLarge, Unreadable
from trialweave.intake import LIMITS
from trialweave.model import Received

Pack = Callable[[Iterable[tuple[str, bytes]]], bytes]
Take = Callable[..., list[Received | InputError]]
GOOD = ("good.xml", b"<good/>")


def refused(given: list[Received | InputError]) -> InputError:
    """The one error that stands for the whole archive."""
    assert len(given) == 1
    assert isinstance(given[0], InputError)
    assert "pack" in given[0].where
    return given[0]


NAMES = {
    "../up.xml": "leads out of the archive",
    "a/../../up.xml": "leads out of the archive",
    "/etc/up.xml": "absolute path",
    "C:up.xml": "absolute path",
    "a\\up.xml": "backslash",
    "a\n\x1b[2Jup.xml": "control characters",
    "__MACOSX/../../up.xml": "leads out of the archive",
}


@pytest.mark.parametrize("kind", ["zip", "tar", "GNU tar", "tar.zst"])
@pytest.mark.parametrize("name", NAMES)
def test_names_that_lead_elsewhere(
    several: dict[str, Pack], take: Take, kind: str, name: str
) -> None:
    """Also behind a good member, which is not given either; the message is safe to print."""
    error = refused(take(several[kind]([GOOD, (name, b"<x/>")])))
    assert isinstance(error, Hostile)
    assert NAMES[name] in str(error)
    assert "up.xml" in str(error)
    assert str(error).isprintable()


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
@pytest.mark.parametrize("second", ["a/x.xml", "./a//x.xml"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name(
    several: dict[str, Pack], take: Take, kind: str, second: str
) -> None:
    """Which of them other programs show is anybody's guess."""
    error = refused(take(several[kind]([("a/x.xml", b"<x/>"), (second, b"<y/>")])))
    assert isinstance(error, Hostile)
    assert "twice" in str(error)


def zip_of(change: Callable[[zipfile.ZipInfo], None], data: bytes = b"<x/>") -> bytes:
    """A ZIP whose second member was changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(*GOOD)
        info = zipfile.ZipInfo("odd.xml")
        change(info)
        book.writestr(info, data)
    return out.getvalue()


def entry(data: bytes, field: int, form: str, value: int) -> bytes:
    """Change a field of the last entry of a ZIP's directory."""
    at = data.rindex(b"PK\x01\x02") + field
    return data[:at] + struct.pack(form, value) + data[at + struct.calcsize(form) :]


def end(data: bytes, field: int, form: str, value: int) -> bytes:
    """Change a field of a ZIP's end record."""
    at = data.rindex(b"PK\x05\x06") + field
    return data[:at] + struct.pack(form, value) + data[at + struct.calcsize(form) :]


def nul_in_name() -> bytes:
    return zip_of(lambda info: None).replace(b"odd.xml", b"odd\0xml")


def two_ends() -> bytes:
    """ZIP64 records that call for a directory of their own."""
    plain = zip_of(lambda info: None)
    at = plain.rindex(b"PK\x05\x06")
    length, start = struct.unpack("<LL", plain[at + 12 : at + 20])
    wide = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, length, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    return plain[:at] + wide + locator + plain[at:]


def overlapping() -> bytes:
    """Both entries of the directory mean the same content."""
    data = zip_of(lambda info: None)
    return entry(data.replace(b"good.xml", b"odd.xml2"), 42, "<L", 0)


plain = zip_of(lambda info: None)
ZIPS = {
    "symbolic link": (
        zip_of(lambda info: setattr(info, "external_attr", 0o120777 << 16)),
        Hostile,
        "odd.xml” is a symbolic link",
    ),
    "device": (
        zip_of(lambda info: setattr(info, "external_attr", 0o060666 << 16)),
        Hostile,
        "odd.xml” is no regular file",
    ),
    "NUL in a name": (nul_in_name(), Hostile, "control characters"),
    "encrypted": (entry(plain, 8, "<H", 1), Unreadable, "odd.xml” is encrypted"),
    "unknown method": (entry(plain, 10, "<H", 14), Unreadable, "LZMA"),
    "overlapping": (overlapping(), Hostile, "shares bytes"),
    "declared bomb": (entry(plain, 24, "<L", 1 << 31), Hostile, "200 times"),
    "more declared than there is": (entry(plain, 24, "<L", 5), Unreadable, "odd.xml"),
    "less declared than there is": (entry(plain, 24, "<L", 3), Unreadable, "odd.xml"),
    "into the directory": (entry(plain, 20, "<L", 10_000), Unreadable, "reach into"),
    "other name inside": (plain.replace(b"odd.xml", b"new.xml", 1), Unreadable, "damaged"),
    "other content": (plain.replace(b"<x/>", b"<y/>"), Unreadable, "damaged"),
    "more entries declared": (end(end(plain, 8, "<H", 3), 10, "<H", 3), Hostile, "entries"),
    "several volumes": (end(plain, 4, "<H", 1), Unreadable, "volumes"),
    "two ends": (two_ends(), Hostile, "differ"),
    "something behind it": (plain + b"<more/>", Unreadable, "behind"),
    "cut": (plain[:-30], Unreadable, "cut"),
}


@pytest.mark.parametrize("case", ZIPS)
def test_hostile_zips(take: Take, case: str) -> None:
    """Judged by the directory where it tells, and by what comes out where it lies."""
    data, kind, message = ZIPS[case]
    error = refused(take(data))
    assert type(error) is kind
    assert message in str(error)


def tar_of(change: Callable[[tarfile.TarInfo], None], form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar with a changed member behind a good one."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as book:
        good = tarfile.TarInfo(GOOD[0])
        good.size = len(GOOD[1])
        book.addfile(good, io.BytesIO(GOOD[1]))
        info = tarfile.TarInfo("odd.xml")
        change(info)
        book.addfile(info, io.BytesIO(bytes(max(0, info.size))))
    return out.getvalue()


def linked(kind: bytes) -> bytes:
    def change(info: tarfile.TarInfo) -> None:
        info.type, info.linkname = kind, "/etc/passwd"

    return tar_of(change)


def header(name: str, kind: bytes, data: bytes, size: int | None = None) -> bytes:
    """A raw member; `size` as stated."""
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, len(data) if size is None else size
    return info.tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % 512)


def pax(key: str, value: str, kind: bytes = b"x") -> bytes:
    """A pax header of one record, and the member that it is for."""
    body = f" {key}={value}\n".encode()
    length = next(n for n in range(200) if n == len(body) + len(str(n)))
    return header("h", kind, b"%d" % length + body) + header("odd.xml", b"0", b"<x/>")


END = bytes(1024)
TARS = {
    "symbolic link": (linked(tarfile.SYMTYPE), Hostile, "odd.xml” is a symbolic link"),
    "hard link": (linked(tarfile.LNKTYPE), Hostile, "odd.xml” is a hard link"),
    "device": (linked(tarfile.BLKTYPE), Hostile, "odd.xml” is a device"),
    "pipe": (linked(tarfile.FIFOTYPE), Hostile, "odd.xml” is a named pipe"),
    "sparse": (header("odd.xml", b"S", b"") + END, Hostile, "sparse"),
    "hidden sparse": (header(".odd", b"S", b"") + END, Hostile, "sparse"),
    "pax sparse": (pax("GNU.sparse.major", "1") + END, Hostile, "sparse"),
    "unknown kind": (header("odd.xml", b"M", b"") + END, Unreadable, "not known"),
    "size below zero": (header("odd.xml", b"0", b"", -512) + END, Hostile, "below zero"),
    "pax size below zero": (pax("size", "-512") + END, Hostile, "below zero"),
    "pax size beyond": (pax("size", "99999") + END, Unreadable, "cut inside"),
    "pax path": (pax("path", "../../odd.xml") + END, Hostile, "leads out"),
    "pax path with NUL": (pax("path", "odd\0.xml") + END, Hostile, "control"),
    "path for all": (pax("path", "odd.xml", b"g") + END, Hostile, "global header"),
    "pax nonsense": (header("h", b"x", b"99999999999 a=b\n") + END, Unreadable, "extended"),
    "pax without length": (header("h", b"x", b"abc") + END, Unreadable, "extended"),
    "pax for nobody": (
        header("h", b"x", b"") + pax("a", "b")[:-1024] + END,
        Unreadable,
        "no member",
    ),
    "long name without end": (header("h", b"L", b"", 1 << 33), Hostile, "absurdly long"),
    "huge pax header": (header("h", b"x", b"", 1 << 33), Hostile, "absurdly long"),
    "second header damaged": (
        tar_of(lambda info: None).replace(b"odd.xml", b"xxx.xml"),
        Unreadable,
        "header in the tar is damaged",
    ),
    "no end mark": (header("odd.xml", b"0", b"<x/>"), Unreadable, "no end mark"),
    "cut": (header("odd.xml", b"0", b"<x/>", 3000), Unreadable, "cut inside"),
    "another behind its end": (tar_of(lambda info: None) * 2, Unreadable, "behind its end"),
}


@pytest.mark.parametrize("case", TARS)
@pytest.mark.parametrize("packed", [False, True])
def test_hostile_tars(take: Take, case: str, packed: bool) -> None:
    """Plain, and inside a compressed stream."""
    data, kind, message = TARS[case]
    error = refused(take(zstandard.compress(data) if packed else data))
    assert type(error) is kind
    assert message in str(error)


@pytest.mark.parametrize("kind", ["gz", "zst", "bz2", "xz"])
def test_damaged_streams(
    single: dict[str, Callable[[bytes], bytes]], take: Take, kind: str
) -> None:
    """Cut anywhere, changed in the middle, or with something behind: nothing is taken."""
    good = single[kind](b"<x>" + bytes(range(256)) * 40)
    for bad in (good[:-1], good[: len(good) // 2], good + b"<more/>", good + good[:-5]):
        assert isinstance(refused(take(bad)), Unreadable)
    assert len(take(good + (b"" if kind in ("bz2", "zst") else bytes(512)))) == 1


@pytest.mark.parametrize("kind", ["gz", "zst", "bz2", "xz"])
def test_bombs_in_streams(
    single: dict[str, Callable[[bytes], bytes]], take: Take, kind: str
) -> None:
    """By ratio; what unpacks to little passes whatever its ratio."""
    packed = single[kind](bytes(3_000_000))
    error = refused(take(packed, replace(LIMITS, floor=1_000_000, ratio_wide=200)))
    assert isinstance(error, Hostile)
    assert "200 times" in str(error)
    assert isinstance(take(packed)[0], Received)


def test_bombs_in_layers(several: dict[str, Pack], take: Take) -> None:
    """No layer is over the ratio, all together are."""
    block = bytes(range(256)) * 40
    layer = several["zip"]([(f"{n}.xml", block) for n in range(50)])
    data = several["zip"]([(f"{n}.zip", layer) for n in range(50)])
    assert len(take(data)) == 2500
    error = refused(take(data, replace(LIMITS, floor=100_000, ratio_wide=150)))
    assert isinstance(error, Hostile)


def test_a_window_that_would_take_a_gigabyte(take: Take) -> None:
    """A frame of a few bytes may demand it."""
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=30)
    one = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    error = refused(take(one.compress(b"<x/>") + one.flush()))
    assert isinstance(error, Hostile)
    assert "memory" in str(error)


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_archives_without_end(several: dict[str, Pack], take: Take, kind: str) -> None:
    """Four deep is one too many, so what contains itself has an end."""
    data = b"<x/>"
    for _ in range(3):
        data = several[kind]([("in.bin", data)])
    assert len(take(data)) == 1
    error = refused(take(several[kind]([GOOD, ("in.bin", data)])))
    assert isinstance(error, Hostile)
    assert "3 deep" in str(error)


@pytest.mark.parametrize("kind", ["zip", "stored zip", "tar", "tar.xz"])
def test_limits_of_number_and_size(several: dict[str, Pack], take: Take, kind: str) -> None:
    """Members, one document, all together; each just passes at its limit."""
    data = several[kind]([(f"{n}.xml", b"<x>" + b"y" * 997) for n in range(10)])
    at_most = replace(LIMITS, members=10, document=1000, part=100)
    assert len(take(data, at_most)) == 10
    for tight in (
        replace(at_most, members=9),
        replace(at_most, document=999),
        *([] if kind == "tar" else [replace(at_most, total=9999)]),
    ):
        assert isinstance(refused(take(data, tight)), TooLarge)


def test_frames_are_counted(single: dict[str, Callable[[bytes], bytes]], take: Take) -> None:
    """A stream of empty frames is long to unpack and comes to nothing."""
    packed = single["gz"](b"") * 30
    assert take(packed) == [Received("content (in pack)", b"")]
    assert isinstance(refused(take(packed, replace(LIMITS, members=20))), TooLarge)


def test_a_zip_inside_has_its_own_limit(several: dict[str, Pack], take: Take) -> None:
    """It is put down on the disk, which is not without end."""
    data = several["tar"]([("in.zip", several["stored zip"]([GOOD]))])
    assert isinstance(refused(take(data, replace(LIMITS, inner_zip=50))), TooLarge)
