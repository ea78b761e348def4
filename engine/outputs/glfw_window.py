"""What every window here is made of: GLFW's window, the GL 3.3 core context in it, and the keys pressed in it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import glfw
import moderngl

from engine.errors import DeviceError
from engine.outputs.glfw_library import Monitor, last_error
from engine.outputs.key_names import key_name

_DRIVER_MEND = "The driver must offer OpenGL 3.3. On Debian and Ubuntu: apt install libgl1 libgl1-mesa-dri libglx-mesa0"

# A key's name, and whether it went down.
OnKey = Callable[[str, bool], None]


def create(
    title: str,
    width: int,
    height: int,
    at: tuple[int, int],
    *,
    shares_with: Any = None,
    takes_focus: bool = True,
) -> Any:
    """GLFW's handle of a new window, its left upper corner `at` a place of the desktop, in screen coordinates.

    Its context has the objects of the window `shares_with`. Raises DeviceError where there is no OpenGL 3.3.
    """
    glfw.default_window_hints()
    for hint, value in (
        (glfw.CONTEXT_VERSION_MAJOR, 3),
        (glfw.CONTEXT_VERSION_MINOR, 3),
        (glfw.OPENGL_PROFILE, glfw.OPENGL_CORE_PROFILE),
        (glfw.OPENGL_FORWARD_COMPAT, True),  # macOS gives a 3.3 context to nobody else
        (glfw.AUTO_ICONIFY, False),  # a show on two monitors must not vanish when the operator clicks on the other
        (glfw.FOCUS_ON_SHOW, takes_focus),
        (glfw.DEPTH_BITS, 0),
        (glfw.STENCIL_BITS, 0),
        (glfw.VISIBLE, False),  # until it stands where it belongs
    ):
        glfw.window_hint(hint, value)
    handle = glfw.create_window(width, height, title, None, shares_with)
    if not handle:
        raise DeviceError(f"no window with OpenGL 3.3 ({last_error()})", subject="window", mend=_DRIVER_MEND)
    glfw.set_window_pos(handle, *at)
    glfw.show_window(handle)
    return handle


def context_of(handle: Any) -> moderngl.Context:
    """The window's context, which is current from here on. Raises DeviceError where it is older than GL 3.3."""
    glfw.make_context_current(handle)
    loader: dict[str, Any] = {"context": _Loader()}
    try:
        return moderngl.create_context(require=330, **loader)
    except ValueError as error:  # an older context than was asked for
        raise DeviceError(str(error), subject="window", mend=_DRIVER_MEND) from error


def proc_address(name: str) -> int:
    """The address of a GL function, 0 where the driver has none. A window's context must be current."""
    return ctypes.cast(glfw.get_proc_address(name), ctypes.c_void_p).value or 0


def tell_keys(handle: Any, on_key: OnKey) -> None:
    """Tell of keys pressed and released in the window, while events are polled; held ones do not repeat."""

    def tell(_handle: Any, code: int, scancode: int, action: int, _modifiers: int) -> None:
        if action == glfw.REPEAT:
            return
        printed = glfw.get_key_name(code, scancode) if code != glfw.KEY_UNKNOWN else None
        name = key_name(code, printed)
        if name is not None:
            on_key(name, action == glfw.PRESS)

    glfw.set_key_callback(handle, tell)


def centred(width: int, height: int, monitor: Monitor) -> tuple[int, int]:
    """The corner of a window in the middle of a monitor, or that of the monitor where it is larger."""
    return monitor.x + max(0, monitor.width - width) // 2, monitor.y + max(0, monitor.height - height) // 2


class _Loader:
    """How moderngl finds GL functions: through GLFW, which knows whether the context is GLX, EGL, WGL or CGL."""

    def load_opengl_function(self, name: str) -> int:
        return proc_address(name)

    def release(self) -> None:
        """Nothing to do: the context goes with its window."""
