"""Recognition of terms: scored on public corpora that you point at, or listed for reading.

``python validation/terms.py --vocab DIR --corpora DIR`` prints, for every corpus below the folder,
precision, recall and F1 of the sets of ids of each document, and of exact mention spans. A corpus
is a folder with ``Text`` and ``Annotations`` (GSC+, ID-68), a file in PubTator's layout
(``*PubTator*``, ``*.pubtator``: BC5CDR, NCBI-disease, BioRED), or a folder with brat's ``.txt`` and
``.ann`` (spans, and ids where it has ``N`` lines).

``python validation/terms.py --vocab DIR --texts FILE... [--half 0|1] [--top N] [--sample N]``
reads texts (a JSON list or lines of objects, CSV, or plain text) and prints the most frequent
mentions of all vocabularies, or a sample of each one's, to be judged by a reader.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import re
import sys
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from trialweave.terms.reading import read_vocabulary
from trialweave.terms.recognise import Recogniser, build
from trialweave.terms.tables import Table
from trialweave.terms.term import Release, Term

csv.field_size_limit(sys.maxsize)

FILES: Final = {
    "HPO": ("hpo/hp.obo.gz", Table()),
    "MeSH": ("mesh/mesh_descriptors_2025.tsv.gz", Table()),
    "MeSH supplementary": ("mesh/mesh_supplementary_2025.tsv.gz", Table(kind="chemical")),
    "HGNC": ("gene/hgnc_2024-07.tsv.gz", Table()),
    "MONDO": ("disease/mondo_2024-07.tsv.gz", Table(kind="disease")),
    "DOID": ("disease/doid_2024-07.tsv.gz", Table(kind="disease")),
    "UNII": ("drug/unii_names_2025-06_nosys.tsv.gz", Table()),
    "CL": (
        "cell/cell_ontology_v2025-12-17.jsonl",
        Table({"id": "norm_concept_id", "name": "norm_preferred_label"}, kind="cell"),
    ),
    "CTCAE": ("adverse_event/ctcae_v5_terms_grades.tsv", Table()),
}
"""What the product's readers are given, in the folder of vocabularies."""

# What corpora mark as diseases and chemicals, by place in MeSH: of chemicals no proteins, forms
# and classes by use.
_PLACES: Final = {
    "disease": re.compile(r"C\d|F03|F01\.145\.126|F01\.700"),
    "chemical": re.compile(r"D0[1-6]|D09|D10"),
}
_TYPES: Final = {
    "disease": frozenset(
        ("Disease", "SpecificDisease", "DiseaseClass", "Modifier", "CompositeMention",
         "DiseaseOrPhenotypicFeature")
    ),
    "chemical": frozenset(("Chemical", "ChemicalEntity", "Drug")),
    "gene": frozenset(("Gene", "GeneOrGeneProduct")),
}  # fmt: skip


def read(vocab: Path, name: str) -> Release:
    """A vocabulary by the product's own reader."""
    file, table = FILES[name]
    return read_vocabulary(vocab / file, name=name, table=table)


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


def gsc(folder: Path, now: dict[str, str]) -> Documents:
    """GSC+ (and ID-68 in its layout): Text/ID, Annotations/ID with "[start::end] HP_x | text"."""
    documents: Documents = {}
    for file in sorted((folder / "Text").iterdir()):
        text = file.read_bytes().decode("utf-8")  # offsets count each line's end as it is
        notes = (folder / "Annotations" / file.name).read_text("utf-8")
        marked = set()
        for start, end, number in re.findall(r"^\[(\d+)::(\d+)\]\s+HP[_:](\d+)", notes, re.M):
            code = f"HP:{number}"
            marked.add((int(start), int(end), now.get(code, code)))
        documents[file.name] = (text, marked)
    return documents


def plain_id(written: str) -> str:
    """An id without the name of its vocabulary: D003920 of MESH:D003920."""
    return re.sub(r"^(?:MESH|NCBIGene|NCBI Gene|Gene):", "", written.strip(), flags=re.I)


def pubtator(file: Path, types: frozenset[str]) -> Documents:
    """PubTator: "id|t|title", "id|a|abstract", "id TAB start TAB end TAB text TAB type TAB ids"."""
    texts: dict[str, str] = {}
    marked: dict[str, Marked] = defaultdict(set)
    for written in file.read_text("utf-8").splitlines():
        if (head := re.match(r"(\d+)\|([ta])\|(.*)", written)) is not None:
            number, part, text = head.groups()
            texts[number] = text if part == "t" else f"{texts[number]} {text}"
        elif len(cells := written.split("\t")) >= 6 and cells[4] in types:
            for each in re.split("[|,;+]", cells[5]):
                if each not in ("-1", "-", ""):
                    marked[cells[0]].add((int(cells[1]), int(cells[2]), plain_id(each)))
    return {number: (text, marked[number]) for number, text in texts.items()}


def brat(folder: Path, types: frozenset[str]) -> Documents:
    """brat: spans of these types, with the ids of their "N" lines, "" without one."""
    documents: Documents = {}
    for file in sorted(folder.glob("*.ann")):
        notes = file.read_text("utf-8")
        ids = dict(re.findall(r"^N\d+\t\S+ (T\d+) (\S+)", notes, re.M))
        found = re.findall(r"^(T\d+)\t(\S+) (\d+)[^\t]*?(\d+)\t", notes, re.M)
        marked = {
            (int(start), int(end), plain_id(ids.get(number, "")))
            for number, kind, start, end in found
            if kind in types
        }
        text = file.with_suffix(".txt").read_bytes().decode("utf-8")
        documents[file.stem] = (text, marked)
    return documents


def former_ids(release: Release) -> dict[str, str]:
    """Former ids and what they were merged into; gold standards keep the ids of their day."""
    now = {former: term.id for term in release.terms for former in term.former}
    now.update({term.id: term.replaced_by for term in release.terms if term.replaced_by})
    return now


def marked_as(kind: str, headings: Release, further: Release) -> Recogniser:
    """A recogniser of what corpora mark as this kind, so that no other takes the longer name.

    A supplementary record is of the kind of the headings that it is mapped to.
    """
    place = _PLACES[kind]
    chosen = {term.id for term in headings.terms if any(map(place.match, term.numbers))}

    def within(term: Term) -> bool:
        mapped = [each.strip("* ") for parent in term.parents for each in parent.split(",")]
        return any(each in chosen for each in mapped)

    first = tuple(term for term in headings.terms if term.id in chosen)
    second = tuple(
        msgspec.structs.replace(term, kind=kind) for term in further.terms if within(term)
    )
    return build(
        [
            msgspec.structs.replace(headings, terms=first),
            msgspec.structs.replace(further, terms=second),
        ]
    )


def genes_by_number(release: Release) -> Release:
    """Genes under the ids of NCBI Gene, which corpora give."""
    terms = []
    for term in release.terms:
        number = next((plain_id(each) for each in term.alike if each.startswith("NCBIGene:")), "")
        if number:
            terms.append(msgspec.structs.replace(term, id=number))
    return msgspec.structs.replace(release, terms=tuple(terms))


def report(what: str, documents: Documents, recogniser: Recogniser, nested: bool = False) -> None:
    """One line for ids and one for spans; nothing where nothing is marked."""
    if not any(true for _, true in documents.values()):
        return
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
    if any(each[2] for _, true in pairs for each in true):
        print(f"  ids of documents  {ids}")
    print(f"  spans             {spans}")


def score_corpora(vocab: Path, corpora: Path) -> None:
    """Score every corpus that is there."""
    folders = sorted(file.parent for file in corpora.rglob("Annotations"))
    if folders:
        hpo = read(vocab, "HPO")
        now, phenotypes = former_ids(hpo), build([hpo])
        for folder in folders:
            documents = gsc(folder, now)
            report(f"{folder.name}, longest names", documents, phenotypes)
            report(
                f"{folder.name}, names within names too, as annotated", documents, phenotypes, True
            )
    files = sorted(
        file
        for file in corpora.rglob("*")
        if re.search(r"pubtator", file.name, re.I) and file.is_file()
    )
    brats = sorted(
        {file.parent for file in corpora.rglob("*.ann") if file.with_suffix(".txt").exists()}
    )
    if not files and not brats:
        return
    headings, further = read(vocab, "MeSH"), read(vocab, "MeSH supplementary")
    for kind, types in _TYPES.items():
        corpora_of = [(file, pubtator(file, types)) for file in files]
        corpora_of += [(folder, brat(folder, types)) for folder in brats]
        corpora_of = [each for each in corpora_of if any(true for _, true in each[1].values())]
        if not corpora_of:
            continue
        if kind == "gene":
            recogniser = build([genes_by_number(read(vocab, "HGNC"))])
        else:
            recogniser = marked_as(kind, headings, further)
        for place, documents in corpora_of:
            report(f"{place.parent.name}/{place.name}, {kind}", documents, recogniser)


def strings(value: object) -> Iterator[str]:
    """Every text in a JSON value that is more than a code or a date."""
    if isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, str) and re.search(r"[^\W\d_]{3}", value) and "://" not in value:
        yield value


def texts(file: Path) -> Iterator[tuple[str, str]]:
    """The texts of a file, each with the name of its record."""
    content = file.read_text("utf-8", errors="replace")
    if file.suffix in (".json", ".jsonl"):
        lines = content.splitlines() if file.suffix == ".jsonl" else [content]
        for number, line in enumerate(lines):
            for each in strings(json.loads(line)):
                yield f"{file.name}:{number}", each
    elif file.suffix == ".csv":
        for number, row in enumerate(csv.reader(content.splitlines(keepends=True))):
            for cell in row:
                yield f"{file.name}:{number}", re.sub("<[^>]{0,200}>", "\n", cell)
    else:
        yield file.name, re.sub("<[^>]{0,500}>", " ", content)


def list_mentions(vocab: Path, files: list[Path], half: int | None, top: int, sample: int) -> None:
    """The most frequent mentions, or some of each vocabulary at random, with what stands around."""
    every = [
        (name, text)
        for file in files
        for name, text in texts(file)
        if half is None or zlib.crc32(name.encode()) % 2 == half
    ]
    releases = [read(vocab, name) for name in FILES]
    names = {(each.vocabulary, term.id): term.name for each in releases for term in each.terms}
    recogniser = build(releases, {text for _, text in every})
    counts: Counter[tuple[str, str, str]] = Counter()
    around: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    draw = random.Random(1)
    for _, text in every:
        for each in recogniser.mentions(text):
            key = each.vocabulary, text[each.start : each.end], each.term
            counts[key] += 1
            shown = (
                f"{text[max(0, each.start - 50) : each.start]}[…]{text[each.end : each.end + 40]}"
            )
            if sample:
                around[key].append(" ".join(shown.split()))
    if sample:
        for vocabulary in FILES:
            keys = [key for key in counts if key[0] == vocabulary]
            weights = [counts[key] for key in keys]
            for key in draw.choices(keys, weights, k=sample) if keys else ():
                seen = draw.choice(around[key])
                print(vocabulary, key[1], names[key[0], key[2]], seen, sep="\t")
        return
    for (vocabulary, said, term), n in counts.most_common(top):
        print(n, vocabulary, said, term, names[vocabulary, term], sep="\t")


def main() -> None:
    """Score corpora, or list mentions in texts."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--vocab", type=Path, required=True)
    asked.add_argument("--corpora", type=Path)
    asked.add_argument("--texts", type=Path, nargs="+")
    asked.add_argument("--half", type=int, choices=(0, 1))
    asked.add_argument("--top", type=int, default=300)
    asked.add_argument("--sample", type=int, default=0)
    given = asked.parse_args()
    if given.corpora:
        score_corpora(given.vocab, given.corpora)
    if given.texts:
        list_mentions(given.vocab, given.texts, given.half, given.top, given.sample)


if __name__ == "__main__":
    main()
