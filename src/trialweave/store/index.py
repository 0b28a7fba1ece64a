"""The search index over studies: words stemmed and unstemmed, identifiers, facets.

An index belongs to one generation and is never changed: the next one takes over its files and
writes beside them what is different, or is made anew. Losing one costs time only. `FORMAT` tells
whether this program can read one: note it in the manifest, and rebuild where it differs.
"""

from __future__ import annotations

import functools
import importlib.metadata
import itertools
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import tantivy
from tantivy import Filter, Occur, Query, TextAnalyzerBuilder, Tokenizer

from trialweave.errors import NotFound, WorkspaceError
from trialweave.store._files import linked, on_disk
from trialweave.store._query import Term, fold, parse

__all__ = ["FACETS", "FORMAT", "Hit", "Hits", "StudyDocument", "build", "further", "search"]

FORMAT = f"tantivy {importlib.metadata.version('tantivy')}, fields 2"
"""Changes with every version of the engine, whose files are not readable across versions."""

FACETS = ("sources", "phases", "statuses", "countries", "years", "has_flags")
"""The fields that can be filtered by and are counted; `has_flags` holds "yes" or "no"."""

_MOST_HITS = 1000  # in one answer
_MOST_VALUES = 1000  # of one facet
_SNIPPET = 240  # bytes
_HEAP = 64_000_000  # bytes
_AT_ONCE = 4000  # studies: a writer holds on to some 13 KB of each until it is done
_SHOWN = msgspec.msgpack.Decoder(dict[str, str])


class StudyDocument(msgspec.Struct, frozen=True):
    """What is searched of one study. `text` is everything worth finding besides the title."""

    study_id: str
    title: str
    identifiers: tuple[str, ...] = ()
    text: str = ""
    sources: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    has_flags: bool = False
    shown: dict[str, str] = {}


class Hit(msgspec.Struct, frozen=True):
    """One study found. `matches` are the character spans in `snippet` that the query hit; `shown`
    is what its document holds for showing."""

    study_id: str
    score: float
    title: str
    snippet: str
    matches: tuple[tuple[int, int], ...]
    shown: dict[str, str]


class Hits(msgspec.Struct, frozen=True):
    """How many studies match, the asked part of them best first, and counts of facets.

    A facet is counted under the query and the filters of the other facets, most frequent first,
    so that it tells what choosing one of its values instead would give.
    """

    total: int
    hits: tuple[Hit, ...]
    facets: dict[str, dict[str, int]]


def build(path: Path, documents: Iterable[StudyDocument]) -> int:
    """Write a new index into the folder `path`; the number of studies in it.

    Studies that match equally well are found in the order in which they were written.
    """
    with on_disk("write the search index", path):
        path.mkdir(parents=True)
        return _written(path, tantivy.Index(_schema(), path=str(path)), (), documents)


def further(base: Path, path: Path, gone: Iterable[str], documents: Iterable[StudyDocument]) -> int:
    """Write an index that has the studies of `base` without those `gone` (their ids), and further
    ones; how many were written. `base` stays as it is: files that both have are hard links."""
    with on_disk("write the search index", path):
        path.mkdir(parents=True)
        for file in base.iterdir():
            if file.suffix == ".json":  # the engine replaces these
                shutil.copy(file, path / file.name)
            elif file.suffix != ".lock":
                linked(file, path / file.name)
        with _readable(base):
            index = tantivy.Index.open(str(path))
        return _written(path, index, gone, documents)


def _written(
    path: Path, index: Any, gone: Iterable[str], documents: Iterable[StudyDocument]
) -> int:
    index, rest, number = _prepared(index), iter(documents), 0
    try:
        writer = index.writer(_HEAP, 1)  # one thread, one order
        for study_id in gone:
            writer.delete_documents_by_term("study_id", study_id)
        while True:
            some = 0
            for document in itertools.islice(rest, _AT_ONCE):
                writer.add_document(_document(document))
                some += 1
            writer.commit()
            writer.wait_merging_threads()
            number += some
            if some < _AT_ONCE:
                break
            writer = index.writer(_HEAP, 1)
    except ValueError as error:  # how the engine reports what its threads met
        raise OSError(str(error)) from error
    mode = path.stat().st_mode & 0o666
    for file in path.iterdir():  # the engine makes some for its own user's eyes only
        if file.stat().st_mode & 0o777 != mode:  # one of a generation before may be another user's
            file.chmod(mode)
    return number


def search(
    path: Path,
    query: str,
    *,
    limit: int = 20,
    offset: int = 0,
    filters: Mapping[str, Sequence[str]] | None = None,
) -> Hits:
    """Find studies. Any text is a query; the empty one finds all, one of mere signs nothing.

    All words must occur, in any field; see `trialweave.store._query` for what else is understood.
    Within one of the `filters` any of the values does, and an empty list filters nothing.
    Raises NotFound for a filter that is not one of `FACETS`, WorkspaceError where the index is
    absent, damaged or of another version.
    """
    chosen = {name: tuple(values) for name, values in (filters or {}).items() if values}
    if unknown := sorted(set(chosen) - set(FACETS)):
        raise NotFound(
            f"there is no filter {unknown[0]!r}.", next_step=f"There are: {', '.join(FACETS)}."
        )
    engine = _opened(path)
    with _readable(path):
        return engine.answer(query, limit, offset, chosen)


@functools.cache
def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("study_id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("identifiers", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("title", tokenizer_name="stemmed")
    builder.add_text_field("text", tokenizer_name="stemmed")
    builder.add_text_field("words", tokenizer_name="plain", index_option="basic")
    builder.add_bytes_field("title_as_is", stored=True)
    builder.add_bytes_field("text_as_is", stored=True)
    builder.add_bytes_field("shown", stored=True)
    for name in FACETS:
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


@functools.cache
def _analyser(stemmed: bool) -> Any:
    builder = TextAnalyzerBuilder(Tokenizer.simple())
    for step in (Filter.remove_long(100), Filter.lowercase(), Filter.ascii_fold()):
        builder = builder.filter(step)
    return (builder.filter(Filter.stemmer("english")) if stemmed else builder).build()


def _prepared(index: Any) -> Any:
    index.register_tokenizer("stemmed", _analyser(True))
    index.register_tokenizer("plain", _analyser(False))
    return index


def _document(study: StudyDocument) -> Any:
    document = tantivy.Document()
    title, text = fold(study.title), fold(study.text)
    document.add_text("study_id", study.study_id)
    document.add_text("title", title)
    document.add_text("text", text)
    document.add_text("words", title)
    document.add_text("words", text)
    document.add_bytes("title_as_is", study.title.encode("utf-8", "replace"))
    document.add_bytes("text_as_is", study.text.encode("utf-8", "replace"))
    document.add_bytes("shown", msgspec.msgpack.encode(study.shown))
    for identifier in dict.fromkeys(map(_key, (study.study_id, *study.identifiers))):
        document.add_text("identifiers", identifier)
    for name in FACETS[:-1]:
        for value in dict.fromkeys(getattr(study, name)):
            document.add_text(name, str(value))
    document.add_text("has_flags", "yes" if study.has_flags else "no")
    return document


def _key(identifier: str) -> str:
    return fold(identifier).casefold()


@dataclass(frozen=True)
class _Engine:
    """An opened index."""

    searcher: Any
    schema: Any

    def answer(
        self, query: str, limit: int, offset: int, chosen: Mapping[str, Sequence[str]]
    ) -> Hits:
        """The part of the hits asked for, and the counts of all facets."""
        sought = self.sought(query)
        wanted = self.filtered(sought, chosen)
        limit, offset = min(max(limit, 0), _MOST_HITS), max(offset, 0)
        # The engine panics at a limit of nothing, and reserves memory for offset + limit hits.
        reachable = offset < self.searcher.num_docs
        found = self.searcher.search(
            wanted, limit=max(limit, 1), offset=offset if reachable else 0, count=True
        )
        hits = self.hits(found.hits[:limit] if reachable else [], sought)
        facets = self.counts(wanted, [name for name in FACETS if name not in chosen])
        for name in chosen:
            others = {other: values for other, values in chosen.items() if other != name}
            facets |= self.counts(self.filtered(sought, others), [name])
        return Hits(found.count, hits, {name: facets[name] for name in FACETS})

    def sought(self, query: str) -> Any:
        """The query without filters."""
        groups = parse(query)
        if not groups:
            return Query.all_query()
        clauses = []
        for group in groups:
            terms = [made for term in group if (made := self._term(term)) is not None]
            if not terms:
                continue
            occur = Occur.MustNot if group[0].exclude else Occur.Must
            clauses.append((occur, terms[0] if len(terms) == 1 else _any(terms)))
        if not clauses:
            return Query.empty_query()
        if all(occur == Occur.MustNot for occur, _ in clauses):
            clauses.append((Occur.Must, Query.all_query()))
        return Query.boolean_query(clauses)

    def filtered(self, sought: Any, chosen: Mapping[str, Sequence[str]]) -> Any:
        """The query with filters, which do not change the score."""
        clauses = [(Occur.Must, sought)]
        for name, values in chosen.items():
            known = [value.encode("utf-8", "replace").decode() for value in values]
            terms = [Query.term_query(self.schema, name, value) for value in known]
            clauses.append((Occur.Must, Query.const_score_query(_any(terms), 0.0)))
        return Query.boolean_query(clauses) if len(clauses) > 1 else sought

    def counts(self, query: Any, names: Sequence[str]) -> dict[str, dict[str, int]]:
        """Count the values of facets, most frequent first, then by value."""
        asked = {name: {"terms": {"field": name, "size": _MOST_VALUES}} for name in names}
        answer = self.searcher.aggregate(query, asked) if asked else {}
        return {
            name: {
                bucket["key"]: int(bucket["doc_count"])
                for bucket in sorted(
                    answer[name]["buckets"], key=lambda b: (-b["doc_count"], b["key"])
                )
            }
            for name in names
        }

    def hits(self, found: Sequence[tuple[float, Any]], sought: Any) -> tuple[Hit, ...]:
        """The stored fields of what was found, with snippets of the text as it came."""
        if not found:
            return ()
        generator = tantivy.SnippetGenerator.create(self.searcher, sought, self.schema, "text")
        generator.set_max_num_chars(_SNIPPET)
        return tuple(self._hit(generator, score, place) for score, place in found)

    def _hit(self, generator: Any, score: float, place: Any) -> Hit:
        stored = self.searcher.doc(place)
        text = bytes(stored.get_first("text_as_is") or b"").decode()
        folded = fold(text)
        again = tantivy.Document()
        again.add_text("text", folded)
        snippet = generator.snippet_from_doc(again)
        start, matches = _spans(folded, snippet)
        shown = text[start : start + len(snippet.fragment())] or text[:_SNIPPET]
        return Hit(
            stored.get_first("study_id"),
            float(score),
            bytes(stored.get_first("title_as_is") or b"").decode(),
            shown,
            matches,
            _SHOWN.decode(bytes(stored.get_first("shown"))),
        )

    def _term(self, term: Term) -> Any:
        """A term in any field; None where it holds nothing that could be found."""
        stems = _analyser(True).analyze(fold(term.text))
        words = _analyser(False).analyze(fold(term.text))
        if term.prefix and len(words) == 1:  # words are letters and digits: no escaping needed
            return Query.regex_query(self.schema, "words", words[0] + ".*")
        options = [
            Query.boost_query(self._exactly("identifiers", [key]), 20.0)
            for key in dict.fromkeys(map(_key, filter(None, (term.text, term.identifier))))
        ]
        if stems:
            options += [
                Query.boost_query(self._exactly("title", stems), 3.0),
                self._exactly("text", stems),
            ]
        if len(words) == 1:
            options.append(Query.boost_query(self._exactly("words", words), 0.5))
        if not stems and not term.identifier:
            return None
        return Query.disjunction_max_query(options, 0.1)

    def _exactly(self, field: str, words: Sequence[str]) -> Any:
        if len(words) == 1:
            return Query.term_query(self.schema, field, words[0])
        return Query.phrase_query(self.schema, field, list(words))


def _any(queries: Sequence[Any]) -> Any:
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def _spans(text: str, snippet: Any) -> tuple[int, tuple[tuple[int, int], ...]]:
    """Where a snippet starts in `text`, and its matches, in characters: the engine counts bytes."""
    fragment = snippet.fragment()
    raw = fragment.encode()
    matches = tuple(
        (len(raw[: m.start].decode()), len(raw[: m.end].decode())) for m in snippet.highlighted()
    )
    return max(text.find(fragment), 0) if fragment else 0, matches


def _opened(path: Path) -> _Engine:
    with on_disk("open the search index", path):
        status = (path / "meta.json").stat()
    return _opened_at(path, (status.st_ino, status.st_mtime_ns))


@functools.lru_cache(maxsize=4)
def _opened_at(path: Path, _identity: tuple[int, int]) -> _Engine:
    with _readable(path):
        folder = path if os.access(path, os.W_OK) else _mirror(path)
        index = _prepared(tantivy.Index.open(str(folder)))
        index.config_reader("manual")
        engine = _Engine(index.searcher(), index.schema)
    if folder != path:
        weakref.finalize(engine, shutil.rmtree, folder, ignore_errors=True)
    return engine


def _mirror(path: Path) -> Path:
    """A folder of links to an index that may only be read: the engine locks a file to read."""
    folder = Path(tempfile.mkdtemp(prefix="trialweave-index-"))
    for file in path.iterdir():
        if file.suffix != ".lock":
            (folder / file.name).symlink_to(file.resolve())
    return folder


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what the engine raises on files that it cannot read into a WorkspaceError."""
    try:
        yield
    except WorkspaceError:
        raise
    except BaseException as error:
        # Besides ValueError and OSError, damaged files raise the engine's panic, which derives
        # from BaseException and has no name to import.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise WorkspaceError(
            f"the search index cannot be read: {str(error)[:200]}.",
            where=str(path),
            next_step="It can be rebuilt from the records.",
        ) from error
