"""Replaying: a take fitted to the show at hand, and played over."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from engine.app.recorder import header_of
from engine.app.replay import Replay, load_take
from engine.core.figures import Figures
from engine.errors import ShowError
from engine.formats.take import Take
from engine.formats.take_file import write_take
from engine.model.cueing import Quantise
from engine.model.events import Event, EventSource
from engine.model.world import World
from tests.take_support import event
from tests.world_support import clip, world

WORLD = world(clips=[clip("a"), clip("b")], detectors=[{"name": "kick"}])


def stored(path: Path, *events: Event, of: World = WORLD) -> Path:
    file = path / "take.jsonl"
    write_take(file, Take(header_of(of, start_s=0.0), events, until_s=9.0))
    return file


def test_a_take_of_this_show_is_played_as_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    events = (
        event(1.0),
        event(2.0, "/layer/base/jump", 1.0, wait=Quantise(to="kick")),
        event(3.0, "/layer/base/clip/b"),
    )
    with caplog.at_level(logging.WARNING):
        assert load_take(stored(tmp_path, *events), WORLD, strict=True).events == events
    assert not caplog.records


def test_what_speaks_to_the_player_is_not_replayed(tmp_path: Path) -> None:
    file = stored(tmp_path, event(1.0), event(2.0, "/figures", 1.0), event(3.0, "/quit", 1.0))
    assert load_take(file, WORLD, strict=True).events == (event(1.0),)


def test_a_take_of_another_show_is_told_of_and_played_where_it_can_be(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = world(
        clips=[clip("a"), clip("b"), clip("c")],
        layers=[{"name": "base"}, {"name": "gone"}],
        detectors=[{"name": "snare"}],
        onsets=[0.5],
        track_s=2.0,
    )
    file = stored(
        tmp_path,
        event(1.0),
        event(1.0, "/layer/gone/opacity"),
        event(1.5, "/layer/gone/opacity"),
        event(2.0, "/layer/gone/jump"),
        event(2.5, "/layer/base/clip", 2.0),
        event(3.0, "/layer/base/jump", 1.0, wait=Quantise(to="snare")),
        of=other,
    )
    with caplog.at_level(logging.WARNING):
        take = load_take(file, WORLD)
    assert take.events == (event(1.0), event(2.5, "/layer/base/clip", 1.0), event(3.0, "/layer/base/jump", 1.0))
    said = [record.getMessage() for record in caplog.records]
    assert [line.removeprefix(str(file)).partition(" (the picture")[0] for line in said] == [
        ":1: was recorded with another show (show.yaml)",
        ":1: was recorded with another clip library",
        ":1: was recorded with other music, or other onsets in it",
        ": events for paths that the show has not got are left out: "
        "/layer/gone/opacity (2), /layer/gone/jump; 3 in all",
        ": paths have another kind or range than when it was recorded: /layer/base/clip; 1 in all",
        ": values out of range are clamped: /layer/base/clip; 1 in all",
        ": actions wait for what the show has not got, and fire at once: /layer/base/jump waits for snare; 1 in all",
    ]
    with pytest.raises(ShowError) as refused:
        load_take(file, WORLD, strict=True)
    assert len(refused.value.problems) == 7


def test_very_many_unknown_paths_are_counted_and_some_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = stored(tmp_path, *(event(1.0, f"/layer/x{number}/opacity") for number in range(50)))
    with caplog.at_level(logging.WARNING):
        assert not load_take(file, WORLD).events
    assert "and 45 more; 50 in all" in caplog.text


def test_a_take_that_broke_off_is_said_to_have(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = stored(tmp_path, event(1.25))
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))
    with caplog.at_level(logging.WARNING):
        load_take(file, WORLD, strict=True)
    assert "broke off at 1.25 s" in caplog.text


def replay(*events: Event) -> tuple[Replay, Figures]:
    figures = Figures()
    return Replay(events, WORLD.tree, figures), figures


def test_events_are_given_at_their_instants_and_once() -> None:
    events = [event(at_s) for at_s in (0.5, 1.0, 1.5)]
    took, figures = replay(*events)
    assert took.merged((), 0.4) == []
    assert took.merged((), 1.0) == events[:2]
    assert took.merged((), 1.0) == []
    assert took.merged((), 9.0) == events[2:]
    assert figures.counters["events_replayed"].count == 3


def given(took: Replay, live: dict[float, Event], until_s: float) -> list[Any]:
    """What the replay adds in ticks of 0.1 s to the live events of each tick."""
    found: list[Event] = []
    for number in range(round(until_s * 10) + 1):
        now_s = number / 10
        playing = [one for at_s, one in live.items() if now_s - 0.1 < at_s <= now_s]
        merged = took.merged(playing, now_s)
        assert merged[: len(playing)] == playing
        found += merged[len(playing) :]
    return [(one.at_s, one.address) for one in found]


def test_a_path_played_live_takes_over_until_a_second_after_its_last_value() -> None:
    fader, other = "/layer/base/opacity", "/layer/base/x"
    old = [event(number / 4, address) for number in range(20) for address in (fader, other)]
    took, _ = replay(*old)
    heard = given(took, {at_s: event(at_s, fader) for at_s in (1.05, 1.6)}, 4.9)
    assert [at_s for at_s, address in heard if address == other] == [number / 4 for number in range(20)]
    left_out = {number / 4 for number in range(20)} - {at_s for at_s, address in heard if address == fader}
    assert sorted(left_out) == [1.25, 1.5, 1.75, 2.0, 2.25, 2.5]


def test_actions_are_merged() -> None:
    jump = "/layer/base/jump"
    took, _ = replay(*(event(at_s, jump, 1.0) for at_s in (1.0, 1.2, 1.4)))
    assert given(took, {1.1: event(1.1, jump, 1.0)}, 2.0) == [(1.0, jump), (1.2, jump), (1.4, jump)]


def test_what_the_take_heard_counts_and_not_what_is_heard_again() -> None:
    heard = [event(at_s, "/onset", 0.7, source=EventSource.ONSET) for at_s in (1.0, 3.0)]
    took, _ = replay(*heard)
    again = event(1.02, "/onset", 0.6, source=EventSource.ONSET)
    by_hand = event(1.05, "/onset", 1.0)
    assert took.merged([again, by_hand], 1.1) == [by_hand, heard[0]]
    later = event(4.0, "/onset", 0.5, source=EventSource.ONSET)
    assert took.merged([later], 4.0) == [later, heard[1]]


def test_a_take_that_heard_nothing_leaves_the_live_input_alone() -> None:
    took, _ = replay(event(5.0))
    onset = event(1.0, "/onset", 0.6, source=EventSource.ONSET)
    assert took.merged([onset], 1.0) == [onset]
