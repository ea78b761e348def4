"""The suite `start`: from starting the process to the first frame read back, with a small library and a large one."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from av.video.frame import VideoFrame

from engine.errors import RuntimeShowError
from engine.formats.library_writer import LibraryWriter, StoredClip, StoredSource, Traits
from engine.model.clips import Clip
from preprocess.footage.encoders import jpeg
from tools.bench.measuring import Case, percentile
from tools.bench.media import ClipWish, Kind, make_clip
from tools.bench.rows import Bar, Options, Row, Tell

SUITE = "start"
SMALL, LARGE = 2_300, 100_000  # clips
_BARS_MS = {SMALL: 1_200.0, LARGE: 2_000.0}
_A_CLIP = Bar("≤", 1024)
_MODES = ("play", "render")
_ROUNDS, _FULL_ROUNDS = 7, 21
_START_WITHIN_S = 60.0

_CLIP = ClipWish(Kind.MJPEG, 1280, 720, frames=30, repeats=10)
_TRAITS = Traits(0.5, 0.5, 0.5, 0.5, 0.1, 0.5, 0.5)

# What no player in Python can do without: the interpreter, NumPy, and a context of this machine's GL driver.
_FLOOR = "import numpy, engine.gl.context as gl; gl.headless_context(); print('{}', flush=True)"

_SHOW = """version: 1
title: start
library: {library}
canvas: {{width: 1280, height: 720, rate: 30}}
layers:
  - name: base
  - name: echo
    choose: random
    blend: multiply
  - name: spark
    clips: ["*1"]
    blend: screen
    opacity: 0.5
    transform: {{scale: 0.5}}
movements:
  - name: one
    duration_s: 60
  - name: two
    duration_s: 60
    hidden: [echo]
bindings:
  - midi: {{cc: 21}}
    to: /layer/echo/opacity
  - key: space
    to: /go
inputs:
  osc: {{port: 0}}
"""


@dataclass(slots=True)
class _Start:
    """A way of starting, and what it took each time."""

    case: Case
    command: Sequence[str]
    wall_ms: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    peak_kib: list[float] = field(default_factory=list)


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """Start the players again and again, in turn, and say what the first frame took, each from a new process on.

    The page cache is warm. Libraries are made once, under `options.media`; a library that is named there instead is
    held to no bar. Raises RuntimeShowError where a player does not start, OSError where there is no room.
    """
    with tempfile.TemporaryDirectory(prefix="runtime-start-") as folder:
        if options.library is not None:
            libraries = {0: options.library.absolute()}
        else:
            libraries = {count: _library(options.media, count, tell) for count in (SMALL, LARGE)}
        floor = _Start(Case(SUITE, "interpreter, NumPy and GL context alone"), [sys.executable, "-c", _FLOOR])
        starts = {
            (mode, count): _start(mode, count, library, Path(folder))
            for count, library in libraries.items()
            for mode in _MODES
        }
        rounds = _FULL_ROUNDS if options.full else _ROUNDS
        for number in range(rounds + 1):  # the first one only brings files into the page cache
            for start in (floor, *starts.values()):
                tell(f"{start.case.name}: {number} of {rounds}")
                _run(start, counts=number > 0)
    yield from _timings(floor, None)
    for (_, count), start in starts.items():
        yield from _timings(start, _BARS_MS.get(count))
    if options.library is None:
        for mode in _MODES:
            yield _growth(mode, starts[mode, SMALL], starts[mode, LARGE])


def _start(mode: str, count: int, library: Path, folder: Path) -> _Start:
    show = folder / f"show-{count}.yaml"
    show.write_text(_SHOW.format(library=json.dumps(str(library))), encoding="utf-8")
    command = [sys.executable, "-m", "tools.bench.first_frame", mode, str(show), str(folder / f"{mode}-{count}.mkv")]
    return _Start(Case(SUITE, f"runtime-{mode}, {f'{count:,} clips' if count else library.name}"), command)


def _run(start: _Start, *, counts: bool) -> None:
    """Start it once; the clock runs from before the process is made until its line has come."""
    began_s = time.monotonic()
    with subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
        start.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        limit = threading.Timer(_START_WITHIN_S, process.kill)
        limit.start()
        line = process.stdout.readline()
        took_ms = 1000 * (time.monotonic() - began_s)
        _, complaints = process.communicate()
        limit.cancel()
    if process.returncode != 0 or not line.startswith("{"):
        raise RuntimeShowError(f"did not start: {complaints.strip()[-2000:]}", subject=start.case.name)
    if not counts:
        return
    said = json.loads(line)
    start.wall_ms.append(took_ms)
    start.cpu_s += [said["cpu_s"]] if "cpu_s" in said else []
    start.peak_kib += [said["peak_kib"]] if said.get("peak_kib") is not None else []


def _timings(start: _Start, bar_ms: float | None) -> Iterator[Row]:
    bar = Bar("≤", bar_ms) if bar_ms is not None else None
    yield start.case.row("first frame p50", percentile(start.wall_ms, 50), "ms", bar)
    yield start.case.row("first frame worst", max(start.wall_ms), "ms")
    if start.cpu_s:
        yield start.case.row("CPU seconds", percentile(start.cpu_s, 50), "s")
    if start.peak_kib:
        yield start.case.row("memory at its peak", 1024 * (percentile(start.peak_kib, 50) or 0), "bytes")


def _growth(mode: str, small: _Start, large: _Start) -> Row:
    """How much more memory each clip of the large library takes."""
    case, figure = Case(SUITE, f"runtime-{mode}, {SMALL:,} to {LARGE:,} clips"), "memory a clip"
    before, after = percentile(small.peak_kib, 50), percentile(large.peak_kib, 50)
    if before is None or after is None:
        return case.row(figure, None, "bytes", _A_CLIP, note="this system does not tell the peak of one process")
    return case.row(figure, 1024 * (after - before) / (LARGE - SMALL), "bytes", _A_CLIP)


def _library(media: Path, count: int, tell: Tell) -> Path:
    """A library of `count` clips, made where it is not there yet: whole ones, of which many share one file."""
    folder = media / f"library-{count}-{_CLIP.slug}"
    if folder.is_dir():
        return folder
    clip = make_clip(_CLIP, media, tell)
    tell(f"making a library of {count:,} clips")
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=media) as partial:
        unfinished = Path(partial) / "library"
        with LibraryWriter(unfinished) as library:
            source = StoredSource(clip.file.absolute(), "Start", "start", verdict="sound")
            library.enter_sources([source])
            _put_clips(library, clip, source, count)
        unfinished.rename(folder)
    return folder


def _put_clips(library: LibraryWriter, clip: Clip, source: StoredSource, count: int) -> None:
    assert clip.table is not None
    work = library.work
    movie, thumbnail = work / "start.mov", work / "start.jpg"
    shutil.copyfile(clip.file, movie)
    thumbnail.write_bytes(jpeg(VideoFrame(clip.width, clip.height, "yuvj420p"), 320))
    with library.transaction():
        library.describe_source(source)
        for number in range(count):
            slug = f"start-{number:06d}"
            files = {
                f"clips/{slug}.mov": _linked(movie, work / f"{slug}.mov"),
                f"thumbnails/{slug}.jpg": _linked(thumbnail, work / f"{slug}.jpg"),
            }
            named = replace(clip, slug=slug, title=f"Start {number}")
            stored = StoredClip(named, source.path, 0.0, clip.duration_s, movie.stat().st_size, "", _TRAITS)
            library.put_clip(source.base, stored, clip.table, files)


def _linked(original: Path, name: Path) -> Path:
    """`original` under another name, too; a file that has all the names it may have is continued by a copy of it."""
    try:
        name.hardlink_to(original)
    except OSError as error:
        if error.errno != errno.EMLINK:
            raise
        shutil.copyfile(original, name)
        original.unlink()
        original.hardlink_to(name)
    return name
