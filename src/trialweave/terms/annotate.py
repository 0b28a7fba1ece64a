"""The terms of a record's texts: of vocabularies, variants by grammar, and what is in neither.

Records in, annotations out. Nothing here decides which vocabularies are used, or keeps anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from trialweave.model import Annotation, Record
from trialweave.model.annotation import AS_REGISTERED, VARIANT
from trialweave.terms.decided import Ruled, apply, ruled
from trialweave.terms.fields import FieldText, field_texts
from trialweave.terms.judging import Names
from trialweave.terms.lexicon import FILLERS
from trialweave.terms.mention import Mention
from trialweave.terms.normal import canonical, fold, inflection, words
from trialweave.terms.recognise import Recogniser
from trialweave.terms.variants import Variant, variants

__all__ = ["RULES", "annotated", "registered_form", "variant_term"]

RULES: Final = "annotate/1"
"""Rises when the same record may get other annotations by the same vocabularies and lists."""
_LONGEST: Final = 300  # characters of a registered name that its term is made of


def annotated(
    records: Sequence[Record],
    recogniser_for: Callable[[Iterable[str]], Recogniser],
    rules: Ruled | None = None,
) -> Iterator[Annotation]:
    """Every mention in some records, in the order of the records, their fields and their places.

    `recogniser_for` is given all texts, and gives what recognises the names that occur in them. A
    condition, intervention or keyword that is in no vocabulary as a whole is a term of its own.
    `rules` are what people said; what they rejected is given too, and does not stand.
    """
    texts = [(record.record_id, list(field_texts(record))) for record in records]
    recogniser = recogniser_for([each.text for _, fields in texts for each in fields])
    rules = rules or ruled(())
    for record_id, fields in texts:
        known = _short_forms(recogniser, fields)
        read: dict[tuple[str, bool], list[Mention]] = {}  # the same wording stands in many fields
        for field in fields:
            key = field.text, "exclu" in field.field
            found = read.get(key)
            if found is None:
                found = read[key] = recogniser.mentions(field.text, field.field, known=known)
            yield from apply(rules, record_id, field, _of_field(record_id, field, found))


def _short_forms(recogniser: Recogniser, fields: Sequence[FieldText]) -> dict[str, Names]:
    """The short forms that a record introduces in any of its fields, the first meaning of each."""
    known: dict[str, Names] = {}
    for text in dict.fromkeys(field.text for field in fields):
        if "(" in text or "[" in text:
            known = recogniser.introduces(text) | known
    return known


def _of_field(record_id: str, field: FieldText, found: Sequence[Mention]) -> list[Annotation]:
    def one(start: int, end: int, vocabulary: str, *told: Any) -> Annotation:
        matched = field.text[start:end]
        place = (record_id, field.field, field.role, start, end, matched)
        return Annotation(*place, vocabulary, *told)

    made = [
        one(each.start, each.end, each.vocabulary, each.term, each.name, each.rule, each.assertion)
        for each in found
    ]
    for variant in variants(field.text):
        term = variant_term(variant)
        made.append(
            one(variant.start, variant.end, VARIANT, term, term, f"grammar: {variant.rule}")
        )
    if field.listed and (form := _unlisted(field.text, made)):
        text = field.text
        made.append(one(0, len(text), AS_REGISTERED, form, text, "as registered"))
    return made


def variant_term(variant: Variant) -> str:
    """The id of a variant's term: "rs1801133", "BRAF p.Val600Glu", "p.Asn501Tyr (virus)"."""
    if variant.viral:
        return f"{variant.normal} (virus)"
    return f"{variant.gene} {variant.normal}".strip() if variant.kind != "snp" else variant.normal


def registered_form(text: str) -> str:
    """The normal form of a registered name: its words but for case, spelling and inflection.

    "" where it has no letter. Of a name over 300 characters the first 300 count.
    """
    parts = [inflection(canonical(word)) for word in fold(text[:_LONGEST]).split()]
    return " ".join(parts) if any(any(map(str.isalpha, part)) for part in parts) else ""


def _unlisted(text: str, made: Sequence[Annotation]) -> str:
    """The form of a registered name, "" where one mention covers all of its words but fillers."""
    found, starts, ends = words(fold(text))
    content = [
        (start, end)
        for word, start, end in zip(found, starts.tolist(), ends.tolist(), strict=True)
        if word not in FILLERS
    ]
    if not content:
        return ""
    first, last = content[0][0], content[-1][1]
    if any(each.start <= first and each.end >= last for each in made):
        return ""
    return registered_form(text)
