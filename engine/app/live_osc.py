"""OSC on stage: what listens, what answers and what tells, put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from engine.app.pace import Tick
from engine.app.published import Published
from engine.core.figures import Figures
from engine.errors import DeviceError
from engine.inputs.osc import OscInput
from engine.inputs.osc_answers import OscAnswers
from engine.inputs.osc_match import PatternMatcher
from engine.inputs.osc_question import Facts
from engine.inputs.osc_receiver import Put
from engine.inputs.oscquery_announce import Announcement
from engine.model.clock import ClockStatus
from engine.model.events import Event, Handled
from engine.model.meters import Meters
from engine.model.show import OscOutput
from engine.model.world import World
from engine.outputs.osc_feedback import OscFeedback

if TYPE_CHECKING:
    from engine.inputs.oscquery import OscQuery


class LiveOsc:
    """Main thread. `latest`, `clock` and `meters` give the show's latest tick, its clocks and its sound: any thread.

    `port` and `tcp_port` are those that are listened on, None until `listen`; `query_port` is OSCQuery's, None
    until `serve`.
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
        self.query_port: int | None = None
        self._world = world
        self._latest = latest
        self._figures = figures
        self._feedback = OscFeedback(world, latest, figures, clock=clock, meters=meters)
        matcher = PatternMatcher(world.tree.parameters)  # osc-input thread
        self._answers = OscAnswers(Facts(world, latest, figures, self._feedback, lambda: clock().followed, matcher))
        self._input: OscInput | None = None
        self._query: OscQuery | None = None
        self._announcement: Announcement | None = None

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

    def serve(self, put: Put, now_s: Callable[[], float]) -> None:
        """Serve the tree by OSCQuery and announce it, after `listen`.

        Raises DeviceError where its port is not to be had, or OSC is not listened for.
        """
        from engine.inputs.oscquery import OscQuery  # noqa: PLC0415 - websockets, for shows that serve the tree only

        inputs, title = self._world.loaded.show.inputs, self._world.loaded.show.title
        if self.port is None:
            raise DeviceError(
                "it tells programs where to send OSC, and OSC is not listened for",
                subject="OSCQuery",
                mend="Have OSC listened for (inputs: osc: enabled), or set inputs: oscquery: enabled: false.",
            )
        name = inputs.oscquery.name or title or "runtime"
        self._query = OscQuery(
            inputs.osc.host,
            inputs.oscquery.port,
            name,
            self.port,
            put=put,
            now_s=now_s,
            tree=self._world.tree,
            latest=self._latest,
            figures=self._figures,
        )
        self.query_port = self._query.port
        self._announcement = Announcement(name, inputs.osc.host, self.query_port, self.port)

    def tell(self, output: OscOutput) -> None:
        """Tell a program of every change. Raises DeviceError where its host has no address."""
        self._feedback.tell_always(output)

    def adopt(self, world: World) -> None:
        """Go on with another version of the show. What tells and what serves looks at the latest tick for it."""
        self._answers.adopt(world)
        if self._input is not None:
            self._input.adopt(world.tree)

    def after_events(self, tick: Tick, handled: Sequence[Handled], folded: Sequence[Event]) -> None:
        """For Player.after_events."""
        self._feedback.after_events(tick, handled, folded)

    def close(self) -> None:
        """Stop announcing, serving and telling, then listening. Safe to call twice."""
        if self._announcement is not None:
            self._announcement.close()
        if self._query is not None:
            self._query.close()
        self._feedback.close()
        if self._input is not None:
            self._input.close()
