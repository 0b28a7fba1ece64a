"""Recognition with many vocabularies at once, beside pyahocorasick and spaCy's PhraseMatcher.

All engines get the same names and the same texts in one run, one thread, in processor time.
``python benchmarks/terms.py --vocab DIR TEXTFILE...`` (layout of DIR: docs/evaluation/terms.md).
Engines that are not installed are named as such. The names that the others look for are folded as
ours are, and padded with blanks, so that no engine is asked for more than another.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import importlib
import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from trialweave.terms.normal import fold
from trialweave.terms.recognise import Recogniser, build
from trialweave.terms.term import Name, Release, Term

csv.field_size_limit(sys.maxsize)
BLOCK = 4096  # characters of a text, as long as a record's description
# file, columns of id, preferred name, further names; what parts these; kind
TABLES = {
    "MeSH": ("mesh/mesh_descriptors_2025.tsv.gz", "mesh_id", "name", ("entry_terms",), "|", ""),
    "MeSH supplementary": (
        "mesh/mesh_supplementary_2025.tsv.gz", "mesh_id", "name", ("entry_terms",), "|", "chemical",
    ),
    "HGNC": (
        "gene/hgnc_2024-07.tsv.gz", "HGNC ID", "Approved symbol",
        ("Approved name", "Alias symbols", "Previous symbols"), ", ", "gene",
    ),
    "MONDO": ("disease/mondo_2024-07.tsv.gz", "id", "name", ("synonyms",), "|", "disease"),
    "DOID": ("disease/doid_2024-07.tsv.gz", "id", "name", ("synonyms",), "|", "disease"),
    "UNII": ("drug/unii_names_2025-06_nosys.tsv.gz", "unii", "name", (), "|", "chemical"),
}  # fmt: skip


def releases(folder: Path) -> Iterator[Release]:
    """Every prepared table as a release."""
    for vocabulary, (file, key, name, further, mark, kind) in TABLES.items():
        names: dict[str, list[Name]] = {}
        with gzip.open(folder / file, "rt", encoding="utf-8", newline="") as opened:
            for row in csv.DictReader(opened, delimiter="\t", quoting=csv.QUOTE_NONE):
                scope = "symbol" if kind == "gene" else "exact"
                held = names.setdefault(row[key], [])
                held.append(Name(row[name] or "", scope if held or kind == "gene" else "preferred"))
                for column in further:
                    short = scope if column.endswith("symbols") else "exact"
                    more = (row[column] or "").split(mark)
                    held.extend(Name(each, short) for each in more if each)
        terms = tuple(Term(each, tuple(held), kind) for each, held in names.items())
        yield Release(vocabulary, "", "", "", terms)


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Processor seconds, and what came of it."""
    start = time.process_time()
    made = work()
    return time.process_time() - start, made


def peak() -> float:
    """The most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def line(engine: str, seconds: float, megabytes: float, hits: int, remark: str = "") -> None:
    """One row of the table."""
    print(f"{engine:42} {seconds:7.2f} s {megabytes / seconds:8.1f} MB/s {hits:10,} hits  {remark}")


def ours(every: list[Release], texts: list[str], size: float) -> None:
    """Cold build with all names and with those that can occur, loading, and both ways of asking."""
    for what, words in (
        ("all names", None),
        ("names that can occur", {word for text in texts for word in fold(text).split()}),
    ):
        before = peak()
        seconds, made = timed(lambda words=words: build(every, occurring=words))
        assert isinstance(made, Recogniser)
        print(f"trialweave, {what}: build {seconds:.2f} s, peak +{peak() - before:.0f} MB")
        stored = made.to_bytes()
        seconds, loaded = timed(lambda stored=stored: Recogniser.from_bytes(stored))
        print(f"  stored in {len(stored) / 1e6:.0f} MB, loaded in {seconds:.3f} s")
        assert isinstance(loaded, Recogniser)
        loaded.spans(texts[0])
        for turn in ("first", "second"):
            seconds, found = timed(lambda r=loaded: sum(len(r.spans(text)) for text in texts))
            line(f"  spans, {turn} pass", seconds, size, int(str(found)))
        part = texts[: max(1, len(texts) // 4)]
        cut = sum(map(len, part)) / 1e6
        seconds, found = timed(lambda r=loaded, p=part: sum(len(r.mentions(text)) for text in p))
        line("  mentions, with every rule", seconds, cut, int(str(found)))


def others(names: list[str], texts: list[str], size: float) -> None:
    """The same names in the other engines."""
    folded = [f" {' '.join(fold(text).split())} " for text in texts]
    padded = list(dict.fromkeys(f" {' '.join(fold(name).split())} " for name in names))
    try:
        ahocorasick = importlib.import_module("ahocorasick")
    except ImportError:
        print("pyahocorasick is not installed")
    else:
        before = peak()

        def make() -> object:
            machine = ahocorasick.Automaton()
            for i, name in enumerate(padded):
                machine.add_word(name, i)
            machine.make_automaton()
            return machine

        seconds, machine = timed(make)
        print(f"pyahocorasick: build {seconds:.2f} s, peak +{peak() - before:.0f} MB")
        seconds, found = timed(lambda: sum(1 for text in folded for _ in machine.iter(text)))
        line("  iter, on text already folded", seconds, size, int(str(found)))
    try:
        spacy = importlib.import_module("spacy")
        matching = importlib.import_module("spacy.matcher")
    except ImportError:
        print("spaCy is not installed")
        return
    some = padded[:: max(1, len(padded) // 100_000)]
    before = peak()
    language = spacy.blank("en")
    matcher = matching.PhraseMatcher(language.vocab, attr="LOWER")
    seconds, _ = timed(lambda: matcher.add("x", [language.make_doc(each.strip()) for each in some]))
    print(
        f"spaCy, {len(some):,} of the names: build {seconds:.2f} s, peak +{peak() - before:.0f} MB"
    )
    part = folded[: max(1, len(folded) // 10)]
    seconds, found = timed(lambda: sum(len(matcher(language.make_doc(text))) for text in part))
    line("  PhraseMatcher", seconds, sum(map(len, part)) / 1e6, int(str(found)))


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--vocab", type=Path, required=True)
    asked.add_argument("--megabytes", type=float, default=20)
    asked.add_argument("texts", type=Path, nargs="+")
    given = asked.parse_args()
    whole = "\n".join(file.read_text("utf-8", "replace") for file in given.texts)
    whole = whole[: int(given.megabytes * 1e6)]
    texts = [whole[i : i + BLOCK] for i in range(0, len(whole), BLOCK)]
    every = list(releases(given.vocab))
    names = [name.text for each in every for term in each.terms for name in term.names]
    distinct = len({name.lower() for name in names})
    print(f"Python {platform.python_version()}, {len(whole) / 1e6:.1f} MB in {len(texts):,} texts")
    print(f"{len(names):,} names, {distinct:,} distinct")
    ours(every, texts, len(whole) / 1e6)
    others(names, texts, len(whole) / 1e6)


if __name__ == "__main__":
    main()
