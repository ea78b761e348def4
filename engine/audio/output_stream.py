"""One opened sound device: it takes samples from a ring, and its count of them says where the show stands."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.audio.devices import AudioDevice, close_stream, find_device, open_stream, portaudio
from engine.audio.ring import SampleRing
from engine.audio.sample_clock import SampleClock
from engine.core.figures import Figures
from engine.errors import DeviceError
from engine.formats.sound import SHOW_RATE_HZ
from engine.model.clock import ClockReading

Samples32 = npt.NDArray[np.float32]

_RING_S = 1.0


@dataclass(frozen=True, slots=True)
class Epoch:
    """Frame `frame` of the ring is heard at show time `show_s`, and those after it in their turn.

    `held`: the ring is not read before the epoch is accepted, so that nothing of its beginning is lost.
    """

    frame: int
    show_s: float
    held: bool = False

    def show_of(self, frame: int, rate_hz: int) -> float:
        return self.show_s + (frame - self.frame) / rate_hz


class OutputStream:
    """Plays what is in `ring`, from `start` until `close`; silent until its sample clock is to be trusted.

    `epoch` says which instant of the show each frame of the ring is; it is replaced whole. Where `begin_s` is given the
    first one is there from the beginning, held. After an interruption, and without `begin_s`, it is None until the
    device runs steadily; then the ring is where `show_s`, the show time of a monotonic instant, says that the show is.
    Of an epoch nothing is heard before it is accepted.

    Raises DeviceError where there is no device, or it refuses. Counter: `audio_underruns` (callback thread).
    """

    def __init__(
        self,
        device_name: str,
        buffer_s: float,
        show_s: Callable[[float], float],
        figures: Figures,
        *,
        begin_s: float | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        device = find_device("output", device_name)
        self.name = device.name
        self.rate_hz = _rate_of(device)
        self.ring = SampleRing(round(_RING_S * self.rate_hz), _channels(device))
        self.epoch: Epoch | None = (
            None if begin_s is None else Epoch(0, begin_s, held=True)
        )  # callback thread, and `rebase`
        self.running = threading.Event()  # the first reading is there
        self.most_frames = 0  # callback thread: the most that were asked for at once
        self._accepted: Epoch | None = None  # mixing thread
        self._show_s = show_s
        self._monotonic = monotonic
        self._underruns = figures.counter("audio_underruns")  # callback thread
        self._clock = SampleClock(self.rate_hz)  # callback thread
        self._silent_frames = 0  # callback thread: played without the ring
        self._reading: ClockReading | None = None  # callback thread
        self._finished = False  # PortAudio's thread: the stream ended by itself
        self._stream: Any = _opened(device, self.rate_hz, buffer_s, self._callback, self._on_finished)
        self._latency_s = max(float(self._stream.latency), 0.02)
        self._called_s = monotonic()  # callback thread: when it last ran

    def start(self) -> None:
        """Begin to take samples. Raises DeviceError where the device refuses."""
        sounddevice = portaudio()
        try:
            self._stream.start()
        except sounddevice.PortAudioError as error:
            self.close()
            raise _refused(self.name, error) from error

    def accept(self, epoch: Epoch) -> None:
        """Let the ring be heard: it holds this epoch's sound. Mixing thread."""
        self._accepted = epoch

    def rebase(self, before: Epoch, after: Epoch) -> None:
        """Count by `after`, unless `before` is over already. Mixing thread."""
        if self.epoch is before:
            self.epoch = self._accepted = after

    def reading(self) -> ClockReading | None:
        """Which instant of the show is heard now; None while the device does not answer. Any thread."""
        latest, now_s = self._reading, self._monotonic()
        if latest is None or self.silent_s > 2 * self._latency_s + 0.05:
            return None
        return ClockReading(now_s, latest.at(now_s))

    @property
    def silent_s(self) -> float:
        """For how long the device has not asked for samples; for ever once its stream has ended. Any thread."""
        return float("inf") if self._finished else self._monotonic() - self._called_s

    def close(self) -> None:
        """Fall silent and give the device back. Safe to call twice."""
        stream, self._stream = self._stream, None
        self._reading = None
        if stream is not None:
            close_stream(stream)

    # The callback's thread: copy, count, publish; no lock is waited for.

    def _callback(self, out: Samples32, frames: int, times: Any, status: Any) -> None:
        called_s = self._monotonic()
        if called_s - self._called_s > 2 * self._latency_s + 0.05 and self._reading is not None:
            self._interrupted()
        self._called_s = called_s
        self.most_frames = max(self.most_frames, frames)
        heard_s = self._clock.feed(self._silent_frames + self.ring.read_frames, self._heard_s(times))
        epoch = self._epoch_at(heard_s)
        if epoch is None:
            out.fill(0)
            self._silent_frames += frames
            return
        self._reading = ClockReading(heard_s, epoch.show_of(self.ring.read_frames, self.rate_hz))
        there = self.ring.read(out)
        if epoch is not self._accepted:
            out.fill(0)
        elif there < frames or status.output_underflow:
            self._underruns.add()
        if not self.running.is_set():
            self.running.set()

    def _interrupted(self) -> None:
        """The device stood still: what follows stands elsewhere in the show."""
        self._clock = SampleClock(self.rate_hz)
        self.epoch = self._reading = None

    def _epoch_at(self, heard_s: float) -> Epoch | None:
        """The epoch that sounds; None before there is one that may."""
        if not self._clock.settled:
            return None
        if self.epoch is None:
            self.epoch = Epoch(self.ring.read_frames, self._show_s(heard_s))
        return None if self.epoch.held and self.epoch is not self._accepted else self.epoch

    def _heard_s(self, times: Any) -> float:
        """The monotonic instant at which this buffer's first sample is heard.

        PortAudio's clock and ours are read one after the other, so that waiting for the interpreter before
        the callback began does not count. Some drivers give no time: then the stated latency serves.
        """
        stream, dac_s = self._stream, float(times.outputBufferDacTime)
        ahead_s = dac_s - float(stream.time) if stream is not None and dac_s else -1.0
        return self._called_s + (ahead_s if 0 <= ahead_s < 5 else self._latency_s)

    def _on_finished(self) -> None:
        self._finished = True


def _channels(device: AudioDevice) -> int:
    return min(2, device.channels)


def _rate_of(device: AudioDevice) -> int:
    """48 kHz, or the device's own rate where it refuses that."""
    sounddevice = portaudio()
    try:
        sounddevice.check_output_settings(device=device.index, channels=_channels(device), samplerate=SHOW_RATE_HZ)
    except sounddevice.PortAudioError:
        return device.default_rate_hz
    return SHOW_RATE_HZ


def _opened(
    device: AudioDevice,
    rate_hz: int,
    buffer_s: float,
    callback: Callable[..., None],
    finished: Callable[[], None],
) -> Any:
    sounddevice = portaudio()
    try:
        return open_stream(
            sounddevice.OutputStream, samplerate=rate_hz, channels=_channels(device), dtype="float32",
            device=device.index, latency=buffer_s, callback=callback, finished_callback=finished,
        )  # fmt: skip
    except sounddevice.PortAudioError as error:
        raise _refused(device.name, error) from error


def _refused(name: str, error: Exception) -> DeviceError:
    return DeviceError(f"does not play ({error})", subject=name, mend="Free it, or name another one in the show.")
