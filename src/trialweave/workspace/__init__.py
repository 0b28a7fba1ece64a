"""The operations: the one list that command line, pages, API and Python call.

A workspace is a folder with received documents and everything derived from them. Every operation
takes plain arguments and answers with a frozen view that can be written as JSON.
"""

from trialweave.workspace._assessing import Assessing
from trialweave.workspace._checking import check_bytes, check_file, check_text
from trialweave.workspace._comparing import Comparing
from trialweave.workspace._deciding import Deciding
from trialweave.workspace._exploring import Exploring
from trialweave.workspace._findings import Findings
from trialweave.workspace._matching import Matching
from trialweave.workspace._reconciling import Reconciling
from trialweave.workspace._reusing import Reusing
from trialweave.workspace._term_decisions import TermSaying
from trialweave.workspace._term_relations import TermRelations
from trialweave.workspace._terms import Terms
from trialweave.workspace._vocabularies import Vocabularies

__all__ = ["Workspace", "check_bytes", "check_file", "check_text"]


class Workspace(
    Exploring,
    Deciding,
    Findings,
    Assessing,
    Reconciling,
    Reusing,
    Vocabularies,
    Terms,
    TermRelations,
    TermSaying,
    Matching,
    Comparing,
):
    """A folder with received documents and everything derived from them.

    Making the object creates nothing; the folder appears with the first document that is taken.
    All operations answer from the live generation, and any number of processes may read while
    one adds.
    """
