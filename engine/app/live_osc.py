"""OSC on stage: what listens, what answers and what tells, put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.app.pace import Tick
from engine.app.published import Published
from engine.core.figures import Figures
from engine.inputs.osc import OscInput
from engine.inputs.osc_answers import OscAnswers
from engine.inputs.osc_match import PatternMatcher
from engine.inputs.osc_question import Facts
from engine.inputs.osc_receiver import Put
from engine.model.clock import ClockStatus
from engine.model.events import Event, Handled
from engine.model.meters import Meters
from engine.model.show import OscOutput
from engine.model.world import World
from engine.outputs.osc_feedback import OscFeedback


class LiveOsc:
    """Main thread. `latest`, `clock` and `meters` give the show's latest tick, its clocks and its sound: any thread.

    `port` and `tcp_port` are those that are listened on, None until `listen`.
    """

    def __init__(
        self,
        world: World,
        figures: Figures,
        latest: Callable[[], Published | None],
        clock: Callable[[], ClockStatus],
        meters: Callable[[], Meters],
    ) -> None:
        self.port: int | None = None
        self.tcp_port: int | None = None
        self._world = world
        self._figures = figures
        self._feedback = OscFeedback(world, latest, figures, clock=clock, meters=meters)
        matcher = PatternMatcher(world.tree.parameters)  # osc-input thread
        self._answers = OscAnswers(Facts(world, latest, figures, self._feedback, lambda: clock().followed, matcher))
        self._input: OscInput | None = None

    def listen(self, put: Put, now_s: Callable[[], float]) -> None:
        """Open the show's OSC input. Raises DeviceError where its address or port is not to be had."""
        self._input = OscInput(
            self._world.loaded.show.inputs.osc,
            put,
            now_s,
            self._figures,
            tree=self._world.tree,
            answers=self._answers,
            touched=self._feedback.touched,
        )
        self.port, self.tcp_port = self._input.port, self._input.tcp_port

    def tell(self, output: OscOutput) -> None:
        """Tell a program of every change. Raises DeviceError where its host has no address."""
        self._feedback.tell_always(output)

    def after_events(self, tick: Tick, handled: Sequence[Handled], folded: Sequence[Event]) -> None:
        """For Player.after_events."""
        self._feedback.after_events(tick, handled, folded)

    def close(self) -> None:
        """Stop telling, then listening. Safe to call twice."""
        self._feedback.close()
        if self._input is not None:
            self._input.close()
