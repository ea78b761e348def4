"""Entrants that do what libraries do at their worst; a seat's process finds them here by name."""

from __future__ import annotations

import os

from engine.model.clips import Clip
from tools.bench.readers import AbsentError, Entrant


class Plain:
    """Gives the index as the frame."""

    def __init__(self, clip: Clip) -> None:
        self.clip = clip

    def read(self, index: int) -> object:
        return index

    def number(self, frame: object) -> int | None:
        assert isinstance(frame, int)
        return frame

    def close(self) -> None:
        """Nothing to close."""


class NotInstalled(Plain):
    def __init__(self, clip: Clip) -> None:
        raise AbsentError("it is not installed")


class OneTooFar(Plain):
    def read(self, index: int) -> object:
        return index + 1


class Fails(Plain):
    def read(self, index: int) -> object:
        raise ValueError("a library's own words\nover two lines")


class Crashes(Plain):
    def read(self, index: int) -> object:
        os._exit(11)


class Prints(Plain):
    def read(self, index: int) -> object:
        os.write(1, b"noise of a C library\n")
        return index


def entrant(kind: type[Plain], seat: str = "") -> Entrant:
    """`kind` as an entrant of its own name, alone in its seat unless one is named."""
    return Entrant(kind.__name__, kind, "an index", seat or kind.__name__)
