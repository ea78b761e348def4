"""Opening a movie file through FFmpeg's libraries, its picture stream, and decoding on from where it stands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import av
from av.codec.context import CodecContext
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engine.errors import SourceError

_OF_TRANSPARENT = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
COPY_AGAIN = "copy it again from where it came, or from a backup"


def open_movie(path: Path) -> InputContainer:
    """Open a movie file; the caller closes it. Raises SourceError with a mend. Any thread."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise SourceError("no such file", subject=path, mend="check the path, or plug in its disk") from None
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", subject=path, mend="check its permissions") from error
    if path.is_dir():
        raise SourceError("is a folder, not a movie", subject=path, mend="name a file")
    if size == 0:
        raise SourceError("empty: 0 bytes", subject=path, mend=COPY_AGAIN)
    try:
        # A path with a colon or a leading dash is a protocol or an option to FFmpeg; an absolute one is a file.
        return av.open(f"file:{path.absolute()}", metadata_errors="replace")
    except PermissionError as error:
        raise SourceError("cannot be read", subject=path, mend="check its permissions") from error
    except av.error.FFmpegError as error:
        raise _unopened(path) from error


def _unopened(path: Path) -> SourceError:
    """Why FFmpeg opened nothing here: a movie without its index, or not a movie at all."""
    boxes = _top_boxes(path)
    if boxes and "moov" not in boxes:
        return SourceError(
            "truncated: its index (the moov box at the end) is missing, so the copy was cut short",
            subject=path,
            mend=COPY_AGAIN,
        )
    return SourceError("not a movie", subject=path, mend="look what it really is, or leave it out of the sources")


def _top_boxes(path: Path) -> tuple[str, ...]:
    """The types of a file's top-level boxes (ISO/IEC 14496-12, 4.2); empty where it does not begin with one."""
    kinds: list[str] = []
    at = 0
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        while at + 8 <= end and len(kinds) < 64:
            file.seek(at)
            head = file.read(16)
            size, kind = int.from_bytes(head[:4], "big"), head[4:8]
            if size == 1 and len(head) == 16:
                size = int.from_bytes(head[8:], "big")
            if not kinds and kind not in (b"ftyp", b"mdat", b"moov", b"wide", b"free", b"skip"):
                return ()
            kinds.append(kind.decode("latin-1"))
            if size < 8:  # 0 means "to the end of the file"
                break
            at += size
    return tuple(kinds)


def is_cover(stream: VideoStream) -> bool:
    """Whether a stream is a still that stands for the file, not its moving picture."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def picture_stream(container: InputContainer, path: Path) -> VideoStream:
    """The stream that is the movie's picture, not a sound file's cover. Raises SourceError where there is none."""
    for stream in container.streams.video:
        if not is_cover(stream) and stream.codec_context is not None:
            return stream
    if any(stream.codec_context is None for stream in container.streams.video):
        mend = "write it again in another codec, or leave it out of the sources"
        raise SourceError("its picture is in a codec that is not known here", subject=path, mend=mend)
    what = "no picture: it holds only sound" if container.streams.audio else "no picture in it"
    raise SourceError(what, subject=path, mend="use it as the track, or leave it out of the sources")


def decoder_of(stream: VideoStream) -> VideoCodecContext:
    """What decodes a stream from where its container stands; where it is not the stream's own, it is a new one.

    VP8 and VP9 keep transparency beside the picture (`alpha_mode` of WebM), where only libvpx's decoders look. Those
    do not mark key frames.
    """
    own = stream.codec_context
    name = _OF_TRANSPARENT.get(own.name)
    if name is None or stream.metadata.get("alpha_mode") != "1" or name not in av.codecs_available:
        return own
    decoder = CodecContext.create(name, "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_count = own.thread_count
    return decoder


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
    packets, decoder = container.demux(stream), decoder_of(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            packet = None
        try:
            frames = decoder.decode(packet)
        except av.FFmpegError:
            frames = []
            if damaged is not None and packet is not None:
                damaged.add(packet.pts)
        yield from frames
        if packet is None or packet.size == 0:  # the empty packet has made the decoder give its last frames
            return
