"""A take: one performance, kept. What it consists of, and its lines as JSON; docs/takes.md describes the format.

A take is JSON Lines: a header, then a line for each event as it was folded into the state, now and then a mark that
says how long it has gone on, and a closing line when it ended as it should. Times are show seconds, written so that
they are read back to the last bit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from engine.errors import Problem
from engine.model.events import Event

FORMAT = "runtime take"
VERSION = 1

# Kind, low, high, default, smoothing in seconds.
TreeEntry: TypeAlias = tuple[str, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """SHA-256 in hex of what a performance hangs on (see engine.formats.take_prints).

    `files` are those of its shaders and pictures, by name; None in a take that was recorded before they were kept.
    """

    show: str
    library: str
    music: str
    files: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class TakeHeader:
    """What a take was recorded with. `over` names the take that was replayed meanwhile, "" without one."""

    show: str  # the show's file name
    fingerprints: Fingerprints
    seed: int
    recorded_at: str  # date, time and offset from UTC, ISO 8601
    start_s: float  # show time at which the performance began
    rate: float  # frames a second of the show's canvas
    made_by: Mapping[str, str] = field(default_factory=dict)  # versions: runtime, python, platform
    tree: Mapping[str, TreeEntry] = field(default_factory=dict)  # by path
    over: str = ""


@dataclass(frozen=True, slots=True)
class Take:
    """A take as it was read. `events` are resolved and in the total order.

    `until_s` is the show time up to which it goes. `ended` is false where the closing line is missing: a crash, or a
    take that is still being recorded. `lost` counts events that could not be written. `warnings` tell what was wrong
    with the file and how it was read all the same.
    """

    header: TakeHeader
    events: tuple[Event, ...]
    until_s: float
    ended: bool = True
    lost: int = 0
    warnings: tuple[Problem, ...] = ()

    @property
    def duration_s(self) -> float:
        return self.until_s - self.header.start_s


_encoded = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def header_line(header: TakeHeader) -> str:
    return _line(
        {
            "format": FORMAT,
            "version": VERSION,
            "show": {"file": header.show, "sha256": header.fingerprints.show},
            "library": {"sha256": header.fingerprints.library},
            "music": {"sha256": header.fingerprints.music},
            **({} if header.fingerprints.files is None else {"files": dict(header.fingerprints.files)}),
            "seed": header.seed,
            "recorded_at": header.recorded_at,
            "start_s": header.start_s,
            "rate": header.rate,
            "made_by": dict(header.made_by),
            **({"over": header.over} if header.over else {}),
            "tree": {path: list(entry) for path, entry in header.tree.items()},
        }
    )


def event_line(event: Event, late_s: float = 0.0) -> str:
    """The line of a resolved event; `late_s` is how far its stamp lies behind the newest one written before it.

    Of its origin only what differs from the event is written. Raises ValueError where a number is not finite.
    """
    record: dict[str, Any] = {
        "at_s": float(event.at_s),
        "source": event.source.name.lower(),
        "sequence": event.sequence,
        "path": event.address,
        "value": float(event.value),
    }
    if late_s > 0:
        record["late_s"] = round(late_s, 6)
    if event.port:
        record["port"] = event.port
    if event.wait is not None:
        record["wait"] = event.wait.model_dump(exclude_defaults=True)
    if event.origin is not None:
        record["origin"] = _origin(event, event.origin)
    return _line(record)


def _origin(event: Event, origin: Event) -> dict[str, Any]:
    differs: dict[str, Any] = {}
    if origin.address != event.address:
        differs["address"] = origin.address
    if origin.value != event.value:
        differs["value"] = float(origin.value)
    if origin.at_s != event.at_s:
        differs["at_s"] = float(origin.at_s)
    return differs


def mark_line(until_s: float) -> str:
    """The line that says that the take goes on, though nothing was played."""
    return _line({"until_s": until_s})


def end_line(until_s: float, events: int, lost: int) -> str:
    return _line({"ended": True, "until_s": until_s, "events": events, "lost": lost})


def _line(record: Mapping[str, Any]) -> str:
    return _encoded(record) + "\n"
