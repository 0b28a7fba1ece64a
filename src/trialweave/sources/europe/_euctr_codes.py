"""Codes in the posted results of the EU register, in words.

A code is a list's name and a word: ``MEASURE_TYPE.leastSquares``. What is in no table is read as
the words that it is written together from, where the concept is free text. System organ classes
are numbers of the EU's controlled terms (EUTCT, list 100000000006).
"""

from __future__ import annotations

import re

from trialweave.model import Role

__all__ = [
    "MASKED",
    "RANGES",
    "arm_role",
    "arm_type",
    "dictionary",
    "dispersion",
    "organ_system",
    "parameter",
    "spoken",
    "word_of",
]

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9])(?=[A-Z])")
_LONGEST = 80

_PARAMETERS = {
    "number": "Number",
    "arithmetic": "Mean",
    "median": "Median",
    "leastsquares": "Least Squares Mean",
    "geometric": "Geometric Mean",
    "log": "Log Mean",
}
_DISPERSIONS = {
    "standarddeviation": "SD",
    "standarderror": "SE",
    "interquartilerange": "IQR",
    "fullrange": "range",
    "geometriccoefficientofvariation": "geometric CV",
    "na": "",
    "notapplicable": "",
}
RANGES = ("interquartilerange", "fullrange", "confidenceinterval")
"""Kinds of dispersion that are told by two numbers."""
_ARMS: dict[str, tuple[str, Role]] = {
    "experimental": ("experimental", "treatment"),
    "activecomp": ("active comparator", "control"),
    "activecomparator": ("active comparator", "control"),
    "placebo": ("placebo comparator", "control"),
    "placebocomparator": ("placebo comparator", "control"),
    "shamcomp": ("sham comparator", "control"),
    "shamcomparator": ("sham comparator", "control"),
    "noint": ("no intervention", "control"),
    "nointervention": ("no intervention", "control"),
}
MASKED = {
    "subject": "participant",
    "carer": "care provider",
    "assessor": "outcomes assessor",
    "dataanalyst": "data analyst",
}
_DICTIONARIES = {"meddra": "MedDRA", "snomedct": "SNOMED CT"}
_SYSTEMS = {
    "100000004848": "Investigations",
    "100000004849": "Cardiac disorders",
    "100000004850": "Congenital, familial and genetic disorders",
    "100000004851": "Blood and lymphatic system disorders",
    "100000004852": "Nervous system disorders",
    "100000004853": "Eye disorders",
    "100000004854": "Ear and labyrinth disorders",
    "100000004855": "Respiratory, thoracic and mediastinal disorders",
    "100000004856": "Gastrointestinal disorders",
    "100000004857": "Renal and urinary disorders",
    "100000004858": "Skin and subcutaneous tissue disorders",
    "100000004859": "Musculoskeletal and connective tissue disorders",
    "100000004860": "Endocrine disorders",
    "100000004861": "Metabolism and nutrition disorders",
    "100000004862": "Infections and infestations",
    "100000004863": "Injury, poisoning and procedural complications",
    "100000004864": "Neoplasms benign, malignant and unspecified (incl cysts and polyps)",
    "100000004865": "Surgical and medical procedures",
    "100000004866": "Vascular disorders",
    "100000004867": "General disorders and administration site conditions",
    "100000004868": "Pregnancy, puerperium and perinatal conditions",
    "100000004869": "Social circumstances",
    "100000004870": "Immune system disorders",
    "100000004871": "Hepatobiliary disorders",
    "100000004872": "Reproductive system and breast disorders",
    "100000004873": "Psychiatric disorders",
    "100000167503": "Product issues",
}


def word_of(code: str) -> str:
    """The word of a code without its list, in small letters: "leastsquares"."""
    return code.strip().rpartition(".")[2].casefold() if len(code) <= _LONGEST else ""


def spoken(code: str) -> str | None:
    """The words that a code is written together from: "cochran mantel haenszel"."""
    if len(code) > _LONGEST:
        return None
    return _HUMP.sub(" ", code.strip().rpartition(".")[2]).casefold() or None


def arm_type(code: str) -> str | None:
    """The type of an arm, as on ClinicalTrials.gov: "active comparator"."""
    known = _ARMS.get(word_of(code))
    return known[0] if known is not None else spoken(code)


def arm_role(code: str) -> Role:
    """The role that the type of an arm gives its group."""
    known = _ARMS.get(word_of(code))
    return known[1] if known is not None else "unknown"


def parameter(code: str) -> str | None:
    """What a posted number is, as on ClinicalTrials.gov: "Mean"."""
    return _PARAMETERS.get(word_of(code))


def dispersion(code: str, percentage: str) -> str:
    """What a posted spread is: "SD", "IQR", "95% CI"."""
    word = word_of(code)
    if word == "confidenceinterval":
        return f"{percentage}% CI" if percentage else "CI"
    return _DISPERSIONS.get(word, spoken(code) or "")


def organ_system(number: str) -> str:
    """The name of a system organ class; the number itself where it is not known."""
    return _SYSTEMS.get(number.strip(), f"EUTCT {number.strip()[:20]}" if number.strip() else "")


def dictionary(code: str) -> str:
    """The name of the dictionary that terms are of."""
    return _DICTIONARIES.get(word_of(code), spoken(code) or "")
