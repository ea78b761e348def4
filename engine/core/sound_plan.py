"""What sounds at an instant: the music, the clips' own sound, the effects that it passes, how loud it is. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

from engine.core.layers import placed, playing, value_of
from engine.core.modulation import Moment, driven
from engine.core.playhead import Playhead
from engine.core.state import Choice, MovementState, State
from engine.core.step import advanced
from engine.core.tracks import track_of
from engine.model.show import Layer
from engine.model.sound import Track
from engine.model.sound_effects import SETTINGS
from engine.model.sound_plan import ClipSoundPlan, EffectPlan, MusicPlan, SoundPlan
from engine.model.world import World

# Slower or faster than this a clip's sound is no longer itself, and costs a machine more than it gives.
SLOWEST, FASTEST = 0.25, 4.0
# The least time in which one chain of effects takes over from another: shorter, the change is heard as a click.
CHAIN_FADE_S = 0.05


class Score:
    """Asks for sound plans at instants that do not fall: `state` is carried forward from one to the next."""

    def __init__(self, world: World, state: State) -> None:
        self.world = world
        self.state = state

    def plan(self, at_s: float) -> SoundPlan:
        """What sounds at show time `at_s`."""
        self.state = advanced(self.world, self.state, at_s)
        return sound_plan(self.world, self.state, at_s)

    def changes_s(self) -> float:
        """When the movement of the last plan's instant ends by itself: there music changes to the sample."""
        if self.state.ended:
            return math.inf
        return self.state.current.position.instant_of(placed(self.world, self.state.current).duration_s)


def sound_plan(world: World, state: State, at_s: float) -> SoundPlan:
    """The sound plan at show time `at_s`, of a state that was carried forward to there (see `advanced`)."""
    movement = world.loaded.movements[state.current.index]
    return SoundPlan(
        at_s,
        _music(world, state, at_s),
        tuple(_clips(world, state, at_s)),
        _chain(world, state, at_s),
        max(CHAIN_FADE_S, movement.transition_s),
        _master(world, state, at_s),
    )


def makes_sound(world: World) -> bool:
    """Whether a show can sound at all: it has music, or a layer whose volume is up, or can be turned up."""
    loaded = world.loaded
    if any(track is not None for track in world.tracks):
        return True
    if any(layer.volume > 0 for movement in loaded.movements for layer in movement.layers):
        return True
    moved = [binding.to for binding in loaded.bindings] + [mapping.to for mapping in loaded.show.mappings]
    moved += [one.to for movement in loaded.movements for one in movement.modulations]
    return any(path is not None and path.startswith("/layer/") and path.endswith("/volume") for path in moved)


@lru_cache(maxsize=8)
def written_tracks(world: World) -> tuple[Track | None, ...]:
    """The tracks as they are written, in the order of `World.tracks`."""
    show = world.loaded.show
    return (show.track, *(one.own_track for one in show.movements if one.own_track is not None))


def _value(world: World, state: State, path: str, at_s: float) -> float:
    """A parameter of the whole show, touched or not, with what mappings add."""
    ramp = state.values.get(path)
    value = world.tree.parameters[path].default if ramp is None else ramp.at(at_s)
    return driven(world, state, path, value, at_s)


def _master(world: World, state: State, at_s: float) -> float:
    volume = _value(world, state, "/master/volume", at_s)
    return volume if state.panic is None else volume * state.panic.at(at_s)


def _music(world: World, state: State, at_s: float) -> MusicPlan | None:
    track, written = track_of(world, state), written_tracks(world)[state.track_index]
    track_s = state.track.at(at_s)
    if track is None or written is None or state.track.rate != 1 or not track.sounds_at(track_s):
        return None
    gain = 10 ** (written.gain_db / 20) * _value(world, state, "/track/volume", at_s)
    return MusicPlan(state.track_index, track_s, gain, written.fade_s)


def _clips(world: World, state: State, at_s: float) -> Iterator[ClipSoundPlan]:
    share = _share(world, state, at_s)
    if state.outgoing is not None and share < 1:
        yield from _clips_of(world, state, state.outgoing, at_s, _equal_power(1 - share))
    yield from _clips_of(world, state, state.current, at_s, _equal_power(share))


def _share(world: World, state: State, at_s: float) -> float:
    """How far the movement's transition has come, 0..1. A frozen picture does not hold the sound up."""
    length_s = placed(world, state.current).transition_s
    if state.outgoing is None or length_s <= 0:
        return 1.0
    return min(max((at_s - state.current.entered_at_s) / length_s, 0.0), 1.0)


def _clips_of(world: World, state: State, movement: MovementState, at_s: float, gain: float) -> Iterator[ClipSoundPlan]:
    position_s = movement.position.at(at_s)
    for layer in placed(world, movement).layers:
        volume = _volume(world, state, movement, layer, at_s) * gain
        if volume <= 0:
            continue
        now = playing(world, movement, layer, position_s)
        fade = now.fade_at(position_s)
        sides = [(now.choice, fade)] if fade >= 1 else [(now.outgoing, 1 - fade), (now.choice, fade)]
        for choice, share in sides:
            playing_at = None if share <= 0 else _place(world, choice, position_s, movement.position.rate)
            if choice is not None and playing_at is not None:
                yield ClipSoundPlan(layer.name, choice.clip, *playing_at, volume * _equal_power(share))


def _volume(world: World, state: State, movement: MovementState, layer: Layer, at_s: float) -> float:
    value = value_of(movement, layer, "volume", at_s)
    return Moment(world, state, movement, at_s).driven(f"/layer/{layer.name}/volume", value)


def _place(world: World, choice: Choice | None, position_s: float, rate: float) -> tuple[float, float] | None:
    """The second of the clip that sounds, and its speed; None for nothing, too slow, too fast or backwards."""
    clip = None if choice is None else world.loaded.clips[choice.clip]
    if choice is None or clip is None or clip.images is not None:
        return None
    speed = choice.playhead.rate * rate / clip.rate_hz
    frame = choice.playhead.position_at(position_s)
    if frame is None or not SLOWEST <= speed <= FASTEST or not _moves(choice.playhead, position_s):
        return None
    return frame / clip.rate_hz, speed


def _moves(head: Playhead, position_s: float) -> bool:
    """Whether a playhead with a rate > 0 goes forward: not held at its end, and not on the way back."""
    offset = head.position + (position_s - head.anchor_s) * head.rate - head.in_index
    if head.loop == "ping_pong":
        return offset % (2 * head.length) < head.length
    return head.loop == "loop" or 0 <= offset < head.length


def _equal_power(share: float) -> float:
    """The gain of one side of a cross-fade that has this share (0..1) of it: the two sides' powers sum to 1."""
    return 1.0 if share >= 1 else math.sin(share * math.pi / 2)


def _chain(world: World, state: State, at_s: float) -> tuple[EffectPlan, ...]:
    show = world.loaded.show
    own = show.movements[state.current.index].chain
    names = show.sound.chain if own is None else own
    return tuple(_effect(world, state, name, at_s) for name in names)


def _effect(world: World, state: State, name: str, at_s: float) -> EffectPlan:
    kind = _kinds(world)[name]
    return EffectPlan(
        name, kind, tuple(_value(world, state, f"/sound/{name}/{setting}", at_s) for setting in SETTINGS[kind])
    )


@lru_cache(maxsize=8)
def _kinds(world: World) -> dict[str, str]:
    return {effect.name: effect.kind for effect in world.loaded.show.sound.effects}
