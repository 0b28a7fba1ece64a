"""Where vocabularies are published, and fetching their files from there unless they are known.

Licensed vocabularies have no place here: their users add their own files.
"""

from __future__ import annotations

import datetime as dt
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from trialweave.live.api import Answer, Api
from trialweave.live.body import LARGEST_ANSWER
from trialweave.live.client import HttpClient, Refused
from trialweave.live.pace import Pace

__all__ = ["PLACES", "Came", "Place", "Seen", "newest"]


class Place(NamedTuple):
    """Where a vocabulary is published: files below a base address, one release together.

    `{year}` in a file's name is that of the release. `more` are fetched besides where the release
    in use has terms whose ids begin so.
    """

    name: str  # as in TRIALWEAVE_URL_<NAME>
    base: str
    files: tuple[str, ...]
    more: tuple[tuple[str, str], ...] = ()


_OBO: Final = "https://purl.obolibrary.org/obo"
PLACES: Final[dict[str, Place]] = {
    "MeSH": Place(
        "mesh", "https://nlmpubs.nlm.nih.gov/projects/mesh/MESH_FILES/asciimesh",
        ("d{year}.bin",), (("C", "c{year}.bin"),),
    ),
    "HPO": Place("hpo", _OBO, ("hp.obo", "hp/hpoa/genes_to_phenotype.txt")),
    "MONDO": Place("mondo", _OBO, ("mondo.obo",)),
    "DOID": Place("doid", _OBO, ("doid.obo",)),
    "CL": Place("cl", _OBO, ("cl.obo",)),
    "UBERON": Place("uberon", _OBO, ("uberon.obo",)),
    "CHEBI": Place("chebi", _OBO, ("chebi.obo",)),
    "EFO": Place("efo", "https://www.ebi.ac.uk/efo", ("efo.obo",)),
    "HGNC": Place(
        "hgnc", "https://storage.googleapis.com/public-download-files/hgnc/tsv/tsv",
        ("hgnc_complete_set.txt",),
    ),
    "NCBI Gene": Place(
        "ncbi_gene", "https://ftp.ncbi.nlm.nih.gov/gene/DATA/GENE_INFO/Mammalia",
        ("Homo_sapiens.gene_info.gz",),
    ),
    "UNII": Place("unii", "https://precision.fda.gov/uniisearch/archive/latest", ("UNIIs.zip",)),
    "RxNorm": Place(
        "rxnorm", "https://download.nlm.nih.gov/rxnorm", ("RxNorm_full_prescribe_current.zip",)
    ),
    "UniProt": Place(
        "uniprot",
        "https://ftp.uniprot.org/pub/databases/uniprot/current_release/knowledgebase/complete/docs",
        ("humsavar.txt",),
    ),
}  # fmt: skip
"""The official places, by vocabulary."""

_YEARS: Final = (1, 0, -1)  # the release of the next year comes out in autumn
_INTERVAL: Final = 1.0  # seconds between two requests of one host
_SAME: Final = 304


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file as it was when its release was taken: what the server calls this state of it."""

    vocabulary: str
    version: str
    etag: str = ""
    modified: str = ""


class Came(NamedTuple):
    """A file that was asked for: its name, its official address, and what the server said."""

    name: str
    url: str
    answer: Answer


class _Client(HttpClient):
    """Follows to any host, but never without https; takes "not modified" for an answer."""

    def _check(self, answer: Answer, expect: str, missing_ok: bool, where: str) -> None:
        if answer.status != _SAME:
            super()._check(answer, expect, missing_ok, where)

    def _redirected(self, address: str, answer: Answer, where: str) -> str:
        location = answer.headers.get("location", "")
        try:
            target = urllib.parse.urljoin(address, location)
            if location and urllib.parse.urlsplit(target).scheme == "https":
                return target
        except ValueError:
            pass
        try:
            return super()._redirected(address, answer, where)
        except Refused as error:
            if not location:
                raise
            raise Refused(
                error.status,
                "it redirects to an address without https, which is not followed.",
                where=where,
                next_step=error.next_step,
            ) from None


def newest(
    name: str,
    files: Sequence[str],
    known: Mapping[str, Seen],
    now: dt.datetime,
    pace: Pace,
    environ: Mapping[str, str],
) -> list[Came] | None:
    """The files of the newest release of a vocabulary that has a place; None where all are known.

    `known` says by address what the release in use was read from. Of several years the latest is
    taken of which all files are there. Raises FetchFailed.
    """
    years = [now.year + each for each in _YEARS] if any("{year}" in each for each in files) else [0]

    def asked(path: str, seen: Mapping[str, Seen]) -> Came:
        return _asked(name, path, seen, pace, environ, missing_ok=year != years[-1])

    for year in years:
        paths = [path.format(year=year) for path in files]
        came = [asked(path, known) for path in paths]
        if all(one.answer.status == _SAME for one in came):
            return None
        if all(one.answer.status < 400 for one in came):
            return [
                asked(path, {}) if one.answer.status == _SAME else one
                for path, one in zip(paths, came, strict=True)
            ]
    raise AssertionError("a file of the last year may not be missing")


def _asked(
    name: str,
    path: str,
    known: Mapping[str, Seen],
    pace: Pace,
    environ: Mapping[str, str],
    *,
    missing_ok: bool,
) -> Came:
    """One file, unless it is as it was. Raises FetchFailed."""
    place = PLACES[name]
    url = f"{place.base}/{path}"
    headers = {}
    if seen := known.get(url):
        asks = {"If-None-Match": seen.etag, "If-Modified-Since": seen.modified}
        headers = {header: value for header, value in asks.items() if value}
    api = Api(place.name, name, place.base, (), _no_search, _no_record, _INTERVAL)
    with _Client(
        api, pace=pace, environ=environ, largest=LARGEST_ANSWER, headers=headers
    ) as client:
        answer = client.get(path, expect="text", missing_ok=missing_ok)
    return Came(path.rpartition("/")[2], url, answer)


def _no_search(client: Any, query: str, token: str) -> Any:
    raise AssertionError("a vocabulary is not searched")


def _no_record(client: Any, scheme: str, value: str) -> Any:
    raise AssertionError("a vocabulary has no records")
