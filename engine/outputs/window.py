"""The audience's window: a glfw window with the GL context that the whole engine draws in."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import glfw
import moderngl

from engine.errors import DeviceError
from engine.outputs import glfw_library
from engine.outputs.glfw_library import Monitor, find_monitor, last_error
from engine.outputs.key_names import key_name
from engine.shipped import shipped

_DRIVER_MEND = "The driver must offer OpenGL 3.3. On Debian and Ubuntu: apt install libgl1 libgl1-mesa-dri libglx-mesa0"

OnKey = Callable[[str, bool], None]


class Window:
    """A window on a monitor, its GL 3.3 core context, and the keys pressed in it. Main thread only.

    `monitor` is part of a monitor's label (name, size, place), "" the primary one. `width` and `height` are the
    window's size in screen coordinates while it does not cover the monitor. `on_key(name, pressed)` is called
    from `poll`; held keys do not repeat. The context is current after construction.

    Raises DeviceError where there is no display, no such monitor, or no OpenGL 3.3; nothing stays open then.
    """

    def __init__(
        self,
        *,
        title: str,
        width: int,
        height: int,
        monitor: str = "",
        fullscreen: bool = False,
        vsync: bool = True,
        on_key: OnKey | None = None,
    ) -> None:
        self._vsync = vsync
        self._on_key = on_key
        self._fullscreen = False
        self._windowed_size = (width, height)
        self._handle: Any = None
        glfw_library.acquire()
        try:
            self._monitor = find_monitor(monitor)
            self._handle = _create(title, width, height, self._monitor)
            self.context = _context(self._handle)
            self._blit = _Blit(self.context)
        except BaseException:
            self._end_glfw()
            raise
        glfw.set_key_callback(self._handle, self._key)
        glfw.swap_interval(int(vsync))
        if fullscreen:
            self.set_fullscreen(True)

    @property
    def should_close(self) -> bool:
        """Whether somebody asked for the window to be closed. True once it is closed."""
        return self._handle is None or bool(glfw.window_should_close(self._handle))

    @property
    def monitor(self) -> Monitor:
        """The monitor that was chosen."""
        return self._monitor

    @property
    def refresh_hz(self) -> float:
        """The monitor's refresh rate; 0 where the display does not say (Xvfb)."""
        return self._monitor.refresh_hz

    @property
    def fullscreen(self) -> bool:
        return self._fullscreen

    @property
    def framebuffer_size(self) -> tuple[int, int]:
        """Width and height in pixels, which on a dense display are more than screen coordinates."""
        width, height = glfw.get_framebuffer_size(self._handle)
        return int(width), int(height)

    def get_proc_address(self, name: str) -> int:
        """The address of a GL function, 0 where the driver has none. The window's context must be current."""
        return _proc_address(name)

    def set_fullscreen(self, on: bool) -> None:
        """Cover the monitor, with the cursor hidden, or return to a window in its middle."""
        if on == self._fullscreen:
            return
        chosen = self._monitor
        if on:
            self._windowed_size = glfw.get_window_size(self._handle)
            rate = round(chosen.refresh_hz) or glfw.DONT_CARE
            glfw.set_window_monitor(self._handle, chosen.handle, 0, 0, chosen.width, chosen.height, rate)
        else:
            width, height = self._windowed_size
            x, y = _centred(width, height, chosen)
            no_monitor: Any = None
            glfw.set_window_monitor(self._handle, no_monitor, x, y, width, height, glfw.DONT_CARE)
        self._fullscreen = on
        glfw.set_input_mode(self._handle, glfw.CURSOR, glfw.CURSOR_HIDDEN if on else glfw.CURSOR_NORMAL)
        glfw.swap_interval(int(self._vsync))  # some drivers forget it on the way to full screen and back

    def poll(self) -> None:
        """Take what the display server has for us: keys, a resize, a request to close. Returns at once."""
        glfw.poll_events()

    def present(self, canvas: moderngl.Framebuffer, frame_index: int, at_s: float) -> None:
        """Draw the canvas as large as it fits, black around it, and swap; waits for the refresh with vsync.

        `canvas` belongs to this window's context and its first colour attachment is a texture.
        """
        self._blit.draw(canvas, self.framebuffer_size)
        glfw.swap_buffers(self._handle)

    def close(self) -> None:
        """Close the window and end its context. A second call does nothing."""
        if self._handle is None:
            return
        self.context.release()
        self._end_glfw()

    def abort(self) -> None:
        self.close()

    def _end_glfw(self) -> None:
        if self._handle is not None:
            glfw.destroy_window(self._handle)
            self._handle = None
        glfw_library.release()

    def _key(self, handle: Any, code: int, scancode: int, action: int, modifiers: int) -> None:
        if self._on_key is None or action == glfw.REPEAT:
            return
        printed = glfw.get_key_name(code, scancode) if code != glfw.KEY_UNKNOWN else None
        name = key_name(code, printed)
        if name is not None:
            self._on_key(name, action == glfw.PRESS)


class _Blit:
    """The pass that draws a canvas into the window."""

    def __init__(self, context: moderngl.Context) -> None:
        passes = shipped("shaders") / "passes"
        self._context = context
        self._program = context.program(
            vertex_shader=(passes / "window_canvas.vert").read_text(encoding="utf-8"),
            fragment_shader=(passes / "window_canvas.frag").read_text(encoding="utf-8"),
        )
        self._triangle = context.vertex_array(self._program, [])
        # Samplers of our own: the canvas texture's filter is the compositor's business.
        self._nearest = context.sampler(False, False, filter=(moderngl.NEAREST, moderngl.NEAREST))
        self._linear = context.sampler(False, False, filter=(moderngl.LINEAR, moderngl.LINEAR))

    def draw(self, canvas: moderngl.Framebuffer, size: tuple[int, int]) -> None:
        texture = canvas.color_attachments[0]
        assert isinstance(texture, moderngl.Texture)
        left, bottom, width, height = letterbox(canvas.size, size)
        sampler = self._nearest if (width, height) == canvas.size else self._linear
        screen = self._context.screen
        with self._context.scope(screen, enable_only=moderngl.NOTHING):
            texture.use(0)  # moderngl 5.13's scope(textures=…) raises GL_INVALID_ENUM and binds nothing
            sampler.use(0)
            screen.viewport = (0, 0, *size)
            screen.clear(0.0, 0.0, 0.0, 1.0)
            screen.viewport = (left, bottom, width, height)
            self._triangle.render(moderngl.TRIANGLES, vertices=3)
            sampler.clear(0)


def letterbox(canvas: tuple[int, int], window: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where a canvas (width, height) fits whole and in the middle of a window: left, bottom, width, height in px."""
    canvas_width, canvas_height = canvas
    window_width, window_height = window
    scale = min(window_width / canvas_width, window_height / canvas_height)
    width = max(1, min(window_width, round(canvas_width * scale)))
    height = max(1, min(window_height, round(canvas_height * scale)))
    return (window_width - width) // 2, (window_height - height) // 2, width, height


class _Loader:
    """How moderngl finds GL functions: through GLFW, which knows whether the context is GLX, EGL, WGL or CGL."""

    def load_opengl_function(self, name: str) -> int:
        return _proc_address(name)

    def release(self) -> None:
        """Nothing to do: the context goes with its window."""


def _proc_address(name: str) -> int:
    return ctypes.cast(glfw.get_proc_address(name), ctypes.c_void_p).value or 0


def _create(title: str, width: int, height: int, monitor: Monitor) -> Any:
    glfw.default_window_hints()
    for hint, value in (
        (glfw.CONTEXT_VERSION_MAJOR, 3),
        (glfw.CONTEXT_VERSION_MINOR, 3),
        (glfw.OPENGL_PROFILE, glfw.OPENGL_CORE_PROFILE),
        (glfw.OPENGL_FORWARD_COMPAT, True),  # macOS gives a 3.3 context to nobody else
        (glfw.AUTO_ICONIFY, False),  # a show on two monitors must not vanish when the operator clicks on the other
        (glfw.DEPTH_BITS, 0),
        (glfw.STENCIL_BITS, 0),
        (glfw.VISIBLE, False),  # until it stands where it belongs
    ):
        glfw.window_hint(hint, value)
    handle = glfw.create_window(width, height, title, None, None)
    if not handle:
        raise DeviceError(f"no window with OpenGL 3.3 ({last_error()})", subject="window", mend=_DRIVER_MEND)
    glfw.set_window_pos(handle, *_centred(width, height, monitor))
    glfw.show_window(handle)
    return handle


def _context(handle: Any) -> moderngl.Context:
    glfw.make_context_current(handle)
    loader: dict[str, Any] = {"context": _Loader()}
    try:
        return moderngl.create_context(require=330, **loader)
    except ValueError as error:  # an older context than was asked for
        raise DeviceError(str(error), subject="window", mend=_DRIVER_MEND) from error


def _centred(width: int, height: int, monitor: Monitor) -> tuple[int, int]:
    return monitor.x + max(0, monitor.width - width) // 2, monitor.y + max(0, monitor.height - height) // 2
