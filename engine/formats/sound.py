"""Sound files to samples and back, by PyAV: whatever FFmpeg decodes can be the music.

Sample 0 is the first sample that the decoder gives (FFmpeg drops an encoder's priming), and every time here is
counted from it. Sounds of more than two channels are mixed down to stereo.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import av.error
import numpy as np
import numpy.typing as npt

from engine.errors import SourceError

Samples32 = npt.NDArray[np.float32]

SHOW_RATE_HZ = 48_000
_PREROLL_S = 0.5  # decoded and dropped before a seek's target: MP3 and AAC lean on the frames before


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound in memory: `samples` is float32 (n, channels), nominally -1..1; channels is 1 or 2."""

    samples: Samples32
    rate_hz: int

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.rate_hz

    def mono(self) -> Samples32:
        """The mean of the channels, float32 (n,)."""
        return np.ascontiguousarray(self.samples.mean(axis=1, dtype=np.float32))


class SoundReader:
    """One sound file, decoded block after block at `rate_hz`. Belongs to the thread that reads it.

    Raises SourceError where the file is missing, is no sound, or has no sound in it; nothing stays open then.
    Packets that do not decode are left out and counted in `damaged_packets`; a disk that fails while reading
    raises SourceError.
    """

    def __init__(self, path: Path, rate_hz: int = SHOW_RATE_HZ) -> None:
        self.path = path
        self.rate_hz = rate_hz
        self.damaged_packets = 0
        self._container = _open(path)
        try:
            self._stream = _sound_stream(self._container, path)
        except SourceError:
            self._container.close()
            raise
        self.channels = 1 if self._stream.codec_context.channels == 1 else 2
        self._first_pts: int | None = None
        self._skip_until_s: float | None = None  # set by a seek, taken back by the first frame after it
        self._blocks = self._decode()

    @property
    def duration_s(self) -> float | None:
        """The length that the file states, which may be off by a frame; None where it states none."""
        if self._stream.duration is not None and self._stream.time_base is not None:
            return float(self._stream.duration * self._stream.time_base)
        return self._container.duration / av.time_base if self._container.duration is not None else None

    def read(self) -> Samples32 | None:
        """The next block, float32 (n, channels), n > 0; None once the sound is over."""
        return next(self._blocks, None)

    def seek(self, at_s: float) -> None:
        """Make the next block begin at `at_s` (seconds; before the beginning is the beginning).

        Past the end the next block is None. Exact to a sample where the file's timestamps are. Raises SourceError
        where the file cannot be read there.
        """
        at_s = max(at_s, 0.0)
        if self._first_pts is None:
            self.read()  # times count from the first sample, so its timestamp must be known
        base = self._stream.time_base or Fraction(1, self.rate_hz)
        target = (self._first_pts or 0) + int(max(at_s - _PREROLL_S, 0.0) / base)
        self._blocks.close()
        try:
            self._container.seek(target, stream=self._stream, backward=True)
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(f"cannot be sought in ({error})", subject=self.path, mend="Copy it again.") from error
        self._skip_until_s = at_s
        self._blocks = self._decode()

    def close(self) -> None:
        self._blocks.close()
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _decode(self) -> Generator[Samples32, None, None]:
        resampler = av.AudioResampler(
            format="flt", layout="mono" if self.channels == 1 else "stereo", rate=self.rate_hz
        )
        skip = 0
        for found in self._frames():
            frame: av.AudioFrame | None = found
            if self._first_pts is None:
                self._first_pts = found.pts or 0
            if self._skip_until_s is not None:
                frame, begins_s = self._aligned(found)
                if frame is None:
                    continue
                skip = round((self._skip_until_s - begins_s) * self.rate_hz)
                self._skip_until_s = None
            for block in self._blocks_of(resampler.resample(frame)):
                kept = block[skip:] if skip > 0 else block
                skip -= len(block) - len(kept)
                if len(kept):
                    yield kept
        for block in self._blocks_of(resampler.resample(None)):
            if len(block) > max(skip, 0):
                yield block[max(skip, 0) :]

    def _aligned(self, frame: av.AudioFrame) -> tuple[av.AudioFrame | None, float]:
        """A frame cut so that a resampler that begins with it gives the samples that it gives from the beginning on.

        That is where a sample of the file and one of `rate_hz` fall together. Returns the rest of the frame, None where
        nothing is left, and the instant at which it begins.
        """
        step = frame.sample_rate // gcd(frame.sample_rate, self.rate_hz)
        first = round(self._time_s(frame) * frame.sample_rate)
        cut = -first % step
        begins_s = (first + cut) / frame.sample_rate
        if cut == 0 or cut >= frame.samples:
            return (frame if cut == 0 else None), begins_s
        channels = 1 if frame.format.is_planar else len(frame.layout.channels)
        rest: npt.NDArray[Any] = np.ascontiguousarray(frame.to_ndarray()[:, cut * channels :])
        whole = av.AudioFrame.from_ndarray(rest, format=frame.format.name, layout=frame.layout.name)
        whole.sample_rate = frame.sample_rate
        return whole, begins_s

    def _blocks_of(self, frames: list[av.AudioFrame]) -> Iterator[Samples32]:
        for frame in frames:
            yield frame.to_ndarray().astype(np.float32, copy=False).reshape(-1, self.channels)

    def _time_s(self, frame: av.AudioFrame) -> float:
        if frame.pts is None or frame.time_base is None:
            return 0.0
        return float((frame.pts - (self._first_pts or 0)) * frame.time_base)

    def _frames(self) -> Iterator[av.AudioFrame]:
        try:
            for packet in self._container.demux(self._stream):
                try:
                    yield from packet.decode()
                except av.error.InvalidDataError:
                    self.damaged_packets += 1
        except (av.error.InvalidDataError, av.error.EOFError):
            self.damaged_packets += 1  # the container breaks off here: what was heard so far stays
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(
                f"cannot be read any further ({error})", subject=self.path, mend="Look at the disk it lies on."
            ) from error


def read_sound(path: Path, rate_hz: int = SHOW_RATE_HZ) -> Sound:
    """The whole of a sound file at `rate_hz`, its one channel or two kept.

    Raises SourceError where the file is missing, is no sound, or holds no samples. Any thread. A minute of
    stereo at 48 kHz takes 23 MB.
    """
    with SoundReader(path, rate_hz) as reader:
        blocks = []
        while (block := reader.read()) is not None:
            blocks.append(block)
    if not blocks:
        raise SourceError("has a sound track but no sound in it", subject=path, mend="Copy the file again.")
    return Sound(np.concatenate(blocks), rate_hz)


def write_sound(path: Path, sound: Sound) -> None:
    """Write a sound as .wav (float32) or .flac (24 bits, clipped at ±1), by the file's suffix. Any thread.

    Raises ValueError on another suffix, OSError where the file cannot be written.
    """
    codec, sample_format = {".wav": ("pcm_f32le", "flt"), ".flac": ("flac", "s32")}.get(path.suffix.lower(), ("", ""))
    if not codec:
        raise ValueError(f"{path.name}: only .wav and .flac are written")
    layout = "mono" if sound.samples.shape[1] == 1 else "stereo"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=sound.rate_hz)
        assert isinstance(stream, av.AudioStream)
        stream.layout = layout
        stream.format = sample_format
        for start in range(0, len(sound.samples), 4096):
            frame = _frame(sound.samples[start : start + 4096], sample_format, layout)
            frame.sample_rate = sound.rate_hz
            frame.pts = start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _frame(block: Samples32, sample_format: str, layout: str) -> av.AudioFrame:
    packed = np.ascontiguousarray(block, dtype=np.float32).reshape(1, -1)
    if sample_format == "flt":
        return av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
    whole = (np.clip(packed, -1, 1 - 2**-23).astype(np.float64) * 2**31).astype(np.int32)
    return av.AudioFrame.from_ndarray(whole, format="s32", layout=layout)


def _open(path: Path) -> av.container.InputContainer:
    try:
        return av.open(f"file:{path.absolute()}", metadata_errors="replace")
    except FileNotFoundError as error:
        raise SourceError("is not there", subject=path, mend="Check the name, or where the disk is mounted.") from error
    except PermissionError as error:
        raise SourceError("may not be read", subject=path, mend="Give yourself the right to read it.") from error
    except (av.error.FFmpegError, OSError) as error:
        raise SourceError(
            "is not a sound that FFmpeg can read", subject=path, mend="Save it as FLAC or WAV, or copy it again."
        ) from error


def _sound_stream(container: av.container.InputContainer, path: Path) -> av.AudioStream:
    if not container.streams.audio:
        raise SourceError("has no sound in it", subject=path, mend="Name a sound file, or a film with sound.")
    return container.streams.audio[0]
