"""runtime-play from the command line: the real-time loop off screen, driven by real OSC and real signals."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.film_support import grey_movie, plan_rows, run_module, start_module
from tests.support import need_program

SHOW = """
title: Rehearsal
canvas: {{width: 64, height: 36, rate: 30}}
layers:
  - name: base
    source: up.mp4
movements:
  - {{name: one, duration_s: {duration_s}}}
  - {{name: two, duration_s: {duration_s}}}
at_end: {at_end}
inputs: {{midi: {{enabled: false}}, osc: {{port: {port}}}}}
"""


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_open(port: int) -> bool:
    """Whether somebody listens on the UDP port, as Linux tells; trying to bind it could get in the player's way."""
    return f":{port:04X} " in Path("/proc/net/udp").read_text()


def wait_for_port(process: subprocess.Popen[str], port: int) -> None:
    """Until the player listens: its devices are open then, and its signal handlers were set before them."""
    deadline = time.monotonic() + 60
    while not is_open(port):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, "it did not open its port"


@pytest.fixture
def show(tmp_path: Path) -> Any:
    grey_movie(tmp_path / "up.mp4")

    def write(*, duration_s: float = 60, at_end: str = "hold", port: int = 0) -> Path:
        path = tmp_path / "show.yaml"
        path.write_text(SHOW.format(duration_s=duration_s, at_end=at_end, port=port))
        return path

    return write


def said(process: subprocess.Popen[str], timeout_s: float = 60) -> tuple[dict[str, Any], str]:
    """The figures that it printed at its end, and its log on one line."""
    out, err = process.communicate(timeout=timeout_s)
    assert process.returncode == 0, err
    figures = json.loads(out)
    assert isinstance(figures, dict)
    return figures, " ".join(err.split())


def test_it_plays_for_as_long_as_it_is_told(show: Any) -> None:
    run = run_module("engine.app.play", show(), "--headless", "--for", "1.5", "--json")
    assert run.returncode == 0, run.stderr
    figures = json.loads(run.stdout)
    assert figures["frames_shown"] + figures["frames_dropped"] == pytest.approx(45, abs=3)
    assert figures["preread_hits"] > 0
    assert figures["wall_s"] < 20


def test_it_tells_what_each_frame_showed_and_when_it_was_out(show: Any, tmp_path: Path) -> None:
    plan = tmp_path / "shown.jsonl"
    command = ["engine.app.play", show(), "--headless", "--for", "1.5", "--json", "--plan", plan]
    run = run_module(*command)
    assert run.returncode == 0, run.stderr
    rows = plan_rows(plan)
    assert len(rows) == json.loads(run.stdout)["frames_shown"]
    assert json.loads(run.stdout)["preread_misses"] == sum(row["lacking"] for row in rows)
    for row in rows:
        assert row["at_s"] == pytest.approx(row["now_s"] + 1 / 30)
        assert row["shown_s"] > row["now_s"]
        (layer,) = row["movements"][0]["layers"]
        assert layer["clip"] == "layer-base"
        assert layer["index"] == int(row["at_s"] * 25) % 50
    for before, after in pairwise(rows):
        passed_s = after["shown_s"] - before["shown_s"]
        assert after["shown_monotonic_s"] - before["shown_monotonic_s"] == pytest.approx(passed_s, abs=2e-3)
    written = plan.read_bytes()
    run = run_module(*command)
    assert run.returncode == 2
    assert "exists already" in run.stderr
    assert plan.read_bytes() == written


def test_a_show_that_stops_at_its_end_ends_the_player(show: Any) -> None:
    run = run_module("engine.app.play", show(duration_s=0.5, at_end="stop"), "--headless", "--json")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["frames_shown"] >= 10


def test_a_foreign_osc_client_plays_it_and_ends_it(show: Any) -> None:
    oscsend = need_program("oscsend", "liblo-tools")
    port = free_udp_port()
    process = start_module("engine.app.play", show(port=port), "--headless", "--json")
    wait_for_port(process, port)
    for message in (("/go", "i", "1"), ("/nonsense", "f", "1"), ("/master/fade", "f", "7"), ("/quit", "i", "1")):
        subprocess.run([oscsend, "127.0.0.1", str(port), *message], check=True, capture_output=True)
    figures, log = said(process)
    assert "/nonsense: bound to nothing" in log
    assert "/master/fade: 7 is out of range" in log
    assert (figures["events"], figures["events_unbound"], figures["events_clamped"]) == (3, 1, 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_end_it_with_its_figures(show: Any, number: signal.Signals) -> None:
    port = free_udp_port()
    process = start_module("engine.app.play", show(port=port), "--headless", "--json")
    wait_for_port(process, port)
    process.send_signal(number)
    assert said(process)[0]["frames_shown"] >= 0


def test_an_osc_port_that_is_taken_is_a_warning_and_the_show_goes_on(show: Any) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        path = show(port=int(taken.getsockname()[1]))
        run = run_module("engine.app.play", path, "--headless", "--for", "0.5", "--json")
        port = taken.getsockname()[1]
    assert run.returncode == 0, run.stderr
    figures = json.loads(run.stdout)
    assert figures["frames_shown"] > 0
    assert any(str(port) in line for line in figures["missing"])


def test_without_a_display_it_warns_and_plays(show: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    run = run_module("engine.app.play", show(), "--operator", "--for", "1", "--json")
    assert run.returncode == 0, run.stderr
    assert "no display" in run.stderr
    assert "operator's window" in run.stderr
    figures = json.loads(run.stdout)
    assert figures["frames_shown"] > 0
    assert any("no display" in line and "--headless" in line for line in figures["missing"])


def test_it_begins_in_the_middle(show: Any, tmp_path: Path) -> None:
    run = run_module("engine.app.play", show(duration_s=5, at_end="stop"), "--headless", "--from", "9.5", "--json")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["frames_shown"] <= 20
