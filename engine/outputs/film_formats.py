"""Which codecs a film can have, in which containers, and what each asks of the picture and the sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from engine.errors import OutputError

FilmCodec = Literal["h264", "prores", "ffv1", "png"]
FILM_CODECS: tuple[FilmCodec, ...] = get_args(FilmCodec)

_FFMPEG_FORMATS = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska"}
_SOUND_CODECS = {".mp4": "aac", ".mov": "pcm_s24le", ".mkv": "pcm_s24le"}


@dataclass(frozen=True, slots=True)
class FilmFormat:
    """How one codec is written by FFmpeg.

    `limited_yuv`: BT.709 YUV in limited range; otherwise full-range RGB, which comes back bit for bit.
    Width and height must be multiples of `even`, since chroma is shared between pixels.
    """

    encoder: str
    pixel_format: str
    limited_yuv: bool
    suffixes: tuple[str, ...]
    even: tuple[int, int] = (1, 1)
    options: Mapping[str, str] = field(default_factory=dict)


# H.264: crf 16 is close to transparent, and veryfast keeps encoding from taking longer than drawing. chromaloc 1 says
# where swscale puts chroma (between its pixels, measured: 0.5 px right of where H.264 assumes it unsaid).
# ProRes: profile 3 is 422 HQ; Apple's vendor tag, for editors that look at it.
# FFV1: version 3 with slices, encoded on all cores, and a checksum on each slice.
# PNG: level 1 was 4 to 11 times as fast as FFmpeg's default, for files 10 to 16 % larger.
FILM_FORMATS: Mapping[FilmCodec, FilmFormat] = {
    "h264": FilmFormat(
        "libx264",
        "yuv420p",
        True,
        (".mp4", ".mov", ".mkv"),
        (2, 2),
        {"preset": "veryfast", "crf": "16", "x264-params": "chromaloc=1"},
    ),
    "prores": FilmFormat(
        "prores_ks", "yuv422p10le", True, (".mov", ".mkv"), (2, 1), {"profile": "3", "vendor": "apl0"}
    ),
    "ffv1": FilmFormat("ffv1", "bgr0", False, (".mkv",), options={"level": "3", "slicecrc": "1", "g": "1"}),
    "png": FilmFormat("png", "rgb24", False, (".mov",), options={"compression_level": "1"}),
}


def film_format(path: Path, codec: FilmCodec) -> FilmFormat:
    """The format for `codec` in the container that the suffix of `path` names.

    Raises OutputError, naming the pairs that work, where this pair does not. Any thread.
    """
    chosen = FILM_FORMATS[codec]
    if path.suffix.lower() not in chosen.suffixes:
        said = path.suffix or "a name without a suffix"
        pairs = "; ".join(f"{name} in {' '.join(fmt.suffixes)}" for name, fmt in FILM_FORMATS.items())
        raise OutputError(f"{codec} does not go into {said}", subject=path, mend=f"These work: {pairs}.")
    return chosen


def container_format(path: Path) -> str:
    """FFmpeg's name of the container that the suffix names; `film_format` has accepted the suffix."""
    return _FFMPEG_FORMATS[path.suffix.lower()]


def sound_codec(path: Path) -> str:
    """FFmpeg's name of the sound codec for that container: AAC in .mp4, 24-bit PCM in .mov and .mkv."""
    return _SOUND_CODECS[path.suffix.lower()]
