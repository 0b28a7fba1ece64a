"""A table as a workbook (Office Open XML, ECMA-376): one sheet, text as text, counts as numbers.

Every text is an inline string, which no spreadsheet takes for a formula, whatever it begins with.
The same table gives the same bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

__all__ = ["workbook"]

_LONGEST = 32_767  # characters of a cell, the format's own limit
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")  # would be read as a character by its number
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_WHEN = (1980, 1, 1, 0, 0, 0)

_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    f'ContentType="{_SHEET_TYPE}.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    f'ContentType="{_SHEET_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_RELS}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_RELS}/worksheet" Target="worksheets/sheet1.xml"/>'
    "</Relationships>",
}


def workbook(
    title: str, header: Sequence[str], rows: Iterable[Sequence[str | int | float | None]]
) -> bytes:
    """The file. `title` names the sheet: letters and digits, at most 31."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in _PARTS.items():
            _write(book, name, content)
        _write(
            book,
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELS}"><sheets>'
            f'<sheet name="{escape(title)}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        lines = [_row(1, header)]
        lines += [_row(number, row) for number, row in enumerate(rows, 2)]
        _write(
            book,
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>',
        )
    return out.getvalue()


def _row(number: int, cells: Sequence[str | int | float | None]) -> str:
    told = "".join(
        _cell(f"{_column(at)}{number}", cell)
        for at, cell in enumerate(cells)
        if cell is not None and cell != ""
    )
    return f'<row r="{number}">{told}</row>'


def _cell(place: str, cell: str | int | float) -> str:
    if isinstance(cell, str):
        text = escape(_ESCAPE.sub("_x005F_", _NOT_XML.sub("\ufffd", cell[:_LONGEST])))
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    return f'<c r="{place}"><v>{cell}</v></c>'


def _column(at: int) -> str:
    name = ""
    at += 1
    while at:
        at, last = divmod(at - 1, 26)
        name = chr(65 + last) + name
    return name


def _write(book: zipfile.ZipFile, name: str, content: str) -> None:
    entry = zipfile.ZipInfo(name, _WHEN)
    entry.compress_type = zipfile.ZIP_DEFLATED
    book.writestr(entry, (_HEAD + content).encode("utf-8"))
