"""The readers of frames, and what must hold whatever bytes they are given: for the properties, the corpus, the fuzzer.

Each reader takes any bytes as one input. `check` gives what the reader said of them, an empty text where it took
them; it raises AssertionError where a promise is broken, and lets any error through that the reader must not raise.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import ClassVar, Protocol

import numpy as np

from engine.errors import FrameError, LibraryError, RuntimeShowError, SourceError
from engine.formats.frame_table import frame_table
from engine.formats.library import read_library
from engine.formats.library_rows import StoredClip, StoredSource, Traits
from engine.formats.library_writer import LibraryWriter
from engine.formats.movie import probe
from engine.media import mjpeg
from engine.media.buffers import BufferPool
from engine.media.frame_source import FrameSource, open_source
from engine.media.hap import HapSource
from engine.media.mjpeg import AvJpegDecoder, MjpegSource, TurboJpegDecoder
from engine.media.spread import ALONE, Spread
from engine.media.turbojpeg import library as turbojpeg_library
from engine.model.clips import Clip, Codec, FrameTable
from engine.model.pictures import Layout, Picture
from tests.hostile_seeds import (
    HAP_SIZE,
    JPEG_SIZE,
    foreign_jpegs,
    hap_frames,
    jpeg_frames,
    movie_of_three,
    movies,
)
from tests.library_support import NewClip, put_source
from tests.media_support import RATE, table_of

CORPUS = Path(__file__).parent / "corpus"
_CANARY = 0x5A
_BLOCK_BYTES = {
    Layout.BC1: (8,),
    Layout.BC3: (16,),
    Layout.BC3_YCOCG: (16,),
    Layout.BC3_YCOCG_BC4: (16, 8),
    Layout.BC4: (8,),
    Layout.BC7: (16,),
}


class Reader(Protocol):
    """A reader under test, with files of its own."""

    def check(self, data: bytes) -> str:
        """What the reader says of `data`; empty where it takes it. Raises where a promise is broken."""
        ...

    def close(self) -> None: ...


class TwoFrames:
    """A file whose clip has two frames: the bytes that were put there last, and a sound one."""

    def __init__(self, file: Path, codec: Codec, size: tuple[int, int], sound: bytes) -> None:
        file.write_bytes(sound)
        self._file = os.open(file, os.O_RDWR)
        offsets, lengths = np.array([len(sound), 0], np.uint64), np.array([0, len(sound)], np.uint32)
        self.table = FrameTable(offsets, lengths)
        self.clip = Clip("hostile", file, codec, *size, RATE, 2, self.table)

    def put(self, data: bytes) -> None:
        os.pwrite(self._file, data, int(self.table.offsets[0]))
        self.table.lengths[0] = len(data)

    def close(self) -> None:
        os.close(self._file)


class Spreading:
    """A Spread that runs its parts on this thread, the last first: what it gives does not depend on luck."""

    def __init__(self, width: int) -> None:
        self.width = width

    def run(self, parts: Sequence[Callable[[], None]]) -> None:
        failed: dict[int, Exception] = {}
        for place, part in reversed(list(enumerate(parts))):
            try:
                part()
            except Exception as error:
                failed[place] = error
        if failed:
            raise failed[min(failed)]


class Taken:
    """A source of one clip, read as often as one likes: every answer is held to what sources promise."""

    def __init__(self, source: FrameSource, pool: BufferPool) -> None:
        self._source = source
        self._pool = pool
        self._marked: dict[int, np.ndarray] = {}  # by their id, which is theirs as long as they are held here

    def read(self, index: int = 0, spread: Spread = ALONE) -> tuple[str, bytes]:
        """What was said of the frame, and the samples of its visible part: one of the two is empty."""
        try:
            picture = self._source.read(index, spread)
        except FrameError as error:
            _check_error(error, f"frame {index} ", self._source.clip.file)
            self._nothing_lost()
            return str(error), b""
        _check_picture(picture, self._source.clip)
        samples = b"".join(_visible(picture))
        self._check_canary(picture)
        self._pool.give(picture.planes)
        self._nothing_lost()
        return "", samples

    def close(self) -> None:
        self._source.close()
        _check_empty(self._pool)

    def _nothing_lost(self) -> None:
        assert self._pool.out_count <= 1, "a buffer was lost"  # the one that files are read into stays out

    def _check_canary(self, picture: Picture) -> None:
        """That nothing was written behind the planes: the pool's buffers are longer, and come back again."""
        last = picture.planes[-1]
        buffer = last.base
        assert buffer is not None
        # JPEGs of every subsampling share a buffer: what lies behind the largest of them is nobody's.
        blocks = picture.layout in _BLOCK_BYTES
        end = last.ctypes.data + last.nbytes - buffer.ctypes.data if blocks else len(buffer) - 64
        if id(buffer) in self._marked:
            assert (buffer[end:] == _CANARY).all(), "it wrote behind its planes"
        self._marked[id(buffer)] = buffer
        buffer[end:] = _CANARY


def _check_error(error: RuntimeShowError, names: str, *subjects: Path) -> None:
    """That it names the file, which frame or clip of it, and what would mend it."""
    assert error.subject in map(str, subjects), error
    assert names in str(error), error
    assert error.mend, error


def _check_empty(pool: BufferPool) -> None:
    assert pool.out_count == 0, "a buffer was lost"


def _check_picture(picture: Picture, clip: Clip) -> None:
    assert (picture.width, picture.height) == (clip.width, clip.height)
    if picture.layout in _BLOCK_BYTES:
        blocks = -(-clip.width // 4) * -(-clip.height // 4)
        assert [len(plane) for plane in picture.planes] == [blocks * size for size in _BLOCK_BYTES[picture.layout]]
    else:
        luma, *chroma = picture.planes
        across, down = picture.chroma
        assert len(chroma) == (0 if picture.layout is Layout.GRAY else 2)
        assert clip.height <= luma.shape[0] < clip.height + down
        assert clip.width <= luma.shape[1] < clip.width + across
        assert all(plane.shape == (-(-clip.height // down), -(-clip.width // across)) for plane in chroma)


def _visible(picture: Picture) -> list[bytes]:
    if picture.layout in _BLOCK_BYTES:
        return [plane.tobytes() for plane in picture.planes]
    luma, *chroma = picture.planes
    return [luma[: picture.height, : picture.width].tobytes(), *(plane.tobytes() for plane in chroma)]


class FrameReader:
    """One frame, read by a source that is held to giving the sound frame after it whatever it was."""

    def __init__(self, frames: TwoFrames, open_clip: Callable[[Clip, BufferPool], FrameSource]) -> None:
        self._frames = frames
        pool = BufferPool()
        self._source = Taken(open_clip(frames.clip, pool), pool)
        _, self._sound = self._source.read(1)
        assert self._sound

    def read(self, data: bytes, spread: Spread = ALONE) -> tuple[str, bytes]:
        """As Taken.read does of a frame whose bytes are `data`, whatever was read before."""
        self._frames.put(data)
        found = self._source.read(0, spread)
        assert self._source.read(1) == ("", self._sound), "it spoiled the frame after it"
        assert self._source.read(0, spread)[1] == found[1], "it is another picture after another frame"
        return found

    def close(self) -> None:
        self._source.close()
        self._frames.close()


class HapReader:
    """One HAP frame of HAP_SIZE, read as a frame of the codec whose texture its section type names."""

    _CODECS: ClassVar = {
        0x0B: Codec.HAP,
        0x0E: Codec.HAP_ALPHA,
        0x0F: Codec.HAP_Q,
        0x0D: Codec.HAP_Q_ALPHA,
        0x01: Codec.HAP_ALPHA_ONLY,
        0x0C: Codec.HAP_R,
    }

    def __init__(self, folder: Path) -> None:
        sound = {frame[3] & 0x0F: frame for frame in hap_frames()}
        self._readers = {
            texture: FrameReader(TwoFrames(folder / codec.value, codec, HAP_SIZE, sound[texture]), HapSource)
            for texture, codec in self._CODECS.items()
        }

    def check(self, data: bytes) -> str:
        texture = data[3] & 0x0F if len(data) > 3 else 0
        reader = self._readers.get(texture, self._readers[0x0B])
        alone, spread = reader.read(data), reader.read(data, Spreading(3))
        assert alone == spread, "its chunks give another frame on several threads"
        return alone[0]

    def close(self) -> None:
        for reader in self._readers.values():
            reader.close()


class JpegReader:
    """One JPEG of JPEG_SIZE by each decoder that is installed, whole and in strips."""

    def __init__(self, folder: Path) -> None:
        self._worth_spreading, mjpeg._WORTH_SPREADING_NS = mjpeg._WORTH_SPREADING_NS, 0
        self._readers = []
        for decoder in [AvJpegDecoder] if turbojpeg_library() is None else [TurboJpegDecoder, AvJpegDecoder]:
            frames = TwoFrames(folder / decoder.__name__, Codec.MJPEG, JPEG_SIZE, jpeg_frames()["by FFmpeg"])
            self._readers.append(FrameReader(frames, partial(MjpegSource, make_decoder=decoder)))

    def check(self, data: bytes) -> str:
        """What the first decoder says of the whole. Its strips must say the same, or give the very samples."""
        first, *others = self._readers
        whole = first.read(data)
        for width in (2, 3):
            strips = first.read(data, Spreading(width))
            # libjpeg-turbo counts stray bytes before a restart marker, and not the few that its bit buffer holds
            # before an end marker, which is what a cut makes of it: strips may give what the whole stumbles over.
            if not re.search(r": [1-8] extraneous bytes before marker 0xd[0-7]", whole[0]):
                assert strips[1] == whole[1], f"{width} strips: {strips[0]!r}, the whole: {whole[0]!r}"
        for other in others:
            other.read(data)
        return whole[0]

    def close(self) -> None:
        mjpeg._WORTH_SPREADING_NS = self._worth_spreading
        for reader in self._readers:
            reader.close()


@dataclass(frozen=True)
class StoredRow:
    """A frame table's row of the catalogue, as one input: which kinds of value, then the values.

    Bits 0 and 1 of `kinds`: offsets as NULL, BLOB, TEXT or INTEGER; bits 2 and 3: lengths as BLOB, TEXT, INTEGER
    or REAL; bits 4 and 5: first_offset as INTEGER, TEXT, REAL or BLOB.
    """

    kinds: int
    first_offset: int  # int64
    frame_count: int  # 0..255; 0 takes what the lengths say
    lengths: bytes  # at most 255
    offsets: bytes

    @classmethod
    def from_bytes(cls, data: bytes) -> StoredRow:
        data = data.ljust(11, b"\0")
        first = int.from_bytes(data[1:9], "little", signed=True)
        split = 11 + data[10]
        return cls(data[0], first, data[9], data[11:split], data[split:])

    def to_bytes(self) -> bytes:
        head = bytes([self.kinds]) + self.first_offset.to_bytes(8, "little", signed=True)
        return head + bytes([self.frame_count, len(self.lengths)]) + self.lengths + self.offsets

    def values(self) -> tuple[object, object, object, int]:
        """first_offset, lengths, offsets as SQLite gets them, and the clip's frame count."""
        text, number = self.lengths.decode("latin-1"), float(len(self.lengths))
        lengths: object = (self.lengths, text, len(self.lengths), number)[self.kinds >> 2 & 3]
        offsets: object = (None, self.offsets, self.offsets.decode("latin-1"), len(self.offsets))[self.kinds & 3]
        first: object = (self.first_offset, "first", 0.5, b"first")[self.kinds >> 4 & 3]
        return first, lengths, offsets, self.frame_count or max(1, len(self.lengths) // 4)


class TableReader:
    """A library of one clip of three frames whose frame table is whatever a StoredRow says."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "library"
        write_library(self._folder)
        self._catalogue = sqlite3.connect(self._folder / "catalogue.sqlite", isolation_level=None)
        for pragma in ("synchronous = OFF", "journal_mode = MEMORY", "ignore_check_constraints = ON"):
            self._catalogue.execute(f"PRAGMA {pragma}")

    def check(self, data: bytes) -> str:
        *stored, count = StoredRow.from_bytes(data).values()
        self._catalogue.execute("UPDATE frame_tables SET first_offset = ?, lengths = ?, offsets = ?", stored)
        self._catalogue.execute("UPDATE clips SET frame_count = ?", (count,))
        try:
            clips = read_library(self._folder)
            clip = clips["three"]
        except LibraryError as error:
            _check_error(error, "three", self._folder)
            return str(error)
        pool = BufferPool()
        try:
            opened = open_source(clip, pool)
        except SourceError as error:
            _check_error(error, "three", clip.file, self._folder)
            _check_empty(pool)
            return str(error)
        source = Taken(opened, pool)
        found = {source.read(index)[0] for index in range(min(count, 16))}
        assert pool.idle_bytes < 1 << 18
        source.close()
        return next(iter(found - {""}), "")

    def close(self) -> None:
        self._catalogue.close()


class MovieReader:
    """A file that a show may name: a clip or an error, and each row of a frame table lies within the file."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "movie.bin"

    def check(self, data: bytes) -> str:
        self._file.write_bytes(data)
        try:
            clip = probe(self._file, "movie")
            assert clip.frame_count > 0
            table = clip.table if clip.table is not None else frame_table(self._file)
        except SourceError as error:
            _check_error(error, "", self._file)
            return str(error)
        assert len(table) > 0
        ends = table.offsets + table.lengths.astype(np.uint64)
        assert (ends <= len(data)).all()
        assert (table.offsets < ends).all()
        return ""

    def close(self) -> None:
        self._file.unlink(missing_ok=True)


def write_library(folder: Path) -> Path:
    """A library in `folder` with one sound clip, `three`: an MJPEG of three frames of JPEG_SIZE."""
    content, _ = movie_of_three()
    with LibraryWriter(folder) as library:
        source = StoredSource(folder / "three.mp4", "Three", "three", 10, 20, "ab", "settings", "sound")
        file = library.work / "three.mov"
        file.write_bytes(content)
        clip = Clip("three", file, Codec.MJPEG, *JPEG_SIZE, Fraction(25), 3, title="Three")
        traits = Traits(0.5, 0.5, 0.5, 0.5, 0.0, 0.5, 0.5)
        stored = StoredClip(clip, source.path, 0.0, 0.12, len(content), "ab", traits)
        put_source(library, source, NewClip(file, stored, table_of(file)))
    return folder


def table_seeds() -> list[bytes]:
    """Sound rows: adjoining frames, and frames with offsets of their own."""
    content, packets = movie_of_three()
    first = content.index(packets[0])
    lengths = b"".join(len(packet).to_bytes(4, "little") for packet in packets)
    offsets = b"".join(content.index(packet).to_bytes(8, "little") for packet in packets)
    return [StoredRow(0, first, 0, lengths, b"").to_bytes(), StoredRow(1, first, 3, lengths, offsets).to_bytes()]


def jpeg_seeds() -> list[bytes]:
    foreign = foreign_jpegs().values() if turbojpeg_library() is not None else ()
    return [*jpeg_frames().values(), *(jpeg for jpeg in foreign if len(jpeg) < 5000)]


READERS: dict[str, Callable[[Path], Reader]] = {
    "hap": HapReader,
    "jpeg": JpegReader,
    "table": TableReader,
    "movie": MovieReader,
}
SEEDS: dict[str, Callable[[], Sequence[bytes]]] = {
    "hap": hap_frames,
    "jpeg": jpeg_seeds,
    "table": table_seeds,
    "movie": lambda: list(movies().values()),
}


def corpus_of(reader: str) -> list[Path]:
    """Every input that is kept for a reader: those that once failed, and those that were written to be hostile."""
    return sorted((CORPUS / reader).glob("*.bin"))
