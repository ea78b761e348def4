"""The mixer: sound plans to samples. The same on stage and in a render; it knows no device and no clock."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from engine.audio.envelope import Glide
from engine.audio.level_meters import LevelMeters
from engine.audio.limiter import Limiter
from engine.audio.sound_bank import PageKey, SoundBank
from engine.audio.voices import BLOCK, DECLICK, ClipVoice, MusicVoice, Turn
from engine.core.figures import Figures
from engine.formats.sound_places import clip_key, track_key
from engine.model.meters import Meters
from engine.model.sound_plan import ClipSoundPlan, EffectPlan, MusicPlan, SoundPlan
from engine.model.world import PlacedTrack, World

if TYPE_CHECKING:
    from engine.audio.effects import Effects

Samples32 = npt.NDArray[np.float32]

# A plan is asked for this much of a frame later than its frame, so that what changes on the frame itself has changed
# there, whatever the last digits of its instant are; what changes within half of it after a frame counts as on it.
_GRAIN_FRAMES = 2e-3
_NEVER = 2**62
_COMING_FRAMES = 12_000  # of what will sound, so much at once: more than is mixed ahead


class Score(Protocol):
    """What is to be played (engine.core.sound_plan)."""

    def plan(self, at_s: float) -> SoundPlan: ...

    def changes_s(self) -> float: ...


class Mixer:
    """Mixes block after block of BLOCK frames; frame 0 is heard at show time `at_s`.

    A plan holds for a block, or up to the frame at which a movement ends within it. What was mixed depends on the plans
    alone, not on how often it is asked for. Belongs to one thread; `meters` may be read by any. `figures` counts
    `track_misses` and `clip_sound_misses`: blocks in which a sound was not decoded in time, and was left out.
    """

    def __init__(self, world: World, bank: SoundBank, figures: Figures, at_s: float) -> None:
        self._rate_hz = bank.rate_hz
        self._at_s = at_s
        self._frame = 0  # the next one that is mixed; what is given out is a block behind
        self._bank = bank
        self._turns = [_turn(track, bank.rate_hz) for track in world.tracks]
        self._change_frame = -1  # where a movement ended by itself, or will
        self._music: list[MusicVoice] = []
        self._clips: list[ClipVoice] = []
        self._new_chain = _effects() if world.loaded.show.sound.effects else None
        self._chain: Effects | None = None
        self._master: Glide | None = None
        self._limiter = Limiter(world.loaded.show.sound.limiter_db, BLOCK, bank.rate_hz)
        self._meters = LevelMeters(bank.rate_hz)
        self._track_misses = figures.counter("track_misses")
        self._clip_misses = figures.counter("clip_sound_misses")

    @property
    def meters(self) -> Meters:
        """How loud the buses are just now, of what was mixed last. Any thread."""
        return self._meters.latest

    @property
    def next_s(self) -> float:
        """The show time of the next frame that is mixed."""
        return self._at_s + self._frame / self._rate_hz

    def move_to(self, at_s: float) -> None:
        """Let the next frame that is mixed be heard at show time `at_s`; what sounds goes there without a click."""
        self._at_s = at_s - self._frame / self._rate_hz
        self._change_frame = -1

    def next(self, score: Score) -> Samples32 | None:
        """Mix the next block; the one before it, float32 (BLOCK, 2), since the limiter looks a block ahead.

        None at the first call.
        """
        done = self._limiter.push(self._mixed(score))
        if done is None:
            return None
        self._meters.add_master(done)
        return np.ascontiguousarray(done.T)

    def publish_meters(self) -> None:
        self._meters.publish()

    def pages(self, frames: int, to_come: Iterable[SoundPlan]) -> Iterator[PageKey]:
        """What should be decoded: for what sounds now, then for what will, and then for what sounds now, further on."""
        voices: list[MusicVoice | ClipVoice] = [*self._music, *self._clips]
        for voice in voices:
            yield from voice.pages(min(frames, 2 * BLOCK))
        for plan in to_come:
            if plan.music is not None:
                yield from self._music_voice(plan.music).pages(_COMING_FRAMES)
            for clip in plan.clips:
                yield from self._clip_voice(clip).pages(_COMING_FRAMES)
        for voice in voices:
            yield from voice.pages(frames)

    def _mixed(self, score: Score) -> Samples32:
        """The next block before the limiter, (2, BLOCK)."""
        parts = []
        left = BLOCK
        while left:
            exact = self._frame == self._change_frame
            plan = score.plan(self._at_s + (self._frame + _GRAIN_FRAMES) / self._rate_hz)
            self._change_frame = self._frame_of(score.changes_s())
            until = min(max(self._change_frame - self._frame, 1), left)
            parts.append(self._part(plan, until, exact))
            self._frame += until
            left -= until
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def _frame_of(self, instant_s: float) -> int:
        """The first frame at or after a show instant."""
        if math.isinf(instant_s):
            return _NEVER
        return math.ceil((instant_s - self._at_s) * self._rate_hz - _GRAIN_FRAMES / 2)

    def _part(self, plan: SoundPlan, frames: int, exact: bool) -> Samples32:
        self._cast_music(plan.music, exact)
        self._cast_clips(plan.clips)
        track = self._bus(self._music, frames, self._track_misses.add)
        clips = self._bus(self._clips, frames, self._clip_misses.add)
        self._music = [voice for voice in self._music if not voice.fade.over]
        self._clips = [voice for voice in self._clips if not voice.fade.over]
        mixed = track + clips if self._clips or clips.any() else track
        mixed = self._through_chain(mixed, plan.chain, plan.chain_fade_s)
        if self._master is None:
            self._master = Glide(plan.master, BLOCK)
        self._master.to(plan.master)
        gain = self._master.take(frames)
        self._meters.add_buses(track, clips)
        return mixed if isinstance(gain, float) and gain == 1 else mixed * gain

    def _bus(self, voices: Iterable[MusicVoice | ClipVoice], frames: int, missed: Callable[[], None]) -> Samples32:
        bus = np.zeros((2, frames), np.float32)
        for voice in voices:
            if not voice.add_to(bus):
                missed()
        return bus

    def _through_chain(self, mixed: Samples32, chain: tuple[EffectPlan, ...], fade_s: float) -> Samples32:
        if self._new_chain is None:
            return mixed
        if self._chain is None:
            self._chain = self._new_chain(chain, self._rate_hz)
        return self._chain.process(mixed, chain, fade_s)

    # Which voices there are.

    def _cast_music(self, plan: MusicPlan | None, exact: bool) -> None:
        """Let the music that is planned play on or come in, and other music go out."""
        playing = next((voice for voice in self._music if not voice.leaving), None)
        if plan is None:
            if playing is not None:
                playing.leave(DECLICK)
            return
        wanted = self._music_voice(plan)
        if playing is not None and playing.is_near(wanted):
            playing.gain.to(plan.gain)
            return
        changes = playing is not None and playing.index != wanted.index
        fade = round(plan.fade_s * self._rate_hz) if changes else 0
        if playing is not None:
            if changes and exact and not fade and wanted.at_its_top:
                self._music.remove(playing)
            else:
                playing.leave(max(fade, DECLICK))
        self._come_in(wanted, plan.gain, fade)

    def _come_in(self, wanted: MusicVoice, gain: float, fade: int) -> None:
        """Music that is just going out there is called back: a second voice would sound together with it."""
        going = next((voice for voice in self._music if voice.is_near(wanted)), None)
        if going is not None:
            going.come_back(max(fade, DECLICK))
            going.gain.to(gain)
            return
        wanted.gain = Glide(gain, BLOCK)
        if fade or not wanted.at_its_top:
            wanted.fade.rise(max(fade, DECLICK))
        self._music.append(wanted)

    def _music_voice(self, plan: MusicPlan) -> MusicVoice:
        index = plan.track_index
        return MusicVoice(self._bank, index, track_key(index), self._turns[index], int(plan.track_s * self._rate_hz))

    def _cast_clips(self, plans: Iterable[ClipSoundPlan]) -> None:
        """Let each clip that is planned play on where it is near, or come in; others go out."""
        free = [voice for voice in self._clips if not voice.leaving]
        for plan in plans:
            wanted = self._clip_voice(plan)
            near = next((voice for voice in free if voice.is_near(wanted)), None)
            if near is not None:
                free.remove(near)
                near.steer(plan.clip_s * self._rate_hz, plan.speed)
                near.gain.to(plan.gain)
            else:
                wanted.gain = Glide(plan.gain, BLOCK)
                self._clips.append(wanted)
        for voice in free:
            voice.leave(DECLICK)

    def _clip_voice(self, plan: ClipSoundPlan) -> ClipVoice:
        position = plan.clip_s * self._rate_hz
        return ClipVoice(self._bank, clip_key(plan.clip), plan.layer, position, plan.speed)


def _effects() -> type[Effects]:
    """Loaded before anything sounds: it takes a tenth of a second, which nobody has later."""
    from engine.audio.effects import Effects  # noqa: PLC0415 - pedalboard, for shows with effects only

    return Effects


def _turn(track: PlacedTrack | None, rate_hz: int) -> Turn | None:
    if track is None or not track.loops:
        return None
    return Turn(round(track.turn_s * rate_hz), round(track.loop_from_s * rate_hz))
