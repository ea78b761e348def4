"""Linear time code, heard on a channel of an audio input and decoded in a thread of its own."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt

from engine.audio.attended_input import AttendedInput, Blocks
from engine.audio.input_stream import Block, InputStream
from engine.audio.libltc import LtcDecoder, LtcFrame, libltc
from engine.audio.sample_clock import SampleClock
from engine.core.code_follow import CodeFollower, shifted
from engine.core.figures import Figures
from engine.core.ltc_frame import FrameRate, code_of
from engine.core.time_code import frame_length_s, seconds_of
from engine.model.clock import ClockReading
from engine.model.clocks import LtcClock

Mono32 = npt.NDArray[np.float32]

_WITNESSES = 3  # frames: noise that decodes at all seldom counts on
# A larger buffer delays nothing that is stamped, and its stamps are steady (docs/decisions/show-clock.md).
_LATENCY_S = 0.1
# A sound server that changes its own buffers moves all stamps by up to 0.3 s, and takes as long to do so.
_STEADY_AFTER_S = 0.15


class LtcFollower:
    """From blocks of samples with their instants to a steady line of time code. One thread feeds; any reads."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._decoder = LtcDecoder(rate_hz)
        self._clock = SampleClock(rate_hz)
        self._frame_rate = FrameRate()
        self._follower = CodeFollower(_WITNESSES)
        self._samples = 0
        self._trusted_from = 0  # the sample from which on the clock is steady

    def reading(self, now_s: float) -> ClockReading | None:
        """Seconds of time code since 00:00:00:00, at the monotonic instant `now_s`; None while it does not run."""
        return self._follower.reading(now_s)

    def feed(self, samples: Mono32, at_s: float) -> int:
        """How many frames the next samples (float32 (n,)) hold; the first sounded at the monotonic instant `at_s`."""
        jumps = self._clock.jumps
        self._clock.feed(self._samples, at_s)
        if self._clock.jumps != jumps or not self._clock.settled:
            self._trusted_from = self._samples + round(_STEADY_AFTER_S * self._rate_hz)
        self._samples += len(samples)
        frames = self._decoder.feed(samples)
        if self._samples > self._trusted_from:
            for frame in frames:
                self._take(frame)
        return len(frames)

    def close(self) -> None:
        """Give the decoder's memory back. The feeding thread."""
        self._decoder.close()

    def _take(self, frame: LtcFrame) -> None:
        if frame.backwards:
            return
        number = code_of(frame.data, 30).frames
        length_s = (frame.to_sample - frame.from_sample) / self._rate_hz
        code = code_of(frame.data, self._frame_rate.feed(number, length_s))
        code_s = seconds_of(code)
        if code_s is not None:  # its end is the better known instant: that is where the sync word stands
            self._follower.feed(code_s + frame_length_s(code), self._clock.instant(frame.to_sample))


class LtcInput:
    """Listens from its construction until `close`. `reading` is for any thread.

    A device that goes is warned of, and looked for once a second until it is back. Raises DeviceError where libltc or
    the input is missing at the start, has not got that channel, or refuses; nothing stays open then. Counters:
    `ltc_frames` (heard), `ltc_overruns` (blocks lost at the device or because the decoder did not keep up),
    `input_lost`.
    """

    def __init__(self, settings: LtcClock, figures: Figures) -> None:
        libltc()
        overruns = figures.counter("ltc_overruns")  # callback thread

        def opened(blocks: Blocks) -> InputStream:
            return InputStream(
                settings.device,
                channel=settings.channel,
                gain_db=0.0,
                blocks=blocks,
                now_s=time.monotonic,
                overruns=overruns,
                setting="clocks: ltc",
                latency_s=_LATENCY_S,
                buffer_frames=0,
            )

        self._offset_s = settings.offset_s
        self._ears = _Ears(figures)
        self._input = AttendedInput("ltc", opened, self._ears, figures.counter("input_lost"))

    def reading(self, now_s: float) -> ClockReading | None:
        """The show position that it asks for at the monotonic instant `now_s`; None while it does not run."""
        follower = self._ears.follower
        return None if follower is None else shifted(follower.reading(now_s), self._offset_s)

    def close(self) -> None:
        """Give the device back and end the thread. Safe to call twice."""
        self._input.close()


class _Ears:
    """A follower for each unbroken stretch of sound. The input's thread; `follower` is read by any."""

    def __init__(self, figures: Figures) -> None:
        self.follower: LtcFollower | None = None
        self._frames = figures.counter("ltc_frames")

    def begin(self, rate_hz: int) -> None:
        self.end()
        self.follower = LtcFollower(rate_hz)

    def hear(self, block: Block) -> None:
        if self.follower is not None:
            self._frames.add(self.follower.feed(block.samples, block.at_s))

    def fall_silent(self) -> None:
        """Nothing to do: a time code that does not come runs no more."""

    def end(self) -> None:
        follower, self.follower = self.follower, None
        if follower is not None:
            follower.close()
