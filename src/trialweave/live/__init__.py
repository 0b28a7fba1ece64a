"""Asks registers and literature services for records, politely, and all or nothing.

In comes a query or a list of numbers, out go documents as received, each with the address it came
from, and a report that says for every source how many records were promised and how many came.
`api` is what a source must be able to do; one module a source does it, and knows nothing of
waiting, trying again or paging to the end. Nothing is asked at import, nothing of an incomplete
search is handed on, and no other host than the source's own is ever asked.
"""

from __future__ import annotations

from trialweave.live import crossref, ctgov, ctis, euctr, europepmc, isrctn, openalex, pubmed
from trialweave.live.api import Api

__all__ = ["APIS", "DEFAULT_SOURCES"]

APIS: dict[str, Api] = {
    api.name: api
    for api in (
        ctgov.API,
        ctis.API,
        euctr.API,
        isrctn.API,
        pubmed.API,
        europepmc.API,
        crossref.API,
        openalex.API,
    )
}
"""Every live source by its name, in the order in which they are shown."""

DEFAULT_SOURCES = ("ctgov", "ctis", "euctr", "isrctn", "pubmed", "europepmc", "crossref")
"""Who is asked a query where no source is named."""
