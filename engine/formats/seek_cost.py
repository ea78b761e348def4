"""What a seek in a file costs, told from its key frames before a frame is decoded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class SeekCost:
    """How many frames a seek decodes to show one: on average over all frames, and at worst, at `worst_index`.

    A decoder that reorders frames (B-frames) runs a few further ahead.
    """

    mean_frames: float
    worst_frames: int
    worst_index: int

    @classmethod
    def of(cls, frame_count: int, keys: npt.NDArray[np.int64]) -> SeekCost:
        """The cost in a file of `frame_count` frames whose key frames have the indexes `keys`, ascending.

        What lies before the first key frame is decoded from the beginning.
        """
        if frame_count == 0:
            return cls(0.0, 0, 0)
        indexes = np.arange(frame_count)
        starts = np.concatenate((np.zeros(1, np.int64), keys))[np.searchsorted(keys, indexes, side="right")]
        decoded = indexes - starts + 1
        worst = int(decoded.argmax())
        return cls(float(decoded.mean()), int(decoded[worst]), worst)

    @property
    def stands_alone(self) -> bool:
        """Whether every frame decodes by itself."""
        return self.worst_frames <= 1

    def __str__(self) -> str:
        if self.stands_alone:
            return "every frame stands alone"
        return f"a seek decodes up to {self.worst_frames} frames, {self.mean_frames:.0f} on average"


@dataclass(frozen=True, slots=True)
class SeekTrial:
    """What seeks took on this machine, in ms: the middle one of some random ones, and the longest of all tried."""

    median_ms: float
    worst_ms: float


@dataclass(frozen=True, slots=True)
class SeekVerdict:
    """Whether a clip scrubs, in plain words, and what would mend it ("" where it does)."""

    scrubs: bool
    words: str
    mend: str = ""


def seek_verdict(cost: SeekCost, trial: SeekTrial, period_ms: float, mend: str) -> SeekVerdict:
    """A file scrubs where its longest seek is over before the next frame would be due, `period_ms` later."""
    if trial.worst_ms <= period_ms:
        return SeekVerdict(True, f"scrubs, at {trial.median_ms:.1f} ms a frame ({cost})")
    if cost.stands_alone:
        took = f"{trial.median_ms:.0f} ms a frame, {trial.worst_ms:.0f} at worst"
        return SeekVerdict(False, f"scrubs slowly: {took}, where {period_ms:.0f} ms is its rate ({cost})", mend)
    return SeekVerdict(False, f"will not scrub: {cost}, {trial.worst_ms:.0f} ms at worst", mend)
