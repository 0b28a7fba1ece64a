"""Findings: what a record says came out, for one comparison or one single group at a time.

In come records; out go `Finding`s with the passage of each number. Tables and extraction sheets
are taken as they are; text is read by a grammar that answers only where the form of the sentence
settles which number belongs to which group. Sizes and counts that the printed numbers determine
are filled in and marked "recovered". It never judges a result; that is `appraisal`.
"""

from trialweave.results.answering import Answer, answer
from trialweave.results.families import DEATH_COMPLEMENT, family_of, time_days
from trialweave.results.findings import read_findings
from trialweave.results.group_aliases import called_groups
from trialweave.results.vocabulary import Vocabulary, read_families, with_families

__all__ = [
    "DEATH_COMPLEMENT",
    "Answer",
    "Vocabulary",
    "answer",
    "called_groups",
    "family_of",
    "read_families",
    "read_findings",
    "time_days",
    "with_families",
]
