"""Cold files: telling the system to forget them, and whether it did."""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import resource

_FORGET_EVERY_S = 0.05
_PROBES = 8


def forget(fd: int) -> bool:
    """Ask the system to drop what it holds of an open file; False where there is no way to ask."""
    if not hasattr(os, "posix_fadvise"):
        return False
    with suppress(OSError):  # a read-only file system: there is nothing of it to write back
        os.fsync(fd)  # pages not yet written cannot be dropped
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    return True


def held_in_memory(fd: int) -> bool | None:
    """Whether any of a few places of an open file is in the page cache; None where the system does not say.

    Linux answers a read that may not wait with EAGAIN where it would have to go to the disk.
    """
    if not hasattr(os, "RWF_NOWAIT"):
        return None
    size, place = os.fstat(fd).st_size, bytearray(1)
    for number in range(_PROBES):
        try:
            if os.preadv(fd, [place], size * number // _PROBES, os.RWF_NOWAIT):
                return True
        except OSError as error:
            if error.errno != errno.EAGAIN:
                return None
    return False


@contextmanager
def forgotten(file: Path) -> Iterator[None]:
    """Within the block a thread has the system forget `file` again and again."""
    over = threading.Event()
    fd = os.open(file, os.O_RDONLY)

    def run() -> None:
        while not over.wait(_FORGET_EVERY_S):
            forget(fd)

    thread = threading.Thread(target=run, name="forget", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        os.close(fd)


def storage_bytes_read() -> int | None:
    """Bytes that this process has made the system fetch from disks so far; None where it does not say."""
    try:
        lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("read_bytes:")), None)


def major_faults() -> int:
    """Page faults of this process so far that had to wait for a disk; 0 on Windows, which does not count them."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_majflt if sys.platform != "win32" else 0
