"""Which frame of a file is which: the timestamps of its frames in the order of presentation, and its key frames.

FFmpeg seeks by timestamp and hands out frames with timestamps. A frame index is the order of presentation; what
turns the one into the other is the container's own index where that is exact, else one pass over the packets.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.video.stream import VideoStream

from engine.errors import SourceError
from engine.formats.movie_file import decoded, open_picture

_CHECKED_FRAMES = 6  # decoded, to see that packets and frames are one to one in this file
_KEPT_FILES = 256
_MEND = "Build it into the library, or check that it plays elsewhere"

_Indexes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class FrameTimes:
    """The frames of a file. `pts` has each frame's timestamp, `keys` the frame indexes of key frames, both ascending.

    `timed` is False for a file whose timestamps do not tell its frames apart: such frames are counted from the
    beginning.
    """

    pts: _Indexes
    keys: _Indexes
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


@dataclass(frozen=True, slots=True, eq=False)
class Packets:
    """What a file's packets say of its frames, before any is decoded.

    `stamps` has each packet's timestamp, ascending: of presentation, or where it has none, of decoding. None where
    some packet has neither or two have the same; `keys` are then in the order of the file. `presented` says that all
    stamps are of presentation.
    """

    count: int
    stamps: _Indexes | None
    keys: _Indexes
    presented: bool


def packets_of(container: InputContainer, stream: VideoStream, file: Path) -> Packets:
    """The packets of a file just opened: from its index where that is exact, else by reading the whole file.

    Where the rest of a file cannot be walked, what came before stands.
    """
    return _from_index(container, stream, file) or _from_walk(container, stream)


def _from_index(container: InputContainer, stream: VideoStream, file: Path) -> Packets | None:
    """From the sample tables of MOV and MP4, which FFmpeg has read on opening; None where they do not tell all.

    They give the instants of decoding, which are those of presentation only in a codec that never reorders frames.
    A fragmented file has but part of them, and an edit list may shift them or leave frames out.
    """
    codec = stream.codec_context.codec
    if "mov" not in container.format.name or codec.reorder:
        return None
    entries = list(stream.index_entries)
    if not entries or len(entries) != stream.frames or any(entry.is_discard for entry in entries):
        return None
    end = file.stat().st_size  # of a file that was cut short, the index may still promise all
    there = next((place for place, entry in enumerate(entries) if entry.pos + entry.size > end), len(entries))
    stamps = np.array([entry.timestamp for entry in entries[:there]], np.int64)
    if not there or bool((np.diff(stamps) <= 0).any()) or stream.start_time != stamps[0]:
        return None
    keys = np.flatnonzero([codec.intra_only or entry.is_keyframe for entry in entries[:there]])
    return Packets(there, stamps, keys.astype(np.int64), presented=True)


def _from_walk(container: InputContainer, stream: VideoStream) -> Packets:
    stamps: list[int | None] = []
    is_key: list[bool] = []
    presented = True
    with contextlib.suppress(av.FFmpegError):
        for packet in container.demux(stream):
            if packet.size == 0 or packet.is_discard:
                continue
            presented = presented and packet.pts is not None
            stamps.append(packet.dts if packet.pts is None else packet.pts)
            is_key.append(packet.is_keyframe)
    return _ordered(stamps, is_key, presented)


def _ordered(stamps: Sequence[int | None], is_key: Sequence[bool], presented: bool) -> Packets:
    known = [stamp for stamp in stamps if stamp is not None]
    keys = np.array(is_key, bool)
    if len(set(known)) < len(stamps):
        return Packets(len(stamps), None, np.flatnonzero(keys), presented=False)
    order = np.argsort(np.array(known, np.int64))
    return Packets(len(stamps), np.array(known, np.int64)[order], np.flatnonzero(keys[order]), presented)


_known: OrderedDict[tuple[str, int, int], FrameTimes] = OrderedDict()
_known_lock = threading.Lock()  # any thread; held for a look-up, never while a file is read


def frame_times(file: Path, packets: Packets | None = None) -> FrameTimes:
    """The frame times of `file`, kept for as long as its size and modification time stand. Any thread.

    `packets` are its packets where the caller has gone over them already: a show's sources are gone over once, when
    the show is read. Raises SourceError where the file cannot be read or has no frame at all.
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
    found = _read_frame_times(file, packets)
    with _known_lock:
        _known[name] = found
        if len(_known) > _KEPT_FILES:
            _known.popitem(last=False)
    return found


def _read_frame_times(file: Path, packets: Packets | None) -> FrameTimes:
    if packets is None:
        container, stream = open_picture(file)
        with container:
            packets = packets_of(container, stream, file)
    found = None
    if packets.stamps is not None and packets.presented:
        times = FrameTimes(packets.stamps, packets.keys)
        found = times if _bears_out(file, times) else None
    if found is None:
        found = _from_decoding(file)
    if not len(found):
        raise SourceError("has no frame that decodes", subject=file, mend=_MEND)
    return found


def _bears_out(file: Path, times: FrameTimes) -> bool:
    """Whether the first frames that decode are those that the packets promise, but for damaged ones.

    They are not where fields are stored as two packets, or where a file begins with frames that nothing decodes.
    Then only decoding everything once tells its frames.
    """
    damaged: set[int | None] = set()
    container, stream = open_picture(file)
    with container:
        seen = [frame.pts for frame in islice(decoded(container, stream, damaged), _CHECKED_FRAMES)]
    promised = (pts for pts in times.pts.tolist() if pts not in damaged)
    return bool(seen) and seen == list(islice(promised, len(seen)))


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
