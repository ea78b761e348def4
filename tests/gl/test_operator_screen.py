"""When the operator's page is drawn: in time that is left over, and never at the audience's cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import moderngl
import pytest

from engine.app.operator_screen import OperatorScreen
from engine.app.slack import Slack
from engine.gl.targets import new_target, release_target

PERIOD_S = 0.1
SIZE = (96, 60)


@dataclass
class FakeWindow:
    """A window of which nothing is to be seen, on which a page takes `takes_s` of the stage's time."""

    context: moderngl.Context
    stage: Stage
    screen: moderngl.Framebuffer
    takes_s: float = 0.01
    drawn_at_s: list[float] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    framebuffer_size: tuple[int, int] = SIZE
    should_close: bool = False
    is_hidden: bool = False
    closed: int = 0

    @contextmanager
    def drawn(self) -> Iterator[moderngl.Framebuffer]:
        yield self.screen
        self.drawn_at_s.append(self.stage.time_s)
        self.stage.time_s += self.takes_s

    def preview(self, *_: object) -> None:
        pass

    def make_way(self) -> bool:
        return False

    def retitle(self, title: str) -> None:
        self.titles.append(title)

    def close(self) -> None:
        self.closed += 1


@dataclass
class Stage:
    """A loop's clock, and when its next tick is due."""

    time_s: float = 100.0
    due_s: float = 100.0

    def play(self, screen: OperatorScreen, seconds: float, *, busy_s: float) -> None:
        """Ticks that each take `busy_s`, the operator's part not counted."""
        rest: Any = (None, None, None)
        until_s = self.time_s + seconds
        while self.time_s < until_s:
            self.time_s = max(self.time_s, self.due_s)
            self.due_s += PERIOD_S
            screen.begin()
            self.time_s += busy_s
            screen.present(rest[0], 0, 0.0)
            screen.after_tick(*rest)


@pytest.fixture
def window(context: moderngl.Context) -> Iterator[FakeWindow]:
    target = new_target(context, SIZE)
    yield FakeWindow(context, Stage(), target)
    release_target(target)


@pytest.fixture
def screen(window: FakeWindow) -> OperatorScreen:
    stage: Any = window.stage
    slack = Slack(PERIOD_S, display_waits=False)
    fake: Any = window
    made = OperatorScreen(
        fake, "show", pace=stage, slack=slack, see=lambda: None, gpu_s=lambda: 0.0, now_s=lambda: window.stage.time_s
    )
    made.warm_up()
    window.drawn_at_s.clear()
    return made


def test_it_is_drawn_a_few_times_a_second(window: FakeWindow, screen: OperatorScreen) -> None:
    window.stage.play(screen, 10.0, busy_s=0.05)
    assert 30 <= len(window.drawn_at_s) <= 40
    assert not window.titles


def test_without_time_left_it_waits_and_says_so_until_there_is(window: FakeWindow, screen: OperatorScreen) -> None:
    window.stage.play(screen, 5.0, busy_s=0.097)
    assert not window.drawn_at_s, "a page takes longer than is left"
    window.stage.play(screen, 5.0, busy_s=0.15)
    assert not window.drawn_at_s, "every tick is late"
    assert window.titles[-1].startswith("show - waits")
    window.stage.due_s = window.stage.time_s
    window.stage.play(screen, 2.0, busy_s=0.02)
    assert window.drawn_at_s
    assert window.titles[-1] == "show"


def test_a_page_that_took_long_once_is_tried_again_later(window: FakeWindow, screen: OperatorScreen) -> None:
    window.takes_s = 1.0
    window.stage.play(screen, 0.5, busy_s=0.01)
    assert len(window.drawn_at_s) == 1
    window.takes_s = 0.01
    window.stage.play(screen, 20.0, busy_s=0.01)
    assert len(window.drawn_at_s) > 20


def test_what_is_out_of_sight_is_not_drawn_and_what_is_closed_is_gone(
    window: FakeWindow, screen: OperatorScreen
) -> None:
    window.is_hidden = True
    window.stage.play(screen, 2.0, busy_s=0.01)
    assert not window.drawn_at_s
    window.is_hidden, window.should_close = False, True
    window.stage.play(screen, 2.0, busy_s=0.01)
    assert not window.drawn_at_s
    assert window.closed == 1


def test_a_page_that_cannot_be_drawn_ends_the_window_and_not_the_show(
    window: FakeWindow, screen: OperatorScreen, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no such place")

    monkeypatch.setattr(window, "preview", fail)
    window.stage.play(screen, 2.0, busy_s=0.01)
    assert window.closed == 1
    assert "no such place" in caplog.text
