"""The demo archive: videos rendered from the project's own generators, as mixed as a person's own folder.

Sizes, rates, containers and codecs differ on purpose; the file names are such as people and cameras give. Rendering
the same recipe on the same machine gives the same pictures.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from engine.formats.isf import read_isf
from engine.formats.replace_file import replace_file
from engine.model.shaders import Value
from engine.shipped import shipped

# Raise it when the same recipe begins to give other files.
_VERSION = 2
_NTSC = Fraction(30000, 1001)
_FILM = Fraction(24000, 1001)


@dataclass(frozen=True, slots=True)
class Codec:
    """How a clip is encoded: FFmpeg's encoder, its pixel format and its options."""

    encoder: str
    pixel_format: str
    options: Mapping[str, str] = field(default_factory=dict)
    bit_rate: int = 0


_H264 = Codec("libx264", "yuv420p", {"preset": "veryfast", "crf": "19"})
_PRORES = Codec("prores_ks", "yuv422p10le", {"profile": "1"})
_MPEG4 = Codec("mpeg4", "yuv420p", {"qscale": "4", "vtag": "XVID"}, bit_rate=4_000_000)
_MJPEG = Codec("mjpeg", "yuvj420p", {"q:v": "3"}, bit_rate=12_000_000)
_VP9 = Codec("libvpx-vp9", "yuv420p", {"deadline": "realtime", "cpu-used": "8", "crf": "28", "b": "0"})
_FFV1 = Codec("ffv1", "yuv420p")

Inputs = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Recipe:
    """One clip. `from_s` is the generator's time at its first frame; `detail` the share of the size that is drawn:
    soft pictures are drawn smaller and scaled up, which nobody sees and which saves most of their time."""

    file: str
    generator: str
    width: int
    height: int
    rate: Fraction
    seconds: float
    codec: Codec
    inputs: Inputs = field(default_factory=dict)
    from_s: float = 0.0
    detail: float = 1.0

    @property
    def frames(self) -> int:
        return round(self.seconds * self.rate)


def _colours(deep: tuple[float, ...], tone: tuple[float, ...], light: tuple[float, ...]) -> dict[str, Value]:
    return {"deep": (*deep, 1.0), "tone": (*tone, 1.0), "light": (*light, 1.0)}


_BRASS_ON_RED = _colours((0.05, 0.016, 0.02), (0.36, 0.10, 0.08), (1.0, 0.80, 0.50))
_COLD_SMOKE = _colours((0.008, 0.016, 0.03), (0.10, 0.25, 0.36), (0.80, 0.93, 1.0))
_ROSE_BOKEH = _colours((0.03, 0.008, 0.03), (0.38, 0.12, 0.30), (1.0, 0.66, 0.42))

RECIPES = (
    # Orientation
    Recipe("Old maps box 3.mov", "contours", 854, 480, Fraction(25), 9, _PRORES, {"speed": 1.2}),
    Recipe(
        "atlas_closeup.mp4",
        "contours",
        1280,
        720,
        Fraction(24),
        7,
        _H264,
        {"seed": 5.0, "scale": 1.1, "levels": 22.0, "tilt": 0.35, **_BRASS_ON_RED},
    ),
    Recipe("Compass on the desk 2004.avi", "compass", 640, 480, Fraction(25), 9, _MPEG4, {"speed": 1.3}, 2.0),
    Recipe("night walk (stars).mp4", "night_sky", 640, 360, Fraction(24), 11, _H264, {"speed": 1.2}, 1.0),
    # Elemental
    Recipe("Bonfire 1998 tape 2.avi", "fire", 640, 480, Fraction(25), 9, _MJPEG, {"seed": 3.0}, 4.0, 0.75),
    Recipe("IMG_0412.MP4", "sea", 640, 360, _NTSC, 10, _H264, {"seed": 2.0}),
    Recipe("incense test.webm", "smoke", 480, 640, Fraction(24), 9, _VP9, {"rise": 0.6, "scale": 0.8}, 3.0, 0.6),
    Recipe("Ink in the tank.mkv", "smoke", 640, 360, _FILM, 9, _H264, {"seed": 7.0, **_COLD_SMOKE}, 0.0, 0.6),
    Recipe("Flight home.mkv", "clouds", 1280, 720, _FILM, 8, _H264, {"speed": 1.5}, 2.0, 0.6),
    # Built
    Recipe("window seat opposite.mp4", "facades", 640, 360, Fraction(30), 10, _H264, {"speed": 1.4}),
    Recipe("IMG_0977.MP4", "corridor", 640, 360, Fraction(50), 9, _H264, {"speed": 1.6}),
    Recipe("Landing approach.mov", "city", 854, 480, Fraction(25), 9, _PRORES, {"speed": 1.2, "seed": 4.0}),
    Recipe("Bridge 2011-05-14.mkv", "girders", 640, 360, Fraction(12), 10, _FFV1, {"speed": 1.6}),
    # People
    Recipe("Station hall.mp4", "crowd", 640, 360, Fraction(25), 10, _H264, {"seed": 2.0}, 5.0, 0.75),
    Recipe("Marta rehearsal.mov", "dancer", 480, 640, Fraction(25), 10, _PRORES, {"speed": 1.3}, 2.0, 0.7),
    Recipe("macro test 07.mp4", "gaze", 640, 360, Fraction(25), 8, _H264, {"seed": 3.0}),
    Recipe("shower door.webm", "hands", 640, 360, Fraction(24), 10, _VP9, {}, 1.0, 0.6),
    # Blur
    Recipe("IMG_1203.MP4", "bokeh", 640, 360, Fraction(30), 10, _H264, {}, 2.0, 0.6),
    Recipe("ring road rain.mp4", "bokeh", 854, 480, Fraction(24), 8, _H264, {"seed": 9.0, **_ROSE_BOKEH}, 0.0, 0.5),
    Recipe("Super 8 end of reel.avi", "light_leak", 320, 240, Fraction(12), 12, _MPEG4, {"speed": 1.5}),
    Recipe("untitled 3.mkv", "colour_field", 640, 360, Fraction(24), 10, _FFV1, {"speed": 1.3}, 0.0, 0.5),
)


def fingerprint(recipe: Recipe) -> str:
    """A hash of everything that the clip follows from: the recipe, the generator's source and the version here."""
    text = json.dumps([_VERSION, asdict(recipe)], default=str, sort_keys=True)
    source = (shipped("shaders") / "generators" / f"{recipe.generator}.fs").read_bytes()
    return hashlib.sha256(text.encode() + source).hexdigest()


def make_archive(folder: Path, stamps: Path, jobs: int | None = None) -> int:
    """Make what is missing or out of date of the archive in `folder`; how many clips that was.

    `stamps` is a JSON file outside of the folder with each clip's fingerprint, size and modification time: a clip
    that was cut short, replaced or made from another recipe is made again. A progress bar shows how far it is.
    Raises what its workers raise: DeviceError without OpenGL, OutputError, OSError; whole clips stay and count.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known: dict[str, Any] = _read(stamps)
    wanted = [recipe for recipe in RECIPES if known.get(recipe.file) != _stamp(folder, recipe)]
    if not wanted:
        return 0
    wanted.sort(key=lambda recipe: -recipe.frames * recipe.width * recipe.height * recipe.detail)
    workers = min(jobs or os.cpu_count() or 1, len(wanted))
    # Spawned, since a forked GL driver is broken; one thread each in Mesa, since the processes share the cores.
    context = multiprocessing.get_context("spawn")
    with _bar(len(wanted)) as advance, ProcessPoolExecutor(workers, context, initializer=_one_thread) as pool:
        running = {pool.submit(make_clip, folder, recipe): recipe for recipe in wanted}
        try:
            for done in as_completed(running):
                done.result()
                recipe = running[done]
                known[recipe.file] = _stamp(folder, recipe)
                replace_file(stamps, json.dumps(known, indent=1).encode())
                advance()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return len(wanted)


def make_clip(folder: Path, recipe: Recipe) -> Path:
    """Render one clip into `folder`, replacing it whole; its path. Opens and closes a GL context of its own."""
    from engine.gl.context import headless_context  # noqa: PLC0415 - only the workers need GL
    from engine.gl.shader_program import ShaderProgram  # noqa: PLC0415
    from engine.gl.shader_use import Moment, ShaderUse  # noqa: PLC0415
    from engine.gl.targets import new_target  # noqa: PLC0415

    drawn = (_even(recipe.width * recipe.detail), _even(recipe.height * recipe.detail))
    path = folder / recipe.file
    partial = folder / f".partial-{recipe.file}"
    context = headless_context()
    try:
        source = read_isf(shipped("shaders") / "generators" / f"{recipe.generator}.fs")
        shader = ShaderUse(ShaderProgram(context, source, premultiplied=False))
        target = new_target(context, drawn)

        def picture(index: int) -> np.ndarray[Any, Any]:
            time_s = recipe.from_s + float(index / recipe.rate)
            shader.draw(target, Moment(time_s, frame_index=index), recipe.inputs)
            pixels = np.frombuffer(target.read(components=3, alignment=1), np.uint8)
            return pixels.reshape(drawn[1], drawn[0], 3)

        _encode(partial, recipe, picture)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
        context.release()
    return path


def _encode(path: Path, recipe: Recipe, picture: Callable[[int], np.ndarray[Any, Any]]) -> None:
    codec = recipe.codec
    full = codec.pixel_format.startswith("yuvj")
    high = recipe.height >= 720
    scaler = VideoReformatter()
    with av.open(path, "w", format=_container(recipe.file)) as film:
        stream = film.add_stream(codec.encoder, rate=recipe.rate, options=dict(codec.options))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = recipe.width, recipe.height, codec.pixel_format
        stream.codec_context.thread_count = 1  # the clips are what runs in parallel
        stream.color_range = ColorRange.JPEG if full else ColorRange.MPEG
        stream.codec_context.colorspace = Colorspace.ITU709 if high else Colorspace.SMPTE170M
        if codec.bit_rate:
            stream.bit_rate = codec.bit_rate
        for index in range(recipe.frames):
            frame = scaler.reformat(
                av.VideoFrame.from_ndarray(picture(index), format="rgb24"),
                recipe.width,
                recipe.height,
                codec.pixel_format,
                dst_colorspace=Colorspace.ITU709 if high else Colorspace.ITU601,
                dst_color_range=ColorRange.JPEG if full else ColorRange.MPEG,
                interpolation="BICUBIC",
                threads=1,  # swscale's slices of other than round widths differ from run to run where they meet
            )
            frame.pts = index
            frame.time_base = 1 / recipe.rate
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))


def _container(name: str) -> str:
    suffix = name.rpartition(".")[2].lower()
    return {"mkv": "matroska"}.get(suffix, suffix)


def _even(number: float) -> int:
    return round(number / 2) * 2


def _one_thread() -> None:
    os.environ["LP_NUM_THREADS"] = "1"


def _stamp(folder: Path, recipe: Recipe) -> dict[str, Any]:
    try:
        found = (folder / recipe.file).stat()
    except FileNotFoundError:
        return {}
    return {"made_from": fingerprint(recipe), "bytes": found.st_size, "modified_ns": found.st_mtime_ns}


def _read(stamps: Path) -> dict[str, Any]:
    try:
        found = json.loads(stamps.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}  # nothing made yet, or a file that is not ours: everything is made anew
    return found if isinstance(found, dict) else {}


@contextmanager
def _bar(total: int) -> Iterator[Callable[[], None]]:
    """A progress bar on standard error for the block, whose value moves it on by one clip."""
    columns = (TextColumn("rendering the archive"), BarColumn(), MofNCompleteColumn(), TextColumn("clips"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("clips", total=total)
        yield lambda: bar.advance(task)
