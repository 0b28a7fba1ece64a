"""Articles: PubMed, full text in JATS, reference managers, and the JSON of literature services.

In comes a document of one article or many, out goes a draft with a `Publication` for each. Every
value names the characters or the JSON path that state it, registry numbers also the kind of place
they stand in. Nothing here fetches, and nothing decides whether a number is the article's own.
"""

from trialweave.sources._source import Source
from trialweave.sources.literature import (
    bibtex,
    crossref,
    europepmc,
    jats,
    lists,
    medline,
    openalex,
    pubmed,
    references,
)

__all__ = ["SOURCES"]

SOURCES: tuple[Source, ...] = (
    pubmed.SOURCE,
    jats.SOURCE,
    medline.SOURCE,
    references.SOURCE,
    bibtex.SOURCE,
    crossref.SOURCE,
    europepmc.SOURCE,
    openalex.SOURCE,
    lists.SOURCE,
)
