"""Why the records of a study stand together, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialweave.faces import cli_decide
from trialweave.faces.cli_paper import Paper
from trialweave.faces.cli_render import link_line, record_line
from trialweave.publish.text import fold

if TYPE_CHECKING:
    from trialweave.publish.views import LinkView

__all__ = ["links"]


def links(paper: Paper, view: LinkView) -> None:
    """Every link of the study's records with the evidence for and against, and what would change
    it."""
    paper.line((fold(view.study.title), "bold"))
    for row in view.records:
        record_line(paper, row)
    if not view.links:
        paper.line("No other record is linked to it, and none was considered.")
    for link, outlook in zip(view.links, view.outlooks, strict=True):
        paper.blank()
        link_line(paper, link)
        if link.kind == "rejected":
            paper.line("kept apart: these records are not woven into one study", indent=4)
        for signal in sorted(link.signals, key=lambda signal: -abs(signal.weight)):
            side = "for" if signal.weight > 0 else "against" if signal.weight < 0 else "neutral"
            paper.line(
                (f"{side} {signal.weight:+.1f}  ", "green" if signal.weight > 0 else "yellow"),
                f"{signal.name}: {fold(signal.evidence)}",
                indent=4,
                hang=4,
            )
        paper.line((f"rule {link.rule}; weights are log2 likelihood ratios", "dim"), indent=4)
        for told in outlook:
            paper.line(("would change it  ", "dim"), told, indent=4, hang=4)
        if link.kind == "candidate":
            cli_decide.offers(paper, link)
