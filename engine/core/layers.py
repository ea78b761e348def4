"""What a layer shows at a position of its movement: its schedule's row, or what was chosen over it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from engine.core.choice import pick
from engine.core.playhead import from_start
from engine.core.state import Choice, LayerState, MovementState
from engine.model.clips import Clip
from engine.model.show import Layer
from engine.model.world import PlacedMovement, World


@dataclass(frozen=True, slots=True)
class Playing:
    """What a layer plays at one position: the choice (None: a gap), since when, and what it fades from."""

    choice: Choice | None
    row_index: int | None
    since_s: float = 0.0  # movement position
    outgoing: Choice | None = None
    transition_s: float = 0.0
    held: bool = False  # a performer holds its position
    transition: str = ""  # the shader that the row names for its transition; "" leaves that to the layer

    def fade_at(self, position_s: float) -> float:
        """How far the cross-fade has come at a movement position: 0 the outgoing alone, 1 done."""
        if self.transition_s <= 0:
            return 1.0
        return min(max((position_s - self.since_s) / self.transition_s, 0.0), 1.0)


def placed(world: World, movement: MovementState) -> PlacedMovement:
    return world.loaded.movements[movement.index]


def layer_of(world: World, movement: MovementState, name: str) -> Layer | None:
    """The layer's settings in this movement; None where the movement does not show it."""
    return next((layer for layer in placed(world, movement).layers if layer.name == name), None)


# A layer's settings that only the planner reads; they may be touched before a movement shows the layer.
LAYER_GLIDES = frozenset({"opacity", "volume", "target", "x", "y", "scale", "rotation"})


def written_value(layer: Layer, what: str) -> float:
    """A layer's parameter as written; `what` is opacity, speed, volume, target, x, y, scale or rotation."""
    if what in ("opacity", "speed", "volume"):
        return float(getattr(layer, what))
    if what == "target":
        return 0.0
    place = layer.transform
    return {"x": place.x, "y": place.y, "scale": place.scale, "rotation": place.rotation_deg}[what]


def states(movement: PlacedMovement, path: str) -> bool:
    """Whether the movement states the parameter itself: then it is as written on entry, whatever was touched."""
    while path:
        if path in movement.stated:
            return True
        path = path.rpartition("/")[0]
    return False


def value_of(movement: MovementState, layer: Layer, what: str, at_s: float) -> float:
    """A layer's parameter at a show instant: as touched, else as written (see written_value)."""
    if movement.touched:
        ramp = movement.touched.get(f"/layer/{layer.name}/{what}")
        if ramp is not None:
            return ramp.at(at_s)
    return written_value(layer, what)


def speed_of(movement: MovementState, layer: Layer) -> float:
    ramp = movement.touched.get(f"/layer/{layer.name}/speed")
    return layer.speed if ramp is None else ramp.end


def range_in(clip: Clip, in_s: float, out_s: float | None) -> tuple[int, int]:
    """The frames [in, out) of a clip between two of its seconds; at least one frame, within the clip."""
    in_index = min(max(round(in_s * clip.rate_hz), 0), clip.frame_count - 1)
    out_index = clip.frame_count if out_s is None else round(out_s * clip.rate_hz)
    return in_index, max(in_index + 1, min(out_index, clip.frame_count))


def clip_from_start(clip: Clip, layer: Layer, speed: float, position_s: float) -> Choice:
    """A clip from the start of the layer's in and out points, beginning at a movement position."""
    in_index, out_index = range_in(clip, layer.in_s, layer.out_s)
    return Choice(clip.slug, from_start(position_s, clip.rate_hz * speed, in_index, out_index, layer.loop))


@lru_cache(maxsize=4096)
def _choice_of_row(world: World, movement_index: int, layer_name: str, row_index: int, speed: float) -> Choice | None:
    """What a row plays from its start. Kept: every plan asks for two of each layer, and they change with rows."""
    movement = world.loaded.movements[movement_index]
    row = movement.schedule.by_layer[layer_name][row_index]
    clip = world.loaded.clips.get(row.clip) if row.clip is not None else None
    if clip is None:
        return None
    in_index, out_index = range_in(clip, row.in_s, row.out_s)
    loop = next(layer.loop for layer in movement.layers if layer.name == layer_name)
    return Choice(clip.slug, from_start(row.start_s, clip.rate_hz * speed, in_index, out_index, loop))


@lru_cache(maxsize=4096)
def _unscheduled(world: World, movement_index: int, layer_name: str, speed: float) -> Choice | None:
    """The clip that a layer without a schedule begins the movement with."""
    movement = world.loaded.movements[movement_index]
    slugs = world.loaded.layer_clips.get((movement.name, layer_name), ())
    if not slugs:
        return None
    layer = next(layer for layer in movement.layers if layer.name == layer_name)
    path = f"/movement/{movement.name}/layer/{layer_name}"
    index = pick(world.loaded.show.seed, path, 0, len(slugs)) if layer.choose == "random" else 0
    return clip_from_start(world.loaded.clips[slugs[index]], layer, speed, 0.0)


def clips_of(world: World, movement: MovementState, layer: Layer) -> tuple[str, ...]:
    """The slugs that the layer chooses among in this movement."""
    return world.loaded.layer_clips.get((placed(world, movement).name, layer.name), ())


def playing(world: World, movement: MovementState, layer: Layer, position_s: float) -> Playing:
    """What `layer` plays when its movement stands at `position_s`. Pure."""
    schedule = placed(world, movement).schedule
    row_index = schedule.row_index_at(layer.name, position_s)
    chosen = movement.layers.get(layer.name, LayerState())
    if chosen.choice is not None and chosen.row_index == row_index:
        return Playing(chosen.choice, row_index, chosen.changed_at_s, chosen.outgoing, chosen.transition_s, chosen.held)
    rows = schedule.by_layer.get(layer.name, ())
    if not rows:
        return Playing(_unscheduled(world, movement.index, layer.name, speed_of(movement, layer)), None)
    if row_index is None:
        return Playing(None, None)
    row = rows[row_index]
    speed = speed_of(movement, layer)
    before = None
    if row.transition_s > 0 and row_index > 0:
        took_over = chosen.choice is not None and chosen.row_index == row_index - 1
        before = chosen.choice if took_over else _choice_of_row(world, movement.index, layer.name, row_index - 1, speed)
    incoming = _choice_of_row(world, movement.index, layer.name, row_index, speed)
    return Playing(incoming, row_index, row.start_s, before, row.transition_s, transition=row.transition)
