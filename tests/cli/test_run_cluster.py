"""`runtime-preprocess run --scheduler`: the same library from a real Dask cluster, whatever happens to its workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.film_support import REPOSITORY
from tools.bench.kills import State, command, differences, state_of
from tools.bench.small_films import small_film

pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="ends processes by POSIX signals"),
]

_WITHIN_S = 180.0


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    for number in range(3):
        small_film(folder / f"{number}.mp4", 3, number, sound=number == 1)
    (folder / "rotten.mp4").write_bytes(b"no film")
    return folder


@pytest.fixture(scope="module")
def at_home(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> State:
    """What processes of this machine come to."""
    library = tmp_path_factory.mktemp("home") / "library"
    subprocess.run(_run(archive, library), check=True, capture_output=True, timeout=_WITHIN_S, cwd=REPOSITORY)
    return state_of(library)


def _run(archive: Path, library: Path, *more: str) -> list[str]:
    return command(archive, library, "--no-track", *more)


@contextmanager
def _process(words: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + words[0], *words[1:]],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        cwd=REPOSITORY,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


@contextmanager
def _scheduler(folder: Path) -> Iterator[str]:
    """A scheduler's address."""
    file = folder / "scheduler"
    words = ("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--pid-file", str(file))
    with _process(words) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "Scheduler at:" in line:
                yield line.split()[-1]
                return
        raise AssertionError("no scheduler")


@contextmanager
def _worker(address: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A worker of one thread, once it is known to the scheduler. Without a nanny: what ends it, ends it."""
    words = (
        "dask_worker",
        address,
        "--nthreads",
        "1",
        "--no-nanny",
        "--no-dashboard",
        "--local-directory",
        str(folder),
    )
    with _process(words) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "Registered to" in line:
                yield process
                return
        raise AssertionError("no worker")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """A scheduler's address, and its two workers."""
    with ExitStack() as stack:
        address = stack.enter_context(_scheduler(tmp_path))
        yield address, [stack.enter_context(_worker(address, tmp_path / str(number))) for number in range(2)]


def test_a_cluster_comes_to_what_this_machine_alone_does(
    archive: Path, at_home: State, cluster: tuple[str, list[subprocess.Popen[str]]], tmp_path: Path
) -> None:
    library = tmp_path / "library"
    _ended(_run(archive, library, "--scheduler", cluster[0]), 0)
    assert differences(library, at_home) == []


def test_a_worker_that_is_killed_costs_a_second_try_and_nothing_else(
    archive: Path, at_home: State, cluster: tuple[str, list[subprocess.Popen[str]]], tmp_path: Path
) -> None:
    address, workers = cluster
    library = tmp_path / "library"
    said = _ended(_run(archive, library, "--scheduler", address), 0, at='"stored", "step": "split"', do=workers[0].kill)
    assert workers[0].wait(_WITHIN_S) == -signal.SIGKILL
    assert differences(library, at_home) == [], said


def test_a_cluster_that_is_lost_ends_the_run_which_goes_on_at_home(
    archive: Path, at_home: State, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    with _scheduler(tmp_path) as address, ExitStack() as stack:
        worker = stack.enter_context(_worker(address, tmp_path / "worker"))
        scheduler = int((tmp_path / "scheduler").read_text())

        def lose() -> None:
            os.kill(scheduler, signal.SIGKILL)
            worker.kill()

        said = _ended(_run(archive, library, "--scheduler", address), 2, at='"stored", "step": "split"', do=lose)
    assert "the same command goes on from there" in said
    _ended(_run(archive, library), 0)
    assert differences(library, at_home) == []


def test_a_scheduler_without_workers_is_told_of(archive: Path, tmp_path: Path) -> None:
    with _scheduler(tmp_path) as address:
        said = _ended(_run(archive, tmp_path / "library", "--scheduler", address), 2)
    assert "the scheduler has no worker" in said
    assert f"dask worker {address}" in said


def _ended(words: Sequence[str], code: int, at: str = "", do: Callable[[], None] = lambda: None) -> str:
    """What a run said until it ended with `code`; `do` is done when it says `at`."""
    process = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=REPOSITORY)
    assert process.stderr is not None
    said, done, began_s = "", not at, time.monotonic()
    for line in process.stderr:
        said += line
        if not done and at in line:
            done = True
            do()
    assert process.wait(_WITHIN_S) == code, said
    assert done, f"never said {at}: {said}"
    assert time.monotonic() - began_s < _WITHIN_S
    process.stderr.close()
    return said
