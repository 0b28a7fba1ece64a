"""How well variants are found: corpora in brat's layout, and a list of hits in eligibility text.

``python validation/variants.py --seth DIR`` reads ``DIR/resources/SETH-corpus``: ``corpus.txt``
(an identifier, a tab, the text) and ``annotations/<identifier>.ann``; documents without a file of
annotations are left out. ``--tmvar FILE`` reads PubTator's layout (``id|t|title``, ``id|a|text``,
then a line for every mention). ``--eligibility DIR`` prints every bare one-letter form found in
DIR's .txt files with what stands around it, for reading. ``--errors`` prints what was missed and
what was found wrongly.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from trialweave.terms.variants import Variant, variants

SEQUENCE: Final = frozenset({"snp", "dna", "protein"})  # what the corpora mark
MENTIONS: Final = frozenset({"SNP", "RS", "DNAMutation", "ProteinMutation"})
Span = tuple[int, int]


class Document(NamedTuple):
    """A text and the spans that people marked in it."""

    name: str
    text: str
    gold: frozenset[Span]


class Score(NamedTuple):
    """Precision, recall and their harmonic mean, and the counts behind them."""

    found: int
    gold: int
    right: int
    covered: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else float("nan")

    @property
    def recall(self) -> float:
        return self.covered / self.gold if self.gold else float("nan")

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def read_seth(folder: Path) -> Iterator[Document]:
    """The documents of SETH's corpus that have a file of annotations."""
    corpus = folder / "resources/SETH-corpus"
    for line in (corpus / "corpus.txt").read_text().split("\n"):
        name, _, text = line.partition("\t")
        marks = corpus / f"annotations/{name}.ann"
        if name and marks.exists():
            rows = [row.split("\t") for row in marks.read_text().split("\n") if row.startswith("T")]
            spans = (row[1].split() for row in rows)
            gold = {(int(span[1]), int(span[2])) for span in spans if span[0] in MENTIONS}
            yield Document(name, text, frozenset(gold))


def read_pubtator(path: Path) -> Iterator[Document]:
    """The documents of a file in PubTator's layout; title and abstract are joined by a space."""
    for block in re.split(r"\n\s*\n", path.read_text()):
        lines = block.strip().split("\n")
        parts = [line.split("|", 2) for line in lines if re.match(r"\d+\|[ta]\|", line)]
        rows = [line.split("\t") for line in lines if "\t" in line]
        gold = {(int(row[1]), int(row[2])) for row in rows if len(row) > 4 and row[4] in MENTIONS}
        if parts:
            yield Document(parts[0][0], " ".join(part[2] for part in parts), frozenset(gold))


def score(
    documents: list[Document],
    *,
    overlap: bool,
    kinds: frozenset[str] = SEQUENCE,
    errors: bool = False,
) -> Score:
    """Strict spans, or such as share a character, of variants of some kinds."""
    found = right = covered = gold = 0
    for name, text, marks in documents:
        spans = {(each.start, each.end) for each in variants(text) if each.kind in kinds}
        same = _touching if overlap else _equal
        hits = {each for each in spans if same(each, marks)}
        met = {each for each in marks if same(each, spans)}
        found, right = found + len(spans), right + len(hits)
        gold, covered = gold + len(marks), covered + len(met)
        if errors:
            for sign, each in [("+", e) for e in spans - hits] + [("-", e) for e in marks - met]:
                around = text[max(0, each[0] - 50) : each[0]] + "[" + text[each[0] : each[1]]
                print(sign, name, around + "]" + text[each[1] : each[1] + 30])
    return Score(found, gold, right, covered)


def _equal(span: Span, others: frozenset[Span] | set[Span]) -> bool:
    return span in others


def _touching(span: Span, others: frozenset[Span] | set[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)


def bare(folder: Path) -> Iterator[tuple[Path, str, Variant]]:
    """Every bare one-letter form that is found in the .txt files below a folder."""
    for path in sorted(folder.rglob("*.txt")):
        text = path.read_text(errors="replace")
        for each in variants(text):
            if each.rule in {"protein-one", "dna-letters"}:
                yield path, text, each


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--seth", type=Path)
    options.add_argument("--tmvar", type=Path)
    options.add_argument("--eligibility", type=Path)
    options.add_argument("--errors", action="store_true")
    given = options.parse_args()
    for path, reader in ((given.seth, read_seth), (given.tmvar, read_pubtator)):
        if path:
            documents = list(reader(path))
            start = time.process_time()
            strict = score(documents, overlap=False, errors=given.errors)
            took = time.process_time() - start
            loose = score(documents, overlap=True)
            size = sum(len(each.text) for each in documents)
            print(f"{path}: {len(documents)} documents, {strict.gold} mentions")
            named = score(documents, overlap=False, kinds=SEQUENCE - {"snp"})
            rows = (("strict", strict), ("overlap", loose), ("strict, no rs numbers", named))
            for label, each in rows:
                print(f"{label:22} P {each.precision:.3f} R {each.recall:.3f} F1 {each.f1:.3f}")
            print(f"{size / took / 1e6:.1f} million characters a second of the processor")
    if given.eligibility:
        for path, text, each in bare(given.eligibility):
            around = text[max(0, each.start - 60) : each.end + 40].replace("\n", " ")
            print(f"{path.name}\t{text[each.start : each.end]}\t{each.normal}\t{around}")


if __name__ == "__main__":
    main()
