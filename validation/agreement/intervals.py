"""intervals"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from agreement.frame import Block, Deviation

COMPARES: dict[str, Callable[[Block], Iterator[Deviation]]] = {}
