"""Where work is done: processes on this machine, or the workers of a Dask cluster; both as `concurrent.futures`.

A worker that crashes (decoders do, on rotten files) costs the one work item that it had. A worker never outlives
the coordinator, whatever ended that.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import pickle
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

from pebble import ProcessExpired, ProcessPool

from engine.errors import DeviceError, RuntimeShowError, SourceError
from engine.formats.library_schema import CATALOGUE
from preprocess.pipeline.step import failed_by

_CONNECT_WITHIN_S = 20
_STOP_WITHIN_S = 5.0
_KILLED, _TERMINATED = 9, 15
_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux's prctl(2)
_LONGEST_WORD = 1 << 18  # bytes; many systems let less through at once

__all__ = [
    "Finished",
    "ProcessExpired",
    "WentOn",
    "Workers",
    "cluster",
    "how_it_ended",
    "is_killed_worker",
    "local_workers",
    "was_ended",
]


@dataclass(frozen=True, slots=True)
class WentOn:
    """A worker tells how far an item is."""

    key: str
    done: float
    total: float


@dataclass(frozen=True, slots=True)
class Finished:
    """A worker tells the result of one item of several, while it goes on with the next: that of `number`'s `place`."""

    number: int
    place: int
    result: Any


class Workers:
    """An executor and what the runner has to know of it. Main thread.

    `count` is how many items are worked on at once. `hears` is the line on which workers tell of what they do; on a
    cluster there is none.
    """

    def __init__(self, executor: Executor, count: int, hears: socket.socket | None = None) -> None:
        self.executor = executor
        self.count = count
        self._hears = hears

    def submit(self, work: Callable[..., Any], jobs: Sequence[Any], keys: Sequence[str]) -> Future[Any]:
        """Have `work(jobs, tell)` done."""
        return self.executor.submit(_worked, work, list(jobs), keys[0])

    def submit_in_turn(
        self, work: Callable[..., Any], jobs: Sequence[Any], keys: Sequence[str], number: int
    ) -> Future[dict[int, Any]]:
        """Have `work([job], tell)` done for each job in order, by one worker.

        Each result is told as `Finished` as soon as it is there, or else is in the future's, by its place. An error
        of one job is its result (`failed_by`), but for one that would be the same for every job: that ends them all.
        """
        return self.executor.submit(_worked_in_turn, work, list(jobs), list(keys), number)

    def heard(self) -> Iterator[WentOn | Finished]:
        """What workers told since the last call; never waits. Once a future is done, all that was told before is."""
        if self._hears is None:
            return
        while True:
            try:
                yield pickle.loads(self._hears.recv(_LONGEST_WORD))  # noqa: S301 - a pair of sockets with our workers
            except BlockingIOError:
                return


@contextmanager
def local_workers(count: int, modules: Sequence[str]) -> Iterator[Workers]:
    """`count` processes of this machine, begun from a server that has `modules` imported (where there is one).

    However the block is left, no worker outlives it.
    """
    context = _context(modules)
    hears, tells = _progress_line()
    listens, holds = context.Pipe(duplex=False)
    pool = ProcessPool(count, initializer=_begin, initargs=(listens, tells), context=context)
    try:
        yield Workers(_PoolExecutor(pool), count, hears)
        pool.close()
    finally:
        pool.stop()
        pool.join(_STOP_WITHIN_S)
        for end in (holds, listens, hears, tells):
            if end is not None:
                end.close()


def how_it_ended(error: ProcessExpired) -> str:
    """How a worker of this machine ended."""
    code = error.exitcode
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def was_ended(error: ProcessExpired) -> bool:
    """Whether somebody ended a worker of this machine, such as a system that ran out of memory."""
    return error.exitcode in (-_KILLED, -_TERMINATED, 128 + _TERMINATED)


def is_killed_worker(error: Exception) -> bool:
    """Whether a cluster says that all workers that tried a piece of work were lost."""
    return type(error).__module__.startswith("distributed.") and type(error).__name__ == "KilledWorker"


@contextmanager
def cluster(address: str, folder: Path) -> Iterator[Workers]:
    """The workers of the Dask scheduler at `address`, such as tcp://10.0.0.5:8786. They share the disk of `folder`.

    Raises DeviceError where the extra [cluster] is not installed, no scheduler or worker answers, or a worker has
    another version of preprocess or does not see the library in `folder`.
    """
    try:
        from distributed import Client  # noqa: PLC0415 - an extra
    except ImportError as error:
        mend = "pip install 'runtime-engine[cluster]', or leave --scheduler out"
        raise DeviceError("a cluster needs Dask's distributed", subject=address, mend=mend) from error
    try:
        client = Client(address, timeout=_CONNECT_WITHIN_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        mend = "start one with `dask scheduler` and `dask worker`, on machines that see the library's folder"
        raise DeviceError(f"no Dask scheduler answers ({error})", subject=address, mend=mend) from error
    with client:
        count = sum(client.nthreads().values())
        if not count:
            raise DeviceError("the scheduler has no worker", subject=address, mend=f"start `dask worker {address}`")
        _check_workers(client, address, folder)
        yield Workers(client.get_executor(pure=False, retries=0), count)


def _check_workers(client: Any, address: str, folder: Path) -> None:
    """Ask every worker for its version and for the library. Raises DeviceError, with all that do not fit."""
    here = _about(str(folder))
    wrong = []
    for worker, answer in client.run(_about, str(folder), on_error="return").items():
        if isinstance(answer, BaseException):
            wrong.append(f"{worker} cannot run preprocess ({answer})")
        elif answer[0] != here[0]:
            wrong.append(f"{worker} has version {answer[0]}, this machine {here[0]}")
        elif not answer[1]:
            wrong.append(f"{worker} does not see {folder}")
    if wrong:
        mend = "install the same runtime-engine on all of them, and share the folder under the same path"
        raise DeviceError("workers do not fit: " + "; ".join(sorted(wrong)), subject=address, mend=mend)


def _about(folder: str) -> tuple[str, bool]:
    """What a worker says of itself: its version of preprocess, and whether it sees the library."""
    return version("runtime-engine"), (Path(folder) / CATALOGUE).is_file()


class _PoolExecutor(Executor):
    """A pebble pool by the interface of `concurrent.futures`: that library's own pool breaks when a worker crashes."""

    def __init__(self, pool: ProcessPool) -> None:
        self._pool = pool

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = self._pool.schedule(fn, args=args, kwargs=kwargs)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if cancel_futures:
            self._pool.stop()
        else:
            self._pool.close()
        if wait:
            self._pool.join()


def _context(modules: Sequence[str]) -> Any:
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, *modules])
    return context


def _progress_line() -> tuple[socket.socket | None, socket.socket | None]:
    """A line for words of many workers, none of which is torn when its worker dies; None where there is none."""
    if not hasattr(socket, "AF_UNIX"):
        return None, None
    hears, tells = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    hears.setblocking(False)
    tells.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LONGEST_WORD // 2)  # Linux doubles it
    return hears, tells


# In the worker

_tells: socket.socket | None = None


def _begin(coordinator: Connection, tells: socket.socket | None) -> None:
    """A worker's first act."""
    global _tells  # noqa: PLW0603 - a process of its own
    _tells = tells
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the coordinator decides
    signal.signal(signal.SIGTERM, _leave)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    threading.Thread(target=_end_with, args=(coordinator,), name="coordinator-watch", daemon=True).start()


def _leave(signal_number: int, frame: FrameType | None) -> None:
    """On SIGTERM, leave through every `finally`, so that an encoder program that was started is ended too."""
    sys.exit(128 + signal_number)


def _end_with(coordinator: Connection) -> None:
    """End this process when the coordinator's end of the pipe closes: a killed coordinator leaves no worker behind."""
    try:
        coordinator.recv()
    except (EOFError, OSError):
        os._exit(1)


def _worked(work: Callable[..., Any], jobs: list[Any], key: str) -> Any:
    def tell(done: float, total: float) -> None:
        _said(WentOn(key, done, total), waits=False)

    return work(jobs, tell)


def _worked_in_turn(work: Callable[..., Any], jobs: list[Any], keys: list[str], number: int) -> dict[int, Any]:
    """The results that could not be told."""
    untold: dict[int, Any] = {}
    for place, (job, key) in enumerate(zip(jobs, keys, strict=True)):
        result: Any
        try:
            (result,) = _worked(work, [job], key)
        except SourceError as error:
            result = failed_by(error)
        except RuntimeShowError:
            raise
        except Exception as error:
            result = failed_by(error)
        if not _said(Finished(number, place, result), waits=True):
            untold[place] = result
    return untold


def _said(word: WentOn | Finished, *, waits: bool) -> bool:
    """Tell the coordinator; whether it will hear it. How far an item is may be lost, a result may be too long."""
    if _tells is None:
        return False
    try:
        _tells.send(pickle.dumps(word), 0 if waits else socket.MSG_DONTWAIT)
    except OSError:  # nobody has read the last words yet, or the line does not take so many
        return False
    return True
