"""Replaying a take: its events, fitted to the show at hand, given to the loop at their instants."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from engine.core.figures import Figures
from engine.errors import Problem, ShowError
from engine.formats.take import Take
from engine.formats.take_file import read_take
from engine.formats.take_prints import fingerprints, tree_entry
from engine.model.cueing import MOMENTS
from engine.model.events import Event, EventSource
from engine.model.parameters import Kind
from engine.model.tree import ParameterTree
from engine.model.world import World

log = logging.getLogger(__name__)

# What an old take has for a path is left out until the path was not played live for this long.
PUNCH_S = 1.0
# These speak to the player, not to the show: a replay neither ends it, nor asks for its figures, nor learns controls.
_NOT_REPLAYED = frozenset({"/quit", "/figures", "/control/learn"})
_NAMED = 5  # paths or files that a message names before it says how many more there are


class Replay:
    """Plays a take beside what is played live. Main thread.

    Of what the hands play, everything counts: while a path is played live, the take's own events for it are left out,
    from each live value on until there was none for a second; actions are merged, the take's and the live ones all
    fire. Of what is heard, a take that has onsets or levels of its own counts until its last one, and the live input,
    which would hear the same music a second time, does not.
    """

    def __init__(self, events: Sequence[Event], tree: ParameterTree, figures: Figures) -> None:
        """`events` are resolved and in the total order."""
        self._events = events
        self._tree = tree
        self._next = 0
        self._live_at_s: dict[str, float] = {}  # by path: the newest live value's stamp
        self._hears_until_s = max((one.at_s for one in events if one.source is EventSource.ONSET), default=-math.inf)
        self._replayed = figures.counter("events_replayed")

    def adopt(self, tree: ParameterTree) -> None:
        """Go on in another version of the show: events for paths that it has not got are left out."""
        self._tree = tree

    def merged(self, live: Iterable[Event], until_s: float) -> list[Event]:
        """What counts of the `live` events of this tick, and the take's up to show time `until_s` not given yet."""
        played = [one for one in live if one.source is not EventSource.ONSET or one.at_s > self._hears_until_s]
        for event in played:
            self._live_at_s[event.address] = max(event.at_s, self._live_at_s.get(event.address, event.at_s))
        due: list[Event] = []
        while self._next < len(self._events) and self._events[self._next].at_s <= until_s:
            event = self._events[self._next]
            self._next += 1
            if self._tree.find(event.address) is not None and not self._is_played_over(event):
                due.append(event)
        self._replayed.add(len(due))
        return played + due

    def _is_played_over(self, event: Event) -> bool:
        live_at_s = self._live_at_s.get(event.address)
        if live_at_s is None or not live_at_s <= event.at_s < live_at_s + PUNCH_S:
            return False
        parameter = self._tree.find(event.address)
        return parameter is not None and parameter.kind is not Kind.ACTION


def load_take(file: Path, world: World, *, strict: bool = False) -> Take:
    """The take in `file`, its events fitted to `world`; what was wrong or differs goes to the log.

    Events for paths that the show has not got are left out, and values out of a parameter's range are clamped. Raises
    ShowError where the file is no take, and, if `strict`, where it does not belong to this very show.
    """
    take = read_take(file)
    differences = list(_differences(take, world, file))
    events, misfits = _fitted(take, world, file)
    if strict and (differences or misfits):
        raise ShowError([*differences, *misfits])
    for problem in (*take.warnings, *differences, *misfits):
        log.warning("%s", problem)
    if not take.ended:
        log.warning("%s: has no closing line: it broke off at %.2f s", file, take.until_s)
    return replace(take, events=events)


def _differences(take: Take, world: World, file: Path) -> Iterable[Problem]:
    now, then = fingerprints(world), take.header.fingerprints
    name = f" ({take.header.show})" if take.header.show else ""
    subjects: dict[str, tuple[object, object]] = {
        f"another show{name}": (now.show, then.show),
        "another clip library": (now.library, then.library),
        "other music, or other onsets in it": (now.music, then.music),
    }
    if then.files is not None and now.files is not None:
        other = sorted(name for name, _ in now.files.items() ^ then.files.items())
        subjects[f"other files ({_few(dict.fromkeys(other))})"] = now.files, then.files
    for subject, (at_hand, recorded) in subjects.items():
        if at_hand != recorded:
            mend = "the picture may differ from what was performed"
            yield Problem(str(file), 1, "", f"was recorded with {subject}", mend)


def _fitted(take: Take, world: World, file: Path) -> tuple[tuple[Event, ...], list[Problem]]:
    """The events that this world can play, and what had to be done to them."""
    moments = {*MOMENTS, *(detector.name for detector in world.loaded.show.detectors)}
    unknown: Counter[str] = Counter()
    clamped: Counter[str] = Counter()
    aimless: Counter[str] = Counter()
    changed: dict[str, None] = {}
    events: list[Event] = []
    for event in take.events:
        path = event.address
        parameter = world.tree.find(path)
        if parameter is None:
            unknown[path] += 1
            continue
        if path in _NOT_REPLAYED:
            continue
        entry = take.header.tree.get(path)
        if entry is not None and entry[:3] != tree_entry(parameter)[:3]:
            changed[path] = None
        value = event.value if parameter.kind is Kind.ACTION else parameter.clamp(event.value)
        if value != event.value:
            clamped[path] += 1
            event = replace(event, value=value)  # noqa: PLW2901
        if event.wait is not None and event.wait.to not in moments:
            aimless[f"{path} waits for {event.wait.to}"] += 1
            event = replace(event, wait=None)  # noqa: PLW2901
        events.append(event)
    found = (
        (unknown, "events for paths that the show has not got are left out"),
        (Counter(changed.keys()), "paths have another kind or range than when it was recorded"),
        (clamped, "values out of range are clamped"),
        (aimless, "actions wait for what the show has not got, and fire at once"),
    )
    return tuple(events), [_misfit(file, counts, what) for counts, what in found if counts]


def _misfit(file: Path, counts: Counter[str], what: str) -> Problem:
    named = _few([f"{name} ({count})" if count > 1 else name for name, count in counts.most_common()])
    return Problem(str(file), 0, "", f"{what}: {named}; {counts.total()} in all")


def _few(names: Collection[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(list(names)[:_NAMED]) + more
