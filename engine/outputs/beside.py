"""Files that are written beside their final name and renamed when they are whole.

A run that is killed leaves at most a hidden `.NAME.PID.partial` file, never half a file under the final name.
"""

from __future__ import annotations

import contextlib
import glob
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from engine.errors import OutputError


def check_output_path(path: Path, *, overwrite: bool = False) -> None:
    """Refuse a path that exists (unless `overwrite`) or whose folder is absent or takes no files.

    Raises OutputError; writes nothing that stays. Any thread. To be called before the work begins.
    """
    _refuse_existing(path, overwrite)
    if not path.parent.is_dir():
        raise OutputError("its folder does not exist", subject=path, mend=f"Make it first: mkdir -p '{path.parent}'")
    try:  # asking for rights is not enough: a read-only disk grants them, and root has them all
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise OutputError(
            f"its folder cannot be written ({error.strerror})", subject=path, mend="Name a folder that can be written."
        ) from error


def beside(path: Path) -> Path:
    """The hidden name beside `path` under which this process writes it. The same folder, so renaming is atomic."""
    return path.with_name(f".{path.name}.{os.getpid()}.partial")


def clear_left_behind(path: Path) -> None:
    """Remove what runs that were killed left beside `path`; what a living process writes there stays. Any thread."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):
        process = left.name.removesuffix(".partial").rpartition(".")[2]
        if process.isdecimal() and not _is_running(int(process)):
            left.unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    if sys.platform == "win32":
        return True  # signal 0 would end it there
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def put_in_place(partial: Path, path: Path, *, overwrite: bool = False) -> None:
    """Flush `partial` to the disk and give it its final name in one step. Any thread.

    Raises OutputError where that fails, or where somebody made `path` meanwhile and `overwrite` is false;
    `partial` is gone then.
    """
    try:
        _refuse_existing(path, overwrite)
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise OutputError(
            f"cannot be put in place ({error.strerror})", subject=path, mend="Make room, or name another folder."
        ) from error
    except OutputError:
        partial.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def _refuse_existing(path: Path, overwrite: bool) -> None:
    if path.is_dir():
        raise OutputError("is a folder", subject=path, mend="Name a file inside it.")
    if path.exists() and not path.is_file():
        raise OutputError("is not an ordinary file", subject=path, mend="Name a file.")
    if path.exists() and not overwrite:
        raise OutputError("exists already", subject=path, mend="Choose another name, or say --overwrite.")


def _flush_folder(folder: Path) -> None:
    # A folder cannot be opened on Windows, and some network disks refuse to flush one: the rename stands anyway.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def check_apart(outputs: Sequence[Path | None], inputs: Sequence[Path | None]) -> None:
    """Refuse an output that is another output or an input, under whatever name. Raises OutputError; writes nothing."""
    taken = {path.resolve() for path in inputs if path is not None}
    for path in outputs:
        if path is None:
            continue
        if path.resolve() in taken:
            raise OutputError(
                "is named twice, or is read as well", subject=path, mend="Give each file a name of its own."
            )
        taken.add(path.resolve())
