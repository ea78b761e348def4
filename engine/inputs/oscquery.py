"""OSCQuery: the parameter tree over HTTP, its changes and OSC over websocket, on one port and one thread."""

from __future__ import annotations

import json
import logging
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from functools import partial
from typing import Any

from websockets.http11 import Request

from engine.core.figures import Figures
from engine.inputs.osc_packet import OscMessage
from engine.inputs.osc_receiver import OscReceiver, Put
from engine.inputs.oscquery_client import ClientError, Message, QueryClient
from engine.inputs.oscquery_http import refusal, wants_websocket
from engine.inputs.oscquery_listen import ListenRounds
from engine.inputs.oscquery_tree import EXTENSIONS, Answer, Latest, QueryTree
from engine.inputs.tcp_sockets import keep_alive, listening
from engine.model.tree import ParameterTree

_log = logging.getLogger(__name__)

MOST_CLIENTS = 32
_MOST_A_SECOND = 256  # clients that come: one request takes one
_AT_ONCE = 65_536  # bytes read from a client before the others have their turn
_ROUND_S = 1 / 60
_REST = 4  # times the processor's time that an answer or a round took: at most a fifth of a core goes to each
_LOOK_ROUND_S = 1.0  # for clients that are due to be dropped
_COMPLAIN_S = 1.0
_ALL_CHANGED = b'{"COMMAND":"PATH_CHANGED","DATA":"/"}'


class OscQuery:
    """Serves from its construction until `close`; `port` is the TCP port that it got.

    Raises DeviceError where the address or port is not to be had; nothing stays open then. `put`, `now_s` and
    `latest`, which gives the show's latest tick, are called on the thread "oscquery". `osc_port` is where OSC is
    listened for over UDP, on the same `host`. A client that does not read, or sends rubbish or too much, is closed
    with a line in the log, one a second at most; none can hold up another for longer than an answer takes.
    """

    def __init__(
        self,
        host: str,
        port: int,
        name: str,
        osc_port: int,
        *,
        put: Put,
        now_s: Callable[[], float],
        tree: ParameterTree,
        latest: Callable[[], Latest | None],
        figures: Figures,
        monotonic: Callable[[], float] = time.monotonic,
        worked_s: Callable[[], float] = time.thread_time,
    ) -> None:
        self._name = name
        self._osc_port = osc_port
        self._latest = latest
        self._monotonic = monotonic
        self._worked_s = worked_s  # the processor's time that this thread has had
        self._shown = tree  # oscquery thread, as all that follows
        self._tree = QueryTree(tree)
        self._rounds = ListenRounds(tree, latest)
        self._heard = Figures()  # the receiver's own: a counter belongs to one thread
        self._receiver = OscReceiver(put, now_s, self._heard, tree, self._ask, touched=self._touched)
        self._answered = figures.counter("oscquery_answers")
        self._events = figures.counter("oscquery_events")
        self._refused = figures.counter("oscquery_refused")
        self._clients: set[QueryClient] = set()
        self._requests: deque[tuple[QueryClient, str]] = deque()  # at most one for each client
        self._answer_at_s = self._tell_at_s = self._complain_at_s = self._second_ends_s = float("-inf")
        self._came = 0  # clients in this second
        self._closing = False  # set by the main thread before it wakes the other
        self._socket = listening(host, port, MOST_CLIENTS, what="OSCQuery", setting="inputs: oscquery: port")
        self.port: int = self._socket.getsockname()[1]
        self._wake, self._woken = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ, self._take_client)
        self._selector.register(self._woken, selectors.EVENT_READ, lambda _ready: None)
        self._thread = threading.Thread(target=self._run, name="oscquery", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Tell the websockets that the show is over, and free the port. Safe to call twice."""
        if self._closing:
            return
        self._closing = True
        self._wake.send(b"\x00")
        self._thread.join(timeout=5)
        self._selector.close()
        for opened in (self._socket, self._wake, self._woken):
            opened.close()

    def _run(self) -> None:
        while not self._closing:
            for key, ready in self._selector.select(self._wait_s()):
                key.data(ready)
            now_s = self._monotonic()
            self._keep_up()
            self._answer_one(now_s)
            self._tell(now_s)
            for client in [one for one in self._clients if one.is_overdue(now_s)]:
                self._drop(client, "" if client.is_answered else "no request came in time")
        for client in tuple(self._clients):
            self._guard(client, client.end)
            self._drop(client)

    def _keep_up(self) -> None:
        """Describe the show as it is by now, and tell the websockets when it was changed."""
        latest = self._latest()
        if latest is None or latest.world.tree is self._shown:
            return
        self._shown = tree = latest.world.tree
        self._tree, self._rounds = QueryTree(tree), ListenRounds(tree, self._latest)
        self._receiver.adopt(tree)
        for client in tuple(self._clients):
            self._guard(client, partial(client.command, _ALL_CHANGED))

    def _wait_s(self) -> float:
        """How long nothing needs to be done but for what clients send."""
        at_s = self._monotonic() + _LOOK_ROUND_S
        if self._requests:
            at_s = min(at_s, self._answer_at_s)
        if any(client.listener.paths for client in self._clients):
            at_s = min(at_s, self._tell_at_s)
        return max(0.0, at_s - self._monotonic())

    def _take_client(self, _ready: int) -> None:
        now_s = self._monotonic()
        try:
            connection, address = self._socket.accept()
            connection.setblocking(False)
            keep_alive(connection)
        except OSError:  # it was gone again before it was let in, or there are no more file descriptors
            time.sleep(0.01)
            return
        name = f"{address[0]}:{address[1]}"
        if now_s >= self._second_ends_s:
            self._second_ends_s, self._came = now_s + 1.0, 0
        self._came += 1
        if len(self._clients) >= MOST_CLIENTS or self._came > _MOST_A_SECOND:
            connection.close()
            self._refuse(f"{name} is turned away: {len(self._clients)} are connected, {self._came} came in a second")
            return
        client = QueryClient(connection, name, now_s)
        self._clients.add(client)
        self._selector.register(connection, selectors.EVENT_READ, lambda ready: self._serve(client, ready))

    def _serve(self, client: QueryClient, ready: int) -> None:
        if client in self._clients:
            self._guard(client, partial(self._read, client, ready))

    def _guard(self, client: QueryClient, act: Callable[[], None]) -> None:
        """Act on a client and send what it waits for; it is dropped where that cannot be done."""
        try:
            act()
            client.flush()
        except ClientError as error:
            self._drop(client, str(error))
        except Exception:  # one client's affair, whatever it did; the thread serves the others
            _log.exception("OSCQuery: %s is dropped for a mistake of ours: please report it", client.name)
            self._drop(client)
        else:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.has_more_to_take else 0)
            key = self._selector.get_key(client.connection)
            if key.events != wanted:
                self._selector.modify(client.connection, wanted, key.data)

    def _read(self, client: QueryClient, ready: int) -> None:
        if not ready & selectors.EVENT_READ:
            return
        try:
            data = client.connection.recv(_AT_ONCE)
        except BlockingIOError:
            return
        except OSError as error:
            raise ClientError(error.strerror or str(error)) from error
        self._take(client, client.receive(data))

    def _take(self, client: QueryClient, completed: Iterable[Request | Message | Answer]) -> None:
        for one in completed:
            if isinstance(one, Message):
                self._take_message(client, one)
            elif isinstance(one, Answer):
                self._deny(client, one)
            elif (denied := refusal(one)) is not None:
                self._deny(client, denied)
            elif wants_websocket(one):
                self._take(client, client.accept(one, self._monotonic()))
            else:
                self._requests.append((client, one.path))

    def _take_message(self, client: QueryClient, message: Message) -> None:
        if message.is_text:
            self._obey(client, message.data)
        else:
            ignored = self._heard.counter("osc_ignored")
            before = ignored.count
            self._receiver.handle(message.data, client)
            self._events.count = self._heard.counter("osc_events").count
            self._refused.add(ignored.count - before)

    def _obey(self, client: QueryClient, text: bytes) -> None:
        """LISTEN and IGNORE, as the proposal has them."""
        try:
            wish = json.loads(text)
            command, path = wish["COMMAND"], wish["DATA"]
        except (ValueError, KeyError, TypeError, RecursionError):
            self._refuse(f"{client.name} sent no command: {text[:100]!a}")
            return
        if command == "LISTEN" and isinstance(path, str):
            if self._rounds.has_value(path):
                client.listener.listen(path)
            elif not self._tree.has(path):
                self._refuse(f"{client.name} wants to listen to {path[:200]!a}, which this show has not got")
        elif command == "IGNORE" and isinstance(path, str):
            client.listener.ignore(path)
        else:
            self._refuse(f"{client.name} sent a command that is not known here: {text[:100]!a}")

    def _touched(self, client: Hashable, path: str, value: float) -> None:
        assert isinstance(client, QueryClient)
        client.listener.touched(path, value, self._monotonic())

    def _ask(self, message: OscMessage, _sender: Hashable) -> None:
        self._receiver.ignore(f"{message.address[:200]}: ask that over UDP or TCP, not by websocket")

    def _answer_one(self, now_s: float) -> None:
        """Answer the request that waits longest; then rest, so that nobody can keep the processor busy by asking."""
        if not self._requests or now_s < self._answer_at_s:
            return
        worked_s = self._worked_s()
        client, target = self._requests.popleft()
        if client in self._clients:
            self._guard(client, partial(self._answer, client, target, now_s))
        self._answer_at_s = now_s + (1 + _REST) * (self._worked_s() - worked_s)

    def _answer(self, client: QueryClient, target: str, now_s: float) -> None:
        client.answer(self._tree.answer(target, self._latest(), self._host_info(client)), now_s)
        self._answered.add()

    def _tell(self, now_s: float) -> None:
        if now_s < self._tell_at_s:
            return
        worked_s = self._worked_s()
        for client, packets in self._rounds.due(self._clients, now_s):
            self._guard(client, partial(client.send, packets))
        self._tell_at_s = now_s + max(_ROUND_S, (1 + _REST) * (self._worked_s() - worked_s))

    def _host_info(self, client: QueryClient) -> dict[str, Any]:
        """HOST_INFO, with the address at which this client has found the show."""
        address = client.connection.getsockname()[0]
        return {
            "NAME": self._name,
            "OSC_IP": address,
            "OSC_PORT": self._osc_port,
            "OSC_TRANSPORT": "UDP",
            "WS_IP": address,
            "WS_PORT": self.port,
            "EXTENSIONS": EXTENSIONS,
        }

    def _deny(self, client: QueryClient, answer: Answer) -> None:
        self._refuse(f"{client.name}: {answer.status.value}: {answer.content}")
        client.answer(answer, self._monotonic())

    def _drop(self, client: QueryClient, reason: str = "") -> None:
        if client not in self._clients:
            return
        if reason:
            self._refuse(f"{client.name}: {reason}: the connection is closed")
        self._clients.remove(client)
        self._selector.unregister(client.connection)
        client.connection.close()

    def _refuse(self, reason: str) -> None:
        """Count what cannot be done, and log it if nothing was logged in the last second."""
        self._refused.add()
        now_s = self._monotonic()
        if now_s >= self._complain_at_s:
            self._complain_at_s = now_s + _COMPLAIN_S
            _log.warning("OSCQuery: %s", reason)
