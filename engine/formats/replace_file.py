"""Files replaced whole: written beside their name, flushed, renamed."""

from __future__ import annotations

import os
import re
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from engine.errors import OutputError

_PARTIAL = re.compile(r"\..+\.(\d+)\.partial", re.DOTALL)


def replace_file(path: Path, content: bytes) -> None:
    """Give `path` this content in one step: whoever opens it sees the old or the new file, never a part. Any thread.

    A file that was there passes its rights on.
    Raises OutputError where that fails; then `path` is as it was and nothing is left beside it.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, partial)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise OutputError(
            f"cannot be written ({error.strerror})", subject=path, mend="Make room, or name another folder."
        ) from error


def clear_partials(folder: Path) -> None:
    """Remove what `replace_file` left in `folder` and below where it was killed. What others are writing stays.

    Links are not followed. Raises OSError where the disk fails.
    """
    for parent, _, names in os.walk(folder):
        for name in names:
            found = _PARTIAL.fullmatch(name)
            if found and not _is_alive(int(found[1])):
                with suppress(PermissionError):  # on Windows: somebody has it open
                    Path(parent, name).unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
