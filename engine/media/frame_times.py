"""Which frame of a file is which: the timestamps of its frames in the order of presentation, and its key frames.

FFmpeg seeks by timestamp and hands out frames with timestamps. A frame index is the order of presentation, so
one pass over the packets at open turns the one into the other.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engine.errors import SourceError
from engine.formats.movie import open_movie, picture_stream

_CHECKED_FRAMES = 6  # decoded at open, to see that packets and frames are one to one in this file
_KEPT_FILES = 256
_MEND = "Build it into the library, or check that it plays elsewhere"


@dataclass(frozen=True, slots=True, eq=False)
class FrameTimes:
    """The frames of a file. `pts` has each frame's timestamp, `keys` the frame indexes of key frames, both ascending.

    `timed` is False for a file whose timestamps do not tell its frames apart: such frames are counted from the
    beginning.
    """

    pts: npt.NDArray[np.int64]
    keys: npt.NDArray[np.int64]
    timed: bool = True

    def __len__(self) -> int:
        return len(self.pts)

    def index_at(self, pts: int | None) -> int | None:
        """The frame index with this timestamp, or None."""
        if pts is None:
            return None
        place = int(np.searchsorted(self.pts, pts))
        return place if place < len(self.pts) and self.pts[place] == pts else None

    def key_before(self, index: int, back: int) -> int:
        """The frame index of the key frame `back` key frames before the one at or before `index`, or 0.

        With `back` 0: that from which `index` can be decoded.
        """
        place = int(np.searchsorted(self.keys, index, side="right")) - 1 - back
        return int(self.keys[place]) if place >= 0 else 0


def open_picture(file: Path) -> tuple[InputContainer, VideoStream]:
    """The file, which the caller closes, and its picture. Raises SourceError where it has none, with a mend."""
    container = open_movie(file)
    try:
        stream = picture_stream(container, file)
    except SourceError:
        container.close()
        raise
    stream.codec_context.thread_count = 1  # the decode workers are the threads; their number is bounded
    return container, stream


def decoded(
    container: InputContainer, stream: VideoStream, damaged: set[int | None] | None = None
) -> Iterator[VideoFrame]:
    """Every frame that decodes from where `container` stands, in the order of presentation.

    Packets that do not decode are passed over, their timestamps put into `damaged`; where the file can be read no
    further, it ends.
    """
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            packet = None
        try:
            frames = stream.codec_context.decode(packet)
        except av.FFmpegError:
            frames = []
            if damaged is not None and packet is not None:
                damaged.add(packet.pts)
        yield from frames
        if packet is None or packet.size == 0:  # the empty packet has made the decoder give its last frames
            return


_known: OrderedDict[tuple[str, int, int], FrameTimes] = OrderedDict()
_known_lock = threading.Lock()  # decode workers only; held for a look-up, never while a file is read


def frame_times(file: Path) -> FrameTimes:
    """The frame times of `file`, kept for as long as its size and modification time stand. Any decode worker.

    Raises SourceError where it cannot be read or has no frame at all.
    """
    try:
        status = file.stat()
    except OSError as error:
        raise SourceError(f"cannot be opened: {error.strerror}", subject=file, mend=_MEND) from error
    name = (str(file), status.st_size, status.st_mtime_ns)
    with _known_lock:
        if name in _known:
            _known.move_to_end(name)
            return _known[name]
    found = _read_frame_times(file)
    with _known_lock:
        _known[name] = found
        if len(_known) > _KEPT_FILES:
            _known.popitem(last=False)
    return found


def _read_frame_times(file: Path) -> FrameTimes:
    container, stream = open_picture(file)
    with container:
        found = _from_packets(container, stream)
    container, stream = open_picture(file)
    with container:
        if found is not None and not _bears_out(container, stream, found):
            found = None
    if found is None:
        found = _from_decoding(file)
    if not len(found):
        raise SourceError("has no frame that decodes", subject=file, mend=_MEND)
    return found


def _bears_out(container: InputContainer, stream: VideoStream, times: FrameTimes) -> bool:
    """Whether the first frames that decode are those that the packets promise, but for damaged ones.

    They are not where fields are stored as two packets, or where a file begins with frames that nothing decodes.
    Then only decoding everything once tells its frames.
    """
    damaged: set[int | None] = set()
    seen = [frame.pts for frame in islice(decoded(container, stream, damaged), _CHECKED_FRAMES)]
    promised = (pts for pts in times.pts.tolist() if pts not in damaged)
    return bool(seen) and seen == list(islice(promised, len(seen)))


def _from_packets(container: InputContainer, stream: VideoStream) -> FrameTimes | None:
    """From the packets' timestamps; None where some are missing or equal."""
    times: list[int] = []
    key_times: list[int] = []
    try:
        for packet in container.demux(stream):
            if packet.size == 0 or packet.is_discard:
                continue
            if packet.pts is None:
                return None
            times.append(packet.pts)
            if packet.is_keyframe:
                key_times.append(packet.pts)
    except av.FFmpegError:
        pass  # cut short: the frames before the damage are still good
    pts = np.unique(np.array(times, np.int64))
    if len(pts) < len(times):
        return None
    return FrameTimes(pts, np.searchsorted(pts, np.sort(np.array(key_times, np.int64))))


def _from_decoding(file: Path) -> FrameTimes:
    container, stream = open_picture(file)
    times: list[int | None] = []
    keys: list[int] = []
    with container:
        for frame in decoded(container, stream):
            if frame.key_frame:
                keys.append(len(times))
            times.append(frame.pts)
    pts = np.array([-1 if time is None else time for time in times], np.int64)
    if None not in times and bool((np.diff(pts) > 0).all()):
        return FrameTimes(pts, np.array(keys, np.int64))
    return FrameTimes(np.arange(len(times)), np.array([], np.int64), timed=False)
