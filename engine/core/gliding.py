"""Parameters that glide: a run of their events folded in at once. Pure.

What they do hangs on nothing but the parameter's own ramp and the movement's layers, and nothing else in the state
follows from it: so a tick full of faders costs one copy of the ramps and not one for each event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from engine.core.layers import LAYER_GLIDES, written_value
from engine.core.lines import Ramp
from engine.core.state import State
from engine.model.events import Event
from engine.model.world import World

_OF_SHOW = frozenset(("master", "track", "sound"))
_NOT_GLIDING = frozenset(("/master/freeze",))


@dataclass(frozen=True, slots=True)
class Glide:
    """A parameter that glides; `layer` is "" for one of the whole show, and `what` the setting of the layer."""

    layer: str
    what: str
    default: float
    smoothing_s: float


@lru_cache(maxsize=8)
def glides(world: World) -> Mapping[str, Glide]:
    """The parameters of a show that glide, by path."""
    found: dict[str, Glide] = {}
    for path, parameter in world.tree.parameters.items():
        family, *rest = path.split("/")[1:]
        if family == "layer" and len(rest) == 2 and rest[1] in LAYER_GLIDES:
            found[path] = Glide(rest[0], rest[1], parameter.default, parameter.smoothing_s)
        elif family in _OF_SHOW and path not in _NOT_GLIDING:
            found[path] = Glide("", "", parameter.default, parameter.smoothing_s)
    return found


def does_glide(world: World, event: Event) -> bool:
    return event.wait is None and event.address in glides(world)


def run_end(world: World, events: Sequence[Event], begin: int, before_s: float) -> int:
    """The index after the last of the gliding events in a row, from index `begin` on, that are stamped before
    `before_s`; `begin` for none."""
    known = glides(world)
    for index in range(begin, len(events)):
        event = events[index]
        if event.wait is not None or event.at_s >= before_s or event.address not in known:
            return index
    return len(events)


@lru_cache(maxsize=64)
def _begins(world: World, movement_index: int) -> Mapping[str, tuple[bool, float | None, float]]:
    """By path: whether the parameter is a layer's, what it is as written in this movement, and its smoothing.

    None stands for what is written where the movement hides the layer.
    """
    layers = {layer.name: layer for layer in world.loaded.movements[movement_index].layers}
    found: dict[str, tuple[bool, float | None, float]] = {}
    for path, glide in glides(world).items():
        written: float | None = glide.default
        if glide.layer:
            layer = layers.get(glide.layer)
            written = None if layer is None else written_value(layer, glide.what)
        found[path] = (bool(glide.layer), written, glide.smoothing_s)
    return found


def glided(world: World, state: State, run: Sequence[Event]) -> State:
    """The state after a run of gliding events, none before its instant: each parameter ramps from where it stands to
    the event's value; at once, where the movement hides its layer."""
    begins = _begins(world, state.current.index)
    touched, values = dict(state.current.touched), dict(state.values)
    for event in run:
        path, at_s, value = event.address, event.at_s, event.value
        of_layer, start, smoothing_s = begins[path]
        ramps = touched if of_layer else values
        if start is None:
            start = value
        else:
            before = ramps.get(path)
            if before is not None:
                start = before.at(at_s)
        ramps[path] = Ramp(at_s, start, value, smoothing_s)
    current = replace(state.current, touched=touched)
    return replace(state, at_s=max(state.at_s, run[-1].at_s), current=current, values=values)
