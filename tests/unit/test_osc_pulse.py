"""What watchers are told beside events: onsets of the track, clocks, meters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from engine.core.step import advanced, begun, folded
from engine.model.clock import ClockStatus
from engine.model.events import Event, EventSource
from engine.model.meters import Meter, Meters
from engine.model.world import Onset, World
from engine.outputs.osc_pulse import OscPulse, track_onsets
from tests.osc_support import Stage, read
from tests.world_support import clip, world


def heard(messages: Sequence[bytes]) -> list[tuple[Any, ...]]:
    return [one for message in messages for one in read(message)]


def music(**more: Any) -> World:
    onsets = [Onset(1.0), Onset(2.0, 0.5, "kick"), Onset(2.5)]
    return world(clips=[clip("a")], track_s=4.0, onsets=onsets, detectors=({"name": "kick"},), **more)


def test_onsets_of_the_track_are_told_once_as_they_sound() -> None:
    stage = Stage(music())
    pulse = OscPulse(ClockStatus, Meters)
    told = []
    for now_s in (0.5, 1.0, 1.5, 2.6):
        stage.at(now_s)
        assert stage.latest is not None
        told.append([one[1:] for one in heard(pulse.messages(stage.latest, 0.0)) if one[0] == "/runtime/onset"])
    assert told == [[], [(1.0, "", 1.0)], [], [(2.0, "kick", 0.5), (2.5, "", 1.0)]]


def test_a_looping_track_has_its_onsets_again() -> None:
    looped = music(track_at_end="loop")
    found = track_onsets(looped, begun(looped), 4.9, 6.0)
    assert [(at_s, onset.detector) for at_s, onset in found] == [(5.0, ""), (6.0, "kick")]


def test_a_seek_tells_nothing_of_what_it_leaps_over() -> None:
    made = music()
    sought = folded(made, begun(made), [Event(0.5, EventSource.OSC, 0, "/show/position", 2.3)])
    assert [at_s for at_s, _ in track_onsets(made, advanced(made, sought, 0.6), 0.4, 0.8)] == [pytest.approx(0.7)]


def test_without_music_there_are_none() -> None:
    silent = world(clips=[clip("a")])
    assert track_onsets(silent, begun(silent), 0.0, 9.0) == []


def test_clocks_and_meters_are_told_ten_times_a_second() -> None:
    stage = Stage()
    status = ClockStatus("mtc", running=("mtc", "tap"), missing=("ltc",), beats="tap", bpm=125.0, error_ms=-0.5)
    meters = Meters(master=Meter((-6.0, -7.0), (-12.0, -13.0)))
    pulse = OscPulse(lambda: status, lambda: meters)
    assert stage.latest is not None
    first = heard(pulse.messages(stage.latest, 10.0))
    assert first[0] == ("/runtime/clock", "mtc", "mtc tap", "ltc", "tap", 125.0, -0.5)
    assert first[1] == ("/runtime/meter", "master", -6.0, -7.0, -12.0, -13.0)
    assert [one[1] for one in first[1:]] == ["master", "track", "clips"]
    assert pulse.messages(stage.latest, 10.05) == []
    assert len(pulse.messages(stage.latest, 10.1)) == 4
