"""Asking a language model about many clips: several at a time, patiently, within a budget, and never twice in vain."""

from __future__ import annotations

import hashlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.errors import DeviceError
from preprocess.describe.costs import Budget, CapReachedError
from preprocess.describe.prompts import Answer, MalformedError, Question, read_answer
from preprocess.describe.server import BusyError, Dialect, RefusedFormError, Reply, Server
from preprocess.describe.settings import DescribeSettings
from preprocess.pipeline.step import Failed

_GIVE_UP_AFTER = 3  # clips in a row for which the server did not answer: the others would fare no better
_LEAVE_WITHIN_S = 2.0

# wait(seconds) -> whether to stop instead of going on.
Wait: TypeAlias = Callable[[float], bool]


class Unanswered(Failed):
    """The server did not answer; another run asks again."""


class Capped(Failed):
    """The budget has no room for this clip; another run asks."""


Outcome: TypeAlias = Answer | Failed


@dataclass(slots=True)
class _Gate:
    """Holds all requests back after a server asked for it. Any thread."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _opens_s: float = 0.0

    def close_for(self, wait_s: float, now_s: float) -> None:
        with self._lock:
            self._opens_s = max(self._opens_s, now_s + wait_s)

    def wait_s(self, now_s: float) -> float:
        with self._lock:
            return max(0.0, self._opens_s - now_s)


class Asker:
    """Asks one server. `ask` is for any thread, and asks until there is an answer or no use in asking.

    `wait` sleeps, or says at once that the run is being stopped; `now_s` is its clock. Both are passed in for tests.
    """

    def __init__(
        self,
        server: Server,
        settings: DescribeSettings,
        budget: Budget,
        *,
        seed: int,
        wait: Wait,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._settings = settings
        self._budget = budget
        self._seed = seed
        self._wait = wait
        self._now_s = now_s
        self._gate = _Gate()
        # Written by any thread that learns better; all are equally true.
        self._dialect = Dialect(temperature=settings.temperature)

    def ask(self, question: Question) -> Outcome:
        """The answer to a question; Unanswered, Capped, or Failed where the model gave no answer that fits.

        Raises DeviceError where the server will answer no question at all.
        """
        outcome: Failed = Unanswered("the run was stopped", "run the same command again")
        for attempt in range(self._settings.tries):
            if attempt and self._wait(self._pause_s(question.slug, attempt)):
                return outcome
            try:
                return read_answer(self._reply(question).text)
            except MalformedError as error:
                what = f"the model's answer is unusable: {error}"
                outcome = Failed(what, "name another model, or describe the clip by hand")
            except BusyError as error:
                outcome = Unanswered(f"the server {error}", "run the same command again")
                self._hold_back(error)
            except CapReachedError:
                return Capped("the cap was reached", "run the same command again")
            except _StoppedError:
                return outcome
        return outcome

    def _reply(self, question: Question) -> Reply:
        """One answer, in whichever form the server takes the question."""
        while True:
            if self._wait(self._gate.wait_s(self._now_s())):
                raise _StoppedError
            dialect = self._dialect
            taken = self._budget.take(question)
            body = dialect.body(self._server.model, question.messages, self._settings.most_tokens)
            try:
                reply = self._server.ask(body)
            except RefusedFormError as error:
                self._budget.refund(taken)
                other = dialect.other(str(error))
                if other is None:
                    mend = "check describe.model and describe.server"
                    raise DeviceError(f"refuses: {error}", subject=self._server.url, mend=mend) from None
                self._dialect = other
                continue
            self._budget.settle(taken, reply.tokens_in, reply.tokens_out)
            return reply

    def _hold_back(self, busy: BusyError) -> None:
        if busy.wait_s is None:
            return
        if busy.wait_s > self._settings.longest_wait_s:
            what = f"asks to wait {busy.wait_s:.0f} s"
            raise DeviceError(what, subject=self._server.url, mend="run the same command again later")
        self._gate.close_for(busy.wait_s, self._now_s())

    def _pause_s(self, slug: str, attempt: int) -> float:
        """Twice as long each time, and between half and all of it, so that the requests of a burst come apart."""
        drawn = hashlib.sha256(f"{self._seed}\n{slug}\n{attempt}".encode()).digest()
        jitter = 0.5 + int.from_bytes(drawn[:4], "big") / 2**33
        return min(self._settings.backoff_s * 2.0 ** (attempt - 1), self._settings.longest_wait_s) * jitter


class _StoppedError(Exception):
    """The run is being stopped."""


def ask_all(
    questions: Iterable[Question], ask: Callable[[Question], Outcome], at_once: int, stop: threading.Event
) -> Iterator[tuple[Question, Outcome]]:
    """(question, its outcome) as they come, `at_once` at a time; the order is that of the answers. Main thread.

    After a Capped one no more are asked. Raises what `ask` raised, and DeviceError where the server left several
    questions in a row unanswered; but first it gives the outcomes of those that are under way. `stop` is set then, and
    when the iteration is left.
    """
    to_ask: queue.SimpleQueue[Question | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[Question, Outcome | Exception]] = queue.SimpleQueue()
    threads = [
        threading.Thread(target=_ask_on, args=(to_ask, done, ask), name=f"describe-{n}", daemon=True)
        for n in range(at_once)
    ]
    for thread in threads:
        thread.start()
    try:
        yield from _outcomes(iter(questions), to_ask, done, at_once, stop)
    finally:
        stop.set()
        for _ in threads:
            to_ask.put(None)
        until_s = time.monotonic() + _LEAVE_WITHIN_S
        for thread in threads:  # one that waits for an answer that nobody will read is left behind
            thread.join(max(0.0, until_s - time.monotonic()))


def _outcomes(
    questions: Iterator[Question],
    to_ask: queue.SimpleQueue[Question | None],
    done: queue.SimpleQueue[tuple[Question, Outcome | Exception]],
    at_once: int,
    stop: threading.Event,
) -> Iterator[tuple[Question, Outcome]]:
    under_way, unanswered = 0, 0
    ends, failure = False, None
    while True:
        while under_way < at_once and not ends and (question := next(questions, None)) is not None:
            to_ask.put(question)
            under_way += 1
        if not under_way:
            break
        question, outcome = done.get()
        under_way -= 1
        if isinstance(outcome, Exception):
            failure = failure or outcome
        else:
            yield question, outcome
            unanswered = unanswered + 1 if isinstance(outcome, Unanswered) else 0
            if isinstance(outcome, Unanswered) and unanswered == _GIVE_UP_AFTER and not ends:
                failure = failure or DeviceError(outcome.reason, subject="describe.server", mend=outcome.mend)
        if failure:
            stop.set()
        ends = ends or failure is not None or isinstance(outcome, Capped)
    if failure:
        raise failure


def _ask_on(
    to_ask: queue.SimpleQueue[Question | None],
    done: queue.SimpleQueue[tuple[Question, Outcome | Exception]],
    ask: Callable[[Question], Outcome],
) -> None:
    while (question := to_ask.get()) is not None:
        try:
            done.put((question, ask(question)))
        except Exception as error:  # raised again in the main thread
            done.put((question, error))
