"""Where the files that ship with the engine lie: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped(name: str) -> Path:
    """The folder `name` ("shaders" or "schedules"), from the wheel if installed, else from the checkout.

    Raises FileNotFoundError where neither has it. Any thread.
    """
    for folder in (_PACKAGE / "shipped" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"{name}: not shipped with this installation; install the wheel or work in a checkout")
