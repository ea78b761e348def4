"""Suite `pipeline`: `runtime-preprocess run` as a whole: two workers against one, a second run, and a two-hour tape.

- One worker ÷ two: the whole run over an archive, one codec thread a worker. The archive is the demo's, or the folder
  that the environment variable RUNTIME_ARCHIVE names.
- A second run with nothing changed, over a library of 2,300 clips made for it: its time, and the files it touched.
- With --full, the most memory (PSS of the process tree, looked at five times a second) of a run over two hours
  of SD video, one worker.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tools.bench.measuring import without_bars
from tools.bench.rows import Bar, Options, Row, Tell
from tools.bench.small_films import small_film
from tools.demo_archive import make_archive

SUITE = "pipeline"
_ROUNDS = 2
_CLIPS, _FILMS = 2300, 46
_TAPE_S = 7200
_LOOK_EVERY_S = 0.2


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """The figures named above."""
    folder = options.media / "pipeline"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    found = _rows(options, folder, tell)
    return without_bars(found) if options.quick else found


def _rows(options: Options, folder: Path, tell: Tell) -> Iterator[Row]:
    yield from _two_workers(_archive(options, folder, tell), folder, tell, 1 if options.quick else _ROUNDS)
    yield from _second_run(folder, tell, *((2, 2) if options.quick else (_FILMS, _CLIPS // _FILMS)))
    if options.full:
        yield from _memory(folder, tell, _TAPE_S)


def _archive(options: Options, folder: Path, tell: Tell) -> Path:
    if options.quick:
        return small_film(folder / "trial" / "film.mp4", 2, 1).parent
    named = os.environ.get("RUNTIME_ARCHIVE")
    if named:
        return Path(named)
    tell("making the archive")
    archive = options.media / "archive"
    make_archive(archive, archive.with_suffix(".json"))
    return archive


def run_command(sources: Path, library: Path, *more: str) -> list[str]:
    """A whole run, silent, its report on standard output."""
    words = [sys.executable, "-m", "preprocess.cli", "run", str(sources), "-o", str(library), "--json"]
    return [*words, "--no-track", "--progress", "none", *more]


def _timed(words: Sequence[str]) -> tuple[float, dict[str, Any]]:
    """How long a run took in seconds, and its report. Raises CalledProcessError where it fails."""
    began_s = time.perf_counter()
    done = subprocess.run(words, check=True, capture_output=True, text=True)  # noqa: S603
    return time.perf_counter() - began_s, json.loads(done.stdout)


def _two_workers(archive: Path, folder: Path, tell: Tell, rounds: int) -> Iterator[Row]:
    took_s: dict[int, list[float]] = {1: [], 2: []}
    for number in range(rounds):
        for jobs in (1, 2):
            tell(f"round {number + 1} of {rounds}, {jobs} worker{'s' if jobs > 1 else ''}")
            library = folder / "library"
            shutil.rmtree(library, ignore_errors=True)
            took_s[jobs].append(_timed(run_command(archive, library, "--jobs", str(jobs)))[0])
    one, two = (min(took_s[jobs]) for jobs in (1, 2))
    note = f"best of {rounds}, interleaved"
    yield Row(SUITE, f"whole run, {archive.name}", "one worker", one, "s", note=note)
    yield Row(SUITE, f"whole run, {archive.name}", "two workers", two, "s", note=note)
    yield Row(SUITE, f"whole run, {archive.name}", "one worker ÷ two", one / two, "×", Bar("≥", 1.7))


def _second_run(folder: Path, tell: Tell, films: int, clips: int) -> Iterator[Row]:
    archive, library = folder / "many", folder / "many-library"
    tell(f"making {films} films")
    for number in range(films):
        small_film(archive / f"film {number:02}.mp4", clips, number)
    words = run_command(archive, library, "--no-mezzanine")
    tell("running for the first time")
    _timed(words)
    before = _touched(library)
    tell("running again")
    took_s, report = _timed(words)
    changed = sum(_touched(library).get(file) != stamp for file, stamp in before.items())
    case = f"second run, {len(list((library / 'clips').iterdir()))} clips"
    yield Row(SUITE, case, "took", took_s, "s", Bar("≤", 5))
    done = sum(report["done"].values())
    yield Row(SUITE, case, "items done", done, "", Bar("≤", 0))
    yield Row(SUITE, case, "clips, thumbnails and strips touched", changed, "", Bar("≤", 0))


def _touched(library: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of change of each file that a clip has."""
    return {
        str(file): (file.stat().st_ino, file.stat().st_mtime_ns)
        for name in ("clips", "thumbnails", "strips")
        for file in (library / name).iterdir()
    }


def _memory(folder: Path, tell: Tell, length_s: int) -> Iterator[Row]:
    tape, library = folder / "tape" / "tape.mp4", folder / "tape-library"
    tell("making a tape")
    make_tape(tape, length_s)
    tell("running over the tape, watching memory")
    process = subprocess.Popen(run_command(tape, library, "--jobs", "1"), stdout=subprocess.DEVNULL)  # noqa: S603
    most = 0
    while process.poll() is None:
        most = max(most, tree_pss(process.pid))
        time.sleep(_LOOK_EVERY_S)
    if process.returncode:
        raise OSError(f"the run over the tape ended with {process.returncode}")
    case = f"a tape of {length_s / 3600:g} h, 640 × 480, one worker"
    yield Row(SUITE, case, "memory, most", most / 1e6, "MB", Bar("≤", 600))


def make_tape(file: Path, length_s: int) -> None:
    """SD video of that length: a minute of shots that drift and jitter over noise, again and again, with sound."""
    file.parent.mkdir(parents=True, exist_ok=True)
    minute = file.with_name("minute.mp4")
    words = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "mandelbrot=s=640x480:r=25:end_scale=0.001"]
    words += [
        "-f",
        "lavfi",
        "-i",
        "anoisesrc=a=0.1:c=pink:r=48000",
        "-t",
        "60",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
    ]
    subprocess.run([*words, "-pix_fmt", "yuv420p", "-c:a", "aac", str(minute)], check=True)  # noqa: S603
    loops = ["ffmpeg", "-v", "error", "-y", "-stream_loop", str(length_s // 60 - 1), "-i", str(minute), "-c", "copy"]
    subprocess.run([*loops, str(file)], check=True)  # noqa: S603


def tree_pss(root: int) -> int:
    """Bytes of memory that a process and all that it started use, shared pages shared out (PSS, as Linux counts it)."""
    parents: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[int(status.parent.name)] = int(fields[1])
    total = 0
    for pid in parents:
        above = pid
        while above not in (root, 0):
            above = parents.get(above, 0)
        if above == root:
            total += _pss(pid)
    return total


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
