"""Onsets of what is being played in the room: an input device, heard by the detector in a thread of its own."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.analysis.onsets import OnsetStream
from engine.audio.devices import AudioDevice, close_stream, find_device, open_stream, portaudio
from engine.audio.sample_clock import SampleClock
from engine.core.figures import Figures
from engine.errors import DeviceError
from engine.model.events import EventSource
from engine.model.sound import Onsets

_log = logging.getLogger(__name__)

Mono32 = npt.NDArray[np.float32]
Put = Callable[[EventSource, str, float, float], None]

ONSET_ADDRESS = "/onset"
_RATE_HZ = 48_000
_MOST_WAITING = 400  # blocks: some two seconds; more means that the detector does not keep up


class LiveOnsets:
    """Listens to an audio input from its construction until `close`, and puts an event for each onset.

    The event's stamp is the show time at which the hit was heard, its value the strength relative to the
    strongest so far; it arrives the detector's delay (`latency_s`) plus one device buffer later. Onsets in the
    first 0.15 s, before the device's clock is trusted, are left out.

    Raises DeviceError where there is no input or it refuses. Counters: `onsets_heard`, `onset_overruns` (blocks
    lost at the device or because the detector did not keep up). `put` and `now_s` must be safe on any thread.
    """

    def __init__(self, settings: Onsets, put: Put, now_s: Callable[[], float], figures: Figures) -> None:
        self._put = put
        self._now_s = now_s
        self._heard = figures.counter("onsets_heard")  # analysis thread
        self._overruns = figures.counter("onset_overruns")  # callback thread
        device = find_device("input", settings.device)
        self._rate_hz = _rate_of(device)
        self._detector = OnsetStream(self._rate_hz, settings)  # analysis thread
        self.latency_s = self._detector.latency_s
        self._clock = SampleClock(self._rate_hz)  # analysis thread; its instants are show time
        self._samples = 0  # analysis thread
        # A SimpleQueue's put waits for nobody; None ends the thread. (instant of the first sample, samples)
        self._blocks: SimpleQueue[tuple[float, Mono32] | None] = SimpleQueue()
        self._device_name = device.name
        self._stream: Any = _open(device, self._rate_hz, self._callback, self._finished)
        self._thread = threading.Thread(target=self._analyse, name="live-onsets", daemon=True)
        self._thread.start()
        try:
            self._stream.start()
        except portaudio().PortAudioError as error:
            self.close()
            raise _refused(device, error) from error

    def close(self) -> None:
        """Give the device back and end the thread. Safe to call twice."""
        stream, self._stream = self._stream, None
        if stream is None:
            return
        close_stream(stream)
        self._blocks.put(None)
        self._thread.join(timeout=5)

    def _callback(self, samples: Mono32, _frames: int, times: Any, status: Any) -> None:
        stamp_s = self._now_s() - self._age_s(times)
        full = self._blocks.qsize() >= _MOST_WAITING
        if full or status.input_overflow:
            self._overruns.add()
        if not full:
            self._blocks.put((stamp_s, np.mean(samples, axis=1, dtype=np.float32)))

    def _finished(self) -> None:
        if self._stream is not None:
            _log.warning("%s: the audio input has gone; no more onsets come from it", self._device_name)

    def _age_s(self, times: Any) -> float:
        """How long ago this block's first sample sounded; the stated latency where the driver gives no time."""
        stream, adc_s = self._stream, float(times.inputBufferAdcTime)
        if stream is None:
            return 0.0
        age_s = float(stream.time) - adc_s if adc_s else -1.0
        return age_s if 0 <= age_s < 5 else float(stream.latency)

    def _analyse(self) -> None:
        while (waiting := self._blocks.get()) is not None:
            stamp_s, block = waiting
            trusted = self._clock.settled
            self._clock.feed(self._samples, stamp_s)
            self._samples += len(block)
            for onset in self._detector.feed(block):
                at_s = self._clock.instant(round(onset.at_s * self._rate_hz))
                if trusted and math.isfinite(at_s):
                    self._heard.add()
                    self._put(EventSource.ONSET, ONSET_ADDRESS, onset.strength, at_s)


def _rate_of(device: AudioDevice) -> int:
    sounddevice = portaudio()
    try:
        sounddevice.check_input_settings(device=device.index, channels=_channels(device), samplerate=_RATE_HZ)
    except sounddevice.PortAudioError:
        return device.default_rate_hz
    return _RATE_HZ


def _channels(device: AudioDevice) -> int:
    return min(2, device.channels)


def _open(device: AudioDevice, rate_hz: int, callback: Callable[..., None], finished: Callable[[], None]) -> Any:
    sounddevice = portaudio()
    try:
        return open_stream(
            sounddevice.InputStream, samplerate=rate_hz, channels=_channels(device), dtype="float32",
            device=device.index, latency="low", callback=callback, finished_callback=finished,
        )  # fmt: skip
    except sounddevice.PortAudioError as error:
        raise _refused(device, error) from error


def _refused(device: AudioDevice, error: Exception) -> DeviceError:
    return DeviceError(
        f"does not listen ({error})",
        subject=device.name,
        mend="Free it, or name another one in the show: onsets: device.",
    )
