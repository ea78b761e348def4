"""Suite `kills`: a run that is killed at 50 instants, three at least in each step, and what the next run makes of it.

Each time a fresh library of a small archive is begun, and SIGKILL sent to the whole process group at a seeded instant
of a step: so many milliseconds after its first or a later item was begun. Then the same command is run to its end. Its
catalogue must pass SQLite's own check and say what that of an undisturbed run says (`preprocess.catalogue.dump`),
its files must be the same, and nothing on its way may be left.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from preprocess.catalogue.dump import dump, files_of
from preprocess.pipeline.steps import STREAMED, WHOLE
from tools.bench.rows import Bar, Options, Row, Tell
from tools.demo_archive import make_archive
from tools.demo_music import make_music

SUITE = "kills"
STEPS = (*STREAMED, *WHOLE)
_INSTANTS = 50
_WITHIN_S = 600.0


@dataclass(frozen=True, slots=True)
class Kill:
    """When to kill: `after_s` after the `nth` beginning of work (from 0) in `step`."""

    step: str
    nth: int
    after_s: float


def kills(count: int, lasted_s: dict[str, float], begun: dict[str, int], seed: int = 1) -> list[Kill]:
    """`count` instants, shared out evenly among the steps, each within the time that the step takes undisturbed."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        step = STEPS[number % len(STEPS)]
        nth = chance.randrange(max(1, begun.get(step, 1)))
        found.append(Kill(step, nth, chance.uniform(0, lasted_s.get(step, 0.05))))
    return found


@dataclass(slots=True)
class Undisturbed:
    """What an undisturbed run was like: how long a piece of work of each step took, and how many there were."""

    lasted_s: dict[str, float]
    begun: dict[str, int]


def command(archive: Path, library: Path, *more: str) -> list[str]:
    """The run that is killed and run again."""
    return [
        *(sys.executable, "-m", "preprocess.cli", "run", str(archive), "-o", str(library), "--progress", "lines"),
        *more,
    ]


def watch(words: Sequence[str]) -> Undisturbed:
    """Run to the end and note what happens when. Raises CalledProcessError where the run fails."""
    process = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)  # noqa: S603
    assert process.stderr is not None
    seen = Undisturbed({}, {})
    open_since: dict[tuple[str, str], float] = {}
    said: list[str] = []
    for line in process.stderr:
        said.append(line)
        event = _event(line)
        if event.get("event") == "began":
            seen.begun[event["step"]] = seen.begun.get(event["step"], 0) + 1
            open_since[event["step"], event["key"]] = time.monotonic()
        elif event.get("event") == "stored":
            lasted_s = time.monotonic() - open_since[event["step"], event["key"]]
            seen.lasted_s[event["step"]] = max(lasted_s, seen.lasted_s.get(event["step"], 0))
    if process.wait():
        raise subprocess.CalledProcessError(process.returncode, list(words), stderr="".join(said[-20:]))
    return seen


def kill_once(words: Sequence[str], kill: Kill) -> bool:
    """Run and kill; whether the run was still going on when it was killed."""
    process = subprocess.Popen(  # noqa: S603
        words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True
    )
    assert process.stderr is not None
    begun = 0
    for line in process.stderr:
        event = _event(line)
        if event.get("event") == "began" and event["step"] == kill.step:
            if begun == kill.nth:
                break
            begun += 1
    else:
        process.wait()
        return False
    time.sleep(kill.after_s)
    going_on = process.poll() is None
    os.killpg(process.pid, signal.SIGKILL) if going_on else None
    process.stderr.close()
    process.wait()
    return going_on


def _event(line: str) -> dict[str, str]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}  # a warning, in words
    return found if isinstance(found, dict) else {}


def state_of(library: Path) -> tuple[list[str], list[str]]:
    """What a library says and has: the lines of its catalogue, and its files but for the reports of runs."""
    connection = sqlite3.connect(f"{(library / 'catalogue.sqlite').absolute().as_uri()}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            raise AssertionError(f"{library}: {verdict}")
        lines = list(dump(connection))
    finally:
        connection.close()
    return lines, [file for file in files_of(library) if not file.startswith("reports/run.")]


def differences(library: Path, as_it_should_be: tuple[list[str], list[str]]) -> list[str]:
    """What of a library differs from what it should be, in lines; none where it is the same."""
    found = state_of(library)
    return [
        f"{mark} {line}"
        for had, have in zip(as_it_should_be, found, strict=True)
        for mark, lines in (("-", sorted(set(had) - set(have))), ("+", sorted(set(have) - set(had))))
        for line in lines
    ]


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """How many of the killed runs came to the same end."""
    count = 5 if options.quick else _INSTANTS
    folder = options.media / "kills"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tell("making the archive")
    archive = small_archive(folder, options.media / "archive")
    tell("running undisturbed")
    more = ("--track", str(folder / "track.flac"))
    undisturbed = watch(command(archive, folder / "undisturbed", *more))
    should_be = state_of(folder / "undisturbed")
    same = hit = 0
    by_step: dict[str, int] = {}
    notes: list[str] = []
    for number, kill in enumerate(kills(count, undisturbed.lasted_s, undisturbed.begun)):
        tell(f"{number + 1} of {count}: killed in {kill.step}")
        library = folder / "killed"
        shutil.rmtree(library, ignore_errors=True)
        words = command(archive, library, *more)
        struck = kill_once(words, kill)
        hit += struck
        by_step[kill.step] = by_step.get(kill.step, 0) + struck
        subprocess.run(words, check=True, capture_output=True, timeout=_WITHIN_S)  # noqa: S603
        differs = differences(library, should_be)
        same += not differs
        if differs:
            notes.append(f"{kill}: {differs[0][:200]}")
    bar = None if options.quick else Bar("≥", count)
    yield Row(SUITE, f"killed at {count} instants", "libraries the same", same, "", bar, "; ".join(notes[:3]))
    fewest = min(by_step.get(step, 0) for step in STEPS)
    note = ", ".join(f"{step} {by_step.get(step, 0)}" for step in STEPS)
    bar = None if options.quick else Bar("≥", 3)
    yield Row(SUITE, "runs struck while they went on", "fewest in a step", fewest, "", bar, note)


def small_archive(folder: Path, whole: Path) -> Path:
    """The three smallest films of the demo's archive (kept in `whole`), a rotten one, and a track beside."""
    make_archive(whole, whole.with_suffix(".json"))
    make_music(folder)
    archive = folder / "archive"
    archive.mkdir()
    for file in sorted(whole.iterdir(), key=lambda path: (path.stat().st_size, path.name))[:3]:
        shutil.copyfile(file, archive / file.name)
    (archive / "rotten.mp4").write_bytes(b"no film")
    return archive
