"""What is shown of terms: their pages, what goes with what, and what changed.

In go the mentions of a generation and the vocabularies; out come frozen views. Nothing here looks
for terms in texts (see `terms.annotate`), and nothing is written.
"""
