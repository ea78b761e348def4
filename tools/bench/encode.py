"""Suite `encode`: clips out of mezzanines, beside the ffmpeg program doing the same transcode with one thread.

Both do the whole of it, from a ProRes file on disk to a finished file, by turns, and on one core: ffmpeg's stages
have threads of their own since its version 7, whatever `-threads` says. Speed is the median of the rounds. Quality is
measured by ffmpeg's own filters, in RGB, against the mezzanine. The mezzanine is made here, of test footage.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import median

import av
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engine.errors import OutputError
from engine.formats.library_rows import Traits
from engine.model.clips import Codec
from preprocess.catalogue.values import Footage, Piece
from preprocess.encode.choice import clip_size
from preprocess.encode.work import Encoded, EncodeJob, encode
from preprocess.footage.encoders import hap_program
from tools.bench import footage as test_footage
from tools.bench.measuring import Case, without_bars
from tools.bench.rows import Bar, Options, Row, Tell

SUITE = "encode"
RATE = Fraction(25)
_SIZES, _QUICK_SIZES = ((1280, 720), (1920, 1080)), ((320, 192),)
_FRAMES, _QUICK_FRAMES = 150, 6
_ROUNDS, _FULL_ROUNDS, _QUICK_ROUNDS = 5, 11, 1
_VERSION = 1  # of the mezzanines' names
_TO_JPEG = "scale=in_color_matrix=bt709:in_range=tv:out_color_matrix=bt601:out_range=pc,format=yuvj420p"
_TO_RGBA = "scale=in_color_matrix=bt709:in_range=tv:out_range=pc,format=rgba"
_LOOKS = Traits(0, 0, 0, 0, 0, 0, 0)
_BT709, _LIMITED = 1, 1  # FFmpeg's enums


@dataclass(frozen=True, slots=True)
class Transcode:
    """What is compared: a codec, ffmpeg's words for it, the least share of its speed, and the measure of quality.

    `matrix` is the one that ffmpeg's file has; None: RGB.
    """

    name: str
    codec: Codec
    words: tuple[str, ...]
    least_speed: float
    quality: str
    matrix: str | None


def _cases() -> tuple[Transcode, ...]:
    mjpeg = ("-c:v", "mjpeg", "-q:v", "2")
    return (
        Transcode("mjpeg", Codec.MJPEG, ("-vf", _TO_JPEG, *mjpeg), 0.9, "ssim", "bt601"),
        Transcode("mjpeg, BT.709 left", Codec.MJPEG, ("-vf", "format=yuvj420p", *mjpeg), 0.9, "ssim", "bt709"),
        Transcode("hap", Codec.HAP, ("-vf", _TO_RGBA, "-c:v", "hap", "-format", "hap"), 0.95, "psnr", None),
        Transcode("hap_q", Codec.HAP_Q, ("-vf", _TO_RGBA, "-c:v", "hap", "-format", "hap_q"), 0.95, "psnr", None),
    )


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """Speed, quality and size beside ffmpeg's, by codec and picture size."""
    found = _rows(options, tell)
    yield from without_bars(found) if options.quick else found


def _rows(options: Options, tell: Tell) -> Iterator[Row]:
    rounds = _QUICK_ROUNDS if options.quick else _FULL_ROUNDS if options.full else _ROUNDS
    frames = _QUICK_FRAMES if options.quick else _FRAMES
    for width, height in _QUICK_SIZES if options.quick else _SIZES:
        mezzanine = make_mezzanine(options.media, width, height, frames, tell)
        for transcode in _cases():
            case = Case(SUITE, f"{transcode.name}, {width} × {height}")
            tell(f"{case.name}: {rounds} rounds")
            try:
                with tempfile.TemporaryDirectory(dir=options.media) as folder:
                    yield from _compared(case, transcode, mezzanine, Path(folder), rounds)
            except (OutputError, FileNotFoundError, subprocess.CalledProcessError) as error:
                yield case.row("speed, ours ÷ ffmpeg's", None, "×", Bar("≥", transcode.least_speed), note=str(error))


def make_mezzanine(folder: Path, width: int, height: int, frames: int, tell: Tell) -> Footage:
    """ProRes 422 of the bench's test footage, BT.709 at limited range; made once."""
    file = folder / f"prores-{width}x{height}-{frames}-v{_VERSION}.mov"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f".partial-{file.name}")
        shown = test_footage.Footage(width, height)
        with av.open(f"file:{partial.absolute()}", "w", format="mov") as container:
            stream = container.add_stream("prores_ks", rate=RATE, options={"profile": "standard"})
            assert isinstance(stream, VideoStream)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv422p10le"
            context = stream.codec_context
            context.colorspace, context.color_range = _BT709, _LIMITED
            for number in range(frames):
                if number % 10 == 0:
                    tell(f"making {file.name}: frame {number} of {frames}")
                picture = VideoFrame.from_ndarray(shown.frame(number), format="rgb24")
                picture = picture.reformat(format="yuv422p10le", dst_colorspace="ITU709", dst_color_range="MPEG")
                picture.pts, picture.time_base = number, 1 / RATE
                container.mux(stream.encode(picture))
            container.mux(stream.encode(None))
        partial.replace(file)
    return Footage(
        base="bench",
        source=file,
        file=file,
        byte_count=file.stat().st_size,
        width=width,
        height=height,
        rate=RATE,
        frame_count=frames,
        alpha=False,
        combs=False,
        sound=False,
        loudness_lufs=None,
        true_peak_db=None,
        pieces=(Piece(0, frames, 0.0),),
    )


def _compared(case: Case, transcode: Transcode, footage: Footage, folder: Path, rounds: int) -> Iterator[Row]:
    assert footage.file is not None
    program = hap_program() if transcode.codec.is_hap else shutil.which("ffmpeg") or hap_program()
    mezzanine, reference = footage.file, folder / "reference.mov"
    job = EncodeJob(
        slug="ours",
        title="",
        traits=_LOOKS,
        stands=False,
        footage=footage,
        begin=0,
        end=footage.frame_count,
        codec=transcode.codec,
        size=clip_size(footage, transcode.codec, None),
        proxy=False,
        work=folder,
    )
    command = [program, "-nostdin", "-loglevel", "error", "-y", "-threads", "1", "-i", f"file:{mezzanine.absolute()}"]
    command += ["-an", "-filter_threads", "1", *transcode.words, "-threads", "1", f"file:{reference.absolute()}"]
    took_s: dict[str, list[float]] = {"ours": [], "ffmpeg": []}
    with _one_core():
        for turn in range(rounds + 1):
            ways: dict[str, Callable[[], object]] = {
                "ours": lambda: encode([job], lambda done, total: None),
                "ffmpeg": lambda: subprocess.run(command, check=True),  # noqa: S603 - an argument list, no shell
            }
            for name, way in ways.items():
                begun = time.perf_counter()
                made = way()
                if turn:  # the first fills the page cache
                    took_s[name].append(time.perf_counter() - begun)
                if name == "ours" and not isinstance(made[0], Encoded):  # type: ignore[index]
                    raise OutputError(f"no clip came of it: {made}")
    ours_s, theirs_s = median(took_s["ours"]), median(took_s["ffmpeg"])
    yield case.row("ours", footage.frame_count / ours_s, "frames/s")
    yield case.row("ffmpeg -threads 1", footage.frame_count / theirs_s, "frames/s", note=_version(program))
    yield case.row("speed, ours ÷ ffmpeg's", theirs_s / ours_s, "×", Bar("≥", transcode.least_speed))
    yield from _quality(case, transcode, mezzanine, folder / "ours.mov", reference)


def _quality(case: Case, transcode: Transcode, mezzanine: Path, ours: Path, reference: Path) -> Iterator[Row]:
    matrix = "bt601" if transcode.matrix else None
    mine = _measured(transcode.quality, ours, matrix, mezzanine)
    theirs = _measured(transcode.quality, reference, transcode.matrix, mezzanine)
    unit = "dB" if transcode.quality == "psnr" else ""
    yield case.row(f"{transcode.quality}, ours", mine, unit)
    yield case.row(f"{transcode.quality}, ffmpeg's", theirs, unit)
    yield case.row(f"{transcode.quality}, ours − ffmpeg's", mine - theirs, unit, Bar("≥", 0))
    size = ours.stat().st_size / reference.stat().st_size
    if transcode.codec is Codec.MJPEG:
        yield case.row("size, ours ÷ ffmpeg's", size, "×", Bar("≤", 1.05))
    else:
        yield case.row("size, ours ÷ ffmpeg's", size, "×")


def _measured(metric: str, file: Path, matrix: str | None, mezzanine: Path) -> float:
    """SSIM or PSNR (dB) of a file against the mezzanine, in RGB; `matrix` of a YUV file at full range, None of RGB."""
    flags = "flags=bicubic+accurate_rnd+full_chroma_int"
    colours = f":in_color_matrix={matrix}:in_range=pc" if matrix else ""
    graph = (
        f"[0:v]settb=1/{RATE},setpts=N,scale={flags}{colours}:out_range=pc,format=gbrp[a];"
        f"[1:v]settb=1/{RATE},setpts=N,scale={flags}:in_color_matrix=bt709:in_range=tv:out_range=pc,format=gbrp[b];[a][b]{metric}"
    )
    command = [hap_program(), "-nostdin", "-loglevel", "info", "-i", f"file:{file}", "-i", f"file:{mezzanine}"]
    command += ["-filter_complex", graph, "-f", "null", "-"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stderr  # noqa: S603 - no shell
    found = re.findall(r"SSIM .* All:([0-9.]+)" if metric == "ssim" else r"PSNR .* average:([0-9.]+)", said)
    if not found:
        raise OutputError(f"{metric} told nothing", subject=file)
    return float(found[-1])


def _version(program: str) -> str:
    said = subprocess.run([program, "-version"], check=True, capture_output=True, text=True)  # noqa: S603 - no shell
    return " ".join(said.stdout.split()[:3])


@contextmanager
def _one_core() -> Iterator[None]:
    """This thread and what it starts on one core; where the system can."""
    if not sys.platform.startswith("linux"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
