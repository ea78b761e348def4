"""The music of a show as the schedule sees it: heard once, kept in the catalogue."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from engine.model.world import Onset

WAVEFORM_HZ = 20


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of a track that is of one kind: `energy` 0..1 of the track's liveliest, `label` A, B… by likeness."""

    begin_s: float
    end_s: float
    energy: float
    label: str


@dataclass(frozen=True, slots=True)
class Beat:
    """A beat, and whether a bar begins on it."""

    at_s: float
    is_bar: bool


@dataclass(frozen=True, slots=True)
class Track:
    """A track, in seconds from its beginning. Onsets are those that the player finds; `sections` cover all of it.

    `file` is relative to the library. `waveform` has the loudest sample of each 1 / WAVEFORM_HZ s, 255 for full scale.
    """

    sha256: str
    file: str
    duration_s: float
    bpm: float | None
    onsets: tuple[Onset, ...]
    beats: tuple[Beat, ...]
    sections: tuple[Section, ...]
    waveform: bytes = field(repr=False, default=b"")

    def onsets_until(self, end_s: float) -> list[Onset]:
        """The onsets of the track played in a loop, up to `end_s`, in order."""
        return [
            Onset(begin_s + onset.at_s, onset.strength)
            for begin_s in self._rounds(end_s if self.onsets else 0)
            for onset in self.onsets
            if begin_s + onset.at_s < end_s
        ]

    def beats_until(self, end_s: float) -> list[Beat]:
        """The beats of the track played in a loop, up to `end_s`, in order."""
        return [
            Beat(begin_s + beat.at_s, beat.is_bar)
            for begin_s in self._rounds(end_s if self.beats else 0)
            for beat in self.beats
            if begin_s + beat.at_s < end_s
        ]

    def section_at(self, at_s: float) -> Section:
        """The section that sounds at `at_s` ≥ 0 of the track played in a loop."""
        begins = [section.begin_s for section in self.sections]
        return self.sections[max(bisect_right(begins, at_s % self.duration_s) - 1, 0)]

    def loudness_between(self, from_s: float, to_s: float) -> float:
        """The mean of the waveform between two instants of the track played in a loop, 0..1; 0 without one."""
        length = len(self.waveform)
        begin, end = int(from_s * WAVEFORM_HZ), max(int(to_s * WAVEFORM_HZ), int(from_s * WAVEFORM_HZ) + 1)
        heard = [self.waveform[at % length] for at in range(begin, end)] if length else [0]
        return sum(heard) / len(heard) / 255

    def changes_until(self, end_s: float) -> list[float]:
        """Where one section gives way to the next of the track played in a loop, up to `end_s`, in order; not 0."""
        found = [begin_s + section.begin_s for begin_s in self._rounds(end_s) for section in self.sections]
        return [at_s for at_s in found if 0 < at_s < end_s]

    def _rounds(self, end_s: float) -> list[float]:
        """Where each time through the track begins, up to `end_s`."""
        begins: list[float] = []
        while len(begins) * self.duration_s < end_s:
            begins.append(len(begins) * self.duration_s)
        return begins
