"""A state carried from one version of a show to the next: what still has its place stays as it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.core.lines import Ramp
from engine.core.movements import entered
from engine.core.state import Choice, CueRun, Frozen, LayerState, MovementState, State
from engine.model.level_uses import level_uses
from engine.model.parameters import Kind
from engine.model.schedule import Schedule
from engine.model.world import World


def carried(old: World, new: World, state: State) -> State:
    """The state of `old`, as `new` goes on with it at the same instant. The tracks of both are the same, in one order.

    Movements, layers and cues are known by their names, so they may be moved. What a hand has chosen or touched stays,
    as far as its layer, clip and path are still there, and within the path's range; what is written counts as `new`
    has it. A movement that is gone gives way to the one that has its place, from its beginning.
    """
    tracked = _with_track(old, new, state)
    used = level_uses(new.loaded.show)
    rest = replace(
        tracked,
        outgoing=None if state.outgoing is None else _movement(old, new, state.outgoing, state.at_s),
        values=_touched(new, state.values),
        levels={use: shaped for use, shaped in state.levels.items() if use in used},
        waiting=tuple(one for one in state.waiting if new.tree.find(one.event.address) is not None),
        standby=_standby(old, new, state.standby),
        cue_runs=tuple(_cue_runs(old, new, state)),
        frozen=None if state.frozen is None else Frozen(state.frozen.at_s, carried(old, new, state.frozen.state)),
    )
    current = _movement(old, new, state.current, state.at_s)
    if current is None:
        return _in_its_place(new, rest)
    return replace(rest, current=current, ended=state.ended and _is_over(new, current, state.at_s))


def _in_its_place(new: World, state: State) -> State:
    """The state in which the movement that stands where a lost one stood begins."""
    index = min(state.current.index, len(new.loaded.movements) - 1)
    lost = replace(state.current, index=index, layers={}, touched=_touched(new, state.current.touched))
    return replace(entered(new, replace(state, current=lost), index, state.at_s), outgoing=None)


def _is_over(new: World, current: MovementState, at_s: float) -> bool:
    """Whether the last movement has come to its end, and stays there."""
    is_last = current.index == len(new.loaded.movements) - 1
    has_run_out = current.position.at(at_s) >= new.loaded.movements[current.index].duration_s
    return is_last and has_run_out and new.loaded.show.at_end != "loop"


def _with_track(old: World, new: World, state: State) -> State:
    before, after = old.tracks[state.track_index], new.tracks[state.track_index]
    if before is after or after is None or (before is not None and before.onsets == after.onsets):
        return state
    return replace(state, onset_number=after.onset_number_from(state.track.at(state.at_s)))


def _movement(old: World, new: World, movement: MovementState, at_s: float) -> MovementState | None:
    """The movement under its name; None where it is gone."""
    before = old.loaded.movements[movement.index]
    after = next((one for one in new.loaded.movements if one.name == before.name), None)
    if after is None:
        return None
    position_s = movement.position.at(at_s)
    shown = {layer.name for layer in after.layers}
    layers = {
        name: _layer(old, new, layer, _row(before.schedule, after.schedule, name, layer.row_index, position_s))
        for name, layer in movement.layers.items()
        if name in shown
    }
    return replace(movement, index=after.index, layers=layers, touched=_touched(new, movement.touched))


_GONE = -1


def _row(before: Schedule, after: Schedule, layer: str, row_index: int | None, position_s: float) -> int | None:
    """The row at which a choice made at `row_index` counts in the schedule `after`; _GONE where it counts no more.

    It holds until the row that comes next. The row after its own may just be fading in over it.
    """
    if before.by_layer.get(layer) == after.by_layer.get(layer):
        return row_index
    old_row, new_row = (one.row_index_at(layer, position_s) for one in (before, after))
    if row_index == old_row:
        return new_row
    if old_row is not None and new_row is not None and row_index == old_row - 1:
        return new_row - 1  # before the first one, that is gone
    return _GONE


def _layer(old: World, new: World, layer: LayerState, row_index: int | None) -> LayerState:
    shown = tuple(slug for slug in layer.shown if slug in new.loaded.clips)
    choice, outgoing = _choice(old, new, layer.choice), _choice(old, new, layer.outgoing)
    if choice is None or row_index == _GONE:
        return LayerState(flashed_at_s=layer.flashed_at_s, shown=shown)
    return replace(layer, choice=choice, row_index=row_index, outgoing=outgoing, shown=shown)


def _choice(old: World, new: World, choice: Choice | None) -> Choice | None:
    """The choice, where its clip is still there, and still the same."""
    if choice is None:
        return None
    before, after = old.loaded.clips.get(choice.clip), new.loaded.clips.get(choice.clip)
    return choice if after is not None and (after is before or after == before) else None


def _touched(new: World, touched: Mapping[str, Ramp]) -> dict[str, Ramp]:
    """What was touched and is still there, within the ranges that it has now."""
    kept: dict[str, Ramp] = {}
    for path, ramp in touched.items():
        parameter = new.tree.find(path)
        if parameter is None:
            continue
        if parameter.kind is Kind.ACTION:
            kept[path] = ramp
        else:
            kept[path] = replace(ramp, start=parameter.clamp(ramp.start), end=parameter.clamp(ramp.end))
    return kept


def _cue_places(world: World) -> dict[str, int]:
    return {cue.name: place for place, cue in enumerate(world.loaded.show.cues)}


def _standby(old: World, new: World, standby: int) -> int:
    """The cue that stood by; where it is gone, the one after those that went before it."""
    places = _cue_places(new)
    cues = old.loaded.show.cues
    if standby < len(cues) and cues[standby].name in places:
        return places[cues[standby].name]
    return next((places[cue.name] + 1 for cue in reversed(cues[:standby]) if cue.name in places), 0)


def _cue_runs(old: World, new: World, state: State) -> list[CueRun]:
    places = _cue_places(new)
    named = [(old.loaded.show.cues[run.index].name, run) for run in state.cue_runs]
    return [replace(run, index=places[name]) for name, run in named if name in places]
