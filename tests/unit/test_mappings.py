"""Levels that drive parameters: of a track, known ahead, and heard live."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.core.planner import plan
from engine.core.state import State
from engine.core.step import begun, folded
from engine.core.values import value_at
from engine.model.events import Event, EventSource
from engine.model.world import Envelope, World
from tests.world_support import clip, world

RISING = Envelope(10.0, np.linspace(0, 1, 101, dtype=np.float32))  # 0 to 1 within 10 s


def of_track(**mapping: object) -> World:
    written = {"level": "loud", "to": "/layer/base/opacity", "attack_s": 0.0, "release_s": 0.0, **mapping}
    return world(
        clips=[clip("a")],
        layers=[{"name": "base", "opacity": 0.2}],
        levels=[{"name": "loud"}],
        mappings=[written],
        track_s=10.0,
        envelopes={("loud", 0.0, 0.0): RISING},
    )


def live(**mapping: object) -> World:
    written = {"level": "room", "to": "/layer/base/opacity", **mapping}
    return world(
        clips=[clip("a")],
        layers=[{"name": "base", "opacity": 0.0}],
        levels=[{"name": "room", "source": "input"}],
        mappings=[written],
    )


def done(made: World, *events: tuple[float, str, float]) -> State:
    found = [Event(at_s, EventSource.ONSET, number, path, value) for number, (at_s, path, value) in enumerate(events)]
    return folded(made, begun(made), found)


def opacity(made: World, state: State, at_s: float) -> float:
    (movement,) = plan(made, state, at_s).movements
    return movement.layers[0].opacity if movement.layers else 0.0


@pytest.mark.parametrize(
    ("mapping", "at_5_s"),
    [({}, 0.7), ({"gain": 0.5}, 0.45), ({"gain": 3}, 1.0), ({"gain": -1}, 0.0), ({"curve": 2}, 0.45)],
)
def test_a_tracks_level_adds_to_what_was_touched_or_written(mapping: dict[str, float], at_5_s: float) -> None:
    made = of_track(**mapping)
    assert opacity(made, begun(made), 5.0) == pytest.approx(at_5_s, abs=1e-6)


def test_what_is_touched_moves_with_the_level_on_top() -> None:
    made = of_track()
    assert opacity(made, done(made, (1.0, "/layer/base/opacity", 0.4)), 3.0) == pytest.approx(0.7)


def test_the_level_goes_with_the_music_when_it_seeks() -> None:
    made = of_track()
    assert opacity(made, done(made, (1.0, "/show/position", 7.0)), 2.0) == pytest.approx(1.0)
    assert opacity(made, done(made, (1.0, "/show/position", 3.0)), 2.0) == pytest.approx(0.6)


def test_a_live_level_is_approached_with_attack_and_release() -> None:
    made = live(attack_s=0.1, release_s=0.5)
    risen = done(made, (1.0, "/level/room", 0.8))
    assert opacity(made, risen, 1.1) == pytest.approx(0.8 * (1 - math.exp(-1)))
    top = 0.8 * (1 - math.exp(-10))
    fallen = done(made, (1.0, "/level/room", 0.8), (2.0, "/level/room", 0.0))
    assert opacity(made, fallen, 2.5) == pytest.approx(top * math.exp(-1))


def test_the_approach_does_not_hang_on_how_often_one_looks() -> None:
    made = live()
    events = [(0.5 + number / 50, "/level/room", (number % 7) / 7) for number in range(60)]
    at_once = done(made, *events)
    stepwise = begun(made)
    for number, (at_s, path, value) in enumerate(events):
        stepwise = folded(made, stepwise, [Event(at_s, EventSource.ONSET, number, path, value)])
        opacity(made, stepwise, at_s + 0.011)
    assert opacity(made, stepwise, 1.9) == opacity(made, at_once, 1.9)


def test_a_level_drives_the_master_and_a_place() -> None:
    made = world(
        clips=[clip("a")],
        levels=[{"name": "loud"}],
        mappings=[
            {"level": "loud", "to": "/master/fade", "gain": -1, "attack_s": 0, "release_s": 0},
            {"level": "loud", "to": "/layer/base/rotation", "gain": 0.01, "attack_s": 0, "release_s": 0},
        ],
        track_s=10.0,
        envelopes={("loud", 0.0, 0.0): RISING},
    )
    found = plan(made, begun(made), 5.0)
    assert found.fade == pytest.approx(0.5)
    assert found.movements[0].layers[0].transform.rotation_deg == pytest.approx(0.5 * 72)


def test_the_path_of_a_tracks_level_shows_it_as_measured_until_something_else_is_sent() -> None:
    made = of_track()
    assert value_at(made, begun(made), "/level/loud", 5.0) == pytest.approx(0.5, abs=1e-6)
    assert value_at(made, done(made, (1.0, "/level/loud", 0.9)), "/level/loud", 5.0) == pytest.approx(0.9)
