"""What a monitor is told, whoever tells it, and how an event reads: as text, as JSON, as a binding would name it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from engine.model.events import Handled

SOURCES = ("show", "onset", "midi", "osc", "key", "script")

# Kinds of MIDI control with a number of their own, and what a binding calls them (engine.model.events).
_NUMBERED = {
    "cc": "cc",
    "cc14": "cc",
    "note": "note",
    "nrpn": "nrpn",
    "program": "program",
    "aftertouch": "aftertouch",
}
_SEVEN_BITS = ("cc", "note", "aftertouch", "pressure")


@dataclass(frozen=True, slots=True)
class Row:
    """An event, and one thing that it led to: `path` is "" where it led to nothing.

    `outcome` is that of engine.model.events, "" where nobody knows what it would do. `wait` is what `path` waits for.
    """

    at_s: float
    source: str
    address: str
    value: float
    outcome: str
    path: str = ""
    played: float = 0.0
    port: str = ""
    wait: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """So many events were not told: too many came."""

    count: int


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the performer should know besides."""

    text: str


@dataclass(frozen=True, slots=True)
class Clock:
    """See engine.model.clock.ClockStatus. `bpm` is 0 without beats."""

    followed: str
    running: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    beats: str = ""
    bpm: float = 0.0
    error_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Music:
    """Where the show stands: its second, its movement and how far that is (0..1), and the cue that stands by."""

    at_s: float
    movement: str
    index: int
    position: float
    standby: str


@dataclass(frozen=True, slots=True)
class Value:
    """The value of /tempo/bpm, /tempo/beat or /level/NAME."""

    path: str
    value: float


@dataclass(frozen=True, slots=True)
class Bus:
    """How loud a bus is: the higher of its two channels' peaks, and each channel's RMS, in dBFS."""

    name: str
    peak_db: float
    rms_db: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Hit:
    """An onset of the track; `detector` "" is the main one."""

    detector: str
    strength: float


@dataclass(frozen=True, slots=True)
class Numbers:
    """Figures of the run (engine.model.figures), by name; some of them or all."""

    figures: Mapping[str, float]


Told: TypeAlias = Row | Skipped | Note | Clock | Music | Value | Bus | Hit | Numbers


def rows(handled: Handled) -> Iterator[Row]:
    """A row for each event that it led to, or one without a path."""
    event = handled.event
    head = (event.at_s, event.source.name.lower(), event.address, event.value, handled.outcome)
    if not handled.resolved:
        yield Row(*head, port=event.port)
    for one in handled.resolved:
        yield Row(*head, one.address, one.value, event.port, "" if one.wait is None else one.wait.to)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows are wanted: those from any of `sources`, on or below any of `paths`; all where these are empty."""

    sources: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()

    def wants(self, row: Row) -> bool:
        if self.sources and row.source not in self.sources:
            return False
        return not self.paths or any(_lies_in(place, path) for path in self.paths for place in (row.path, row.address))


def _lies_in(place: str, path: str) -> bool:
    return place == path or place.startswith(path.rstrip("/") + "/")


def as_bound(row: Row) -> dict[str, Any]:
    """The control as a binding in show.yaml would name it; {} for what cannot be bound."""
    parts = row.address.split("/")
    match row.source, parts:
        case "midi", ["midi", kind, channel, number] if kind in _NUMBERED and (channel + number).isdecimal():
            fine = {"bits": 14} if kind == "cc14" else {}
            return {"midi": {_NUMBERED[kind]: int(number), **fine, "channel": int(channel)}}
        case "midi", ["midi", kind, channel] if channel.isdecimal():
            return {"midi": {kind: True, "channel": int(channel)}}
        case "key", ["key", name]:
            return {"key": name}
        case "osc", _:
            return {"osc": row.address}
    return {}


def control_text(row: Row) -> str:
    """The control as it would stand in a binding, and where it cannot be bound its source and address."""
    for kind, control in as_bound(row).items():
        if not isinstance(control, dict):
            return f"{kind}: {control}"
        inside = ", ".join(f"{name}: {str(value).lower()}" for name, value in control.items())
        return f"{kind}: {{{inside}}}"
    return f"{row.source}: {row.address}"


def value_text(row: Row) -> str:
    """The value as the device sent it, where that is known: 0 to 127 for MIDI of seven bits."""
    _, _, rest = row.address.partition("midi/")
    kind = rest.partition("/")[0] if row.source == "midi" else ""
    if kind in _SEVEN_BITS:
        return str(round(row.value * 127))
    if kind == "cc14":
        return str(round(row.value * 16_383))
    return "" if kind == "program" else number_text(row.value)


def number_text(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def outcome_text(row: Row) -> tuple[str, str]:
    """What became of the event in a word, and the rest in a few."""
    if row.path and row.wait:
        return "waits", f"{row.path} for {row.wait.replace('_', ' ')}"
    if row.path and row.path == row.address:  # what was sent is a path already
        return row.outcome, "" if row.played == row.value else f"to {number_text(row.played)}"
    if row.path:
        return row.outcome, f"{row.path} {number_text(row.played)}"
    return row.outcome, {"held": "until it is picked up", "unbound": "bound to nothing"}.get(row.outcome, "")


def line(row: Row) -> str:
    """A row as one plain line."""
    word, rest = outcome_text(row)
    port = f"[{row.port}]" if row.port else ""
    return f"{row.at_s:10.3f}  {control_text(row):28} {value_text(row):>7}  {word:8} {rest} {port}".rstrip()


def as_json(row: Row) -> dict[str, Any]:
    """A row for --json: its fields, and `binding` as in `as_bound`."""
    return {**asdict(row), "at_s": round(row.at_s, 6), "binding": as_bound(row)}
