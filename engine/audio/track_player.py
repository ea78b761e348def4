"""The music: a file played through a sound device, whose sample count is the show's clock."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.audio.devices import AudioDevice, close_stream, find_device, portaudio
from engine.audio.ring import SampleRing
from engine.audio.sample_clock import SampleClock
from engine.core.figures import Figures
from engine.errors import DeviceError, RuntimeShowError
from engine.formats.sound import SHOW_RATE_HZ, SoundReader
from engine.model.clock import ClockReading

_log = logging.getLogger(__name__)

Samples32 = npt.NDArray[np.float32]

# The device's buffer. It delays the sound alone, never the picture, since the reading says when a sample is
# heard; and under PulseAudio the stamps of 9 to 50 ms buffers wandered by 5 ms and more, those of 100 ms by 0.2.
_LATENCY_S = 0.1
_AHEAD_S = 2.0  # decoded ahead
_SEEK_AHEAD_S = 0.06  # what still sounds of the old place after a seek, while the new one is decoded
_START_TIMEOUT_S = 5.0


class TrackPlayer:
    """Plays one sound file; the show's clock runs with its samples, from `start` until `stop`.

    Counters: `audio_underruns` (buffers that were late, at the device or from the disk), `track_lost` (times
    that the device stopped answering), `track_read_errors` (times that the file broke off). `start`, `reading`
    and `stop` are for one thread, the main one; `seek` for any.
    """

    def __init__(
        self,
        file: Path,
        *,
        gain_db: float = 0.0,
        loop: bool = False,
        figures: Figures,
        device: str | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = file
        self._gain = np.float32(10 ** (gain_db / 20))
        self._loop = loop
        self._device_name = device or ""
        self._monotonic = monotonic
        self._underruns = figures.counter("audio_underruns")  # callback thread
        self._losses = figures.counter("track_lost")  # main thread
        self._read_errors = figures.counter("track_read_errors")  # reader thread

        self._stream: Any = None  # main thread; None again while the last callbacks run
        self._reader: threading.Thread | None = None
        self._stopping = threading.Event()
        self._running = threading.Event()  # the first reading is there
        self._wake = threading.Event()  # the reader has something to do before its ring runs low
        self._seek_to_s: float | None = None  # the last one wins; taken by the reader thread
        self._ended = False  # reader thread: nothing more comes until a seek
        self._silent_frames = 0  # callback thread: played before the show's first sample
        self._reading: ClockReading | None = None  # callback thread; read by the main thread
        self._called_s = 0.0  # callback thread: when it last ran
        self._finished = False  # PortAudio's thread: the stream ended by itself
        self._lost = False  # main thread

    def start(self, at_s: float = 0.0) -> None:
        """Open the device, and let show time run from `at_s` with the track at `at_s` of its own (looped if it loops).

        Returns once the device takes samples steadily and `reading` has its first answer: after 0.3 s, up to 2 s
        with some sound servers. The first sample is heard one buffer later. Raises DeviceError where there is no
        device or it refuses, SourceError where the file is no sound; nothing runs then, and start may be called again.
        """
        assert self._stream is None, "already started"
        device = find_device("output", self._device_name)
        rate_hz = _rate_of(device)
        source = SoundReader(self._file, rate_hz)
        try:
            self._begin(source, device, rate_hz, at_s)
        except BaseException:
            self.stop()
            source.close()
            raise

    def seek(self, track_s: float) -> None:
        """Move the music to `track_s` of the track; show time runs on. Heard about 0.2 s later. Any thread."""
        self._seek_to_s = track_s
        self._wake.set()

    def reading(self) -> ClockReading | None:
        """Which instant of the show is heard now; None while the device does not answer, and before `start`.

        Below `at_s` until the first sample has come through the device's buffer.
        """
        latest, now_s = self._reading, self._monotonic()
        if self._stream is None or latest is None:
            return None
        silent_s = now_s - self._called_s
        lost = self._finished or silent_s > 2 * self._latency_s + 0.05
        if lost and not self._lost:
            self._losses.add()
            _log.warning("%s: the sound device no longer answers; the show goes on silently", self._stream_name)
        elif self._lost and not lost:
            _log.warning("%s: the sound device answers again", self._stream_name)
        self._lost = lost
        return None if lost else ClockReading(now_s, latest.at(now_s))

    def stop(self) -> None:
        """Fall silent and give the device and the file back. Safe to call twice, and after a failed start."""
        self._stopping.set()
        self._wake.set()
        stream, self._stream = self._stream, None
        if stream is not None:
            close_stream(stream)
        if self._reader is not None:
            self._reader.join(timeout=5)
            self._reader = None

    def _begin(self, source: SoundReader, device: AudioDevice, rate_hz: int, at_s: float) -> None:
        sounddevice = portaudio()
        channels = min(2, device.channels)
        self._reset(rate_hz, channels, at_s)
        self._stream_name = device.name
        try:
            self._stream = sounddevice.OutputStream(
                samplerate=rate_hz, channels=channels, dtype="float32", device=device.index, latency=_LATENCY_S,
                callback=self._callback, finished_callback=self._stream_finished,
            )  # fmt: skip
            self._latency_s = max(float(self._stream.latency), 0.02)
            self._reader = threading.Thread(
                target=self._read_ahead, args=(source, at_s), name="track-reader", daemon=True
            )
            self._reader.start()
            self._stream.start()
        except sounddevice.PortAudioError as error:
            raise DeviceError(
                f"does not play ({error})", subject=device.name, mend="Free it, or name another one in the show."
            ) from error
        if not self._running.wait(_START_TIMEOUT_S):
            raise DeviceError(
                "opened, but takes no samples",
                subject=device.name,
                mend="Restart the sound server, or name another device.",
            )

    def _reset(self, rate_hz: int, channels: int, at_s: float) -> None:
        self._rate_hz = rate_hz
        self._at_s = at_s
        self._ring = SampleRing(round(_AHEAD_S * rate_hz), channels)
        self._clock = SampleClock(rate_hz)
        self._silent_frames = 0
        self._reading = None
        self._seek_to_s = None
        self._ended = self._finished = self._lost = False
        self._stopping.clear()
        self._running.clear()

    # The callback's thread: copy, count, publish; no lock is waited for.

    def _callback(self, out: Samples32, frames: int, times: Any, status: Any) -> None:
        self._called_s = self._monotonic()
        settled = self._clock.settled
        before = self._silent_frames + self._ring.read_frames
        heard_s = self._clock.feed(before, self._heard_s(times))
        if not settled:
            out.fill(0)
            self._silent_frames += frames
            return
        if status.output_underflow:
            self._underruns.add()
        self._reading = ClockReading(heard_s, self._at_s + self._ring.read_frames / self._rate_hz)
        if self._ring.read(out) < frames and not self._ended:
            self._underruns.add()
        if not self._running.is_set():
            self._running.set()

    def _heard_s(self, times: Any) -> float:
        """The monotonic instant at which this buffer's first sample is heard.

        PortAudio's clock and ours are read one after the other, so that waiting for the interpreter before
        the callback began does not count. Some drivers give no time: then the stated latency serves.
        """
        stream, dac_s = self._stream, float(times.outputBufferDacTime)
        ahead_s = dac_s - float(stream.time) if stream is not None and dac_s else -1.0
        return self._called_s + (ahead_s if 0 <= ahead_s < 5 else self._latency_s)

    def _stream_finished(self) -> None:
        self._finished = True

    # The reader's thread.

    def _read_ahead(self, source: SoundReader, at_s: float) -> None:
        with source:
            try:
                self._go_to(source, at_s)
                while not self._stopping.is_set():
                    self._read_once(source)
            except RuntimeShowError as error:
                self._ended = True
                self._read_errors.add()
                _log.warning("the music stops: %s", error)

    def _read_once(self, source: SoundReader) -> None:
        target_s, self._seek_to_s = self._seek_to_s, None
        if target_s is not None:
            self._go_to(source, target_s)
        block = None if self._ended else source.read()
        if block is None and not self._ended:
            block = self._from_the_top(source)
        if target_s is not None:
            self._ring.cut(round(_SEEK_AHEAD_S * self._rate_hz))
        self._write(block)

    def _go_to(self, source: SoundReader, track_s: float) -> None:
        duration_s = source.duration_s
        source.seek(track_s % duration_s if self._loop and duration_s else track_s)
        self._ended = False

    def _from_the_top(self, source: SoundReader) -> Samples32 | None:
        block = None
        if self._loop:
            source.seek(0.0)
            block = source.read()
        self._ended = block is None
        return block

    def _write(self, block: Samples32 | None) -> None:
        """Put a block into the ring as room comes up; give up when a seek or the end makes it stale."""
        rest = None if block is None else self._mixed(block) * self._gain
        while not self._stopping.is_set() and self._seek_to_s is None:
            if rest is not None:
                rest = rest[self._ring.write(rest) :]
                if not len(rest):
                    return
            self._wake.wait(0.05)
            self._wake.clear()

    def _mixed(self, block: Samples32) -> Samples32:
        if self._ring.channels == 1 and block.shape[1] == 2:
            block = block.mean(axis=1, keepdims=True, dtype=np.float32)
        return block


def _rate_of(device: AudioDevice) -> int:
    """48 kHz, or the device's own rate where it refuses that."""
    sounddevice = portaudio()
    try:
        sounddevice.check_output_settings(
            device=device.index, channels=min(2, device.channels), samplerate=SHOW_RATE_HZ
        )
    except sounddevice.PortAudioError:
        return device.default_rate_hz
    return SHOW_RATE_HZ
