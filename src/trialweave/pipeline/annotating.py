"""The terms of all current records, into the table of mentions of a generation in the making."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import pyarrow as pa

from trialweave.errors import WorkspaceError
from trialweave.model import Annotation, TermDecision
from trialweave.pipeline.said import KEY, Said, said
from trialweave.store import formats, mentions, tables
from trialweave.store.generations import Generation, Generations, Staging
from trialweave.store.term_decisions import Log, TermDecisions
from trialweave.terms import ready
from trialweave.terms.annotate import annotated
from trialweave.terms.decided import Ruled, form_of, ruled
from trialweave.terms.laid import recogniser
from trialweave.terms.recognise import Recogniser

__all__ = ["annotate", "reannotate"]

_AT_ONCE = 1_000  # records whose texts are in memory


def annotate(staging: Staging, heads: pa.Table, told: Said, since: Generation | None) -> None:
    """Write the mentions of the current versions; `heads` are those of all versions, marked.

    What `since` holds of records that are as they were is taken over where it was made with the
    same vocabularies and rules, and nobody has said anything else of it since.
    """
    versions = _versions(heads)
    kept, held = None, frozenset[str]()
    if since is not None and since.manifest.about.get(KEY) == told.vocabularies[KEY]:
        table = mentions.load_mentions(since.file("mentions"))
        before = _versions(tables.read_all_heads(since.path))
        same = {name for name, version in before.items() if versions.get(name) == version}
        held = frozenset(same - _touched(since, told, table, same))
        kept = mentions.of_records(table, held)
    wanted = [name for name in versions if name not in held]
    found = _found(staging, wanted, ruled(told.terms))
    mentions.write_mentions(staging.file("mentions"), found, kept)


def _versions(heads: pa.Table) -> dict[str, int]:
    """The number of the current version of every record."""
    current = heads.filter(heads.column("current"))
    columns = (current.column(name).to_pylist() for name in ("record_id", "version"))
    return dict(zip(*columns, strict=True))


def _touched(since: Generation, told: Said, table: pa.Table, records: set[str]) -> set[str]:
    """The records of which people say something else than when `since` was made."""
    count = TermDecisions(since.path.parent.parent).applied(since, told.terms)
    before, now = ruled(told.terms[:count]), ruled(told.terms)
    places = {
        name
        for name in {*before.places, *now.places}
        if before.places.get(name) != now.places.get(name)
    }
    changed = {
        key
        for key in {*before.anywhere, *now.anywhere}
        if before.anywhere.get(key) != now.anywhere.get(key)
    }
    if any(_adds(rules.anywhere, key) for rules in (before, now) for key in changed):
        return records
    return places | _saying(table, {form for _, _, form in changed})


def _adds(anywhere: Mapping[tuple[str, str, str], object], key: tuple[str, str, str]) -> bool:
    """Whether it may make mentions that no vocabulary makes."""
    found = anywhere.get(key)
    return found is not None and getattr(found, "outcome", "") == "is"


def _saying(table: pa.Table, forms: set[str]) -> set[str]:
    """The records that mention something in these words."""
    if not forms:
        return set()
    words = mentions.words_in(table, "matched")
    codes = pa.array([i for i, word in enumerate(words) if form_of(word) in forms], pa.int32())
    return set(mentions.having(table, "matched", codes, "record_id"))


def _found(staging: Staging, wanted: Sequence[str], rules: Ruled) -> Iterator[Annotation]:
    if not wanted:
        return
    laid = ready.laid_for(staging.path.parent.parent)

    def of(texts: Iterable[str]) -> Recogniser:
        return recogniser(laid, texts)

    for start in range(0, len(wanted), _AT_ONCE):
        some = tables.read_records(staging.path, wanted[start : start + _AT_ONCE], current=True)
        yield from annotated(some, of, rules)


def reannotate(
    generations: Generations, decide: Callable[[Log], Sequence[TermDecision]] = lambda log: ()
) -> Log:
    """Look for terms anew by the vocabularies now in use, and take down what somebody says of them.

    `decide` is given what was said so far and gives what to append; as `collect.rederive`.
    """
    from trialweave.pipeline.build import build

    with generations.begin() as staging:
        if staging.base is None:
            raise WorkspaceError("the workspace is empty.", where=str(generations.root))
        formats.check(staging.base)
        before = said(generations, staging.base)
        file = TermDecisions(generations.root)
        log = file.read()
        entries = decide(log)
        now = dataclasses.replace(before, terms=(*log.entries, *entries))
        staging.carry(tables.PARTS)
        build(staging, tables.read_all_heads(staging.base.path), now, staging.base)
        file.append(log, *entries)
        generations.commit(staging, formats.FORMATS | now.noted)
    return log
