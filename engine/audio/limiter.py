"""A limiter that looks a block ahead: nothing comes out above its ceiling, and what stays below is untouched."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Samples32 = npt.NDArray[np.float32]
_Gains = npt.NDArray[np.float64]

_RELEASE_S = 0.2  # from silence back to full gain; faster, low notes are bent


class Limiter:
    """Takes blocks of `frames` frames, float32 (2, frames), and gives each back when the next one is there.

    The gain is the least that any sample within the next `frames` frames needs (a running minimum in two halves, as
    van Herk's filter has it), let go along a straight line, and then averaged over `frames` frames: so it has come
    down by the time that the peak arrives, without a step. Belongs to one thread.
    """

    def __init__(self, ceiling_db: float, frames: int, rate_hz: int) -> None:
        self._ceiling = np.float32(10 ** (ceiling_db / 20))
        self._frames = frames
        self._release = (1 / (_RELEASE_S * rate_hz)) * np.arange(frames + 1, dtype=np.float64)
        self._held: Samples32 | None = None
        self._needed: _Gains | None = None  # what the held block needs, as a running minimum from its end; None: all
        self._recent = np.ones(frames)  # the gains, before they are averaged, of the block before the held one
        self._at_rest = True  # they are all 1

    def push(self, block: Samples32) -> Samples32 | None:
        """The block before this one, limited; None for the first."""
        held, needed_held = self._held, self._needed
        loudest = np.abs(block).max(axis=0)
        needed = None if loudest.max() <= self._ceiling else np.minimum(1.0, self._ceiling / np.maximum(loudest, 1e-9))
        self._held = block
        self._needed = None if needed is None else np.minimum.accumulate(needed[::-1])[::-1]
        if held is None:
            return None
        if needed is None and needed_held is None and self._at_rest:
            return held
        return self._limited(held, self._gains(needed_held, needed))

    def _gains(self, held: _Gains | None, following: _Gains | None) -> _Gains:
        """The gain of each frame of the held block."""
        least = np.ones(self._frames)
        if held is not None:
            least = np.minimum(least, held)
        if following is not None:
            least[1:] = np.minimum(least[1:], np.minimum.accumulate(following)[:-1])
        rising = np.minimum.accumulate(np.concatenate(([self._recent[-1]], least)) - self._release) + self._release
        gains = np.minimum(rising[1:], 1.0)
        both = np.concatenate((self._recent, gains))
        sums = np.cumsum(both)
        self._recent = gains
        self._at_rest = bool((gains == 1.0).all())
        averaged: _Gains = (sums[self._frames :] - sums[: -self._frames]) / self._frames
        return averaged

    def _limited(self, block: Samples32, gains: _Gains) -> Samples32:
        return np.clip(block * gains.astype(np.float32), -self._ceiling, self._ceiling)
