"""Saved web pages of trial portals, as the text or the HTML that a browser saves.

In comes a page, out go drafts whose every value names the characters that state it. Five kinds of
page are known by the marks of their form, and any other page of a portal or register by the
registry number that is its own. HTML is read as the text that it shows, with the way back to the
markup: passages lead into the document as received, and `raw` holds the words as they are shown.
What a page says is missing is recorded as such; what it states wrongly stays as it stands; what no
concept covers is kept under the page's own label. Nothing here reads facts out of prose, and
nothing repairs.
"""

from trialweave.sources._source import Source
from trialweave.sources.pages import covidresearchtrials, medpath, news, portal, summary, veeva
from trialweave.sources.pages._encoding import check_encoding
from trialweave.sources.pages._layout import reading_of
from trialweave.sources.pages._saved import also_html

__all__ = ["SOURCES", "check_encoding", "reading_of"]

SOURCES: tuple[Source, ...] = (
    also_html(veeva.SOURCE),
    also_html(medpath.SOURCE),
    also_html(covidresearchtrials.SOURCE, title=True),
    also_html(news.SOURCE, title=True, bullets=True),
    also_html(summary.SOURCE, bullets=True),
    portal.SOURCE,
)
