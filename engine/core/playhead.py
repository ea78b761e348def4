"""Playheads: which frame of a range is shown at an instant, by arithmetic alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.model.media_time import FRAME_EPSILON, index_at
from engine.model.show import LoopMode

# Below a thousandth of the way to the next frame a mix cannot be seen on 8 bits a channel.
_SMALLEST_MIX = 1e-3


@dataclass(frozen=True, slots=True)
class Shown:
    """The frame index shown, and, between two frames, the next one and how much of it (0..1)."""

    index: int
    next_index: int | None = None
    next_mix: float = 0.0


@dataclass(frozen=True, slots=True)
class Playhead:
    """A line over a range of frames: at `anchor_s` it stands at `position` and moves `rate` frames a second.

    The range is [in_index, out_index), never empty. `position` is in frames of the clip, float, and may lie
    outside the range: `loop` says what is shown there (from the top, back and forth, the last frame held, or
    nothing). `anchor_s` is in the time base of whoever owns the playhead: a layer's is its movement's position.
    """

    anchor_s: float
    position: float
    rate: float
    in_index: int
    out_index: int
    loop: LoopMode = "loop"

    def __post_init__(self) -> None:
        if self.out_index <= self.in_index:
            raise ValueError(f"empty range [{self.in_index}, {self.out_index})")

    @property
    def length(self) -> int:
        """Frames in the range, ≥ 1."""
        return self.out_index - self.in_index

    def _unwrapped_at(self, instant_s: float) -> float:
        return self.position + (instant_s - self.anchor_s) * self.rate

    def position_at(self, instant_s: float) -> float | None:
        """Where it stands within the range, in frames of the clip; None where nothing is shown."""
        length = self.length
        offset = self._unwrapped_at(instant_s) - self.in_index
        if self.loop == "loop":
            offset = (offset + FRAME_EPSILON) % length - FRAME_EPSILON
        elif self.loop == "ping_pong":
            offset = (offset + FRAME_EPSILON) % (2 * length) - FRAME_EPSILON
            if offset >= length - FRAME_EPSILON:
                offset = 2 * length - offset
        elif self.loop == "clear" and not -FRAME_EPSILON <= offset < length - FRAME_EPSILON:
            return None
        return self.in_index + min(max(offset, 0.0), length - 2 * FRAME_EPSILON)

    def shown_at(self, instant_s: float, *, in_between: bool = False) -> Shown | None:
        """The frame or, with `in_between`, the two frames that are shown; None where nothing is."""
        position = self.position_at(instant_s)
        if position is None:
            return None
        index = index_at(position)
        if not in_between:
            return Shown(index)
        mix = position - index
        following = index + 1
        if following >= self.out_index:
            following = self.in_index if self.loop == "loop" else index
        if mix < _SMALLEST_MIX or mix > 1 or following == index:
            return Shown(index)
        return Shown(index, following, mix)

    def moved(self, instant_s: float, *, position: float | None = None, rate: float | None = None) -> Playhead:
        """Anchored anew at `instant_s`: at `position` (default: where it stands), at `rate` (default: its own)."""
        if position is None:
            within = self.position_at(instant_s)
            # Back and forth, the unwrapped position holds the direction: wrapped, the playhead would turn round.
            position = self._unwrapped_at(instant_s) if within is None or self.loop == "ping_pong" else within
        return replace(self, anchor_s=instant_s, position=position, rate=self.rate if rate is None else rate)

    def at_fraction(self, instant_s: float, fraction: float) -> Playhead:
        """Held at 0 (the first frame of the range) to 1 (the last)."""
        return self.moved(instant_s, position=self.in_index + fraction * (self.length - 1), rate=0.0)


def from_start(anchor_s: float, rate: float, in_index: int, out_index: int, loop: LoopMode) -> Playhead:
    """A playhead that begins at the start of its range, or, playing backwards, at its end."""
    position = float(in_index) if rate >= 0 else out_index - 2 * FRAME_EPSILON
    return Playhead(anchor_s, position, rate, in_index, out_index, loop)
