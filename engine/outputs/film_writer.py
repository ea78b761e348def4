"""A film being written: pictures and sound, encoded and muxed in step. No threads of its own."""

from __future__ import annotations

import contextlib
from collections import deque
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation, VideoReformatter

from engine.errors import OutputError
from engine.outputs.film_formats import FilmFormat, container_format, sound_codec

Samples32 = npt.NDArray[np.float32]
SoundFormat = tuple[int, int]  # channels, and samples a second

_LAYOUTS = {1: "mono", 2: "stereo"}
_AAC_BIT_RATE = 256_000
_RGB_MATRIX = 0  # "identity" of H.273, for which PyAV has no name


class FilmWriter:
    """Writes RGBA pictures, and sound of exactly their length, into `partial` in the container of `path`.

    Used by one thread at a time. Raises OutputError at construction where the encoder refuses the size, the rate
    or the sound; errors of FFmpeg while writing (a full disk) come as they are, from av.error or OSError.
    """

    def __init__(
        self,
        partial: Path,
        path: Path,
        film: FilmFormat,
        *,
        width: int,
        height: int,
        rate: Fraction,
        sound: SoundFormat | None = None,
    ) -> None:
        self.frames = 0
        self._film = film
        self._rate = rate
        options = {"movflags": "+faststart"} if path.suffix.lower() == ".mp4" else {}
        self._container = av.open(str(partial), "w", format=container_format(path), options=options)
        try:
            self._video = _video_stream(self._container, film, width, height, rate)
            self._sound = None if sound is None else _SoundTrack(self._container, sound_codec(path), sound, rate)
            self._container.start_encoding()
        except (av.error.FFmpegError, ValueError) as error:
            self._container.close()
            raise OutputError(
                f"the encoder {film.encoder} refuses {width}×{height} at {rate} frames a second ({error})",
                subject=path,
                mend="Choose another --size, --fps or --codec.",
            ) from error
        except OutputError:
            self._container.close()
            raise
        self._reformatter = VideoReformatter()

    def convert(self, pixels: npt.NDArray[np.uint8]) -> av.VideoFrame:
        """A frame for `write` from RGBA pixels, uint8 (height, width, 4), whose alpha is dropped.

        The pixels are free again when this returns.
        """
        limited = self._film.limited_yuv
        frame = self._reformatter.reformat(
            av.VideoFrame.from_numpy_buffer(pixels, "rgba"),
            format=self._film.pixel_format,
            src_colorspace=Colorspace.ITU709,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG if limited else ColorRange.JPEG,
            interpolation=Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP,
        )
        # ProRes takes its tags from the frames, the others from the codec context.
        frame.colorspace = Colorspace.ITU709 if limited else _RGB_MATRIX
        frame.color_range = ColorRange.MPEG if limited else ColorRange.JPEG
        frame.color_primaries = ColorPrimaries.BT709
        frame.color_trc = ColorTrc.BT709
        return frame

    def write(self, frame: av.VideoFrame) -> None:
        """Encode the next picture, and the sound up to its end."""
        frame.pts = self.frames
        frame.time_base = 1 / self._rate
        self._container.mux(self._video.encode(frame))
        self.frames += 1
        if self._sound is not None:
            self._sound.write_until(self.frames)

    def hear(self, samples: Samples32) -> None:
        """Take the sound that comes next, (n, channels); it is written with the pictures that it belongs to."""
        if self._sound is not None:
            self._sound.put(samples)

    def finish(self) -> None:
        """Write what the encoders still hold, and the container's end."""
        self._container.mux(self._video.encode(None))
        if self._sound is not None:
            self._sound.finish(self.frames)
        self._container.close()

    def discard(self) -> None:
        """Let go of the file as it is. Harmless after `finish`."""
        with contextlib.suppress(av.error.FFmpegError, OSError):  # no room for its end: it is thrown away in any case
            self._container.close()


class _SoundTrack:
    """The sound of a film: cut or continued with silence so that it ends with the last picture."""

    def __init__(self, container: av.container.OutputContainer, codec: str, sound: SoundFormat, rate: Fraction) -> None:
        channels, self._rate_hz = sound
        allowed = av.Codec(codec, "w").audio_rates
        if channels not in _LAYOUTS or (allowed and self._rate_hz not in allowed):
            raise OutputError(
                f"sound of {channels} channels at {self._rate_hz} Hz does not go into {codec}",
                mend="Give the track one or two channels at 48000 Hz.",
            )
        self._channels = channels
        self._layout = _LAYOUTS[channels]
        self._waiting: deque[Samples32] = deque()  # what came and is not written yet
        self._samples_a_frame = self._rate_hz / rate
        self._written = 0
        self._container = container
        self._stream = _sound_stream(container, codec, self._rate_hz, self._layout)
        self._resampler: av.AudioResampler | None = None

    def put(self, samples: Samples32) -> None:
        self._waiting.append(samples)

    def write_until(self, frames: int) -> None:
        """Write what has come of the sound of the first `frames` pictures."""
        until = round(frames * self._samples_a_frame)
        while self._waiting and self._written < until:
            block = self._waiting.popleft()
            if len(block) > until - self._written:
                self._waiting.appendleft(block[until - self._written :])
                block = block[: until - self._written]
            self._write(block)

    def finish(self, frames: int) -> None:
        """Write the rest of the sound of `frames` pictures; what did not come is silence."""
        self.write_until(frames)
        missing = round(frames * self._samples_a_frame) - self._written
        if missing > 0:
            self._write(np.zeros((missing, self._channels), np.float32))
        self._encode(None)
        self._container.mux(self._stream.encode(None))

    def _write(self, block: Samples32) -> None:
        packed = np.ascontiguousarray(block, np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=self._layout)
        frame.sample_rate = self._rate_hz
        frame.pts = self._written
        frame.time_base = Fraction(1, self._rate_hz)
        self._written += len(block)
        self._encode(frame)

    def _encode(self, frame: av.AudioFrame | None) -> None:
        context = self._stream.codec_context
        if self._resampler is None:  # an encoder knows its frame size (AAC: 1024 samples) only once it is open
            size = context.frame_size or None
            self._resampler = av.AudioResampler(context.format, self._layout, self._rate_hz, size)
        for part in self._resampler.resample(frame):
            self._container.mux(self._stream.encode(part))


def _sound_stream(container: av.container.OutputContainer, codec: str, rate_hz: int, layout: str) -> av.AudioStream:
    stream = container.add_stream(codec, rate=rate_hz)
    assert isinstance(stream, av.AudioStream)
    stream.layout = layout
    if codec == "aac":
        stream.bit_rate = _AAC_BIT_RATE
    return stream


def _video_stream(
    container: av.container.OutputContainer, film: FilmFormat, width: int, height: int, rate: Fraction
) -> av.VideoStream:
    stream = container.add_stream(film.encoder, rate=rate, options=dict(film.options))
    assert isinstance(stream, av.VideoStream)
    stream.width, stream.height, stream.pix_fmt = width, height, film.pixel_format
    stream.time_base = 1 / rate
    context = stream.codec_context
    context.time_base = 1 / rate
    context.sample_aspect_ratio = Fraction(1)
    context.thread_type = "AUTO"
    context.colorspace = Colorspace.ITU709 if film.limited_yuv else _RGB_MATRIX
    context.color_range = ColorRange.MPEG if film.limited_yuv else ColorRange.JPEG
    context.color_primaries = ColorPrimaries.BT709
    context.color_trc = ColorTrc.BT709
    return stream


def count_frames(path: Path) -> int:
    """How many pictures the film at `path` holds, by reading every packet of it. Any thread."""
    with av.open(str(path)) as container:
        return sum(1 for packet in container.demux(container.streams.video[0]) if packet.size)
