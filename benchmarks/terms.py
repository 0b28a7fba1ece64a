"""Recognition of terms: how soon it is at hand, how much room it takes, how fast it reads.

``python benchmarks/terms.py --vocab DIR TEXT...`` reads the collected vocabularies of DIR (see
``vocabularies.py``), and files of text, each cut into pieces as long as a record's description.
Every part runs in a process of its own, one thread; seconds are of the processor unless they say
wall, MB of memory are what the process holds more than when it began, at the end and at its peak.
pyahocorasick and spaCy's PhraseMatcher get the same names and the same texts, folded as ours are;
where they are not installed that is said. Without ``--vocab`` only what ships is measured.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from trialweave.terms import ready
from trialweave.terms.laid import Laid, lay_out, recogniser
from trialweave.terms.lexicon import STANDING, names_of
from trialweave.terms.normal import fold
from trialweave.terms.reading import read_vocabulary
from trialweave.terms.recognise import Recogniser
from trialweave.terms.tables import PLAIN, Table
from trialweave.terms.term import Release
from vocabularies import CELLS

BLOCK = 4096  # characters of a text
FILES: dict[str, tuple[str, Table]] = {
    "mesh/mesh_descriptors_2025.tsv.gz": ("MeSH", PLAIN),
    "mesh/mesh_supplementary_2025.tsv.gz": ("MeSH supplementary", PLAIN),
    "hpo/hp.obo.gz": ("", PLAIN),
    "gene/hgnc_2024-07.tsv.gz": ("", PLAIN),
    "disease/mondo_2024-07.tsv.gz": ("MONDO", Table({}, "disease", "MONDO:")),
    "disease/doid_2024-07.tsv.gz": ("DOID", PLAIN),
    "drug/unii_names_2025-06_nosys.tsv.gz": ("", PLAIN),
    "cell/cell_ontology_v2025-12-17.jsonl": ("CL", Table(CELLS, "cell")),
    "adverse_event/ctcae_v5_terms_grades.tsv": ("", PLAIN),
}
COLD = """
import time
begun = time.perf_counter()
from trialweave.terms.laid import recogniser
from trialweave.terms.ready import laid_for
imported = time.perf_counter()
laid = laid_for(None)
loaded = time.perf_counter()
recogniser(laid, ["Acute renal failure, without fever, in COVID-19"])
done = time.perf_counter()
print(f"  wall: import {imported - begun:.3f} s, names {loaded - imported:.3f} s, "
      f"recogniser of a sentence {done - loaded:.4f} s, in all {done - begun:.3f} s; "
      f"of the processor, with the start of Python, {time.process_time():.3f} s")
"""
T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Processor seconds, and what came of it."""
    start = time.process_time()
    made = work()
    return time.process_time() - start, made


class Memory:
    """What a process holds more than when this was made, in MB."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
        self.start = self._of("VmRSS")

    def _of(self, what: str) -> float:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(what))

    def __str__(self) -> str:
        now, peak = self._of("VmRSS"), self._of("VmHWM")
        return f"+{now - self.start:.0f} MB, peak +{peak - self.start:.0f} MB"


def pieces(files: list[Path], megabytes: float) -> list[str]:
    """The texts of some files, each in pieces, so many megabytes in all."""
    found: list[str] = []
    left = int(megabytes * 1e6)
    for file in files:
        text = file.read_text("utf-8", "replace")[:left]
        left -= len(text)
        found += [text[i : i + BLOCK] for i in range(0, len(text), BLOCK)]
    return found


def read(what: str, texts: list[str], one: Callable[[str], Sequence[object]]) -> None:
    """The speed of reading all texts, at first sight and again."""
    size = sum(map(len, texts)) / 1e6
    first, found = timed(lambda: sum(len(one(text)) for text in texts))
    again = min(timed(lambda: sum(len(one(text)) for text in texts))[0] for _ in range(2))
    print(f"  {what}: {size / first:.1f} MB/s at first sight, {size / again:.1f} again, "
          f"{found:,} found in {size:.1f} MB", flush=True)  # fmt: skip


def prepare(vocab: Path, folder: Path) -> None:
    """Read the vocabularies for the other processes."""
    releases = [read_vocabulary(vocab / file, name=name, table=table)
                for file, (name, table) in FILES.items()]  # fmt: skip
    (folder / "releases").write_bytes(msgspec.msgpack.encode(releases))
    names = [name.text for release in releases for term in release.terms
             for name in names_of(term, STANDING)]  # fmt: skip
    (folder / "names").write_text("\n".join(names), "utf-8", "surrogatepass")
    print(f"All: {len(names):,} names of {len(releases)} vocabularies", flush=True)


def laying(folder: Path) -> None:
    """Lay out all names, keep them, have them back."""
    content = (folder / "releases").read_bytes()
    releases = msgspec.msgpack.decode(content, type=list[Release])
    memory = Memory()
    seconds, laid = timed(lambda: lay_out(releases))
    print(f"  lay out {seconds:.2f} s, {memory}")
    seconds, stored = timed(laid.to_bytes)
    print(f"  save {seconds:.2f} s, {len(stored) / 1e6:.1f} MB", flush=True)
    (folder / "laid").write_bytes(stored)


def building(folder: Path) -> None:
    """The recogniser of all names, from the laid out ones, and from its own stored form."""
    stored = (folder / "laid").read_bytes()
    memory = Memory()
    seconds, laid = timed(lambda: Laid.from_bytes(stored))
    print(f"  load {seconds:.2f} s, {memory}")
    seconds, made = timed(lambda: recogniser(laid, None))
    print(f"  recogniser of all {seconds:.2f} s, {memory}", flush=True)
    (folder / "recogniser").write_bytes(made.to_bytes())


def scanning(folder: Path, texts: list[str]) -> None:
    """Read with all names."""
    stored = (folder / "recogniser").read_bytes()
    memory = Memory()
    seconds, made = timed(lambda: Recogniser.from_bytes(stored))
    print(f"  stored recogniser of all: {len(stored) / 1e6:.0f} MB, load {seconds:.2f} s, {memory}")
    read("spans, all names", texts, made.spans)
    read("mentions, all names", texts[: len(texts) // 4], made.mentions)


def pruned(laid: Laid, texts: list[str]) -> None:
    """Read with the names that the texts can have."""
    size = sum(map(len, texts)) / 1e6
    seconds, made = timed(lambda: recogniser(laid, texts))
    print(f"  recogniser of these texts {seconds:.2f} s, {size / seconds:.1f} MB/s")
    read("spans", texts, made.spans)
    read("mentions", texts, made.mentions)


def all_pruned(folder: Path, texts: list[str]) -> None:
    """The same for all vocabularies."""
    pruned(Laid.from_bytes((folder / "laid").read_bytes()), texts)


def shipped(texts: list[str]) -> None:
    """What ships: from nothing, for small corpora, and for the texts."""
    laid = ready.laid_for(None)
    print(f"What ships: {len(laid.names):,} names of {len(laid.vocabularies)} vocabularies")
    for _ in range(3):
        subprocess.run([sys.executable, "-c", COLD], check=True)
    at = 0
    for count in (1, 10, 100):
        some = texts[at : at + count]
        at += count
        begun = time.perf_counter()
        recogniser(laid, some)
        taken = (time.perf_counter() - begun) * 1e3
        print(f"  wall: recogniser of {len(some)} further texts, "
              f"{sum(map(len, some)) / 1e3:.0f} kB: {taken:.1f} ms", flush=True)  # fmt: skip
    for look, said in (("find", "cytokine storm"), ("suggest", "a"), ("suggest", "lung canc")):
        seconds, _ = timed(partial(getattr(laid, look), said))
        print(f"  {look} {said!r}: {seconds * 1e3:.1f} ms")
    pruned(laid, texts)


def others(folder: Path, texts: list[str], which: str) -> None:
    """The same names in another engine."""
    try:
        engine = importlib.import_module(which)
    except ImportError:
        print(f"  {which} is not installed")
        return
    names = (folder / "names").read_text("utf-8", "surrogatepass").split("\n")
    padded = list(dict.fromkeys(f" {' '.join(fold(name).split())} " for name in names))
    folded = [f" {' '.join(fold(text).split())} " for text in texts]
    memory = Memory()
    if which == "ahocorasick":

        def make() -> Any:
            machine = engine.Automaton()
            for i, name in enumerate(padded):
                machine.add_word(name, i)
            machine.make_automaton()
            return machine

        seconds, machine = timed(make)
        print(f"  pyahocorasick, {len(padded):,} names: build {seconds:.2f} s, {memory}")
        read("pyahocorasick, text already folded", folded, lambda text: list(machine.iter(text)))
        return
    matching = importlib.import_module("spacy.matcher")
    some = padded[:: max(1, len(padded) // 100_000)]
    language = engine.blank("en")
    matcher = matching.PhraseMatcher(language.vocab, attr="LOWER")
    seconds, _ = timed(lambda: matcher.add("x", [language.make_doc(each.strip()) for each in some]))
    print(f"  spaCy, {len(some):,} of the names: build {seconds:.2f} s, {memory}")
    read("spaCy PhraseMatcher", folded[::10], lambda text: matcher(language.make_doc(text)))


def main() -> None:
    """Print the figures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--vocab", type=Path)
    asked.add_argument("--megabytes", type=float, default=8)
    asked.add_argument("texts", type=Path, nargs="+")
    given = asked.parse_args()
    texts = pieces(given.texts, given.megabytes)
    size = sum(map(len, texts)) / 1e6
    print(f"Python {platform.python_version()}, {size:.1f} MB in {len(texts):,} texts", flush=True)
    spawn = multiprocessing.get_context("spawn")

    def alone(work: Callable[..., None], *known: object) -> None:
        child = spawn.Process(target=work, args=known)
        child.start()
        child.join()

    alone(shipped, texts)
    if given.vocab is None:
        return
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        alone(prepare, given.vocab, folder)
        alone(laying, folder)
        alone(building, folder)
        alone(scanning, folder, texts)
        alone(all_pruned, folder, texts)
        for which in ("ahocorasick", "spacy"):
            alone(others, folder, texts, which)


if __name__ == "__main__":
    main()
