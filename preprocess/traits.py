"""What a clip looks like, measured on a small copy of each of its frames."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from engine.formats.library_rows import Traits

Small = npt.NDArray[np.float32]

_WIDTH, _HEIGHT = 64, 36
# Mean of |difference| between frames at which motion counts as full; a hand-held walk is at about a third.
_FULL_MOTION = 0.08
_FULL_DETAIL = 0.1
_BLACK_BELOW = 0.03
# Mean of |difference| to the clip's first frame. One person far off in a street makes ten times as much.
_STATIC_BELOW = 0.002
_LUMA = np.array((0.2126, 0.7152, 0.0722), np.float32)


def small_copy(frame: VideoFrame) -> Small:
    """A frame as 64 × 36 RGB, float32 0..1, each pixel the mean of what it covers."""
    small = frame.reformat(width=_WIDTH, height=_HEIGHT, format="rgb24", interpolation="AREA")
    copy: Small = small.to_ndarray().astype(np.float32)
    copy /= 255
    return copy


class TraitsMeter:
    """Gathers the traits of one clip, frame after frame. One thread."""

    def __init__(self) -> None:
        self._sums = np.zeros(6)
        self._brightest = 0.0
        self._motion_sum = 0.0
        self._first: Small | None = None
        self._furthest = 0.0
        self._count = 0

    def add(self, small: Small, difference: float | None) -> None:
        """One more frame; `difference` to the frame before it, None for the clip's first."""
        red, green, blue = small[..., 0], small[..., 1], small[..., 2]
        luma = small @ _LUMA
        high, low = small.max(axis=2), small.min(axis=2)
        slopes = np.abs(np.diff(luma, axis=0)).mean() + np.abs(np.diff(luma, axis=1)).mean()
        # Skin in RGB under daylight, as in Kovač, Peer and Solina, "Human skin color clustering", 2003.
        skin = (red > 0.37) & (green > 0.16) & (blue > 0.08) & (high - low > 0.06)
        skin &= (red - green > 0.06) & (red > blue)
        warmth = 0.5 + (red - blue).mean() / 2
        self._sums += (luma.mean(), luma.std(), (high - low).mean(), warmth, skin.mean(), slopes / 2)
        self._brightest = max(self._brightest, float(luma.mean()))
        self._count += 1
        if self._first is None:
            self._first = small
        self._furthest = max(self._furthest, float(np.abs(small - self._first).mean()))
        if difference is not None:
            self._motion_sum += difference

    def traits(self) -> Traits:
        """The traits of the frames so far; at least one must have been added."""
        brightness, contrast, colour, warmth, skin, detail = (float(value) for value in self._sums / self._count)
        motion = self._motion_sum / max(1, self._count - 1)
        return Traits(
            brightness=brightness,
            contrast=min(1.0, 2 * contrast),  # the standard deviation of 0..1 is 0.5 at most
            colour=colour,
            warmth=warmth,
            skin=skin,
            detail=min(1.0, detail / _FULL_DETAIL),
            motion=min(1.0, motion / _FULL_MOTION),
            black=self._brightest < _BLACK_BELOW,
            static=self._furthest < _STATIC_BELOW,
        )
