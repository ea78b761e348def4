"""A performance over MIDI and OSC, and its take: rendered again, and folded again at the very instants of the stage."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mido
import pytest

from engine.app.load import load_world
from engine.app.pace import Tick
from engine.app.plan_file import plan_row
from engine.core.planner import plan
from engine.core.step import advanced, begun, history, stepped
from engine.formats.take_file import read_take
from engine.model.events import Event
from engine.model.plan import FramePlan
from engine.model.world import World
from tests.cli.test_play import free_udp_port
from tests.devices.sound_support import jack_server
from tests.devices.stage_take import Kept, Row, jack_midi, performing
from tests.devices.test_midi_stage import plugged_in
from tests.film_support import click_track, grey_movie, run_module
from tests.support import need_program
from tests.take_support import at_instants, perform

SHOW = """
title: staged
canvas: {{width: 64, height: 36, rate: 60}}
seed: 11
track: {{file: track.flac}}
detectors: [{{name: kick, source: none}}]
layers:
  - {{name: base, source: up.mp4, interpolation: blend, on_onset: {{action: jump, every: 2}}}}
  - {{name: echo, source: down.mp4, blend: screen, opacity: 0.5, transition_s: 0.2}}
movements:
  - {{name: one, duration_s: 3, transition_s: 0.5}}
  - {{name: two, duration_s: 3, transition_s: 0.5}}
at_end: loop
bindings:
  - {{midi: {{cc: 21}}, to: /layer/echo/opacity}}
  - {{midi: {{cc: 22}}, to: /layer/base/speed, range: [-2, 2]}}
  - {{midi: {{note: 40}}, to: /layer/base/jump, quantise: {{to: kick}}}}
  - {{midi: {{note: 41}}, to: /movement/next, quantise: {{to: onset, at_most_s: 1}}}}
  - {{midi: {{note: 36}}, to: /onset/kick}}
inputs: {{midi: {{port: hands, feedback: false}}, osc: {{port: {port}}}}}
"""
ATTEMPTS = 3
CLICKS_S = tuple(0.31 + 0.37 * number for number in range(15))


@dataclass(frozen=True)
class Staged:
    show: Path
    take: Path
    kept: Kept
    world: World
    events: tuple[Event, ...]


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    """Played once. JACK's dummy driver at times leaves a client out for good: then another one is tried."""
    for _ in range(ATTEMPTS):
        show, port = _show_in(tmp_path_factory.mktemp("staged")), free_udp_port()
        show.write_text(SHOW.format(port=port), encoding="utf-8")
        with (
            jack_server() as jack,
            jack_midi(jack),
            performing(show, jack, "--silent") as performance,
            plugged_in("hands") as hands,
        ):
            first = mido.Message("control_change", control=21, value=0)
            if not performance.hears(lambda hands=hands, first=first: hands.send(first)):  # type: ignore[misc]
                continue
            _play(hands, port)
            kept = performance.end()
        take = read_take(performance.take)
        assert not take.warnings
        return Staged(show, performance.take, kept, load_world(show), take.events)
    pytest.fail(f"JACK carried nothing in {ATTEMPTS} attempts")


def _show_in(folder: Path) -> Path:
    """Where the show stands, beside its films and its music."""
    grey_movie(folder / "up.mp4")
    grey_movie(folder / "down.mp4", frames=40, first_level=40)
    click_track(folder / "track.flac", CLICKS_S, 6.0)
    return folder / "show.yaml"


def _play(hands: mido.ports.BaseOutput, port: int) -> None:
    """Some seconds of faders, pads and drums, and another hand that speaks OSC."""
    oscsend = need_program("oscsend", "liblo-tools")
    for number in range(120):
        if number % 40 < 15:
            hands.send(mido.Message("control_change", control=21, value=number))
        if number % 30 == 11:
            hands.send(mido.Message("control_change", control=22, value=number % 128))
        for note, every, after in ((40, 20, 3), (36, 20, 13), (41, 50, 30)):
            if number % every == after:
                hands.send(mido.Message("note_on", note=note, velocity=100))
                hands.send(mido.Message("note_off", note=note))
        if number % 25 == 7:
            path, value = ("/layer/base/position", number / 120) if number % 2 else ("/layer/base/release", 1.0)
            subprocess.run([oscsend, "127.0.0.1", str(port), path, "f", str(value)], check=True, capture_output=True)
        time.sleep(0.03)


def looks(row: Row) -> dict[str, Any]:
    return {"fade": row["fade"], "movements": row["movements"]}


def plan_row_of(picture: FramePlan, row: Row) -> Row:
    """What the stage would have written of this picture in place of `row`."""
    made = plan_row(Tick(row["frame"], row["now_s"], row["at_s"]), picture)
    read: Row = json.loads(json.dumps(made))
    return read


def test_the_take_folded_tick_by_tick_gives_what_the_stage_showed(staged: Staged) -> None:
    """Each event with the tick that took it in, as on stage: every frame the same."""
    by_line = {(one.at_s, one.source.name.lower(), one.sequence, one.address): one for one in staged.events}
    coming: dict[int, list[Event]] = {}
    for place, line in staged.kept.events:
        event = by_line[line["at_s"], line["source"], line["sequence"], line["path"]]
        coming.setdefault(place, []).append(event)
    past = history(begun(staged.world))
    for place, row in enumerate(staged.kept.rows):
        past = stepped(staged.world, past, coming.get(place, ()), row["now_s"])
        again = plan(staged.world, advanced(staged.world, past.head, row["at_s"]), row["at_s"])
        assert looks(plan_row_of(again, row)) == looks(row), f"row {place}"
    assert len(staged.events) > 60
    assert {event.source.name for event in staged.events} == {"MIDI", "OSC"}


def test_the_take_at_the_stages_instants_differs_only_where_the_stage_did_not_know_yet(staged: Staged) -> None:
    """A frame is planned for when it will be seen. What is played until then comes too late for it, on stage alone."""
    rows = staged.kept.rows
    again = perform(staged.world, at_instants(row["at_s"] for row in rows), replayed=staged.events).plans
    differing = [place for place, row in enumerate(rows) if looks(plan_row_of(again[row["at_s"]], row)) != looks(row)]
    came_too_late = {
        place
        for taken_in, event in staged.kept.events
        for place in range(taken_in)
        if rows[place]["at_s"] >= event["at_s"]
    }
    print(
        f"{len(rows)} frames, {len(staged.events)} events: {len(came_too_late)} frames were planned before an event"
        f" stamped before their instant had come; {len(differing)} of them show something else for it"
    )
    assert set(differing) <= came_too_late
    assert len(rows) - len(came_too_late) > len(rows) / 3


def test_the_take_rendered_twice_gives_the_same_frames(staged: Staged, tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        hashes = tmp_path / f"{name}.hashes"
        run = run_module(
            "engine.app.render", staged.show, "--take", staged.take, "-o", tmp_path / f"{name}.mkv",
            "--codec", "ffv1", "--hashes", hashes,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        found.append([line.split()[1] for line in hashes.read_text().splitlines()])
    assert found[0] == found[1]
    assert len(set(found[0])) > 50
