"""`runtime-preprocess run`, killed and stopped: the next run completes, and comes to what an undisturbed one does."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.archive_support import track
from tests.film_support import REPOSITORY
from tools.bench.kills import State, command, differences, state_of
from tools.bench.small_films import small_film

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills by POSIX signals")

_WITHIN_S = 120.0

# Runs the command, and kills its process group before the instant of that number: each change of a file's name, each
# file that the coordinator opens to write, and each COMMIT, in the library. Prints how many there were otherwise.
_DRIVER = """
import os, signal, sqlite3, sys
library, strike = sys.argv[1], int(sys.argv[2])
del sys.argv[1:3]
reached = 0
def instant():
    global reached
    if reached == strike:
        os.killpg(0, signal.SIGKILL)
    reached += 1
def said(sql):
    if sql == "COMMIT":
        instant()
def heard(event, arguments):
    if event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "open"):
        writes = event != "open" or arguments[2] is not None and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if writes and str(arguments[0]).startswith(library):
            instant()
def connected(*arguments, **more):
    connection = connect(*arguments, **more)
    connection.set_trace_callback(said)
    return connection
connect, sqlite3.connect = sqlite3.connect, connected
sys.addaudithook(heard)
from preprocess.cli import main
code = main()
print("instants", reached)
sys.exit(code)
"""


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    small_film(folder / "archive" / "sound.mp4", 2, 1, sound=True)
    film = small_film(folder / "archive" / "silent.mkv", 1, 2)
    shutil.copyfile(film, folder / "archive" / "copy.mkv")
    (folder / "archive" / "rotten.mp4").write_bytes(b"no film")
    track(folder / "track.flac", [number * 0.5 for number in range(20)], 10)
    return folder


@pytest.fixture(scope="module")
def undisturbed(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[State, int]:
    """What an undisturbed run comes to, and how many instants it has."""
    library = tmp_path_factory.mktemp("undisturbed") / "library"
    done = _driven(sources, library, -1)
    return state_of(library), int(done.stdout.rpartition("instants ")[2])


def run(sources: Path, library: Path) -> list[str]:
    return command(sources / "archive", library, "--track", str(sources / "track.flac"), "--jobs", "2")


def _driven(sources: Path, library: Path, strike: int) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", _DRIVER, str(library), str(strike), *run(sources, library)[3:]]
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=_WITHIN_S, start_new_session=True, cwd=REPOSITORY, check=False
    )
    assert done.returncode == (-signal.SIGKILL if strike >= 0 else 0), done.stderr[-2000:]
    return done


def _completed(words: Sequence[str]) -> None:
    subprocess.run(words, check=True, capture_output=True, timeout=_WITHIN_S, cwd=REPOSITORY)


def _goes_on_to_the_same(sources: Path, library: Path, state: State) -> None:
    _completed(run(sources, library))
    assert differences(library, state) == []


@pytest.mark.parametrize("part", [0.55, 0.9])
def test_after_a_kill_the_next_run_comes_to_the_same(
    part: float, sources: Path, undisturbed: tuple[State, int], tmp_path: Path
) -> None:
    state, instants = undisturbed
    _driven(sources, tmp_path / "library", int(instants * part))
    _goes_on_to_the_same(sources, tmp_path / "library", state)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(6))
def test_killed_before_any_change_of_the_disk_the_next_run_comes_to_the_same(
    part: int, sources: Path, undisturbed: tuple[State, int], tmp_path: Path
) -> None:
    state, instants = undisturbed
    strike = int(instants * (part + random.Random(part).random()) / 6)
    _driven(sources, tmp_path / "library", strike)
    _goes_on_to_the_same(sources, tmp_path / "library", state)


@pytest.mark.slow
def test_killed_again_and_again_it_comes_to_the_same(
    sources: Path, undisturbed: tuple[State, int], tmp_path: Path
) -> None:
    for strike in (9, 21, 13, 30):
        _driven(sources, tmp_path / "library", strike)
    _goes_on_to_the_same(sources, tmp_path / "library", undisturbed[0])


def _started(words: Sequence[str]) -> subprocess.Popen[str]:
    """The run, once one of its workers has ended its first piece of work and the others go on."""
    process = subprocess.Popen(
        words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True, cwd=REPOSITORY
    )
    assert process.stderr is not None
    for line in process.stderr:
        if '"event": "stored"' in line:
            return process
    raise AssertionError(f"it ended with {process.wait()}")


def _group(leader: int) -> list[str]:
    """The processes of a group that are alive, by their names."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = status.read_text().rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue
        state, _, group = rest.split()[:3]
        if int(group) == leader and state != "Z":
            found.append(name)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in Linux' /proc")
def test_no_worker_outlives_a_killed_coordinator(sources: Path, undisturbed: tuple[State, int], tmp_path: Path) -> None:
    process = _started(run(sources, tmp_path / "library"))
    assert len(_group(process.pid)) > 2, "the coordinator and its workers"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=_WITHIN_S)  # until the last process that has its standard error is gone
    until_s = time.monotonic() + 10
    while _group(process.pid):
        assert time.monotonic() < until_s, _group(process.pid)
    _goes_on_to_the_same(sources, tmp_path / "library", undisturbed[0])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_it_says_so_and_leaves_nothing_on_its_way(
    number: signal.Signals, code: int, sources: Path, undisturbed: tuple[State, int], tmp_path: Path
) -> None:
    process = _started(run(sources, tmp_path / "library"))
    os.killpg(process.pid, number)
    said = process.communicate(timeout=_WITHIN_S)[1]
    assert process.returncode == code, said
    assert "the same command goes on from there" in said
    assert "Traceback" not in said
    assert not list((tmp_path / "library").glob(".*"))
    assert not (tmp_path / "library" / "catalogue.sqlite-wal").exists()
    _goes_on_to_the_same(sources, tmp_path / "library", undisturbed[0])
