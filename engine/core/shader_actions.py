"""What events for the settings of shaders and groups do to the state. Pure."""

from __future__ import annotations

from dataclasses import replace

from engine.core.lines import Ramp
from engine.core.shader_uses import uses_of
from engine.core.state import State
from engine.model.events import Event
from engine.model.parameters import Kind
from engine.model.world import World


def touched_shader(world: World, state: State, event: Event) -> State:
    """A setting of a shader ramps from where it stands; at once, where the movement has not got it. What is fired is
    remembered with its instant."""
    path, parameter = event.address, world.tree.parameters.get(event.address)
    if parameter is None:
        return state
    before = state.current.touched.get(path)
    start = event.value
    if parameter.kind is not Kind.ACTION:
        written = uses_of(world, state.current.index).written.get(path, event.value)
        start = written if before is None else before.at(event.at_s)
    ramp = Ramp(event.at_s, start, event.value, parameter.smoothing_s)
    return replace(state, current=replace(state.current, touched={**state.current.touched, path: ramp}))
