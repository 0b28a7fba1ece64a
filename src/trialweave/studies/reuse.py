"""Text and figures that stand in records of two different studies.

In come sketches (`sketch`, made of each record once) and studies; `alike` gives the pairs of
studies that share much of what few others have. For each pair the records themselves are compared
exactly (`text_in_both`, `figures_in_both`), and what is known to explain it is told. Records of one
study are never compared. What is said is arithmetic: it says nothing about who wrote what first.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from trialweave.model import Finding, Link, Passage, Record
from trialweave.model.reuse import Excerpted, Reuse, SharedFigure, SharedText
from trialweave.records.concepts import CONCEPTS
from trialweave.studies._acquaintance import Side, acquaintance
from trialweave.studies._common_runs import LEAST_RUN, Run, Words, common_runs
from trialweave.studies._figures import Figure, figures
from trialweave.studies._sharing import COMMON, Gathered, Shared
from trialweave.studies._sketch import Marks, Prose, mark_of, marks_of, prose, sketch, unpacked

__all__ = [
    "COMMON",
    "FIGURES",
    "LEAST_BITS",
    "LEAST_SHARE",
    "LEAST_WORDS",
    "RESULTS_RULE",
    "TEXT_RULE",
    "Alike",
    "Marks",
    "Shared",
    "Side",
    "alike",
    "figures_in_both",
    "mark_of",
    "prose",
    "sketch",
    "text_in_both",
]

TEXT_RULE: Final = "text-reuse/1"
RESULTS_RULE: Final = "results-reuse/1"
LEAST_WORDS: Final = 60
"""Words in shared runs, in sentences that few studies have, from which on text is reported."""
LEAST_SHARE: Final = 0.1
"""And of the shorter of the two records' words, their share."""
FIGURES: Final = 3
LEAST_BITS: Final = 24.0
"""Figures in common from which on results are reported, and what they must tell in all."""
_MARKS: Final = 3  # in common, for the texts to be read
_COMPARED: Final = 6  # records of a study whose sketches are compared
# What every protocol says of consent, pregnancy and compliance, as it stands without blanks.
_STANDARD: Final = re.compile(
    rb"informedconsent|writtenconsent|contracept|childbearing|pregnan|lactating|breastfe|abstinen"
    rb"|vasectom|hysterectom|oophorectom|tuballigat|intrauterine|postmenopaus|surgicallysteril"
    rb"|opinionoftheinvestigator|investigatorsopinion"
    rb"|judgementoftheinvestigator|judgmentoftheinvestigator"
    rb"|(?:willing|able|ability|unable|inability)(?:and(?:able|willing))?to(?:complywith|understand)"
    rb"|studyprocedures|anotherclinical(?:trial|study)"
)
_CHARACTERS: Final = 4000  # of a run that are kept
_SHOWN: Final = 40  # runs, or figures, that are kept, the longest or most telling


class Alike(NamedTuple):
    """Pairs of studies, by their places, that share marks of text, or of figures; the marks of
    templates and of common figures; and what the sketches of the records hold."""

    texts: Shared
    figures: Shared
    held: Gathered
    told: Gathered
    place: Mapping[str, int]

    def records(self, a: Sequence[str], b: Sequence[str]) -> tuple[str, str] | None:
        """Of two studies' records the two whose texts share most marks, the first of equals."""
        best, most = None, 0
        for one, other in itertools.product(a[:_COMPARED], b[:_COMPARED]):
            if one in self.place and other in self.place:
                first, second = (self.held.of(self.place[name]) for name in (one, other))
                both = len(np.intersect1d(first, second, assume_unique=True))
                if both > most:
                    best, most = (one, other), both
        return best

    def having(self, texts: Marks, figures: Marks) -> set[int]:
        """The places of studies whose sketches hold any of the marks, of texts or of figures."""
        return self.held.having(texts) | self.told.having(figures)


def alike(sketches: Iterable[tuple[str, bytes]], study_at: Mapping[str, int]) -> Alike:
    """The pairs of studies to look at. `sketches` are those of records by id; `study_at` gives the
    place of each record's study. Memory: about a kilobyte a record, and as much for a while."""
    texts, told = Gathered(), Gathered()
    place: dict[str, int] = {}
    for name, packed in sketches:
        marks = unpacked(packed)
        place[name] = len(place)
        texts.add(study_at[name], marks.text)
        told.add(study_at[name], marks.figures)
    return Alike(texts.shared(_MARKS), told.shared(FIGURES), texts, told, place)


def text_in_both(
    a: Side, b: Side, records: tuple[Record, Record], common: Marks, links: Sequence[Link]
) -> Reuse | None:
    """What the texts of two records share; None where it is little, or stands in many studies.

    `records` are those of `a` and `b` to compare, `common` the marks of templates, `links` those
    between the two studies.
    """
    one, other = a.words(records[0]), b.words(records[1])
    if not len(one) or not len(other):
        return None
    runs = common_runs(one, other)
    plain = [
        min(
            _counts(one, run.a, run.words, common),
            _counts(other, run.b, run.words, common),
        )
        for run in runs
    ]
    words = sum(plain)
    if words < LEAST_WORDS or words < LEAST_SHARE * min(len(one), len(other)):
        return None
    found = acquaintance(a, b, links)
    return Reuse(
        reuse_id=_id("text", a, b),
        kind="text",
        study_a=a.study.study_id,
        study_b=b.study.study_id,
        record_a=records[0].record_id,
        record_b=records[1].record_id,
        relation=found.relation,
        because=found.because,
        statement=_told(records, (one, other), runs, plain) + _end(found.because),
        rule=TEXT_RULE,
        words=words,
        words_a=len(one),
        words_b=len(other),
        texts=tuple(
            _shared(one, other, run, count)
            for run, count in sorted(zip(runs, plain, strict=True), key=lambda it: -it[0].words)
        )[:_SHOWN],
    )


def figures_in_both(
    a: Side,
    b: Side,
    findings: tuple[Sequence[Finding], Sequence[Finding]],
    common: Marks,
    links: Sequence[Link],
) -> Reuse | None:
    """The figures that findings of two studies both print, equal to the digit; None where they
    tell too little. `common` are the marks of figures that many studies print: they count for
    nothing. What a figure tells is its bits (`_figures`) less log2 of the figures of its form."""
    mine, theirs = ({f.key: f for f in reversed(list(figures(each)))} for each in findings)
    both = sorted((key for key in mine if key in theirs), key=lambda key: (-mine[key].bits, key))
    rare = [key for key in both if not _any(np.array([mark_of(key)], np.uint64), common)]
    bits = _weighed([mine[key] for key in rare], mine.values(), theirs.values())
    keys = [key for key in rare if bits[key] > 0]
    if len(keys) < FIGURES or sum(bits.values()) < LEAST_BITS:
        return None
    found = acquaintance(a, b, links)
    first, second = mine[keys[0]].record_id, theirs[keys[0]].record_id
    shown = "; ".join(mine[key].shown for key in keys[:3])
    return Reuse(
        reuse_id=_id("results", a, b),
        kind="results",
        study_a=a.study.study_id,
        study_b=b.study.study_id,
        record_a=first,
        record_b=second,
        relation=found.relation,
        because=found.because,
        statement=f"{len(keys)} reported figures stand in both to the digit, among them {shown}."
        + _end(found.because),
        rule=RESULTS_RULE,
        figures=tuple(_pair(mine[key], theirs[key], bits[key]) for key in keys[:_SHOWN]),
    )


def _weighed(
    both: Sequence[Figure], mine: Collection[Figure], theirs: Collection[Figure]
) -> dict[str, float]:
    """What each common figure tells: less the more figures of its form there are to meet by
    chance, and, of counts of one group size, only the first for the size as well."""
    forms = [Counter(figure.form for figure in each) for each in (mine, theirs)]
    sizes: set[str] = set()
    bits: dict[str, float] = {}
    for figure in both:
        told = figure.bits - (figure.size_bits if figure.size in sizes else 0.0)
        sizes.update([figure.size] if figure.size else ())
        chances = max(held[figure.form] for held in forms)
        bits[figure.key] = max(told - math.log2(chances), 0.0)
    return bits


def _id(kind: str, a: Side, b: Side) -> str:
    return f"{kind}:{a.study.study_id}:{b.study.study_id}"


def _end(because: str) -> str:
    return f" {because[:1].upper()}{because[1:]}."


def _counts(words: Words, at: int, length: int, common: Marks) -> int:
    """Of a run's words those in sentences that few studies have, and that are not standard ones.

    Sentences shorter than a mark cannot be told from a template, and do not count.
    """
    count = 0
    known: dict[int, bool] = {}
    for word in words.words[at : at + length]:
        if word.sentence not in known:
            letters = words.sentences[word.sentence]
            marks = marks_of(letters)
            rare = bool(len(marks)) and not _any(marks, common)
            known[word.sentence] = rare and _STANDARD.search(letters) is None
        count += known[word.sentence]
    return count


def _any(marks: Marks, common: Marks) -> bool:
    if not len(common):
        return False
    at = np.searchsorted(common, marks)
    return bool((common[np.minimum(at, len(common) - 1)] == marks).any())


def _told(
    records: tuple[Record, Record],
    texts: tuple[Words, Words],
    runs: Sequence[Run],
    counts: Sequence[int],
) -> str:
    """The arithmetic: in all, and of the field that most of it stands in."""
    words = sum(counts)
    fields: Counter[tuple[str, str]] = Counter()
    for run, count in zip(runs, counts, strict=True):
        fields[_concept(texts[0], run.a), _concept(texts[1], run.b)] += count
    names, most = fields.most_common(1)[0]
    sizes = [_size(text, name) for text, name in zip(texts, names, strict=True)]
    where = [f"the {CONCEPTS[name].title.lower()}" for name in names]
    place = f"{where[0]} of both" if names[0] == names[1] else " and ".join(where)
    whole = [_percent(words, len(text)) for text in texts]
    part = [_percent(most, size) for size in sizes]
    return (
        f"{words} words stand in both, in runs of {LEAST_RUN} and more: {whole[0]} of the text of "
        f"{records[0].record_id} and {whole[1]} of that of {records[1].record_id}. {most} of them "
        f"stand in {place} ({part[0]} and {part[1]} of it)."
    )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}%"


def _concept(words: Words, at: int) -> str:
    return words.parts[words.words[at].part].concept


def _size(words: Words, concept: str) -> int:
    wanted = {at for at, part in enumerate(words.parts) if part.concept == concept}
    return sum(word.part in wanted for word in words.words)


def _shared(one: Words, other: Words, run: Run, count: int) -> SharedText:
    return SharedText(
        concept_a=_concept(one, run.a),
        concept_b=_concept(other, run.b),
        words=run.words,
        counted=count,
        a=_excerpted(one, run.a, run.words),
        b=_excerpted(other, run.b, run.words),
    )


def _excerpted(words: Words, at: int, length: int) -> Excerpted:
    first, last = words.words[at], words.words[at + length - 1]
    part = words.parts[first.part]
    text = part.value.content or ""
    start, end = first.start, last.end
    shown = text[start:end][:_CHARACTERS]
    return Excerpted(part.address, start, end, shown, _passage(part, start, end))


def _passage(part: Prose, start: int, end: int) -> Passage | None:
    """Where a piece of a value stands in the received record: exactly, where the value is as
    received, else the value as a whole."""
    value, at = part.value, part.value.passage
    if at is None or value.raw is not None:
        return at
    if at.start < 0:
        return Passage(start, end, at.path) if at.path else None
    if at.end - at.start != len(value.content or ""):
        return at
    return Passage(at.start + start, at.start + end, at.path)


def _pair(one: Figure, other: Figure, bits: float) -> SharedFigure:
    return SharedFigure(
        shown=one.shown,
        finding_a=one.finding_id,
        finding_b=other.finding_id,
        outcome_a=one.outcome,
        outcome_b=other.outcome,
        group_a=one.group,
        group_b=other.group,
        bits=round(bits, 1),
        passage_a=one.passage,
        passage_b=other.passage,
    )
