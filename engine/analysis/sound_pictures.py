"""What shaders see of a sound: its waveform and its spectrum, sixty times a second, in bytes.

Spectra are scaled as browsers scale theirs (Web Audio API, AnalyserNode.getByteFrequencyData): decibels of the
magnitudes over the window's length, from -100 (0) to -30 (255); the window is Hann's, and nothing is smoothed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.analysis.hit import Mono32, clean
from engine.model.plan import SoundPicture

PICTURES_HZ = 60.0
SAMPLES = 256
BANDS = 128
_WINDOW = 1024  # samples: 21 ms at 48 kHz
_HANN = np.hanning(_WINDOW).astype(np.float32)
_LOW_DB, _HIGH_DB = -100.0, -30.0

Bytes = npt.NDArray[np.uint8]


class TrackPictures:
    """The pictures of a whole sound that is handed over piece by piece. Belongs to one thread."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._rest: Mono32 = np.zeros(_WINDOW, dtype=np.float32)  # what was heard last
        self._heard = 0  # samples
        self._count = 0  # pictures
        self._found: list[tuple[Bytes, Bytes]] = []

    def feed(self, block: Mono32) -> None:
        """Hear the next samples, float32 (n,), any n."""
        heard = np.concatenate([self._rest, clean(block)])
        self._heard += len(block)
        upto = int(self._heard / self._rate_hz * PICTURES_HZ + 1e-9)
        numbers = np.arange(self._count, upto + 1)
        ends = np.rint(numbers / PICTURES_HZ * self._rate_hz).astype(np.int64)
        ends = ends[ends <= self._heard]
        self._count += len(ends)
        if len(ends):
            # Picture number i is of the samples before second i / 60; `heard` begins a window before this block.
            places = ends - (self._heard - len(block))
            windows = heard[places[:, None] + np.arange(_WINDOW)]
            self._found.append(_pictures(windows))
        self._rest = heard[-_WINDOW:]

    def found(self) -> tuple[Bytes, Bytes]:
        """Samples uint8 (n, 256), 128 is silence, and spectra uint8 (n, 128), 60 a second from the first sample on."""
        if not self._found:
            return np.zeros((0, SAMPLES), dtype=np.uint8), np.zeros((0, BANDS), dtype=np.uint8)
        samples, spectra = zip(*self._found, strict=True)
        return np.concatenate(samples), np.concatenate(spectra)


class NewestPicture:
    """The picture of the newest samples of a sound that goes on, as `TrackPictures` has it at that instant. Belongs to
    one thread; what it gives is not changed any more."""

    def __init__(self) -> None:
        self._rest: Mono32 = np.zeros(_WINDOW, dtype=np.float32)

    def feed(self, block: Mono32) -> SoundPicture:
        """The picture after the next samples, float32 (n,), any n."""
        self._rest = np.concatenate([self._rest, clean(block)])[-_WINDOW:]
        return SoundPicture(*_pictures(self._rest[None]))


def _pictures(windows: Mono32) -> tuple[Bytes, Bytes]:
    """Samples uint8 (n, 256) and spectra uint8 (n, 128) of windows (n, 1024)."""
    magnitudes = np.abs(np.fft.rfft(windows * _HANN, axis=1))[:, : _WINDOW // 2] / _WINDOW
    bands = magnitudes.reshape(len(windows), BANDS, -1).max(axis=2)
    decibels = 20 * np.log10(np.maximum(bands, 1e-9))
    spectra = _bytes(255 * (decibels - _LOW_DB) / (_HIGH_DB - _LOW_DB))
    return _bytes(128 + 127 * windows[:, -SAMPLES:]), spectra


def _bytes(values: npt.NDArray[np.floating]) -> Bytes:
    return np.asarray(np.clip(np.rint(values), 0, 255), dtype=np.uint8)
