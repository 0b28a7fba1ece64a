"""OBO graphs as JSON: hp.json, mondo.json, cl.json.

Format: OBO Graphs (geneontology/obographs): graphs[].nodes[] with lbl and meta, graphs[].edges[]
with sub, pred, obj. Ids are written there as addresses and are shortened to "HP:0000118".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Final

import msgspec

from trialweave.errors import Unreadable
from trialweave.terms.drafting import Drafts
from trialweave.terms.obo import NAMES, dated, kind_of, owner_of, scope_of
from trialweave.terms.term import Scope

__all__ = ["read"]

_REPLACED: Final = "IAO_0100001"  # "term replaced by"
_FORMER: Final = "hasAlternativeId"
_PREDICATES: Final = {
    "hasExactSynonym": "EXACT",
    "hasNarrowSynonym": "NARROW",
    "hasBroadSynonym": "BROAD",
    "hasRelatedSynonym": "RELATED",
}


class _Synonym(msgspec.Struct):
    val: str = ""
    pred: str = ""
    synonymType: str = ""  # noqa: N815 - as the format has it


class _Text(msgspec.Struct):
    val: str = ""


class _Property(msgspec.Struct):
    pred: str = ""
    val: str = ""


class _Meta(msgspec.Struct):
    definition: _Text | None = None
    synonyms: list[_Synonym] = []
    xrefs: list[_Text] = []
    basicPropertyValues: list[_Property] = []  # noqa: N815
    deprecated: bool = False
    version: str | None = None


class _Node(msgspec.Struct):
    id: str
    lbl: str | None = None
    type: str | None = None
    meta: _Meta | None = None


class _Edge(msgspec.Struct):
    sub: str
    pred: str
    obj: str


class _Graph(msgspec.Struct):
    nodes: list[_Node] = []
    edges: list[_Edge] = []
    id: str | None = None
    meta: _Meta | None = None


class _Document(msgspec.Struct):
    graphs: list[_Graph]


def read(data: bytes, drafts: Drafts) -> None:
    """Read an OBO graph. Raises Unreadable where it is no whole JSON, or of another shape."""
    try:
        document = msgspec.json.decode(data, type=_Document)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise Unreadable(f"the JSON is cut or no OBO graph: {error}.") from None
    if not document.graphs:
        raise Unreadable("the OBO graph is empty.")
    graph = document.graphs[0]
    if len(document.graphs) > 1:
        drafts.note("graphs besides the first were left out", document.graphs[1].id or "")
    if graph.meta is not None and graph.meta.version:
        drafts.version = drafts.version or dated(graph.meta.version.removesuffix(".json"))
    ids = {node.id: _short(node.id) for node in graph.nodes}
    prefixes = Counter(short.partition(":")[0] for short in ids.values())
    if not drafts.vocabulary:
        name = (graph.id or "").rpartition("/")[2].partition(".")[0].lower()
        drafts.vocabulary = NAMES.get(name, name.upper())
    owner = owner_of(drafts.vocabulary, prefixes)
    parents = defaultdict(list)
    for edge in graph.edges:
        if edge.pred in ("is_a", "subClassOf"):
            parents[edge.sub].append(_short(edge.obj))
    kind = kind_of(drafts.vocabulary)
    for node in graph.nodes:
        short = ids[node.id]
        if node.type not in (None, "CLASS"):
            continue
        if owner and not short.startswith(f"{owner}:"):
            drafts.note("terms of other ontologies were left out", short.partition(":")[0])
            continue
        _node(node, short, parents[node.id], kind, drafts)


def _node(node: _Node, short: str, parents: list[str], kind: str, drafts: Drafts) -> None:
    meta = node.meta or _Meta()
    names: list[tuple[str, Scope]] = [(node.lbl or "", "preferred")]
    for one in meta.synonyms:
        scope = _PREDICATES.get(one.pred.rpartition("#")[2], "RELATED")
        names.append((one.val, scope_of(scope, one.synonymType)))
    replaced_by, former = "", []
    for said in meta.basicPropertyValues:
        if said.pred.endswith(_REPLACED):
            replaced_by = _short(said.val)
        elif said.pred.endswith(_FORMER):
            former.append(_short(said.val))
    drafts.take(
        short,
        names,
        kind=kind,
        definition=meta.definition.val if meta.definition else "",
        parents=parents,
        alike=[one.val for one in meta.xrefs if one.val and not one.val.startswith("http")],
        obsolete=meta.deprecated,
        replaced_by=replaced_by,
        former=former,
    )


def _short(address: str) -> str:
    """ "HP:0000118" of ".../obo/HP_0000118"; what has no such end stays."""
    last = address.rpartition("/")[2].rpartition("#")[2]
    prefix, line, number = last.rpartition("_")
    return f"{prefix}:{number}" if line and "/" in address else address
