"""Which CPU a thread may run on, where the system lets a thread say so (Linux).

A scheduler that wakes a thread likes to put it where the one that woke it runs, since their memory is warm there. For
two threads that decode halves of one frame that is the worst place: on two idle cores half of the frames were decoded
by both threads in turn on one core, and took 1.1 × the time of a frame decoded whole.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys


@functools.cache
def _process_cpus() -> frozenset[int]:
    """The CPUs that this process may use; empty where nothing is to be said about them."""
    if sys.platform != "linux" or _libc() is None:
        return frozenset()
    return frozenset(os.sched_getaffinity(0))


@functools.cache
def _libc() -> ctypes.CDLL | None:
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "sched_getcpu") else None


def keep_off_this_cpu(thread_id: int) -> None:
    """Let the thread (a native id of this process) run on any CPU but the one that the caller runs on now.

    Does nothing where there is one CPU only, or no way to say so.
    """
    libc, cpus = _libc(), _process_cpus()
    if sys.platform != "linux" or libc is None or len(cpus) < 2:
        return
    os.sched_setaffinity(thread_id, cpus - {libc.sched_getcpu()})


def run_anywhere() -> None:
    """Let the calling thread run on any CPU of the process again."""
    cpus = _process_cpus()
    if sys.platform == "linux" and len(cpus) >= 2:
        os.sched_setaffinity(0, cpus)
