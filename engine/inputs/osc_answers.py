"""Answers to what is asked over OSC, few enough that nobody can be flooded with them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from engine.formats.osc_peer import OscPeer
from engine.formats.osc_write import osc_message
from engine.inputs.osc_match import PatternMatcher
from engine.inputs.osc_packet import OscMessage
from engine.inputs.osc_question import Facts, RefusedError
from engine.inputs.osc_questions import QUESTIONS
from engine.model.world import World

_A_SECOND = 20.0  # a datagram's sender can be forged, and an answer is larger than its question
_BY_ADDRESS = {question.address: question for question in QUESTIONS}


class OscAnswers:
    """Answers over the way that a question came by. Belongs to the thread "osc-input".

    Twenty a second at most, and as many at once after a rest; what is asked beyond that, and an answer that could not
    be sent to its end, counts in `osc_unanswered`.
    """

    def __init__(self, facts: Facts, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._facts = facts
        self._world = facts.world  # replaced whole by any thread
        self._monotonic = monotonic
        self._unanswered = facts.figures.counter("osc_unanswered")
        self._left = _A_SECOND
        self._counted_s = monotonic()

    def adopt(self, world: World) -> None:
        """Answer for another version of the show from here on. Any thread."""
        self._world = world

    def answer(self, message: OscMessage, peer: OscPeer) -> None:
        """Send the answer to `message`; an unknown question, or one without an answer, gets /runtime/error."""
        world = self._world
        if world is not self._facts.world:
            self._facts = replace(self._facts, world=world, matcher=PatternMatcher(world.tree.parameters))
        if not self._allowed() or not all(map(peer.send, self._packets(message, peer))):
            self._unanswered.add()

    def _packets(self, message: OscMessage, peer: OscPeer) -> Iterable[bytes]:
        question = _BY_ADDRESS.get(message.address)
        try:
            if question is None:
                raise RefusedError(f"{message.address[:200]} is no question", "See osc.md for those that there are.")
            return question.reply(self._facts, message, peer)
        except RefusedError as refusal:
            return [osc_message("/runtime/error", "ss", refusal.what, refusal.mend)]

    def _allowed(self) -> bool:
        now_s = self._monotonic()
        self._left = min(self._left + (now_s - self._counted_s) * _A_SECOND, _A_SECOND)
        self._counted_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True
