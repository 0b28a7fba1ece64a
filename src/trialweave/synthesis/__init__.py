"""From a question and the woven findings to a pooled answer that says what it rests on.

In: a `Question` (outcome, measure, model, which designs) and the studies, records, findings and
checks of a generation. `choose` takes one contrast for each study and says why, and why others
are left out; `pool` computes the studies' effects, the pooled ones and what changes when a choice
changes. Out: a `Synthesis`, plain data that any face can show and `publish` can draw.
Nothing here reads a file, alters a number, or pools a group that had no concurrent comparison.
"""

from trialweave.synthesis.answer import (
    Effect,
    Estimate,
    Heterogeneity,
    Light,
    Row,
    Sensitivity,
    Subgroup,
    Subgroups,
    Synthesis,
)
from trialweave.synthesis.choose import Alternative, Chosen, LeftOut, Selection, choose
from trialweave.synthesis.groups import Group, Kind, Stated
from trialweave.synthesis.pool import pool
from trialweave.synthesis.question import Question
from trialweave.synthesis.table import pool_table

__all__ = [
    "Alternative",
    "Chosen",
    "Effect",
    "Estimate",
    "Group",
    "Heterogeneity",
    "Kind",
    "LeftOut",
    "Light",
    "Question",
    "Row",
    "Selection",
    "Sensitivity",
    "Stated",
    "Subgroup",
    "Subgroups",
    "Synthesis",
    "choose",
    "pool",
    "pool_table",
]
