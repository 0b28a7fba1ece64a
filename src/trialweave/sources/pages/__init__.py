"""Saved web pages of trial portals: plain text as a browser saves it, one page a document.

In comes the text of a page, out go drafts whose every value names the characters that state it.
A kind of page is recognised by the marks of its form. What a page says is missing is recorded as
such; what it states wrongly stays as it stands; what no concept covers is kept under the page's
own label. Nothing here reads facts out of prose, and nothing repairs.
"""

from trialweave.sources._source import Source
from trialweave.sources.pages import covidresearchtrials, medpath, news, summary, veeva

__all__ = ["SOURCES"]

SOURCES: tuple[Source, ...] = (
    veeva.SOURCE,
    medpath.SOURCE,
    covidresearchtrials.SOURCE,
    news.SOURCE,
    summary.SOURCE,
)
