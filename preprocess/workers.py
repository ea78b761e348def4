"""Conversions in processes of their own: one a source, so that a decoder that crashes takes no other source along."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType

from engine.errors import OutputError
from preprocess.convert import Job, Outcome, convert

_STOP_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: `done` of about `total` frames."""

    job: Job
    done: int
    total: int


def run_jobs(jobs: Sequence[Job], count: int) -> Iterator[Progress | Outcome]:
    """Run the jobs, `count` at a time, in the order given; yields what happens as it happens.

    Each job ends in one Outcome; a worker that dies gives a quarantined one. Raises OutputError where a clip
    cannot be written (a full disk). However the iterator ends, no worker outlives it. Main thread.
    """
    waiting = list(reversed(jobs))
    running: dict[Connection, tuple[Job, BaseProcess]] = {}
    with _ended(running):
        while waiting or running:
            while waiting and len(running) < count:
                job = waiting.pop()
                pipe, process = _start(job)
                running[pipe] = job, process
            for ready in wait(list(running)):
                assert isinstance(ready, Connection)
                yield from _heard(ready, running)


def _heard(pipe: Connection, running: dict[Connection, tuple[Job, BaseProcess]]) -> Iterator[Progress | Outcome]:
    job, process = running[pipe]
    try:
        message = pipe.recv()
    except EOFError:
        process.join()
        message = _crashed(job, process.exitcode)
    if isinstance(message, tuple):
        yield Progress(job, *message)
        return
    del running[pipe]
    pipe.close()
    process.join()
    if isinstance(message, OutputError):
        raise message
    assert isinstance(message, Outcome)
    yield message


def _crashed(job: Job, exit_code: int | None) -> Outcome:
    how = f"signal {-exit_code}" if exit_code is not None and exit_code < 0 else f"exit code {exit_code}"
    reason = f"reading it crashed the worker ({how})"
    mend = "turn it into another format with another program first"
    return Outcome(replace(job.source, settings=job.settings.hash, verdict="quarantined", reason=reason, mend=mend))


@contextmanager
def _ended(running: dict[Connection, tuple[Job, BaseProcess]]) -> Iterator[None]:
    """End every worker that still runs when the block is left."""
    try:
        yield
    finally:
        for _, process in running.values():
            process.terminate()
        deadline = time.monotonic() + _STOP_WITHIN_S
        for pipe, (_, process) in running.items():
            process.join(max(0.0, deadline - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()
            pipe.close()


def _start(job: Job) -> tuple[Connection, BaseProcess]:
    context = _context()
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(job, sending), name=f"convert {job.source.base}", daemon=True)
    process.start()
    sending.close()  # else the end of the worker would not end the pipe
    return receiving, process


def _context() -> multiprocessing.context.ForkServerContext | multiprocessing.context.SpawnContext:
    """Fork server where there is one: it has the imports done, so that a worker starts in milliseconds."""
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["preprocess.convert"])
    return context


def _work(job: Job, pipe: Connection) -> None:
    """The worker's whole life. Ends when told to, when done, or when nobody listens any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the coordinator decides
    signal.signal(signal.SIGTERM, _leave)
    # PyAV's logging stays off, as it is on import. Any level that is set installs a callback that takes the
    # interpreter lock on decoder threads, and closing a decoder while holding that lock then waits for ever.
    try:
        outcome: Outcome | OutputError = convert(job, lambda done, total: pipe.send((done, total)))
    except BrokenPipeError:
        return  # the coordinator is gone, killed perhaps; the next build clears the work folder
    except OutputError as error:
        outcome = error
    except Exception as error:  # a mistake of ours on one source must not stop the others: reported as its reason
        traceback.print_exc()
        reason = f"internal error: {type(error).__name__}: {error}"
        bad = replace(job.source, settings=job.settings.hash, verdict="quarantined", reason=reason)
        outcome = Outcome(replace(bad, mend="please report it with the file"))
    pipe.send(outcome)


def _leave(signal_number: int, frame: FrameType | None) -> None:
    """On SIGTERM, leave through every `finally`, so that an encoder program that was started is ended too."""
    sys.exit(128 + signal_number)
