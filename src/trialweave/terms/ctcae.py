"""Adverse events by the NCI: tables of CTCAE v4 and v5, saved as CSV or TSV.

Format: columns "MedDRA SOC", "CTCAE Term", "Grade 1" to "Grade 5", "Definition". The table's MedDRA
codes are licensed and never read; ids are made of the names. Grades stand behind the definition.
"""

from __future__ import annotations

from trialweave.terms.delimited import header_of, picker, quoted_rows, squashed
from trialweave.terms.drafting import Drafts

__all__ = ["read"]


def read(text: str, drafts: Drafts, separator: str) -> None:
    """Read terms and their system organ classes. Raises Unreadable."""
    drafts.vocabulary = drafts.vocabulary or "CTCAE"
    header = header_of(text, separator)
    term = picker(header, "CTCAE Term", "CTCAE v4.0 Term", "CTCAE v5.0 Term", needed=True)
    organ = picker(header, "MedDRA SOC", "CTCAE v4.0 SOC", "SOC", needed=True)
    definition = picker(
        header, "Definition", "CTCAE v4.0 AE Term Definition", "CTCAE Term Definition"
    )
    grades = [picker(header, f"Grade {number}") for number in range(1, 6)]
    if not drafts.version:
        drafts.version = next(
            (of for of in ("5.0", "4.03", "4.0") if any(f"v{of}" in name for name in header)), ""
        )
    classes: dict[str, str] = {}
    for row in list(quoted_rows(text, drafts, separator=separator))[1:]:
        name, broader = " ".join(row[term].split()), " ".join(row[organ].split())
        if not name:
            continue
        classes.setdefault(f"CTCAE-SOC:{squashed(broader)}", broader)
        said = [row[definition].strip(" -")] if definition >= 0 else []
        said += [
            f"Grade {number}: {row[at].strip()}"
            for number, at in enumerate(grades, 1)
            if at >= 0 and row[at].strip(" -–")
        ]
        drafts.take(
            f"CTCAE:{squashed(name)}",
            [(name, "preferred")],
            kind="adverse event",
            definition="; ".join(one for one in said if one),
            parents=[f"CTCAE-SOC:{squashed(broader)}"],
        )
    for identifier, name in classes.items():
        drafts.take(identifier, [(name, "preferred")], kind="class")
