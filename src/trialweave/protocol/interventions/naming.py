"""The words that name the product of an amount: before it, in it, or behind it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from trialweave.protocol.interventions.amounts import Amount

__all__ = ["Name", "is_generic", "name_at", "name_of", "same_product", "telling_words", "widened"]


class Name(NamedTuple):
    """A product's words with their place."""

    text: str
    start: int
    end: int


def _listed(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


# Words of schedules, forms, people and actions: none of them is part of a product's name.
_STOP: Final = _listed(
    "a an the this that these those each every all any other same both of in on at to for from "
    "with",
    "without by via per as into over under after before during until within between about around "
    "up",
    "and or plus then also only not no if when where which who whose is are was were be been being",
    "will would should shall may can must have has had it its they their them he she his her we",
    "dose doses dosage dosages dosing amount amounts total maximum minimum single double triple "
    "loading",
    "maintenance initial starting start first second third fourth fifth sixth last final daily "
    "weekly",
    "monthly once twice thrice time times day days week weeks month months hour hours hourly "
    "minute",
    "minutes morning evening night noon bedtime bid tid qid qd od bd tds prn stat divided oral "
    "orally",
    "intravenous intravenously iv im sc po subcutaneous subcutaneously intramuscular inhaled "
    "inhalation",
    "nebulized nebulised injection injections injected inject infusion infusions infused infuse",
    "administration administrations administered administer administering given give giving "
    "receive",
    "receives received receiving take takes taken taking treat treated treatment treatments "
    "therapy use",
    "used using tablet tablets tab tabs capsule capsules cap caps pill pills vial vials ampoule "
    "ampoules",
    "sachet sachets drop drops drip bolus solution suspension syrup syrups powder granules form "
    "forms",
    "patient patients participant participants subject subjects group groups arm arms intervention",
    "interventions experimental control case cases study trial volunteer volunteers people "
    "individuals",
    "body weight kg mg ml mcg ug g iu units unit approximately approx least more less than maximal",
    "containing contain contains contained consisting consist dissolved diluted suspended volume",
    "combined combination addition additional adding add added followed follow following route "
    "strength",
    "medication medications medicine drug drugs product products agent dosages regimen protocol "
    "standard",
    "including include includes name names named called equivalent equal consecutive course "
    "courses",
    "cycle cycles mg/kg depending according randomized randomised assigned one two three four five "
    "six",
    "seven eight nine ten twelve half low high medium middle lower higher level cohort phase stage",
    "consists frequency duration mode type number content based against every-day daytime "
    "prescribed",
    "orally. active continuous continuously slow slowly rate speed normally increased reduced "
    "until",
    "tested test beside besides concentration density between admission enrollment enrolment "
    "baseline",
    "randomization randomisation hospital hospitalization day1 d1 i.v. i.m. s.c. p.o. per-os "
    "adults",
    "adult children age years old weighing kilogram kilograms milligram milligrams gram grams "
    "infused",
    "symptoms severe mild moderate critical covid covid-19 sars-cov-2 disease infection pneumonia",
    "minimum-dose extended release prolonged coated enteric film effervescent chewable available",
    "intratracheal intra-articular intrathecal topical nasal sublingual spray puffs puff times/day",
    "million millions billion thousand intraarticular intraovarian intracoronary intralesional "
    "different",
    "intramyocardial intraarterial intranasal intraperitoneal each-dose weekly-dose total-dose "
    "various",
    "ml/kg mg/kg gm gms mcg/kg g/kg iu/kg mg/day ml/day tid. bid. qd. od. bd.",
    "liquid cream ointment gel decoction either",
    "afterward finally respectively currently additionally similarly initially again",
    "next subsequent remaining rest further thereafter afterwards later also routine common care",
    "conventional best supportive usual placebo-controlled open label blind masked targeted",
)
_WORD: Final = re.compile(r"(?<!\w)(?:[A-Za-z][\w'./-]*[\w)]|[A-Za-z])")
_BEFORE: Final = re.compile(
    r"[\s(:,?-]*(?:(?:on\s)?(?:the\s)?(?:first\sday|second\sday|(?:day"
    r"|d)\s?[0-9]{1,2})\s?[:,-]?\s?)?"
    r"(?:(?:at\s|in\s|with\s)?(?:a\s|the\s)?(?:single\s|initial\s|standard\s|loading\s"
    r"|fixed\s)?"
    r"(?:dos(?:e|es|age|ing)|strength|amount)\s?(?:of|is|was|:|-)?\s?)?"
    r"(?:of\s|:\s?|=\s?|-\s?|>|≥|<|≤|about\s|approximately\s|[0-9]{1,2}\s?[x×]\s?)*\Z",
    re.IGNORECASE,
)
# "X (Y company, Germany) 5 mg": who makes it
_MAKER: Final = re.compile(
    r"\s*\((?=[^()]*(?:,|compan|pharm|\bco\b|\bltd|\binc\b|\bmade\b|manufact|brand))[^()]*\)\s*\Z",
    re.IGNORECASE,
)
_FORMS: Final = re.compile(
    r"(?<![A-Za-z])\s*(?:\(?\b(?:tablets?|tabs?|capsules?|caps?|injections?|infusions?|syrup|oral"
    r"|iv|i\.v\.|intravenous(?:ly)?"
    r"|orally|subcutaneous(?:ly)?|ampoules?|vials?|sachets?|solution|powder|drops|granules"
    r"|decoction|liquid"
    r"|cream|ointment|gel|spray)\)?\s*)+\Z",
    re.IGNORECASE,
)
_AFTER: Final = re.compile(
    r"\s*(?:\)?\s*(?:(?:oral|intravenous|daily|tablets?|capsules?|vials?|ampoules?"
    r"|sachets?)\s)*of\s|\s|-)",
    re.IGNORECASE,
)
_BEHIND: Final = 80
_GENERIC: Final = _listed(
    "cell cells stem stromal human pieces piece infusion suspension product derived expanded "
    "viable live",
    "allogeneic allogenic autologous tissue",
)


def name_at(text: str, amount: Amount, start: int, end: int) -> Name | None:
    """The name that stands right beside an amount, inside `start` to `end` of the text."""
    if amount.product is not None:
        inside = _trim(text, *amount.product)
        if inside is not None and not is_generic(inside.text):
            return inside
    of = re.match(r"\s*(?:of|,)?\s*(?:body weight\s)?of\s", text[amount.end : end], re.IGNORECASE)
    if of is not None and (found := _forward(text, amount.end + of.end(), end)) is not None:
        return found
    found = _backward(text, amount.start, start)
    if found is not None:
        return found
    if amount.product is None:
        behind = _AFTER.match(text, amount.end, end)
        if behind is not None:
            found = _forward(text, behind.end(), end)
            if found is not None and re.match(
                r"\s?(?:tablets?|tabs?|capsules?|caps?|pills?|injections?|vials?|ampoules?|syrup"
                r"|plus|\+|,|once"
                r"|twice|three|daily|every|orally|bid|tid|per|for|is|will|on|in|by|\Z|secretome|or"
                r"|and|at|\()",
                text[found.end : end], re.IGNORECASE,
            ):  # fmt: skip
                return found
    return _trim(text, *amount.product) if amount.product is not None else None


def _backward(text: str, at: int, start: int) -> Name | None:
    """A name that ends right before an amount, forms and "at a dose of" apart."""
    begin = max(start, at - _BEHIND)
    lead = _BEFORE.search(text[begin:at])
    stop = begin + (lead.start() if lead is not None else at - begin)
    maker = _MAKER.search(text[begin:stop])
    if maker is not None:
        stop = begin + maker.start()
    forms = _FORMS.search(text[begin:stop])
    if forms is not None:
        stop = begin + forms.start()
    words: list[re.Match[str]] = []
    for match in reversed(list(_WORD.finditer(text, begin, stop))):
        gap = text[match.end() : words[-1].start() if words else stop]
        if (
            gap.strip(" '\"(") not in ("", ")")
            or match[0].lower().rstrip(".") in _STOP
            or len(words) > 4
        ):
            break
        words.append(match)
    if not words or not any(len(word[0]) > 2 for word in words):
        return None
    return _closed(text, words[-1].start(), words[0].end())


def _closed(text: str, start: int, end: int) -> Name:
    """Without a bracket that closes nothing."""
    if text[start:end].count(")") > text[start:end].count("("):
        end = start + len(text[start:end].rstrip(")"))
    return Name(text[start:end], start, end)


def _forward(text: str, at: int, end: int) -> Name | None:
    words: list[re.Match[str]] = []
    for match in _WORD.finditer(text, at, min(end, at + _BEHIND)):
        gap = text[words[-1].end() if words else at : match.start()]
        if gap.strip() or match[0].lower().rstrip(".") in _STOP or len(words) > 4:
            break
        words.append(match)
    if not words or not any(len(word[0]) > 2 for word in words):
        return None
    return _closed(text, words[0].start(), words[-1].end())


def _trim(text: str, start: int, end: int) -> Name | None:
    while lead := re.match(r"(?:of|the|a|an|each|total)\s", text[start:end], re.IGNORECASE):
        start += lead.end()
    return Name(text[start:end], start, end) if start < end else None


def is_generic(name: str) -> bool:
    """Whether a name tells no more than "cells"."""
    return not telling_words(name)


def telling_words(name: str) -> frozenset[str]:
    """The words of a name that tell one product from another; spellings of MSC as "msc"."""
    words = re.findall(
        r"[a-z0-9]+", re.sub(r"mesenchymal|\b(?:hu?)?(?=uc-?msc)", "msc ", name.lower())
    )
    plain = (word.rstrip("s") for word in words if word not in _STOP)
    return frozenset(word for word in plain if word not in _GENERIC and len(word) > 1)


def same_product(one: str | None, other: str | None) -> bool:
    """Whether two names may be one product: a telling word in common, or one tells nothing."""
    mine, theirs = telling_words(one or ""), telling_words(other or "")
    common = mine & theirs
    if common == {"msc"} and mine != common and theirs != common:
        return False  # of two tissues
    return not mine or not theirs or bool(common)


def widened(text: str, start: int, end: int, begin: int) -> Name:
    """A name with the telling words before it: "human umbilical cord derived stem cells"."""
    for match in reversed(list(_WORD.finditer(text, max(begin, start - _BEHIND), start))):
        gap = text[match.end() : start]
        if gap.strip(" -") or match[0].lower().rstrip(".") in _STOP:
            break
        start = match.start()
    return Name(text[start:end], start, end)


def name_of(text: str, start: int, end: int) -> Name | None:
    """The first words of a text that can name a product, where no amount leads to it."""
    words: list[re.Match[str]] = []
    for match in _WORD.finditer(text, start, min(end, start + 400)):
        stop = match[0].lower().rstrip(".,") in _STOP
        gap = text[words[-1].end() : match.start()] if words else ""
        if words and (stop or gap.strip(" ") or len(words) > 6):
            break
        if not stop:
            words.append(match)
    return (
        Name(text[words[0].start() : words[-1].end()], words[0].start(), words[-1].end())
        if words
        else None
    )
