"""Which records tell of the same trial, and why.

In come records (current versions) and their findings; out go studies and the links that make them.
Links are asserted by identifiers in the right place, or probable by a documented model of likeness;
candidates and rejected pairs are told too. Each link carries its evidence, in plain words.
It never merges by a shared beginning of numbers, by copied text, or by a chain of weak links.
"""

from trialweave.studies.comparing import Compared, pack, unpack
from trialweave.studies.profiles import Packed, Profile, profile
from trialweave.studies.weaving import Weave, weave, weave_profiles

__all__ = [
    "Compared",
    "Packed",
    "Profile",
    "Weave",
    "pack",
    "profile",
    "unpack",
    "weave",
    "weave_profiles",
]
