"""Every figure of an answer by its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from trialweave.errors import NotFound
from trialweave.publish.figures.drawing import Drawing
from trialweave.publish.figures.flow import Flow, flow_diagram
from trialweave.publish.figures.forest import COLUMNS
from trialweave.publish.figures.forest import drawing as forest_drawing
from trialweave.publish.figures.one_by_one import cumulative_plot, leave_one_out_plot
from trialweave.publish.figures.scattered import baujat_plot, funnel_plot, gosh_plot
from trialweave.publish.text import fold
from trialweave.synthesis.answer import Synthesis

__all__ = ["FIGURES", "figure_of"]

FIGURES: Final = ("forest", "funnel", "baujat", "cumulative", "leave-one-out", "gosh", "flow")


def figure_of(
    name: str, answer: Synthesis, *, columns: Sequence[str] = COLUMNS, flow: Flow | None = None
) -> Drawing:
    """The figure of that name. `columns` are those of a forest plot, `flow` the counts of a flow.

    Raises NotFound for a name that is none of `FIGURES`, and for a flow without counts; ValueError
    for a column that does not exist.
    """
    if name == "forest":
        return forest_drawing(answer, columns)
    if name == "cumulative":
        years = {fold(one.label): one.year for one in answer.selection.chosen}
        return cumulative_plot(answer, years)
    if name == "flow" and flow is not None:
        return flow_diagram(flow)
    made = {
        "funnel": funnel_plot, "baujat": baujat_plot, "gosh": gosh_plot,
        "leave-one-out": leave_one_out_plot,
    }  # fmt: skip
    if name not in made:
        raise NotFound(
            f"no figure is called {name[:40]!r}.", next_step=f"There are: {', '.join(FIGURES)}."
        )
    return made[name](answer)
