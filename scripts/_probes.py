"""Records in which every known field of a source's form is filled, for `scripts/reference`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from _probe_texts import (
    FIXTURES,
    Build,
    Locate,
    Writer,
    bib,
    columns,
    content,
    eu_json,
    eu_text,
    tags,
)

from trialweave.errors import InputError
from trialweave.model import Draft, Received
from trialweave.sources.ctgov import forms as ctgov
from trialweave.sources.ctgov import xml as ctgov_xml
from trialweave.sources.europe import ctis, euctr, isrctn
from trialweave.sources.known import ctgov as known_ctgov
from trialweave.sources.known import europe as known_europe
from trialweave.sources.known import who as known_who
from trialweave.sources.known.json import Known
from trialweave.sources.literature import (
    _known,
    bibtex,
    crossref,
    europepmc,
    jats,
    medline,
    openalex,
    pubmed,
    references,
)
from trialweave.sources.who import ictrp
from trialweave.sources.who import xml as who_xml

__all__ = ["Locate", "Probe", "probes"]


@dataclass
class Probe:
    """One form of a source, and how to make a record of it without some of its fields."""

    title: str
    anchor: str  # of the module that tells how it is read
    build: Build
    read: Callable[[Received], Any]
    module: Any
    hides: tuple[str, str] = ("", "")  # a concept, and the field in whose absence it is told

    @property
    def of_articles(self) -> bool:
        """Whether its records are articles, and not registrations."""
        return ".literature." in self.module.__name__

    def draft(self, without: frozenset[str]) -> tuple[Draft | None, Locate]:
        """The record as it is read, None where it cannot be."""
        text, locate = self.build(without)
        try:
            found = list(self.read(Received("probe", text.encode())))
        except InputError:
            return None, locate
        return next((each for each in found if isinstance(each, Draft)), None), locate


# ---- records in which every field is filled


def filled(known: Known, without: frozenset[str], path: str = "", only: str = "") -> Any:
    """A JSON object with all fields but some."""
    found = {}
    for name, inner in known.inside.items():
        here = f"{path}.{name}" if path else name
        here += "[]" * inner.lists
        if here.replace("[]", "") in without or name.startswith(("_", "#", "@")):
            continue
        value = filled(inner, without, here) if inner.inside else content(here, inner.kind)
        for _ in range(inner.lists if not isinstance(value, list) else 0):
            value = [value]
        if inner.lists == 1 and name == "sponsors":
            value = [value[0], value[0] | {"primary": "false"}]
        found[name] = value
    return found


def json_probe(known: Known, drop: str = "$^") -> Build:
    """A JSON record; `drop` are the fields at the top that another shape has."""
    kept = Known(inside={k: v for k, v in known.inside.items() if not re.fullmatch(drop, k)})

    def build(without: frozenset[str]) -> tuple[str, Locate]:
        return json.dumps(filled(kept, without)), lambda at: re.sub(r"\[\d+\]", "", at.path)

    return build


# Attributes that tell what an element holds: one element for each
EACH = {
    "ArticleId": ("IdType", ("doi", "pubmed", "pmc")),
    "ELocationID": ("EIdType", ("doi",)),
    "sponsor": ("id", ("first", "second")),
}


def xml_file(name: str) -> Build:
    """The invented article of the tests, for a form of which the survey leaves most whole."""
    root = ElementTree.fromstring(
        re.sub(r"&(?!amp|lt|gt|#)\w+;", " ", (FIXTURES / "literature" / name).read_text())
    )
    while root.tag != "article":
        root = root[0]

    def build(without: frozenset[str]) -> tuple[str, Locate]:
        out = Writer()
        _copied(out, root, "", without)
        return out.text, out.locate

    return build


def _copied(out: Writer, node: ElementTree.Element, path: str, without: frozenset[str]) -> None:
    start = len(out.text)
    tag = node.tag.rpartition("}")[2]
    out.text += f"<{tag}"
    for name, value in node.attrib.items():
        bare = name.rpartition("}")[2]
        here = f"{path}.@{bare}" if path else f"@{bare}"
        if here not in without:
            out.field(here, f" {bare}=", quoteattr(value), "")
    out.text += ">" + escape(node.text or "")
    for child in node:
        inner = child.tag.rpartition("}")[2]
        here = f"{path}.{inner}" if path else inner
        if here not in without:
            _copied(out, child, here, without)
        out.text += escape(child.tail or "")
    out.text += f"</{tag}>"
    out.regions.append((start, len(out.text), path))


def xml_probe(known: Known, root: str, around: str = "%s") -> Build:
    """An XML record."""

    def build(without: frozenset[str]) -> tuple[str, Locate]:
        out = Writer()
        before, _, after = around.partition("%s")
        out.text = before
        _element(out, root, known, "", without, {})
        out.text += after
        return out.text, out.locate

    return build


def _element(
    out: Writer, tag: str, known: Known, path: str, without: frozenset[str], told: dict[str, str]
) -> None:
    start = len(out.text)
    out.text += f"<{tag}"
    for name, inner in known.inside.items():
        here = f"{path}.{name}" if path else name
        if name.startswith("@") and here not in without:
            value = told.get(name[1:], str(content(here, inner.kind)))
            out.field(here, f" {name[1:]}=", quoteattr(value), "")
    out.text += ">"
    elements = [(n, i) for n, i in known.inside.items() if not n.startswith("@")]
    if not elements or known.or_text:
        value = content(path or tag, "text")
        if tag == "ArticleId" or tag == "ELocationID":
            value = {"doi": "10.5555/probe", "pmc": "PMC3000001"}.get(
                told.get("IdType", told.get("EIdType", "")), "30000001"
            )
        out.text += (
            escape(str(value).lower() if isinstance(value, bool) else str(value))
            if not elements
            else ""
        )
    for name, inner in elements:
        here = f"{path}.{name}" if path else name
        if here in without or (known.or_text and without and path in without):
            continue
        attribute, values = EACH.get(name, ("", ("",)))
        for value in values:
            _element(out, name, inner, here, without, {attribute: value} if value else {})
    out.text += f"</{tag}>"
    out.regions.append((start, len(out.text), path))


def probes() -> list[Probe]:
    """Every form of every structured source."""
    v2, classic, flat = (known_ctgov.v2(), known_ctgov.classic(), known_ctgov.flat())
    new = "authorizedPart.*|memberStatesConcerned|eudraCtInfo|primarySponsor|trialGlobalEnd"
    return [
        Probe("ClinicalTrials.gov, version 2", "clinicaltrialsgov", json_probe(v2.root),
              ctgov.read_each, ctgov),
        Probe("ClinicalTrials.gov, classic", "clinicaltrialsgov", json_probe(classic.root),
              ctgov.read_each, ctgov),
        Probe("ClinicalTrials.gov, flat", "clinicaltrialsgov", json_probe(flat.root),
              ctgov.read_each, ctgov),
        Probe("ClinicalTrials.gov, legacy XML", "clinicaltrialsgov-xml",
              xml_probe(known_ctgov.legacy().root, "clinical_study"), ctgov_xml.read_each,
              ctgov_xml),
        Probe("WHO data set, XML", "who", xml_probe(known_who.data_set().root, "trial"),
              who_xml.read_data_set, who_xml),
        Probe("WHO ICTRP", "ictrp", columns, ictrp.read, ictrp),
        Probe("EUCTR, text", "euctr", eu_text, euctr.read_each, euctr),
        Probe("EUCTR, JSON", "euctr", eu_json, euctr.read_each, euctr),
        Probe("EU CTIS, since June 2024", "ctis",
              json_probe(known_europe.ctis().root, new), ctis.read_each, ctis,
              ("site_count", "authorizedApplication.authorizedPartI.rowCountriesInfo")),
        Probe("EU CTIS, before", "ctis",
              json_probe(known_europe.ctis().root, "authorizedApplication|ctPublicStatusCode"),
              ctis.read_each, ctis, ("site_count", "authorizedPartI.rowCountriesInfo")),
        Probe("ISRCTN", "isrctn",
              xml_probe(known_europe.isrctn_with_parties(json=False).root, "fullTrial"),
              isrctn.read_each, isrctn),
        Probe("PubMed", "pubmed", xml_probe(_known.pubmed().root, "PubmedArticle",
              "<PubmedArticleSet>%s</PubmedArticleSet>"), pubmed.read_each, pubmed),
        Probe("PubMed, MEDLINE text", "medline", tags(_known.MEDLINE, "PMID", "", "- "),
              medline.read_each, medline),
        Probe("JATS", "jats", xml_file("jats.xml"), jats.read_each, jats),
        Probe("RIS", "ris", tags(_known.RIS, "TY", "ER", "  - "), references.read_each, references),
        Probe("BibTeX", "bibtex", bib, bibtex.read_each, bibtex),
        Probe("Crossref", "crossref", json_probe(_known.crossref().root), crossref.read_each,
              crossref),
        Probe("Europe PMC", "europepmc", json_probe(_known.europepmc().root), europepmc.read_each,
              europepmc),
        Probe("OpenAlex", "openalex", json_probe(_known.openalex().root), openalex.read_each,
              openalex),
    ]  # fmt: skip
