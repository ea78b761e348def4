"""A film as one sheet of stills, each with its time: what a film shows, without playing it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.video.reformatter import Interpolation

from engine.errors import OutputError, SourceError
from engine.formats.replace_file import replace_file
from engine.outputs.beside import check_output_path

Pixels = npt.NDArray[np.uint8]

_MOST_STILLS = 1000
_SEEK_AHEAD_S = 4.0  # a nearer frame is reached by decoding on, which costs less than from the key frame before
# Without full chroma interpolation swscale's short cut makes a flat gray 2 levels darker.
_SCALING = Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
_GAP_PX = 4
_PAPER, _INK = 24, 230
_GLYPH_SCALE = 2
# Rows of three pixels from the top, as octal digits.
_GLYPHS = {
    "0": "75557",
    "1": "26227",
    "2": "71747",
    "3": "71717",
    "4": "55711",
    "5": "74717",
    "6": "74757",
    "7": "71122",
    "8": "75757",
    "9": "75717",
    ":": "02020",
    ".": "00002",
}
_LABEL_PX = 5 * _GLYPH_SCALE + 6
_EXAMPLES = """\
examples:
  runtime-tools frames out.mp4 -o sheet.png                       # 24 stills from all of it
  runtime-tools frames out.mp4 -o cuts.png --every 0.1 --from 12 --to 16

Exit codes: 0 done, 2 a film that does not decode, an output that cannot be written, or wrong usage.
"""


def main(argv: Sequence[str]) -> int:
    """`runtime-tools frames`."""
    options = _parser().parse_args(argv)
    check_output_path(options.output, overwrite=options.overwrite)
    with film(options.film) as opened:
        times = _times(options, opened.duration_s)
        stills = [(asked, *opened.at(asked, options.width)) for asked in times]
    replace_file(options.output, png(sheet([(pixels, shown) for _, pixels, shown in stills], options.columns)))
    if options.json:
        frames = [{"asked_s": round(asked, 6), "shown_s": round(shown, 6)} for asked, _, shown in stills]
        print(json.dumps({"sheet": str(options.output), "frames": frames}))
    else:
        print(f"{options.output}: {len(stills)} stills of {options.film}")
    return 0


class Film:
    """A film open for stills; times are seconds from its first frame, asked for in rising order."""

    def __init__(self, path: Path, container: av.container.InputContainer) -> None:
        self._path = path
        self._container = container
        self._stream = container.streams.video[0]
        self._base = self._stream.time_base or Fraction(1, 1000)
        self._frames = container.decode(self._stream)
        self._held: av.VideoFrame | None = None
        self._next: av.VideoFrame | None = self._decode()
        if self._next is None:
            raise SourceError("has no frame that decodes", subject=path, mend="Copy the file again.")
        self._first_pts = self._next.pts or 0

    @property
    def duration_s(self) -> float:
        """The length that the file states, at least one frame."""
        stated = self._stream.duration * self._base if self._stream.duration else None
        length = stated if stated is not None else Fraction(self._container.duration or 0, av.time_base)
        return max(float(length), 0.001)

    def at(self, time_s: float, width: int) -> tuple[Pixels, float]:
        """The frame on show at `time_s`, scaled to `width` px, uint8 (height, width, 3); and when it came on."""
        if self._next is not None and time_s - self._time_s(self._next) > _SEEK_AHEAD_S:
            self._container.seek(int(time_s / self._base) + self._first_pts, stream=self._stream, backward=True)
            self._frames = self._container.decode(self._stream)
            self._next = self._decode()
        while self._next is not None and (self._held is None or self._time_s(self._next) <= time_s + 1e-6):
            self._held, self._next = self._next, self._decode()
        assert self._held is not None
        return self._still(self._held, width), self._time_s(self._held)

    def _still(self, frame: av.VideoFrame, width: int) -> Pixels:
        pixel_shape = self._stream.sample_aspect_ratio or Fraction(1)
        height = max(1, round(frame.height * width / (frame.width * pixel_shape)))
        scaled = frame.reformat(width=width, height=height, format="rgb24", interpolation=_SCALING)
        return np.asarray(scaled.to_ndarray(), np.uint8)

    def _time_s(self, frame: av.VideoFrame) -> float:
        return float(((frame.pts or 0) - self._first_pts) * self._base)

    def _decode(self) -> av.VideoFrame | None:
        try:
            return next(self._frames, None)
        except av.error.FFmpegError as error:
            raise SourceError(f"does not decode ({error})", subject=self._path, mend="Copy the file again.") from error


@contextmanager
def film(path: Path) -> Iterator[Film]:
    """A film, open for the length of a block. Raises SourceError where it is none."""
    try:
        container = av.open(str(path))
    except (av.error.FFmpegError, OSError) as error:
        raise SourceError(f"cannot be opened ({error})", subject=path, mend="Name a film.") from error
    with container:
        if not container.streams.video:
            raise SourceError("has no picture", subject=path, mend="Name a film, not a sound.")
        yield Film(path, container)


def sheet(stills: Sequence[tuple[Pixels, float]], columns: int) -> Pixels:
    """The stills in rows from the top left, a time stamp under each; uint8 (height, width, 3). All of one size."""
    height, width = stills[0][0].shape[:2]
    columns = min(columns, len(stills))
    rows = -(-len(stills) // columns)
    step_x, step_y = width + _GAP_PX, height + _LABEL_PX
    paper = np.full((rows * step_y + _GAP_PX, columns * step_x + _GAP_PX, 3), _PAPER, np.uint8)
    for position, (pixels, time_s) in enumerate(stills):
        top = _GAP_PX + position // columns * step_y
        left = _GAP_PX + position % columns * step_x
        paper[top : top + height, left : left + width] = pixels
        text = letters(time_stamp(time_s))[:, :width]
        corner = paper[top + height + 3 :, left:][: text.shape[0], : text.shape[1]]
        corner[text] = _INK
    return paper


def time_stamp(time_s: float) -> str:
    """Minutes, seconds and milliseconds: 1:02.345."""
    milliseconds = round(time_s * 1000)
    return f"{milliseconds // 60_000}:{milliseconds // 1000 % 60:02}.{milliseconds % 1000:03}"


def letters(text: str) -> npt.NDArray[np.bool_]:
    """Digits, colons and dots as a mask, each 3 × 5 pixels and one apart, enlarged."""
    mask = np.zeros((5, 4 * len(text)), bool)
    for position, character in enumerate(text):
        for row, bits in enumerate(_GLYPHS[character]):
            for column in range(3):
                mask[row, 4 * position + column] = int(bits) >> (2 - column) & 1
    return mask.repeat(_GLYPH_SCALE, 0).repeat(_GLYPH_SCALE, 1)


def png(pixels: Pixels) -> bytes:
    """A picture, uint8 (height, width, 3), as a PNG file."""
    context = av.VideoCodecContext.create("png", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.height, context.width = pixels.shape[:2]
    context.pix_fmt = "rgb24"
    context.time_base = Fraction(1)
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")
    frame.pts = 0
    return b"".join(bytes(packet) for packet in (*context.encode(frame), *context.encode(None)))


def _times(options: argparse.Namespace, duration_s: float) -> list[float]:
    start, end = options.start, duration_s if options.end is None else min(options.end, duration_s)
    if start >= end:
        raise OutputError(f"nothing lies between {start:g} and {end:g} s", mend="Widen --from and --to.")
    step = options.every or (end - start) / options.count
    count = int((end - start) / step - 1e-9) + 1
    if count > _MOST_STILLS:
        raise OutputError(f"{count} stills are more than a sheet holds ({_MOST_STILLS})", mend="Raise --every.")
    return [start + position * step for position in range(count)]


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runtime-tools frames",
        description="Write stills of a film, with their times, into one PNG.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("film", type=Path, metavar="FILM")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="SHEET.png")
    spacing = parser.add_mutually_exclusive_group()
    spacing.add_argument("--every", type=_positive, metavar="S", help="seconds from one still to the next")
    spacing.add_argument("--count", type=int, default=24, choices=range(1, _MOST_STILLS + 1), metavar="N")
    parser.add_argument("--from", dest="start", type=float, default=0.0, metavar="S", help="start, in seconds")
    parser.add_argument("--to", dest="end", type=float, metavar="S", help="end, in seconds")
    parser.add_argument("--columns", type=int, default=6, choices=range(1, 101), metavar="N")
    parser.add_argument("--width", type=int, default=240, choices=range(16, 4097), metavar="PX", help="of one still")
    parser.add_argument("--overwrite", action="store_true", help="replace SHEET.png if it is there")
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")
    return parser
