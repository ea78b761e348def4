"""Takes from the command line: a real performance recorded, killed, played over, rendered at any rate and size."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from pythonosc.osc_message_builder import OscMessageBuilder

from engine.formats.take_file import read_take
from engine.model.events import Event, EventSource
from tests.cli.test_play import free_udp_port, said, wait_for_port
from tests.film_support import click_track, film_frames, grey_movie, plan_rows, run_module, start_module
from tests.take_support import HEADER, take_text

CLICKS_S = tuple(0.31 + 0.37 * number for number in range(15))
SHOW = """
title: Taken
canvas: {{width: 64, height: 36, rate: 30}}
seed: 5
track: {{file: track.flac}}
layers:
  - name: base
    source: up.mp4
    interpolation: blend
    on_onset: {{action: jump, every: 3}}
  - name: echo
    source: down.mp4
    blend: screen
    transition_s: 0.2
    opacity: 0.5
movements:
  - {{name: one, duration_s: 3, transition_s: 0.5}}
  - {{name: two, duration_s: 3, transition_s: 0.5}}
at_end: loop
bindings:
  - {{osc: /fader/1, to: /layer/echo/opacity}}
  - {{osc: /pad/1, to: /layer/echo/jump, quantise: {{to: onset, at_most_s: 1}}}}
  - {{osc: /pad/2, to: /movement/next, quantise: {{to: onset, at_most_s: 1}}}}
inputs: {{midi: {{enabled: false}}, osc: {{port: {port}}}}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("takes")
    grey_movie(made / "up.mp4")
    grey_movie(made / "down.mp4", frames=40, first_level=40)
    click_track(made / "track.flac", CLICKS_S, 6.0)
    return made


def show_of(folder: Path, port: int = 0) -> Path:
    path = folder / f"show{port}.yaml"
    path.write_text(SHOW.format(port=port))
    return path


class Hands:
    """Plays a running show over UDP."""

    def __init__(self, port: int) -> None:
        self._address = ("127.0.0.1", port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def play(self, address: str, value: float) -> None:
        message = OscMessageBuilder(address)
        message.add_arg(value, "f")
        self._socket.sendto(message.build().dgram, self._address)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def port() -> int:
    return free_udp_port()


@pytest.fixture
def hands(port: int) -> Any:
    made = Hands(port)
    yield made
    made.close()


def recording(folder: Path, port: int, take: Path, *more: str | Path) -> subprocess.Popen[str]:
    """A player that records, its port open and the show begun."""
    process = start_module(
        "engine.app.play", show_of(folder, port), "--headless", "--silent", "--json", "--record", take, *more
    )
    wait_for_port(process, port)
    wait_for(process, lambda: read_take(take).until_s > read_take(take).header.start_s, "it did not begin")
    return process


def wait_for(process: subprocess.Popen[str], condition: Any, what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def performance(hands: Hands, process: subprocess.Popen[str], take: Path) -> None:
    """A few seconds of faders and pads, each by its own clock, until the take holds the last of them."""
    for number in range(60):
        hands.play("/fader/1", number / 60)
        if number % 10 == 3:
            hands.play("/pad/1", 1.0)
        if number % 25 == 20:
            hands.play("/pad/2", 1.0)
        if number % 15 == 7:
            hands.play("/layer/base/position", number / 60)
        if number % 15 == 12:
            hands.play("/layer/base/release", 1.0)
        time.sleep(0.05)
    hands.play("/layer/base/jump", 0.25)
    wait_for(process, lambda: any(event.value == 0.25 for event in read_take(take).events), "the last did not come")


@pytest.fixture(scope="module")
def performed(folder: Path) -> Path:
    """A take of a performance that Ctrl-C ended."""
    take, port = folder / "performed.jsonl", free_udp_port()
    process, hands = recording(folder, port, take), Hands(port)
    performance(hands, process, take)
    hands.close()
    process.send_signal(signal.SIGINT)
    figures, _ = said(process)
    assert figures["take_events"] == len(read_take(take).events)
    assert figures["take_lost"] == 0
    return take


def rendered(folder: Path, take: Path, name: str, *more: str) -> tuple[list[dict[str, Any]], list[str], str]:
    """The plan's rows, the hashes of the frames, and what was said, of a render of `take`."""
    plan, hashes = folder / f"{name}.plan", folder / f"{name}.hashes"
    run = run_module(
        "engine.app.render", show_of(folder), "--take", take, "-o", folder / f"{name}.mkv", "--codec", "ffv1",
        "--plan", plan, "--hashes", hashes, *more,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return plan_rows(plan), [line.split()[1] for line in hashes.read_text().splitlines()], run.stderr


@pytest.fixture(scope="module")
def first(folder: Path, performed: Path) -> tuple[list[dict[str, Any]], list[str], str]:
    return rendered(folder, performed, "first")


def test_a_performance_is_in_its_take(performed: Path) -> None:
    take = read_take(performed)
    assert take.ended
    assert not take.warnings
    counts = {path: sum(event.address == path for event in take.events) for path in {e.address for e in take.events}}
    assert counts["/layer/echo/jump"] == 6
    assert counts["/movement/next"] == 2
    assert counts["/layer/base/release"] == 4
    assert counts["/layer/echo/opacity"] > 20
    assert take.until_s > 3
    pads = [event for event in take.events if event.address == "/movement/next"]
    assert {event.origin.address for event in pads if event.origin} == {"/pad/2"}
    assert {event.wait.to for event in pads if event.wait} == {"onset"}
    assert take.header.show.startswith("show")
    assert take.header.tree["/layer/echo/opacity"][:4] == ("number", 0.0, 1.0, 0.5)


def test_rendering_a_take_twice_gives_the_same_frames(folder: Path, performed: Path, first: Any) -> None:
    rows, hashes, said_first = first
    again, again_hashes, _ = rendered(folder, performed, "again")
    assert hashes == again_hashes
    assert rows == again
    assert "was recorded with" not in said_first
    take = read_take(performed)
    assert len(rows) == pytest.approx(take.until_s * 30, abs=1)
    assert len({json.dumps(row["movements"]) for row in rows}) > 20, "it shows what was played"


def test_at_60_frames_a_second_and_at_another_size_the_shared_instants_are_the_same(
    folder: Path, performed: Path, first: Any
) -> None:
    at_30 = first[0]
    at_60, _, _ = rendered(folder, performed, "at60", "--fps", "60", "--size", "128x72")
    shared = {row["at_s"]: row for row in at_60}
    for row in at_30:
        assert {**shared[row["at_s"]], "frame": 0} == {**row, "frame": 0}
    small, large = film_frames(folder / "first.mkv"), film_frames(folder / "at60.mkv")
    assert (small[0].shape, large[0].shape) == ((36, 64, 3), (72, 128, 3))
    for number in range(0, len(small), 7):
        assert abs(float(small[number].mean()) - float(large[2 * number].mean())) < 2


def test_a_trimmed_take_renders_the_same_frames_as_that_part_of_the_whole(
    folder: Path, performed: Path, first: Any, tmp_path: Path
) -> None:
    part = tmp_path / "part.jsonl"
    run = run_module("tools.cli", "take", performed, "--trim", "1.5", "2.5", "-o", part)
    assert run.returncode == 0, run.stderr
    whole_rows, whole, _ = first
    part_rows, shown, told = rendered(folder, part, "part")
    assert "goes back" not in told
    assert shown == whole[45:75]
    assert [row["movements"] for row in part_rows] == [row["movements"] for row in whole_rows[45:75]]


def test_a_kill_loses_at_most_the_last_moment(folder: Path, hands: Hands, port: int, tmp_path: Path) -> None:
    """Numbered pads, 200 a second: all that were played a quarter of a second before the end are in the take.

    That is a tenth of a second and a tick, with room for a machine that does other things at the same time.
    """
    process = recording(folder, port, tmp_path / "take.jsonl")
    played: list[float] = []
    begun_s = time.monotonic()
    while (now_s := time.monotonic()) < begun_s + 2:
        played.append(now_s)
        hands.play("/layer/echo/flash", float(len(played)))
        time.sleep(0.005)
    process.kill()
    killed_s = time.monotonic()
    process.communicate()
    take = read_take(tmp_path / "take.jsonl")
    kept = {round(event.value) for event in take.events if event.address == "/layer/echo/flash"}
    lost_s = [killed_s - at_s for number, at_s in enumerate(played, start=1) if number not in kept]
    assert len(kept) > 100
    assert max(lost_s, default=0.0) < 0.25
    assert kept == set(range(1, len(kept) + 1))
    assert not take.ended
    assert len(rendered(folder, tmp_path / "take.jsonl", "killed")[0]) == pytest.approx(take.until_s * 30, abs=1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_take_as_it_should(
    folder: Path, hands: Hands, port: int, tmp_path: Path, number: signal.Signals
) -> None:
    process = recording(folder, port, tmp_path / "take.jsonl")
    hands.play("/layer/echo/jump", 1.0)
    wait_for(process, lambda: len(read_take(tmp_path / "take.jsonl").events) == 1, "the jump did not come")
    process.send_signal(number)
    said(process)
    take = read_take(tmp_path / "take.jsonl")
    assert (take.ended, len(take.events)) == (True, 1)


def test_playing_over_a_take_records_both(
    folder: Path, performed: Path, hands: Hands, port: int, tmp_path: Path
) -> None:
    old, new_file = read_take(performed), tmp_path / "over.jsonl"
    process = recording(folder, port, new_file, "--replay", performed)
    wait_for(process, lambda: read_take(new_file).until_s > 1.0, "it stands")
    for step in range(10):
        hands.play("/layer/echo/opacity", step / 10)
        time.sleep(0.02)
    hands.play("/layer/echo/x", 0.5)
    wait_for(process, lambda: read_take(new_file).until_s > old.until_s + 0.5, "it stands")
    process.send_signal(signal.SIGINT)
    figures, _ = said(process)
    new = read_take(new_file)
    assert new.header.over == "performed.jsonl"
    assert figures["events_replayed"] <= len(old.events)
    live = [event for event in new.events if event.origin and event.origin.address == "/layer/echo/opacity"]
    assert len(live) >= 1
    assert "/layer/echo/x" in {event.address for event in new.events}
    assert set(new.events) - set(live) >= {event for event in old.events if event.address == "/movement/next"}
    from_s, to_s = live[0].at_s, live[-1].at_s + 1
    left_out = set(old.events) - set(new.events)
    faded = {event for event in old.events if event.address == "/layer/echo/opacity"}
    assert left_out <= {event for event in faded if from_s <= event.at_s < to_s}
    # A frame is planned for when it will be seen: what the old take has until then was played when the hand came in.
    assert left_out >= {event for event in faded if from_s + 0.2 <= event.at_s < to_s}
    assert left_out


def test_a_take_of_another_show_is_played_with_a_warning_or_refused(folder: Path, tmp_path: Path) -> None:
    events = [Event(0.5, EventSource.OSC, 0, path, 0.5) for path in ("/layer/base/x", "/layer/nowhere/x")]
    take = tmp_path / "other.jsonl"
    take.write_text(take_text(*events))
    command = ["engine.app.render", show_of(folder), "--take", take, "-o", tmp_path / "film.mkv", "--to", "0.2"]
    run = run_module(*command)
    assert run.returncode == 0, run.stderr
    said_of_it = " ".join(run.stderr.split())
    assert "was recorded with another show" in said_of_it
    assert "/layer/nowhere/x; 1 in all" in said_of_it
    strict = run_module(*command, "--strict", "--overwrite")
    assert strict.returncode == 2
    assert "was recorded with another show" in strict.stderr
    assert "nothing was started" in strict.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("nonsense\n", "take.jsonl:1: is not JSON"),
        (take_text(end="{}\nnonsense\n"), "take.jsonl:3: is not JSON"),
        (take_text(header=HEADER).replace('"version":1', '"version":99'), "version 99"),
    ],
)
@pytest.mark.parametrize("program", ["engine.app.render", "engine.app.play"])
def test_a_spoiled_take_is_refused_in_plain_words(
    folder: Path, tmp_path: Path, text: str, told: str, program: str
) -> None:
    (tmp_path / "take.jsonl").write_text(text)
    option = ["--take"] if program.endswith("render") else ["--headless", "--silent", "--replay"]
    output = ["-o", tmp_path / "film.mkv"] if program.endswith("render") else []
    run = run_module(program, show_of(folder), *option, tmp_path / "take.jsonl", *output)
    assert run.returncode == 2
    assert told in run.stderr
    assert "Traceback" not in run.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["take.jsonl"]


def test_what_is_there_is_not_recorded_over(folder: Path, performed: Path, tmp_path: Path) -> None:
    kept = performed.read_bytes()
    command = ["engine.app.play", show_of(folder), "--headless", "--silent", "--for", "0.1", "--record"]
    run = run_module(*command, performed)
    assert run.returncode == 2
    assert "exists already" in run.stderr
    run = run_module(*command, performed, "--replay", performed, "--overwrite")
    assert run.returncode == 2
    assert "is named twice, or is read as well" in run.stderr
    assert performed.read_bytes() == kept
    (tmp_path / "old.jsonl").write_text("mine")
    assert run_module(*command, tmp_path / "old.jsonl", "--overwrite").returncode == 0
    assert read_take(tmp_path / "old.jsonl").ended
