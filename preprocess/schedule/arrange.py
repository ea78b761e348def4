"""One movement's schedule: its cuts, its clips in their order, each row's place in its clip."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from engine.model.schedule import ScheduleRow
from preprocess.assign.clips import Clips, Floats, ranked
from preprocess.schedule.cuts import DIGITS, Instant, cuts_between
from preprocess.schedule.in_points import in_point, loops_in
from preprocess.schedule.settings import ScheduledLayer, ScheduleSettings
from preprocess.schedule.spacing import Spacing
from preprocess.schedule.strategies import Cast, Turn, ordered
from preprocess.track.values import Track

_SHOWN_ELSEWHERE = 1.0  # what a clip that is on another layer of the movement loses against those that are not


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """The clips of a movement, in slug order: how well each suits it, why, and what is like what.

    `likeness` (clips, dimensions) are unit vectors. `onsets_s` are those of a clip's sound, by slug, of those that
    have any.
    """

    clips: Clips
    score: Floats
    why: Sequence[str]
    likeness: npt.NDArray[np.float32]
    onsets_s: Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Span:
    """A movement's place in the show, in seconds, and the instants of the music on which it may be cut."""

    begin_s: float
    end_s: float
    instants: Sequence[Instant]


@dataclass(frozen=True, slots=True)
class Way:
    """How a movement is put in order: what its style says, the layers that get rows, the music, the seed of chance."""

    settings: ScheduleSettings
    layers: Sequence[ScheduledLayer]
    track: Track | None
    seed: str


def arrange(members: Members, span: Span, way: Way) -> tuple[ScheduleRow, ...]:
    """A movement's rows, in the order of their starts; of each layer they fill the whole span.

    Every cut falls on one of the span's instants, if it has any. Without clips each layer gets one gap. The same
    members, in any order, give the same rows.
    """
    cuts = cuts_between(span.begin_s, span.end_s, way.settings.cut_every_s, span.instants)
    rows: list[ScheduleRow] = []
    for layer in way.layers:
        slots = list(pairwise((*cuts[:: layer.every], span.end_s)))
        shown = _shown(members, span, replace(way, seed=f"{way.seed}/{layer.name}"), slots, rows)
        rows += _rows(members, layer, slots, shown, span.begin_s)
    ranks = {layer.name: rank for rank, layer in enumerate(way.layers)}
    rows.sort(key=lambda row: (row.start_s, ranks[row.layer]))
    return tuple(replace(row, order=order) for order, row in enumerate(rows, 1))


def _shown(
    members: Members, span: Span, way: Way, slots: Sequence[tuple[float, float]], before: Sequence[ScheduleRow]
) -> list[int]:
    """Which clip each slot of a layer shows; none of them without clips. `before` are the rows of earlier layers."""
    count = len(members.clips)
    if not count:
        return []
    numbers = {slug: number for number, slug in enumerate(members.clips.slugs)}
    elsewhere = Counter(numbers[row.clip] for row in before if row.clip is not None)
    used = np.array([min(elsewhere[number], 1) for number in range(count)])
    cast = Cast(members.clips, ranked(members.score) - _SHOWN_ELSEWHERE * used, members.likeness)
    energies = _energies(slots, span, way.settings, way.track)
    spacing = Spacing(members.clips.source_index.tolist(), way.settings.no_repeat_within, way.settings.most_in_a_row)
    chance = random.Random(way.seed)
    shown: list[int] = []
    while len(shown) < len(slots):
        begin = len(shown)

        def busy(slot: int, begin: int = begin) -> Collection[int]:
            from_s, to_s = (at_s - span.begin_s for at_s in slots[begin + slot])
            return {numbers[row.clip] for row in before if row.clip and row.start_s < to_s and row.end_s > from_s}

        turn = Turn(energies[begin : begin + count], shown[-1] if shown else None, begin // count)
        shown += spacing.spaced(ordered(cast, turn, way.settings, chance), range(count), busy)
    return shown


def _energies(
    slots: Sequence[tuple[float, float]], span: Span, settings: ScheduleSettings, track: Track | None
) -> Floats:
    """The energy that each slot of an arc wants, 0..1; without music, `music` is an arch."""
    middles = np.array([(from_s + to_s) / 2 for from_s, to_s in slots])
    along = (middles - span.begin_s) / (span.end_s - span.begin_s)
    if settings.arc == "rise":
        return np.asarray(along)
    if settings.arc == "fall":
        return np.asarray(1 - along)
    if settings.arc == "music" and track is not None:
        return np.array([_heard(track, from_s, to_s) for from_s, to_s in slots])
    return np.sin(math.pi * along)


def _heard(track: Track, from_s: float, to_s: float) -> float:
    """How much happens in the music between two instants of the show: its section's energy, and its own loudness."""
    middle_s = (from_s + to_s) / 2
    return (track.section_at(middle_s).energy + track.loudness_between(from_s, to_s)) / 2


def _rows(
    members: Members,
    layer: ScheduledLayer,
    slots: Sequence[tuple[float, float]],
    shown: Sequence[int],
    begin_s: float,
) -> list[ScheduleRow]:
    rows: list[ScheduleRow] = []
    showings: Counter[int] = Counter()
    for number, (from_s, to_s) in enumerate(slots):
        row = ScheduleRow(
            order=0,
            layer=layer.name,
            clip=None,
            start_s=round(from_s - begin_s, DIGITS),
            duration_s=round(to_s - from_s, DIGITS),
            transition_s=min(layer.transition_s, to_s - from_s) if number else 0.0,
            hint="" if shown else "no clip fits this movement",
        )
        rows.append(_filled(members, row, shown[number], showings) if shown else row)
    return rows


def _filled(members: Members, row: ScheduleRow, clip: int, showings: Counter[int]) -> ScheduleRow:
    """A row with its clip, at a place of the clip where it was not shown yet."""
    clips = members.clips
    slug, material_s, begin_s = clips.slugs[clip], float(clips.duration_s[clip]), float(clips.material_in_s[clip])
    spare_s = material_s - row.duration_s
    in_s = begin_s + in_point(slug, showings[clip], spare_s, members.onsets_s.get(slug, ()))
    out_s: float | None = None
    if spare_s < 0:
        loop_s = float(clips.loop_in_s[clip]), float(clips.loop_out_s[clip])
        if loops_in(loop_s, float(clips.measures["loop_quality"][clip]), material_s):
            in_s, out_s = loop_s
        elif clips.has_tail[clip]:
            out_s = begin_s + material_s
    showings[clip] += 1
    return replace(
        row,
        clip=slug,
        in_s=round(in_s, 3),
        out_s=None if out_s is None else round(out_s, 3),
        hint=members.why[clip],
    )
