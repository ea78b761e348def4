"""Modulations: waves, onsets, entries, levels and parameters that move others, and in which order."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from engine.core.modulation import Moment
from engine.core.planner import plan
from engine.core.sound_plan import makes_sound
from engine.core.state import State
from engine.core.step import advanced, begun, history, stepped
from engine.core.waves import envelope, wave
from engine.model.events import Event, EventSource
from engine.model.level_uses import level_uses
from engine.model.looks import EnvelopeShape, Lfo
from engine.model.world import Envelope, Onset, PlacedTrack, World
from tests.look_support import look_world

BASE = """
layers:
  - {name: low, generator: {shader: dots}, effects: [{shader: tint, name: t}]}
  - {name: high, generator: {shader: dots}}
groups: [{name: g, layers: [high]}]
"""
ONE = "movements: [{name: one, duration_s: 10}, {name: two, duration_s: 10}]\n"
AMOUNT = "/layer/low/effect/t/amount"


def value(world: World, path: str, at_s: float, state: State | None = None) -> float:
    """What drives the parameter at `path` makes of it at `at_s`."""
    state = advanced(world, begun(world) if state is None else state, at_s)
    return Moment(world, state, state.current, at_s).value(path)


def modulated(*modulations: str, more: str = "", track: PlacedTrack | None = None) -> World:
    written = "modulations:\n" + "".join(f"  - {{{one}}}\n" for one in modulations)
    return look_world(BASE + written + more + ONE, track=track)


def sent(world: World, *events: tuple[float, str, float]) -> State:
    made = [Event(at_s, EventSource.OSC, number, path, to) for number, (at_s, path, to) in enumerate(events)]
    return stepped(world, history(begun(world)), made, made[-1].at_s).head


@pytest.mark.parametrize(
    ("shape", "at"),
    [
        ("sine", [0, 0.5, 1, 0.5]),
        ("triangle", [0, 0.5, 1, 0.5]),
        ("saw", [0, 0.25, 0.5, 0.75]),
        ("square", [1, 1, 0, 0]),
    ],
)
def test_the_shapes_of_waves(shape: str, at: list[float]) -> None:
    lfo = Lfo.model_validate({"shape": shape, "period_s": 4})
    assert [wave(lfo, quarter / 4, 0, "") for quarter in range(4)] == pytest.approx(at)
    assert wave(lfo, 7.25, 0, "") == pytest.approx(at[1])
    shifted = Lfo.model_validate({"shape": shape, "period_s": 4, "phase": 0.25})
    assert wave(shifted, 0.0, 0, "") == pytest.approx(at[1])


def test_a_random_wave_holds_a_value_a_period_by_the_show_s_seed() -> None:
    lfo = Lfo(shape="random", period_s=1)
    values = [wave(lfo, 0.5 + number, 3, "a") for number in range(50)]
    assert len(set(values)) == 50
    assert values[7] == wave(lfo, 7.99, 3, "a")
    assert values[7] != wave(lfo, 7.5, 4, "a") != wave(lfo, 7.5, 4, "b")


def test_an_envelope_rises_holds_and_falls() -> None:
    shape = EnvelopeShape(attack_s=1, hold_s=2, decay_s=4, curve=2)
    found = [envelope(shape, since_s) for since_s in (-0.1, 0, 0.5, 1, 2.9, 3, 5, 7, math.inf)]
    assert found == [0, 0, 0.5, 1, 1, 1, 0.25, 0, 0]
    assert envelope(EnvelopeShape(decay_s=0), 0.0) == 0


def test_waves_go_between_low_and_high() -> None:
    world = modulated(f"to: {AMOUNT}, lfo: {{shape: saw, period_s: 10}}, low: 0.2, high: 0.4")
    assert [value(world, AMOUNT, at_s) for at_s in (0.0, 5.0, 10.0)] == pytest.approx([0.2, 0.3, 0.2])
    effect = plan(world, begun(world), 5.0).movements[0].layers[0].effects[0]
    assert effect.settings == {"amount": pytest.approx(0.3)}


def test_a_wave_may_be_counted_in_beats() -> None:
    world = modulated(
        "to: /layer/low/x, lfo: {shape: saw, period_beats: 4}, low: 0, high: 1", more="tempo: {bpm: 60}\n"
    )
    assert value(world, "/layer/low/x", 3.0) == pytest.approx(0.75)
    faster = sent(world, (2.0, "/tempo/bpm", 120.0))
    assert value(world, "/layer/low/x", 2.5, faster) == pytest.approx(0.75)


def test_set_counts_before_add_and_mappings_add() -> None:
    world = modulated(
        f"to: {AMOUNT}, lfo: {{shape: square, width: 1, period_s: 1}}, low: 0, high: 0.1, mode: add",
        f"to: {AMOUNT}, lfo: {{shape: square, width: 1, period_s: 1}}, low: 0, high: 0.9",
        f"to: {AMOUNT}, lfo: {{shape: square, width: 1, period_s: 1}}, low: 0, high: 0.3",
        more="levels: [{name: room, source: input}]\n"
        f"mappings: [{{level: room, to: {AMOUNT}, gain: 0.5, attack_s: 0}}]\n",
    )
    assert value(world, AMOUNT, 1.0) == pytest.approx(0.4)
    heard = sent(world, (1.0, "/level/room", 0.4), (1.1, AMOUNT, 1.0))
    assert value(world, AMOUNT, 2.0, heard) == pytest.approx(0.6)


def test_add_goes_on_top_of_what_is_touched_within_the_range() -> None:
    world = modulated(f"to: {AMOUNT}, lfo: {{shape: saw, period_s: 10}}, mode: add")
    touched = sent(world, (1.0, AMOUNT, 0.25))
    assert value(world, AMOUNT, 5.0) == 1.0
    assert value(world, AMOUNT, 5.0, touched) == pytest.approx(0.75)


def test_what_is_added_at_rest_changes_nothing_whatever_the_range() -> None:
    world = modulated("to: /layer/low/x, entry: {attack_s: 2, hold_s: 9}, high: 1, mode: add")  # x takes -4 to 4
    assert value(world, "/layer/low/x", 0.0) == 0.0
    assert value(world, "/layer/low/x", 1.0) == pytest.approx(0.5)


def test_a_switch_and_a_choice_are_driven() -> None:
    world = modulated(
        "to: /layer/low/effect/t/on, lfo: {shape: saw, period_s: 10}",
        "to: /layer/low/effect/t/way, lfo: {shape: saw, period_s: 10}",
        "to: /layer/low/effect/t/flip, lfo: {shape: saw, period_s: 10}",
    )
    assert plan(world, begun(world), 4.0).movements[0].layers[0].effects == ()
    (effect,) = plan(world, begun(world), 6.0).movements[0].layers[0].effects
    assert effect.settings == {"way": 5, "flip": True}


def track(*onsets: Onset, length_s: float = 4.0, loops: bool = False, **given: object) -> PlacedTrack:
    return PlacedTrack(Path("t.flac"), length_s, onsets, loops=loops, **given)  # type: ignore[arg-type]


HIT = "onset: {decay_s: 1, curve: 1}"
MUSIC = "track: {file: tests/conftest.py}\n"


def test_onsets_begin_an_envelope_anew_through_all_loops() -> None:
    heard = track(Onset(1.0, 0.5), Onset(1.5, 1.0), loops=True)
    world = modulated(f"to: {AMOUNT}, {HIT}", more=MUSIC, track=heard)
    found = {at_s: value(world, AMOUNT, at_s) for at_s in (0.5, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 5.25, 9.75)}
    assert found == pytest.approx(
        {0.5: 0, 1.0: 1, 1.25: 0.75, 1.5: 1, 2.0: 0.5, 3.0: 0, 5.0: 1, 5.25: 0.75, 9.75: 0.75}
    )


def test_onsets_count_by_detector_and_strength() -> None:
    heard = track(Onset(1.0, 0.5), Onset(1.5, 0.2), Onset(2.0, 1.0, "hat"))
    world = modulated(
        f"to: {AMOUNT}, onset: {{decay_s: 1, curve: 1, min_strength: 0.4, by_strength: true}}",
        "to: /layer/low/x, onset: {decay_s: 1, curve: 1, detector: hat}, low: 0, high: 1",
        more=MUSIC + "detectors: [{name: hat}]\n",
        track=heard,
    )
    assert value(world, AMOUNT, 1.5) == pytest.approx(0.25)
    assert value(world, "/layer/low/x", 1.5) == 0
    assert value(world, "/layer/low/x", 2.5) == pytest.approx(0.5)


def test_onsets_that_are_tapped_count_too_and_the_state_stays_small() -> None:
    world = modulated(f"to: {AMOUNT}, {HIT}", more=MUSIC, track=track(Onset(1.0)))
    taps = [(1.0 + number / 10, "/onset", 1.0) for number in range(5)]
    state = sent(world, *taps)
    assert value(world, AMOUNT, 1.65, state) == pytest.approx(0.75)
    assert len(state.heard_onsets) == 1
    assert sent(modulated(f"to: {AMOUNT}, lfo: {{period_s: 1}}"), *taps).heard_onsets == {}


def test_an_entry_is_counted_from_the_movement_s_beginning() -> None:
    world = modulated(f"to: {AMOUNT}, entry: {{attack_s: 2, decay_s: 0.5}}")
    assert [value(world, AMOUNT, at_s) for at_s in (1.0, 2.0, 5.0, 11.0)] == pytest.approx([0.5, 1.0, 0.0, 0.5])
    restarted = sent(world, (5.0, "/movement/restart", 1.0))
    assert value(world, AMOUNT, 6.0, restarted) == pytest.approx(0.5)
    there = sent(world, (5.0, "/show/position", 1.0))
    assert value(world, AMOUNT, 5.5, there) == pytest.approx(0.75)
    held = sent(world, (1.0, "/movement/position", 0.1))
    assert value(world, AMOUNT, 3.0, held) == value(world, AMOUNT, 9.0, held) == pytest.approx(0.5)


def test_levels_drive_as_mappings_do() -> None:
    loud = Envelope(1.0, np.array([0.0, 0.5, 1.0, 1.0, 0.0], dtype=np.float32))
    world = modulated(
        f"to: {AMOUNT}, level: {{name: loud, curve: 2, attack_s: 0.1, release_s: 0.1}}",
        "to: /layer/low/x, level: {name: room, attack_s: 1, release_s: 2}, low: 0, high: 1",
        "to: /layer/low/y, parameter: /level/loud, low: 0, high: 1",
        more=MUSIC + "levels: [{name: loud}, {name: room, source: input}]\n",
        track=track(envelopes={("loud", 0.1, 0.1): loud, ("loud", 0.0, 0.0): loud}),
    )
    assert level_uses(world.loaded.show) == {("loud", 0.1, 0.1), ("room", 1.0, 2.0), ("loud", 0.0, 0.0)}
    assert value(world, AMOUNT, 1.0) == pytest.approx(0.25)
    assert value(world, "/layer/low/y", 1.0) == pytest.approx(0.5)
    heard = sent(world, (1.0, "/level/room", 1.0))
    assert value(world, "/layer/low/x", 2.0, heard) == pytest.approx(1 - math.exp(-1))


def test_a_parameter_drives_another_touched_or_driven() -> None:
    world = modulated(
        f"to: {AMOUNT}, parameter: /layer/high/opacity, low: 1, high: 0",
        "to: /group/g/opacity, parameter: /layer/low/effect/t/amount",
        "to: /layer/low/y, parameter: /movement/position, low: 0, high: 1",
    )
    assert value(world, AMOUNT, 1.0) == 0
    touched = sent(world, (1.0, "/layer/high/opacity", 0.25))
    assert value(world, AMOUNT, 2.0, touched) == pytest.approx(0.75)
    assert plan(world, touched, 2.0).movements[0].groups[0].opacity == pytest.approx(0.75)
    assert value(world, "/layer/low/y", 2.5) == pytest.approx(0.25)


def test_many_paths_that_lead_to_one_are_worked_out_once() -> None:
    # Each of 60 steps reads the one before it twice: 2 to the 60 ways.
    layers = "".join(f"  - {{name: l{number}, generator: {{shader: dots}}}}\n" for number in range(61))
    steps = "".join(
        f"  - {{to: /layer/l{number}/opacity, parameter: /layer/l{number - 1}/opacity, mode: {mode}, high: 0.5}}\n"
        for number in range(1, 61)
        for mode in ("set", "add")
    )
    world = look_world(f"layers:\n{layers}modulations:\n{steps}{ONE}")
    assert value(world, "/layer/l60/opacity", 1.0) == 1.0


def test_looks_and_movements_bring_their_own() -> None:
    world = look_world(
        BASE
        + """
modulations: [{to: /layer/low/x, lfo: {shape: square, width: 1, period_s: 1}, high: 1}]
looks: {calm: {modulations: [{to: /layer/low/y, lfo: {shape: square, width: 1, period_s: 1}, high: 1}]}}
movements: [{name: one, duration_s: 10, look: calm, transition_s: 2}, {name: two, duration_s: 10, transition_s: 2}]
"""
    )
    one, two = (plan(world, begun(world), at_s).movements[-1].layers[0].transform for at_s in (5.0, 15.0))
    assert (one.x, one.y) == (1, 1)
    assert (two.x, two.y) == (1, 0)
    outgoing, current = plan(world, begun(world), 11.0).movements  # each with what drives it
    assert (outgoing.layers[0].transform.y, current.layers[0].transform.y) == (1, 0)


def test_the_master_and_sound_are_driven() -> None:
    world = modulated(
        "to: /master/fade, lfo: {shape: saw, period_s: 10}",
        "to: /layer/low/volume, lfo: {shape: saw, period_s: 10}",
    )
    assert plan(world, begun(world), 2.5).fade == pytest.approx(0.25)
    assert makes_sound(world)
