"""Draws the operator's window from the loop, in the time that the audience's picture leaves over."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import moderngl

from engine.app.jobs import LiveJob
from engine.app.live_inputs import LiveInputs
from engine.app.messages import Messages
from engine.app.operator import PREVIEW_COLUMNS, PREVIEW_ROWS, Line, Seen, Tone, page
from engine.app.pace import LivePace, Tick
from engine.app.player import Player
from engine.app.published import Published
from engine.app.screen import window_key
from engine.app.slack import Cost, Slack
from engine.core.figures import Figures
from engine.core.state import State
from engine.errors import DeviceError
from engine.gl.compositor import Compositor, is_software
from engine.gl.letters import HEIGHT, WIDTH
from engine.gl.text import Run, Text
from engine.model.plan import FramePlan
from engine.outputs.nothing import Nothing
from engine.outputs.output import Several

if TYPE_CHECKING:
    from engine.outputs.operator_window import OperatorWindow
    from engine.outputs.window import Window

log = logging.getLogger(__name__)

_EVERY_S = 0.25
_STALE_S = 2.0  # without a new picture, the title says so
_MARGIN = 1.5  # times what drawing it took
_FIRST_DRAWS = 3  # before the show begins, so that it is known what one takes; drivers compile in the first one
_COLUMNS, _ROWS = 80, 30  # a page has at least these
_LINE = HEIGHT + 2  # from one line to the next, in the font's own pixels
_AROUND = (0.07, 0.07, 0.08)
_AT_FIRST = [
    Line(0, PREVIEW_COLUMNS + 2, "The show begins.", "strong"),
    Line(2, PREVIEW_COLUMNS + 2, "This page is drawn in the time that the"),
    Line(3, PREVIEW_COLUMNS + 2, "audience's picture leaves over."),
]
_COLOURS: dict[Tone, tuple[float, float, float]] = {
    "plain": (0.80, 0.80, 0.80),
    "dim": (0.50, 0.52, 0.55),
    "strong": (1.00, 1.00, 1.00),
    "good": (0.55, 0.82, 0.55),
    "warn": (1.00, 0.75, 0.30),
    "bad": (1.00, 0.45, 0.40),
}


class OperatorScreen:
    """The operator's window as the loop sees it. Main thread.

    It goes first among the outputs, keeps the canvas that is shown, and after the tick, a few times a second, draws
    its page if the tick has time left over. Closed by hand, it is gone, and the show goes on; so it does where the page
    cannot be drawn.
    """

    def __init__(
        self,
        window: OperatorWindow,
        title: str,
        *,
        pace: LivePace,
        slack: Slack,
        see: Callable[[], Seen | None],
        gpu_s: Callable[[], float],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`see` gives what there is to tell, None before the first tick; `gpu_s` what the GPU takes for a picture."""
        self._window = window
        self._title = title
        self._pace = pace
        self._slack = slack
        self._see = see
        self._gpu_s = gpu_s
        self._now_s = now_s
        self._text = Text(window.context)
        self._canvas: moderngl.Framebuffer | None = None
        self._next_s = self._drawn_s = now_s()
        self._is_stale = False
        self._cost = Cost()
        self._is_open = True

    def warm_up(self) -> None:
        """Before the first tick: draw the page, and learn what that takes."""
        for _ in range(_FIRST_DRAWS):
            self.draw()

    def begin(self) -> None:
        """Before each tick."""
        self._slack.begin(self._now_s())

    def present(self, canvas: moderngl.Framebuffer, frame_index: int, at_s: float) -> None:
        """The audience's canvas, before they are shown it."""
        self._canvas = canvas
        self._slack.draw(self._now_s(), self._gpu_s())

    def after_tick(self, _tick: Tick, _plan: FramePlan, _state: State) -> None:
        """Draw, if it is time to and there is time for it."""
        now_s = self._now_s()
        if not self._is_open or now_s < self._next_s:
            return
        if self._window.should_close:
            self.close()
            return
        self._next_s = now_s + _EVERY_S
        self._window.make_way()
        if self._window.is_hidden:
            return
        width, height = self._window.framebuffer_size
        if self._slack.left_s(now_s, self._pace.due_s) > self._cost.expected_s(width * height) * _MARGIN:
            self._draw_or_close()
        else:
            self._cost.put_off()
        if self._is_open:
            self._tell_stale(now_s)

    def draw(self) -> None:
        """Draw the page as it is now, and note what that cost."""
        begun_s = self._now_s()
        seen = self._see()
        size = self._window.framebuffer_size
        scale = max(1, min(size[0] // (_COLUMNS * WIDTH), size[1] // (_ROWS * _LINE)))
        cell = WIDTH * scale, _LINE * scale
        lines = _AT_FIRST if seen is None else page(seen, size[0] // cell[0] - 1, size[1] // cell[1])
        with self._window.drawn() as screen:
            self._window.preview(self._canvas, size, _preview_place(size, cell), _AROUND)
            self._text.draw(screen, size, [_run(line, cell) for line in lines], scale)
        self._drawn_s = self._now_s()
        self._cost.add(self._drawn_s - begun_s, size[0] * size[1])

    def close(self) -> None:
        """Close the window. A second call does nothing."""
        self._is_open = False
        self._canvas = None
        self._window.close()

    def abort(self) -> None:
        self.close()

    def _draw_or_close(self) -> None:
        try:
            self.draw()
        except Exception:
            log.exception("the operator's window is closed, since its page cannot be drawn: a mistake of ours")
            self.close()

    def _tell_stale(self, now_s: float) -> None:
        is_stale = now_s - self._drawn_s > _STALE_S
        if is_stale != self._is_stale:
            self._is_stale = is_stale
            waits = " - waits: the audience's picture takes all the time" if is_stale else ""
            self._window.retitle(f"{self._title}{waits}")


def open_operator(
    stack: ExitStack,
    job: LiveJob,
    output: Window | Nothing,
    player: Player,
    *,
    inputs: LiveInputs,
    compositor: Compositor,
    messages: Messages,
) -> None:
    """Open the operator's window where it is asked for. One that cannot be had is a warning; the show goes on."""
    show = player.world.loaded.show
    wish = show.outputs.operator
    if not (wish.enabled if job.operator is None else job.operator):
        return
    if isinstance(output, Nothing) or not isinstance(player.pace, LivePace):
        if job.operator or not job.headless:
            why = "there is none without the audience's window"
            inputs.do_without(DeviceError(why, subject="operator's window", mend="Leave --operator out."))
        return
    from engine.outputs.operator_window import OperatorWindow  # noqa: PLC0415 - glfw

    title = f"{show.title or player.world.loaded.file.stem} - operator"
    audience = output
    try:
        window = OperatorWindow(
            audience,
            title=title,
            monitor=wish.monitor,
            on_key=lambda name, pressed: window_key(audience, inputs, name, pressed),
        )
    except DeviceError as error:
        inputs.do_without(error)
        return
    software = is_software(audience.context)
    screen = OperatorScreen(
        window,
        title,
        pace=player.pace,
        slack=Slack(player.pace.period_s, display_waits=show.outputs.window.vsync and not software),
        see=_eyes(player.figures, inputs, compositor, messages, software=software),
        gpu_s=lambda: sum(compositor.gpu_times_ms.values()) / 1000,
    )
    stack.callback(screen.close)
    screen.warm_up()
    player.before_tick = (screen.begin, *player.before_tick)
    player.output = Several((screen, player.output))
    player.after_tick.append(screen.after_tick)


def _eyes(
    figures: Figures, inputs: LiveInputs, compositor: Compositor, messages: Messages, *, software: bool
) -> Callable[[], Seen | None]:
    """Gives what there is to tell at the moment; None before the first tick."""
    untimed = "not timed on software GL" if software else "not timed by this driver"

    def see() -> Seen | None:
        latest: Published | None = inputs.board.latest
        if latest is None:
            return None
        problem = inputs.reload.problem if inputs.reload is not None else ""
        reload = inputs.reload.line if inputs.reload is not None and not problem else ""
        learn = inputs.learn.line if inputs.learn is not None else ""
        return Seen(
            latest,
            inputs.clock.status,
            {name: counter.count for name, counter in list(figures.counters.items())},  # other threads may add one
            late_ms=figures.samples("tick_late_ms").percentile(99),
            queue=int(figures.samples("queue_length").last),
            gpu_ms=compositor.gpu_times_ms or None,
            untimed=untimed,
            sound_db=max(inputs.meters.master.peak_db) if "audio_underruns" in figures.counters else None,
            said=[line for line in (learn, reload, inputs.clocks.line) if line],
            problem=problem,
            messages=messages.newest,
        )

    return see


def _preview_place(size: tuple[int, int], cell: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where the picture goes, beside the text: left, bottom, width, height in pixels from the lower left."""
    width, height = min(PREVIEW_COLUMNS * cell[0], size[0]), min(PREVIEW_ROWS * cell[1], size[1])
    left, top = cell[0] // 2, cell[1] // 4
    return left, size[1] - top - height, width, height


def _run(line: Line, cell: tuple[int, int]) -> Run:
    left, top = cell[0] // 2, cell[1] // 4
    return Run(left + line.column * cell[0], top + line.row * cell[1], line.text, _COLOURS[line.tone])
