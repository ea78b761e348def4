"""A display server that draws into memory (Xvfb), the hands that type on it, and the eye that looks at it."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tests.support import need_program

_TIMEOUT_S = 15.0


@dataclass(frozen=True)
class VirtualDisplay:
    """A running Xvfb: its name (":99") and its one screen's size in pixels."""

    name: str
    width: int
    height: int

    def find(self, title: str) -> str:
        """The X window with that title, once it is there."""
        return self._xdotool("search", "--sync", "--onlyvisible", "--name", f"^{title}$").split()[0]

    def is_open(self, title: str) -> bool:
        """Whether a window with that title is to be seen now."""
        command = [need_program("xdotool", "xdotool"), "search", "--onlyvisible", "--name", f"^{title}$"]
        environment = {**os.environ, "DISPLAY": self.name}
        done = subprocess.run(command, capture_output=True, check=False, timeout=_TIMEOUT_S, env=environment)
        return done.returncode == 0

    def focus(self, title: str) -> None:
        """Give the window the keyboard; there is no window manager to do so."""
        self._xdotool("windowfocus", "--sync", self.find(title))

    def press(self, key: str) -> None:
        """A real key stroke into whatever window has the keyboard: down and up."""
        self._xdotool("key", key)

    def resize(self, title: str, width: int, height: int) -> None:
        self._xdotool("windowsize", "--sync", self.find(title), str(width), str(height))

    def place(self, title: str) -> tuple[int, int, int, int]:
        """The window's x, y, width, height on the screen."""
        lines = self._xdotool("getwindowgeometry", "--shell", self.find(title)).splitlines()
        geometry = dict(line.split("=", 1) for line in lines)
        return int(geometry["X"]), int(geometry["Y"]), int(geometry["WIDTH"]), int(geometry["HEIGHT"])

    def screenshot(self) -> npt.NDArray[np.uint8]:
        """What the screen shows: uint8 (height, width, 3), RGB, row 0 at the top."""
        ffmpeg = need_program("ffmpeg", "ffmpeg")
        size = f"{self.width}x{self.height}"
        command = [ffmpeg, "-v", "error", "-f", "x11grab", "-draw_mouse", "0", "-video_size", size, "-i", self.name]
        command += ["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
        done = subprocess.run(command, capture_output=True, check=True, timeout=_TIMEOUT_S)
        return np.frombuffer(done.stdout, np.uint8).reshape(self.height, self.width, 3)

    def ask_to_close(self, title: str) -> None:
        """What a window manager's close button sends: WM_DELETE_WINDOW."""
        x = ctypes.CDLL(ctypes.util.find_library("X11"))
        x.XOpenDisplay.restype = ctypes.c_void_p
        x.XInternAtom.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
        x.XInternAtom.restype = ctypes.c_ulong
        x.XSendEvent.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_long, ctypes.c_void_p]
        x.XCloseDisplay.argtypes = [ctypes.c_void_p]
        display = x.XOpenDisplay(self.name.encode())
        window = int(self.find(title))
        event = _ClientMessage(
            type=33, window=window, message_type=x.XInternAtom(display, b"WM_PROTOCOLS", 0), format=32
        )
        event.data[0] = x.XInternAtom(display, b"WM_DELETE_WINDOW", 0)
        assert x.XSendEvent(display, window, 0, 0, ctypes.byref(event))
        x.XCloseDisplay(display)

    def _xdotool(self, *arguments: str) -> str:
        environment = {**os.environ, "DISPLAY": self.name}
        command = [need_program("xdotool", "xdotool"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_TIMEOUT_S, env=environment)
        return done.stdout


class _ClientMessage(ctypes.Structure):
    """XClientMessageEvent of Xlib.h, padded to the size of XEvent."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("padding", ctypes.c_long * 24),
    )


@contextmanager
def virtual_display(width: int = 640, height: int = 480) -> Iterator[VirtualDisplay]:
    """Xvfb with one screen of that size, on a free display number; ended with the block."""
    program = need_program("Xvfb", "xvfb")
    read_end, write_end = os.pipe()
    command = [need_program("setpriv", "util-linux"), "--pdeathsig", "TERM"]  # no server outlives a test run that died
    command += [program, "-displayfd", str(write_end), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"]
    command.append("-noreset")  # else it starts anew when its last client leaves, and turns the next one away meanwhile
    server = subprocess.Popen(command, pass_fds=(write_end,), stderr=subprocess.DEVNULL)
    os.close(write_end)
    try:
        with os.fdopen(read_end) as answer:
            number = answer.readline().strip()  # empty if it died before it had one
        assert number, f"Xvfb ended with status {server.wait(_TIMEOUT_S)}"
        yield VirtualDisplay(f":{number}", width, height)
    finally:
        server.terminate()
        server.wait(_TIMEOUT_S)


@contextmanager
def egl_set_aside() -> Iterator[None]:
    """No EGL context on this thread for the length of a block, then the one that was there again.

    GLX refuses a thread that has an EGL context, and Xlib ends the process over it.
    """
    try:
        egl = ctypes.CDLL("libEGL.so.1")
    except OSError:  # no EGL, no context of it
        yield
        return
    for name in ("eglGetCurrentDisplay", "eglGetCurrentContext", "eglGetCurrentSurface"):
        getattr(egl, name).restype = ctypes.c_void_p
    egl.eglMakeCurrent.argtypes = [ctypes.c_void_p] * 4
    draw, read = 0x3059, 0x305A
    aside = [egl.eglGetCurrentDisplay(), egl.eglGetCurrentSurface(draw), egl.eglGetCurrentSurface(read)]
    aside.append(egl.eglGetCurrentContext())
    egl.eglReleaseThread()
    try:
        yield
    finally:
        if aside[-1]:
            egl.eglMakeCurrent(*aside)  # refused where that context was destroyed meanwhile


def wait_until(happened: Callable[[], bool], poll: Callable[[], None]) -> None:
    """Call `poll` until `happened`; fail after the time limit."""
    deadline = time.monotonic() + _TIMEOUT_S
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        poll()
        time.sleep(0.002)
