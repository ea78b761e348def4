"""An OpenGL context without a window."""

from __future__ import annotations

from typing import Any

import moderngl

from engine.errors import DeviceError

MINIMUM_VERSION = 330  # GL 3.3 core: what macOS has, too
_EGL: dict[str, Any] = {"backend": "egl"}


def headless_context() -> moderngl.Context:
    """A GL 3.3 core context through EGL, without any display server; current on the calling thread.

    That thread is the only one that may use it. Raises DeviceError where EGL or a driver is missing.
    """
    try:
        return moderngl.create_context(require=MINIMUM_VERSION, standalone=True, **_EGL)
    except Exception as error:  # glcontext raises plain Exception for each thing that EGL refuses
        raise DeviceError(
            f"no OpenGL 3.3 without a screen ({error})",
            subject="EGL",
            mend="On Debian and Ubuntu: apt install libegl1 libgl1 libgl1-mesa-dri",
        ) from error
