"""Sources that are read as they are: which ones, and the proof that reading them in pieces gives the same frames."""

from __future__ import annotations

import zlib

import numpy as np
from av.video.frame import VideoFrame

from engine.errors import SourceError
from engine.formats.movie import Movie, constant_rate, slots
from preprocess.catalogue.values import Footage, Piece
from preprocess.footage.decoding import Decoding, has_alpha, is_transparent
from preprocess.footage.filters import Target, sized
from preprocess.footage.sequence import LONGEST_PAUSE_S, Tell
from preprocess.footage.source_reader import SourceReader
from preprocess.ingest.settings import IngestSettings

# Reading a range decodes from the key frame before; with more frames than this between key frames it would crawl.
_MOST_FRAMES_A_SEEK = 300
_TRIED_PLACES = (0.97, 0.43, 0.03, 0.61, 0.21, 0.83)  # of the length, in no order, so that each is a seek
_FRAMES_A_PLACE = 3
_TELL_EVERY_FRAMES = 16


class NotDirectError(Exception):
    """A source that cannot be read directly after all; its text says why."""


def why_not_direct(movie: Movie, combing: bool, settings: IngestSettings) -> str | None:
    """Why a source has to be converted; '' where the settings ask for it; None where it may be read directly."""
    is_prores = movie.codec_name == "prores"
    if settings.mezzanine and not (is_prores and _needs_nothing(movie, settings)):
        return ""
    if combing:
        return "it is interlaced"
    if movie.packets.stamps is None or not movie.packets.presented:
        return "its timestamps do not tell its frames apart"
    if movie.seek_cost.worst_frames > _MOST_FRAMES_A_SEEK:
        return f"its key frames are up to {movie.seek_cost.worst_frames} frames apart"
    if len(movie.times_s) > 1 and float(np.diff(movie.times_s).max()) > LONGEST_PAUSE_S:
        return "its clock jumps"
    return None


def _needs_nothing(movie: Movie, settings: IngestSettings) -> bool:
    """Whether it is a mezzanine as it stands: upright, square, of constant rate and of an even size."""
    upright = movie.turns == 0 and (movie.width, movie.height) == (movie.coded_width, movie.coded_height)
    small = settings.max_height is None or movie.height <= settings.max_height
    return movie.constant and upright and small and movie.width % 2 == 0 and movie.height % 2 == 0


def direct_footage(movie: Movie, base: str, settings: IngestSettings, threads: int, tell: Tell) -> Footage:
    """The footage of a source that is read directly, without a word on its sound.

    Decodes all of it once, then some of it again by seeking. Raises NotDirectError where anything was lost or differs.
    """
    rate = constant_rate(movie)
    places = slots(movie.times_s, rate)
    tried = {
        number
        for part in _TRIED_PLACES
        for number in range(int(part * movie.frame_count), int(part * movie.frame_count) + _FRAMES_A_PLACE)
        if number < movie.frame_count
    }
    seen, transparent = _decoded_once(movie, tried, threads, tell)
    _compare(movie, seen)
    total = movie.frame_count if movie.constant else max(1, round(movie.duration_s * rate))
    last = int(places[-1])
    lasts = 1 if movie.constant else min(round(LONGEST_PAUSE_S * rate), max(1, total - last))
    target: Target = sized(movie, 2, settings.max_height, "", "kept")
    return Footage(
        base=base,
        source=movie.file,
        file=None,
        byte_count=movie.file.stat().st_size,
        width=target.width,
        height=target.height,
        rate=rate,
        frame_count=last + lasts,
        alpha=transparent,
        combs=False,
        sound=False,
        loudness_lufs=None,
        true_peak_db=None,
        pieces=(Piece(0, last + lasts, 0.0),),
        seek_frames=max(1, movie.seek_cost.worst_frames),
    )


def _decoded_once(movie: Movie, tried: set[int], threads: int, tell: Tell) -> tuple[dict[int, int], bool]:
    """The digests of the frames of these numbers, and whether any frame is transparent."""
    stamps = movie.packets.stamps
    assert stamps is not None
    decoding = Decoding(movie, threads)
    alpha, transparent = has_alpha(movie.pixel_format), False
    seen: dict[int, int] = {}
    count = 0
    for frame, _, after_loss in decoding.frames():
        if after_loss or count >= len(stamps) or frame.pts != stamps[count]:
            raise NotDirectError(
                "parts of it do not decode" if after_loss else "its timestamps are not those of its frames"
            )
        if count in tried:
            seen[count] = _digest(frame)
        transparent = transparent or (alpha and is_transparent(frame))
        count += 1
        if count % _TELL_EVERY_FRAMES == 0:
            tell(count, len(stamps))
    if decoding.damage or count != len(stamps):
        raise NotDirectError("parts of it do not decode")
    return seen, transparent


def _compare(movie: Movie, seen: dict[int, int]) -> None:
    for part in _TRIED_PLACES:
        first = int(part * movie.frame_count)
        try:
            with SourceReader(movie) as anew:
                for number, frame in anew.frames(first):
                    if number >= first + _FRAMES_A_PLACE or number not in seen:
                        break
                    if seen[number] != _digest(frame):
                        raise NotDirectError("a seek in it gives other frames than playing it does")
        except SourceError as error:
            raise NotDirectError("seeking in it does not give whole frames") from error


def _digest(frame: VideoFrame) -> int:
    """Of the first plane's picture: luma, or all of a packed one."""
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    used = plane.width * max(1, (frame.format.components[0].bits + 7) // 8)
    return zlib.crc32(np.ascontiguousarray(rows[:, : min(used, plane.line_size)]).tobytes())
