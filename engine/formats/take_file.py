"""Takes on disk: read with every mistake at once, and written whole. Live ones are written by engine.app.recorder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.errors import Problem, ShowError
from engine.formats.replace_file import replace_file
from engine.formats.take import Take, end_line, event_line, header_line
from engine.formats.take_lines import MAX_S, Wrong, is_seconds, printable, read_event, read_header
from engine.model.events import Event

MAX_LINE_BYTES = 2**20
MAX_EVENTS = 20_000_000
_MAX_PROBLEMS = 100  # more of them tell no more

_decoded = json.JSONDecoder().decode
_NO_TAKE = "runtime-play --record writes takes; is this another file?"
_MEND = "mend the line, or take it out"


def read_take(path: Path) -> Take:
    """The take in `path`. Any thread; the whole file is read, and nothing stays open.

    A last line that was cut off is left out; events whose stamps go back are sorted; a missing closing line is taken
    for a crash: all of these go into the take's `warnings`, but for the last, which its `ended` tells. Raises ShowError
    with every other mistake and its line, and at once for a take of a newer version.
    """
    reader = _Reader(path)
    try:
        with path.open("rb") as file:
            reader.read(iter(lambda: file.readline(MAX_LINE_BYTES + 1), b""))
    except OSError as error:
        raise ShowError(
            [Problem(str(path), 0, "", error.strerror or "cannot be read", "check its name and its rights")]
        ) from error
    return reader.take()


def write_take(path: Path, take: Take) -> None:
    """Write `take` to `path` in one step, ended, its events in order. Raises OutputError; then `path` is as it was."""
    lines = [header_line(take.header), *map(event_line, take.events)]
    lines.append(end_line(take.until_s, len(take.events), take.lost))
    replace_file(path, "".join(lines).encode())


class _Reader:
    """Goes through the lines of one take and keeps what they say."""

    def __init__(self, path: Path) -> None:
        self._file = str(path)
        self._problems: list[Problem] = []
        self._warnings: list[Problem] = []
        self._header: Any = None
        self._events: list[Event] = []
        self._paths: dict[str, str] = {}  # one text for each path, however many events
        self._until_s = 0.0
        self._newest_s = 0.0
        self._backwards: list[int] = []  # numbers of the lines whose stamps go back unannounced
        self._end: dict[str, Any] | None = None

    def read(self, lines: Iterator[bytes]) -> None:
        number = 0
        for number, raw in enumerate(lines, start=1):
            if len(raw) > MAX_LINE_BYTES:
                self._wrong(number, f"is longer than {MAX_LINE_BYTES // 2**20} MiB", _NO_TAKE)
                return
            if raw.strip() and not self._read_line(number, raw):
                return
            if len(self._events) > MAX_EVENTS or len(self._problems) >= _MAX_PROBLEMS:
                break
        if len(self._events) > MAX_EVENTS:
            self._wrong(number, f"has more than {MAX_EVENTS:,} events", _NO_TAKE)
        if self._header is None and not self._problems:
            what = "is empty" if number == 0 else "holds nothing"
            self._wrong(0, what, "a take begins with a header; name another file")

    def take(self) -> Take:
        if self._problems:
            raise ShowError(self._problems)
        self._tell_of_order()
        self._tell_of_count()
        start_s = self._header.start_s
        return Take(
            header=self._header,
            events=tuple(sorted(self._events, key=lambda event: event.order)),
            until_s=max(self._until_s, start_s),
            ended=self._end is not None,
            lost=0 if self._end is None else self._end["lost"],
            warnings=tuple(self._warnings),
        )

    def _read_line(self, number: int, raw: bytes) -> bool:
        """Take in one line; whether it makes sense to go on."""
        try:
            record = _record(raw)
        except Wrong as wrong:
            headless = self._header is None
            if raw.endswith(b"\n") or headless:
                self._wrong(number, str(wrong), _NO_TAKE if headless else _MEND)
                return not headless
            self._warnings.append(
                Problem(self._file, number, "", "is cut off and left out", "all lines before it are used")
            )
            return False
        if self._header is None:
            return self._read_header(number, record)
        try:
            self._read_record(number, record)
        except Wrong as wrong:
            for place, what in wrong.found.items():
                self._wrong(number, what, _MEND, place)
        return True

    def _read_header(self, number: int, record: dict[str, Any]) -> bool:
        try:
            self._header = read_header(record)
        except Wrong as wrong:
            for place, what in wrong.found.items():
                self._wrong(number, what, wrong.mend or _NO_TAKE, place)
            return False
        self._until_s = self._header.start_s
        return True

    def _read_record(self, number: int, record: dict[str, Any]) -> None:
        if self._end is not None:
            raise Wrong({"": "stands after the line that ends the take"})
        if "format" in record:
            raise Wrong({"": "is a second header: two takes in one file"})
        if "path" in record or "until_s" not in record:
            self._add(number, read_event(record, self._paths), record)
            return
        if not is_seconds(record["until_s"]):
            raise Wrong({"until_s": f"must be a number of seconds from 0 to {MAX_S:.0f}"})
        self._until_s = max(self._until_s, float(record["until_s"]))
        if "ended" in record:
            if any(not isinstance(record.get(name), int) for name in ("events", "lost")):
                raise Wrong({"": "must say how many events there are, and how many were lost"})
            self._end = {**record, "line": number}

    def _add(self, number: int, event: Event, record: dict[str, Any]) -> None:
        if event.at_s < self._newest_s and "late_s" not in record:
            self._backwards.append(number)
        self._newest_s = max(self._newest_s, event.at_s)
        self._until_s = max(self._until_s, event.at_s)
        self._events.append(event)

    def _tell_of_order(self) -> None:
        if self._backwards:
            more = f", as do {len(self._backwards) - 1} more lines" if len(self._backwards) > 1 else ""
            what = f"goes back in time{more}"
            mend = "all events are put in the order of their stamps"
            self._warnings.append(Problem(self._file, self._backwards[0], "at_s", what, mend))

    def _tell_of_count(self) -> None:
        if self._end is not None and self._end["events"] != len(self._events):
            what = f"says that there are {self._end['events']} events, and there are {len(self._events)}"
            mend = "lines were added or taken out; what is there is used"
            self._warnings.append(Problem(self._file, self._end["line"], "events", what, mend))

    def _wrong(self, number: int, what: str, mend: str, place: str = "") -> None:
        self._problems.append(Problem(self._file, number, printable(place), printable(what), mend))


def _record(raw: bytes) -> dict[str, Any]:
    try:
        record = _decoded(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise Wrong({"": "is not UTF-8 text"}) from None
    except (ValueError, RecursionError) as error:
        raise Wrong({"": f"is not JSON ({error})"}) from None
    if not isinstance(record, dict):
        raise Wrong({"": "is not a JSON object"})
    return record
