"""HTTP round OSCQuery: who is answered, and how an answer becomes a response. Pure."""

from __future__ import annotations

import ipaddress
import json
from http import HTTPStatus
from urllib.parse import urlsplit

from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from engine.inputs.oscquery_tree import Answer

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HOME_DOMAINS = (".local", ".localhost", ".lan", ".home.arpa", ".internal")


def wants_websocket(request: Request) -> bool:
    """Whether a request asks for a websocket, properly or not."""
    return any("websocket" in value.lower() for value in request.headers.get_all("Upgrade"))


def refusal(request: Request) -> Answer | None:
    """Why a request is not answered at all; None where it is.

    Any page that a browser shows may send requests to this machine. One from elsewhere is told by its Origin; one
    whose own name was made to mean this machine, by a Host that is a name of the internet.
    """
    if getattr(request, "method", "GET") != "GET":  # before websockets 17 others are refused before they come here
        return Answer(HTTPStatus.METHOD_NOT_ALLOWED, "Only GET is answered here.")
    hosts = [_host_name(f"//{value}") for value in request.headers.get_all("Host")]
    if len(hosts) > 1 or not all(map(_is_of_home, hosts)):
        return Answer(HTTPStatus.FORBIDDEN, "Ask for this machine by its address, or by its name in this network.")
    if not all(_host_name(value) in (*_LOOPBACK, *hosts) for value in request.headers.get_all("Origin")):
        return Answer(HTTPStatus.FORBIDDEN, "A page from another place may not ask here.")
    return None


def response_of(answer: Answer) -> Response:
    """The response that carries an answer; the connection ends with it."""
    headers = Headers([("Connection", "close"), ("Cache-Control", "no-store")])
    if answer.status is HTTPStatus.NO_CONTENT:
        return Response(answer.status.value, answer.status.phrase, headers)
    if isinstance(answer.content, str):
        body, kind = answer.content.encode(), "text/plain; charset=utf-8"
    else:
        body, kind = json.dumps(answer.content, ensure_ascii=False).encode(), "application/json"
    headers["Content-Type"] = kind
    headers["Content-Length"] = str(len(body))
    return Response(answer.status.value, answer.status.phrase, headers, body)


def _host_name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_of_home(name: str) -> bool:
    """An address, or a name that means something in this network only."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return bool(name) and ("." not in name or name.endswith(_HOME_DOMAINS))
    return True
