"""Where work is done: processes on this machine, or the workers of a Dask cluster; both as `concurrent.futures`.

A worker that crashes (decoders do, on rotten files) costs the one work item that it had. A worker never outlives
the coordinator, whatever ended that.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

from pebble import ProcessExpired, ProcessPool

from engine.errors import DeviceError
from engine.formats.library_schema import CATALOGUE

_CONNECT_WITHIN_S = 20
_STOP_WITHIN_S = 5.0
_KILLED, _TERMINATED = 9, 15
_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux's prctl(2)

__all__ = ["ProcessExpired", "Workers", "cluster", "how_it_ended", "is_killed_worker", "local_workers", "was_ended"]


class Workers:
    """An executor and what the runner has to know of it. Main thread.

    `count` is how many items are worked on at once. `progress` gives (item key, done, total) as workers tell it;
    telling is lossy, and on a cluster nothing comes.
    """

    def __init__(self, executor: Executor, count: int, progress: socket.socket | None = None) -> None:
        self.executor = executor
        self.count = count
        self._progress = progress

    def submit(self, work: Callable[..., Any], jobs: Sequence[Any], keys: Sequence[str]) -> Future[Any]:
        """Have `work(jobs, tell)` done."""
        return self.executor.submit(_worked, work, list(jobs), keys[0])

    def heard(self) -> Iterator[tuple[str, float, float]]:
        """What workers told of their progress since the last call; never waits."""
        if self._progress is None:
            return
        while True:
            try:
                key, done, total = self._progress.recv(4096).decode().rsplit("\t", 2)
            except BlockingIOError:
                return
            yield key, float(done), float(total)


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
    """A line that loses words rather than hold anybody up; None where there are no such sockets."""
    if not hasattr(socket, "AF_UNIX"):
        return None, None
    hears, tells = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    hears.setblocking(False)
    tells.setblocking(False)
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
        if _tells is not None:
            try:
                _tells.send(f"{key}\t{done}\t{total}".encode())
            except (BlockingIOError, ConnectionError):
                return  # nobody has read the last words yet

    return work(jobs, tell)
