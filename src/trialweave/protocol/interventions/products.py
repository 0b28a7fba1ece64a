"""What is given: its kind, the tissue and the donor that cells come from, and the route."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = ["Hit", "donor_of", "kind_of", "route_of", "source_of"]


class Hit(NamedTuple):
    """A name with the place of the words that tell it."""

    name: str
    start: int
    end: int


def _table(*rows: tuple[str, str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in rows)


# Of words that stand in one text the first row wins: what cells give off is not the cells.
_KINDS: Final = _table(
    ("placebo", r"\bplacebos?\b|\bsham\b|\bdummy\b"),
    ("vesicles", r"\bexo(?:some\w*|somal|flo)\b|\b(?:extracellular|nano|micro)[- ]?vesicles?\b"
                 r"|\bEVs?\b"
     r"|\bMSC-?EVs?\b"),
    ("secretome", r"\bsecretomes?\b|\bconditioned[- ]medi(?:um|a)\b|\bsupernatants?\b"
                  r"|\bcell[- ]free\b"
     r"[^.;]{0,30}\b(?:product|extract)"),
    ("vaccine", r"\bvaccin\w+|\bBCG\b"),
    ("plasma", r"\b(?:convalescent|immune|hyperimmune)\s(?:\w+\s){0,2}plasma\b|\bplasma\b(?!-?lyte"
               r"| conc)"
     r"(?=[^.;]{0,40}(?:infus|transfus|donor|convalesc|mL|unit))"),
    ("cells", r"\b[\w-]{0,14}MSCs?\b|\b(?:stem|stromal|NK|T|B|progenitor|mononuclear|killer"
              r"|dendritic"
     r"|derived|CAR-\w+|immune|blood|marrow|infus\w*|lymphoid|Treg|regulatory T|nerve|neural"
     r"|epithelial)[- ]"
     r"cells?\b|\bcell (?:therapy|transplant\w*|infusion|suspension|product)\b|\b(?:HSC|iPSC|DPSC"
     r"|ADSC|ADRC"
     r"|SVF|BMAC|TIL|MNC|PBMC|CDC|VST|Treg|CTL)s?\b|\bstromal vascular fraction\b|\bcells\b"
     r"|\bbone[- ]marrow (?:aspirate|concentrate)\b|\blymphocytes\b|\bfibroblasts\b"
     r"|\bkeratinocytes\b"),
    ("radiation", r"\bradio-?therap\w+|\birradiat\w+|\b[0-9.]+\s?Gy\b"),
    ("biologic", r"\b\w+(?:mab|cept|kinra|ximab|zumab)\b|\bimmunoglobulins?\b|\bIVIG\b"
                 r"|\binterferons?\b"
     r"|\binterleukin\b|\bantibod(?:y|ies)\b|\berythropoietin\b|\b(?:growth"
     r"|colony)[- ][\w-]+ factor\b"
     r"|\bGM?-CSF\b|\binsulin\b|\bplatelet[- ]rich plasma\b|\bPRP\b|\bthymosin\b|\bserum\b"),
    ("device", r"\bdevices?\b|\bventilat(?:or|ion)\b|\bCPAP\b|\bhelmet\b|\bmasks?\b|\bcannula\b"
               r"|\becmo\b"
     r"|\bscaffolds?\b|\bimplants?\b|\bstents?\b|\bapp(?:lication)? for\b|\bapparatus\b"),
    ("procedure", r"\bsurger(?:y|ies)\b|\barthroscop\w+|\bmicrofracture\b|\btransplantation\b"
                  r"|\bhemoperfusion\b"
     r"|\bplasma exchange\b|\bplasmapheresis\b|\bdialysis\b|\bbiops(?:y|ies)\b|\bblood (?:draw"
     r"|sample)s?\b"
     r"|\btracheo?stomy\b|\bprone position\w*|\bacupuncture\b|\bmassage\b|\bcore decompression\b"),
    ("behavioural", r"\bexercises?\b|\bbreathing training\b|\beducation\w*|\bcounsel\w+|\byoga\b"
     r"|\bmeditation\b|\bpsychotherapy\b|\bpsychological\b|\brehabilitation\b|\bphysiotherapy\b"
     r"|\bdiet\b"
     r"|\bmusic\b|\bquestionnaires?\b|\blifestyle\b|\bmindfulness\b|\bTai Chi\b|\bQigong\b"),
    ("background", r"\b(?:standard|usual|routine|conventional|supportive|best|common"
                   r"|basic)\s(?:of\s)?"
     r"(?:\w+\s){0,2}?(?:care|treatments?|therap(?:y|ies)|management|medications?|regimen)\b"
     r"|\bsoc\b"
     r"|\bbest supportive care\b|\bno (?:treatment|intervention)\b"),
    ("supplement", r"\bvitamins?\b|\bzinc\b|\bsupplements?\b|\bprobiotics?\b|\bherb\w*"
                   r"|\bpropolis\b"),
    ("drug", r"\btablets?\b|\bcapsules?\b|\bpills?\b|\bsyrup\b|\bmg\b|\bdrugs?\b|\bdrops?\b"
             r"|\bgranules?\b"
     r"|\bspray\b|\binjection\b|\binhal\w+\b|\boral(?:ly)?\b|\bsaline\b|\bsolution\b"),
)  # fmt: skip
_TYPES: Final = {
    "drug": "drug", "biological": "biologic", "device": "device", "procedure": "procedure",
    "behavioral": "behavioural", "behavioural": "behavioural", "radiation": "radiation",
    "dietary supplement": "supplement", "genetic": "genetic", "diagnostic test": "diagnostic test",
    "combination product": "combination product", "other": "other",
}  # fmt: skip
_TELLING: Final = frozenset({"placebo", "vesicles", "secretome", "vaccine", "plasma", "cells"})

_SOURCES: Final = _table(
    ("cord blood", r"\b(?:umbilical[- ])?cord[- ]blood\b|\bh?UCB\b|\bh?UCB[- ]?(?=[\w-]*MSC)"),
    ("Wharton's jelly", r"\bwharton\w*(?:['’]?s)?(?:\sjelly)?|\b(?:h|hu)?WJ(?=[- ]?(?:d-?)?MSC)"),
    ("umbilical cord", r"\bumbilical(?:[- ]cord)?(?![- ](?:cord[- ])?blood)|\b(?:h"
                       r"|hu)?UC?(?=[- ]?(?:d-?)?MSC)"
     r"|\bcord[- ](?:derived|tissue)"),
    ("placenta", r"\bplacent\w+|\bdecidua\w*|\bchorion\w*"),
    ("amnion", r"\bamnio\w*"),
    ("bone "
     "marrow", r"\b(?:bone[- ])?marrow\b|\b(?:h|hu|a)?BM(?=[- ]?(?:d-?)?(?:MSC|MNC|SC))|\bBMAC\b"),
    ("adipose "
     "tissue", r"\badipose\b|\bfat[- ]derived\b|\blipoaspirat\w+|\bstromal vascular fraction\b"
     r"|\bADSCs?\b|\bADRCs?\b|\bASCs?\b|\bSVF\b|\b(?:h|hu|a)?AT?D?(?=[- ]?(?:d-?)?MSC)"),
    ("menstrual blood", r"\bmenstrual\b|\bmenscs?\b|\bMB(?=-?MSC)"),
    ("endometrium", r"\bendometri\w+"),
    ("dental pulp", r"\bdental\b|\bdeciduous te?ee?th\b|\b(?:h)?DPSCs?\b|\bSHED\b"
                    r"|\bextracted tooth\b|\btooth\b"),
    ("peripheral blood", r"\bperipheral[- ]blood\b|\bPBMCs?\b|\bPBSCs?\b"),
    ("olfactory mucosa", r"\bolfactory\b"),
    ("mesenchymoangioblast", r"\bmesenchymoangioblast\w*"),
    ("synovium", r"\bsynovi(?:um|al)\b(?=[^.;]{0,30}(?:cell|MSC|derived))"),
    ("heart", r"\bcardiosphere\w*|\bcardiac[- ]derived\b"),
    ("limbus", r"\blimbal\b"),
    ("liver", r"\bliver[- ]derived\b"),
    ("skeletal muscle", r"\bmuscle[- ]derived\b|\bmyoblasts?\b"),
    ("skin", r"\bskin[- ]derived\b"),
    ("embryonic stem cells", r"\bembryonic\b|\bh?ESCs?\b"),
    ("pluripotent stem cells", r"\bpluripotent\b|\biPSCs?\b"),
    ("perinatal tissue", r"\bperinatal\b"),
)  # fmt: skip
_DISEASE: Final = re.compile(
    r"\s(?:failure|disease|suppression|transplant(?:ation)?\srecipients?|infarct\w*|patients?"
    r"|biopsy"
    r"|aspiration)\b",
    re.IGNORECASE,
)

_ROUTES: Final = _table(
    ("intra-articular", r"\bintra-?\s?articular(?:ly)?\b"),
    ("intrathecal", r"\bintra-?\s?thecal(?:ly)?\b|\blumbar puncture\b"),
    ("intracoronary", r"\bintra-?\s?coronary\b"),
    ("intramyocardial", r"\b(?:intra|trans|endo)-?\s?(?:myocardial|endocardial)(?:ly)?\b"),
    ("intra-arterial", r"\bintra-?\s?arterial(?:ly)?\b|\bhepatic artery\b|\bintra-?carotid\b"),
    ("intraportal", r"\bintra-?portal\b|\bportal vein\b"),
    ("intraperitoneal", r"\bintra-?\s?peritoneal(?:ly)?\b"),
    ("intratracheal", r"\bintra-?\s?tracheal(?:ly)?\b|\bendotracheal(?:ly)?\b"
                      r"|\bintra-?bronchial(?:ly)?\b"),
    ("intramuscular", r"\bintra-?\s?muscular(?:ly)?\b|(?-i:\bIM\b)"
                      r"|(?<![\w'])i\.?m\.?(?=\s?(?:inj|route|admin|\)|,|;|once))"),
    ("subcutaneous", r"\bsub-?\s?cutaneous(?:ly)?\b|(?<!\w)s\.?c\.(?!\w)|(?<=mg )SC\b|(?<=IU )SC\b"
                     r"|\bSC\b(?= inj)|\bsubq\b"),
    ("intradermal", r"\bintra-?\s?dermal(?:ly)?\b"),
    ("intralesional", r"\bintra-?\s?(?:lesional|fistular|cavernous|discal|spinal|vitreal|cerebral"
                      r"|cerebroventricular"
     r"|osseous|pleural|nasal|vesical|uterine|ocular|ovarian)(?:ly)?\b"),
    ("inhalation", r"\binhal(?:ed|ation|ations|ing|er)\b|\bnebuli[sz]\w+|\baerosol\w*"
                   r"|\batomi[sz]\w+"),
    ("intranasal", r"\bnasal(?:ly)?\b|\bnostrils?\b|\bnasal drops?\b"),
    ("sublingual", r"\bsub-?\s?lingual(?:ly)?\b"),
    ("rectal", r"\brectal(?:ly)?\b|\bsuppositor\w+|\benema\b"),
    ("topical", r"\btopical(?:ly)?\b|\bointment\b|\bcream\b|\bgel\b|\beye drops?\b|\bmouth ?wash\b"
                r"|\bgargl\w+"),
    ("intravenous", r"\bint(?:ra|er)-?\s?venous(?:ly)?\b|(?<!\w)i\.?\s?v\.?(?!\w)"
                    r"|\bperipheral vein\b|\bvenous infusion\b"
     r"|\bintravascular(?:ly)?\b|\b(?:infus\w+|inject\w+"
     r"|administered)\s(?:\w+\s){0,4}(?:in)?to\s(?:\w+\s){0,2}"
     r"(?:vein|veins)\b|\bvein\b|\bivgtt\b|\bdrip\b"),
    ("oral", r"\boral(?:ly)?\b|(?<!\w)p\.?\s?o\.?(?!\w)|\bby mouth\b|\bper os\b|\btablets?\b"
             r"|\bcapsules?\b"
     r"|\bpills?\b|\bsyrups?\b|\btabs?\b|\bnasogastric\b|\bdecoction\b"
     r"|\blozenges?\b|\bdrink(?:s|ing)?\b|\bgranules?\b|\bsachets?\b"),
)  # fmt: skip
_SUBROUTES: Final = ("intralesional",)
_DONORS: Final = _table(
    ("allogeneic", r"\ballo-?gen(?:e?ic|ous)\b|\b(?:healthy|unrelated|third[- ]party|matched"
                   r"|sibling) donors?\b"
     r"|\boff[- ]the[- ]shelf\b"),
    ("autologous", r"\bautolog(?:ous)?\w*\b|\b(?:patient's|their) own\b"),
)  # fmt: skip
_BROAD: Final = {"umbilical cord": ("Wharton's jelly", "cord blood"),
                 "placenta": (), "perinatal tissue": ("umbilical cord", "placenta")}  # fmt: skip


def _first(
    table: tuple[tuple[str, re.Pattern[str]], ...], text: str, start: int, end: int
) -> list[Hit]:
    found = []
    for name, pattern in table:
        match = pattern.search(text, start, end)
        if match is not None:
            found.append(Hit(name, *match.span()))
    return found


def kind_of(text: str, start: int = 0, end: int | None = None, *, type_: str = "") -> Hit | None:
    """The kind of what a part of a text names; the register's own type where words do not tell."""
    found = _first(_KINDS, text, start, len(text) if end is None else end)
    typed = _TYPES.get(type_.strip().casefold())
    told = next((hit for hit in found if hit.name in _TELLING), None)
    if told is not None:
        return told
    if typed and typed != "other":
        return Hit(typed, -1, -1)
    if found:
        return found[0]
    return Hit(typed, -1, -1) if typed else None


def source_of(text: str, start: int = 0, end: int | None = None) -> Hit | None:
    """The tissue that cells come from, or what cells secrete; the narrowest that is told."""
    stop = len(text) if end is None else end
    found = [
        hit for hit in _first(_SOURCES, text, start, stop) if not _DISEASE.match(text, hit.end)
    ]
    names = {hit.name for hit in found}
    narrow = [hit for hit in found if not any(part in names for part in _BROAD.get(hit.name, ()))]
    return min(narrow, key=lambda hit: hit.start) if narrow else None


def donor_of(text: str, start: int = 0, end: int | None = None) -> Hit | None:
    """Whether cells are of the participant or of somebody else; None where both or none is told."""
    found = _first(_DONORS, text, start, len(text) if end is None else end)
    return found[0] if len(found) == 1 else None


def route_of(text: str, start: int = 0, end: int | None = None) -> Hit | None:
    """The route that stands first; forms ("tablet") tell it only where no other word does."""
    found = _first(_ROUTES, text, start, len(text) if end is None else end)
    if not found:
        return None
    said = [hit for hit in found if not _is_form(text, hit)]
    hit = min(said or found, key=lambda hit: hit.start)
    if hit.name in _SUBROUTES:
        return Hit(text[hit.start : hit.end].lower().removesuffix("ly"), hit.start, hit.end)
    return hit


def _is_form(text: str, hit: Hit) -> bool:
    return bool(
        re.match(r"(?:tablet|capsule|pill|tab|vein|drip|gel)", text[hit.start : hit.end], re.I)
    )
