"""Test clips, made once by the encoders that build libraries, and kept for the next run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import VideoFrame

from engine.formats.frame_table import frame_table
from engine.model.clips import Clip, Codec
from preprocess.footage.encoders import ClipEncoder, open_encoder
from tools.bench.footage import Footage
from tools.bench.rows import Tell

RATE = Fraction(25)

# Part of each file's name: raise it when the same wish would be made into another file.
_VERSION = 2


class Kind(Enum):
    """How a test clip is stored. INTRA is H.264 of key frames only: any file, not a library's."""

    MJPEG = "mjpeg"
    HAP = "hap1"
    HAP_Q = "hapq"
    INTRA = "h264"

    @property
    def codec(self) -> Codec:
        """The engine's name for it."""
        return _CODECS[self]


_CODECS = {Kind.MJPEG: Codec.MJPEG, Kind.HAP: Codec.HAP, Kind.HAP_Q: Codec.HAP_Q, Kind.INTRA: Codec.OTHER}


@dataclass(frozen=True, slots=True)
class ClipWish:
    """A wish: `frames` pictures of `width` × `height`, both multiples of 4.

    With `repeats` (not for HAP_Q), the `frames` packets are written that many times over, each time to a place of
    its own: a long clip made in seconds. Clips of another `seed` show other pictures.
    """

    kind: Kind
    width: int
    height: int
    frames: int
    repeats: int = 1
    seed: int = 1

    @property
    def slug(self) -> str:
        """Its name, and its file's."""
        count = f"{self.frames}x{self.repeats}" if self.repeats > 1 else str(self.frames)
        return f"{self.kind.value}-{self.width}x{self.height}-{count}-seed{self.seed}-v{_VERSION}"


def make_clip(wanted: ClipWish, folder: Path, tell: Tell) -> Clip:
    """The clip in `folder`, made there if it is not yet: whole or not at all. `tell` hears how far it is.

    Raises OutputError where an encoder is absent or fails, SourceError where the file was damaged since, OSError.
    """
    file = folder / f"{wanted.slug}.mov"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with _whole(file) as partial:
            if wanted.repeats > 1:
                once = ClipWish(wanted.kind, wanted.width, wanted.height, wanted.frames, seed=wanted.seed)
                _repeat(make_clip(once, folder, tell).file, wanted.repeats, partial, tell)
            else:
                _encode(wanted, partial, tell)
    table = None if wanted.kind is Kind.INTRA else frame_table(file)
    count = wanted.frames * wanted.repeats
    return Clip(wanted.slug, file, wanted.kind.codec, wanted.width, wanted.height, RATE, count, table)


@contextmanager
def _whole(file: Path) -> Iterator[Path]:
    partial = file.with_name(f".partial-{file.name}")
    try:
        yield partial
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def _encode(wanted: ClipWish, file: Path, tell: Tell) -> None:
    footage = Footage(wanted.width, wanted.height, wanted.seed)
    with _encoder(wanted, file) as encoder:
        for number in range(wanted.frames):
            if number % 10 == 0:
                tell(f"making {wanted.slug}: frame {number} of {wanted.frames}")
            picture = VideoFrame.from_ndarray(footage.frame(number), format="rgb24")
            match wanted.kind:
                case Kind.MJPEG:
                    picture = picture.reformat(format="yuvj420p", dst_color_range="JPEG")
                case Kind.INTRA:
                    picture = picture.reformat(format="yuv420p", dst_color_range="MPEG")
                case _:
                    picture = picture.reformat(format="rgba")
            encoder.write(picture)


def _encoder(wanted: ClipWish, file: Path) -> ClipEncoder:
    if wanted.kind is Kind.INTRA:
        return _IntraEncoder(file, wanted.width, wanted.height)
    return open_encoder(file, wanted.kind.codec, wanted.width, wanted.height, RATE, always_cuttable=True)


class _IntraEncoder:
    """H.264 of key frames only, as cameras and editors make it for cutting (a ClipEncoder)."""

    def __init__(self, file: Path, width: int, height: int) -> None:
        self._container = av.open(f"file:{file.absolute()}", "w", format="mov")
        options = {"preset": "veryfast", "crf": "23", "g": "1", "bf": "0"}
        self._stream = self._container.add_stream("libx264", rate=RATE, options=options)
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        self._count = 0

    def write(self, frame: VideoFrame) -> None:
        frame.pts, frame.time_base = self._count, 1 / RATE
        self._count += 1
        self._container.mux(self._stream.encode(frame))

    def __enter__(self) -> _IntraEncoder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> None:
        if kind is None:
            self._container.mux(self._stream.encode(None))
        self._container.close()


def _repeat(once: Path, repeats: int, file: Path, tell: Tell) -> None:
    """Write the packets of `once` into `file`, `repeats` times over, as they are."""
    with av.open(f"file:{once.absolute()}") as source, av.open(f"file:{file.absolute()}", "w", format="mov") as target:
        packets = [bytes(packet) for packet in source.demux(source.streams.video[0]) if packet.size]
        stream = target.add_stream_from_template(source.streams.video[0])
        for turn in range(repeats):
            tell(f"making {file.name}: {turn} of {repeats}")
            for place, content in enumerate(packets):
                packet = av.Packet(content)
                packet.stream, packet.time_base = stream, 1 / RATE
                packet.pts = packet.dts = turn * len(packets) + place
                packet.duration = 1  # without it the file ends before its last frame
                packet.is_keyframe = True
                target.mux(packet)
