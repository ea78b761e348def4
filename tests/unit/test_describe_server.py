"""One language model's server, asked over a real socket: what it may do, and what becomes of it."""

from __future__ import annotations

import json
import socket
import threading
import time
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from engine.errors import DeviceError, ShowError
from preprocess.describe.asking import Asker, Capped, Unanswered, ask_all
from preprocess.describe.costs import Budget, estimate
from preprocess.describe.prompts import Answer, Question
from preprocess.describe.server import connect
from preprocess.describe.settings import DescribeSettings
from preprocess.pipeline.step import Failed
from preprocess.style.read import read_style
from tests.openai_support import (
    DESCRIPTION,
    Server,
    answer,
    breaks_off,
    drips,
    drops,
    fails,
    openai_server,
    raw,
    says,
    waits_for,
)

KEY = "sk-very-secret-0123456789"


def question(slug: str = "a") -> Question:
    return Question(slug, "Describe.", json.dumps({"caption": slug}))


class Waits(list[float]):
    """A `wait` that waits for nothing and remembers how long it should have."""

    def __call__(self, seconds: float) -> bool:
        self.append(seconds)
        return False

    @property
    def asked(self) -> list[float]:
        return [seconds for seconds in self if seconds]


def asker(server: Server, waits: Waits | None = None, **settings: Any) -> Asker:
    described = DescribeSettings(by="language_model", server=server.url, model="double", **settings)
    connected = connect(described, {"OPENAI_API_KEY": KEY})
    wait = Waits() if waits is None else waits
    return Asker(connected, described, Budget(described), seed=1, wait=wait, now_s=lambda: 0.0)


def test_asks_with_the_key_and_the_schema_and_takes_the_answer() -> None:
    with openai_server() as server:
        outcome = asker(server).ask(question())
    assert isinstance(outcome, Answer)
    assert outcome.description == DESCRIPTION
    assert [tag.tag for tag in outcome.tags] == ["bright", "water"]
    request = server.requests[0]
    assert request["path"] == "/v1/chat/completions"
    assert request["model"] == "double"
    assert request["response_format"]["json_schema"]["schema"]["additionalProperties"] is False
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "bad",
    [
        fails(500),
        fails(502),
        fails(429),
        fails(529, "overloaded"),
        drops,
        breaks_off,
        raw(b"<html>busy</html>"),
        raw(b"\xff\xfe"),
        raw(b'{"choices": []}'),
        raw(b"[1, 2]"),
        raw(b" " * (2 << 20)),
        says("I would rather not."),
        says(None),
        says(""),
        says('{"description": "cut o', finish_reason="length"),
        says(json.dumps({"description": "Bright and calm, in blue.", "tags": []}), finish_reason="length"),
        answer(description="short"),
        answer(description="x" * 2000),
        answer(description="See https://example.com <b>now</b>, all of it"),
        answer(description="Two lines\nof a description that breaks"),
        answer(tags=[{"tag": "bright", "confidence": 7}]),
        answer(tags=[{"tag": "bright", "confidence": "high"}]),
        answer(tags=[{"tag": "x" * 41, "confidence": 0.5}]),
        answer(tags=[{"tag": "bright", "confidence": 0.5}] * 17),
        answer(shell="rm -rf /"),
        says("NaN"),
    ],
)
def test_asks_again_after_a_bad_answer(bad: Any) -> None:
    with openai_server(bad, bad) as server:
        outcome = asker(server).ask(question())
    assert isinstance(outcome, Answer)
    assert len(server.requests) == 3


def test_takes_an_answer_in_a_code_fence() -> None:
    fenced = "```json\n" + json.dumps({"description": DESCRIPTION, "tags": []}) + "\n```"
    with openai_server(says(fenced)) as server:
        assert isinstance(asker(server).ask(question()), Answer)
    assert len(server.requests) == 1


def test_waits_twice_as_long_each_time_and_not_in_step() -> None:
    waits: dict[str, list[float]] = {}
    for slug in ("a", "b"):
        waited = Waits()
        with openai_server(*[fails(500)] * 4) as server:
            assert isinstance(asker(server, waited).ask(question(slug)), Answer)
        waits[slug] = waited.asked
        for attempt, seconds in enumerate(waited.asked):
            assert 0.5 * 2**attempt <= seconds <= 2**attempt
    assert waits["a"] != waits["b"]


def test_the_same_seed_waits_alike() -> None:
    said: list[list[float]] = []
    for _ in range(2):
        waited = Waits()
        with openai_server(fails(500), fails(500)) as server:
            asker(server, waited).ask(question())
        said.append(waited.asked)
    assert said[0] == said[1]


@pytest.mark.parametrize("asked", ["7", "7.0", None])
def test_waits_as_long_as_the_server_asks(asked: str | None) -> None:
    retry_after = asked or formatdate(time.time() + 7.9, usegmt=True)
    waited = Waits()
    with openai_server(fails(429, "slow down", Retry_After=retry_after)) as server:
        assert isinstance(asker(server, waited).ask(question()), Answer)
    assert any(6 <= seconds <= 8 for seconds in waited.asked)


def test_a_wait_beyond_the_longest_ends_the_run() -> None:
    tomorrow = fails(429, "tomorrow", Retry_After="86400")
    with openai_server(tomorrow) as server, pytest.raises(DeviceError, match="86400 s"):
        asker(server).ask(question())
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("act", "mend"),
    [
        (fails(401, f"Incorrect API key provided: {KEY}."), "OPENAI_API_KEY"),
        (fails(403), "OPENAI_API_KEY"),
        (fails(404, "no such model"), "describe.model"),
        (fails(429, "You exceeded your current quota", "insufficient_quota"), "top up"),
        (raw(b"", 302, Location="http://127.0.0.1:1/steal"), "describe.server"),
    ],
)
def test_what_no_waiting_mends_ends_the_run_and_shows_no_key(act: Any, mend: str) -> None:
    with openai_server(act) as server, pytest.raises(DeviceError, match=mend) as caught:
        asker(server).ask(question())
    assert KEY not in str(caught.value)
    assert len(server.requests) == 1


def test_a_server_that_knows_no_schema_is_asked_for_an_object_and_then_for_nothing() -> None:
    refusals = (fails(400, "response_format json_schema is not supported"), fails(400, "json_object neither"))
    with openai_server(*refusals) as server:
        one = asker(server)
        assert isinstance(one.ask(question()), Answer)
        assert isinstance(one.ask(question("b")), Answer)
    forms = [request.get("response_format", {}).get("type") for request in server.requests]
    assert forms == ["json_schema", "json_object", None, None]


def test_a_server_that_names_the_length_otherwise_is_obeyed() -> None:
    refusals = (
        fails(400, "Unsupported parameter: use 'max_completion_tokens' instead"),
        fails(400, "temperature does not support 0.2"),
    )
    with openai_server(*refusals) as server:
        assert isinstance(asker(server, temperature=0.2).ask(question()), Answer)
    assert server.requests[-1]["max_completion_tokens"] == 500
    assert "max_tokens" not in server.requests[-1]
    assert "temperature" not in server.requests[-1]
    assert server.requests[-1]["response_format"]["type"] == "json_schema"


def test_a_server_that_takes_no_form_ends_the_run() -> None:
    refusals = [fails(400, "no such thing")] * 3
    with openai_server(*refusals) as server, pytest.raises(DeviceError, match="no such thing"):
        asker(server).ask(question())


def test_malformed_answers_fail_the_clip_and_not_the_run() -> None:
    with openai_server(*[says("sorry")] * 5) as server:
        outcome = asker(server).ask(question())
    assert isinstance(outcome, Failed)
    assert not isinstance(outcome, Unanswered)
    assert "it is no JSON" in outcome.reason
    assert len(server.requests) == 5


@pytest.mark.parametrize("slow", [True, False])
def test_an_answer_that_takes_too_long_is_given_up(slow: bool) -> None:
    gate = threading.Event()
    act = waits_for(gate, answer()) if slow else drips
    with openai_server(act) as server:
        began_s = time.monotonic()
        outcome = asker(server, timeout_s=0.3, tries=1).ask(question())
        assert time.monotonic() - began_s < 5
        gate.set()
    assert isinstance(outcome, Unanswered)
    assert "too slowly" in outcome.reason


def test_nobody_listening_is_unanswered() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        server = Server(url=f"http://127.0.0.1:{closed.getsockname()[1]}/v1")
        outcome = asker(server, tries=2).ask(question())
    assert isinstance(outcome, Unanswered)


# Many at once


def ask_many(server: Server, count: int, **settings: Any) -> list[Any]:
    one, stop = asker(server, **settings), threading.Event()
    asks = ask_all((question(f"c{number}") for number in range(count)), one.ask, settings.get("at_once", 4), stop)
    return [outcome for _, outcome in asks]


def test_asks_several_at_once_and_no_more() -> None:
    together = threading.Barrier(3, timeout=20)

    def meets(handler: Any, request: Any) -> None:
        together.wait()
        answer()(handler, request)

    with openai_server(*[meets] * 12) as server:
        outcomes = ask_many(server, 12, at_once=3)
    assert [type(outcome) for outcome in outcomes] == [Answer] * 12
    assert server.most_at_once == 3


def test_a_cap_of_requests_is_kept_to_the_request() -> None:
    with openai_server() as server:
        outcomes = ask_many(server, 10, at_once=3, cap_requests=4)
    assert len(server.requests) == 4
    assert sum(isinstance(outcome, Answer) for outcome in outcomes) == 4
    assert all(isinstance(outcome, (Answer, Capped)) for outcome in outcomes)


def test_retries_count_against_the_cap() -> None:
    with openai_server(*[fails(500)] * 9) as server:
        outcomes = ask_many(server, 3, at_once=1, cap_requests=4)
    assert len(server.requests) == 4
    assert isinstance(outcomes[-1], Capped)


def test_a_cap_of_money_is_never_exceeded() -> None:
    prices: dict[str, Any] = {"price_in": 1000.0, "price_out": 1000.0, "most_tokens": 100}
    with openai_server() as server:
        outcomes = ask_many(server, 20, at_once=1, cap_money=4.0, **prices)
    a_request = (700 + 90) * 1000 / 1e6
    # The server counts 700 tokens where a few dozen were expected: after the first answer, the budget knows.
    assert len(server.requests) == int(4.0 / a_request)
    assert isinstance(outcomes[-1], Capped)


def test_a_server_that_has_gone_ends_the_run_after_a_few_clips() -> None:
    with openai_server(answer()) as server:
        server.usual = drops
        with pytest.raises(DeviceError):
            ask_many(server, 50, at_once=1, tries=2)
    assert len(server.requests) == 1 + 3 * 2


def test_answers_under_way_are_not_lost_when_the_run_ends() -> None:
    late = threading.Event()

    def refuses(handler: Any, request: Any) -> None:
        fails(401)(handler, request)
        late.set()

    with openai_server(waits_for(late, answer()), refuses) as server:
        stop = threading.Event()
        asks = ask_all((question(f"c{n}") for n in range(9)), asker(server).ask, 2, stop)
        outcomes: list[object] = []
        # The answer may come before the refusal: then one more question is under way, and its answer is given too.
        with pytest.raises(DeviceError):
            outcomes.extend(outcome for _, outcome in asks)
    assert isinstance(outcomes[0], Answer)
    assert stop.is_set()


# Settings and environment


def test_environment_names_what_the_settings_leave_open() -> None:
    settings = DescribeSettings(by="language_model", key_variable="MY_KEY")
    environment = {"OPENAI_BASE_URL": "https://models.example/v1/", "OPENAI_MODEL": "m", "MY_KEY": KEY}
    server = connect(settings, {**environment, "OPENAI_API_KEY": "not this one"})
    assert (server.url, server.model, server.key) == ("https://models.example/v1", "m", KEY)
    assert KEY not in repr(server)


@pytest.mark.parametrize(
    ("environment", "says_so"),
    [
        ({}, "OPENAI_BASE_URL"),
        ({"OPENAI_BASE_URL": "https://models.example/v1"}, "OPENAI_MODEL"),
        ({"OPENAI_BASE_URL": "file:///etc/passwd", "OPENAI_MODEL": "m"}, "OPENAI_BASE_URL"),
        ({"OPENAI_BASE_URL": "http://10.0.0.7/v1", "OPENAI_MODEL": "m", "OPENAI_API_KEY": KEY}, "unencrypted"),
        ({"OPENAI_BASE_URL": "https://a.b/v1", "OPENAI_MODEL": "m", "OPENAI_API_KEY": f"{KEY}\nX: y"}, "no key"),
    ],
)
def test_says_what_is_not_named_and_repeats_no_key(environment: dict[str, str], says_so: str) -> None:
    with pytest.raises(DeviceError, match=says_so) as caught:
        connect(DescribeSettings(by="language_model"), environment)
    assert KEY not in str(caught.value)


def test_a_server_of_the_house_without_a_key_may_do_without_encryption() -> None:
    connect(DescribeSettings(server="http://10.0.0.7:11434/v1", model="m"), {})


@pytest.mark.parametrize("server", ["https://user:secret@host/v1", "https://host/v1?key=1", "ftp://host", "host"])
def test_settings_take_no_address_with_a_secret_in_it(server: str) -> None:
    with pytest.raises(ValueError, match="a base URL"):
        DescribeSettings(server=server)


def test_a_key_in_the_place_of_its_variables_name_is_refused_and_not_repeated(tmp_path: Path) -> None:
    style = tmp_path / "style.yaml"
    style.write_text(
        f"movements: [{{name: all}}]\nshow: {{layers: [{{name: base}}]}}\ndescribe: {{key_variable: {KEY}}}\n"
    )
    with pytest.raises(ShowError, match="never the key itself") as caught:
        read_style(style)
    assert KEY not in str(caught.value)


def test_a_cap_of_money_needs_prices() -> None:
    with pytest.raises(ValueError, match="price_in"):
        DescribeSettings(cap_money=1.0)


def test_an_estimate_counts_tokens_and_money() -> None:
    settings = DescribeSettings(price_in=2.0, price_out=8.0, most_tokens=400)
    told = estimate([question(str(number)) for number in range(100)], settings)
    assert told.requests == 100
    assert 2000 < told.tokens_in < 6000
    assert told.most_money == pytest.approx((told.tokens_in * 2 + 100 * 400 * 8) / 1e6)
    assert told.money < told.most_money
    assert "100 requests" in str(told)
