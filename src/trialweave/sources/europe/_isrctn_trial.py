"""What one record of ISRCTN says, as a `Trial`.

The choices that are not the register's own words are told in `sources.europe.isrctn`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from trialweave.model import (
    Intervention,
    Labelled,
    Missingness,
    Outcome,
    Reference,
    Site,
    Trial,
    Value,
)
from trialweave.model.identifiers import find, normalise
from trialweave.sources.ctgov import words as ctgov_words
from trialweave.sources.europe._tree import Branch, one
from trialweave.sources.europe._values import Piece, Values
from trialweave.sources.words import age_years, phase_set, plain, sex_of, status_of
from trialweave.sources.words.design import (
    allocation_of,
    masking_of,
    model_of,
    purpose_of,
    study_type_of,
)

__all__ = ["Record", "harmonise", "number_of"]

_V = Values("isrctn")
_PUBMED = re.compile(
    r"(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed)/(?P<pmid>\d{5,8})"
)
_STATUSES = {"stopped": "terminated", "stoppedearly": "terminated", "ongoing": "other"}
_MODELS = {"single": "single group", "crossover": "crossover"}


class Record:
    """The trial, and the sponsors and funders that stand beside it."""

    def __init__(self, trial: Branch, beside: Branch) -> None:
        self.trial = trial
        self.beside = beside

    def one(self, *names: str) -> Piece | None:
        """The first text at a path in the trial."""
        return one(self.trial, *names)

    def all(self, *names: str) -> list[Piece]:
        """All texts at a path in the trial."""
        return self.trial.cells(*names)


def harmonise(record: Record) -> Trial:
    """The content of one record."""
    told = ("trialDescription",)
    design = ("trialDesign", "interventionalTrialDesign")
    people = ("participants",)
    sponsors = record.beside.branches("sponsor")
    final = record.one(*people, "totalFinalEnrolment")
    counted = final if final is not None and final.raw.strip(" 0.") else None
    target = record.one(*people, "targetEnrolment") or record.one(*people, "totalTarget")
    override = _override(record)
    sites = tuple(_sites(record))
    centres = record.all(*people, "trialCentres", "trialCentre", "name")
    return Trial(
        primary_id=_V.word(record.one("isrctn"), _isrctn, "identifier"),
        registration_date=_V.date(_assigned(record)),
        secondary_ids=_numbers(record),
        funding=_V.listed(record.beside.cells("funder", "name")),
        primary_sponsor=_sponsor(record, sponsors),
        sponsor_class=_V.word(
            one(sponsors[0], "commercialStatus") if sponsors else None, str.lower
        ),
        secondary_sponsors=_V.listed(p for s in sponsors[1:] for p in s.cells("organisation")),
        contacts=_contacts(record),
        public_title=_V.text(record.one(*told, "title")),
        scientific_title=_V.text(record.one(*told, "scientificTitle")),
        acronym=_V.text(record.one(*told, "acronym")),
        countries=_V.listed(record.all(*people, "recruitmentCountries", "country")),
        conditions=_V.listed(record.all("conditions", "condition", "description")),
        condition_terms=_V.listed(
            record.all("conditions", "condition", "diseaseClass1")
            + record.all("conditions", "condition", "diseaseClass2")
        ),
        interventions=_V.several(tuple(_interventions(record))),
        inclusion_criteria=_V.criteria(record.one(*people, "inclusion")),
        exclusion_criteria=_V.criteria(record.one(*people, "exclusion")),
        minimum_age=_V.word(record.one(*people, "lowerAgeLimit"), age_years, "age"),
        maximum_age=_V.word(
            record.one(*people, "upperAgeLimit"), lambda text: age_years(text, maximum=True), "age"
        ),
        sex=_V.word(record.one(*people, "gender"), sex_of, "sex"),
        healthy_volunteers=_V.flag(record.one(*people, "healthyVolunteersAllowed")),
        study_type=_V.word(record.one("trialDesign", "primaryStudyDesign"), study_type_of),
        study_design=_V.text(record.one("trialDesign", "studyDesign")),
        allocation=_design(
            record,
            lambda text: allocation_of(f"Allocation: {text}"),
            allocation_of,
            (*design, "allocation"),
            ("trialDesign", "secondaryStudyDesign"),
        ),
        intervention_model=_design(record, _model, model_of, (*design, "assignment")),
        primary_purpose=_purpose(record),
        masking=_design(record, _level, lambda text: masking_of(text).level, (*design, "masking")),
        phase=_V.word(record.one("interventions", "intervention", "phase"), phase_set, "phase"),
        start_date=_V.date(
            record.one(*people, "recruitmentStart") or record.one("trialDesign", "overallStartDate")
        ),
        enrollment=_V.count(counted or target),
        enrollment_type=_actual(counted, target),
        overall_status=_V.word(
            override, lambda t: _STATUSES.get(plain(t)) or status_of(t, "isrctn"), "status"
        ),
        why_stopped=_V.text(record.one("trialDesign", "reasonAbandoned")),
        primary_outcomes=_outcomes(record, "primary"),
        secondary_outcomes=_outcomes(record, "secondary"),
        ethics_review=_V.text(
            record.one(*told, "ethicsApproval")
            or _decision(record)
            or record.one(*told, "ethicsApprovalRequired")
        ),
        completion_date=_V.date(record.one("trialDesign", "overallEndDate")),
        has_results=_results(record),
        references=_V.several(tuple(_references(record))),
        ipd_sharing=_V.text(
            record.one("miscellaneous", "ipdSharingPlan")
            or record.one("results", "dataPolicies", "dataPolicy")
        ),
        brief_summary=_V.text(record.one(*told, "plainEnglishSummary")),
        site_count=_V.derived(len(sites), centres[0], "sites") if centres else _V.absent("sites"),
        sites=_V.several(sites, "sites"),
        last_update=_V.date(record.trial.attribute("lastUpdated")),
        other=tuple(_other(record)),
    )


def _isrctn(text: str) -> str | None:
    found = normalise(text, "isrctn")
    return found.value if found else None


def number_of(record: Record) -> tuple[str | None, str]:
    """The record's ISRCTN in its canonical form, None where it has none; and as it stands."""
    written = record.one("isrctn")
    if written is None:
        return None, ""
    stands = written.read()
    return (_isrctn(stands) if len(stands) <= 60 else None), stands


def _assigned(record: Record) -> Piece | None:
    for branch in record.trial.branches("isrctn"):
        if (piece := branch.attribute("dateAssigned")) is not None:
            return piece
    return record.trial.attribute("publicIdentifierDateAssigned")


def _override(record: Record) -> Piece | None:
    return (
        record.one("trialDesign", "overallStatusOverride")
        or record.one("participants", "recruitmentStatusOverride")
        or record.one("participants", "recruitmentStartStatusOverride")
    )


def _numbers(record: Record) -> Value[Any]:
    refs = ("externalRefs",)
    found: dict[str, Any] = {}
    for names, kind, scheme in (
        (("eudraCTNumber",), "EudraCT number", "eudract"),
        (("ctisNumber",), "EU CT number", "ctis"),
        (("clinicalTrialsGovNumber",), "ClinicalTrials.gov number", "nct"),
        (("irasNumber",), "IRAS number", ""),
        (("protocolSerialNumber",), "protocol number", ""),
        (("secondaryNumbers", "secondaryNumber"), "secondary number", ""),
    ):
        said = [
            (piece, branch.attribute("numberType"))
            for branch in record.trial.branches(*refs, *names)
            for piece in branch.cells()
        ]
        for piece, stated in said or [(piece, None) for piece in record.all(*refs, *names)]:
            number = _V.number(piece, kind if stated is None else stated.read()[:60], scheme)
            if number is not None and number.value.content:
                found.setdefault(number.value.content.casefold(), number)
    return _V.several(tuple(found.values()))


def _sponsor(record: Record, sponsors: list[Branch]) -> Value[str]:
    named = next((piece for s in sponsors for piece in s.cells("organisation")), None)
    if named is not None:
        return _V.text(named)
    number = record.one("parties", "sponsorId")
    return _V.word(number, lambda _: None, "text")


def _contacts(record: Record) -> Value[str]:
    """That people can be asked, and where that stands; never who."""
    piece = record.one("parties", "contactId")
    if piece is None:
        contacts = record.beside.branches("contact")
        if not contacts:
            return _V.absent("withheld")
        piece = one(contacts[0], "contactTypes", "contactType") or one(contacts[0], "privacy")
    passage = piece.passage() if piece is not None else None
    return Value(None, Missingness.WITHHELD, passage, _V.rule("withheld"))


def _interventions(record: Record) -> Iterator[Intervention]:
    for item in record.trial.branches("interventions", "intervention"):
        names, said = one(item, "drugNames"), one(item, "description")
        kind = one(item, "interventionType")
        if names is None and said is None and kind is None:
            continue
        yield Intervention(
            name=_V.text(names),
            type=_V.word(kind, ctgov_words.word),
            description=_V.text(said),
        )


def _design(record: Record, field: Any, sentence: Any, *paths: tuple[str, ...]) -> Value[Any]:
    """What a field of the newer form says, else what the sentence of the older form says."""
    for path in paths:
        value = _V.word(record.one(*path), field, "design")
        if value:
            return value
    return _V.word(record.one("trialDesign", "studyDesign"), sentence, "design")


def _level(text: str) -> str | Missingness:
    return masking_of(f"Masking: {text}").level


def _model(text: str) -> str | Missingness:
    return _MODELS.get(plain(text)) or model_of(f"Assignment: {text}")


def _purpose(record: Record) -> Value[str]:
    """The purpose where exactly one is stated; several stand apart."""
    pieces = _purposes(record)
    if len(pieces) != 1:
        return _V.absent("purpose")
    return _V.word(pieces[0], lambda text: purpose_of(f"Purpose: {text}"), "purpose")


def _purposes(record: Record) -> list[Piece]:
    return record.all("trialDesign", "interventionalTrialDesign", "purposes", "purpose") or (
        record.all("trialDesign", "trialTypes", "trialType")
        or record.all("trialDesign", "trialType")
    )


def _actual(counted: Piece | None, target: Piece | None) -> Value[Any]:
    if counted is not None:
        return _V.derived("actual", counted, "word")
    return _V.absent("word") if target is None else _V.derived("estimated", target, "word")


def _outcomes(record: Record, kind: str) -> Value[tuple[Outcome, ...]]:
    """Outcomes of the newer form one by one; the older form's text as one."""
    items = [
        Outcome(
            measure=_V.text(one(item, "variable")),
            time_frame=_V.text(one(item, "timepoints")),
            method=_V.text(one(item, "method")),
        )
        for item in record.trial.branches("trialDescription", f"{kind}Outcomes", "outcomeMeasure")
    ]
    items += [
        Outcome(measure=_V.text(piece), time_frame=_V.absent(), method=_V.absent())
        for piece in record.all("trialDescription", f"{kind}Outcome")
    ]
    return _V.outcomes(items)


def _results(record: Record) -> Value[bool]:
    """Whether results are out; a stage before that, or a silent record, is not "no"."""
    stage = record.one("results", "publicationStage")
    if stage is not None and plain(stage.raw) == "results":
        return _V.derived(True, stage, "results")
    report = record.one("results", "basicReport")
    if report is not None:
        return _V.derived(True, report, "results")
    for output in record.trial.branches("outputs", "output"):
        kind = output.attribute("outputType")
        if kind is not None and plain(kind.raw) in ("resultsarticle", "basicresults", "results"):
            return _V.derived(True, kind, "results")
    return _V.absent("results")


def _decision(record: Record) -> Piece | None:
    """What the first ethics committee decided, in the newer form; nobody's name or address."""
    committees = record.trial.branches("trialDescription", "ethicsCommittees", "ethicsCommittee")
    decided = (committee.attribute("approvalStatus") for committee in committees)
    return next((piece for piece in decided if piece is not None), None)


def _references(record: Record) -> Iterator[Reference]:
    """One publication a line of the register's list, and the outputs' addresses."""
    for details in record.all("results", "publicationDetails"):
        at = 0
        for line in details.raw.split("\n"):
            piece = details.part(at, at + len(line))
            at += len(line) + 1
            if piece.raw and _V.text(piece):
                results = re.search(r"\bresults article\b", piece.raw, re.IGNORECASE)
                kind = piece.part(*results.span()) if results else None
                yield _reference(piece, kind)
    for output in record.trial.branches("outputs", "output"):
        addresses = (link.attribute("url") for link in output.branches("externalLink"))
        link = output.attribute("externalLinkURL") or next(addresses, None)
        link = link or one(output, "externalLink")
        if link is not None:
            stated = output.attribute("outputType")
            of_results = stated is not None and plain(stated.raw) == "resultsarticle"
            yield _reference(link, stated if of_results else None)


def _reference(piece: Piece, kind: Piece | None) -> Reference:
    numbers: dict[str, Value[str]] = {}
    if (pubmed := _PUBMED.search(piece.raw)) is not None:
        cited = piece.part(*pubmed.span("pmid"))
        numbers["pmid"] = _V.derived(str(int(cited.raw)), cited, "identifier")
    for mention in find(piece.raw, ("doi", "pmid")):
        cited = piece.part(mention.start, mention.end)
        value = _V.derived(mention.identifier.value, cited, "identifier")
        numbers.setdefault(mention.identifier.scheme, value)
    return Reference(
        pmid=numbers.get("pmid", _V.absent("identifier")),
        doi=numbers.get("doi", _V.absent("identifier")),
        kind=_V.absent("word") if kind is None else _V.derived("result", kind, "word"),
        citation=_V.text(piece),
    )


def _sites(record: Record) -> Iterator[Site]:
    for centre in record.trial.branches("participants", "trialCentres", "trialCentre"):
        yield Site(
            facility=_V.text(one(centre, "name")),
            city=_V.text(one(centre, "city")),
            country=_V.text(one(centre, "country")),
        )


def _other(record: Record) -> list[Labelled]:
    pairs: list[tuple[str, Piece | None]] = [
        ("hypothesis", record.one("trialDescription", "studyHypothesis")),
        ("secondary study design", record.one("trialDesign", "secondaryStudyDesign")),
        ("control", record.one("trialDesign", "interventionalTrialDesign", "control")),
        ("age band", record.one("participants", "ageRange")),
        ("recruitment ends", record.one("participants", "recruitmentEnd")),
        ("target enrolment", record.one("participants", "targetEnrolment")),
        ("IPD sharing statement", record.one("results", "ipdSharingStatement")),
        ("publication plan", record.one("results", "publicationPlan")),
        ("stage of publication", record.one("results", "publicationStage")),
    ]
    purposes = _purposes(record)
    if len(purposes) > 1:
        pairs += [("purpose", piece) for piece in purposes]
    pairs += [
        ("kind of participants", piece)
        for piece in record.all("participants", "participantTypes", "participantType")
    ]
    pairs += [
        ("setting", piece) for piece in record.all("trialDesign", "trialSettings", "trialSetting")
    ]
    return _V.labelled(pairs)
