"""A server that speaks the chat completions protocol as badly as it is told to: on a real socket, in a thread."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# An act answers one request: it writes what it likes to the handler.
Act = Callable[["Handler", Mapping[str, Any]], None]

DESCRIPTION = "A calm and bright picture in blue and grey, in which hardly anything moves."
TAGS = ({"tag": "bright", "confidence": 0.8}, {"tag": "water", "confidence": 0.6})


@dataclass
class Server:
    """The server and what it was sent. `script` has an act for each request; then come `usual`, or good answers."""

    url: str = ""
    script: list[Act] = field(default_factory=list)
    usual: Act | None = None
    requests: list[Mapping[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    most_at_once: int = 0
    now_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def data(self, index: int = -1) -> Any:
        """What the user's message of a request says of its clip."""
        return json.loads(self.requests[index]["messages"][1]["content"])


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    state: Server

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.state.lock:
            self.state.requests.append({"path": self.path, **request})
            self.state.headers.append(dict(self.headers))
            act = self.state.script.pop(0) if self.state.script else self.state.usual or answer()
            self.state.now_at_once += 1
            self.state.most_at_once = max(self.state.most_at_once, self.state.now_at_once)
        try:
            act(self, request)
        finally:
            with self.state.lock:
                self.state.now_at_once -= 1

    def say(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def drop(self) -> None:
        """End the connection without another byte."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def openai_server(*script: Act) -> Iterator[Server]:
    """A server on a free port of this machine; `url` is its base URL."""
    state = Server(script=list(script))
    handler = type("BoundHandler", (Handler,), {"state": state})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        state.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="openai-double")
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()


# Acts


def completion(content: str | None, finish_reason: str = "stop", usage: bool = True) -> bytes:
    """A chat completion with this content, as the protocol has it."""
    counted = {"prompt_tokens": 700, "completion_tokens": 90, "total_tokens": 790}
    message = {"role": "assistant", "content": content}
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "model": "double",
            "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
            **({"usage": counted} if usage else {}),
        }
    ).encode()


def answer(description: str = DESCRIPTION, tags: Sequence[Mapping[str, Any]] = TAGS, **more: Any) -> Act:
    """A good answer, or what else these make of it."""
    return says(json.dumps({"description": description, "tags": list(tags), **more}))


def says(content: str | None, finish_reason: str = "stop", usage: bool = True) -> Act:
    """A completion with this content."""
    return lambda handler, request: handler.say(200, completion(content, finish_reason, usage))


def fails(status: int, message: str = "no", code: str = "", **headers: str) -> Act:
    """An error, as the protocol has it. `Retry_After` in `headers` is Retry-After."""
    body = json.dumps({"error": {"message": message, "type": "error", "code": code}}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, request: handler.say(status, body, named)


def raw(body: bytes, status: int = 200, **headers: str) -> Act:
    """These bytes, whatever they are."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, request: handler.say(status, body, named)


def drops(handler: Handler, request: Mapping[str, Any]) -> None:
    """The connection ends before a byte of an answer."""
    handler.drop()


def breaks_off(handler: Handler, request: Mapping[str, Any]) -> None:
    """The connection ends in the middle of the answer."""
    body = completion(json.dumps({"description": DESCRIPTION, "tags": []}))
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.wfile.flush()
    handler.drop()


def waits_for(event: threading.Event, then: Act) -> Act:
    """Answers when it is let."""

    def act(handler: Handler, request: Mapping[str, Any]) -> None:
        event.wait(30)
        then(handler, request)

    return act


def drips(handler: Handler, request: Mapping[str, Any]) -> None:
    """Says that much will come, and sends a blank now and then, for as long as anybody listens."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    gone = threading.Event()
    try:
        for _ in range(10_000):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            if gone.wait(0.02):
                break
    except OSError:
        handler.close_connection = True
