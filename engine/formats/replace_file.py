"""Files replaced whole: written beside their name, flushed, renamed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from engine.errors import OutputError


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
