"""Actions that wait: they fire at the exact instant of what they wait for, or give up."""

from __future__ import annotations

import pytest

from engine.core.planner import plan
from engine.core.prefetch import Prefetch
from engine.core.state import State
from engine.core.step import advanced, begun, folded
from engine.model.cueing import Quantise
from engine.model.events import Event, EventSource
from engine.model.pictures import FrameRef
from engine.model.world import Onset, World
from tests.world_support import clip, world

CLIPS = [clip("a", frames=250), clip("b", frames=250), clip("c", frames=250)]
PERIOD_S = 1 / 60


def event(at_s: float, address: str, value: float = 1.0, wait: Quantise | None = None) -> Event:
    return Event(at_s, EventSource.MIDI, 0, address, value, wait=wait)


def done(made: World, *events: Event) -> State:
    return folded(made, begun(made), events)


def shown(made: World, state: State, at_s: float) -> FrameRef | None:
    (movement,) = plan(made, state, at_s).movements
    incoming = movement.layers[0].incoming
    return None if incoming is None else incoming.ref


def changes_at(made: World, state: State, first_s: float, within_s: float) -> None:
    """The clip is another one from `first_s` on, and not an instant earlier."""
    before, after = shown(made, state, first_s - 1e-6), shown(made, state, first_s)
    assert before is not None
    assert after is not None
    assert before.clip == "a"
    assert after == FrameRef("b", 0)
    assert shown(made, state, first_s + within_s).clip == "b"


def with_beats(**more: object) -> World:
    beats = [0.25 + 0.5 * number for number in range(40)]
    return world(clips=CLIPS, track_s=20.0, beats=beats, movements=[("one", 8.0, ()), ("two", 8.0, ())], **more)


@pytest.mark.parametrize(
    ("wait", "fires_at_s"),
    [
        (Quantise(to="beat"), 1.25),
        (Quantise(to="beat", every=2), 1.25),
        (Quantise(to="beat", every=3), 1.75),
        (Quantise(to="bar"), 2.25),
        (Quantise(to="bar", every=2), 4.25),
        (Quantise(to="bar", every=2, at_most_s=0.5), 1.5),
    ],
)
def test_an_action_waits_for_the_musics_beats_and_bars(wait: Quantise, fires_at_s: float) -> None:
    made = with_beats()
    changes_at(made, done(made, event(1.0, "/layer/base/next", wait=wait)), fires_at_s, 1.0)


def test_a_written_tempo_counts_where_the_music_has_no_beats() -> None:
    made = world(clips=CLIPS, tempo={"bpm": 90, "first_beat_s": 0.1})
    state = done(made, event(1.0, "/layer/base/next", wait=Quantise(to="beat")))
    changes_at(made, state, 0.1 + 2 * 60 / 90, 1.0)


def test_a_tempo_by_hand_wins_over_the_musics_and_is_let_go() -> None:
    made = with_beats()
    taps = [event(at_s, "/tempo/tap") for at_s in (1.0, 1.4, 1.8)]
    wait = Quantise(to="beat")
    changes_at(made, done(made, *taps, event(2.0, "/layer/base/next", wait=wait)), 2.2, 1.0)
    released = event(1.9, "/tempo/release")
    changes_at(made, done(made, *taps, released, event(2.0, "/layer/base/next", wait=wait)), 2.25, 1.0)


def test_a_change_of_tempo_moves_what_waits_already() -> None:
    made = world(clips=CLIPS, tempo={"bpm": 60})
    state = done(made, event(1.1, "/layer/base/next", wait=Quantise(to="bar")), event(2.0, "/tempo/bpm", 120))
    changes_at(made, state, 3.0, 1.0)  # two more beats of half a second


def test_two_taps_are_a_slip_and_three_a_tempo() -> None:
    made = world(clips=CLIPS)
    wait = event(3.0, "/layer/base/next", wait=Quantise(to="beat"))
    taps = [event(1.0, "/tempo/tap"), event(1.5, "/tempo/tap"), event(2.0, "/tempo/tap")]
    assert shown(made, done(made, *taps[:2], wait), 9.0).clip == "a"
    changes_at(made, done(made, *taps, wait), 3.0, 1.0)


def test_taps_after_a_pause_begin_anew() -> None:
    made = world(clips=CLIPS)
    taps = [event(at_s, "/tempo/tap") for at_s in (0.1, 0.2, 5.0, 5.5, 6.0)]
    assert done(made, *taps).tempo.rate == pytest.approx(2.0)


@pytest.mark.parametrize("detector", ["", "kick"])
def test_an_action_waits_for_an_onset_of_its_detector(detector: str) -> None:
    onsets = [Onset(0.5), Onset(1.2, 1.0, "kick"), Onset(1.7), Onset(2.9, 1.0, "kick")]
    made = world(clips=CLIPS, onsets=onsets, track_s=5.0, detectors=[{"name": "kick"}])
    state = done(made, event(1.3, "/layer/base/next", wait=Quantise(to=detector or "onset")))
    changes_at(made, state, 2.9 if detector else 1.7, 0.5)


@pytest.mark.parametrize("address", ["/onset", "/onset/kick"])
def test_an_action_waits_for_an_onset_that_is_played_live(address: str) -> None:
    made = world(clips=CLIPS, detectors=[{"name": "kick"}])
    wait = Quantise(to="kick" if address.endswith("kick") else "onset")
    pad = event(1.0, "/layer/base/next", wait=wait)
    other = event(2.0, "/onset" if address.endswith("kick") else "/onset/kick")
    assert shown(made, done(made, pad, other), 3.2).clip == "a"
    assert shown(made, done(made, pad, other, event(3.21, address)), 3.21) == FrameRef("b", 0)


@pytest.mark.parametrize(("then", "clip_after"), [("fire", "b"), ("drop", "a")])
def test_what_has_waited_long_enough_fires_or_drops(then: str, clip_after: str) -> None:
    made = world(clips=CLIPS)
    wait = Quantise(to="onset", at_most_s=0.75, then=then)
    state = done(made, event(1.0, "/layer/base/next", wait=wait))
    assert shown(made, state, 1.749).clip == "a"
    assert shown(made, state, 1.75).clip == clip_after
    assert advanced(made, state, 2.0).waiting == ()


def test_of_two_that_wait_under_one_path_the_later_one_counts() -> None:
    made = world(clips=CLIPS)
    wait = Quantise(to="onset")
    state = done(made, *(event(1.0 + at_s, "/layer/base/next", wait=wait) for at_s in (0.0, 0.1)), event(2.0, "/onset"))
    assert shown(made, state, 2.0) == FrameRef("b", 0)


def test_an_action_for_the_movements_end_chooses_the_next_one() -> None:
    movements = [("one", 2.0, ()), ("two", 2.0, ()), ("three", 2.0, ())]
    made = world(clips=CLIPS, movements=movements)
    wait = Quantise(to="movement_end")
    state = done(made, event(1.0, "/movement/index", 2, wait))
    assert plan(made, state, 1.999).movements[0].movement == "one"
    assert plan(made, state, 2.0).movements[0].movement == "three"


def test_a_layers_action_for_the_movements_end_is_done_in_the_next_one() -> None:
    made = world(clips=CLIPS, movements=[("one", 2.0, ()), ("two", 2.0, ())])
    state = done(made, event(1.0, "/layer/base/clip/c", wait=Quantise(to="movement_end")))
    assert plan(made, state, 2.0).movements[0].movement == "two"
    assert shown(made, state, 2.0) == FrameRef("c", 0)


def test_what_waits_for_an_onset_is_prefetched_until_it_sounds() -> None:
    """The pad is hit, the drum later: what the picture then shows was wanted, and armed, from the pad on."""
    made = world(clips=CLIPS, detectors=[{"name": "kick"}])
    state = begun(made)
    foresight = Prefetch(made)
    pad = event(1.0, "/layer/base/next", wait=Quantise(to="kick"))
    state, count = folded(made, state, [pad]), 1
    wanted: list[FrameRef] = []
    for tick in range(61, 90):
        state = advanced(made, state, tick * PERIOD_S)
        wanted = [item.ref for item in foresight.wanted(state, count, tick * PERIOD_S, PERIOD_S) if item.armed]
    hit = event(1.49, "/onset/kick", 0.8)  # heard 10 ms before the tick that learns of it
    state = folded(made, advanced(made, begun(made), 0), [pad, hit])
    for tick in (90, 91, 92):
        assert shown(made, state, tick * PERIOD_S + PERIOD_S) in wanted


def test_where_a_waiting_pad_will_land_is_armed_anew_when_the_fader_moves_meanwhile() -> None:
    made = world(clips=CLIPS, detectors=[{"name": "kick"}])
    pad, aim = event(1.0, "/layer/base/land", wait=Quantise(to="kick")), event(1.2, "/layer/base/target", 0.8)
    before, after = folded(made, begun(made), [pad]), folded(made, begun(made), [pad, aim])
    foresight = Prefetch(made)
    wanted: list[FrameRef] = []
    for tick in range(61, 90):
        state, count = (before, 1) if tick * PERIOD_S < 1.2 else (after, 2)
        state = advanced(made, state, tick * PERIOD_S)
        wanted = [item.ref for item in foresight.wanted(state, count, tick * PERIOD_S, PERIOD_S) if item.armed]
    state = folded(made, advanced(made, begun(made), 0), [pad, aim, event(1.49, "/onset/kick", 0.8)])
    assert shown(made, state, 91 * PERIOD_S) in wanted
    assert FrameRef("a", 199) in wanted


def test_what_gave_up_waiting_is_armed_no_more() -> None:
    made = world(clips=CLIPS)
    pad = event(1.0, "/layer/base/next", wait=Quantise(to="onset", at_most_s=0.5, then="drop"))
    state, foresight = folded(made, begun(made), [pad]), Prefetch(made)
    armed: dict[int, bool] = {}
    for tick in range(61, 100):
        state = advanced(made, state, tick * PERIOD_S)
        wanted = foresight.wanted(state, 1, tick * PERIOD_S, PERIOD_S)
        armed[tick] = FrameRef("b", 0) in {item.ref for item in wanted if item.armed}
    assert armed[80]
    assert not armed[99]


def test_what_waits_for_a_beat_is_armed_as_a_jump_at_that_beat() -> None:
    made = with_beats()
    state = folded(made, begun(made), [event(1.0, "/layer/base/next", wait=Quantise(to="bar"))])
    foresight = Prefetch(made)
    found = {
        item.ref: item.needed_at_s
        for tick in range(60, 80)
        for item in foresight.wanted(advanced(made, state, tick * PERIOD_S), 1, tick * PERIOD_S, PERIOD_S)
        if item.armed
    }
    assert found[FrameRef("b", 0)] == pytest.approx(2.25)


def test_reset_and_panic_forget_what_waits() -> None:
    made = world(clips=CLIPS)
    pad = event(1.0, "/layer/base/next", wait=Quantise(to="onset"))
    for path in ("/reset", "/panic"):
        assert shown(made, done(made, pad, event(1.5, path), event(2.0, "/onset")), 2.0).clip == "a"
