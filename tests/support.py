"""What tests share: asking for the programs and packages of a machine, and saying so where they are absent."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest


def absent(what: str, package: str) -> NoReturn:
    """Skip because `what` is not on this machine; on CI, where nothing may be skipped, fail."""
    reason = f"needs {what}: install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def need_program(name: str, package: str) -> str:
    """The path of a program, or a skip that names the Debian package which has it."""
    return shutil.which(name) or absent(f"the program {name}", package)


@contextmanager
def nobody(*places: Path) -> Iterator[None]:
    """Within the block this process may open only what anybody may: root, whom no mode stops, becomes nobody.

    Folders on the way to `places`, which pytest makes for its own user, are opened to others first.
    """
    if os.name != "posix" or os.geteuid() != 0:
        yield
        return
    for folder in {folder for place in places for folder in place.parents}:
        folder.chmod(folder.stat().st_mode | 0o555)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
