"""What actions and parameters of a layer do to the state: jumps, choices, holds, flashes. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.core.choice import pick_other, uniform
from engine.core.layers import (
    LAYER_GLIDES,
    Playing,
    clip_from_start,
    clips_of,
    layer_of,
    placed,
    playing,
    speed_of,
    value_of,
)
from engine.core.lines import Ramp
from engine.core.shader_actions import touched_shader
from engine.core.state import Choice, LayerState, State
from engine.model.events import Event
from engine.model.show import Layer
from engine.model.world import Onset, World

_OF_SHADERS = frozenset(("effect", "generator", "transition"))
_LATELY = 16  # clips that "similar" does not come back to at once; as many as a library keeps neighbours of a clip


def _fired(state: State, path: str) -> tuple[int, State]:
    """How often `path` has fired before, and the state in which it has fired once more."""
    count = state.fired.get(path, 0)
    return count, replace(state, fired={**state.fired, path: count + 1})


def onset(world: World, state: State, at_s: float, found: Onset) -> State:
    """Every layer does what its movement says that it does on an onset of this detector, at show time `at_s`."""
    for layer in placed(world, state.current).layers:
        wish = layer.on_onset
        if wish.action == "none" or found.detector != (wish.detector or "") or found.strength < wish.min_strength:
            continue
        count, state = _fired(state, f"/layer/{layer.name}/on_onset")
        if count % wish.every:
            continue
        now = _now(world, state, layer, at_s)
        if wish.action == "flash":
            state = _LAYER_ACTIONS["flash"](world, state, layer, at_s, now)
        elif not state.current.held and not now.held:
            # A performer who holds the position has the picture in hand: the music does not take it away.
            state = _ON_ONSET[wish.action](world, state, layer, at_s, now)
    return state


def on_layer(world: World, state: State, event: Event, name: str, rest: Sequence[str]) -> State:
    """The state after an event for `/layer/NAME/REST`."""
    what = rest[0]
    layer = layer_of(world, state.current, name)
    if what in LAYER_GLIDES:
        return _touched(world, state, event, layer)
    if what in _OF_SHADERS:
        return touched_shader(world, state, event)
    if layer is None:
        return state
    if what == "clip":
        return _choose_clip(world, state, event, layer, rest[1] if len(rest) > 1 else None)
    if what in _LAYER_ACTIONS:
        return _LAYER_ACTIONS[what](world, state, layer, event.at_s, _now(world, state, layer, event.at_s))
    return _LAYER_VALUES[what](world, state, layer, event)


def _touched(world: World, state: State, event: Event, layer: Layer | None) -> State:
    """The parameter ramps from where it stands to the event's value; at once, where the movement hides the layer."""
    what = event.address.rpartition("/")[2]
    smoothing_s = world.tree.parameters[event.address].smoothing_s
    now = event.value if layer is None else value_of(state.current, layer, what, event.at_s)
    ramp = Ramp(event.at_s, now, event.value, smoothing_s)
    current = replace(state.current, touched={**state.current.touched, event.address: ramp})
    return replace(state, current=current)


def _now(world: World, state: State, layer: Layer, at_s: float) -> Playing:
    return playing(world, state.current, layer, state.current.position.at(at_s))


def _with_layer(state: State, name: str, **changes: object) -> State:
    before = state.current.layers.get(name, LayerState())
    layers = {**state.current.layers, name: replace(before, **changes)}  # type: ignore[arg-type]
    return replace(state, current=replace(state.current, layers=layers))


# From here on, `now` is what the layer plays at `at_s`; every caller has asked for it already.


def _chosen(state: State, layer: Layer, at_s: float, now: Playing, choice: Choice, *, held: bool = False) -> State:
    """The layer plays `choice` from now until its next row, faded in as the layer says."""
    fades = layer.transition_s > 0 and not held
    return _with_layer(
        state,
        layer.name,
        choice=choice,
        row_index=now.row_index,
        outgoing=now.choice if fades else None,
        changed_at_s=state.current.position.at(at_s),
        transition_s=layer.transition_s if fades else 0.0,
        held=held,
        shown=_shown_lately(state, layer, now, choice),
    )


def _shown_lately(state: State, layer: Layer, now: Playing, choice: Choice) -> tuple[str, ...]:
    """The clips chosen lately, with what plays and what is chosen now, each once, the newest last."""
    before = state.current.layers.get(layer.name, LayerState()).shown
    latest = (*before, *(() if now.choice is None else (now.choice.clip,)), choice.clip)
    return tuple(dict.fromkeys(reversed(latest)))[:_LATELY][::-1]


def _jump(world: World, state: State, layer: Layer, at_s: float, now: Playing) -> State:
    if now.choice is None:
        return state
    path = f"/layer/{layer.name}/jump"
    count, state = _fired(state, path)
    head = now.choice.playhead
    target = head.in_index + int(uniform(world.loaded.show.seed, path, count) * head.length)
    return _jump_to(world, state, layer, at_s, now, frame=float(target))


def _jump_to(world: World, state: State, layer: Layer, at_s: float, now: Playing, *, frame: float) -> State:
    """The clip plays on from this frame, or from the nearest one within its range."""
    if now.choice is None:
        return state
    head = now.choice.playhead
    target = min(max(frame, float(head.in_index)), float(head.out_index - 1))
    rate = world.loaded.clips[now.choice.clip].rate_hz * speed_of(state.current, layer)
    moved = head.moved(state.current.position.at(at_s), position=target, rate=rate)
    return _chosen(state, layer, at_s, now, Choice(now.choice.clip, moved))


def _land(world: World, state: State, layer: Layer, at_s: float, now: Playing) -> State:
    if now.choice is None:
        return state
    fraction = min(max(value_of(state.current, layer, "target", at_s), 0.0), 1.0)
    head = now.choice.playhead
    return _jump_to(world, state, layer, at_s, now, frame=head.in_index + fraction * (head.length - 1))


def _to_slice(world: World, state: State, layer: Layer, event: Event) -> State:
    now = _now(world, state, layer, event.at_s)
    if now.choice is None:
        return state
    head = now.choice.playhead
    index = min(int(event.value), layer.slices - 1)
    first = head.in_index + math.floor(index * head.length / layer.slices)
    return _jump_to(world, state, layer, event.at_s, now, frame=first)


def _to_cue_point(world: World, state: State, layer: Layer, event: Event) -> State:
    now = _now(world, state, layer, event.at_s)
    if now.choice is None or not layer.cue_points:
        return state
    point_s = layer.cue_points[min(int(event.value), len(layer.cue_points) - 1)]
    frame = round(point_s * world.loaded.clips[now.choice.clip].rate_hz)
    return _jump_to(world, state, layer, event.at_s, now, frame=float(frame))


def _start_clip(world: World, state: State, layer: Layer, at_s: float, now: Playing, *, slug: str) -> State:
    position_s = state.current.position.at(at_s)
    choice = clip_from_start(world.loaded.clips[slug], layer, speed_of(state.current, layer), position_s)
    return _chosen(state, layer, at_s, now, choice)


def _current_clip(now: Playing, slugs: tuple[str, ...]) -> int | None:
    return slugs.index(now.choice.clip) if now.choice is not None and now.choice.clip in slugs else None


def _next_clip(world: World, state: State, layer: Layer, at_s: float, now: Playing) -> State:
    if layer.choose == "random":
        return _random_clip(world, state, layer, at_s, now)
    slugs = clips_of(world, state.current, layer)
    if not slugs:
        return state
    current = _current_clip(now, slugs)
    index = 0 if current is None else (current + 1) % len(slugs)
    return _start_clip(world, state, layer, at_s, now, slug=slugs[index])


def _previous_clip(world: World, state: State, layer: Layer, at_s: float, now: Playing) -> State:
    """The clip before: in the list, or, where the next is chosen at random, the one that was shown before."""
    slugs = clips_of(world, state.current, layer)
    if not slugs:
        return state
    shown = state.current.layers.get(layer.name, LayerState()).shown
    if layer.choose == "random" and len(shown) > 1:
        state = _start_clip(world, state, layer, at_s, now, slug=shown[-2])
        return _with_layer(state, layer.name, shown=shown[:-1])
    current = _current_clip(now, slugs)
    return _start_clip(world, state, layer, at_s, now, slug=slugs[-1 if current is None else current - 1])


def _similar_clip(world: World, state: State, layer: Layer, at_s: float, now: Playing) -> State:
    """The clip most like the one that plays, among the library's, that was not shown lately."""
    if now.choice is None:
        return state
    shown = state.current.layers.get(layer.name, LayerState()).shown
    nearest = world.loaded.nearest.get(now.choice.clip, ())
    slug = next((slug for slug in nearest if slug not in shown and slug in world.loaded.clips), None)
    return state if slug is None else _start_clip(world, state, layer, at_s, now, slug=slug)


def _random_clip(world: World, state: State, layer: Layer, at_s: float, now: Playing) -> State:
    slugs = clips_of(world, state.current, layer)
    if not slugs:
        return state
    path = f"/layer/{layer.name}/random"
    count, state = _fired(state, path)
    index = pick_other(world.loaded.show.seed, path, count, len(slugs), _current_clip(now, slugs))
    return _start_clip(world, state, layer, at_s, now, slug=slugs[index])


def _choose_clip(world: World, state: State, event: Event, layer: Layer, slug: str | None) -> State:
    if slug is None:
        slugs = clips_of(world, state.current, layer)
        if not slugs:
            return state
        slug = slugs[min(int(event.value), len(slugs) - 1)]
    return _start_clip(world, state, layer, event.at_s, _now(world, state, layer, event.at_s), slug=slug)


def _hold_layer(world: World, state: State, layer: Layer, event: Event) -> State:
    now = _now(world, state, layer, event.at_s)
    if now.choice is None:
        return state
    head = now.choice.playhead.at_fraction(state.current.position.at(event.at_s), event.value)
    return _chosen(state, layer, event.at_s, now, Choice(now.choice.clip, head), held=True)


def _release_layer(world: World, state: State, layer: Layer, at_s: float, now: Playing) -> State:
    return _run_on(world, state, layer, at_s, now) if now.held else state


def _set_speed(world: World, state: State, layer: Layer, event: Event) -> State:
    # What plays is asked for first: the new speed counts from here, not from where the clip began.
    now = _now(world, state, layer, event.at_s)
    state = _touched(world, state, event, layer)
    return state if now.held else _run_on(world, state, layer, event.at_s, now)


def _run_on(world: World, state: State, layer: Layer, at_s: float, now: Playing) -> State:
    """What the layer plays runs on from where it stands, at the layer's speed; a fade under way goes on."""
    if now.choice is None:
        return state
    position_s = state.current.position.at(at_s)
    rate = world.loaded.clips[now.choice.clip].rate_hz * speed_of(state.current, layer)
    return _with_layer(
        state,
        layer.name,
        choice=Choice(now.choice.clip, now.choice.playhead.moved(position_s, rate=rate)),
        row_index=now.row_index,
        outgoing=now.outgoing,
        changed_at_s=now.since_s,
        transition_s=now.transition_s,
        held=False,
    )


_LayerAction = Callable[[World, State, Layer, float, Playing], State]

_LAYER_ACTIONS: dict[str, _LayerAction] = {
    "flash": lambda _world, state, layer, at_s, _now: _with_layer(state, layer.name, flashed_at_s=at_s),
    "jump": _jump,
    "land": _land,
    "next": _next_clip,
    "previous": _previous_clip,
    "random": _random_clip,
    "release": _release_layer,
    "similar": _similar_clip,
}

_LAYER_VALUES: dict[str, Callable[[World, State, Layer, Event], State]] = {
    "cue": _to_cue_point,
    "position": _hold_layer,
    "slice": _to_slice,
    "speed": _set_speed,
}

_ON_ONSET: dict[str, _LayerAction] = {"jump": _jump, "next_clip": _next_clip, "random_clip": _random_clip}
