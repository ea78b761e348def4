"""FFmpeg's filters, through PyAV: a decoded picture made upright, square, progressive, and of the colours asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

import av
from av.filter import Graph
from av.video.frame import VideoFrame

from engine.formats.movie import Movie
from engine.model.clips import Codec

# The best that swscale does: chroma is interpolated rather than repeated, and rounded rather than cut.
_SCALER = "bicubic+accurate_rnd+full_chroma_int"
_TURNS = {1: (("transpose", "clock"),), 2: (("hflip", ""), ("vflip", "")), 3: (("transpose", "cclock"),)}
_FULL_RANGE_TAG = 2  # enum AVColorRange
_JPEG_FORMAT = "yuvj420p"
_BITS = 8  # of a sample of a clip
_MATRICES = {1: "bt709", 4: "fcc", 5: "bt601", 6: "bt601", 7: "smpte240m", 9: "bt2020", 10: "bt2020"}
_MATRIX_CODES = {"bt709": 1, "fcc": 4, "bt601": 6, "smpte240m": 7, "bt2020": 9}  # ISO/IEC 23091-2
_PRORES_MATRICES = ("bt709", "bt601", "bt2020")  # those that a ProRes frame can tell of
_UNSPECIFIED = 2
_COLORSPACE_NAMES = {"bt709": "bt709", "fcc": "fcc", "bt601": "bt470bg", "smpte240m": "smpte240m", "bt2020": "bt2020nc"}
_HD_ABOVE_ROWS = 576  # untagged pictures of more rows are taken for BT.709, as players do
_SMALLER_BY = 2  # averaging areas is cheaper from here on, and as good

Step = tuple[str, str]
# What becomes of the colours of YUV pictures: JPEG's own (BT.601, full range), or the source's matrix at limited range.
Colours: TypeAlias = Literal["jpeg", "kept"]


@dataclass(frozen=True, slots=True)
class Target:
    """What pictures become: this size and pixel format. The upright picture is cut to `crop` first, in pixels."""

    width: int
    height: int
    pixel_format: str
    crop_width: int
    crop_height: int
    colours: Colours = "jpeg"

    @property
    def scales(self) -> bool:
        return (self.width, self.height) != (self.crop_width, self.crop_height)


def target_for(movie: Movie, codec: Codec, max_height: int | None) -> Target:
    """The size that a movie's clips get, and the pixel format that their encoder takes.

    Sizes are multiples of 2 for MJPEG (whole chroma samples) and of 4 for HAP (whole blocks). Where the picture
    is scaled anyway, for its pixels' shape or `max_height`, it is scaled to a multiple; else the odd rows and
    columns are cut off, since resampling a picture for three pixels would blur all of it.
    """
    multiple = 4 if codec.is_hap else 2
    return sized(movie, multiple, max_height, "rgba" if codec.is_hap else "yuvj420p")


def sized(movie: Movie, multiple: int, max_height: int | None, pixel_format: str, colours: Colours = "jpeg") -> Target:
    """The movie upright and square, its size a multiple of `multiple`, no higher than `max_height` pixels."""
    turned = movie.coded_height, movie.coded_width
    upright = turned if movie.turns % 2 else (movie.coded_width, movie.coded_height)
    factor = min(1.0, max_height / movie.height) if max_height else 1.0
    if factor == 1.0 and (movie.width, movie.height) == upright and min(upright) >= multiple:
        width, height = (size // multiple * multiple for size in upright)
        return Target(width, height, pixel_format, width, height, colours)
    width, height = (max(multiple, round(size * factor / multiple) * multiple) for size in (movie.width, movie.height))
    return Target(width, height, pixel_format, *upright, colours)


class PictureFilter:
    """Turns decoded frames into finished ones. One thread.

    Frames keep their `pts`. Where it deinterlaces, a frame comes out a few pushes after it went in, else at once.
    Frames of a `movie` of None are upright and of square pixels already.
    """

    def __init__(self, movie: Movie | None, target: Target, combs: bool = False) -> None:
        self._movie = movie
        self._target = target
        self._combs = combs
        self._graph: Graph | None = None
        self._shape: tuple[object, ...] = ()

    def push(self, frame: VideoFrame) -> Iterator[VideoFrame]:
        """The frames that are finished now that `frame` came in."""
        _tell_colours(frame)
        shape = (frame.width, frame.height, frame.format.name, frame.colorspace, frame.color_range)
        if shape != self._shape:  # a file may change its shape on the way
            yield from self.flush()
            self._graph, self._shape = run_through(frame, self._steps(frame)), shape
        assert self._graph is not None
        self._graph.push(frame)
        yield from pulled(self._graph)

    def flush(self) -> Iterator[VideoFrame]:
        """The frames still inside; the next push begins afresh."""
        if self._graph is not None:
            self._graph.push(None)
            yield from pulled(self._graph)
        self._graph, self._shape = None, ()

    def _steps(self, frame: VideoFrame) -> list[Step]:
        target = self._target
        steps: list[Step] = []
        if self._combs:
            # idet marks the frames that comb, by looking; bwdif fills in one field of those and leaves the others.
            steps += [("idet", ""), ("bwdif", "mode=send_frame:parity=auto:deint=interlaced")]
        if self._movie is not None:
            steps += _TURNS.get(self._movie.turns, ())
            turned = self._movie.turns % 2
            upright = (frame.height, frame.width) if turned else (frame.width, frame.height)
            same_shape = {frame.width, frame.height} == {self._movie.coded_width, self._movie.coded_height}
            if same_shape and upright != (target.crop_width, target.crop_height):
                steps.append(("crop", f"{target.crop_width}:{target.crop_height}"))
        elif (frame.width, frame.height) != (target.crop_width, target.crop_height):
            steps.append(("crop", f"{target.crop_width}:{target.crop_height}"))
        if target.pixel_format == _JPEG_FORMAT and target.colours == "jpeg" and _is_yuv(frame):
            return steps + _jpeg_steps(frame, target)
        steps += [("scale", _scale_arguments(frame, target)), ("format", f"pix_fmts={target.pixel_format}")]
        return steps


def matrix_of(frame: VideoFrame) -> str:
    """swscale's name of the matrix that a YUV picture was made with; RGB pictures count as BT.709."""
    if frame.format.is_rgb or frame.format.has_palette:
        return "bt709"
    return _MATRICES.get(frame.colorspace, "bt709" if frame.height > _HD_ABOVE_ROWS else "bt601")


def kept_matrix(frame: VideoFrame) -> str:
    """The matrix of a picture whose colours are kept: its own, where ProRes can tell of it."""
    matrix = matrix_of(frame)
    return matrix if matrix in _PRORES_MATRICES else "bt709"


def _tell_colours(frame: VideoFrame) -> None:
    """Tag a decoded frame with what its colours count as: filters refuse tags that make no sense, or convert by them.

    Only matrix and range are ever converted; primaries and transfer stay what they are.
    """
    if _is_yuv(frame):
        frame.colorspace = _MATRIX_CODES[matrix_of(frame)]
    frame.color_primaries = frame.color_trc = _UNSPECIFIED


def _is_yuv(frame: VideoFrame) -> bool:
    return not (frame.format.is_rgb or frame.format.has_palette or frame.format.name.startswith("gray"))


def _range_of(frame: VideoFrame) -> str:
    return "pc" if frame.format.name.startswith("yuvj") or frame.color_range == _FULL_RANGE_TAG else "tv"


def _jpeg_steps(frame: VideoFrame, target: Target) -> list[Step]:
    """YUV to JPEG's colours: swscale brings size and chroma, the filter colorspace matrix and range.

    swscale alone would go through RGB from one matrix to another, at three times the cost, and would dither.
    """
    deep = frame.format.components[0].bits > _BITS
    between = "yuv420p10le" if deep else "yuv420p"
    matrix, given = matrix_of(frame), _range_of(frame)
    untouched = f"in_color_matrix={matrix}:out_color_matrix={matrix}:in_range={given}:out_range={given}"
    # Primaries and transfer are said to be alike on both sides: pictures keep theirs.
    same = "bt709"
    return [
        ("scale", f"w={target.width}:h={target.height}:flags={_scaler(frame, target)}:{untouched}"),
        ("format", f"pix_fmts={between}"),
        ("setparams", f"colorspace={_COLORSPACE_NAMES[matrix]}:range={given}:color_primaries={same}:color_trc={same}"),
        ("colorspace", f"space=bt470bg:range=pc:primaries={same}:trc={same}:format=yuv420p:fast=1"),
        ("format", f"pix_fmts={_JPEG_FORMAT}"),
    ]


def _scaler(frame: VideoFrame, target: Target) -> str:
    smaller = frame.width >= _SMALLER_BY * target.width and frame.height >= _SMALLER_BY * target.height
    return "area+accurate_rnd+full_chroma_int" if smaller else _SCALER


def _scale_arguments(frame: VideoFrame, target: Target) -> str:
    """Size and colours, both as they are and as they become."""
    kept = target.colours == "kept"
    arguments = [f"w={target.width}", f"h={target.height}", f"flags={_scaler(frame, target)}"]
    arguments.append(f"out_range={'tv' if kept else 'pc'}")
    if _is_yuv(frame):
        arguments += [f"in_color_matrix={matrix_of(frame)}", f"in_range={_range_of(frame)}"]
    if target.pixel_format.startswith("yuv"):
        arguments.append(f"out_color_matrix={kept_matrix(frame) if kept else 'bt601'}")
    return ":".join(arguments)


def run_through(frame: VideoFrame, steps: Sequence[Step]) -> Graph:
    """A graph of these filters, one after another, for frames of the shape of `frame`."""
    graph = Graph()
    graph.threads = 1  # work is spread over items, not within one
    last = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base or Fraction(1, 25)
    )
    for name, arguments in steps:
        step = graph.add(name, arguments)
        last.link_to(step)
        last = step
    last.link_to(graph.add("buffersink"))
    graph.configure()
    return graph


def pulled(graph: Graph) -> Iterator[VideoFrame]:
    """What comes out of a graph now."""
    while True:
        try:
            frame = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        assert isinstance(frame, VideoFrame)
        yield frame
