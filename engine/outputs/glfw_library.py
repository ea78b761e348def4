"""GLFW started once and ended once, whatever number of windows use it; the monitors that it sees."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import glfw

from engine.errors import DeviceError, NoDisplayError

log = logging.getLogger(__name__)

_NO_DISPLAY_MEND = (
    "Run it in a desktop session (or set DISPLAY), under xvfb-run, or without a window: runtime-play --headless"
)
_users = 0  # windows and callers that hold GLFW; main thread
_last_error = ""  # what GLFW said last; main thread


@dataclass(frozen=True, slots=True)
class Monitor:
    """A monitor: its place and size on the desktop in screen coordinates, and its refresh rate (0 if unknown)."""

    name: str
    x: int
    y: int
    width: int
    height: int
    refresh_hz: float
    handle: Any  # GLFW's own; good until the monitor is unplugged

    @property
    def label(self) -> str:
        """The name with size and place, as X11 writes them: two projectors of one make differ in it."""
        return f"{self.name} {self.width}x{self.height}+{self.x}+{self.y}"


def acquire() -> None:
    """Start GLFW unless somebody holds it already. Raises DeviceError where there is no display. Main thread."""
    global _users  # noqa: PLW0603  (GLFW is one for the process, and so is this count)
    if _users == 0:
        glfw.set_error_callback(_remember)
        if not glfw.init():
            raise NoDisplayError(f"no display ({last_error()})", subject="window", mend=_NO_DISPLAY_MEND)
    _users += 1


def release() -> None:
    """Give GLFW back; the last one to do so ends it. Main thread."""
    global _users  # noqa: PLW0603
    assert _users > 0, "released more often than acquired"
    _users -= 1
    if _users == 0:
        glfw.terminate()


@contextmanager
def held() -> Iterator[None]:
    """GLFW, held for the length of a block."""
    acquire()
    try:
        yield
    finally:
        release()


def last_error() -> str:
    """What GLFW complained of last, or "GLFW gives no reason"."""
    return _last_error or "GLFW gives no reason"


def monitors() -> tuple[Monitor, ...]:
    """Every monitor, the primary one first. Raises DeviceError where there is no display. Main thread."""
    with held():
        return tuple(_describe(handle) for handle in glfw.get_monitors())


def find_monitor(part: str) -> Monitor:
    """The first monitor whose label contains `part`, whatever the case; "" is the primary one. Main thread.

    Raises DeviceError, naming the monitors there are, where none does.
    """
    found = monitors()
    for monitor in found:
        if part.casefold() in monitor.label.casefold():
            return monitor
    names = ", ".join(monitor.label for monitor in found) or "none at all"
    raise DeviceError("no such monitor", subject=part or "primary monitor", mend=f"There are: {names}.")


def _describe(handle: Any) -> Monitor:
    x, y = glfw.get_monitor_pos(handle)
    mode = glfw.get_video_mode(handle)
    name = _text(glfw.get_monitor_name(handle))
    return Monitor(name, x, y, mode.size.width, mode.size.height, float(mode.refresh_rate), handle)


def _remember(code: int, description: Any) -> None:
    global _last_error  # noqa: PLW0603  (GLFW's callback has no user data)
    _last_error = _text(description)
    log.debug("GLFW error %#x: %s", code, _last_error)


def _text(given: bytes | str) -> str:
    return given.decode("utf-8", "replace") if isinstance(given, bytes) else given  # glfw's types say str
