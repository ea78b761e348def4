"""The OSCQuery server over real sockets, and a whole player found and played by a client that is not ours.

HTTP is asked by urllib and `requests`; LISTEN and IGNORE by the websockets client, from the proposal's own text, since
the foreign client (python-oscquery) knows neither.
"""

from __future__ import annotations

import contextlib
import json
import logging
import random
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pythonosc.udp_client import SimpleUDPClient
from pythonoscquery.osc_query_browser import OSCQueryBrowser
from pythonoscquery.osc_query_client import OSCQueryClient
from pythonoscquery.shared.osc_access import OSCAccess
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from zeroconf import ServiceInfo

from engine.app.live_osc import LiveOsc
from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.errors import DeviceError
from engine.inputs.oscquery import MOST_CLIENTS, OscQuery
from engine.inputs.oscquery_announce import Announcement, all_addresses
from engine.model.clock import ClockStatus
from engine.model.controls import OscInput, OscQueryInput
from engine.model.events import Event, EventSource
from engine.model.meters import Meters
from engine.model.show import Inputs
from tests.devices.osc_support import free_port
from tests.devices.sound_support import TIMEOUT_S, wait_until
from tests.film_support import grey_movie, start_module
from tests.osc_support import FOREVER_S, Stage, message, osc_world, read
from tests.world_support import clip, world

ECHO = "/layer/echo/opacity"
BASE = "/layer/base/opacity"
OSC_PORT = 9720


class QueryStage(Stage):
    """A show that stands where the test puts it, served as on stage."""

    def __init__(self) -> None:
        super().__init__()
        self.inbox, self.figures = Inbox(), Figures()
        self.query = OscQuery(
            "127.0.0.1",
            0,
            "the show",
            OSC_PORT,
            put=self.inbox.put,
            now_s=time.monotonic,
            tree=self.world.tree,
            latest=lambda: self.latest,
            figures=self.figures,
        )
        self.port = self.query.port

    def get(self, target: str) -> tuple[int, Any]:
        """Status and JSON, or text where it is no JSON."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{target}", timeout=TIMEOUT_S) as answer:
                body = answer.read()
                return answer.status, json.loads(body) if body else None
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def connect(self, **options: Any) -> ClientConnection:
        return connect(f"ws://127.0.0.1:{self.port}", open_timeout=TIMEOUT_S, **options)

    def events(self, count: int) -> list[Event]:
        found: list[Event] = []

        def all_there() -> bool:
            found.extend(self.inbox.drain(FOREVER_S))
            return len(found) >= count

        wait_until(all_there, f"{count} events")
        return found

    def count(self, figure: str) -> int:
        return self.figures.counter(figure).count


@pytest.fixture
def stage() -> Iterator[QueryStage]:
    opened = QueryStage()
    yield opened
    opened.query.close()
    assert not any(thread.name == "oscquery" for thread in threading.enumerate())


def command(name: str, path: str) -> str:
    """As the proposal writes it."""
    return json.dumps({"COMMAND": name, "DATA": path})


def heard(client: ClientConnection) -> tuple[Any, ...]:
    """The next message that came, read by python-osc; each comes by itself."""
    packet = client.recv(timeout=TIMEOUT_S)
    assert isinstance(packet, bytes)
    assert packet.startswith(b"/")
    return next(read(packet))


def raw_answer(port: int, sent: bytes) -> bytes:
    """All that comes back for bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as opened:
        with contextlib.suppress(ConnectionError):
            opened.sendall(sent)
        received = b""
        with contextlib.suppress(ConnectionError):
            while data := opened.recv(65_536):
                received += data
    return received


def test_nodes_attributes_and_errors_over_http(stage: QueryStage) -> None:
    stage.at(0.0, layer_echo_opacity=0.25)
    stage.at(1.0)
    status, tree = stage.get("/")
    assert status == 200
    assert tree["CONTENTS"]["layer"]["CONTENTS"]["echo"]["CONTENTS"]["opacity"]["VALUE"] == [0.25]
    assert stage.get(f"{ECHO}?VALUE") == (200, {"VALUE": [0.25]})
    assert stage.get("/go?VALUE") == (204, None)
    assert stage.get("/nowhere")[0] == 404
    assert stage.get(f"{ECHO}?COLOUR")[0] == 400
    wait_until(lambda: stage.count("oscquery_answers") == 5, "the answers counted")


def test_host_info(stage: QueryStage) -> None:
    status, info = stage.get("/?HOST_INFO")
    extensions = info.pop("EXTENSIONS")
    assert (status, info) == (
        200,
        {
            "NAME": "the show",
            "OSC_IP": "127.0.0.1",
            "OSC_PORT": OSC_PORT,
            "OSC_TRANSPORT": "UDP",
            "WS_IP": "127.0.0.1",
            "WS_PORT": stage.port,
        },
    )
    assert extensions["LISTEN"] is True
    assert extensions["PATH_CHANGED"] is True
    assert extensions["PATH_ADDED"] is False


def test_listen_streams_what_changes_until_ignore(stage: QueryStage) -> None:
    with stage.connect() as client:
        client.send(command("LISTEN", ECHO))
        assert heard(client) == (ECHO, 1.0)
        client.send(command("LISTEN", BASE))
        assert heard(client) == (BASE, 1.0)
        stage.play(1.0, {ECHO: 0.5})
        stage.at(2.0)
        assert heard(client) == (ECHO, 0.5)
        client.send(command("IGNORE", ECHO))
        client.send(command("LISTEN", "/lock"))
        assert heard(client) == ("/lock", False)  # IGNORE came before it
        stage.play(3.0, {ECHO: 0.0, BASE: 0.25})
        stage.at(4.0)
        assert heard(client) == (BASE, 0.25)
        with pytest.raises(TimeoutError):
            client.recv(timeout=0.1)


def test_osc_by_websocket_is_played_like_osc_by_udp(stage: QueryStage) -> None:
    with stage.connect() as client:
        client.send(message(ECHO, 0.5))
        client.send(message("/layer/*/opacity", 0.25))
        client.send(message("/go"))
        events = stage.events(4)
    assert {event.source for event in events} == {EventSource.OSC}
    assert [(event.address, event.value) for event in events] == [(ECHO, 0.5), (BASE, 0.25), (ECHO, 0.25), ("/go", 1.0)]
    assert stage.count("oscquery_events") == 3


def test_what_one_client_plays_another_is_told(stage: QueryStage) -> None:
    with stage.connect() as hand, stage.connect() as eye:
        for client in (hand, eye):
            client.send(command("LISTEN", ECHO))
            assert heard(client) == (ECHO, 1.0)
        hand.send(message(ECHO, 0.5))
        stage.events(1)
        stage.play(1.0, {ECHO: 0.5})
        stage.at(2.0)
        assert heard(eye) == (ECHO, 0.5)
        with pytest.raises(TimeoutError):
            hand.recv(timeout=0.3)


@pytest.mark.parametrize(
    "sent",
    [
        "no JSON",
        "",
        "[" * 60_000,
        "[]",
        '"COMMAND"',
        "{}",
        '{"COMMAND": "LISTEN"}',
        '{"COMMAND": ["LISTEN"], "DATA": {}}',
        command("LISTEN", "/nowhere"),
        command("PATH_ADDED", "/new"),
        b"",
        b"rubbish",
        b"/x\x00\x00,f\x00\x00",
        message("/runtime/version"),
        message(ECHO, "words"),
    ],
)
def test_rubbish_by_websocket_is_counted_and_the_client_goes_on(
    stage: QueryStage, sent: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), stage.connect() as client:
        client.send(sent)
        client.send(command("LISTEN", ECHO))
        assert heard(client) == (ECHO, 1.0)
        assert stage.count("oscquery_refused") == 1
    assert len(caplog.records) == 1
    assert stage.inbox.drain(FOREVER_S) == []


def test_what_cannot_be_told_may_be_listened_to(stage: QueryStage) -> None:
    with stage.connect() as client:
        for path in ("/go", "/layer", "/layer/echo/clip/fire", ECHO):
            client.send(command("LISTEN", path))
        assert heard(client) == (ECHO, 1.0)
    assert stage.count("oscquery_refused") == 0


def test_a_message_in_fragments_is_one(stage: QueryStage) -> None:
    with stage.connect() as client:
        packet = message(ECHO, 0.5)
        client.send(iter([packet[:5], packet[5:22], packet[22:]]))
        assert [(event.address, event.value) for event in stage.events(1)] == [(ECHO, 0.5)]


def test_a_message_that_is_too_long_ends_its_connection_only(stage: QueryStage) -> None:
    with stage.connect() as client, stage.connect() as other:
        client.send(bytes(70_000))
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=TIMEOUT_S)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
        other.send(command("LISTEN", ECHO))
        assert heard(other) == (ECHO, 1.0)


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"GET / HTTP/1.1\r\nHost: evil.example.com\r\n\r\n", b"HTTP/1.1 403 "),
        (b"GET / HTTP/1.1\r\nOrigin: https://evil.example.com\r\n\r\n", b"HTTP/1.1 403 "),
        (b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 405 "),
        (b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", b"HTTP/1.1 426 "),
        (b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", b"HTTP/1.1 400 "),
        (b"GET /\r\n\r\n", b"HTTP/1.1 400 "),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"HTTP/1.1 400 "),  # TLS
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", b"HTTP/1.1 431 "),
        (b"x" * 100_000, b"HTTP/1.1 431 "),
        (b"GET /?HOST_INFO HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 "),  # the second is not read
        (b"GET /?HOST_INFO HTTP/1.0\r\n\r\n", b"HTTP/1.1 200 "),
    ],
)
def test_wrong_requests_are_told_so(stage: QueryStage, sent: bytes, answer: bytes) -> None:
    received = raw_answer(stage.port, sent)
    # What was still on its way when the connection was closed may take the answer with it.
    assert received.startswith(answer) or (len(sent) > 65_536 and not received)
    assert received.count(b"HTTP/1.1 ") == bool(received)
    assert stage.get(f"{ECHO}?TYPE") == (200, {"TYPE": "f"})


def test_a_page_from_elsewhere_gets_no_websocket(stage: QueryStage) -> None:
    with pytest.raises(InvalidStatus) as refused, stage.connect(origin="https://evil.example.com"):
        pass
    assert refused.value.response.status_code == 403


def test_a_request_that_comes_in_pieces_is_answered(stage: QueryStage) -> None:
    with socket.create_connection(("127.0.0.1", stage.port), timeout=TIMEOUT_S) as opened:
        for piece in (b"GET /go?TY", b"PE HTTP/1.1\r", b"\nHost: localhost\r\n\r", b"\n"):
            opened.sendall(piece)
        received = b""
        while data := opened.recv(4096):
            received += data
    assert received.endswith(b'{"TYPE": "I"}')


def test_one_client_too_many_is_turned_away_and_the_others_stay(stage: QueryStage) -> None:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(stage.connect()) for _ in range(MOST_CLIENTS)]
        assert raw_answer(stage.port, b"GET / HTTP/1.1\r\n\r\n") == b""
        clients[-1].send(command("LISTEN", ECHO))
        assert heard(clients[-1]) == (ECHO, 1.0)
    wait_until(lambda: stage.get("/go?TYPE")[0] == 200 if _let_in(stage) else False, "room again")


def _let_in(stage: QueryStage) -> bool:
    return raw_answer(stage.port, b"GET /go?TYPE HTTP/1.1\r\n\r\n") != b""


def test_one_who_does_not_read_holds_nobody_up_and_gets_the_newest(stage: QueryStage) -> None:
    with stage.connect(max_queue=1, close_timeout=0) as deaf, stage.connect() as other:
        for path in stage.world.tree.parameters:
            deaf.send(command("LISTEN", path))
        other.send(command("LISTEN", ECHO))
        assert heard(other) == (ECHO, 1.0)
        for number in range(1, 20):
            stage.at(float(number), layer_echo_opacity=number / 32)
            stage.at(number + 0.5)
            wait_for_value(other, number / 32)
        told = dict(heard(deaf) for _ in range(20))
        assert told


def wait_for_value(client: ClientConnection, value: float) -> None:
    while heard(client) != (ECHO, value):
        pass


def test_a_flood_of_requests_leaves_the_websocket_alone(stage: QueryStage) -> None:
    over = threading.Event()

    def flood() -> None:
        while not over.is_set():
            raw_answer(stage.port, b"GET / HTTP/1.1\r\n\r\n")

    floods = [threading.Thread(target=flood) for _ in range(4)]
    with stage.connect() as client:
        client.send(command("LISTEN", ECHO))
        assert heard(client) == (ECHO, 1.0)
        for thread in floods:
            thread.start()
        try:
            for number in range(1, 30):
                client.send(message(BASE, number / 32))
                stage.at(float(number), layer_echo_opacity=number / 32)
                stage.at(number + 0.5)
                wait_for_value(client, number / 32)
            assert len(stage.events(29)) == 29
        finally:
            over.set()
            for thread in floods:
                thread.join(TIMEOUT_S)


def test_the_end_of_the_show_closes_the_websockets(stage: QueryStage) -> None:
    with stage.connect() as client:
        client.send(command("LISTEN", ECHO))
        assert heard(client) == (ECHO, 1.0)
        stage.query.close()
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=TIMEOUT_S)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
    stage.query.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=st.lists(st.binary(max_size=200) | st.sampled_from([b"GET / HTTP/1.1\r\n", b"\r\n\r\n"]), max_size=6))
def test_no_bytes_stop_the_server(stage: QueryStage, chunks: list[bytes]) -> None:
    with contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", stage.port)) as opened:
        for chunk in chunks:
            opened.sendall(chunk)
    assert stage.get("/go?TYPE") == (200, {"TYPE": "I"})


def test_no_websocket_frames_stop_the_server(stage: QueryStage) -> None:
    chance = random.Random(5)
    for _ in range(40):
        with stage.connect(close_timeout=0) as client, contextlib.suppress(OSError):  # it may hang up first
            client.socket.sendall(chance.randbytes(chance.randrange(1, 400)))
            client.socket.shutdown(socket.SHUT_RDWR)
    assert stage.get("/go?TYPE") == (200, {"TYPE": "I"})


def test_a_port_that_is_taken_says_which_setting_mends_it(stage: QueryStage) -> None:
    with pytest.raises(DeviceError, match="inputs: oscquery: port"):
        live(OscQueryInput(enabled=True, port=stage.port)).serve(stage.inbox.put, time.monotonic)


def live(query: OscQueryInput, osc: OscInput | None = None) -> LiveOsc:
    """As on stage; OSC is listened for unless it is off."""
    inputs = Inputs(osc=osc or OscInput(port=0), oscquery=query)
    opened = LiveOsc(osc_world(inputs=inputs), Figures(), lambda: None, ClockStatus, Meters)
    if inputs.osc.enabled:
        opened.listen(lambda *_: None, time.monotonic)
    return opened


def test_without_osc_there_is_nothing_to_query() -> None:
    opened = live(OscQueryInput(enabled=True, port=0), OscInput(enabled=False))
    try:
        with pytest.raises(DeviceError, match="inputs: osc: enabled"):
            opened.serve(lambda *_: None, time.monotonic)
    finally:
        opened.close()


def test_a_show_that_cannot_be_announced_says_the_address_and_is_served(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        announcement = Announcement("show", "203.0.113.9", 5678, 9720)  # kept for documentation: nobody's address
        wait_until(lambda: bool(caplog.records), "the warning")
        announcement.close()
    (record,) = caplog.records
    assert "http://203.0.113.9:5678" in record.getMessage()


def test_on_all_interfaces_loopback_is_announced_last() -> None:
    assert all_addresses(4)[-1] == "127.0.0.1"


SHOW = """canvas: {{width: 160, height: 90, rate: 30}}
layers: [{{name: base, source: up.mp4}}, {{name: echo, source: up.mp4, opacity: 0.5}}]
movements: [{{name: one, duration_s: 3600}}, {{name: two, duration_s: 60}}]
cues: [{{name: dawn, fires: [{{path: /movement/next}}]}}]
detectors: [{{name: kick}}]
inputs: {{midi: {{enabled: false}}, osc: {{port: 0}}, oscquery: {{enabled: true, port: 0, name: {name}}}}}
"""


def found(browser: OSCQueryBrowser, name: str) -> ServiceInfo:
    """The show's own service, once mDNS has told of it."""
    services: list[ServiceInfo] = []

    def there() -> bool:
        services[:] = [one for one in browser.get_discovered_oscquery() if one and one.name.startswith(name)]
        return bool(services)

    wait_until(there, f"{name} announced by mDNS", timeout_s=60)
    return services[0]


def eventually(asked: Callable[[], Any], wanted: Any) -> None:
    wait_until(lambda: asked() == wanted, f"{wanted}")


def test_a_foreign_client_finds_the_player_reads_its_tree_and_plays_it(tmp_path: Path) -> None:
    """python-oscquery hears of it by mDNS on loopback, knows no port beforehand, and sends where HOST_INFO says."""
    grey_movie(tmp_path / "up.mp4")
    name = f"show-{free_port()}"  # another test run on this machine may announce, too
    show = tmp_path / "show.yaml"
    show.write_text(SHOW.format(name=name))
    browser = OSCQueryBrowser()
    process = start_module("engine.app.play", show, "--headless", "--silent", "--for", "120", "--json")
    try:
        client = OSCQueryClient(found(browser, name))
        info = client.get_host_info()
        assert info is not None
        assert (info.name, info.osc_ip, info.osc_transport) == (name, "127.0.0.1", "UDP")
        assert browser.find_service_by_name(name) is not None
        wait_until(lambda: any(one and one.port == info.osc_port for one in browser.get_discovered_osc()), "OSC's port")

        root = client.query_node("/")
        assert root is not None
        opacity = root.find_subnode(ECHO)
        assert opacity is not None
        assert (opacity.value, opacity.type, opacity.access) == ([0.5], [float], OSCAccess.READWRITE_VALUE)
        assert opacity.description
        action = root.find_subnode("/cue/dawn")
        assert action is not None
        assert action.access is OSCAccess.WRITEONLY_VALUE
        assert root.find_subnode("/onset/kick") is not None

        osc = SimpleUDPClient(info.osc_ip, info.osc_port)
        osc.send_message(opacity.full_path, 0.25)
        eventually(lambda: _value(client, ECHO), 0.25)
        osc.send_message(action.full_path, [])
        eventually(lambda: _value(client, "/movement/index"), 1)

        osc.send_message("/quit", [])
        output, _ = process.communicate(timeout=60)
        assert json.loads(output)["oscquery_answers"] > 3
        wait_until(
            lambda: not any(one and one.name.startswith(name) for one in browser.get_discovered_oscquery()),
            "its goodbye",
        )
    finally:
        process.kill()
        browser.zc.close()


def _value(client: OSCQueryClient, path: str) -> Any:
    node = client.query_node(path)
    return node.value[0] if node is not None else None


def test_another_version_of_the_show_is_served_and_websockets_are_told(stage: QueryStage) -> None:
    with stage.connect() as client:
        client.send(command("LISTEN", ECHO))
        assert heard(client) == (ECHO, 1.0)
        new = Stage(world(clips=[clip("a")], layers=({"name": "new"}, {"name": "echo", "opacity": 0.5})))
        stage.latest = new.latest
        assert json.loads(client.recv(timeout=TIMEOUT_S)) == {"COMMAND": "PATH_CHANGED", "DATA": "/"}
        assert heard(client) == (ECHO, 0.5), "what is listened to and still there goes on"
        client.send(command("LISTEN", "/layer/new/opacity"))
        assert heard(client) == ("/layer/new/opacity", 1.0)
    assert stage.get("/layer/base")[0] == 404
    status, content = stage.get("/layer/new/opacity?VALUE")
    assert (status, content) == (200, {"VALUE": [1.0]})
