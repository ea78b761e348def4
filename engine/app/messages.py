"""The newest warnings and errors of the log, kept for the operator's window."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

MOST_KEPT = 20
_LONGEST = 2000  # characters: a driver may complain at any length


@dataclass(frozen=True, slots=True)
class Message:
    """What was logged: `wall_s` (of `time.time`) is when it last was, `count` how often in a row."""

    wall_s: float
    text: str
    is_error: bool = False
    count: int = 1


# The `extra` of what the operator is told elsewhere for as long as it is so: it is not kept.
TOLD_ELSEWHERE = {"is_told_elsewhere": True}


class Messages(logging.Handler):
    """Keeps what is logged as a warning or worse. Any thread logs; any thread reads `newest`, and may keep it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.newest: tuple[Message, ...] = ()  # the newest first; replaced whole, under logging's own lock

    def emit(self, record: logging.LogRecord) -> None:
        if hasattr(record, "is_told_elsewhere"):
            return
        try:
            text = record.getMessage()[:_LONGEST]
        except Exception:  # as every handler of logging: told on standard error
            self.handleError(record)
            return
        if record.exc_info and record.exc_info[1] is not None:
            text = f"{text}\n{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"[:_LONGEST]
        message = Message(time.time(), text, is_error=record.levelno >= logging.ERROR)
        if self.newest and self.newest[0].text == text:
            self.newest = (replace(message, count=self.newest[0].count + 1), *self.newest[1:])
        else:
            self.newest = (message, *self.newest[: MOST_KEPT - 1])


@contextmanager
def kept_messages() -> Iterator[Messages]:
    """All that is logged within the block."""
    messages = Messages()
    root = logging.getLogger()
    root.addHandler(messages)
    try:
        yield messages
    finally:
        root.removeHandler(messages)
