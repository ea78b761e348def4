"""What is measured at fetching a frame: one interface for the engine, the bare libraries and the peers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

from engine.model.clips import Clip


class Reader(Protocol):
    """An open clip in somebody's hands. One thread."""

    def read(self, index: int) -> object:
        """Frame `index` as this library gives it, no later than when its bytes are complete. This is what is timed."""
        ...

    def number(self, frame: object) -> int | None:
        """Which frame of the footage `frame` shows (footage.number_in), None where it cannot be told. Not timed."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class Holds(Protocol):
    """A reader that wants the bytes of frames in memory before it is timed."""

    def hold(self, indices: Iterable[int]) -> None: ...


class AbsentError(Exception):
    """Why a library cannot take part on this machine."""


OpenReader: TypeAlias = Callable[[Clip], Reader]  # raises AbsentError, or whatever its library raises


@dataclass(frozen=True, slots=True)
class Entrant:
    """One way to fetch a frame. `gives` says what comes back. `seat` names the process that it is measured in."""

    name: str
    open: OpenReader
    gives: str
    seat: str
