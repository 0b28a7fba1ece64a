"""All findings of a record, from its tables and from its text."""

from __future__ import annotations

import msgspec

from trialweave.model import Finding, Record
from trialweave.results.article_tables import article_findings
from trialweave.results.prose import prose_findings
from trialweave.results.tables import table_findings
from trialweave.results.vocabulary import Vocabulary, with_families

__all__ = ["read_findings"]


def read_findings(record: Record, vocabulary: Vocabulary | None = None) -> tuple[Finding, ...]:
    """The results that one record states: posted tables first, then those of the article,
    then the text, in its order.

    A finding is one comparison or one single group, for one outcome, time and category. What a
    sentence leaves open is not filled in, except numbers that the printed ones determine; those
    are marked "recovered". A record without results gives an empty tuple, and none raises an error.
    `vocabulary` are a user's own families of outcomes.
    """
    tables = [*table_findings(record), *article_findings(record)]
    found = [*tables, *prose_findings(record, tables)]
    if vocabulary is not None:
        found = list(with_families(found, vocabulary))
    return tuple(
        msgspec.structs.replace(
            finding, finding_id=f"{record.record_id}#{ordinal}", record_id=record.record_id
        )
        for ordinal, finding in enumerate(found, start=1)
    )
