"""Gains that move without a click: fades in and out, and faders that are followed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Gain = float | npt.NDArray[np.float32]


class Fade:
    """The gain of a voice that comes in, stays, and goes out: sin(π/2 · a) of an `a` that moves at a steady pace.

    Of two voices that fade over the same time, one in and one out, the powers sum to 1. Belongs to one thread.
    """

    def __init__(self, frames: int) -> None:
        """Come in over so many frames; 0: be there at once."""
        self._start = 1.0 if frames <= 0 else 0.0
        self._slope = 1 / frames if frames > 0 else 0.0
        self._frame = 0

    @property
    def _now(self) -> float:
        return min(max(self._start + self._slope * self._frame, 0.0), 1.0)

    @property
    def over(self) -> bool:
        """Whether it has gone out."""
        return self._slope < 0 and self._now <= 0

    def fall(self, frames: int) -> None:
        """Go out over so many frames from where it stands; 0: at once."""
        self._start, self._slope, self._frame = self._now, -1 / max(frames, 1e-9), 0

    def rise(self, frames: int, *, anew: bool = True) -> None:
        """Come in over so many frames, from silence or (not `anew`) from where it stands."""
        self._start, self._slope, self._frame = 0.0 if anew else self._now, 1 / frames, 0

    def take(self, frames: int) -> Gain:
        """The gain of the next frames."""
        before, first = self._now, self._frame
        self._frame += frames
        if before == self._now and before in {0.0, 1.0}:
            return before
        moving = np.clip(self._start + self._slope * (first + np.arange(frames)), 0.0, 1.0)
        gains: npt.NDArray[np.float32] = np.sin(np.pi / 2 * moving).astype(np.float32)
        return gains


class Glide:
    """A gain that goes to where it is sent along a straight line of `frames` frames. Belongs to one thread."""

    def __init__(self, value: float, frames: int) -> None:
        self._frames = frames
        self._start = self._end = value
        self._frame = frames

    def to(self, value: float) -> None:
        """Be on the way to `value` from where it stands."""
        if value != self._end:
            self._start, self._end, self._frame = self._now, value, 0

    @property
    def _now(self) -> float:
        return self._start + (self._end - self._start) * min(self._frame / self._frames, 1.0)

    def take(self, frames: int) -> Gain:
        """The gain of the next frames."""
        if self._frame >= self._frames:
            return self._end
        through = np.minimum((self._frame + 1 + np.arange(frames)) / self._frames, 1.0)
        self._frame += frames
        gains: npt.NDArray[np.float32] = (self._start + (self._end - self._start) * through).astype(np.float32)
        return gains
