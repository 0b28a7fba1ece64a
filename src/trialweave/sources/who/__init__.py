"""The registers of the WHO's network: the data set's own XML, and exports of the search portal.

Records of the first are of source "who", those of the second of source "ictrp": the portal keeps
less than a register gives, so the two are not versions of each other.
"""

from __future__ import annotations

from collections.abc import Iterator

from trialweave.errors import InputError
from trialweave.model import Draft, Received
from trialweave.sources._source import Source
from trialweave.sources.known.who import survey_data_set, survey_portal
from trialweave.sources.who import ictrp
from trialweave.sources.who import xml as who_xml

__all__ = ["SOURCES", "read_each_data_set", "read_each_portal"]


def read_each_data_set(received: Received) -> Iterator[Draft | InputError]:
    """The trials of XML in the WHO data set's form."""
    return who_xml.read_data_set(received)


def read_each_portal(received: Received) -> Iterator[Draft | InputError]:
    """The trials of an export of the search portal, as XML or as a table."""
    if who_xml.recognise_portal(received):
        return who_xml.read_portal(received)
    return ictrp.read(received)


def _recognise_portal(received: Received) -> bool:
    return who_xml.recognise_portal(received) or ictrp.recognise(received)


SOURCES: tuple[Source, ...] = (
    Source(
        name="who",
        title="Register, in the WHO's XML",
        kind="registry",
        recognise=who_xml.recognise_data_set,
        read_each=read_each_data_set,
        survey=survey_data_set,
    ),
    Source(
        name="ictrp",
        title="WHO ICTRP",
        kind="registry",
        recognise=_recognise_portal,
        read_each=read_each_portal,
        survey=survey_portal,
    ),
)
