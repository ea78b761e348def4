"""What a monitor knows: the newest events, floods of them summed up, and how the show stands. No clock of its own."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from tools.monitor_told import Bus, Clock, Filter, Hit, Music, Note, Numbers, Row, Skipped, Told, Value

FLOOD_S = 0.3  # events of one control that follow each other faster than this are one entry
_LOOK_BACK = 16  # entries among which a flood goes on
_MOST_ENTRIES = 400
_MOST_HITS = 64  # of a detector
_BUCKET_S = 0.25
_BUCKETS = 4  # over which rates are averaged
_LEVEL, _ONSET = "/level/", "/onset"


@dataclass(slots=True)
class Entry:
    """A line of the log: its newest row or a note, and how many more came before that one in the same flood."""

    what: Row | Note
    last_s: float
    more: int = 0


class Log:
    """The newest 400 entries. A flood stays where it began, with its newest value."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_MOST_ENTRIES)

    def add(self, what: Row | Note, now_s: float) -> None:
        """`now_s` is the monotonic instant, as everywhere here."""
        if isinstance(what, Row):
            for entry in islice(reversed(self._entries), _LOOK_BACK):
                if now_s - entry.last_s < FLOOD_S and isinstance(entry.what, Row) and _alike(entry.what, what):
                    entry.what, entry.last_s, entry.more = what, now_s, entry.more + 1
                    return
        self._entries.append(Entry(what, now_s))

    def newest(self, count: int) -> list[Entry]:
        """The last `count` entries, the oldest first."""
        return list(islice(reversed(self._entries), count))[::-1]


def _alike(one: Row, other: Row) -> bool:
    return (one.address, one.path, one.outcome, one.port, one.source) == (
        (other.address, other.path, other.outcome, other.port, other.source)
    )


class Rates:
    """How many a second of each kind, over the last second."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[int, int]] = {}

    def add(self, kind: str, now_s: float, count: int = 1) -> None:
        bucket = int(now_s / _BUCKET_S)
        counts = self._counts.setdefault(kind, {})
        if bucket not in counts:
            for old in [one for one in counts if one < bucket - _BUCKETS]:
                del counts[old]
        counts[bucket] = counts.get(bucket, 0) + count

    def a_second(self, now_s: float) -> Iterator[tuple[str, float]]:
        """Each kind that was ever added, in that order, with its rate."""
        now = int(now_s / _BUCKET_S)
        span_s = _BUCKETS * _BUCKET_S + now_s - now * _BUCKET_S
        for kind, counts in self._counts.items():
            yield kind, sum(count for bucket, count in counts.items() if now - _BUCKETS <= bucket <= now) / span_s


@dataclass(slots=True)
class Desk:
    """All that the view shows. `clocks` and `detectors` are those that the show names, where it is known."""

    title: str
    where: str
    wanted: Filter = field(default_factory=Filter)
    clocks: tuple[str, ...] = ()
    music: Music | None = None
    clock: Clock | None = None
    bpm: float = 0.0
    beat: float | None = None
    beat_s: float = 0.0  # when the latest beat began
    levels: dict[str, float] = field(default_factory=dict)
    buses: dict[str, Bus] = field(default_factory=dict)
    hits: dict[str, deque[float]] = field(default_factory=dict)  # by detector: when each onset came
    hit_counts: Counter[str] = field(default_factory=Counter)
    figures: dict[str, float] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    totals: Counter[str] = field(default_factory=Counter)  # events by source
    skipped: int = 0
    log: Log = field(default_factory=Log)
    rates: Rates = field(default_factory=Rates)

    def expect(self, detectors: Iterable[str], levels: Iterable[str]) -> None:
        """These will be told of, and may be shown before."""
        for name in detectors:
            self.hits.setdefault(name, deque(maxlen=_MOST_HITS))
        for name in levels:
            self.levels.setdefault(name, 0.0)

    def take(self, told: Told, now_s: float) -> None:
        """Something was told at the monotonic instant `now_s`."""
        match told:
            case Row():
                self._row(told, now_s)
            case Skipped():
                self.skipped += told.count
                self.rates.add("not shown", now_s, told.count)
            case Note():
                self.log.add(told, now_s)
            case Clock():
                self.clock = told
                self.bpm = told.bpm or self.bpm
            case Music():
                self.music = told
            case Value():
                self._value(told, now_s)
            case Bus():
                self.buses[told.name] = told
            case Hit():
                self._hit(told.detector, now_s)
            case Numbers():
                self.figures.update(told.figures)

    def summary(self) -> str:
        """What came in all, in a line."""
        sources = ", ".join(f"{count:,} {source}" for source, count in self.totals.items())
        outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in self.outcomes.items() if outcome)
        left_out = f"; {self.skipped:,} more were not shown" if self.skipped else ""
        return f"{self.totals.total():,} events" + "".join(f"; {one}" for one in (sources, outcomes) if one) + left_out

    def _row(self, row: Row, now_s: float) -> None:
        self.totals[row.source] += 1
        self.rates.add(row.source, now_s)
        self.outcomes[row.outcome] += 1
        if row.path.startswith(_ONSET):
            self._hit(row.path.removeprefix(_ONSET).removeprefix("/"), now_s)
        if row.path.startswith(_LEVEL):
            self.levels[row.path.removeprefix(_LEVEL)] = row.played
        # A level that is heard live is seen on its bar; its fifty events a second would be in the way of the rest.
        seen = row.source == "onset" and row.address.startswith(_LEVEL) and not self.wanted.paths
        if self.wanted.wants(row) and not seen:
            self.log.add(row, now_s)

    def _value(self, told: Value, now_s: float) -> None:
        match told.path:
            case "/tempo/bpm":
                self.bpm = told.value
            case "/tempo/beat":
                if self.beat is None or int(told.value) != int(self.beat):
                    self.beat_s = now_s
                self.beat = told.value
            case path if path.startswith(_LEVEL):
                self.levels[path.removeprefix(_LEVEL)] = told.value

    def _hit(self, detector: str, now_s: float) -> None:
        self.hits.setdefault(detector, deque(maxlen=_MOST_HITS)).append(now_s)
        self.hit_counts[detector] += 1
