"""From drafts to records: versions, concepts computed from them, and the way back to the text.

What comes in are the drafts that a source read out of one received document; what goes out are
records with a version, and for any passage of theirs the received text with its span.
`versions` decides by digest what is new and which version speaks, `enrich` adds what follows from
a record alone (design facts named in an article's text, repairs as suggestions), and
`passages` finds a value where it was received.
Nothing here compares one record with another, reads a file, or changes what was received.
"""

from trialweave.records.passages import Excerpt, Located, excerpt, locate, visible
from trialweave.records.versions import admit, current

__all__ = ["Excerpt", "Located", "admit", "current", "excerpt", "locate", "visible"]
