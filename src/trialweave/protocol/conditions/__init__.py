"""Conditions as a person writes them: `age >= 18 a and spo2 < 94 % within the past 2 d`.

`written` gives a tree of conditions as text, and `read` makes the tree of such a text, so that
what was read from a trial can be put right by hand. Reading what was written gives an equal tree,
but for the characters of the trial's text that its leaves were read from (see `bare`). What a text
of a trial says is not this syntax: that is read by `criteria`.
"""

from trialweave.protocol.conditions.reading import read
from trialweave.protocol.conditions.writing import bare, written

__all__ = ["bare", "read", "written"]
