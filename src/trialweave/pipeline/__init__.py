"""What runs after what: from received documents to a generation.

`prepare` reads a document and works out all that follows from each of its records alone; `Taking`
writes what is new of it; `build` weaves studies, checks them, and indexes them; `collect` runs all
three and commits. Documents pass through one by one and records some hundred at a time, so that
memory does not grow with them. `held_on` derives the state of an earlier day, `rederive` what
follows from a decision.
"""

from trialweave.pipeline.collect import Collected, Document, collect, held_on, rederive
from trialweave.pipeline.prepare import prepare

__all__ = ["Collected", "Document", "collect", "held_on", "prepare", "rederive"]
