"""From a specification to a figure: SVG, PNG, PDF, an interactive page, a table and words.

Every figure has a table twin with the same numbers and a text alternative. Text of records is data
of a specification: it is never part of an expression or of markup.
"""

from __future__ import annotations

import html
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from trialweave.publish.csv_table import Cell, csv_text

__all__ = ["FORMS", "Drawing", "Figure", "Form", "base"]

Form = Literal["svg", "png", "pdf", "html", "json", "csv"]
FORMS: tuple[Form, ...] = ("svg", "png", "pdf", "html", "json", "csv")
"""svg, png, pdf; html is interactive and needs nothing from elsewhere; json the specification; csv
the table."""

VEGA_LITE = "6.4"
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_GLOBAL = "window.vegaEmbed = vegaEmbed;"
_MAX_PIXELS = 40e6  # of the PNG

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"


def base(width: float, height: float, layers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A specification of layers in black and grey on white, so that print and screen are alike."""
    return {
        "$schema": _SCHEMA,
        "width": width,
        "height": height,
        "padding": 12,
        "background": "white",
        "config": {"view": {"stroke": None}, "font": FONT, "text": {"fontSize": 11}},
        "layer": list(layers),
    }


@dataclass(frozen=True)
class Figure:
    """One drawing: `svg` as text with title and description, `png` as bytes at twice the size."""

    svg: str
    png: bytes


@dataclass(frozen=True)
class Drawing:
    """A figure before it is drawn: specification, title, text alternative, and its table twin."""

    name: str  # "forest", also of files
    title: str
    words: str
    spec: dict[str, Any]
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def draw(self) -> Figure:
        """SVG and PNG."""
        return Figure(self.svg(), self.png())

    def svg(self) -> str:
        """The drawing with title and description for those who do not see it."""
        import vl_convert

        svg = vl_convert.vegalite_to_svg(self.spec, vl_version=VEGA_LITE, allowed_base_urls=[])
        head, tag, rest = svg.partition(">")
        name = f"{self.name}-{zlib.crc32(self.words.encode()):08x}"  # several may share a page
        words = (
            f'<title id="{name}-title">{html.escape(self.title)}</title>'
            f'<desc id="{name}-desc">{html.escape(self.words)}</desc>'
        )
        return f'{head} role="img" aria-labelledby="{name}-title {name}-desc"{tag}{words}{rest}'

    def png(self) -> bytes:
        """Twice the size of the SVG, less where that would be huge."""
        import vl_convert

        svg = vl_convert.vegalite_to_svg(self.spec, vl_version=VEGA_LITE, allowed_base_urls=[])
        pixels = (self.spec["width"] + 700.0) * (self.spec["height"] + 200.0)
        return bytes(vl_convert.svg_to_png(svg, scale=min(2.0, (_MAX_PIXELS / pixels) ** 0.5)))

    def pdf(self) -> bytes:
        """One page, with the text as text."""
        import vl_convert

        return bytes(
            vl_convert.vegalite_to_pdf(self.spec, vl_version=VEGA_LITE, allowed_base_urls=[])
        )

    def page(self) -> str:
        """A page of its own in which the figure answers to the pointer; nothing is fetched."""
        import vl_convert

        code = vl_convert.javascript_bundle(_GLOBAL, vl_version=VEGA_LITE)
        title, said = html.escape(self.title), html.escape(self.words)
        spec = json.dumps(self.spec, ensure_ascii=False).replace("<", "\\u003c")
        return (
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'</head><body><main><h1>{title}</h1><div id="figure" role="img" aria-label="{title}">'
            f"</div><p>{said}</p></main><script>{code}</script><script>"
            f'vegaEmbed("#figure", {spec}, {{renderer: "svg", actions: false}});'
            "</script></body></html>\n"
        )

    def csv(self) -> str:
        """The table twin."""
        return csv_text(self.head, self.rows)

    def as_form(self, form: Form) -> bytes:
        """The figure as a file of one of `FORMS`."""
        if form == "png":
            return self.png()
        if form == "pdf":
            return self.pdf()
        if form == "json":
            return json.dumps(self.spec, ensure_ascii=False).encode()
        if form == "html":
            return self.page().encode()
        return (self.svg() if form == "svg" else self.csv()).encode()
