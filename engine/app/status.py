"""The operator's line in the terminal: where the show is and how it runs; the figures when asked for."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from rich.console import Console

from engine.app.command import clear_line
from engine.app.live_inputs import LiveInputs
from engine.app.pace import Tick
from engine.app.player import Player
from engine.app.report import print_report
from engine.core.state import State
from engine.model.plan import FramePlan

_EVERY_S = 0.25
_LATE = ("frames_late",)
_MISSES = ("preread_misses",)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the loop tells of one tick. Replaced whole by the main thread, read by the status thread."""

    at_s: float
    movement: str
    position_s: float
    layers: tuple[str, ...]
    figures_asked: int


class Status:
    """Draws the line from a thread of its own, so that a slow terminal never holds up the picture.

    On a terminal it rewrites one line four times a second; elsewhere it stays silent but for the figures.
    """

    def __init__(self, console: Console, player: Player, inputs: LiveInputs) -> None:
        self._console = console
        self._player = player
        self._inputs = inputs
        self._snapshot: Snapshot | None = None  # written by the main thread
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="status")
        self._figures_told = 0  # status thread

    def __enter__(self) -> Status:
        if self._inputs.osc_port is not None and self._console.is_terminal:
            query_port = self._inputs.oscquery_port
            query = "" if query_port is None else f", OSCQuery on port {query_port}"
            self._console.print(f"OSC on port {self._inputs.osc_port}{query}. Ctrl-C ends the show.", style="dim")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def publish(self, tick: Tick, plan: FramePlan, state: State) -> None:
        """Main thread, each tick: replaces one reference."""
        current = plan.movements[-1] if plan.movements else None
        self._snapshot = Snapshot(
            tick.at_s,
            current.movement if current is not None else "",
            current.position_s if current is not None else 0.0,
            tuple(layer.incoming.ref.clip for layer in current.layers if layer.incoming) if current else (),
            state.figures_asked,
        )

    def _run(self) -> None:
        while not self._over.wait(_EVERY_S):
            self._tell(self._snapshot)
        self._tell(self._snapshot)
        clear_line(self._console)

    def _tell(self, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            return
        if snapshot.figures_asked != self._figures_told:
            self._figures_told = snapshot.figures_asked
            clear_line(self._console)
            print_report(self._console, self._player.figures.snapshot(), f"figures at {snapshot.at_s:.1f} s")
        if self._console.is_terminal:
            clear_line(self._console)
            self._console.file.write(self._line(snapshot)[: self._console.width - 1])
            self._console.file.flush()

    def _line(self, snapshot: Snapshot) -> str:
        counters = self._player.figures.counters
        late, misses = (sum(counters[name].count for name in names if name in counters) for names in (_LATE, _MISSES))
        minutes, seconds = divmod(snapshot.at_s, 60)
        clips = " · ".join(snapshot.layers)
        learn = self._inputs.learn.line if self._inputs.learn is not None else ""
        reload = self._inputs.reload.line if self._inputs.reload is not None else ""
        said = "".join(f"{line}  " for line in (learn, reload, self._inputs.clocks.line) if line)
        return (
            f"{said}{int(minutes)}:{seconds:04.1f}"
            f"  {snapshot.movement} {snapshot.position_s:.1f} s  [{clips}]"
            f"  late {late}  misses {misses}{self._sound()}"
        )

    def _sound(self) -> str:
        """How loud the show is, and how often its sound had gaps; nothing where no sound device was opened."""
        underruns = self._player.figures.counters.get("audio_underruns")
        if underruns is None:
            return ""
        gaps = f"  underruns {underruns.count}" if underruns.count else ""
        return f"  {max(self._inputs.meters.master.peak_db):.0f} dB{gaps}"
