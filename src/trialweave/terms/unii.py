"""Substances by the FDA: UNII_Names_*.txt, with cell therapy and exosome products among them.

Format: TSV of Name, TYPE, UNII, Display Name (earlier: PT), a line a name. Types: of official,
cn common, bn brand, cd code, sys systematic. Systematic names, four in ten, stand in no text about
a trial and are left out with a note, as are the marks of registers behind a name: "[INN]".
"""

from __future__ import annotations

import re
from typing import Final

from trialweave.terms.delimited import header_of, picker, rows
from trialweave.terms.drafting import Drafts
from trialweave.terms.term import Scope

__all__ = ["read"]

_SCOPES: Final[dict[str, Scope]] = {"cd": "symbol"}
_MARK = re.compile(r"(?: \[[A-Z0-9][^\[\]]{0,60}\])+$")
_SYSTEMATIC: Final = "sys"


def read(text: str, drafts: Drafts) -> None:
    """Read substances. Raises Unreadable."""
    drafts.vocabulary = drafts.vocabulary or "UNII"
    header = header_of(text, "\t")
    name = picker(header, "Name", needed=True)
    kind = picker(header, "TYPE", needed=True)
    unii = picker(header, "UNII", needed=True)
    display = picker(header, "Display Name", "PT", "Preferred Term", "display", needed=True)
    substances: dict[str, list[tuple[str, Scope]]] = {}
    for row in rows(text, drafts):
        names = substances.get(row[unii])
        if names is None:
            shown = row[display] or row[name]
            names = substances[row[unii]] = [(_MARK.sub("", shown), "preferred")]
        if row[kind] == _SYSTEMATIC:
            drafts.note("systematic names were left out", row[name])
            continue
        text_of_name = row[name]
        if text_of_name.endswith("]"):
            text_of_name = _MARK.sub("", text_of_name)
        names.append((text_of_name, _SCOPES.get(row[kind], "exact")))
    for identifier, names in substances.items():
        drafts.take(identifier, names, kind="chemical")
