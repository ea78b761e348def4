"""Any movie file that FFmpeg's libraries open: what it really holds, found by walking it, not from its header."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engine.errors import SourceError
from engine.formats.frame_table import HAP_TAGS, frame_table, table_codec
from engine.formats.frame_times import Packets, frame_times, packets_of
from engine.formats.movie_file import COPY_AGAIN, decoder_of, is_cover, open_movie, picture_stream
from engine.formats.sample_entry import sample_entry
from engine.formats.seek_cost import SeekCost
from engine.model.clips import Clip, Codec, FrameTable

# Rates that people and cameras choose, frames a second; a variable-rate file gets the lowest that keeps all its frames.
_NTSC = tuple(Fraction(rate * 1000, 1001) for rate in (24, 30, 60))
_USUAL_RATES = tuple(sorted([Fraction(25, 2), *_NTSC, *map(Fraction, (10, 12, 15, 20, 24, 25, 30, 48, 50, 60))]))
FALLBACK_RATE = Fraction(25)
_HIGHEST_RATE = Fraction(480)
# A sample aspect within this of 1 is a rounding of the container, not a shape: resampling for it would only blur.
_SQUARE_WITHIN = Fraction(1, 200)
_PACKETS_BEFORE_GIVING_UP = 400
_HDR = {16: "PQ", 18: "HLG"}  # transfer characteristics of ISO/IEC 23091-2


@dataclass(frozen=True, slots=True)
class Movie:
    """What a movie file holds.

    `width` and `height` are in square pixels, upright; `coded_width` and `coded_height` as they are stored.
    `turns` counts the quarter turns clockwise that make the stored picture upright. `times_s` are the
    presentation times of its frames in seconds, float64, ascending from 0, one for each frame. `rate` is the
    constant rate where the frames keep one (`constant`), else their average. `first_pts` is the timestamp at 0 s,
    or None where frames are told apart by counting them. `duration_s` is what the
    container declares, or the end of the last frame where it declares nothing. `seek_cost` is what its key frames
    promise. `hdr` names the transfer of pictures that are brighter than screens show (PQ or HLG), else it is empty.
    `other_pictures` counts the video streams that are passed over, covers not among them.
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
    time_base: Fraction | None
    seek_cost: SeekCost
    packets: Packets = field(compare=False, repr=False)
    times_s: npt.NDArray[np.float64] = field(compare=False, repr=False)
    hdr: str = ""
    other_pictures: int = 0

    @property
    def frame_count(self) -> int:
        return len(self.times_s)


def probe(path: Path, slug: str) -> Clip:
    """The file as a clip named `slug`. Any thread.

    Reads the whole file once, unless it is a MOV or MP4 of a codec that never reorders frames, and leaves what
    `frame_times` will be asked when the clip is opened. A file whose frames stand alone and can be drawn as they are
    (MJPEG or HAP in MOV, MJPEG in AVI; upright, square pixels) comes with its frame table; everything else is
    Codec.OTHER. Raises SourceError with a mend.
    """
    undecoded = _undecoded_hap(path, slug)
    if undecoded is not None:
        return undecoded
    movie = read_movie(path)
    codec, table = Codec.OTHER, None
    found = table_codec(path, movie.codec_name, movie.pixel_format)
    upright = movie.turns == 0 and (movie.width, movie.height) == (movie.coded_width, movie.coded_height)
    if found is not Codec.OTHER and upright:
        table = _table_or_none(path)
        codec = found if table is not None and len(table) == movie.frame_count else Codec.OTHER
    if codec is Codec.OTHER:
        movie = _as_decoded(movie)
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


def _as_decoded(movie: Movie) -> Movie:
    """The movie with the frames that decoding gives, where its packets promised others (two fields, say)."""
    times = frame_times(movie.file, movie.packets)
    if len(times) == movie.frame_count:
        return movie
    if times.timed and movie.time_base is not None:
        times_s: npt.NDArray[np.float64] = (times.pts - times.pts[0]) * float(movie.time_base)
    else:
        times_s = np.arange(len(times)) / float(movie.rate)
    rate, constant = _rate(times_s, [movie.rate])
    return replace(movie, times_s=times_s, rate=rate, constant=constant)


def _undecoded_hap(path: Path, slug: str) -> Clip | None:
    """A movie of a kind of HAP that FFmpeg cannot be asked about; None for any other file.

    It has no decoder for Hap7, and none for HapM in which a section is longer than 16 MiB. Turned or of oblong
    pixels, such a movie is left to it after all.
    """
    try:
        entry = sample_entry(path)
    except OSError:
        return None  # `read_movie` says why
    codec = HAP_TAGS.get(entry.tag) if entry else None
    if entry is None or codec not in (Codec.HAP_R, Codec.HAP_Q_ALPHA) or not entry.width * entry.height:
        return None
    if not entry.upright or abs(entry.aspect - 1) >= _SQUARE_WITHIN:
        return None
    table = frame_table(path) if codec is Codec.HAP_R else _table_or_none(path)
    if table is None:
        return None
    with open_movie(path) as container:
        stream = container.streams.video[0]
        stamps = np.array([each.timestamp for each in stream.index_entries if not each.is_discard], np.float64)
        times_s = (stamps - stamps[0]) * float(stream.time_base or 1 / FALLBACK_RATE)
        rates = [rate for rate in map(_plausible, (stream.guessed_rate, stream.average_rate)) if rate]
    rate, _ = _rate(times_s, rates)
    return Clip(slug, path, codec, entry.width, entry.height, rate, len(table), table, path.stem)


def _table_or_none(path: Path) -> FrameTable | None:
    """The frame table, or None where the bytes do not bear out the index: then the file is decoded like any other."""
    try:
        return frame_table(path)
    except SourceError:
        return None


def read_movie(path: Path) -> Movie:
    """Go over every packet of the file's picture and decode its first frame. Any thread.

    Raises SourceError, saying what would mend it: missing, empty, unreadable, cut short, not a movie, without a
    picture, or without one frame that decodes.
    """
    with open_movie(path) as container:
        stream = picture_stream(container, path)
        packets = packets_of(container, stream, path)
        times_s = _times_s(packets, stream)
        # Everything is taken while the container is open: PyAV crashes on a stream whose container was closed.
        has_sound = bool(container.streams.audio)
        declared_s = _declared_s(container, stream)
        names = container.format.name, stream.codec_context.name
        aspect = _sample_aspect(stream)
        rates = [rate for rate in map(_plausible, (stream.guessed_rate, stream.average_rate)) if rate]
        time_base = stream.time_base
        others = sum(not is_cover(each) for each in container.streams.video) - 1
    first = _first_frame(path)
    if first is None or not len(times_s):
        raise SourceError("no frame of it decodes", subject=path, mend=COPY_AGAIN)
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
        first_pts=None if packets.stamps is None or time_base is None else int(packets.stamps[0]),
        time_base=time_base,
        seek_cost=SeekCost.of(packets.count, packets.keys),
        packets=packets,
        times_s=times_s,
        hdr=_HDR.get(first.color_trc, ""),
        other_pictures=others,
    )


def _times_s(packets: Packets, stream: VideoStream) -> npt.NDArray[np.float64]:
    """Presentation time of each frame, ascending from 0; by counting where its packets do not say."""
    if packets.stamps is None or not packets.count or stream.time_base is None:
        return np.arange(packets.count) / float(_plausible(stream.guessed_rate) or FALLBACK_RATE)
    times_s: npt.NDArray[np.float64] = (packets.stamps - packets.stamps[0]) * float(stream.time_base)
    return times_s


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
        decoder = decoder_of(stream)
        try:
            for tried, packet in enumerate(container.demux(stream)):
                try:
                    frames = decoder.decode(packet)
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


def _rate(times_s: npt.NDArray[np.float64], declared: Sequence[Fraction]) -> tuple[Fraction, bool]:
    if len(times_s) < 2:
        return next(iter(declared), FALLBACK_RATE), True
    for rate in (*declared, *_USUAL_RATES):
        if np.array_equal(slots(times_s, rate), np.arange(len(times_s))):
            return rate, True
    if times_s[-1] <= 0:  # damaged: every frame at one instant
        return next(iter(declared), FALLBACK_RATE), False
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
