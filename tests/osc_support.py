"""OSC packets made for tests: by python-osc, which is not ours, or from the specification's own words."""

from __future__ import annotations

import struct
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from engine.app.pace import Tick
from engine.app.published import Published
from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.core.planner import plan
from engine.core.step import begun, history, stepped
from engine.formats.osc_peer import OscPeer
from engine.inputs.osc_packet import OscMessage as HeardMessage
from engine.inputs.osc_receiver import OscReceiver
from engine.model.events import Event, EventSource
from engine.model.world import World
from tests.world_support import clip, world

UNIX_S = 1_700_000_000.0
SHOW_S = 30.0
FOREVER_S = 1e9
NOW_TAG = (1).to_bytes(8, "big")


def osc_world(**show: Any) -> World:
    """Two layers, two clips, two cues and a detector."""
    return world(
        clips=[clip("fire"), clip("water")],
        layers=({"name": "base"}, {"name": "echo"}),
        movements=(("one", 10.0, ()), ("two", 20.0, ())),
        cues=({"name": "dawn", "note": "slowly"}, {"name": "dusk"}),
        detectors=({"name": "kick"},),
        **show,
    )


def message(address: str, *arguments: object, tags: str | None = None) -> bytes:
    """By python-osc."""
    builder = OscMessageBuilder(address)
    for number, argument in enumerate(arguments):
        builder.add_arg(argument, tags[number] if tags else None)
    return builder.build().dgram


def padded(text: bytes) -> bytes:
    """OSC 1.0: an OSC-string ends with a null and is padded with nulls to a multiple of 32 bits."""
    return text + bytes(4 - len(text) % 4)


def raw(address: str, tags: str, data: bytes = b"") -> bytes:
    """Written from the specification: address, type tags, arguments."""
    return padded(address.encode()) + padded(b"," + tags.encode()) + data


def element(data: bytes) -> bytes:
    return struct.pack(">i", len(data)) + data


def tagged(tag: bytes, *elements: bytes) -> bytes:
    return b"#bundle\x00" + tag + b"".join(map(element, elements))


def bundle(unix_s: float, *elements: bytes) -> bytes:
    """Written from the specification: a time tag is NTP's, in 2⁻³² s since 1900."""
    return tagged(struct.pack(">Q", round((unix_s + 2_208_988_800) * 2**32)), *elements)


def read(packet: bytes) -> Iterator[tuple[Any, ...]]:
    """The messages of a packet, as (address, argument, …), by python-osc."""
    if packet.startswith(b"#bundle"):
        for content in OscBundle(packet):
            assert isinstance(content, OscMessage)
            yield (content.address, *content.params)
    else:
        heard = OscMessage(packet)
        yield (heard.address, *heard.params)


class Station:
    """A receiver whose clocks stand still, and what it made of packets."""

    def __init__(self, unix_s: float = UNIX_S) -> None:
        self.inbox, self.figures, self.monotonic_s, self.unix_s = Inbox(), Figures(), 0.0, unix_s
        self.asked: list[HeardMessage] = []
        self.touched: list[tuple[Hashable, str, float]] = []
        self.receiver = OscReceiver(
            self.inbox.put,
            lambda: SHOW_S,
            self.figures,
            osc_world().tree,
            lambda heard, _sender: self.asked.append(heard),
            touched=lambda *touch: self.touched.append(touch),
            unix_s=lambda: self.unix_s,
            monotonic=lambda: self.monotonic_s,
        )

    def hear(self, packet: bytes, sender: Hashable = None) -> list[Event]:
        self.receiver.handle(packet, sender)
        return self.inbox.drain(FOREVER_S)

    @property
    def ignored(self) -> int:
        return self.figures.counter("osc_ignored").count

    @property
    def understood(self) -> int:
        return self.figures.counter("osc_events").count


class Stage:
    """A show that stands where it is put, as the board shows it to other threads."""

    def __init__(self, shown: World | None = None) -> None:
        self.world = shown or osc_world()
        self._history = history(begun(self.world))
        self.latest: Published | None = None
        self.at(0.0)

    def at(self, now_s: float, **values: float) -> None:
        """Play `values` (by path, with _ for /) at `now_s`, and show that tick."""
        self.play(now_s, {"/" + name.replace("_", "/"): value for name, value in values.items()})

    def play(self, now_s: float, values: Mapping[str, float]) -> None:
        events = [
            Event(now_s, EventSource.SCRIPT, number, path, value) for number, (path, value) in enumerate(values.items())
        ]
        self._history = stepped(self.world, self._history, events, now_s)
        state = self._history.head
        tick = Tick(0, now_s, now_s)
        self.latest = Published(self.world, tick, plan(self.world, state, now_s), state, now_s)


class Ear:
    """One who is told: keeps what it was sent."""

    def __init__(self, name: str = "ear", *, deaf: bool = False) -> None:
        self.packets: list[bytes] = []
        self.deaf = deaf
        self.ports: dict[int, Ear] = {}
        self.peer = OscPeer(name, name, self._send, self._at_port)

    def heard(self) -> list[tuple[Any, ...]]:
        """The messages since it was last asked."""
        found = [one for packet in self.packets for one in read(packet)]
        self.packets.clear()
        return found

    def values(self) -> dict[str, Any]:
        """The first arguments of what it heard, by address."""
        return {address: arguments[0] if arguments else None for address, *arguments in self.heard()}

    def _send(self, packet: bytes) -> bool:
        self.packets.append(packet)
        return not self.deaf

    def _at_port(self, port: int) -> OscPeer:
        return self.ports.setdefault(port, Ear(f"{self.peer.name}:{port}")).peer
