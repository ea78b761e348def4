"""`runtime-tools monitor`: what controllers send, what becomes of it, and how the show stands, as it happens."""

from __future__ import annotations

import argparse
import json
import logging
import math
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live

from engine.app.command import DONE, StopWish, run_command, seconds
from engine.errors import DeviceError
from engine.formats.show_parse import parse_show
from engine.formats.show_yaml import read_show
from engine.model.controls import OscInput
from engine.model.show import Show
from tools.monitor_desk import Desk
from tools.monitor_player import WatchedPlayer
from tools.monitor_told import SOURCES, Filter, Note, Row, Skipped, Told, as_json, line
from tools.monitor_view import screen

_log = logging.getLogger(__name__)

_DRAW_EACH_S = 1 / 12
_POLL_S = 1 / 60
_ANYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - as a show says it, not an address that we open
_EXAMPLES = """\
examples:
  runtime-tools monitor show.yaml              watch the player that plays this show; without one, listen by itself
  runtime-tools monitor                        every MIDI port and OSC on 9720: which control is which
  runtime-tools monitor show.yaml --source midi --path /layer/echo
  runtime-tools monitor --host 192.168.1.20 --port 9720
  runtime-tools monitor show.yaml --for 60 --json > events.jsonl

On a terminal it draws a screen; elsewhere it prints a line for each event. Ctrl-C ends it.
exit codes: 0 done, 2 wrong input or usage"""


class Feed(Protocol):
    """Whoever tells the monitor what happens. Main thread."""

    def poll(self, wait_s: float) -> Iterable[Told]:
        """What came since it was asked last; waits `wait_s` for it at most."""
        ...

    def close(self) -> None: ...


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runtime-tools monitor",
        description="Show what comes in by MIDI, OSC, keys and onsets, what becomes of it, and how the show stands.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("show", type=Path, nargs="?", metavar="SHOW", help="the show that is played, or to be tried")
    parser.add_argument("--host", metavar="HOST", help="where its player listens, if not where the show says")
    parser.add_argument("--port", type=_port, metavar="PORT", help="the OSC port of its player, likewise")
    parser.add_argument("--source", action="append", default=[], choices=SOURCES, help="only events from here")
    parser.add_argument("--path", action="append", default=[], metavar="PATH", help="only what plays this, or below")
    parser.add_argument("--for", dest="for_s", type=seconds, metavar="SECONDS", help="end after so long")
    parser.add_argument("--json", action="store_true", help="print each event as a line of JSON")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; ports are 1 to 65535")
    return int(text)


def main(argv: Sequence[str] | None = None) -> int:
    """Watch as the arguments say; the exit code."""
    arguments = _parser().parse_args(argv)
    return run_command(lambda: _monitor(arguments))


def _monitor(arguments: argparse.Namespace) -> int:
    wanted = Filter(tuple(arguments.source), tuple(arguments.path))
    try:
        with ExitStack() as stack:
            notes = stack.enter_context(_logged())
            feed, desk = _opened(arguments, wanted)
            stack.enter_context(closing(feed))
            told = _until(feed, notes, stack.enter_context(StopWish()), arguments.for_s)
            if sys.stdout.isatty() and not arguments.json:
                _draw(told, desk)
            else:
                _print(told, desk, in_json=arguments.json)
    except BrokenPipeError:  # whoever read has enough; Python would complain once more as it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE


def _opened(arguments: argparse.Namespace, wanted: Filter) -> tuple[Feed, Desk]:
    """Who tells, and a desk for it: a player that answers, else the show by itself, else the controllers alone."""
    show = None if arguments.show is None else _written(arguments.show)
    asked = arguments.host is not None or arguments.port is not None
    if show is None and not asked:
        from tools.monitor_raw import RawControls  # noqa: PLC0415 - devices, which a player's monitor can do without

        return RawControls(), Desk("runtime monitor", "every MIDI port, and OSC on 9720; Ctrl-C ends", wanted)
    written = OscInput() if show is None else show.inputs.osc
    host = arguments.host or ("127.0.0.1" if written.host in _ANYWHERE else written.host)
    port = arguments.port or (written.port if written.enabled else 0)
    player = _player(host, port) if port else None
    if player is not None:
        return player, _desk_of_player(player, arguments.show, show, wanted)
    if asked:
        mend = "Is it playing, and does its show name this host and port under inputs: osc?"
        raise DeviceError("no player answers", subject=f"{host}:{port}", mend=mend)
    return _alone(arguments.show, wanted)


def _written(file: Path) -> Show:
    """The show as far as it can be read: who watches a player needs neither its library nor its music."""
    try:
        show = parse_show(file.read_text(encoding="utf-8-sig"), str(file)).show
    except (OSError, ValueError):
        show = None
    return read_show(file).show if show is None else show  # the former says what is wrong


def _player(host: str, port: int) -> WatchedPlayer | None:
    """The player that answers; None without one."""
    player = WatchedPlayer(host, port)
    if player.answers():
        return player
    player.close()
    return None


def _desk_of_player(player: WatchedPlayer, file: Path | None, show: Show | None, wanted: Filter) -> Desk:
    plays = player.file or "a show"
    desk = Desk(plays, f"the player at {player.where}; Ctrl-C ends", wanted)
    if show is not None and file is not None:
        if player.file and (player.file, player.title) != (file.name, show.title):
            title = f" ({player.title})" if player.title else ""
            _log.warning("The player at %s plays another show: %s%s.", player.where, plays, title)
        else:
            _expect(desk, show)
    return desk


def _alone(file: Path, wanted: Filter) -> tuple[Feed, Desk]:
    from engine.app.load import load_world  # noqa: PLC0415 - as below: only where there is no player
    from tools.monitor_alone import ListeningShow  # noqa: PLC0415

    world = load_world(file, Console(stderr=True))
    desk = Desk(file.name, "no player: listening by itself; Ctrl-C ends", wanted)
    _expect(desk, world.loaded.show)
    return ListeningShow(world), desk


def _expect(desk: Desk, show: Show) -> None:
    desk.clocks = tuple(show.clocks.order)
    main = [] if show.onsets.source == "none" else [""]
    desk.expect([*main, *(detector.name for detector in show.detectors)], [level.name for level in show.levels])


def _until(
    feed: Feed, notes: deque[str], stop: Callable[[], bool], for_s: float | None
) -> Iterator[tuple[float, list[Told]]]:
    """What is told, and the monotonic instant, again and again until it is over."""
    over_s = math.inf if for_s is None else time.monotonic() + for_s
    while not stop() and time.monotonic() < over_s:
        told = [*feed.poll(_POLL_S)]
        while notes:
            told.append(Note(notes.popleft()))
        yield time.monotonic(), told


def _draw(batches: Iterable[tuple[float, list[Told]]], desk: Desk) -> None:
    """Keep the screen up to date, twelve times a second."""
    console = Console()
    next_s = -math.inf
    with Live(console=console, screen=True, auto_refresh=False) as live:
        for now_s, batch in batches:
            for told in batch:
                desk.take(told, now_s)
            if now_s >= next_s:
                next_s = now_s + _DRAW_EACH_S
                live.update(Group(*screen(desk, now_s, console.width, console.height)), refresh=True)
    console.print(desk.summary(), highlight=False, markup=False)


def _print(batches: Iterable[tuple[float, list[Told]]], desk: Desk, *, in_json: bool) -> None:
    """A line for each event that is wanted; what else is to be known on standard error."""
    print(f"{desk.title}: {desk.where}", file=sys.stderr)
    for _, batch in batches:
        for told in batch:
            match told:
                case Row() if desk.wanted.wants(told):
                    print(json.dumps(as_json(told)) if in_json else line(told))
                case Skipped():
                    print(json.dumps({"skipped": told.count}) if in_json else f"{'':12}+{told.count} more")
                case Note():
                    print(told.text, file=sys.stderr)
        if batch:
            sys.stdout.flush()


class _Notes(logging.Handler):
    """What devices have to complain of, for the screen. Any thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: deque[str] = deque(maxlen=100)

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


@contextmanager
def _logged() -> Iterator[deque[str]]:
    notes = _Notes()
    root = logging.getLogger()
    root.addHandler(notes)
    try:
        yield notes.texts
    finally:
        root.removeHandler(notes)
