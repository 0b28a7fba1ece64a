"""Writes workbooks for tests, cell by cell, so that any form can be had."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
STYLES = (0, 14, 16, 17, 49)
"""The number formats of styles 0 to 4; style 5 is ``yyyy\\-mm``, 6 is ``00000000``."""


class Raw(NamedTuple):
    """A cell as it stands in the XML; ``{at}`` is its place."""

    xml: str


class Dated(NamedTuple):
    """A day number, shown by one of the styles."""

    number: float
    style: int


Content = str | int | float | Raw | Dated | None


def name_of(column: int) -> str:
    return (name_of(column // 26 - 1) if column >= 26 else "") + chr(65 + column % 26)


def sheet_xml(rows: Sequence[Sequence[Content]], strings: list[str]) -> str:
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = []
        for column, content in enumerate(row):
            at = f"{name_of(column)}{number}"
            if isinstance(content, Raw):
                cells.append(content.xml.format(at=at))
            elif isinstance(content, Dated):
                cells.append(f'<c r="{at}" s="{content.style}"><v>{content.number}</v></c>')
            elif isinstance(content, str):
                strings.append(content)
                cells.append(f'<c r="{at}" t="s"><v>{len(strings) - 1}</v></c>')
            elif content is not None:
                cells.append(f'<c r="{at}"><v>{content}</v></c>')
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    return "".join(lines)


def parts_of(
    sheets: Mapping[str, Sequence[Sequence[Content]] | str], *, since_1904: bool = False
) -> dict[str, str]:
    """The parts of a workbook; a sheet is its rows, or its XML."""
    strings: list[str] = []
    parts: dict[str, str] = {}
    listed = related = typed = ""
    for number, (name, rows) in enumerate(sheets.items(), start=1):
        data = rows if isinstance(rows, str) else sheet_xml(rows, strings)
        part = f"worksheets/sheet{number}.xml"
        parts[f"xl/{part}"] = (
            f'<worksheet xmlns="{_MAIN}"><dimension ref="A1:XFD1048576"/>'
            f"<sheetData>{data}</sheetData></worksheet>"
        )
        listed += f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"/>'
        related += f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet" Target="{part}"/>'
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
        typed += f'<Override PartName="/xl/{part}" ContentType="{kind}"/>'
    formats = "".join(f'<xf numFmtId="{number}"/>' for number in (*STYLES, 170, 171))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{relations}"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/>'
        f"{typed}</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        f'<workbookPr date1904="{int(since_1904)}"/><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{related}'
        f'<Relationship Id="rId901" Type="{_OFFICE}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId902" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts>'
        '<numFmt numFmtId="170" formatCode="yyyy\\-mm"/>'
        '<numFmt numFmtId="171" formatCode="00000000"/></numFmts>'
        '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
        f"<cellXfs>{formats}</cellXfs></styleSheet>",
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">'
        + "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in strings)
        + "</sst>",
        **parts,
    }


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def workbook(sheets: Mapping[str, Sequence[Sequence[Content]] | str], **how: bool) -> bytes:
    return packed(parts_of(sheets, **how))
