"""Wordings of records as pages of terms show them: on one line, and without e-mail addresses."""

from __future__ import annotations

import re

from trialweave.publish.privacy import BLOT
from trialweave.publish.text import fold

__all__ = ["blotted", "wording"]

_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")


def blotted(text: str) -> str:
    """The text with each sign of an e-mail address as a blot; as long as before."""
    return _MAIL.sub(lambda found: BLOT * len(found.group()), text) if "@" in text else text


def wording(text: str) -> str:
    """A name or a spelling as a line that can be shown."""
    return fold(blotted(text))
