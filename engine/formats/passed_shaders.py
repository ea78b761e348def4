"""Which shaders have passed their trial on this machine, remembered from one run to the next.

A shader is known by its content, so one that was changed is tried again. Only what passed without a remark is
remembered: a mistake is always told anew, by a trial of its own.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.errors import OutputError
from engine.formats.replace_file import replace_file

_log = logging.getLogger(__name__)
_VERSION = 3  # counts up when a trial asks for more than it did
_MOST_REMEMBERED = 4096


def passed_file() -> Path:
    """Where they are remembered: in the user's folder for caches."""
    if sys.platform == "darwin":
        caches = Path.home() / "Library" / "Caches"
    elif sys.platform == "win32":
        caches = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return caches / "runtime-engine" / "passed-shaders.json"


def digest_of(files: Iterable[Path]) -> str:
    """What tells a shader from all others: the content of `files`. Raises OSError where one cannot be read."""
    digest = hashlib.sha256(f"{_VERSION}".encode())
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


class PassedShaders:
    """The shaders that passed, by digest, with how long a frame of each took. One thread at a time."""

    def __init__(self, file: Path | None = None) -> None:
        """Those remembered in `file` (None: in memory alone). What cannot be read there is forgotten, and logged."""
        self._file = file
        self._frame_ms = {} if file is None else _read(file)

    def frame_ms(self, digest: str) -> float | None:
        """How long a frame took in the trial that was passed; None where there was none."""
        return self._frame_ms.get(digest)

    def remember(self, passed: Mapping[str, float]) -> None:
        """Add shaders, and what other processes added meanwhile. Where the disk refuses, it is logged."""
        if not passed:
            return
        held = self._frame_ms if self._file is None else {**_read(self._file), **self._frame_ms}
        newest = list({**held, **passed}.items())[-_MOST_REMEMBERED:]
        self._frame_ms = dict(newest)
        if self._file is None:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            content = {"version": _VERSION, "frame_ms": self._frame_ms}
            replace_file(self._file, json.dumps(content, indent=0).encode())
        except (OSError, OutputError) as error:
            _log.warning("shaders that passed their trial cannot be remembered: %s", error)


def _read(file: Path) -> dict[str, float]:
    try:
        content = json.loads(file.read_bytes())
        if content["version"] != _VERSION:
            return {}
        return {str(digest): float(frame_ms) for digest, frame_ms in content["frame_ms"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        _log.warning("%s: is no list of shaders that passed (%s); they are tried again", file, error)
        return {}
