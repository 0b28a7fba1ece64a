"""What one country's record in the EU Clinical Trials Register says, as a `Trial`.

The choices that are not the register's own words are told in `sources.europe.euctr`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from trialweave.model import (
    PHASES,
    Intervention,
    Labelled,
    Missingness,
    Outcome,
    PartialDate,
    Passage,
    Trial,
    Value,
)
from trialweave.model.identifiers import normalise
from trialweave.sources.europe._euctr_form import Form
from trialweave.sources.europe._euctr_labels import APART, BANDS, SCOPE
from trialweave.sources.europe._values import Piece, Values
from trialweave.sources.words import plain, status_of
from trialweave.sources.words.design import allocation_of, masking_of, model_of

__all__ = ["country_code", "harmonise", "number_of"]

_V = Values("euctr")
_LINK = re.compile(r"/trial/20\d\d-\d{6}-\d\d/(?P<code>[A-Z]{2}|3rd)\b")

# Members of the EEA by the names of EudraCT, which writes the authority behind them
_COUNTRIES = """
Austria=AT Belgium=BE Bulgaria=BG Croatia=HR Cyprus=CY Czechia=CZ Czech_Republic=CZ Denmark=DK
Estonia=EE Finland=FI France=FR Germany=DE Greece=GR Hungary=HU Iceland=IS Ireland=IE Italy=IT
Latvia=LV Liechtenstein=LI Lithuania=LT Luxembourg=LU Malta=MT Netherlands=NL Norway=NO Poland=PL
Portugal=PT Romania=RO Slovakia=SK Slovenia=SI Spain=ES Sweden=SE UK=GB United_Kingdom=GB
"""
_CODES = dict(pair.split("=") for pair in _COUNTRIES.split())
_STATUSES = {
    "ongoing": "other",  # authorised and not ended; whether it recruits is not said
    "restarted": "other",
    "suspendedbyca": "suspended",
    "gbnolongerineueea": "other",
    "trialnowtransitioned": "other",
}
_PURPOSES = {"E.6.1": "diagnostic", "E.6.2": "prevention", "E.6.3": "treatment"}
_PHASES = (("E.7.1", "1"), ("E.7.2", "2"), ("E.7.3", "3"), ("E.7.4", "4"))
_KINDS = (
    ("D.3.11.3.1", "somatic cell therapy"),
    ("D.3.11.3.2", "gene therapy"),
    ("D.3.11.3.3", "tissue engineered product"),
    ("D.3.11.2", "biological"),
    ("D.3.11.1", "drug"),
)
_NAMES = ("D.3.1", "D.2.1.1.1", "D.3.8 inn", "D.3.9.3", "D.3.9.2", "D.3.2")


def harmonise(form: Form) -> Trial:
    """The content of one country's record."""
    one = form.one
    female, male = _yes(one("F.2.1")), _yes(one("F.2.2"))
    masked = _design(form, ("E.8.1.2", "E.8.1.3", "E.8.1.4"), "Open|Single blind|Double blind")
    return Trial(
        primary_id=_V.word(_number(form), _eudract, "identifier"),
        registration_date=_V.date(one("date on which")),
        secondary_ids=_V.several(
            tuple(
                number
                for name, kind, scheme in (
                    ("A.4.1", "sponsor's protocol code", ""),
                    ("A.5.1", "ISRCTN number", "isrctn"),
                    ("A.5.2", "US NCT number", "nct"),
                    ("A.5.3", "WHO Universal Trial Reference Number", "utn"),
                    ("A.5.4", "other identifier", ""),
                )
                if (number := _V.number(one(name), kind, scheme))
            )
        ),
        funding=_V.listed(p for sponsor in _sponsors(form) for p in sponsor.all("B.4.1")),
        primary_sponsor=_V.text(next((s.one("B.1.1") for s in _sponsors(form)), None)),
        sponsor_class=_V.word(next((s.one("B.3.1") for s in _sponsors(form)), None), str.lower),
        secondary_sponsors=_V.listed(
            piece for sponsor in _sponsors(form)[1:] for piece in sponsor.all("B.1.1")
        ),
        contacts=_contacts(form),
        public_title=_V.text(one("A.3.1")),
        scientific_title=_V.text(one("A.3")),
        acronym=_V.text(one("A.3.2")),
        countries=_V.listed(_countries(form)),
        conditions=_V.listed(form.all("E.1.1")),
        condition_codes=_V.listed(
            piece for term in form.terms for piece in term.all("E.1.2 classification code")
        ),
        condition_terms=_V.listed(piece for term in form.terms for piece in term.all("E.1.2 term")),
        interventions=_V.several(_interventions(form)),
        inclusion_criteria=_V.criteria(one("E.3")),
        exclusion_criteria=_V.criteria(one("E.4")),
        sex=_both(form, "F.2.1", "F.2.2", "all" if female and male else _only(female, male)),
        healthy_volunteers=_V.flag(one("F.3.1")),
        study_design=_V.text(one("E.8.1.7.1")),
        allocation=_allocation(form),
        intervention_model=_design(form, ("E.8.1.5", "E.8.1.6"), "Parallel group|Cross over"),
        primary_purpose=_purpose(form),
        masking=masked,
        phase=_phase(form),
        start_date=_when(form, "results: recruitment starts"),
        start_date_type=_posted(form, "results: recruitment starts"),
        enrollment=_V.count(_size(form)),
        enrollment_type=_planned(form),
        overall_status=_V.word(
            one("trial status") or one("P. end of trial status"), _status, "status"
        ),
        primary_outcomes=_outcome(form, "E.5.1"),
        secondary_outcomes=_outcome(form, "E.5.2"),
        ethics_review=_V.text(one("N. ethics committee opinion of")),
        primary_completion_date=_when(form, "results: primary completion"),
        primary_completion_date_type=_posted(form, "results: primary completion"),
        completion_date=_V.date(one(_END[0]) or one(_END[1])),
        completion_date_type=_ended(form),
        has_results=_results(form),
        other=tuple(_other(form)),
    )


def _yes(piece: Piece | None) -> bool:
    return piece is not None and plain(piece.raw) in ("yes", "true")


def _only(female: bool, male: bool) -> Any:
    return "female" if female else "male" if male else None


def _eudract(text: str) -> str | None:
    found = normalise(text, "eudract") or normalise(text, "ctis")
    return found.value if found else None


def _number(form: Form) -> Piece | None:
    return form.one("A.2") or form.one("eudract number")


def number_of(form: Form) -> tuple[str | None, str]:
    """The trial's EudraCT number in its canonical form, None where it has none; as it stands."""
    written = _number(form)
    if written is None:
        return None, ""
    return (_eudract(written.raw) if len(written.raw) <= 60 else None), written.raw


def country_code(form: Form) -> str:
    """The country of the record in two letters, "3rd" outside the EEA, "" where unknown."""
    link = form.one("link")
    if link is not None and (match := _LINK.search(link.raw)):
        return match["code"]
    stated = form.one("A.1") or form.one("national competent authority")
    if stated is not None and stated.raw.lower().startswith("outside"):
        return "3rd"
    country = _country(form)
    return "" if country is None else _CODES.get(country.raw.strip().replace(" ", "_"), "")


def _sponsors(form: Form) -> list[Form]:
    return form.sponsors or [form]


def _country(form: Form) -> Piece | None:
    """The country in "Germany - PEI"; None for records of trials outside the EEA."""
    stated = form.one("A.1") or form.one("national competent authority")
    if stated is None or stated.raw.lower().startswith("outside"):
        return None
    return stated.part(0, len(re.split(r"\s[-–]\s", stated.raw, maxsplit=1)[0]))


def _countries(form: Form) -> Iterator[Piece]:
    """The record's country, then those outside the EEA, of which the download lists one a line."""
    if (country := _country(form)) is not None:
        yield country
    planned = form.one("E.8.6.3 if e.8.6.1")
    if planned is not None and not form.is_json:
        at = 0
        for line in planned.raw.split("\n"):
            if line.strip():
                yield planned.part(at, at + len(line))
            at += len(line) + 1


def _contacts(form: Form) -> Value[str]:
    """That an organisation is to be asked, and where it stands; never who."""
    for sponsor in _sponsors(form):
        for name in sponsor.fields:
            if name.startswith("B.5."):
                passage = sponsor.fields[name][0].passage()
                return Value(None, Missingness.WITHHELD, passage, _V.rule("withheld"))
    return _V.absent("withheld")


def _interventions(form: Form) -> tuple[Intervention, ...]:
    made = []
    for product in form.products:
        names = [piece for name in _NAMES for piece in product.all(name)]
        if not names:
            names = product.all("D.1.2")[:1]
        if not names:
            continue
        kind = next(
            (
                _V.derived(word, piece, "word")
                for name, word in _KINDS
                if (piece := product.one(name)) is not None and _yes(piece)
            ),
            _V.absent("word"),
        )
        made.append(
            Intervention(
                name=_V.text(names[0]),
                type=kind,
                description=_V.text(product.one("D.1.2")),
                other_names=_several(names[1:], names[0]),
            )
        )
    for placebo in form.placebos:
        stands = placebo.start or placebo.one("D.8.1") or placebo.one("D.8.3")
        if stands is None:
            continue
        made.append(
            Intervention(
                name=_V.derived("placebo", stands, "word"),
                description=_V.text(placebo.one("D.8.3")),
            )
        )
    return tuple(made)


def _several(pieces: list[Piece], but: Piece) -> Value[tuple[str, ...]]:
    """Names as one value that stands where the first of them does."""
    names = {piece.read(): piece for piece in pieces}
    names.pop(but.read(), None)
    if not names:
        return _V.absent("list")
    first = next(iter(names.values()))
    return _V.derived(tuple(names), first, "list")


def _both(form: Form, left: str, right: str, content: Any) -> Value[Any]:
    """What two flags say together, which stands where the first that is "yes" does."""
    flags = [piece for name in (left, right) if (piece := form.one(name)) is not None]
    if not flags:
        return _V.absent("sex")
    if content is None:
        return Value(
            None, Missingness.NOT_REPORTED, flags[0].passage(), _V.rule("sex"), flags[0].raw
        )
    return _V.derived(content, next(piece for piece in flags if _yes(piece)), "sex")


def _answers(form: Form, names: tuple[str, ...], labels: str) -> tuple[list[Piece], str]:
    pieces, said = [], []
    for name, label in zip(names, labels.split("|"), strict=True):
        piece = form.one(name)
        if piece is not None and plain(piece.raw) in ("yes", "no", "true", "false"):
            pieces.append(piece)
            said.append(f"{label}: {'yes' if _yes(piece) else 'no'}")
    return pieces, " ".join(said)


def _design(form: Form, names: tuple[str, ...], labels: str) -> Value[Any]:
    """Masking or model as the flags say it, in the words that the WHO's feed has for them."""
    pieces, said = _answers(form, names, labels)
    if not pieces:
        return _V.absent("design")
    found = masking_of(said).level if "blind" in said else model_of(said)
    at = next((piece for piece in pieces if _yes(piece)), pieces[0])
    if isinstance(found, Missingness):
        return Value(None, found, at.passage(), _V.rule("design"), at.raw)
    return _V.derived(found, at, "design")


def _allocation(form: Form) -> Value[Any]:
    pieces, said = _answers(form, ("E.8.1", "E.8.1.1"), "Controlled|Randomised")
    piece = form.one("E.8.1.1")
    if piece is None or piece not in pieces:
        return _V.word(piece, lambda _: None, "design")
    return _V.word(piece, lambda _: allocation_of(said), "design")


def _purpose(form: Form) -> Value[str]:
    flags = [(name, form.one(name)) for name in _PURPOSES]
    yes = [(name, piece) for name, piece in flags if piece is not None and _yes(piece)]
    if len(yes) != 1:
        return _V.absent("purpose")
    name, piece = yes[0]
    return _V.derived(_PURPOSES[name], piece, "purpose")


def _phase(form: Form) -> Value[tuple[str, ...]]:
    flags = [(phase, form.one(name)) for name, phase in _PHASES]
    yes = {phase: piece for phase, piece in flags if piece is not None and _yes(piece)}
    if not yes:
        return _V.absent("phase")
    found = tuple(phase for phase in PHASES if phase in yes)
    return _V.derived(found, next(iter(yes.values())), "phase")


def _size(form: Form) -> Piece | None:
    """The sample size of the whole trial."""
    whole = form.one("F.4.2.2")
    if whole is not None:
        return whole
    elsewhere = [form.one(name) for name in ("E.8.5", "E.8.6.1", "E.8.6.2")]
    alone = all(piece is not None and plain(piece.raw) == "no" for piece in elsewhere)
    return form.one("F.4.1") if alone else None


def _planned(form: Form) -> Value[Any]:
    """The form asks for the planned number alone."""
    piece = _size(form)
    return _V.absent("word") if piece is None else _V.derived("estimated", piece, "word")


_END = ("P. date of the global end", "results: trial ends")


def _ended(form: Form) -> Value[Any]:
    piece = form.one(_END[0]) or form.one(_END[1])
    return _V.absent("word") if piece is None else _V.derived("actual", piece, "word")


def _when(form: Form, name: str) -> Value[PartialDate]:
    """A date of posted results; the form of an application has no such field."""
    piece = form.one(name)
    return Value() if piece is None else _V.date(piece)


def _posted(form: Form, name: str) -> Value[Any]:
    piece = form.one(name)
    return Value() if piece is None else _V.derived("actual", piece, "word")


def _results(form: Form) -> Value[bool]:
    """JSON may hold posted results; nothing tells whether those that it lacks are posted."""
    if not form.has_results:
        return Value()
    where = Passage(path="trialInformation")
    return Value(True, Missingness.STATED, where, _V.rule("results"))


def _status(text: str) -> str | Missingness:
    return _STATUSES.get(plain(text)) or status_of(text, "eudract")


def _outcome(form: Form, name: str) -> Value[tuple[Outcome, ...]]:
    """End points as the one text that they are, with the one text of their time points."""
    measure = _V.text(form.one(name))
    if not measure:
        return _V.absent("list")
    return _V.outcomes([Outcome(measure=measure, time_frame=_V.text(form.one(f"{name}.1")))])


def _other(form: Form) -> list[Labelled]:
    found = _V.labelled((label, piece) for name, label in APART for piece in form.all(name)[:1])
    for label, table in (("age band", BANDS), ("scope", SCOPE)):
        for name, band in table:
            piece = form.one(name)
            if piece is not None and _yes(piece):
                found.append(Labelled(label, _V.derived(band, piece, "flag")))
    planned = form.one("E.8.6.3 trial sites planned")
    found += _V.labelled([("sites planned in", planned)] if form.is_json else [])
    for i, product in enumerate(form.products, start=1):
        found += _V.labelled(
            (f"product {i}, {label}", product.one(name))
            for name, label in (
                ("D.3.4", "pharmaceutical form"),
                ("D.3.7", "route of administration"),
                ("D.2.1", "has a marketing authorisation"),
            )
        )
    return found
