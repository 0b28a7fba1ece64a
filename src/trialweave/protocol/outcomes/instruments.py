"""With what an outcome is measured: scales, questionnaires, ratios, tests; and their version."""

from __future__ import annotations

import functools
import re
from typing import Final, NamedTuple

from trialweave.protocol.durations import folded

__all__ = ["Instrument", "instruments_in", "named_method"]

_LONGEST: Final = 4000
_MOST: Final = 12


class Instrument(NamedTuple):
    """One instrument by its usual short name, its version where one is told, and its place."""

    name: str
    version: str | None
    start: int
    end: int


# Name, and how texts word it. Of wordings that overlap, the longer is taken.
_TABLE: Final = (
    ("CTCAE", r"(?:NCI[- ]?)?CTCAE|NCI[- ]CTC|common (?:terminology"
              r"|toxicity) criteria(?: for adverse events?)?"
     r"(?:\s?\(\s?(?:NCI[- ]?)?CTCAE\s?\))?"),
    ("MedDRA", r"MedDRA"),
    ("DAIDS", r"DAIDS(?: table| grading)?"),
    ("Clavien-Dindo", r"clavien[- ]dindo(?: classification)?"),
    ("SOFA", r"q?SOFA(?: scores?)?|(?:sequential|sepsis[- ]related) organ failure assessment"
             r"(?: scores?)?"
     r"(?:\s?\(SOFA\)(?: score)?)?"),
    (
        "APACHE II",
        r"APACHE[- ]?(?:II|2)\b|acute physiology and chronic health evaluation (?:II|2)\b",
    ),
    ("APACHE", r"APACHE|acute physiology and chronic health evaluation"),
    ("NEWS2", r"NEWS[- ]?2(?: scores?)?|national early warning scores?(?: \(NEWS-?2\)| ?2)"),
    ("NEWS", r"NEWS(?: scores?)?|national early warning scores?(?: \(NEWS\))?"),
    ("MEWS", r"MEWS|modified early warning score"),
    ("CURB-65", r"CURB[- ]?65"),
    ("PSI", r"PSI|pneumonia severity index"),
    ("SAPS II", r"SAPS[- ]?(?:II|2)\b|simplified acute physiology score (?:II|2)\b"),
    ("SAPS", r"SAPS|simplified acute physiology score"),
    ("Murray lung injury score", r"murray(?: lung injury)?(?: score| scale)|lung injury scores?"),
    ("Glasgow Coma Scale", r"glasgow coma s(?:cale|core)|\bGCS\b"),
    ("RASS", r"RASS|richmond agitation[- ]sedation scale"),
    ("Child-Pugh", r"child[- ]?(?:turcotte[- ])?pugh(?: score| class(?:ification)?)?"),
    ("MELD", r"MELD(?:[- ]Na)?(?: score)?|model for end[- ]stage liver disease(?: \(MELD\))?"),
    ("PaO2/FiO2", r"PaO2\s?/\s?FiO2(?: ratio)?|P\s?/\s?F(?: ratio)|PaO2 (?:to|and) FiO2(?: ratio)?"
     r"|P/F\b|PaO\(2\)/FiO\(2\)|PO2/FiO2|PAFI|PaFiO2"),
    ("SpO2/FiO2", r"SpO2\s?/\s?FiO2(?: ratio)?|S/F ratio"),
    ("oxygenation index", r"oxygenation index"),
    ("WHO ordinal scale", r"(?:WHO|world health organi[sz]ation)(?:'s)?[\s-](?:[\w-]+\s){0,5}?"
     r"(?:ordinal|progression|improvement|severity)(?:\s[\w-]+){0,3}?\s?(?:scale|score)s?"
     r"|(?:WHO|world health organi[sz]ation)\s(?:(?:[0-9]+|[a-z]+)[- ](?:points?"
     r"|category)\s)(?:[\w-]+\s)"
     r"{0,3}?scale|WHO[- ]CPS|WHO[- ]OS|WHO scale for clinical \w+"),
    ("ordinal scale", r"(?:(?:[0-9]{1,2}|six|seven|eight|nine|ten)[- ](?:points?|categor(?:y|ies)"
                      r"|level)\s)?"
     r"(?:[\w-]+\s){0,1}ordinal(?:\s[\w-]+){0,2}?\s?(?:scale|outcome)s?"),
    ("NIAID ordinal scale", r"(?:NIAID|national institute of allergy and infectious diseases?)"
     r"[\s-](?:[\w-]+\s){0,4}?(?:scale|score)"),
    ("Borg scale", r"(?:modified )?borg(?: dyspn\w+| rpe| CR-?10)?(?: scale| score)?"),
    ("mMRC", r"m?MRC(?: dyspn\w+)?(?: scale| score)|(?:modified )?medical research council"
             r"(?: dyspn\w+)?"
     r"(?: scale)?|mMRC"),
    ("6MWT", r"(?:6|six)[- ]?(?:min(?:ute)?s?)?[- ]?(?:walk(?:ing)?)[- ]?(?:test"
             r"|distance)?(?: \(6MWT\))?"
     r"|6\s?MWT|6\s?MWD"),
    ("FEV1", r"FEV[- ]?1|forced expiratory volume(?: in (?:1|one) second)?"),
    ("DLCO", r"DL\s?CO|diffus(?:ing|ion) capacity"),
    ("SGRQ", r"SGRQ|st\.? george(?:'s)? respiratory questionnaire(?: \(SGRQ\))?"),
    ("CAT", r"CAT score|COPD assessment test"),
    ("SF-36", r"(?:MOS )?SF[- ]?36|short[- ]form[- ](?:health survey )?36|36[- ]item short[- ]form"
     r"(?: health)?(?: survey)?(?: \(SF-?36\))?"),
    ("SF-12", r"SF[- ]?12"),
    ("EQ-5D", r"EQ[- ]?5D(?:[- ]?[35]L)?|euro-?qol(?:[- ]5D)?"),
    ("WHOQOL", r"WHO-?QOL(?:-BREF)?"),
    ("EORTC QLQ-C30", r"EORTC(?:[- ]QLQ)?(?:[- ]C30)?|QLQ-C30"),
    ("FACT", r"FACT-[A-Z]\w*|FACIT-?\w*"),
    ("PedsQL", r"peds-?QL"),
    ("DASS-21", r"DASS[- ]?21|depression,? anxiety,?(?: and)? stress scales?(?:[- ]21)?"
                r"(?: \(DASS-?21\))?"),
    ("HADS", r"HADS|hospital anxiety and depression scale"),
    ("PHQ-9", r"PHQ[- ]?9|patient health questionnaire[- ]?9?"),
    ("GAD-7", r"GAD[- ]?7|generali[sz]ed anxiety disorder(?: scale)?[- ]7"),
    ("ISI", r"insomnia severity index"),
    ("PSQI", r"PSQI|pittsburgh sleep quality index"),
    ("BDI", r"BDI(?:-II)?|beck depression inventory(?:[- ]II)?"),
    ("STAI", r"STAI|state[- ]trait anxiety inventory"),
    ("HAM-D", r"HAM-?D|hamilton depression(?: rating)? scale"),
    ("HAM-A", r"HAM-?A|hamilton anxiety(?: rating)? scale"),
    ("IES-R", r"IES-?R|impact of event(?:s)? scale"),
    ("PCL-5", r"PCL-?5"),
    ("PSS", r"perceived stress scale|PSS-?(?:10|14)"),
    ("MMSE", r"MMSE|mini[- ]mental state(?: examination)?"),
    ("MoCA", r"MoCA|montreal cognitive assessment"),
    ("ADAS-Cog", r"ADAS-?Cog"),
    ("EDSS", r"EDSS|expanded disability status scale"),
    ("MSFC", r"MSFC|multiple sclerosis functional composite"),
    ("ALSFRS-R", r"ALS-?FRS(?:-?R)?"),
    ("ASIA", r"ASIA|asia(?: impairment)?(?: scale| score)|AIS grade"
             r"|american spinal injury association"),
    ("NIHSS", r"NIHSS|(?:national institutes? of health|NIH) stroke scale"),
    ("mRS", r"mRS|modified rankin(?: scale| score)?"),
    ("Barthel", r"barthel(?: index)?"),
    ("GMFM", r"GMFM(?:-?(?:66|88))?|gross motor function(?:al)? measure(?:-?(?:66|88))?"),
    ("UPDRS", r"(?:MDS-?)?UPDRS"),
    ("VAS", r"VAS|visual[- ]analog(?:ue)?[- ](?:pain )?(?:scale|score)s?(?: \(VAS\))?"),
    ("NRS", r"NRS|numeric(?:al)?(?: pain)? rating scale"),
    ("WOMAC", r"WOMAC|western ontario and mcmaster(?: universities)?(?: osteoarthritis)?"
              r"(?: index)?"),
    ("KOOS", r"KOOS|knee (?:injury and )?osteoarthritis outcome score"),
    ("IKDC", r"IKDC|international knee documentation committee"),
    ("Lysholm", r"lysholm(?: score| scale)?"),
    ("HOOS", r"HOOS|hip disability and osteoarthritis outcome score"),
    ("Harris hip score", r"harris hip score|HHS\b"),
    ("ODI", r"ODI|oswestry(?: disability)?(?: index)?"),
    ("DASH", r"DASH|disabilities of the arm"),
    ("WORMS", r"WORMS\b"),
    ("MOCART", r"MOCART"),
    ("OARSI", r"(?:OMERACT[- ])?OARSI"),
    ("Kellgren-Lawrence", r"kellgren[- ]?(?:and )?[- ]?lawrence"),
    ("DAS28", r"DAS[- ]?28"),
    ("ACR20", r"ACR[- ]?(?:20|50|70)"),
    ("HAQ", r"HAQ(?:-?DI)?|health assessment questionnaire"),
    ("SLEDAI", r"SLEDAI(?:-?2K)?"),
    ("BILAG", r"BILAG"),
    ("BASDAI", r"BASDAI"),
    ("mRSS", r"mRSS|modified rodnan skin score"),
    ("PASI", r"PASI\b(?:[- ]?(?:50|75|90))?"),
    ("SCORAD", r"SCORAD"),
    ("EASI", r"EASI|eczema area and severity index"),
    ("DLQI", r"DLQI|dermatology life quality index"),
    ("CDAI", r"CDAI|crohn'?s? disease activity index"),
    ("PDAI", r"PDAI|perianal disease activity index"),
    ("Mayo score", r"mayo (?:clinic )?scores?"),
    ("NYHA", r"NYHA|new york heart association"),
    ("KCCQ", r"KCCQ"),
    ("MLHFQ", r"MLHFQ?|minnesota living with heart failure"),
    ("CCS", r"CCS class|canadian cardiovascular society"),
    ("LVEF", r"LVEF|left ventric\w+ ejection fraction(?: \(LVEF\))?"),
    ("Karnofsky", r"karnofsky(?: performance)?(?: status)?(?: scale| score)?"),
    ("ECOG", r"ECOG(?: performance status| PS)?"),
    ("RECIST", r"RECIST"),
    ("iRECIST", r"iRECIST"),
    ("Lugano", r"lugano (?:criteria|classification)"),
    ("Cheson", r"cheson(?: criteria)?"),
    ("RANO", r"i?RANO\b"),
    ("PCWG", r"PCWG"),
    ("ABI", r"ABP?I|ankle[- ]brachial(?: pressure)? index"),
    ("TcPO2", r"TcP?O2"),
    ("Rutherford", r"rutherford"),
    ("Fontaine", r"fontaine"),
    ("HOMA-IR", r"HOMA(?:-?(?:IR|B))?"),
    ("HbA1c", r"HbA1c|glycat?(?:ed|osylated) ha?emoglobin"),
    ("eGFR", r"eGFR"),
    ("KDIGO", r"KDIGO"),
    ("RIFLE", r"RIFLE\b"),
    ("AKIN", r"AKIN\b"),
    ("NIH consensus criteria", r"NIH consensus(?: criteria)?"),
    ("Bayley", r"bayley(?: scales?)?"),
    ("CGI", r"clinical global impression|CGI-[SI]"),
    ("PANSS", r"PANSS"),
    ("ABC", r"aberrant behaviou?r checklist"),
    ("CARS", r"childhood autism rating scale"),
    ("Lequesne", r"lequesne"),
    ("PROMIS", r"PROMIS(?:-?\d+)?"),
    ("FIM", r"functional independence measure"),
    ("IIEF", r"IIEF(?:-?5)?|international index of erectile function(?:[- ]5)?"),
    ("SHIM", r"SHIM|sexual health inventory for men"),
    ("ASES", r"ASES|american shoulder and elbow surgeons"),
    ("Constant-Murley", r"constant(?:[- ]murley)?(?: shoulder)? score"),
    ("Knee Society Score", r"knee society (?:clinical rating )?scor(?:e|ing)(?: system)?|KSS"),
    ("Tegner", r"tegner(?: activity)?(?: scale| score)?"),
    ("Ashworth", r"(?:modified )?ashworth(?: scale)?"),
    ("IBDQ", r"IBDQ|inflammatory bowel disease questionnaire"),
    ("Vancouver Scar Scale", r"vancouver scar scale"),
    ("POSAS", r"POSAS|patient and observer scar assessment scale"),
    ("SCIM", r"SCIM|spinal cord independence measure"),
    ("PASAT", r"PASAT|paced auditory serial addition test"),
    ("NPI", r"neuropsychiatric inventory"),
    ("9HPT", r"9[- ]?HPT|nine[- ]hole peg test"),
    ("GMFCS", r"GMFCS"),
    ("BASFI", r"BASFI"),
    ("SAQ", r"seattle angina questionnaire"),
    ("ICIQ", r"ICIQ(?:-\w+)*"),
    ("IPSS", r"IPSS|international prostate symptom score"),
    ("OSDI", r"OSDI|ocular surface disease index"),
    ("Wexner", r"wexner(?: score)?"),
    ("BPRS", r"brief psychiatric rating scale"),
)  # fmt: skip
_CASED: Final = frozenset(
    {"CAT", "FACT", "ABI", "ODI", "PSI", "DASH", "ASIA", "EASI", "VAS", "NEWS"}
)


def _compiled(name: str, pattern: str) -> re.Pattern[str]:
    """A row's pattern; abbreviations that are also words count in capitals only."""
    short, bar, long_ = pattern.partition("|")
    if name not in _CASED:
        pattern = f"(?i:{pattern})"
    elif bar:
        pattern = f"{short}|(?i:{long_})"
    return re.compile(rf"(?<!\w)(?:{pattern})(?![A-Za-z])")


@functools.cache
def _each() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, _compiled(name, pattern)) for name, pattern in _TABLE)


_VERSION: Final = re.compile(
    r"[\s,;:(]*(?:\(?\s?(?:NCI[- ]?)?CTCAE\s?\)?[\s,]*)?(?:v(?:ersion|er|ers)?\.?"
    r"|V)\s?(?P<v>[0-9]{1,2}(?:\.[0-9]{1,2})?)",
    re.IGNORECASE,
)
_POINTS: Final = re.compile(
    r"(?P<n>[0-9]{1,2}|six|seven|eight|nine|ten)[- ](?P<what>point|categor|level)", re.IGNORECASE
)
_OWN: Final = {"EQ-5D": re.compile("([35]L)")}
_IN_WORDS: Final = {"six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10"}
_SCALES: Final = ("WHO ordinal scale", "ordinal scale", "NIAID ordinal scale")


@functools.lru_cache(maxsize=1 << 12)
def instruments_in(text: str) -> tuple[Instrument, ...]:
    """The instruments that a text names, in order, each once; of its first 4000 characters.

    >>> instruments_in("adverse events by CTCAE v4.0")[0][:2]
    ('CTCAE', '4.0')
    """
    plain = folded(text[:_LONGEST])
    hits = [
        (m.start(), m.end(), name) for name, pattern in _each() for m in pattern.finditer(plain)
    ]
    hits.sort(key=lambda hit: (hit[0] - hit[1], hit[0]))
    taken: list[tuple[int, int, str]] = []
    for start, end, name in hits:
        if all(end <= other[0] or start >= other[1] for other in taken):
            taken.append((start, end, name))
    found: dict[str, Instrument] = {}
    for start, end, name in sorted(taken):
        version = _version(plain, start, end, name)
        if name not in found or (version and found[name].version is None):
            found[name] = Instrument(name, version, start, end)
    if "WHO ordinal scale" in found or "NIAID ordinal scale" in found:
        found.pop("ordinal scale", None)
    return tuple(found.values())[:_MOST]


def _version(text: str, start: int, end: int, name: str) -> str | None:
    if match := _VERSION.match(text, end):
        return match["v"]
    said = text[start:end]
    if name in _OWN and (own := _OWN[name].search(said)):
        return next(group for group in own.groups() if group)
    if name in _SCALES and (points := _POINTS.search(text[max(start - 20, 0) : end])):
        return f"{_IN_WORDS.get(points['n'].lower(), points['n'])}-point"
    return None


_LEAD: Final = re.compile(
    r"\s*(?:(?:it|this|they|which)\s)?(?:(?:is|are|was|will be|be)\s)?(?:(?:recorded|measured"
    r"|evaluated"
    r"|assessed|based|using|according|calculated|determined|checked|obtained|collected|tested"
    r"|examined|checking|measuring|recording|performing|taking|reviewing|reviewed|done|performed"
    r"|by|via|through|with|from|use of|in|on)\s(?:(?:by|with|using|to|on|from|in|of|means of)\s)*)*"
    r"(?:(?:the|a|an)\s)?",
    re.IGNORECASE,
)
_COUNTED: Final = re.compile(
    r"(?:the\s)?(?:number|percent\w*|proportion|rate|counts?|counting|time|change|mean|compar\w+"
    r"|increase|decrease|evaluat(?:ed|ing)|calculat\w+|presence|absence|incidence|patients?"
    r"|participants?"
    r"|yes|if|whether|all|no|not|none|n/?a)\b",
    re.IGNORECASE,
)
_LISTED: Final = re.compile(r"[,;+|]|\sand\s|\sor\s|\.\s", re.IGNORECASE)
_MOST_WORDS: Final = 8


def named_method(method: str) -> tuple[str, int, int] | None:
    """A method of measurement that is one short name, with its place: "ELISA", "Medical record".

    None where it is a list, a sentence, or says what is counted and not with what.
    """
    plain = folded(method[:_LONGEST])
    lead = _LEAD.match(plain)
    start = lead.end() if lead is not None else 0
    end = len(plain.rstrip(" .;"))
    said = plain[start:end]
    if not said or _LISTED.search(said) or _COUNTED.match(said):
        return None
    if len(said.split()) > _MOST_WORDS:
        return None
    return method[start:end], start, end
