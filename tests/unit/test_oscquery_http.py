"""Who is answered over HTTP, how, and under which name a show is announced."""

from __future__ import annotations

import json
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.datastructures import Headers
from websockets.http11 import Request

from engine.inputs.oscquery_announce import instance_name
from engine.inputs.oscquery_http import refusal, response_of, wants_websocket
from engine.inputs.oscquery_tree import Answer


def request(*headers: tuple[str, str]) -> Request:
    return Request("/", Headers(headers))


@pytest.mark.parametrize(
    "host", ["127.0.0.1:5678", "localhost", "[::1]:5678", "192.168.1.20:80", "stage", "stage.local:5678", "stage.lan"]
)
def test_whoever_asks_for_an_address_or_a_name_of_this_network_is_answered(host: str) -> None:
    assert refusal(request(("Host", host))) is None
    assert refusal(request(("Host", host), ("Origin", f"http://{host}"))) is None
    assert refusal(request(("Host", host), ("Origin", "http://localhost:3000"))) is None


def test_a_device_that_names_no_host_is_answered() -> None:
    assert refusal(request()) is None


@pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1.evil.example", "", "[", "[::1"])
def test_a_name_of_the_internet_is_refused(host: str) -> None:
    denied = refusal(request(("Host", host)))
    assert denied is not None
    assert denied.status is HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", "", "http://192.168.1.21", "http://["])
def test_a_page_from_elsewhere_is_refused(origin: str) -> None:
    denied = refusal(request(("Host", "127.0.0.1:5678"), ("Origin", origin)))
    assert denied is not None
    assert denied.status is HTTPStatus.FORBIDDEN


def test_only_get_is_answered() -> None:
    posted = request()
    posted.method = "POST"
    denied = refusal(posted)
    assert denied is not None
    assert denied.status is HTTPStatus.METHOD_NOT_ALLOWED


def test_answers_are_json_reasons_are_text_and_nothing_has_no_body() -> None:
    good = response_of(Answer(HTTPStatus.OK, {"DESCRIPTION": "größer"}))
    assert json.loads(good.body) == {"DESCRIPTION": "größer"}
    assert good.headers["Content-Type"] == "application/json"
    assert int(good.headers["Content-Length"]) == len(good.body)
    bad = response_of(Answer(HTTPStatus.NOT_FOUND, "not there"))
    assert (bad.status_code, bad.body) == (404, b"not there")
    assert bad.headers["Content-Type"].startswith("text/plain")
    empty = response_of(Answer(HTTPStatus.NO_CONTENT))
    assert (empty.status_code, empty.body, "Content-Length" in empty.headers) == (204, b"", False)


def test_a_websocket_is_known_by_its_upgrade() -> None:
    assert wants_websocket(request(("Upgrade", "WebSocket")))
    assert wants_websocket(request(("Upgrade", "h2c"), ("Upgrade", "websocket")))
    assert not wants_websocket(request(("Upgrade", "h2c")))


header_values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc"]))


@given(header_values, header_values)
def test_any_headers_are_judged(host: str, origin: str) -> None:
    refusal(request(("Host", host), ("Origin", origin)))


@pytest.mark.parametrize(
    ("name", "announced"),
    [("Night v1.2", "Night v1 2"), ("", "runtime"), (" \x00\n. ", "runtime"), ("ä" * 60, "ä" * 29)],
)
def test_a_name_is_announced_as_far_as_dns_takes_it(name: str, announced: str) -> None:
    assert instance_name(name) == announced


@given(st.text())
def test_any_name_makes_one_label(name: str) -> None:
    label = instance_name(name)
    assert 1 <= len(label.encode()) <= 59
    assert "." not in label
