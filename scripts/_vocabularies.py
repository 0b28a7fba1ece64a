"""Makes the vocabularies that ship: terms/shipped/NAME/VERSION, and what recognition needs of them.

To ship a newer release, put its files into DIR, change its line in `SHIPPED`, and run this again.
Names are laid out by rules; after a change of these, `--names` alone will do.
Nothing of licensed vocabularies, and nothing of MedDRA but the names that the NCI gives in CTCAE.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from trialweave.terms import shelf, shipped
from trialweave.terms.about import about
from trialweave.terms.reading import read_files
from trialweave.terms.ready import SHIPPED as NAMES
from trialweave.terms.ready import packed_names
from trialweave.terms.substances import SELECTED, named_in_trials
from trialweave.terms.tables import PLAIN, Table

__all__ = ["SHIPPED", "Recipe", "made", "main", "write_all", "write_names"]

LEVEL = 19
CELLS = {"id": "norm_concept_id", "name": "norm_preferred_label"}


class Recipe(NamedTuple):
    """How a release is made: of which files of DIR, and on which day it came out.

    `narrowed` chooses lines of the first file, and `note` says which.
    """

    vocabulary: str
    version: str
    day: str
    files: tuple[str, ...]
    table: Table = PLAIN
    narrowed: Callable[[str], str] | None = None
    note: str = ""


SHIPPED = (
    Recipe("MeSH", "2025", "2025-07-01", ("mesh/mesh_descriptors_2025.tsv.gz",),
           note="Descriptors of the 2025 release by the NLM, with entry terms and tree numbers; "
                "the newest MeSH may say otherwise."),
    Recipe("HPO", "2025-01-16", "2025-01-16",
           ("hpo/hp.obo.gz", "hpo/genes_to_phenotype.txt.gz"),
           note="Terms and gene links of the release, unaltered."),
    Recipe("HGNC", "2024-07", "2024-07-01", ("gene/hgnc_2024-07.tsv.gz",)),
    Recipe("DOID", "2024-07", "2024-07-01", ("disease/doid_2024-07.tsv.gz",)),
    Recipe("MONDO", "2024-07", "2024-07-01", ("disease/mondo_2024-07.tsv.gz",),
           Table({}, "disease", "MONDO:"),
           note="Names, broader terms and cross-references; definitions are left out."),
    Recipe("CL", "2025-12-17", "2025-12-17", ("cell/cell_ontology_v2025-12-17.jsonl",),
           Table(CELLS, "cell"), note="Names only; definitions and the tree are left out."),
    Recipe("CTCAE", "5.0", "2017-11-27", ("adverse_event/ctcae_v5_terms_grades.tsv",),
           note="Terms, classes, definitions and grades; no code of MedDRA."),
    Recipe("UniProt", "2026-04", "2026-04-01",
           ("variant/uniprot_humsavar_gnuhealth5.0.4.tsv.gz",),
           note="Human variants as a table, without their diseases."),
    Recipe("UNII", "2025-06-12", "2025-06-12", ("drug/unii_names_2025-06_nosys.tsv.gz",),
           narrowed=named_in_trials, note=SELECTED),
)  # fmt: skip
"""What ships. CTCAE is of the day of its publication; months stand for their first day."""


def made(recipe: Recipe, folder: Path) -> tuple[shelf.Shelved, bytes]:
    """The manifest and the bytes of a release, out of the files of `folder`."""
    assert about(recipe.vocabulary).may_ship, recipe.vocabulary
    files = [(name.rpartition("/")[2], (folder / name).read_bytes()) for name in recipe.files]
    read = files
    if recipe.narrowed is not None:
        (called, data), *others = files
        text = gzip.decompress(data).decode("utf-8")
        read = [(called.removesuffix(".gz"), recipe.narrowed(text).encode()), *others]
    several = len(read) > 1  # each then says itself what it is
    name = "" if several else recipe.vocabulary
    release = read_files(read, name=name, version=recipe.version, table=recipe.table)
    assert release.vocabulary == recipe.vocabulary, release.vocabulary
    notes = (*([recipe.note] if recipe.note else []), *release.notes)
    day = dt.datetime.combine(dt.date.fromisoformat(recipe.day), dt.time(), dt.UTC)
    release = msgspec.structs.replace(release, notes=notes)
    manifest, packed = shelf.packed(release, files, day, LEVEL)
    return msgspec.structs.replace(manifest, shipped=True), packed


def write_all(source: Path, target: Path, only: str = "") -> None:
    """Make every release anew, or `only` one vocabulary's; those of other versions are removed."""
    for recipe in SHIPPED:
        if only not in ("", recipe.vocabulary):
            continue
        manifest, packed = made(recipe, source)
        shutil.rmtree(target / recipe.vocabulary, ignore_errors=True)
        place = target / recipe.vocabulary / recipe.version
        place.mkdir(parents=True)
        (place / "release.msgpack.zst").write_bytes(packed)
        told = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
        (place / "manifest.json").write_bytes(told + b"\n")
        print(f"{recipe.vocabulary} {recipe.version}: {manifest.terms:,} terms, "
              f"{manifest.names:,} names, {manifest.links:,} links, {manifest.packed:,} bytes",
              flush=True)  # fmt: skip


def write_names(target: Path) -> None:
    """Lay out the names of all that ships, for recognition to begin at once."""
    data = packed_names()
    (target / NAMES).write_bytes(data)
    print(f"{NAMES}: {len(data):,} bytes")


def main() -> int:
    """Read the call, make what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="the collected files")
    parser.add_argument("--only", default="", metavar="NAME", help="make this vocabulary alone")
    parser.add_argument("--names", action="store_true", help="only lay out the names")
    given = parser.parse_args()
    if not given.names:
        if given.folder is None or not given.folder.is_dir():
            parser.error("name the folder of the collected files.")
        write_all(given.folder, shipped.FOLDER, given.only)
    write_names(shipped.FOLDER)
    return 0


if __name__ == "__main__":
    sys.exit(main())
