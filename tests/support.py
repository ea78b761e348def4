"""What tests share: asking for the programs and packages of a machine, and saying so where they are absent."""

from __future__ import annotations

import os
import shutil
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
