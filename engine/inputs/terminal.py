"""Keys pressed in the terminal: for a show without a window, and for the operator's own screen."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Iterator
from typing import Any

try:
    import termios
    import tty
except ImportError:  # Windows has no termios: there keys come through the window alone
    termios = tty = None  # type: ignore[assignment]

OnKey = Callable[[str, bool], None]

# What terminals of the xterm family send (ECMA-48 cursor keys; function keys as xterm's ctlseqs document them).
_SEQUENCES = {
    b"\x1b[A": "up", b"\x1b[B": "down", b"\x1b[C": "right", b"\x1b[D": "left",
    b"\x1bOA": "up", b"\x1bOB": "down", b"\x1bOC": "right", b"\x1bOD": "left",
    b"\x1b[H": "home", b"\x1b[F": "end", b"\x1b[5~": "page_up", b"\x1b[6~": "page_down",
    b"\x1bOP": "f1", b"\x1bOQ": "f2", b"\x1bOR": "f3", b"\x1bOS": "f4",
    b"\x1b[15~": "f5", b"\x1b[17~": "f6", b"\x1b[18~": "f7", b"\x1b[19~": "f8",
    b"\x1b[20~": "f9", b"\x1b[21~": "f10", b"\x1b[23~": "f11", b"\x1b[24~": "f12",
}  # fmt: skip
_CHARACTERS = {
    " ": "space", "\n": "enter", "\r": "enter", "\t": "tab", "\x7f": "backspace", "\x1b": "escape",
    "-": "minus", "=": "equal", ",": "comma", ".": "period", "/": "slash", ";": "semicolon", "'": "apostrophe",
    "[": "left_bracket", "]": "right_bracket", "\\": "backslash", "`": "grave",
}  # fmt: skip


def key_names(typed: bytes) -> Iterator[str]:
    """The names of the keys in what a terminal sent at once. Bytes that are no key of ours are left out."""
    while typed:
        sequence = next((known for known in _SEQUENCES if typed.startswith(known)), None)
        if sequence is not None:
            yield _SEQUENCES[sequence]
            typed = typed[len(sequence) :]
            continue
        character = chr(typed[0])
        typed = typed[1:]
        if character in _CHARACTERS:
            yield _CHARACTERS[character]
        elif character.isascii() and character.isalnum():
            yield character.lower()


def _in_background(descriptor: int) -> bool:
    """Whether touching the terminal would stop us: it is our terminal, and another job has it."""
    try:
        return os.tcgetpgrp(descriptor) != os.getpgrp()
    except OSError:  # a terminal, but not the one that controls this process
        return False


class TerminalKeys:
    """Reads a terminal key by key, without echo, until `close`, which leaves it as it was.

    `on_key(name, pressed)` is called in this object's own thread, for each key down and at once up: a terminal
    does not tell when a key is let go. Ctrl-C still interrupts. Nothing happens where `descriptor` is no terminal.
    """

    def __init__(self, on_key: OnKey, descriptor: int) -> None:
        self._on_key = on_key
        self._descriptor = descriptor
        self._before: Any = None
        self._thread: threading.Thread | None = None
        if termios is None or not os.isatty(descriptor) or _in_background(descriptor):
            return
        self._before = termios.tcgetattr(descriptor)
        tty.setcbreak(descriptor)
        self._wake, self._waker = os.pipe()
        self._thread = threading.Thread(target=self._run, name="terminal-keys")
        self._thread.start()

    @property
    def listening(self) -> bool:
        """Whether keys are read."""
        return self._thread is not None

    def close(self) -> None:
        """Join the thread and give the terminal back. Safe to call twice."""
        if self._thread is None:
            return
        os.write(self._waker, b"x")
        self._thread.join()
        self._thread = None
        os.close(self._wake)
        os.close(self._waker)
        termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)

    def _run(self) -> None:
        while True:
            ready, _, _ = select.select([self._descriptor, self._wake], [], [])
            if self._wake in ready:
                return
            try:
                typed = os.read(self._descriptor, 64)
            except OSError:  # the terminal was closed
                typed = b""
            if not typed:
                return
            for name in key_names(typed):
                self._on_key(name, True)
                self._on_key(name, False)
