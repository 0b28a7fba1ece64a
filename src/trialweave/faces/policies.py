"""The content security policies of pages: what a browser may do with an answer of the server."""

from __future__ import annotations

from typing import Final

from starlette.responses import HTMLResponse

__all__ = ["ALONE", "SANDBOXED", "SCRIPTED", "STRICT", "alone"]

STRICT: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""No scripts; styles, images and forms of this server."""

SCRIPTED: Final = f"{STRICT}; script-src 'self'; connect-src 'self'"
"""Also scripts that are files of this server, and what they fetch from it."""

ALONE: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""A page that brings its own style and can do nothing."""

SANDBOXED: Final = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""A page that brings its own scripts: of no origin, so that it reaches neither this server nor any
other, nor what the browser keeps for either."""


def alone(text: str | bytes, policy: str) -> HTMLResponse:
    """A page that needs nothing of this server. A sandboxed page cannot have an opener policy."""
    headers = {"content-security-policy": policy, "cross-origin-opener-policy": "unsafe-none"}
    return HTMLResponse(text, headers=headers)
