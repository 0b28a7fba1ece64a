"""Tables as CSV: read back as they were, and nothing in them runs."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from trialweave.publish.csv_table import csv_text


@given(st.lists(st.lists(st.text(max_size=8), min_size=2, max_size=2), max_size=4))
def test_every_row_comes_back_as_one(rows: list[list[str]]) -> None:
    text = csv_text(["a", "b"], rows)
    back = list(csv.reader(io.StringIO(text, newline="")))
    assert len(back) == len(rows) + 1
    for row, told in zip(rows, back[1:], strict=True):
        for cell, said in zip(row, told, strict=True):
            plain = cell.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
            assert said in (plain, "'" + plain)
            assert not said.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_a_lone_carriage_return_does_not_end_a_row() -> None:
    assert csv_text(["a"], [["x\ry"]]) == 'a\n"x\ny"\n'
    assert csv_text(["a"], [[None], [1.5], [-2]]) == 'a\n""\n1.5\n-2\n'
