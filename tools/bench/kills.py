"""Suite `kills`: a run that is killed at 50 instants, three at least in each step, and what the next run makes of it.

Each time a fresh library of a small archive is begun by two workers, and SIGKILL sent to the whole process group at a
seeded instant within a step: so many milliseconds after its first or a later piece of work was begun. A kill counts
only if that piece was not stored yet; where it came too late (some steps take milliseconds) it is tried again, sooner.
Then the same command is run to its end. Its catalogue must pass SQLite's own check and say what that of an
undisturbed run of one worker says (`preprocess.catalogue.dump`), its files must be the same, and nothing on its way
may be left.
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
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from preprocess.catalogue.dump import dump, files_of
from preprocess.pipeline.steps import STREAMED, WHOLE
from tools.bench.rows import Bar, Options, Row, Tell
from tools.bench.small_films import small_film
from tools.demo_music import make_music

SUITE = "kills"
STEPS = (*STREAMED, *WHOLE)
_INSTANTS, _QUICK_INSTANTS = 50, 1
_MOST_TRIES = 8  # each sooner after the work began
_WITHIN_S = 600.0

State = tuple[list[str], list[str]]


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
        step = STEPS[number * len(STEPS) // min(count, len(STEPS)) % len(STEPS)]
        nth = chance.randrange(begun[step])
        found.append(Kill(step, nth, chance.uniform(0, lasted_s[step])))
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
    """Run and kill; whether the piece of work was still under way when it was."""
    process = subprocess.Popen(  # noqa: S603
        words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True
    )
    assert process.stderr is not None
    begun, under_way = 0, ("", "")
    with process.stderr:
        for line in process.stderr:
            event = _event(line)
            if event.get("event") == "began" and event["step"] == kill.step:
                if begun == kill.nth:
                    under_way = event["step"], event["key"]
                    time.sleep(kill.after_s)
                    os.killpg(process.pid, signal.SIGKILL)
                    break
                begun += 1
        stored = {(event["step"], event["key"]) for event in map(_event, process.stderr) if _is_stored(event)}
    process.wait()
    return under_way[0] == kill.step and under_way not in stored


def _event(line: str) -> dict[str, str]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}  # a warning, in words, or half a line
    return found if isinstance(found, dict) else {}


def _is_stored(event: dict[str, str]) -> bool:
    return event.get("event") == "stored"


def state_of(library: Path) -> State:
    """What a library says and has: the lines of its catalogue, and its files but for the reports of runs."""
    connection = sqlite3.connect(f"{(library / 'catalogue.sqlite').absolute().as_uri()}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
        on_its_way = [f"on its way: {tuple(row)}" for row in connection.execute("SELECT * FROM arrivals")]
        lines = [f"integrity_check: {verdict}", *on_its_way, *dump(connection)]
    finally:
        connection.close()
    return lines, [file for file in files_of(library) if not file.startswith("reports/run.")]


def differences(library: Path, as_it_should_be: State) -> list[str]:
    """What of a library differs from what it should be, in lines; none where it is the same."""
    found = state_of(library)
    return [
        f"{mark} {line}"
        for had, have in zip(as_it_should_be, found, strict=True)
        for mark, lines in (("-", (Counter(had) - Counter(have))), ("+", (Counter(have) - Counter(had))))
        for line in sorted(lines)
    ]


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """How many of the killed runs came to the same end."""
    count = _QUICK_INSTANTS if options.quick else _INSTANTS
    folder = options.media / "kills"
    shutil.rmtree(folder, ignore_errors=True)
    tell("making the archive")
    archive, track = small_archive(folder)
    library, should_be_there = folder / "library", folder / "undisturbed"  # a show bears its library's name
    words = command(archive, library, "--track", str(track), "--jobs", "2")
    tell("running undisturbed")
    undisturbed = watch([*words[:-1], "1"])
    should_be = state_of(library)
    library.rename(should_be_there)
    assert should_be[0][0] == "integrity_check: ok", should_be[0][0]
    same, late = 0, 0
    struck: Counter[str] = Counter()
    notes: list[str] = []
    for number, wanted in enumerate(kills(count, undisturbed.lasted_s, undisturbed.begun)):
        tell(f"{number + 1} of {count}: killed in {wanted.step}")
        kill, hit = _kill(words, library, wanted)
        late += not hit
        struck[kill.step] += hit
        subprocess.run(words, check=True, capture_output=True, timeout=_WITHIN_S)  # noqa: S603
        differs = differences(library, should_be)
        same += not differs
        if differs:
            notes.append(f"{kill}: {differs[0][:200]} … {len(differs)} lines")
            library.rename(folder / f"differs-{number}")
    bar = None if options.quick else Bar("≥", count)
    yield Row(SUITE, f"killed at {count} instants", "libraries the same", same, "", bar, "; ".join(notes[:3]))
    bar = None if options.quick else Bar("≥", 3)
    note = ", ".join(f"{step} {struck[step]}" for step in STEPS) + f"; too late {late}"
    yield Row(
        SUITE, "killed before the work was stored", "fewest in a step", min(struck[s] for s in STEPS), "", bar, note
    )


def _kill(words: Sequence[str], library: Path, kill: Kill) -> tuple[Kill, bool]:
    """Kill a run of a fresh library, sooner each time that the kill came too late; the kill, and whether it hit."""
    for _ in range(_MOST_TRIES):
        shutil.rmtree(library, ignore_errors=True)
        if kill_once(words, kill):
            return kill, True
        kill = replace(kill, after_s=kill.after_s / 2)
    return kill, False


def small_archive(folder: Path) -> tuple[Path, Path]:
    """Two small films, one with sound, a copy of the other, and a rotten one; and the track of the show."""
    archive = folder / "archive"
    small_film(archive / "sound.mp4", 3, 1, sound=True)
    film = small_film(archive / "silent.mkv", 2, 2)
    shutil.copyfile(film, archive / "copy of silent.mkv")
    (archive / "rotten.mp4").write_bytes(b"no film")
    make_music(folder)
    return archive, folder / "track.flac"
