"""Numbers that live sources can be asked for."""

from __future__ import annotations

import re

from trialweave.model.identifiers import SCHEMES, Identifier, normalise

__all__ = ["asked_number", "registry_of"]

_PMCID = re.compile(r"(?:PMCID:?\s*)?(PMC\d{4,9})", re.IGNORECASE)


def asked_number(text: str) -> Identifier | None:
    """The identifier that a text is; None where it is none.

    Besides those of the model a number of PubMed Central (scheme "pmcid"): it names a full text,
    not a trial or an article, and so is no identifier anywhere else.
    """
    match = _PMCID.fullmatch(text.strip())
    return Identifier("pmcid", match[1].upper()) if match else normalise(text)


def registry_of(identifier: Identifier) -> str:
    """Whose number it is, for people."""
    scheme = SCHEMES.get(identifier.scheme)
    return (scheme.registry if scheme else "PubMed Central") or identifier.scheme.upper()
