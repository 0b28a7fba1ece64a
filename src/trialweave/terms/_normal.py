"""The normal form of a variant's name, out of the parts that its pattern found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from trialweave.terms._grammar import AMINO, LETTERS

__all__ = ["normal_form"]

_MINUS: Final = re.compile(r"[\u2010-\u2015\u2212]")
_SPACE: Final = re.compile(r"[\s()\xa0\u2009\u202f]+")
_STOPS: Final = frozenset({"*", "x", "ter", "stop", "term", "opal", "amber", "ochre", "stopcodon"})
_BASES: Final = {"guanine": "G", "adenine": "A", "cytosine": "C", "thymine": "T"}
_LONG: Final = {name.replace(" ", ""): three for name, (_, three) in AMINO.items()}
_WHAT: Final = {"deletion": "del", "insertion": "ins", "duplication": "dup", "loss": "del"}
_NAME: Final = re.compile(r"[A-Za-z][a-z]{2}|[A-Z]")

_ONE_FROM_STOP: Final = frozenset("CEGKLQRSWY")  # by the standard genetic code
_HOT: Final = frozenset(
    {"G12", "G13", "Q61", "G719", "S768", "L861", "R132", "R140", "R172", "E542", "E545"}
)  # where "G12X" is any change

Parts = Mapping[str, str | None]


def normal_form(rule: str, kind: str, parts: Parts) -> str:
    """`rs…`, `p.…`, `c.…` and so on; an intron's or a karyotype's own notation with its spaces out.

    A DNA change without a level is given as `c.`: that is how articles number it, and the number
    stays as it was written (older articles count from the start of transcription, so that it may
    not be the position of a present reference sequence).
    """
    if kind == "snp":
        return f"rs{parts['n']}"
    if kind == "protein":
        return "p." + _protein(rule, parts)
    if kind == "exon-level":
        return _exon(parts)
    if kind == "structural":
        return _structural(parts)
    if rule == "delta-length":
        return f"del{parts['n']}"
    if rule == "length-edit":
        return f"{(parts['what'] or '').lower()}{parts['count']}"
    return _dna(rule, parts)


def _plain(text: str) -> str:
    return _SPACE.sub("", _MINUS.sub("-", text))


def _amino(text: str) -> str:
    name = _plain(text).lower()
    if name in _STOPS:
        return "Ter"
    if len(name) == 1:
        return LETTERS[name.upper()]
    return _LONG.get(name, name.capitalize())


def _any_change(old: str, site: str) -> bool:
    """Whether X stands for any amino acid: no stop is one base away, or it is a known hot spot."""
    letter = next((one for one, three in AMINO.values() if three == _amino(old)), "")
    return letter not in _ONE_FROM_STOP or letter + site in _HOT


def _shift(text: str) -> str:
    """`fs`, with the number of codons to the new stop where it is given."""
    number = re.search(r"\d+", text)
    return f"fsTer{number[0]}" if number else "fs"


def _protein(rule: str, parts: Parts) -> str:
    if written := parts.get("place"):
        return written
    old, site = parts.get("old") or parts.get("from") or "", (parts["n"] or "").replace(",", "")
    place = _amino(old) + site
    if rule in {"protein-site", "residue"}:
        return place  # what it changes to is not said
    if parts.get("to"):
        place += f"_{_amino(parts['to'] or '')}{parts['m']}"
    if edit := parts.get("edit"):
        what = next(each for each in ("delins", "del", "dup", "ins") if edit.startswith(each))
        added = edit[len(what) :]
        return (
            place + what + ("Ter" if added == "*" else "".join(map(_amino, _NAME.findall(added))))
        )
    if only := parts.get("only"):
        return place + _shift(only)
    if new := parts.get("new"):
        if shift := parts.get("shift"):
            return place + _amino(new) + _shift(shift)
        changed = "Xaa" if new == "X" and _any_change(old, site) else _amino(new)
        return place + ("=" if changed == _amino(old) else changed)
    if parts.get("same"):
        return place + (parts["same"] or "")
    return place + (
        "del" if "edit" not in parts and "new" not in parts and "p" not in parts else ""
    )


def _dna(rule: str, parts: Parts) -> str:
    site = _plain(parts.get("site") or "").lstrip("+")
    if rule == "intron":
        intron = _plain(parts["ivs"] or "").replace("IVS-", "IVS")
        sign = _plain(parts["site"] or "")
        return f"{intron}{sign}{_change(parts)}"
    if rule == "codon-bases":
        change = _plain(parts.get("edit") or "") or f"{parts['old']}>{parts['new']}"
        return f"codon {site} {change}"
    level = parts.get("level") or "c"
    if rule == "dna-edit-first" or rule == "words-dna-edit":
        what = (parts.get("edit") or parts.get("what") or parts.get("what2") or "").lower()
        what = _WHAT.get(what, what)
        bases = parts.get("old") or parts.get("old2") or ""
        return f"{level}.{_range(site)}{what}{bases if what == 'ins' else ''}"
    if parts.get("edit"):
        site = _range(site)
    return f"{level}.{site}{_change(parts)}"


def _range(site: str) -> str:
    """A range of positions written with a dash (251-273, 1050-54), with an underscore."""
    first, _, last = site.partition("-")
    if not (first.isdigit() and last.isdigit()):
        return site
    if len(last) < len(first):
        last = first[: -len(last)] + last
    return f"{first}_{last}" if int(last) > int(first) else site


def _change(parts: Parts) -> str:
    if parts.get("same"):
        return "="
    if edit := parts.get("edit"):
        return _edit(_plain(edit))
    old, new = (_base(parts.get(each) or "") for each in ("old", "new"))
    if not old:
        return ""
    return f"{old}>{new}" if len(old) == len(new) == 1 else f"delins{new}" if new else old


def _base(text: str) -> str:
    return _BASES.get(text.lower(), text.upper().replace("U", "T"))


def _edit(edit: str) -> str:
    """A deletion or duplication needs no bases by the recommendations; a count of them is kept."""
    low = edit.lower().replace("indel", "delins").replace("/", "")
    for what in ("delins", "del", "ins", "dup", "inv", "con"):
        if low.startswith(what):
            rest = low[len(what) :].removesuffix("bp").removesuffix("nt")
            if what == "del" and "ins" in rest:
                return "delins" + rest.partition("ins")[2].upper()
            if what in {"del", "dup", "inv"} and rest.isalpha():
                rest = ""
            return what + rest.upper()
    return low


def _exon(parts: Parts) -> str:
    if parts.get("named"):
        return "vIII"
    if parts.get("tandem"):
        return "internal tandem duplication"
    what = (parts.get("what") or "skipping").lower().split()[-1]
    what = {"del": "deletion", "ins": "insertion", "dup": "duplication"}.get(what, what.rstrip("s"))
    span = f"{parts['n']}-{parts['m']}" if parts.get("m") else parts["n"]
    return f"exon {span} {what}"


def _structural(parts: Parts) -> str:
    arm = parts.get("arm") or parts.get("arm2")
    if arm:
        return f"del({arm})"
    which = next(parts[each] for each in ("pair", "turned", "part", "chromosome") if parts[each])
    return f"{parts['what']}({which}){parts.get('bands') or ''}"
