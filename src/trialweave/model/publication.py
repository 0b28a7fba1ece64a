"""The harmonised content of an article, or of a page that retells one."""

from __future__ import annotations

import msgspec

from trialweave.model.article_table import ArticleTable
from trialweave.model.dates import PartialDate
from trialweave.model.trial import RegistryNumber, Trial
from trialweave.model.value import Labelled, Suggestion, Value

__all__ = ["Publication", "Related", "Section"]


class Section(msgspec.Struct, frozen=True, omit_defaults=True):
    """One labelled part of the text: "Methods", "Key Results"."""

    label: str
    text: Value[str]
    heading: str = ""  # of the part within the section, where it has parts
    part: str = ""  # "abstract" or "body" of the article, where the source tells them apart


class Related(msgspec.Struct, frozen=True, omit_defaults=True):
    """Another article that stands in a stated relation to this one.

    `kind` says what that article is to this one, as the source names it: "ErratumIn",
    "RetractionIn", "retraction", "is-preprint-of".
    """

    kind: str
    doi: Value[str] = Value()
    pmid: Value[str] = Value()
    text: Value[str] = Value()


class Publication(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a record states about an article, and what that article states about a trial.

    `doi` and `pmid` are those of the article itself or, where `retold` is true, of the article
    that the page retells. `trial` holds what the text says of the trial's design; `registrations`
    the registry numbers it names.
    """

    title: Value[str] = Value()
    doi: Value[str] = Value()
    pmid: Value[str] = Value()
    retold: bool = False
    kind: Value[str] = Value()  # "original article", "review", "news", as far as stated
    authors: Value[tuple[Value[str], ...]] = Value()
    journal: Value[str] = Value()
    volume: Value[str] = Value()
    published: Value[PartialDate] = Value()
    page_date: Value[PartialDate] = Value()
    publisher: Value[str] = Value()  # of the page: the institute or portal that shows it
    url: Value[str] = Value()
    citation: Value[str] = Value()
    registrations: Value[tuple[RegistryNumber, ...]] = Value()
    relations: Value[tuple[Related, ...]] = Value()  # corrections, retractions, preprints
    report_of: Value[str] = Value()  # key of the main report, where a reviewer says so
    sections: Value[tuple[Section, ...]] = Value()
    tables: Value[tuple[ArticleTable, ...]] = Value()  # of the article, laid out
    trial: Trial = Trial()
    other: tuple[Labelled, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
