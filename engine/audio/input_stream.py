"""One channel of an audio input, or the mean of its first two, as blocks that say when they sounded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.audio.devices import AudioDevice, close_stream, find_device, open_stream, portaudio
from engine.core.figures import Counter
from engine.errors import DeviceError

Mono32 = npt.NDArray[np.float32]

_RATE_HZ = 48_000
_MOST_WAITING = 400  # blocks: two seconds and more of them means that nobody keeps up
_LATENCY_S = 0.005  # asked of the driver
_BUFFER_FRAMES = 192  # 4 ms: PulseAudio would hand over 60 samples at a time, and each call costs Python its turn


@dataclass(frozen=True, slots=True)
class Block:
    """Samples float32 (n,), the first of which sounded at `at_s` by the clock that the stream was given."""

    at_s: float
    samples: Mono32


class InputStream:
    """Listens from its construction until `close`, and puts a Block for every buffer of the device into `blocks`.

    `channel` counts from 1. Raises DeviceError where there is no such input or channel, or the device refuses; nothing
    stays open then. `now_s` is called in PortAudio's thread. `overruns` counts blocks that were lost at the device, or
    because nobody took them from `blocks`. `setting` is where the show names the device, for messages. The driver is
    asked for `latency_s`, and for `buffer_frames` at a time (0 leaves it the choice).
    """

    def __init__(
        self,
        name: str,
        *,
        channel: int | None,
        gain_db: float,
        blocks: SimpleQueue[Block | None],
        now_s: Callable[[], float],
        overruns: Counter,
        setting: str,
        latency_s: float = _LATENCY_S,
        buffer_frames: int = _BUFFER_FRAMES,
    ) -> None:
        device = find_device("input", name)
        if channel is not None and channel > device.channels:
            raise DeviceError(
                f"has no channel {channel}",
                subject=device.name,
                mend=f"It has {device.channels}: name one of them in the show: {setting}: channel.",
            )
        self.device_name = device.name
        self._channel_index = None if channel is None else channel - 1
        self._gain = np.float32(10 ** (gain_db / 20))
        self._blocks = blocks
        self._now_s = now_s
        self._overruns = overruns  # callback thread
        self._finished = False  # PortAudio's thread
        channels = min(2, device.channels) if channel is None else channel
        self.rate_hz = _rate_of(device, channels)
        self._stream: Any = None
        try:
            self._stream = open_stream(
                portaudio().InputStream,
                samplerate=self.rate_hz, channels=channels, dtype="float32", device=device.index, latency=latency_s,
                blocksize=buffer_frames, callback=self._callback, finished_callback=self._on_finished,
            )  # fmt: skip
            self._stream.start()
        except portaudio().PortAudioError as error:
            self.close()
            raise DeviceError(
                f"does not listen ({error})",
                subject=device.name,
                mend=f"Free it, or name another one in the show: {setting}: device.",
            ) from error

    @property
    def lost(self) -> bool:
        """Whether the device has ended the stream by itself. Any thread."""
        stream = self._stream
        return self._finished or stream is None or not stream.active

    def close(self) -> None:
        """Give the device back. Safe to call twice; not from PortAudio's own thread."""
        stream, self._stream = self._stream, None
        if stream is not None:
            close_stream(stream)

    def _callback(self, samples: Mono32, _frames: int, times: Any, status: Any) -> None:
        at_s = self._now_s() - self._age_s(times)
        full = self._blocks.qsize() >= _MOST_WAITING
        if full or status.input_overflow:
            self._overruns.add()
        if not full:
            self._blocks.put(Block(at_s, self._gain * self._chosen(samples)))

    def _chosen(self, samples: Mono32) -> Mono32:
        if self._channel_index is not None:
            return np.asarray(samples[:, self._channel_index])
        return np.asarray(samples.mean(axis=1, dtype=np.float32))

    def _age_s(self, times: Any) -> float:
        """How long ago this block's first sample sounded; the stated latency where the driver gives no time."""
        stream, adc_s = self._stream, float(times.inputBufferAdcTime)
        if stream is None:
            return 0.0
        age_s = float(stream.time) - adc_s if adc_s else -1.0
        return age_s if 0 <= age_s < 5 else float(stream.latency)

    def _on_finished(self) -> None:
        self._finished = True


def _rate_of(device: AudioDevice, channels: int) -> int:
    sounddevice = portaudio()
    try:
        sounddevice.check_input_settings(device=device.index, channels=channels, samplerate=_RATE_HZ)
    except sounddevice.PortAudioError:
        return device.default_rate_hz
    return _RATE_HZ
