"""Keys from a terminal, on a real pseudo-terminal."""

from __future__ import annotations

import os
import queue

import pytest

from engine.inputs.terminal import TerminalKeys, key_names

termios = pytest.importorskip("termios")


def test_what_a_terminal_sends_becomes_key_names() -> None:
    assert list(key_names(b" a\x1b[AZ7\x1bOP\x1b[24~-\n")) == [
        "space",
        "a",
        "up",
        "z",
        "7",
        "f1",
        "f12",
        "minus",
        "enter",
    ]
    assert list(key_names(b"\x1b")) == ["escape"]
    assert list(key_names("é\x00".encode())) == []


def test_keys_arrive_and_the_terminal_is_given_back() -> None:
    controller, terminal = os.openpty()
    try:
        before = termios.tcgetattr(terminal)
        pressed: queue.Queue[tuple[str, bool]] = queue.Queue()
        keys = TerminalKeys(lambda name, down: pressed.put((name, down)), terminal)
        assert keys.listening
        os.write(controller, b" \x1b[C")
        arrived = [pressed.get(timeout=10) for _ in range(4)]
        assert arrived == [("space", True), ("space", False), ("right", True), ("right", False)]
        keys.close()
        keys.close()
        assert termios.tcgetattr(terminal) == before
    finally:
        os.close(controller)
        os.close(terminal)


def test_what_is_no_terminal_is_left_alone() -> None:
    reading, writing = os.pipe()
    keys = TerminalKeys(lambda _name, _down: pytest.fail("nobody typed"), reading)
    assert not keys.listening
    keys.close()
    os.close(reading)
    os.close(writing)
