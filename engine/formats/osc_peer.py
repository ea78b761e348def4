"""Whoever is at the other end: what an answer or a subscription is sent to."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OscPeer:
    """The sender of a message.

    `key` is the same for all that comes from one socket of its. `send` sends it a packet from the port that it
    wrote to; any thread may call it, it never waits, and says whether the packet could be sent. `at_port` is the
    same machine at another UDP port; None over TCP, where everything goes back over the connection.
    """

    name: str
    key: Hashable
    send: Callable[[bytes], bool]
    at_port: Callable[[int], OscPeer] | None = None
