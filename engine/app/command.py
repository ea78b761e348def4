"""What the command lines share: exit codes, errors in plain words, and numbers in arguments."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from logging.handlers import QueueHandler, QueueListener
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import Any

from rich.console import Console
from rich.logging import RichHandler

from engine import __version__
from engine.errors import RuntimeShowError, ShowError

DONE = 0
FAILED = 1
WRONG_INPUT = 2
INTERRUPTED = 130  # as shells count a program ended by Ctrl-C


def show_parser(program: str, description: str, examples: str) -> argparse.ArgumentParser:
    """A parser with what every command on a show has: the show, --json, --verbose, --version; examples below."""
    parser = argparse.ArgumentParser(
        prog=program,
        description=description,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("show", type=Path, help="the show file")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("-v", "--verbose", action="store_true", help="say more")
    parser.add_argument("--version", action="version", version=f"runtime {__version__}")
    return parser


def run_with_console(
    parser: argparse.ArgumentParser,
    argv: Sequence[str] | None,
    act: Callable[[argparse.Namespace, Console], int],
) -> int:
    """Parse `argv` and act, with a console on standard error that warnings go to; the exit code."""
    arguments = parser.parse_args(argv)
    console = Console(stderr=True)
    with _logged_to(console, verbose=arguments.verbose):
        return run_command(lambda: act(arguments, console))


def run_command(act: Callable[[], int]) -> int:
    """Run a command's work; errors that were foreseen become one plain message and exit code 2.

    Anything else is a mistake of ours: it keeps its traceback and exits with 1.
    """
    try:
        return act()
    except ShowError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        count = len(error.problems)
        print(f"{count} mistake{'s' if count != 1 else ''}: nothing was started.", file=sys.stderr)
        return WRONG_INPUT
    except RuntimeShowError as error:
        print(error, file=sys.stderr)
        return WRONG_INPUT
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED


def clear_line(console: Console) -> None:
    """Take away the line that the operator's status stands on, where the console is a terminal."""
    if console.is_terminal:
        console.file.write("\r\x1b[K")


class _AboveTheLine(RichHandler):
    """Log lines begin on a clean line; the status draws itself anew below."""

    def emit(self, record: logging.LogRecord) -> None:
        clear_line(self.console)
        super().emit(record)


@contextmanager
def _logged_to(console: Console, *, verbose: bool) -> Iterator[None]:
    """Send warnings (with `verbose` everything) to the terminal, above whatever is drawn there.

    A thread of logging's own writes them: a terminal that is held up must not hold up the picture.
    """
    records: SimpleQueue[logging.LogRecord] = SimpleQueue()
    entrance = QueueHandler(records)
    writer = QueueListener(records, _AboveTheLine(console=console, show_path=False, show_time=False, markup=False))
    root = logging.getLogger()
    root.setLevel(logging.DEBUG if verbose else logging.WARNING)
    root.addHandler(entrance)
    writer.start()
    try:
        yield
    finally:
        root.removeHandler(entrance)
        writer.stop()


class StopWish:
    """Ctrl-C and SIGTERM, within the block, as a wish that the loop reads between two ticks.

    So nothing is interrupted half-made. A second Ctrl-C interrupts at once, as usual. Main thread only.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __call__(self) -> bool:
        return self.asked

    def __enter__(self) -> StopWish:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


def print_json(value: Any) -> None:
    print(json.dumps(value, indent=2))


def size(text: str) -> tuple[int, int]:
    """An argument such as 1920x1080; both even, 16 to 16384."""
    width, x, height = text.lower().partition("x")
    try:
        pixels = (int(width), int(height))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; write it as 1920x1080") from None
    if not x or any(side % 2 or not 16 <= side <= 16_384 for side in pixels):
        raise argparse.ArgumentTypeError(f"{text!r}: width and height must be even and between 16 and 16384")
    return pixels


def rate(text: str) -> Fraction:
    """An argument such as 30, 29.97 (taken as 30000/1001) or 24000/1001; above 0, at most 240."""
    try:
        exact = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a frame rate; write 30, 29.97 or 30000/1001") from None
    if not 0 < exact <= 240:
        raise argparse.ArgumentTypeError(f"{text!r}: a frame rate is above 0 and at most 240")
    return film_rate(exact)


def film_rate(exact: Fraction) -> Fraction:
    """The rate that a rounded one stands for: 29.97 is 30000/1001, 23.976 is 24000/1001, others are themselves."""
    for whole in (24, 30, 48, 60, 120):
        drop = Fraction(whole * 1000, 1001)
        if exact != whole and abs(exact - drop) < Fraction(1, 100):
            return drop
    return exact.limit_denominator(100_000)


def seconds(text: str) -> float:
    """An argument in seconds (12.5) or minutes and seconds (1:30); ≥ 0."""
    minutes, colon, rest = text.rpartition(":")
    try:
        value = float(rest) + (60 * int(minutes) if colon else 0)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write seconds (12.5) or minutes (1:30)") from None
    if not 0 <= value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r}: a time is between 0 and 86400 seconds")
    return value
