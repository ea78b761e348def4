"""What asking a language model costs: an estimate beforehand, and a budget that is held while it goes on."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from preprocess.describe.prompts import Question
from preprocess.describe.settings import DescribeSettings

# Without the model's own tokeniser: English in JSON has 3 to 4 characters a token; what is not ASCII about one.
_CHARACTERS_A_TOKEN = 3.5
_TOKENS_AROUND = 20  # of the message's roles and of the form of the answer
_USUAL_ANSWER = 170  # tokens: 400 characters of description and eight tags
_MILLION = 1_000_000


class CapReachedError(Exception):
    """The next request might go beyond the cap."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run will send and cost: about, and at most (without the requests that have to be sent again)."""

    requests: int
    tokens_in: int
    tokens_out: int
    most_tokens_out: int
    money: float
    most_money: float
    currency: str

    def __str__(self) -> str:
        tokens = f"about {self.tokens_in + self.tokens_out:,} tokens"
        head = f"{self.requests:,} request{'' if self.requests == 1 else 's'}, {tokens}"
        if not self.most_money:
            return head
        return f"{head}, about {self.money:.2f} {self.currency}, {self.most_money:.2f} at most"


def tokens_of(question: Question) -> int:
    """About how many tokens a question has."""
    text = question.told + question.data
    ascii_count = len(text.encode("ascii", "ignore"))
    return math.ceil(ascii_count / _CHARACTERS_A_TOKEN) + len(text) - ascii_count + _TOKENS_AROUND


def price(tokens_in: int, tokens_out: int, settings: DescribeSettings) -> float:
    """What so many tokens cost, in the settings' currency."""
    return (tokens_in * settings.price_in + tokens_out * settings.price_out) / _MILLION


def estimate(questions: Iterable[Question], settings: DescribeSettings) -> Estimate:
    """What asking these questions will cost, each once."""
    sent = [tokens_of(one) for one in questions]
    answered, most = min(_USUAL_ANSWER, settings.most_tokens) * len(sent), settings.most_tokens * len(sent)
    return Estimate(
        requests=len(sent),
        tokens_in=sum(sent),
        tokens_out=answered,
        most_tokens_out=most,
        money=round(price(sum(sent), answered, settings), 6),
        most_money=round(price(sum(sent), most, settings), 6),
        currency=settings.currency,
    )


@dataclass(frozen=True, slots=True)
class Taken:
    """A request that was taken out of a budget: its tokens as estimated, and the most that it may cost."""

    tokens_in: int
    money: float


class Budget:
    """What was sent and spent so far, and whether there is room for more under the caps. Any thread.

    A request is taken before it is sent, at the most that it may cost, and settled by what the server counted. One
    whose answer was lost stays counted at its most: it may have been answered all the same. Where the server counts
    more tokens than were estimated, later estimates are raised by as much.
    """

    def __init__(self, settings: DescribeSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._undercounted = 1.0  # server's tokens ÷ estimated tokens, the most seen
        self.requests = 0
        self.tokens_in = 0
        self.tokens_out = 0
        self.money = 0.0  # spent, or promised to requests that are under way or were lost

    def take(self, question: Question) -> Taken:
        """Take one request out of the budget. Raises CapReachedError where it has no room."""
        caps, tokens = self._settings, tokens_of(question)
        with self._lock:
            most = price(math.ceil(tokens * self._undercounted), caps.most_tokens, caps)
            if caps.cap_requests is not None and self.requests >= caps.cap_requests:
                raise CapReachedError
            if caps.cap_money is not None and self.money + most > caps.cap_money:
                raise CapReachedError
            self.requests += 1
            self.money += most
        return Taken(tokens, most)

    def settle(self, taken: Taken, tokens_in: int, tokens_out: int) -> None:
        """Replace what a request might have cost by what it did; without a count of the server, that stays."""
        with self._lock:
            self.tokens_in += tokens_in
            self.tokens_out += tokens_out
            self._undercounted = max(self._undercounted, tokens_in / taken.tokens_in)
            if tokens_in or tokens_out:
                self.money += price(tokens_in, tokens_out, self._settings) - taken.money

    def refund(self, taken: Taken) -> None:
        """Give back what a request that was refused would have cost; it still counts as a request."""
        with self._lock:
            self.money -= taken.money
