"""Spreading one frame's decoding over threads that have nothing else to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol


class Spread(Protocol):
    """Runs the parts of one frame at once. Used by the thread that reads the frame, and only while it does."""

    @property
    def width(self) -> int:
        """How many threads would take part now, this one among them: 1 where all others are busy."""
        ...

    def run(self, parts: Sequence[Callable[[], None]]) -> None:
        """Run every part once, in any order and on any thread; all have ended when this returns or raises.

        Raises what the first of the parts (in their order) raised. Parts never spread themselves.
        """
        ...


class Alone:
    """A Spread of this thread alone."""

    width = 1

    def run(self, parts: Sequence[Callable[[], None]]) -> None:
        for part in parts:
            part()


ALONE = Alone()
