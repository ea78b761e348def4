"""A player on stage with its take and its plan: which tick took in what was played, and what it then showed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mido
import pytest

from tests.film_support import ended, plan_rows, start_module

Row = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """What a performance left: its figures, a row for each tick, and the take's events, each with its row's place."""

    figures: dict[str, Any]
    rows: list[Row]
    events: list[tuple[int, Row]]

    def of(self, path: str) -> list[tuple[int, Row]]:
        return [(place, event) for place, event in self.events if event["path"] == path]


@dataclass
class Performance:
    """`runtime-play --headless` while it records; `end` ends it."""

    process: subprocess.Popen[str]
    take: Path
    plan: Path

    def hears(self, play: Callable[[], None]) -> bool:
        """Whether what `play` does comes to be in the take, within ten seconds of doing it again and again."""
        until_s = time.monotonic() + 10
        while time.monotonic() < until_s:
            play()
            time.sleep(0.1)
            if self.take.exists() and '"path"' in self.take.read_text(encoding="utf-8"):
                return True
        return False

    def end(self) -> Kept:
        self.process.send_signal(signal.SIGINT)
        said, complaints = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, complaints
        figures = json.loads(said)
        print(complaints, figures)  # where a test fails
        assert figures["take_lost"] == 0
        rows = plan_rows(self.plan)
        return Kept(figures, rows, list(_placed(rows, self.take)))


def _placed(rows: list[Row], take: Path) -> Iterator[tuple[int, Row]]:
    """The take's lines are in the order in which events were folded in, and each row says how many were for it."""
    ticks = (place for place, row in enumerate(rows) for _ in range(row["events"]))
    lines = (json.loads(line) for line in take.read_text(encoding="utf-8").splitlines())
    yield from zip(ticks, (line for line in lines if "path" in line), strict=True)


@contextmanager
def jack_midi(devices: Mapping[str, str]) -> Iterator[None]:
    """MIDI by way of JACK in this process, as the fixture `jack` gives it to a single test."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in devices.items():
            patch.setenv(name, value)
        before = mido.backend
        mido.set_backend("mido.backends.rtmidi/UNIX_JACK")
        yield
        mido.set_backend(before)


@contextmanager
def performing(show: Path, devices: Mapping[str, str], *more: str) -> Iterator[Performance]:
    """The player off screen, recorded, with MIDI by way of JACK; killed with the block unless it has ended."""
    take, plan = show.with_suffix(".take"), show.with_suffix(".plan")
    environment = os.environ | devices | {"MIDO_BACKEND": "mido.backends.rtmidi/UNIX_JACK"}
    process = start_module(
        "engine.app.play", show, "--headless", "--json", "--record", take, "--plan", plan, *more, env=environment
    )
    try:
        yield Performance(process, take, plan)
    finally:
        print(ended(process)[1])  # what it had to say, where a test fails
