"""Damages the repository's fixtures at random, and holds the parsers to their promises.

    python validation/fuzz.py --count 10000 [--parser NAME] [--processes 2] [--seconds 1200]
    python validation/fuzz.py --parser ris --seed 4711        one input again; --show prints it

Each input is made from one to three fixtures by one to four changes (`changes`), all drawn from its
seed, so that a number is enough to repeat it. What is promised, and looked at here (`examine`):

* nothing but an `InputError` is raised, and its message names the document and is printable;
* what is read has its bytes inside the document, and its passages inside the text;
* every second input goes the whole way: findings, what linking needs, survey of fields, columns;
  its records are written, and are the same when they are read back;
* it takes at most `SECONDS` of processor time, and `SECONDS_PER_MB` more for each MB;
* read record by record it takes at most `TIMES` the input in memory, and `CONSTANT` bytes
  (measured on each tenth input and on all over `LARGE` bytes, since measuring is slow).
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import datetime as dt
import itertools
import json
import multiprocessing
import random
import re
import signal
import sys
import tempfile
import time
import tracemalloc
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec

from trialweave.errors import InputError
from trialweave.model import Draft, Passage, Received, Record
from trialweave.pipeline.prepare import prepare
from trialweave.records.versions import harmonised
from trialweave.sources import SOURCES, read_each, recognise
from trialweave.store import tables

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = (ROOT / "tests" / "fixtures", ROOT / "src" / "trialweave" / "corpus")
SECONDS, SECONDS_PER_MB = 2.0, 2.0
TIMES, CONSTANT, LARGE = 4, 8 << 20, 1 << 16
_LONGEST = 1 << 20  # bytes of an input
_AT = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)


# --- Inputs ---------------------------------------------------------------------------------------


def seeds() -> dict[str, list[bytes]]:
    """The fixtures that each parser recognises, in the order of their names."""
    found: dict[str, list[bytes]] = {source.name: [] for source in SOURCES}
    for folder in FOLDERS:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            with contextlib.suppress(InputError):
                data = path.read_bytes()
                found[recognise(Received(path.name, data)).name].append(data)
    return found


def damaged(parser: str, seed: int, fixtures: dict[str, list[bytes]]) -> bytes:
    """The input that a seed stands for."""
    rng = random.Random(f"{parser} {seed}")
    data = rng.choice(fixtures[parser])
    others = [one for each in fixtures.values() for one in each]
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        data = rng.choice(changes(data))(data, others, rng)[:_LONGEST]
    return data


Change = Callable[[bytes, Sequence[bytes], random.Random], bytes]

_TOKENS = (
    *(b"\0", b"\x1b[31m", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"\xef\xbb\xbf"),
    *(b'"', b"'", b"{", b"}", b"[", b"]", b"<", b">", b"&", b";", b",", b":", b"\\", b"\r", b"\n"),
    *(b"null", b"NaN", b"-", b"\\ud800", b"\\u0000", b"&#0;", b"&nbsp;", b"&x;", b"]]>", b"<!--"),
    *(b"<![CDATA[", b"<?x ", b"=1+1", b"\t", b"\x85", b"\xc2\xa0", "\u202e".encode(), b"%00"),
    *("١٢٣".encode(), "²".encode(), "Ⅷ".encode(), "ﬁ".encode(), "İ".encode(), b"ER  - ", b"@{"),
)
_NUMBERS = (
    *(b"0", b"-1", b"1e999", b"9" * 40, b"9" * 5000, b"2147483648", b"9223372036854775808"),
    *(b"0.0000001", b"1.", b"1,000", b"7,31", b"-0", b"00", b"1e-400", b"99999999", b"13", b"32"),
)
_LEAVES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1e308, 2**63, 10**30, "", " ", "\n", "NA", "x" * 5000, "\ud800"),
    *([], {}, [[]], [None], {"": ""}, ["a", 1, None], [[[[{}]]]], "2031-02-30", "9" * 400),
)


def _span(data: bytes, rng: random.Random, most: int = 2000) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + int(rng.random() ** 3 * most))


def _flip(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8) if data else 0):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _cut(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    start, end = _span(data, rng)
    return rng.choice((data[:start], data[start:], data[:start] + data[end:]))


def _double(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    start, end = _span(data, rng)
    return data[:end] + data[start:end] * rng.choice((1, 1, 2, 50)) + data[end:]


def _splice(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    other = rng.choice(others)
    start, end = _span(data, rng)
    first, last = _span(other, rng)
    whole = rng.random() < 0.1
    return data[:start] + (other if whole else other[first:last]) + data[rng.choice((start, end)) :]


def _token(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    for _ in range(rng.randint(1, 4)):
        start, end = _span(data, rng, 8)
        data = data[:start] + rng.choice(_TOKENS) + data[rng.choice((start, end)) :]
    return data


def _number(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    numbers = list(re.finditer(rb"\d+", data))
    for match in sorted(rng.sample(numbers, min(3, len(numbers))), key=lambda m: -m.start()):
        data = data[: match.start()] + rng.choice(_NUMBERS) + data[match.end() :]
    return data


def _swell(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    start, end = _span(data, rng, 60)
    part = rng.choice(
        (b" ", b"\n", b"a", b"( ", b"- ", b"1", b"1.", b", ", b"<br>", data[start:end])
    )
    return data[:end] + part * (rng.choice((100, 2000, 50_000)) // (len(part) or 1)) + data[end:]


def _deepen(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    left, right = rng.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"<a>", b"</a>"), (b"(", b")")))
    depth = rng.choice((10, 200, 3000, 60_000))
    place = rng.choice([m.end() for m in re.finditer(rb"[:>\[,]", data)] or [0])
    closed = right * depth if rng.random() < 0.7 else b""
    return data[:place] + left * depth + b"1" + closed + data[place:]


def _places(item: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    parts = item.items() if isinstance(item, dict) else enumerate(item)
    for key, part in parts:
        yield (*path, key)
        if isinstance(part, (dict, list)):
            yield from _places(part, (*path, key))


def _retype(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Other types for leaves, lists and keys of JSON; of JSON lines, in one of them."""
    lines = [data] if not data.startswith(b"{") or b"}\n{" not in data else data.split(b"\n")
    at = rng.randrange(len(lines))
    try:
        document = json.loads(lines[at])
        places = list(_places(document))
    except (ValueError, TypeError, RecursionError):
        return _token(data, others, rng)
    for path in rng.sample(places, min(len(places), rng.randint(1, 4))):
        with contextlib.suppress(KeyError, IndexError, TypeError, AttributeError):
            _change_item(document, path, rng)
    written = json.dumps(document, ensure_ascii=rng.random() < 0.5)
    lines[at] = written.encode("utf-8", "surrogatepass")
    return b"\n".join(lines)


def _change_item(document: Any, path: tuple[Any, ...], rng: random.Random) -> None:
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    key, how = path[-1], rng.randrange(7)
    if how == 0:
        del holder[key]
    elif how == 1:
        holder[key] = [holder[key]]
    elif how == 2 and isinstance(holder[key], list):
        holder[key] = holder[key][0] if rng.random() < 0.5 else holder[key] * 100
    elif how == 3:
        holder[rng.choice((key.upper(), key + "s", "", rng.choice(list(holder))))] = holder.pop(key)
    elif how == 4:
        holder[key] = str(holder[key])
    else:
        holder[key] = copy.deepcopy(rng.choice(_LEAVES))


def _retag(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Tags of XML swapped, dropped, doubled, and what may stand between them."""
    tags = list(re.finditer(rb"<[^<>]{1,200}>", data))
    if len(tags) < 2:
        return _lines(data, others, rng)
    one, other = sorted(rng.sample(tags, 2), key=lambda m: m.start())
    between = data[one.end() : other.start()]
    new = rng.choice(
        (
            *((other[0], one[0]), (b"", other[0]), (one[0], b""), (one[0] * 2, other[0])),
            *((one[0] + b"<![CDATA[", b"]]>" + other[0]), (one[0], b"<!-- x -->" + other[0])),
            *((one[0].upper(), other[0]), (one[0][:-1] + b' a="<b>">', other[0])),
            *((b"<!DOCTYPE x>" + one[0], other[0]), (one[0] + b"&#x110000;", other[0])),
        )
    )
    return data[: one.start()] + new[0] + between + new[1] + data[other.end() :]


def _unquote(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Quotes, separators and line ends of tables and of text."""
    for _ in range(rng.randint(1, 4)):
        old, new = rng.choice(
            (
                *((b'"', b""), (b'"', b'""'), (b",", b";"), (b",", b"\t"), (b"\n", b"\r")),
                *((b"\n", b"\r\n"), (b"\n", b""), (b'","', b'",",","'), (b"\t", b" "), (b":", b"")),
                *((b" ", b"\xc2\xa0"), (b"- ", b""), (b'"\n', b'"x\n'), (b"<br>", b"\n")),
            )
        )
        found = [m.start() for m in re.finditer(re.escape(old), data)]
        if found and rng.random() < 0.8:
            at = rng.choice(found)
            data = data[:at] + new + data[at + len(old) :]
        else:
            data = data.replace(old, new)
    return data


def _recode(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    how = rng.randrange(6)
    if how < 3:
        code = ("latin-1", "cp1252", "utf-16")[how]
        return text.encode(code, "replace")
    if how == 3:
        return data.decode("latin-1").encode()  # read as Latin-1 and saved again
    if how == 4:
        return b"\xef\xbb\xbf" + data
    start, end = _span(data, rng, 200)
    return data[:start] + data[start:end].decode("latin-1").encode("utf-16-le") + data[end:]


def _lines(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Lines moved, lost, doubled, joined, indented."""
    lines = data.split(b"\n")
    for _ in range(rng.randint(1, 6)):
        at, to = rng.randrange(len(lines)), rng.randrange(len(lines))
        how = rng.randrange(5)
        if how == 0:
            lines[at], lines[to] = lines[to], lines[at]
        elif how == 1 and len(lines) > 1:
            del lines[at]
        elif how == 2:
            lines.insert(to, lines[at])
        elif how == 3:
            lines[at] = b" " * rng.choice((1, 6, 2000)) + lines[at]
        else:
            lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
    return b"\n".join(lines)


_BYTES: tuple[Change, ...] = (_flip, _cut, _double, _splice, _token, _number, _swell, _deepen)


def _element(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Whole elements of XML lost, doubled, renamed, filled with something else: still XML."""
    found = list(re.finditer(rb"<([A-Za-z_:][\w:.-]*)([^<>]*)>([^<]*)</\1>", data))
    for match in sorted(rng.sample(found, min(3, len(found))), key=lambda m: -m.start()):
        name, attributes, text = match.groups()
        other = rng.choice(found)
        new = rng.choice(
            (
                *(b"", match[0] * 2, match[0] * 200, other[0], text, b"<%b/>" % name),
                *(b"<%b>%b</%b>" % (name, filling, name) for filling in (other[3], b"", b"  ")),
                b"<%b%b>%b</%b>" % (name, attributes, rng.choice(_NUMBERS), name),
                b"<%b%b>%b</%b>" % (other[1], other[2], text, other[1]),
                b"<%b><a><b>%b</b>%b</a></%b>" % (name, text, text, name),
            )
        )
        data = data[: match.start()] + new + data[match.end() :]
    return data if found else _token(data, others, rng)


def changes(data: bytes) -> tuple[Change, ...]:
    """What is tried on a document, the changes that leave it readable more often."""
    head = data.lstrip()[:1]
    if head in (b"{", b"["):
        return (*_BYTES, _recode, *(_retype,) * 10)
    if head == b"<":
        return (*_BYTES, _recode, _lines, _retag, _retag, *(_element,) * 9)
    return (*_BYTES, _recode, _lines, _lines, _lines, _unquote, _unquote)


# --- Promises -------------------------------------------------------------------------------------


class _TooSlow(BaseException):
    """Not an `Exception`, so that nothing on the way takes it for its own."""


@dataclass
class Examined:
    """What became of one input. `broken` says which promise was not kept, "" where all were."""

    records: int = 0
    refused: str = ""
    broken: str = ""
    seconds: float = 0.0
    peak: int = 0


def examine(data: bytes, *, memory: bool | None = None, stored: bool = True) -> Examined:
    """Read an input, and hold what comes of it to what is promised. Raises nothing.

    `memory` says whether memory is measured, None that it is for large inputs; `stored`, whether
    records go the whole way, are written and read back. Must run in the main thread, for the alarm.
    """
    found = Examined()
    limit = SECONDS + SECONDS_PER_MB * len(data) / 1e6
    started = time.process_time()
    earlier = signal.signal(signal.SIGVTALRM, _alarm)
    signal.setitimer(signal.ITIMER_VIRTUAL, limit * (6 if memory else 1))
    try:
        if memory or (memory is None and len(data) > LARGE):
            found.peak = _peak(data)
            if found.peak > TIMES * len(data) + CONSTANT:
                found.broken = f"{found.peak:,} bytes of memory for {len(data):,}"
        started = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, limit)
        _follow(data, found, stored)
    except _TooSlow:
        found.broken = found.broken or f"more than {limit:.1f} s"
    except AssertionError as error:
        found.broken = found.broken or f"not as promised: {error}"
    except Exception as error:
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
        said = f"{type(error).__name__}: {str(error)[:200]} ({Path(where).name})"
        found.broken = found.broken or said
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, earlier)
        if tracemalloc.is_tracing():
            tracemalloc.stop()
    found.seconds = time.process_time() - started
    return found


def _alarm(number: int, frame: FrameType | None) -> None:
    raise _TooSlow


def _peak(data: bytes) -> int:
    """The most that reading holds at once, the document itself apart, one record at a time."""
    tracemalloc.start()
    try:
        for _ in read_each(Received("x", data)):
            pass
    except InputError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


def _follow(data: bytes, found: Examined, stored: bool) -> None:
    received = Received("x", data)
    drafts = []
    try:
        for each in read_each(received):
            if isinstance(each, Draft):
                drafts.append(each)
            else:
                _printable(each)
                found.refused = type(each).__name__
    except InputError as error:
        _printable(error)
        found.refused = type(error).__name__
    found.records = len(drafts)
    if not drafts:
        assert found.refused, "neither a record nor a reason"
        return
    # a workbook has no text of its own: its passages count in cells
    size = 1 << 23 if data.startswith(b"PK") else len(received.text)
    for draft in drafts:
        assert 0 <= draft.start < draft.end <= len(data), "bytes outside the document"
        _inside(draft.body, size)
    records = list(harmonised(drafts, received, _AT))
    assert all(record.title.strip() for record in records), "no title"
    if stored:
        pieces = list(prepare(received, _AT))
        _stored(records, [piece for piece in pieces if isinstance(piece, tables.Batch)])


def _printable(error: InputError) -> None:
    message = str(error)
    assert message.startswith("x"), "a message that does not name the document"
    assert len(message) <= 4000, "a message of absurd length"
    assert not re.search(r"[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", message), (
        f"control characters in a message: {message!a}"
    )


def _inside(item: Any, size: int) -> None:
    """Hold every passage, at any depth, to the text."""
    if isinstance(item, Passage):
        spanned = 0 <= item.start < item.end <= size
        assert spanned or (item.start == item.end == -1 and item.path), f"passage {item}"
    elif isinstance(item, tuple):
        for part in item:
            _inside(part, size)
    elif isinstance(item, msgspec.Struct):
        for name in item.__struct_fields__:
            _inside(getattr(item, name), size)


def _stored(records: Sequence[Record], batches: Sequence[tables.Batch]) -> None:
    """Write records with all that follows from each, and read them back."""
    count: Counter[str] = Counter()
    numbered = []
    for record in records:
        count[record.record_id] += 1
        # Marks of people serve linking, which has taken them by then; they are not kept
        version = count[record.record_id]
        numbered.append(msgspec.structs.replace(record, version=version, people=()))
    versions = iter([record.version for record in numbered])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        part = tables.PartWriter(folder, 1)
        for batch in batches:
            part.add(batch, list(itertools.islice(versions, len(batch.heads))))
        heads = part.close()
        assert heads is not None, "nothing was written"
        tables.write_heads(folder, tables.marked(heads))
        back = tables.read_records(folder)
    expected = {(record.record_id, record.version): record for record in numbered}
    assert {(r.record_id, r.version): r for r in back} == expected, "read back as something else"


# --- Runs -----------------------------------------------------------------------------------------


@dataclass
class Total:
    """What became of the inputs of one parser."""

    parser: str
    inputs: int = 0
    read: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    broken: list[tuple[int, str]] = field(default_factory=list)
    slowest: float = 0.0
    memory: float = 0.0  # the largest peak, as a multiple of input and constant


def run(parser: str, first: int, count: int, until: float = float("inf")) -> Total:
    """Examine the inputs `first` to `first + count` of a parser, or as many as time allows."""
    fixtures, total = seeds(), Total(parser)
    for seed in range(first, first + count):
        if time.time() > until:
            break
        data = damaged(parser, seed, fixtures)
        found = examine(data, memory=True if seed % 10 == 0 else None, stored=seed % 2 == 0)
        total.inputs += 1
        total.read += found.records > 0
        total.refused[found.refused] += bool(found.refused)
        total.slowest = max(total.slowest, found.seconds)
        total.memory = max(total.memory, found.peak / (TIMES * len(data) + CONSTANT))
        if found.broken:
            total.broken.append((seed, found.broken))
    return total


def _merged(parts: Sequence[Total]) -> Total:
    whole = Total(parts[0].parser)
    for part in parts:
        whole.inputs += part.inputs
        whole.read += part.read
        whole.refused += part.refused
        whole.broken += part.broken
        whole.slowest = max(whole.slowest, part.slowest)
        whole.memory = max(whole.memory, part.memory)
    return whole


def main() -> int:
    """Run; the exit code is 1 where a promise was not kept."""
    parser = argparse.ArgumentParser(description="Damage fixtures, and read what comes of it.")
    names = [source.name for source in SOURCES]
    parser.add_argument("--count", type=int, default=1000, help="inputs for each parser")
    parser.add_argument("--parser", choices=names, action="append")
    parser.add_argument("--seed", type=int, help="look at this one input only")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after")
    parser.add_argument("--show", action="store_true", help="with --seed: print the input")
    given = parser.parse_args()
    wanted = given.parser or [name for name, held in seeds().items() if held]
    if given.seed is not None:
        for name in wanted:
            data = damaged(name, given.seed, seeds())
            print(f"{name} {given.seed}: {len(data)} bytes, {examine(data, memory=True)}")
            if given.show:
                sys.stdout.flush()
                sys.stdout.buffer.write(data + b"\n")
        return 0
    for name in names:
        if name not in wanted and not given.parser:
            print(f"{name}: no fixture is recognised, so nothing is tried")
    started, failed = time.time(), 0
    share = (given.count + given.processes - 1) // given.processes
    print(
        f"{'parser':<20}{'inputs':>7}{'read':>7}{'refused':>8}{'broken':>7}{'slowest':>9}{'memory':>8}"
    )
    with ProcessPoolExecutor(given.processes, multiprocessing.get_context("spawn")) as pool:
        for position, name in enumerate(wanted):
            left = given.seconds - (time.time() - started)
            until = time.time() + left / (len(wanted) - position)
            starts = range(given.first, given.first + given.count, share)
            parts = [
                pool.submit(run, name, at, min(share, given.first + given.count - at), until)
                for at in starts
            ]
            total = _merged([part.result() for part in parts])
            failed += len(total.broken)
            print(f"{name:<20}{total.inputs:>7}{total.read:>7}{total.refused.total():>8}", end="")
            print(f"{len(total.broken):>7}{total.slowest:>7.2f} s{total.memory:>7.0%}", flush=True)
            kinds: dict[str, list[int]] = {}
            for seed, what in total.broken:
                kinds.setdefault(re.sub(r"[\d,]{2,}", "N", what), []).append(seed)
            for what, which in kinds.items():
                print(f"    {len(which)} × {what[:300]}; seeds {which[:4]}")
    print(f"{time.time() - started:.0f} s; checksum of the fixtures {_checksum():08x}")
    return 1 if failed else 0


def _checksum() -> int:
    return zlib.crc32(b"".join(one for each in seeds().values() for one in each))


if __name__ == "__main__":
    sys.exit(main())
