"""Recognition of terms, scored on public corpora that you point at.

``python validation/terms.py --vocab DIR --corpora DIR`` prints one line a corpus: precision,
recall and F1 of the sets of ids of each document, and of exact mention spans. Layouts: see
``docs/evaluation/terms.md``.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from trialweave.terms.recognise import Recogniser, build
from trialweave.terms.term import Name, Release, Term

csv.field_size_limit(sys.maxsize)

_DISEASE: Final = re.compile(r"C\d|F03|F01\.145\.126|F01\.700")
_SYNONYM: Final = re.compile(r'^synonym: "((?:[^"\\]|\\.)*)" (\w+)( abbreviation)?', re.M)
_CHEMICAL: Final = re.compile(r"D0[1-6]|D09|D10")

# What BC5CDR marks: drugs and chemicals, but no proteins, forms and classes by use.
_TREES: Final = (("disease", _DISEASE), ("chemical", _CHEMICAL), ("protein", re.compile("D")))


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a prepared table."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def stanzas(vocab: Path) -> Iterator[tuple[str, str]]:
    """Id and text of each of HPO's terms."""
    with gzip.open(vocab / "hpo/hp.obo.gz", "rt", encoding="utf-8") as file:
        for stanza in file.read().split("\n[Term]\n")[1:]:
            text = stanza.split("\n\n[")[0]
            yield line(text, "id"), text


def line(stanza: str, tag: str) -> str:
    """What a stanza says after a tag, up to a comment; "" if it has none."""
    found = re.search(rf"^{tag}: (.*)", stanza, re.M)
    return "" if found is None else found.group(1).split(" ! ")[0].strip()


def hpo(vocab: Path) -> Release:
    """HPO from its OBO file, phenotypes only."""
    terms: list[Term] = []
    for ident, stanza in stanzas(vocab):
        if "is_obsolete: true" in stanza:
            continue
        names = [Name(line(stanza, "name"), "preferred")]
        for text, scope, short in _SYNONYM.findall(stanza):
            names.append(Name(text.replace("\\", ""), "abbreviation" if short else scope.lower()))
        parents = tuple(re.findall(r"^is_a: (\S+)", stanza, re.M))
        terms.append(Term(ident, tuple(names), "phenotype", parents=parents))
    return Release("HPO", "2025-01-16", "", "", tuple(terms))


def names_of(row: dict[str, str]) -> list[Name]:
    """A heading's name and its entry terms."""
    entries = (row["entry_terms"] or "").split("|")
    return [Name(row["name"], "preferred"), *(Name(each) for each in entries if each)]


def mesh(vocab: Path) -> Release:
    """MeSH descriptors; kinds by tree."""
    terms = []
    for row in rows(vocab / "mesh/mesh_descriptors_2025.tsv.gz"):
        trees = row["tree_numbers"].split("|")
        kind = next((kind for kind, tree in _TREES if any(map(tree.match, trees))), "")
        names = names_of(row)
        terms.append(Term(row["mesh_id"], tuple(names), kind, numbers=tuple(trees)))
    return Release("MeSH", "2025", "", "", tuple(terms))


def supplementary(vocab: Path, main: Release) -> Release:
    """MeSH supplementary concepts; the kind is that of the heading they are mapped to."""
    kinds = {term.id: term.kind for term in main.terms}
    terms = []
    for row in rows(vocab / "mesh/mesh_supplementary_2025.tsv.gz"):
        mapped = [kinds.get(each, "") for each in (row["mapped_to"] or "").split(",")]
        kind = next((each for each in ("disease", "protein") if each in mapped), mapped[0])
        terms.append(Term(row["mesh_id"], tuple(names_of(row)), kind))
    return Release("MeSH supplementary", "2025", "", "", tuple(terms))


class Score(NamedTuple):
    """Counts of what was found and right, found, and there."""

    right: int
    found: int
    true: int

    def __str__(self) -> str:
        p = self.right / self.found if self.found else 0.0
        r = self.right / self.true if self.true else 0.0
        f = 2 * p * r / (p + r) if p + r else 0.0
        return f"P {p:.3f} R {r:.3f} F1 {f:.3f} ({self.right}/{self.found}/{self.true})"


Marked = set[tuple[int, int, str]]
Documents = dict[str, tuple[str, Marked]]


def scored(pairs: Iterable[tuple[Marked, Marked]]) -> tuple[Score, Score]:
    """Ids by document, and spans (whatever their id), of (found, true) of each document."""
    ids, spans = [0, 0, 0], [0, 0, 0]
    for found, true in pairs:
        for counts, cut in ((ids, 2), (spans, None)):
            one = {each[2] if cut else each[:2] for each in found}
            other = {each[2] if cut else each[:2] for each in true}
            for i, n in enumerate((len(one & other), len(one), len(other))):
                counts[i] += n
    return Score(*ids), Score(*spans)


def current_ids(vocab: Path) -> dict[str, str]:
    """HPO's former ids and what they were merged into; gold standards keep the ids of their day."""
    now: dict[str, str] = {}
    for ident, stanza in stanzas(vocab):
        now.update(dict.fromkeys(re.findall(r"^alt_id: (\S+)", stanza, re.M), ident))
        if later := line(stanza, "replaced_by"):
            now[ident] = later
    return now


def gsc(folder: Path, now: dict[str, str]) -> Documents:
    """GSC+ (and ID-68 in its layout): Text/ID, Annotations/ID with "[start::end] HP_x | text"."""
    documents: Documents = {}
    for file in sorted((folder / "Text").iterdir()):
        text = file.read_bytes().decode("utf-8")  # offsets count each line's end as it is
        notes = (folder / "Annotations" / file.name).read_text("utf-8")
        marked = set()
        for start, end, number in re.findall(r"^\[(\d+)::(\d+)\]\s+HP_(\d+)", notes, re.M):
            code = f"HP:{number}"
            marked.add((int(start), int(end), now.get(code, code)))
        documents[file.name] = (text, marked)
    return documents


def pubtator(file: Path, kind: str) -> Documents:
    """PubTator: "id|t|title", "id|a|abstract", "id TAB start TAB end TAB text TAB type TAB ids"."""
    texts: dict[str, str] = {}
    marked: dict[str, Marked] = defaultdict(set)
    for written in file.read_text("utf-8").splitlines():
        if (head := re.match(r"(\d+)\|([ta])\|(.*)", written)) is not None:
            number, part, text = head.groups()
            texts[number] = text if part == "t" else f"{texts[number]} {text}"
        elif len(cells := written.split("\t")) >= 6 and cells[4] == kind:
            for each in cells[5].split("|"):
                if each != "-1":
                    marked[cells[0]].add((int(cells[1]), int(cells[2]), each))
    return {number: (text, marked[number]) for number, text in texts.items()}


def of_kind(release: Release, kind: str) -> Release:
    """A vocabulary of only its terms of one kind, so that no other takes the longer name."""
    terms = tuple(term for term in release.terms if term.kind == kind)
    return msgspec.structs.replace(release, terms=terms)


def report(what: str, documents: Documents, recogniser: Recogniser, nested: bool) -> None:
    """One line for ids and one for spans."""
    start = time.process_time()
    pairs = [
        (
            {
                (each.start, each.end, each.term)
                for each in recogniser.mentions(text, nested=nested)
            },
            true,
        )
        for text, true in documents.values()
    ]
    seconds = time.process_time() - start
    ids, spans = scored(pairs)
    print(f"{what}, {len(documents)} documents, {seconds:.1f} s")
    print(f"  ids of documents  {ids}")
    print(f"  spans             {spans}")


def main() -> None:
    """Score every corpus that is there."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--vocab", type=Path, required=True)
    asked.add_argument("--corpora", type=Path, required=True)
    given = asked.parse_args()
    now = current_ids(given.vocab)
    phenotypes = build([hpo(given.vocab)])
    for folder in sorted(given.corpora.glob("hpo_*")):
        documents = gsc(folder, now)
        report(f"{folder.name}, longest names", documents, phenotypes, nested=False)
        report(f"{folder.name}, names within names too, as annotated", documents, phenotypes, True)
    headings = mesh(given.vocab)
    further = supplementary(given.vocab, headings)
    for kind in ("disease", "chemical"):
        recogniser = build([of_kind(headings, kind), of_kind(further, kind)])
        for file in sorted(given.corpora.glob("*/*.PubTator.txt")):
            documents = pubtator(file, kind.capitalize())
            report(f"{file.parent.name}, {kind}", documents, recogniser, nested=False)


if __name__ == "__main__":
    main()
