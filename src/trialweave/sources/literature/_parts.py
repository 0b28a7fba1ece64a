"""The parts of an abstract that carries its headings as markup."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialweave.sources.literature._document import clean

__all__ = ["parts_of"]

_HEADING = re.compile(
    r"<(?P<tag>h[1-6]|(?:jats:)?title)>(?P<label>[^<>]{1,120})</(?P=tag)>", re.IGNORECASE
)


def parts_of(text: str) -> Iterator[tuple[str, str]]:
    """Label and cleaned text of each part; one part without label where there are no headings."""
    label, start = "", 0
    for match in _HEADING.finditer(text):
        if told := clean(text[start : match.start()]):
            yield label, told
        label, start = clean(match["label"]).strip(" .:"), match.end()
    if told := clean(text[start:]):
        yield label, told
