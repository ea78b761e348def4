"""A source as a sequence of finished pictures at a constant rate: decoded, filtered, and paced by their instants."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from av.video.frame import VideoFrame

from engine.formats.library_rows import Damage
from engine.formats.movie import Movie, constant_rate, slots
from preprocess.footage.combing import combs
from preprocess.footage.decoding import Decoding
from preprocess.footage.filters import PictureFilter, Target

# A pause longer than this between two frames is a jump of the clock, not footage: nothing is filled in.
LONGEST_PAUSE_S = 10.0
_TELL_EVERY_FRAMES = 16

Tell: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Paced:
    """A finished frame: it stands at index `slot` of the constant rate, and for `repeats` frames."""

    frame: VideoFrame
    slot: int
    repeats: int
    begins_anew: bool  # something was lost, or time jumped, just before it


class Sequence:
    """One pass over a source. `rate` and `total` (frames, about) are known at once, `damage` after `frames`.

    `tell(slot, total)` hears of the progress; remarks for the report are added to `notes`. One thread.
    """

    def __init__(
        self,
        movie: Movie,
        target: Target,
        threads: int,
        tell: Tell,
        notes: list[str],
        *,
        combing: bool | None = None,  # None: look
    ) -> None:
        self.rate = constant_rate(movie)
        self.total = movie.frame_count if movie.constant else max(1, round(movie.duration_s * self.rate))
        self._movie = movie
        self._target = target
        self._decoding = Decoding(movie, threads)
        self._tell = tell
        self._notes = notes
        self._combing = combs(movie) if combing is None else combing
        self._breaks: list[int] = []

    @property
    def damage(self) -> list[Damage]:
        return self._decoding.damage

    def frames(self) -> Iterator[Paced]:
        """The finished frames, in order. Frames repeat over pauses; of several frames in one slot the last stays."""
        longest = round(LONGEST_PAUSE_S * self.rate)
        held: tuple[VideoFrame, int] | None = None
        begins_anew = False
        for frame, slot in self._filtered():
            if held is not None and slot > held[1]:
                lost = bisect_left(self._breaks, held[1] + 1) < bisect_left(self._breaks, slot + 1)
                jump = slot - held[1] > longest
                if jump and not lost:
                    self._notes.append(f"a gap of {float((slot - held[1]) / self.rate):.0f} s in its clock is left out")
                yield Paced(*held, 1 if lost or jump else slot - held[1], begins_anew)
                begins_anew = lost or jump
            held = frame, max(slot, held[1] if held else slot)
        if held is not None:
            # A pause may end a source, too; where something was lost, nobody knows.
            lasts = self.total - held[1] if not self.damage and not self._movie.constant else 1
            yield Paced(*held, min(longest, max(1, lasts)), begins_anew)

    def _filtered(self) -> Iterator[tuple[VideoFrame, int]]:
        """(finished frame, its slot); where something was lost before a frame, its slot is noted in `_breaks`."""
        if self._combing:
            self._notes.append("interlaced (its frames comb): deinterlaced")
        pictures = PictureFilter(self._movie, self._target, self._combing)
        for index, (frame, at_s, after_loss) in enumerate(self._decoding.frames()):
            slot = int(slots(np.array([at_s]), self.rate)[0])
            if after_loss:
                self._breaks.append(slot)
            frame.pts, frame.time_base = slot, 1 / self.rate
            yield from ((done, self._slot_of(done)) for done in pictures.push(frame))
            if index % _TELL_EVERY_FRAMES == _TELL_EVERY_FRAMES - 1:
                self._tell(slot, self.total)
        yield from ((done, self._slot_of(done)) for done in pictures.flush())

    def _slot_of(self, frame: VideoFrame) -> int:
        assert frame.pts is not None
        assert frame.time_base is not None
        return round(frame.pts * frame.time_base * self.rate)
