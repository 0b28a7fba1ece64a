"""Pages that are not written in UTF-8 are refused by the name of their encoding, never guessed."""

from __future__ import annotations

from trialweave.errors import WrongEncoding
from trialweave.model import Received
from trialweave.sources.pages._markup import declared_encoding, is_html

__all__ = ["check_encoding"]

_UTF8 = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii", "unicode-1-1-utf-8"})
# In these, bytes that look like ASCII are other signs, and each text is valid UTF-8
_SHIFTING = {"iso-2022-jp": b"\x1b", "iso-2022-kr": b"\x1b", "hz-gb-2312": b"~{", "utf-7": b"+"}


def check_encoding(received: Received) -> None:
    """Raise WrongEncoding for a page that is in another encoding, with how to convert it.

    A page whose bytes are valid UTF-8 counts as that, whatever it declares: converters seldom
    change the declaration.
    """
    if not is_html(received.data):
        return
    declared = declared_encoding(received.data)
    if declared in _UTF8:
        return
    shifts = _SHIFTING.get(declared)
    if shifts is None or shifts not in received.data:
        try:
            _ = received.text
        except WrongEncoding:
            pass
        else:
            return
    raise WrongEncoding(
        f"the page is written in {declared}, as it says itself, and not in UTF-8.",
        where=received.name,
        next_step=(
            f"Convert it (iconv -f {declared} -t UTF-8 PAGE > PAGE.utf8.html), or save the page's "
            "text as UTF-8."
        ),
    )
