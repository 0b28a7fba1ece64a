"""How long vocabularies take to read, to keep and to walk, each in a process of its own.

``python benchmarks/vocabularies.py DIR`` reads the collected files of DIR, shared/data/vocab, and
MeSH in its official XML, of full size, made from the collected tables.
"""

from __future__ import annotations

import argparse
import gzip
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path
from xml.sax.saxutils import escape

from trialweave.terms import shelf
from trialweave.terms.reading import read_vocabulary
from trialweave.terms.tables import PLAIN, Table
from trialweave.terms.tree import tree

CELLS = {"id": "norm_concept_id", "name": "norm_preferred_label"}
GENES = {"id": "entrez", "name": "symbol", "synonyms": "aliases"}
FILES: dict[str, tuple[str, Table]] = {
    "hpo/hp.obo.gz": ("", PLAIN),
    "hpo/genes_to_phenotype.txt.gz": ("", PLAIN),
    "disease/mondo_2024-07.tsv.gz": ("MONDO", Table({}, "disease", "MONDO:")),
    "disease/doid_2024-07.tsv.gz": ("DOID", PLAIN),
    "mesh/mesh_descriptors_2025.tsv.gz": ("MeSH", PLAIN),
    "mesh/mesh_supplementary_2025.tsv.gz": ("MeSH", PLAIN),
    "gene/hgnc_2024-07.tsv.gz": ("", PLAIN),
    "gene/ncbi_gene_human_2022-09.tsv.gz": ("NCBI Gene", Table(GENES, "gene", "NCBIGene:")),
    "drug/unii_names_2025-06_nosys.tsv.gz": ("", PLAIN),
    "drug/chebi_2024-07.tsv.gz": ("CHEBI", PLAIN),
    "cell/cell_ontology_v2025-12-17.jsonl": ("CL", Table(CELLS, "cell")),
    "protein/famplex.obo": ("", PLAIN),
    "adverse_event/ctcae_v5_terms_grades.tsv": ("", PLAIN),
}
_TERM = (
    '<Term ConceptPreferredTermYN="N" IsPermutedTermYN="N" LexicalTag="NON" '
    'RecordPreferredTermYN="N">\n<TermUI>T000001</TermUI>\n<String>{}</String>\n<DateCreated><Year>'
    "1999</Year><Month>01</Month><Day>01</Day></DateCreated>\n<ThesaurusIDlist><ThesaurusID>UNK "
    "(19XX)</ThesaurusID></ThesaurusIDlist>\n</Term>\n"
)
_NOTE = "A note of the usual length, which says what is meant and what is not. " * 8


def official(source: Path, target: Path, element: str, root: str, ui: str, name: str) -> None:
    """Write a table of MeSH as a record set in the official XML."""
    with gzip.open(source, "rt") as rows, target.open("w") as out:
        next(rows)
        out.write(f'<?xml version="1.0"?>\n<{root} LanguageCode = "eng">\n')
        for row in rows:
            identifier, called, entries, places, *_ = [*row.rstrip("\n").split("\t"), ""]
            terms = "".join(_TERM.format(escape(one)) for one in [called, *entries.split("|")])
            numbers = "".join(f"<TreeNumber>{one}</TreeNumber>" for one in places.split("|"))
            called = escape(called)
            out.write(
                f"<{element}>\n<{ui}>{identifier}</{ui}>\n<{name}><String>{called}</String></{name}>"
                f"\n<Annotation>{_NOTE}</Annotation>\n<TreeNumberList>{numbers}</TreeNumberList>\n"
                f'<ConceptList>\n<Concept PreferredConceptYN="Y"><ConceptUI>M1</ConceptUI>\n'
                f"<ScopeNote>{_NOTE}</ScopeNote><TermList>{terms}</TermList></Concept></ConceptList>"
                f"\n</{element}>\n"
            )
        out.write(f"</{root}>\n")


def measure(path: Path, name: str, table: Table) -> None:
    """Read one file, keep it, read it back, walk its tree; one line of figures."""
    begun = time.process_time()
    release = read_vocabulary(path, name=name, table=table)
    read = time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with tempfile.TemporaryDirectory() as root:
        kept = shelf.add(Path(root), release, [(path.name, b"")])
        begun = time.process_time()
        shelf.load(Path(root), release.vocabulary)
        load = time.process_time() - begun
    begun = time.process_time()
    placed = tree(release.terms)
    if placed.ids:
        placed.depths()
    walked = time.process_time() - begun
    size = path.stat().st_size / 1e6
    print(
        f"| {path.name} | {size:.1f} | {kept.terms:,} | {kept.names:,} | {kept.links:,} "
        f"| {read:.2f} | {peak:.0f} | {kept.packed / 1e6:.1f} | {load:.2f} | {walked:.2f} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    spawn = multiprocessing.get_context("spawn")
    print("| file | MB | terms | names | links | read, s | MiB | kept, MB | load, s | tree, s |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as made:
        jobs = [(folder / file, name, table) for file, (name, table) in FILES.items()]
        for kind, element, root in (
            ("descriptors", "Descriptor", "DescriptorRecordSet"),
            ("supplementary", "SupplementalRecord", "SupplementalRecordSet"),
        ):
            target = Path(made) / f"{kind}_2025.xml"
            source = folder / f"mesh/mesh_{kind}_2025.tsv.gz"
            record = "DescriptorRecord" if element == "Descriptor" else element
            official(source, target, record, root, f"{element}UI", f"{element}Name")
            jobs.append((target, "MeSH", PLAIN))
        for job in jobs:
            child = spawn.Process(target=measure, args=job)
            child.start()
            child.join()


if __name__ == "__main__":
    main()
