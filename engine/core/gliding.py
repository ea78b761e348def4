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
from engine.core.shader_uses import uses_of
from engine.core.state import State
from engine.model.events import Event
from engine.model.parameters import Kind
from engine.model.world import World

_OF_SHOW = frozenset(("master", "track", "sound"))
_NOT_GLIDING = frozenset(("/master/freeze",))


@dataclass(frozen=True, slots=True)
class Glide:
    """A parameter that glides. `is_movements`: it is kept with the movement; else with the whole show.

    `layer` and `what` are the layer's name and setting, "" for what is none.
    """

    is_movements: bool
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
            found[path] = Glide(True, rest[0], rest[1], parameter.default, parameter.smoothing_s)
        elif parameter.kind is Kind.ACTION:
            continue
        elif family in _OF_SHOW and path not in _NOT_GLIDING:
            found[path] = Glide(False, "", "", parameter.default, parameter.smoothing_s)
        elif parameter.of_shader:
            found[path] = Glide(True, "", "", parameter.default, parameter.smoothing_s)
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
    """By path: whether the parameter is kept with the movement, what it is as written in this one, and its smoothing.

    None stands for what is written where the movement hides the layer, or has not got the shader.
    """
    of_shaders = uses_of(world, movement_index).written
    layers = {layer.name: layer for layer in world.loaded.movements[movement_index].layers}
    found: dict[str, tuple[bool, float | None, float]] = {}
    for path, glide in glides(world).items():
        written: float | None = glide.default
        if glide.layer:
            layer = layers.get(glide.layer)
            written = None if layer is None else written_value(layer, glide.what)
        elif glide.is_movements:
            written = of_shaders.get(path)
        found[path] = (glide.is_movements, written, glide.smoothing_s)
    return found


def glided(world: World, state: State, run: Sequence[Event]) -> State:
    """The state after a run of gliding events, none before its instant: each parameter ramps from where it stands to
    the event's value; at once, where the movement hides its layer or has not got its shader."""
    begins = _begins(world, state.current.index)
    touched, values = dict(state.current.touched), dict(state.values)
    for event in run:
        path, at_s, value = event.address, event.at_s, event.value
        is_movements, start, smoothing_s = begins[path]
        ramps = touched if is_movements else values
        if start is None:
            start = value
        else:
            before = ramps.get(path)
            if before is not None:
                start = before.at(at_s)
        ramps[path] = Ramp(at_s, start, value, smoothing_s)
    current = replace(state.current, touched=touched)
    return replace(state, at_s=max(state.at_s, run[-1].at_s), current=current, values=values)
