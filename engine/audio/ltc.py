"""Linear time code, heard on a channel of an audio input and decoded in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.audio.devices import AudioDevice, close_stream, find_device, open_stream, portaudio
from engine.audio.libltc import LtcDecoder, LtcFrame, libltc
from engine.audio.sample_clock import SampleClock
from engine.core.code_follow import CodeFollower, shifted
from engine.core.figures import Figures
from engine.core.ltc_frame import FrameRate, code_of
from engine.core.time_code import frame_length_s, seconds_of
from engine.errors import DeviceError
from engine.model.clock import ClockReading
from engine.model.clocks import LtcClock

_log = logging.getLogger(__name__)

Mono32 = npt.NDArray[np.float32]

_RATE_HZ = 48_000
_WITNESSES = 3  # frames: noise that decodes at all seldom counts on
# A larger buffer delays nothing that is stamped, and its stamps are steady (docs/decisions/show-clock.md).
_LATENCY_S = 0.1
# A sound server that changes its own buffers moves all stamps by up to 0.3 s, and takes as long to do so.
_STEADY_AFTER_S = 0.15
_MOST_WAITING = 400  # blocks; more means that the decoder does not keep up


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

    Raises DeviceError where libltc or the input is missing, has not got that channel, or refuses; nothing stays open
    then. Counters: `ltc_frames` (heard), `ltc_overruns` (blocks lost at the device or because the decoder did not keep
    up).
    """

    def __init__(self, settings: LtcClock, figures: Figures) -> None:
        self._offset_s = settings.offset_s
        self._channel_index = settings.channel - 1
        self._frames = figures.counter("ltc_frames")  # ltc thread
        self._overruns = figures.counter("ltc_overruns")  # callback thread
        device = find_device("input", settings.device)
        if settings.channel > device.channels:
            raise DeviceError(
                f"has no channel {settings.channel}",
                subject=device.name,
                mend=f"It has {device.channels}: name one of them in clocks: ltc: channel.",
            )
        self._device_name = device.name
        rate_hz = _rate_of(device, settings.channel)
        libltc()
        # A SimpleQueue's put waits for nobody; None ends the thread. (instant of the first sample, samples)
        self._blocks: SimpleQueue[tuple[float, Mono32] | None] = SimpleQueue()
        self._stream: Any = _opened(device, rate_hz, settings.channel, self._callback, self._finished)
        self._follower = LtcFollower(rate_hz)
        self._thread = threading.Thread(target=self._follow, name="ltc", daemon=True)
        self._thread.start()
        try:
            self._stream.start()
        except portaudio().PortAudioError as error:
            self.close()
            raise _refused(device.name, error) from error

    def reading(self, now_s: float) -> ClockReading | None:
        """The show position that it asks for at the monotonic instant `now_s`; None while it does not run."""
        return shifted(self._follower.reading(now_s), self._offset_s)

    def close(self) -> None:
        """Give the device back and end the thread. Safe to call twice."""
        stream, self._stream = self._stream, None
        if stream is None:
            return
        close_stream(stream)
        self._blocks.put(None)
        self._thread.join(timeout=5)

    def _callback(self, samples: Mono32, _frames: int, times: Any, status: Any) -> None:
        at_s = time.monotonic() - self._age_s(times)
        full = self._blocks.qsize() >= _MOST_WAITING
        if full or status.input_overflow:
            self._overruns.add()
        if not full:
            self._blocks.put((at_s, samples[:, self._channel_index].copy()))

    def _age_s(self, times: Any) -> float:
        """How long ago this block's first sample sounded; the stated latency where the driver gives no time."""
        stream, adc_s = self._stream, float(times.inputBufferAdcTime)
        if stream is None:
            return 0.0
        age_s = float(stream.time) - adc_s if adc_s else -1.0
        return age_s if 0 <= age_s < 5 else float(stream.latency)

    def _finished(self) -> None:
        if self._stream is not None:
            _log.warning("%s: the audio input has gone; no more time code comes from it", self._device_name)

    def _follow(self) -> None:
        try:
            while (waiting := self._blocks.get()) is not None:
                at_s, samples = waiting
                self._frames.add(self._follower.feed(samples, at_s))
        finally:
            self._follower.close()


def _rate_of(device: AudioDevice, channels: int) -> int:
    sounddevice = portaudio()
    try:
        sounddevice.check_input_settings(device=device.index, channels=channels, samplerate=_RATE_HZ)
    except sounddevice.PortAudioError:
        return device.default_rate_hz
    return _RATE_HZ


def _opened(
    device: AudioDevice, rate_hz: int, channels: int, callback: Callable[..., None], finished: Callable[[], None]
) -> Any:
    sounddevice = portaudio()
    try:
        return open_stream(
            sounddevice.InputStream, samplerate=rate_hz, channels=channels, dtype="float32", device=device.index,
            latency="low", callback=callback, finished_callback=finished,
        )  # fmt: skip
    except sounddevice.PortAudioError as error:
        raise _refused(device.name, error) from error


def _refused(device_name: str, error: Exception) -> DeviceError:
    return DeviceError(
        f"does not listen ({error})",
        subject=device_name,
        mend="Free it, or name another one in the show: clocks: ltc: device.",
    )
