"""A ring of samples between one writing and one reading thread, in which nobody waits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Samples32 = npt.NDArray[np.float32]


class SampleRing:
    """Float32 samples (frames, channels), addressed by their number in the stream.

    The reader's position moves with what it asked for, not with what it got: where the writer is late there is
    silence, and the writer then leaves out what should have sounded meanwhile. So sound never slips against the
    clock that counts the reader's samples.

    `read` and `read_frames` belong to the reading thread; `write`, `cut` and `written_frames` to the writing
    one. Each only reads the other's count, which is stored after the samples are.
    """

    def __init__(self, frames: int, channels: int) -> None:
        self._samples: Samples32 = np.zeros((frames, channels), dtype=np.float32)
        self.channels = channels
        self.read_frames = 0  # reading thread
        self.written_frames = 0  # writing thread

    def read(self, out: Samples32) -> int:
        """Fill `out` (frames, channels); how many of its frames were there. The rest is silence."""
        start = self.read_frames
        there = max(0, min(len(out), self.written_frames - start))
        self._copy_out(start, out[:there])
        out[there:] = 0
        self.read_frames = start + len(out)
        return there

    def write(self, block: Samples32) -> int:
        """Add frames, as many as there is room for; how many were taken. One channel is spread over all."""
        late = min(max(self.read_frames - self.written_frames, 0), len(block))
        start = self.written_frames + late
        room = len(self._samples) - max(start - self.read_frames, 0)
        block = block[late : late + max(room, 0)]
        at = start % len(self._samples)
        head = min(len(block), len(self._samples) - at)
        self._samples[at : at + head] = block[:head]
        self._samples[: len(block) - head] = block[head:]
        self.written_frames = start + len(block)
        return late + len(block)

    def cut(self, ahead_frames: int) -> None:
        """Forget what lies more than `ahead_frames` after the reader, so that the next write follows there.

        The reader must not come that far before the next write; `ahead_frames` covers a few of its reads.
        """
        self.written_frames = min(self.written_frames, self.read_frames + ahead_frames)

    def _copy_out(self, start: int, out: Samples32) -> None:
        at = start % len(self._samples)
        head = min(len(out), len(self._samples) - at)
        out[:head] = self._samples[at : at + head]
        out[head:] = self._samples[: len(out) - head]
