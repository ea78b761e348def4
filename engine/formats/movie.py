"""Any movie file that FFmpeg's libraries open: what it really holds, found by walking it, not from its header."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engine.errors import SourceError
from engine.formats.frame_table import frame_table, table_codec
from engine.model.clips import Clip, Codec, FrameTable

# Rates that people and cameras choose, frames a second; a variable-rate file gets the lowest that keeps all its frames.
_NTSC = tuple(Fraction(rate * 1000, 1001) for rate in (24, 30, 60))
_USUAL_RATES = tuple(sorted([Fraction(25, 2), *_NTSC, *map(Fraction, (10, 12, 15, 20, 24, 25, 30, 48, 50, 60))]))
FALLBACK_RATE = Fraction(25)
_HIGHEST_RATE = Fraction(480)
# A sample aspect within this of 1 is a rounding of the container, not a shape: resampling for it would only blur.
_SQUARE_WITHIN = Fraction(1, 200)
_PACKETS_BEFORE_GIVING_UP = 400
_COPY_AGAIN = "copy it again from where it came, or from a backup"


@dataclass(frozen=True, slots=True)
class Movie:
    """What a movie file holds.

    `width` and `height` are in square pixels, upright; `coded_width` and `coded_height` as they are stored.
    `turns` counts the quarter turns clockwise that make the stored picture upright. `times_s` are the
    presentation times of its frames in seconds, float64, ascending from 0, one for each frame. `rate` is the
    constant rate where the frames keep one (`constant`), else their average. `first_pts` is the timestamp at 0 s,
    or None where frames are told apart by counting them. `duration_s` is what the
    container declares, or the end of the last frame where it declares nothing.
    """

    file: Path
    container: str
    codec_name: str
    coded_width: int
    coded_height: int
    width: int
    height: int
    turns: int
    sample_aspect: Fraction
    pixel_format: str
    rate: Fraction
    constant: bool
    duration_s: float
    has_sound: bool
    first_pts: int | None
    times_s: npt.NDArray[np.float64] = field(compare=False, repr=False)

    @property
    def frame_count(self) -> int:
        return len(self.times_s)


def probe(path: Path, slug: str) -> Clip:
    """The file as a clip named `slug`. Reads the whole file once; any thread.

    A file whose frames stand alone and can be drawn as they are (MJPEG or HAP in MOV, MJPEG in AVI; upright,
    square pixels) comes with its frame table; everything else is Codec.OTHER. Raises SourceError with a mend.
    """
    movie = read_movie(path)
    codec, table = Codec.OTHER, None
    found = table_codec(path, movie.codec_name, movie.pixel_format)
    upright = movie.turns == 0 and (movie.width, movie.height) == (movie.coded_width, movie.coded_height)
    if found is not Codec.OTHER and upright:
        table = _table_or_none(path)
        codec = found if table is not None and len(table) == movie.frame_count else Codec.OTHER
    return Clip(
        slug=slug,
        file=path,
        codec=codec,
        width=movie.width,
        height=movie.height,
        rate=movie.rate,
        frame_count=movie.frame_count,
        table=table if codec is not Codec.OTHER else None,
        title=path.stem,
    )


def _table_or_none(path: Path) -> FrameTable | None:
    """The frame table, or None where the bytes do not bear out the index: then the file is decoded like any other."""
    try:
        return frame_table(path)
    except SourceError:
        return None


def read_movie(path: Path) -> Movie:
    """Walk every packet of the file's picture and decode its first frame. Any thread.

    Raises SourceError, saying what would mend it: missing, empty, unreadable, cut short, not a movie, without a
    picture, or without one frame that decodes.
    """
    with open_movie(path) as container:
        stream = picture_stream(container, path)
        times_s, first_pts = _frame_times_s(container, stream)
        # Everything is taken while the container is open: PyAV crashes on a stream whose container was closed.
        has_sound = bool(container.streams.audio)
        declared_s = _declared_s(container, stream)
        names = container.format.name, stream.codec_context.name
        aspect = _sample_aspect(stream)
        rates = [rate for rate in map(_plausible, (stream.guessed_rate, stream.average_rate)) if rate]
    first = _first_frame(path)
    if first is None or not len(times_s):
        raise SourceError("no frame of it decodes", subject=path, mend=_COPY_AGAIN)
    turns = upright_turns(first)
    width, height = _square_size(first.width, first.height, aspect)
    if turns % 2:
        width, height = height, width
    rate, constant = _rate(times_s, rates)
    return Movie(
        file=path,
        container=names[0],
        codec_name=names[1],
        coded_width=first.width,
        coded_height=first.height,
        width=width,
        height=height,
        turns=turns,
        sample_aspect=aspect,
        pixel_format=first.format.name,
        rate=rate,
        constant=constant,
        duration_s=declared_s if declared_s > times_s[-1] else float(times_s[-1] + _frame_s(times_s, rate)),
        has_sound=has_sound,
        first_pts=first_pts,
        times_s=times_s,
    )


def open_movie(path: Path) -> InputContainer:
    """Open a movie file; the caller closes it. Raises SourceError with a mend. Any thread."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise SourceError("no such file", subject=path, mend="check the path, or plug in its disk") from None
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", subject=path, mend="check its permissions") from error
    if path.is_dir():
        raise SourceError("is a folder, not a movie", subject=path, mend="name a file")
    if size == 0:
        raise SourceError("empty: 0 bytes", subject=path, mend=_COPY_AGAIN)
    try:
        # A path with a colon or a leading dash is a protocol or an option to FFmpeg; an absolute one is a file.
        return av.open(f"file:{path.absolute()}", metadata_errors="replace")
    except PermissionError as error:
        raise SourceError("cannot be read", subject=path, mend="check its permissions") from error
    except av.error.FFmpegError as error:
        raise _unopened(path) from error


def _unopened(path: Path) -> SourceError:
    """Why FFmpeg opened nothing here: a movie without its index, or not a movie at all."""
    boxes = _top_boxes(path)
    if boxes and "moov" not in boxes:
        return SourceError(
            "truncated: its index (the moov box at the end) is missing, so the copy was cut short",
            subject=path,
            mend=_COPY_AGAIN,
        )
    return SourceError("not a movie", subject=path, mend="look what it really is, or leave it out of the sources")


def _top_boxes(path: Path) -> tuple[str, ...]:
    """The types of a file's top-level boxes (ISO/IEC 14496-12, 4.2); empty where it does not begin with one."""
    kinds: list[str] = []
    at = 0
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        while at + 8 <= end and len(kinds) < 64:
            file.seek(at)
            head = file.read(16)
            size, kind = int.from_bytes(head[:4], "big"), head[4:8]
            if size == 1 and len(head) == 16:
                size = int.from_bytes(head[8:], "big")
            if not kinds and kind not in (b"ftyp", b"mdat", b"moov", b"wide", b"free", b"skip"):
                return ()
            kinds.append(kind.decode("latin-1"))
            if size < 8:  # 0 means "to the end of the file"
                break
            at += size
    return tuple(kinds)


def picture_stream(container: InputContainer, path: Path) -> VideoStream:
    """The stream that is the movie's picture, not a sound file's cover. Raises SourceError where there is none."""
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic and stream.codec_context is not None:
            return stream
    what = "no picture: it holds only sound" if container.streams.audio else "no picture in it"
    raise SourceError(what, subject=path, mend="use it as the track, or leave it out of the sources")


def _frame_times_s(container: InputContainer, stream: VideoStream) -> tuple[npt.NDArray[np.float64], int | None]:
    """Presentation time of each frame, ascending from 0, and the timestamp at 0; by counting where there are none."""
    stamps: list[int | None] = []
    packets = (packet for packet in container.demux(stream) if packet.size and not packet.is_discard)
    # Where the rest of a file cannot be walked, what came before stands; the declared length tells the loss.
    with contextlib.suppress(av.error.FFmpegError):
        stamps.extend(packet.pts if packet.pts is not None else packet.dts for packet in packets)
    known = sorted(stamp for stamp in stamps if stamp is not None)
    if not known or len(set(known)) < len(stamps) or stream.time_base is None:
        return np.arange(len(stamps)) / float(_plausible(stream.guessed_rate) or FALLBACK_RATE), None
    return (np.array(known, np.float64) - known[0]) * float(stream.time_base), known[0]


def _declared_s(container: InputContainer, stream: VideoStream) -> float:
    """How long the header says that the picture lasts, seconds; 0 where it does not say."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    hours, _, rest = stream.metadata.get("DURATION", "").partition(":")  # Matroska's statistics tag, 00:00:02.300
    minutes, _, seconds = rest.partition(":")
    with contextlib.suppress(ValueError):
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    return 0.0 if container.streams.audio else (container.duration or 0) / av.time_base


def _first_frame(path: Path) -> VideoFrame | None:
    with open_movie(path) as container:
        stream = picture_stream(container, path)
        try:
            for tried, packet in enumerate(container.demux(stream)):
                try:
                    frames = packet.decode()
                except av.error.FFmpegError:
                    frames = []  # a damaged beginning: a later packet may be whole
                if frames:
                    return frames[0]
                if tried > _PACKETS_BEFORE_GIVING_UP:
                    break
        except av.error.FFmpegError:
            return None
    return None


def upright_turns(frame: VideoFrame) -> int:
    """Quarter turns clockwise that make a decoded frame upright, 0..3, from its display matrix. Any thread."""
    return round(-frame.rotation / 90) % 4  # FFmpeg's angle is anticlockwise


def _sample_aspect(stream: VideoStream) -> Fraction:
    aspect = stream.sample_aspect_ratio
    if not aspect or not Fraction(1, 8) <= aspect <= 8 or abs(aspect - 1) < _SQUARE_WITHIN:
        return Fraction(1)
    return Fraction(aspect)


def _square_size(width: int, height: int, aspect: Fraction) -> tuple[int, int]:
    """The stored size in square pixels: the lines stay as they are, the width stretches."""
    return max(1, round(width * aspect)), height


def _plausible(rate: Fraction | None) -> Fraction | None:
    return Fraction(rate) if rate and 0 < rate <= _HIGHEST_RATE else None


def _rate(times_s: npt.NDArray[np.float64], declared: list[Fraction]) -> tuple[Fraction, bool]:
    if len(times_s) < 2:
        return next(iter(declared), FALLBACK_RATE), True
    for rate in (*declared, *_USUAL_RATES):
        if np.array_equal(slots(times_s, rate), np.arange(len(times_s))):
            return rate, True
    average = Fraction((len(times_s) - 1) / float(times_s[-1])).limit_denominator(1001)
    return max(average, Fraction(1, 1001)), False


def _frame_s(times_s: npt.NDArray[np.float64], rate: Fraction) -> float:
    """How long a frame usually stands, seconds."""
    return float(np.median(np.diff(times_s))) if len(times_s) > 1 else float(1 / rate)


def slots(times_s: npt.NDArray[np.float64], rate: Fraction) -> npt.NDArray[np.int64]:
    """The index of the frame of a constant `rate` at which each instant falls, to the nearest."""
    return np.floor(times_s * float(rate) + 0.5).astype(np.int64)


def constant_rate(movie: Movie, rates: Iterable[Fraction] = _USUAL_RATES) -> Fraction:
    """The rate at which a movie becomes constant: its own, or the lowest usual one at which no frame is lost.

    Where even the highest loses frames (a burst above 60 a second), that one.
    """
    if movie.constant:
        return movie.rate
    with open_movie(movie.file) as container:
        guessed = _plausible(picture_stream(container, movie.file).guessed_rate)
    usual = sorted(rates)
    for rate in ([guessed] if guessed and guessed <= usual[-1] else []) + usual:
        if len(np.unique(slots(movie.times_s, rate))) == movie.frame_count:
            return rate
    return usual[-1]
