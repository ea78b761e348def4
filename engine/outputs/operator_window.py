"""The operator's window: beside the audience's, with the objects of its GL context at hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import glfw
import moderngl

from engine.outputs import glfw_library
from engine.outputs.canvas_blit import CanvasBlit, letterbox
from engine.outputs.glfw_library import Monitor, find_monitor, monitors
from engine.outputs.glfw_window import OnKey, centred, context_of, create, tell_keys
from engine.outputs.window import Window

_SIZE = (960, 600)  # screen coordinates

Colour = tuple[float, float, float]


class OperatorWindow:
    """A window that never covers a monitor, nor lies over one that the audience's window covers. Main thread only.

    `monitor` is part of a monitor's label; "" takes the first one that the audience's window is not on, else the same
    one's lower right corner. `on_key` as the audience's. The audience's context is current after each call, and this
    window is closed before that one. Raises DeviceError as `Window` does; nothing stays open then.
    """

    def __init__(self, audience: Window, *, title: str, monitor: str = "", on_key: OnKey | None = None) -> None:
        self._audience = audience
        self._handle: Any = None
        self._is_hidden = False
        glfw_library.acquire()
        try:
            chosen = find_monitor(monitor) if monitor else _beside(audience.monitor)
            width, height = min(_SIZE[0], chosen.width), min(_SIZE[1], chosen.height)
            at = centred(width, height, chosen)
            if chosen.label == audience.monitor.label:
                at = chosen.x + chosen.width - width, chosen.y + chosen.height - height
            self._handle = create(title, width, height, at, shares_with=audience.handle, takes_focus=False)
            self.context = context_of(self._handle)
            self._blit = CanvasBlit(self.context)
            glfw.swap_interval(0)  # one window alone waits for the refresh
        except BaseException:
            self._end_glfw()
            raise
        self._to_audience()
        if on_key is not None:
            tell_keys(self._handle, on_key)

    @property
    def should_close(self) -> bool:
        """Whether somebody asked for this window to be closed. True once it is closed."""
        return self._handle is None or bool(glfw.window_should_close(self._handle))

    @property
    def framebuffer_size(self) -> tuple[int, int]:
        """Width and height in pixels, which on a dense display are more than screen coordinates."""
        width, height = glfw.get_framebuffer_size(self._handle)
        return int(width), int(height)

    @property
    def is_hidden(self) -> bool:
        """Whether it is out of sight, so that nothing need be drawn: iconified, or hidden by `make_way`."""
        return self._is_hidden or bool(glfw.get_window_attrib(self._handle, glfw.ICONIFIED))

    def make_way(self) -> bool:
        """Hide where the audience's window covers what is behind this one, come back where it no longer does.

        True if that has just hidden it. Where windows are not told their places (Wayland) it stays as it is.
        """
        covered = self._audience.fullscreen and self._overlaps(self._audience.monitor)
        if covered == self._is_hidden:
            return False
        self._is_hidden = covered
        (glfw.hide_window if covered else glfw.show_window)(self._handle)
        return covered

    @contextmanager
    def drawn(self) -> Iterator[moderngl.Framebuffer]:
        """This window's context is current within the block, at whose end its screen, which it gives, is shown."""
        glfw.make_context_current(self._handle)
        try:
            yield self.context.screen
            glfw.swap_buffers(self._handle)
        finally:
            self._to_audience()

    def preview(
        self,
        canvas: moderngl.Framebuffer | None,
        size: tuple[int, int],
        place: tuple[int, int, int, int],
        around: Colour,
    ) -> None:
        """Fill the window, `size` in pixels, with the colour `around`, and draw the audience's canvas within `place`.

        Only within `drawn`. `place` is left, bottom, width, height in pixels from the window's lower left.
        """
        if canvas is None:
            self.context.screen.viewport = (0, 0, *size)
            self.context.screen.clear(*around, 1.0)
            return
        theirs = canvas.color_attachments[0]
        texture = self.context.external_texture(theirs.glo, canvas.size, 4, 0, "f1")
        left, bottom, width, height = place
        x, y, *fitted = letterbox(canvas.size, (width, height))
        self._blit.draw(texture, size, (left + x, bottom + y, fitted[0], fitted[1]), around)

    def retitle(self, title: str) -> None:
        glfw.set_window_title(self._handle, title)

    def close(self) -> None:
        """Close this window alone. A second call does nothing.

        What both contexts share stays until the audience's ends: Mesa's llvmpipe crashes at the audience's next draw
        where a context deletes a program that it used, and is ended.
        """
        if self._handle is None:
            return
        self.context.release()
        self._end_glfw()

    def _overlaps(self, monitor: Monitor) -> bool:
        if glfw.get_platform() == glfw.PLATFORM_WAYLAND:
            return False
        x, y = glfw.get_window_pos(self._handle)
        width, height = glfw.get_window_size(self._handle)
        beside = x >= monitor.x + monitor.width or x + width <= monitor.x
        return not (beside or y >= monitor.y + monitor.height or y + height <= monitor.y)

    def _to_audience(self) -> None:
        glfw.make_context_current(self._audience.handle)

    def _end_glfw(self) -> None:
        if self._handle is not None:
            self._to_audience()
            glfw.destroy_window(self._handle)
            self._handle = None
        glfw_library.release()


def _beside(audience: Monitor) -> Monitor:
    """The first monitor that is another one, or this."""
    return next((one for one in monitors() if one.label != audience.label), audience)
