"""Voices: one sound each, from where it comes in until it has gone out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.audio.envelope import Fade, Glide
from engine.audio.resample import reach, resampled
from engine.audio.sound_bank import PAGE, PageKey, SoundBank

Samples32 = npt.NDArray[np.float32]

BLOCK = 256  # frames for which a plan holds: 5.3 ms at 48 kHz, below what an ear tells apart
DECLICK = 256  # frames in which a sound goes out, or comes in within itself
_SAME_PLACE_FRAMES = 24  # half a millisecond: music that is off by less goes on as it is


@dataclass(frozen=True, slots=True)
class Turn:
    """A track that loops: from frame `at` on it goes on at frame `back_to`."""

    at: int
    back_to: int

    def own(self, frame: int) -> int:
        """The track's own frame at a frame of track time, which counts on through all loops."""
        return frame if frame < self.at else self.back_to + (frame - self.back_to) % (self.at - self.back_to)


class MusicVoice:
    """A track at its own speed, to the sample. `position` is the frame of track time that comes next."""

    def __init__(self, bank: SoundBank, index: int, key: str, turn: Turn | None, position: int) -> None:
        self.index = index
        self.position = position
        self.leaving = False
        self.fade = Fade(0)
        self.gain = Glide(0.0, BLOCK)
        self._bank = bank
        self._key = key
        self._turn = turn

    @property
    def at_its_top(self) -> bool:
        """Whether it begins with the first thing that is on it: nothing to be cut into."""
        return self.position == 0

    def is_near(self, other: MusicVoice) -> bool:
        """Whether this is the other one, as far as an ear can tell."""
        return self.index == other.index and abs(self.position - other.position) <= _SAME_PLACE_FRAMES

    def leave(self, frames: int) -> None:
        self.leaving = True
        self.fade.fall(frames)

    def come_back(self, frames: int) -> None:
        self.leaving = False
        self.fade.rise(frames, anew=False)

    def add_to(self, bus: Samples32) -> bool:
        """Add the next frames to a bus (2, n); whether they were there. Where they were not, nothing sounds."""
        frames = bus.shape[1]
        parts = [self._bank.read(self._key, own, count) for own, count in self._pieces(self.position, frames)]
        self.position += frames
        gain, fade = self.gain.take(frames), self.fade.take(frames)
        at = 0
        if any(part is None for part in parts):
            if not self.leaving:
                self.fade.rise(DECLICK)
            return self.leaving
        for part in parts:
            assert part is not None
            bus[:, at : at + part.shape[1]] += _scaled(part, gain, fade, at)
            at += part.shape[1]
        return True

    def pages(self, frames: int) -> Iterator[PageKey]:
        """The pages that the next frames lie in, in order."""
        for own, count in self._pieces(self.position, frames):
            for number in range(own // PAGE, (own + count - 1) // PAGE + 1):
                yield self._key, number

    def _pieces(self, position: int, frames: int) -> Iterator[tuple[int, int]]:
        """(the track's own frame, how many from there on), through the turns of a loop."""
        while frames > 0:
            own = position if self._turn is None else self._turn.own(position)
            count = frames if self._turn is None else min(frames, self._turn.at - own)
            yield own, count
            position += count
            frames -= count


# What a clip's sound may be off its playhead and still is drawn near by its speed, in seconds; beyond it jumps.
_NEAR_S = 0.002
_NEAR_BY_S = 0.05  # in which it is drawn near


class ClipVoice:
    """A clip's own sound along a playhead. `position` is in frames of the clip's sound, and may lie between two."""

    def __init__(self, bank: SoundBank, key: str, layer: str, position: float, speed: float) -> None:
        self.key = key
        self.layer = layer
        # At the clip's own speed on whole frames: then samples come out as they are.
        self.position = float(round(position)) if speed == 1 else position
        self.leaving = False
        self.fade = Fade(DECLICK)
        self.gain = Glide(0.0, BLOCK)
        self._bank = bank
        self._speed = self._step = speed

    def is_near(self, other: ClipVoice) -> bool:
        """Whether this layer plays the other one's clip, near by."""
        same = self.key == other.key and self.layer == other.layer
        return same and abs(self.position - other.position) <= _NEAR_S * self._bank.rate_hz

    def steer(self, position: float, speed: float) -> None:
        """Be at `position`, near by, and go on at `speed`."""
        off = position - self.position
        self._speed = self._step = speed
        if abs(off) > 1:
            self._step += off / (_NEAR_BY_S * self._bank.rate_hz)

    def leave(self, frames: int) -> None:
        self.leaving = True
        self.fade.fall(frames)

    def add_to(self, bus: Samples32) -> bool:
        """As MusicVoice's."""
        frames = bus.shape[1]
        sound = self._samples(frames)
        self.position += self._step * frames
        gain, fade = self.gain.take(frames), self.fade.take(frames)
        if sound is None:
            if not self.leaving:
                self.fade.rise(DECLICK)
            return self.leaving
        bus += _scaled(sound, gain, fade, 0)
        return True

    def pages(self, frames: int) -> Iterator[PageKey]:
        """As MusicVoice's."""
        until = self.position + self._speed * frames
        for number in range(int(self.position) // PAGE, int(until) // PAGE + 1):
            yield self.key, number

    def _samples(self, frames: int) -> Samples32 | None:
        whole = int(self.position)
        if self._step == 1 and whole == self.position:
            return self._bank.read(self.key, whole, frames)
        margin = reach(self._step)
        first = int(np.floor(self.position)) - margin
        near = self._bank.read(self.key, first, int(self._step * frames) + 2 * margin + 2)
        if near is None:
            return None
        positions: npt.NDArray[np.float64] = self.position - first + self._step * np.arange(frames, dtype=np.float64)
        return resampled(near, positions, self._step)


def _scaled(part: Samples32, gain: float | Samples32, fade: float | Samples32, at: int) -> Samples32:
    """A part of a block, with the block's gains from frame `at` on; the part itself where they are 1."""
    for factor in (gain, fade):
        if isinstance(factor, np.ndarray):
            part = part * factor[at : at + part.shape[1]]
        elif factor != 1:
            part = part * np.float32(factor)
    return part
