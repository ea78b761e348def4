"""Other ways to fetch a frame by its index, each as its own documentation shows it, on one thread where it lets us.

PyAV is a part of the engine; the others come with the extra [bench] or from the system, and one that is not there
says so by AbsentError. `docs/performance.md` names the versions that the published figures are of.
"""

from __future__ import annotations

import contextlib
import ctypes.util
import importlib
import logging
import shutil
import subprocess
from typing import Any, cast

import av
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from engine.model.clips import Clip
from tools.bench.footage import number_in
from tools.bench.readers import AbsentError, Entrant

_PATIENCE_S = 20  # for one frame of a program or a player that answers by an event


def _package(name: str, distribution: str) -> Any:
    try:
        return importlib.import_module(name)
    except (ImportError, OSError, RuntimeError) as error:  # RuntimeError: torchcodec without FFmpeg's libraries
        raise AbsentError(f"{distribution} is not there ({str(error).splitlines()[0]})") from error


class _Peer:
    """What peers have in common; `read` is each one's own."""

    def __init__(self, clip: Clip) -> None:
        self._file = str(clip.file)
        self._rate = clip.rate
        self._clip = clip

    def read(self, index: int) -> object:
        raise NotImplementedError

    def number(self, frame: object) -> int | None:
        return number_in(cast(npt.NDArray[np.uint8], frame)[..., 1])

    def close(self) -> None:
        """Nothing to close."""


class PyAvSeek(_Peer):
    """Seek to the frame's time, decode until it comes. What comes back is not converted."""

    def __init__(self, clip: Clip) -> None:
        super().__init__(clip)
        self._container = av.open(self._file)
        self._stream = self._container.streams.video[0]
        self._stream.codec_context.thread_count = 1
        assert self._stream.time_base is not None
        self._ticks = 1 / (self._rate * self._stream.time_base)

    def read(self, index: int) -> VideoFrame:
        wanted = round(index * self._ticks)
        self._container.seek(wanted, stream=self._stream)
        for frame in self._container.decode(self._stream):
            if frame.pts is not None and frame.pts >= wanted:
                return frame
        raise EOFError(f"no frame {index}")

    def number(self, frame: object) -> int | None:
        return number_in(cast(VideoFrame, frame).to_ndarray(format="rgb24")[..., 1])

    def close(self) -> None:
        self._container.close()


class PyAvPacket(PyAvSeek):
    """The frame's bytes by one read, as the engine does, then FFmpeg's decoder: what a frame table alone brings."""

    def __init__(self, clip: Clip) -> None:
        super().__init__(clip)
        if clip.table is None:
            raise AbsentError("the clip has no frame table")
        self._bytes = clip.file.open("rb", buffering=0)
        self._table = clip.table

    def read(self, index: int) -> VideoFrame:
        self._bytes.seek(int(self._table.offsets[index]))
        packet = av.Packet(self._bytes.read(int(self._table.lengths[index])))
        return self._stream.codec_context.decode(packet)[0]

    def close(self) -> None:
        self._bytes.close()
        super().close()


class TorchCodec(_Peer):
    """`VideoDecoder.get_frame_at`."""

    def __init__(self, clip: Clip) -> None:
        super().__init__(clip)
        _package("torch", "torch").set_num_threads(1)
        decoders = _package("torchcodec.decoders", "torchcodec")
        self._decoder = decoders.VideoDecoder(self._file, num_ffmpeg_threads=1, dimension_order="NHWC")

    def read(self, index: int) -> object:
        return self._decoder.get_frame_at(index).data

    def number(self, frame: object) -> int | None:
        return super().number(cast(Any, frame).numpy())


class Decord(_Peer):
    """`VideoReader[index]`."""

    def __init__(self, clip: Clip) -> None:
        super().__init__(clip)
        decord = _package("decord", "decord")
        self._reader = decord.VideoReader(self._file, ctx=decord.cpu(0), num_threads=1)

    def read(self, index: int) -> object:
        return self._reader[index]

    def number(self, frame: object) -> int | None:
        return super().number(cast(Any, frame).asnumpy())


class OpenCv(_Peer):
    """`VideoCapture.set(CAP_PROP_POS_FRAMES)`, then `read`."""

    def __init__(self, clip: Clip) -> None:
        super().__init__(clip)
        cv2 = _package("cv2", "opencv-python-headless")
        cv2.setNumThreads(1)
        self._position = cv2.CAP_PROP_POS_FRAMES
        self._capture = cv2.VideoCapture(self._file, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        if not self._capture.isOpened():
            raise AbsentError("OpenCV cannot open the clip")

    def read(self, index: int) -> object:
        self._capture.set(self._position, index)
        there, frame = self._capture.read()
        if not there:
            raise EOFError(f"no frame {index}")
        return frame

    def close(self) -> None:
        self._capture.release()


class ImageIo(_Peer):
    """`imopen(plugin="pyav").read(index=…)`."""

    def __init__(self, clip: Clip) -> None:
        super().__init__(clip)
        self._opened = _package("imageio.v3", "imageio").imopen(self._file, "r", plugin="pyav")

    def read(self, index: int) -> object:
        return self._opened.read(index=index, thread_count=1)

    def close(self) -> None:
        self._opened.close()


class Mpv(_Peer):
    """libmpv, an exact seek while paused, from the command to `playback-restart`: the frame is there to be shown."""

    def __init__(self, clip: Clip) -> None:
        super().__init__(clip)
        if ctypes.util.find_library("mpv") is None:
            raise AbsentError("libmpv is not installed (Debian: libmpv2)")
        mpv = _package("mpv", "python-mpv")
        quiet: dict[str, Any] = {"audio": "no", "sub": "no", "osd_level": 0, "load_scripts": False, "ytdl": False}
        alone: dict[str, Any] = {"hwdec": "no", "vd_lavc_threads": 1, "cache": "no"}
        self._player = mpv.MPV(vo="null", pause=True, keep_open=True, hr_seek="yes", **quiet, **alone)
        with self._player.prepare_and_wait_for_event("playback_restart", timeout=_PATIENCE_S):
            self._player.play(self._file)

    def read(self, index: int) -> object:
        with self._player.prepare_and_wait_for_event("playback_restart", timeout=_PATIENCE_S):
            self._player.seek(float(index / self._rate), reference="absolute", precision="exact")
        return self._player

    def number(self, frame: object) -> int | None:
        shot = self._player.command("screenshot-raw", "video")
        pixels = np.frombuffer(shot["data"], np.uint8).reshape(shot["h"], shot["stride"] // 4, 4)
        return super().number(pixels[:, : shot["w"]])

    def close(self) -> None:
        self._player.terminate()


class FfmpegProgram(_Peer):
    """The program `ffmpeg` with `-ss`, started anew for each frame, as scripts do it."""

    def __init__(self, clip: Clip) -> None:
        super().__init__(clip)
        program = shutil.which("ffmpeg")
        if program is None:
            raise AbsentError("the program ffmpeg is not installed (Debian: ffmpeg)")
        self._program = program

    def read(self, index: int) -> object:
        command = [self._program, "-nostdin", "-v", "error", "-threads", "1", "-ss", f"{float(index / self._rate):.6f}"]
        command += ["-i", self._file, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
        done = subprocess.run(command, capture_output=True, check=True, timeout=_PATIENCE_S)  # noqa: S603 - no shell
        return done.stdout

    def number(self, frame: object) -> int | None:
        pixels = np.frombuffer(cast(bytes, frame), np.uint8)
        return super().number(pixels.reshape(self._clip.height, self._clip.width, 3))


class Flitter(_Peer):
    """What flitter's video node does before it uploads: the two frames around the position, each turned into RGBA."""

    def __init__(self, clip: Clip) -> None:
        super().__init__(clip)
        cache = _package("flitter.cache", "flitter-lang")
        with contextlib.suppress(ImportError):
            importlib.import_module("loguru").logger.remove()
        self._path = cache.SharedCache[self._file]
        self._reformatter = VideoReformatter()

    def read(self, index: int) -> object:
        position_s = (index + 0.5) / float(self._rate)
        _, *around = self._path.read_video_frames(self, position_s)
        turned = [self._reformatter.reformat(frame, format="rgba") for frame in around if frame is not None]
        return turned[0]

    def number(self, frame: object) -> int | None:
        return super().number(cast(VideoFrame, frame).to_ndarray())

    def close(self) -> None:
        self._path.read_video_frames(self, None)


# PyAV sits with the engine, since both load the same libraries; each of the others has a process of its own.
PYAV_SEEK = Entrant("PyAV seek + decode", PyAvSeek, "planes or RGB as decoded", "engine")
PYAV_PACKET = Entrant("PyAV decode of the packet", PyAvPacket, "planes or RGB as decoded", "engine")
TORCHCODEC = Entrant("torchcodec", TorchCodec, "RGB", "torchcodec")
DECORD = Entrant("decord", Decord, "RGB", "decord")
MPV = Entrant("mpv, exact seek", Mpv, "a frame inside the player", "mpv")
IMAGEIO = Entrant("imageio (pyav)", ImageIo, "RGB", "imageio")
OPENCV = Entrant("OpenCV", OpenCv, "BGR", "opencv")
FFMPEG = Entrant("ffmpeg -ss, a process", FfmpegProgram, "RGB", "ffmpeg")
FLITTER = Entrant("flitter's video node", Flitter, "RGBA, two frames", "flitter")
PEERS = (PYAV_SEEK, PYAV_PACKET, TORCHCODEC, DECORD, MPV, IMAGEIO, OPENCV, FFMPEG, FLITTER)

logging.getLogger("libav").setLevel(logging.CRITICAL)
