"""Counts the records of an XML answer in one pass, and so learns that it is whole.

The sources read the document later. Here only what paging needs is taken: the root with its
attributes, how many elements have a name, and the text of some that hold identifiers.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from xml.parsers import expat

from trialweave.live._answers import changed
from trialweave.live.api import Answer

__all__ = ["Census", "census"]

_DEEPEST = 500


@dataclass
class Census:
    """`root` and its `attributes`; `counts` of elements by name; `texts` of elements by
    ``(name of the parent, name)``, "" for the parent of the root. Names are without prefix."""

    root: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    texts: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def text(self, parent: str, name: str) -> str:
        """The first text of such an element, "" where there is none."""
        return next(iter(self.texts.get((parent, name), ())), "")


def census(answer: Answer, wanted: frozenset[tuple[str, str]], title: str) -> Census:
    """Count an answer's elements and keep the text of the `wanted` ones.

    Raises FetchFailed where it is no well-formed XML, or declares entities of its own.
    """
    found = Census()
    path: list[str] = []
    text: list[str] | None = None

    def started(tag: str, attributes: dict[str, str]) -> None:
        nonlocal text
        tag = tag.rpartition(":")[2]
        if not path:
            found.root, found.attributes = tag, attributes
        elif len(path) > _DEEPEST:
            raise changed(title, "the XML is nested absurdly deep", answer.url)
        found.counts[tag] += 1
        if (path[-1] if path else "", tag) in wanted:
            text = []
        path.append(tag)

    def ended(_: str) -> None:
        nonlocal text
        tag = path.pop()
        key = (path[-1] if path else "", tag)
        if text is not None and key in wanted:
            found.texts.setdefault(key, []).append("".join(text).strip())
            text = None

    def written(characters: str) -> None:
        if text is not None:
            text.append(characters)

    def declared(*_: object) -> None:
        raise changed(title, "the XML declares entities of its own", answer.url)

    parser = expat.ParserCreate()
    parser.UseForeignDTD(True)  # the names of HTML, of a DTD that is not at hand, are passed over
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartElementHandler = started
    parser.EndElementHandler = ended
    parser.CharacterDataHandler = written
    parser.EntityDeclHandler = declared
    try:
        parser.Parse(answer.data, True)
    except expat.ExpatError as error:
        said = expat.ErrorString(error.code)
        what = f"no whole XML ({said}, line {error.lineno})"
        raise changed(title, what, answer.url) from None
    except (ValueError, LookupError) as error:
        raise changed(title, f"no XML that can be read ({error})", answer.url) from None
    return found
