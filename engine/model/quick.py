"""Values that are made by the thousand: frozen to the type checker, and not at run time.

Each attribute of a frozen dataclass is set by a call of its own, which makes such a value take five times as long.
Import `dataclass` from here under `not TYPE_CHECKING`, and from the standard library under it: then mypy refuses every
assignment, as for any other value that travels between rooms.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable


def dataclass(*, frozen: bool, slots: bool) -> Callable[[type], type]:
    """As dataclasses.dataclass, with equality and hash by value; `frozen` is left to the type checker."""
    assert frozen
    return dataclasses.dataclass(slots=slots, unsafe_hash=True)
