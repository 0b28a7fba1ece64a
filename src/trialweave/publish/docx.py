"""A document of paragraphs and tables (Office Open XML, ECMA-376); text is text, whatever it says.

The same content gives the same bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

__all__ = ["Paragraph", "Table", "document"]

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_WHEN = (1980, 1, 1, 0, 0, 0)
_WIDTH, _HEIGHT = 16838, 11906  # twentieths of a point: A4, the long side across
_BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="808080"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)

_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_TYPE}"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_RELS}/officeDocument" Target="word/document.xml"/>'
    "</Relationships>",
}


class Paragraph(NamedTuple):
    """One paragraph; a heading is larger and bold."""

    text: str
    heading: bool = False


class Table(NamedTuple):
    """A table with a heading row that is repeated on every page."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def document(*parts: Paragraph | Table) -> bytes:
    """The file, on paper across."""
    body = "".join(_paragraph(*part) if isinstance(part, Paragraph) else _table(part)
                   for part in parts)  # fmt: skip
    page = (
        f'<w:sectPr><w:pgSz w:w="{_WIDTH}" w:h="{_HEIGHT}" w:orient="landscape"/>'
        '<w:pgMar w:top="1000" w:right="1000" w:bottom="1000" w:left="1000" w:header="500" '
        'w:footer="500" w:gutter="0"/></w:sectPr>'
    )
    whole = f'<w:document xmlns:w="{_MAIN}"><w:body>{body}{page}</w:body></w:document>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in {**_PARTS, "word/document.xml": whole}.items():
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, (_HEAD + content).encode())
    return out.getvalue()


def _run(text: str, *, bold: bool = False, size: int = 20) -> str:
    clean = escape(_NOT_XML.sub(" ", text))
    weight = "<w:b/>" if bold else ""
    return (
        f'<w:r><w:rPr>{weight}<w:sz w:val="{size}"/></w:rPr>'
        f'<w:t xml:space="preserve">{clean}</w:t></w:r>'
    )


def _paragraph(text: str, heading: bool = False) -> str:
    return f"<w:p>{_run(text, bold=heading, size=28 if heading else 18)}</w:p>"


def _table(table: Table) -> str:
    rows = [_row(table.head, head=True), *(_row(row) for row in table.rows)]
    grid = "<w:gridCol/>" * len(table.head)
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="5000" w:type="pct"/><w:tblBorders>{_BORDERS}'
        f"</w:tblBorders></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl><w:p/>"
    )


def _row(cells: Sequence[str], *, head: bool = False) -> str:
    first = "<w:trPr><w:tblHeader/></w:trPr>" if head else ""
    made = "".join(
        f"<w:tc><w:tcPr/><w:p>{_run(text, bold=head, size=18)}</w:p></w:tc>" for text in cells
    )
    return f"<w:tr>{first}{made}</w:tr>"
