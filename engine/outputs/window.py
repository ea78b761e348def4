"""The audience's window: a glfw window with the GL context that the whole engine draws in."""

from __future__ import annotations

from typing import Any

import glfw
import moderngl

from engine.outputs import glfw_library
from engine.outputs.canvas_blit import CanvasBlit, letterbox
from engine.outputs.glfw_library import Monitor, find_monitor
from engine.outputs.glfw_window import OnKey, centred, context_of, create, proc_address, tell_keys


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
        self._fullscreen = False
        self._windowed_size = (width, height)
        self._handle: Any = None
        glfw_library.acquire()
        try:
            self._monitor = find_monitor(monitor)
            self._handle = create(title, width, height, centred(width, height, self._monitor))
            self.context = context_of(self._handle)
            self._blit = CanvasBlit(self.context)
        except BaseException:
            self._end_glfw()
            raise
        if on_key is not None:
            tell_keys(self._handle, on_key)
        glfw.swap_interval(int(vsync))
        if fullscreen:
            self.set_fullscreen(True)

    @property
    def handle(self) -> Any:
        """GLFW's own, for a window that shares this one's objects; None once it is closed."""
        return self._handle

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
        return proc_address(name)

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
            x, y = centred(width, height, chosen)
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
        texture, size = canvas.color_attachments[0], self.framebuffer_size
        assert isinstance(texture, moderngl.Texture)
        self._blit.draw(texture, size, letterbox(canvas.size, size))
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
