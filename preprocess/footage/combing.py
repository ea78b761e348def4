"""Does a source comb? Found by looking at its frames: flags in files are wrong as often as right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import TypeAlias

import av
import numpy as np
import numpy.typing as npt
from av.filter import Graph
from av.video.frame import VideoFrame

from engine.formats.movie import Movie
from engine.formats.movie_file import open_movie, picture_stream
from preprocess.footage.filters import pulled, run_through

_FRAMES_A_STRETCH = 30
_FEWEST_STRETCHES, _MOST_STRETCHES = 3, 20
_STRETCH_EVERY_S = 30.0
_FEWEST_FRAMES = 3
# Of the frames that idet can tell: real interlaced footage shows nearly all of its moving frames combed, while
# flicker and fine pattern give single false ones. Where flags say interlaced too, fewer convince.
_COMBED_SHARE = 0.3
_COMBED_SHARE_FLAGGED = 0.1
# A tape may hold a little interlaced footage among much that is not: a stretch that combs through and through.
_COMBED_SHARE_OF_STRETCH = 0.7
_FEWEST_FRAMES_OF_STRETCH = 12
# A row that lies this far above or below both its neighbours, in levels, is a tooth. Fine lines and noise make as
# many within one field; a comb makes more between the fields, in places: where something moves. So both are counted
# in small blocks: over the whole picture, grass or gravel would outweigh any comb.
_TOOTH_LEVELS = 10
_BLOCK_PX = 16
_TEETH_OF_BLOCK = 40  # of its 256 pixels
_TIMES_THE_FIELD = 1.5
_FEWEST_BLOCKS, _BLOCKS_SHARE = 2, 0.002

_Kinds: TypeAlias = Counter[str]


def combs(movie: Movie) -> bool:
    """Whether the source's moving pictures, or a good stretch of them, show the comb of two fields."""
    if min(movie.coded_width, movie.coded_height) < 100 or movie.coded_height % 2:
        return False  # nothing that small was ever shot interlaced
    all_kinds: _Kinds = Counter()
    for begin_s in _stretches(movie):
        kinds = _kinds_of(islice(_frames_from(movie, begin_s), _FRAMES_A_STRETCH))
        if _share(kinds) > _COMBED_SHARE_OF_STRETCH and _combed(kinds) >= _FEWEST_FRAMES_OF_STRETCH:
            return True
        all_kinds += kinds
    enough = _COMBED_SHARE_FLAGGED if all_kinds["flagged"] * 2 > all_kinds["seen"] else _COMBED_SHARE
    return _combed(all_kinds) >= _FEWEST_FRAMES and _share(all_kinds) > enough


def _stretches(movie: Movie) -> list[float]:
    """Where to look, in seconds: spread evenly, off the very beginning."""
    if movie.frame_count <= _FRAMES_A_STRETCH:
        return [0.0]
    length_s = float(movie.times_s[-1])
    count = min(_MOST_STRETCHES, max(_FEWEST_STRETCHES, int(length_s / _STRETCH_EVERY_S)))
    return [(number + 0.3) / count * length_s for number in range(count)]


def _combed(kinds: _Kinds) -> int:
    return kinds["tff"] + kinds["bff"]


def _share(kinds: _Kinds) -> float:
    return _combed(kinds) / max(1, _combed(kinds) + kinds["progressive"])


def _kinds_of(frames: Iterator[VideoFrame]) -> _Kinds:
    """How many frames are what, by idet; how many were seen, and flagged as interlaced."""
    kinds: _Kinds = Counter()
    graph: Graph | None = None
    for frame in frames:
        kinds["seen"] += 1
        kinds["flagged"] += frame.interlaced_frame
        graph = graph or run_through(frame, [("idet", "")])
        graph.push(frame)
        kinds.update(map(_kind, pulled(graph)))
    if graph is not None:
        graph.push(None)
        kinds.update(map(_kind, pulled(graph)))
    return kinds


def _kind(frame: VideoFrame) -> str:
    """What idet says of a frame; a comb must show in the frame itself too: some patterns fool idet."""
    kind = str(frame.metadata.get("lavfi.idet.single.current_frame", "undetermined"))
    return "progressive" if kind in ("tff", "bff") and not _has_teeth(frame) else kind


def _has_teeth(frame: VideoFrame) -> bool:
    luma = frame.reformat(format="gray", threads=1).to_ndarray().astype(np.int16)
    rows = luma[2:-2]
    teeth = _in_blocks(_teeth(rows, luma[1:-3], luma[3:-1]))
    of_field = _in_blocks(_teeth(rows, luma[:-4], luma[4:]))
    combed = (teeth > _TEETH_OF_BLOCK) & (teeth > _TIMES_THE_FIELD * of_field)
    return int(combed.sum()) >= max(_FEWEST_BLOCKS, _BLOCKS_SHARE * combed.size)


def _teeth(
    rows: npt.NDArray[np.int16], above: npt.NDArray[np.int16], below: npt.NDArray[np.int16]
) -> npt.NDArray[np.bool_]:
    up, down = rows - above, rows - below
    teeth: npt.NDArray[np.bool_] = (np.minimum(up, down) > _TOOTH_LEVELS) | (np.maximum(up, down) < -_TOOTH_LEVELS)
    return teeth


def _in_blocks(teeth: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """How many there are in each block; what is left over at the right and below is not counted."""
    high, wide = teeth.shape[0] // _BLOCK_PX, teeth.shape[1] // _BLOCK_PX
    blocks = teeth[: high * _BLOCK_PX, : wide * _BLOCK_PX].reshape(high, _BLOCK_PX, wide, _BLOCK_PX)
    counts: npt.NDArray[np.int64] = blocks.sum(axis=(1, 3), dtype=np.int64)
    return counts


def _frames_from(movie: Movie, at_s: float) -> Iterator[VideoFrame]:
    """Decoded frames from the key frame at or before `at_s`, as far as they decode."""
    with open_movie(movie.file) as container:
        stream = picture_stream(container, movie.file)
        stream.thread_count = 1  # work is spread over sources
        try:
            if at_s > 0 and movie.frame_count > _FRAMES_A_STRETCH:
                container.seek(int(at_s * av.time_base) + (container.start_time or 0))
            yield from container.decode(stream)
        except av.error.FFmpegError:
            return  # damage is the conversion's business; what decoded until here was looked at
