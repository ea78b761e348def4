"""Events written down in a file: for tests, rehearsals and `runtime-render --events`.

One JSON object a line: {"at_s": 1.5, "address": "midi/cc/1/21", "value": 0.7}. The address is a control
(`midi/…`, `key/…`), an OSC address or a path of the parameter tree; `value` is 1 where it is left out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.errors import Problem, ShowError
from engine.formats.take_lines import is_number
from engine.model.events import Event, EventSource

_FIELDS = {"at_s", "address", "value"}
_SHAPE = 'write {"at_s": 1.5, "address": "/go", "value": 1}'


def read_script(path: Path) -> tuple[Event, ...]:
    """The events of a script in the order in which they are folded: by `at_s`, then by line. Any thread.

    Empty lines are skipped. Raises ShowError with every mistake in the file; nothing stays open.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ShowError([Problem(str(path), 0, "", error.strerror or "cannot be read", "check its name")]) from error
    except UnicodeDecodeError as error:
        raise ShowError([Problem(str(path), 0, "", "is not UTF-8 text", "save it as UTF-8")]) from error
    events: list[Event] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        found = _problems(str(path), number, line)
        problems += found
        if not found:
            events.append(_event(json.loads(line), len(events)))
    if problems:
        raise ShowError(problems)
    return tuple(sorted(events, key=lambda event: event.order))


def _event(record: dict[str, Any], sequence: int) -> Event:
    value = float(record.get("value", 1.0))
    return Event(float(record["at_s"]), EventSource.SCRIPT, sequence, record["address"], value)


def _problems(file: str, line_number: int, line: str) -> list[Problem]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return [Problem(file, line_number, "", f"is not JSON ({error})", _SHAPE)]
    if not isinstance(record, dict):
        return [Problem(file, line_number, "", "is not a JSON object", _SHAPE)]
    wrong = dict.fromkeys(record.keys() - _FIELDS, "is not known")
    if not is_number(record.get("at_s")) or record["at_s"] < 0:
        wrong["at_s"] = "must be a number of seconds, 0 or more"
    if not _is_address(record.get("address")):
        wrong["address"] = "must be a control or a path, in plain characters without spaces"
    if not is_number(record.get("value", 1.0)):
        wrong["value"] = "must be a finite number"
    return [Problem(file, line_number, name, what, _SHAPE) for name, what in sorted(wrong.items())]


def _is_address(value: object) -> bool:
    return isinstance(value, str) and "/" in value and all("!" <= letter <= "~" for letter in value)
