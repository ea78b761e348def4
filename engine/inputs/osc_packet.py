"""OSC 1.0 packets to messages, from the published specification (opensoundcontrol.org, OSC 1.0).

Only what a show needs of a message is read: its address and its first number. Anyone on the network may send
anything, so lengths are checked before they are believed and depth is bounded.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_BUNDLE = b"#bundle\x00"
_IMMEDIATELY = 1
_MOST_NESTED = 32
_NTP_TO_UNIX_S = 2_208_988_800  # seconds from 1900 to 1970

# Numbers by type tag, and the sizes in bytes of arguments that are passed over.
_NUMBERS = {"i": struct.Struct(">i"), "f": struct.Struct(">f"), "h": struct.Struct(">q"), "d": struct.Struct(">d")}
_CONSTANTS = {"T": 1.0, "F": 0.0, "I": 1.0}
_PASSED_OVER = {"c": 4, "r": 4, "m": 4, "t": 8, "N": 0, "[": 0, "]": 0}


class PacketError(ValueError):
    """Bytes that are no OSC, or a message that says nothing usable; the message is the reason."""


@dataclass(frozen=True, slots=True)
class OscMessage:
    """One message: `value` is its first number (1 without any argument); `due_s` is the Unix time at which its
    bundle wants it done, None for at once."""

    address: str
    value: float
    due_s: float | None = None


def parse_packet(packet: bytes) -> Iterator[OscMessage | PacketError]:
    """The messages of a packet in their order; in the place of each broken part, the reason that it is broken."""
    parts: list[tuple[bytes, float | None, int]] = [(packet, None, 0)]
    while parts:
        data, due_s, depth = parts.pop()
        try:
            if data.startswith(_BUNDLE):
                due_s, elements = _bundle(data, depth)
                parts += [(element, due_s, depth + 1) for element in reversed(elements)]
            else:
                yield _message(data, due_s)
        except PacketError as error:
            yield error


def _bundle(data: bytes, depth: int) -> tuple[float | None, list[bytes]]:
    """The instant at which a bundle is due, and its elements. A bundle with one wrong length is wrong as a whole."""
    if depth >= _MOST_NESTED:
        raise PacketError(f"bundles nested more than {_MOST_NESTED} deep")
    if len(data) < 16:
        raise PacketError("a bundle that ends before its time tag")
    tag = int.from_bytes(data[8:16], "big")
    elements, at = [], 16
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big", signed=True)
        at += 4
        if size <= 0 or size % 4 or at + size > len(data):
            raise PacketError(f"a bundle element of {size} bytes")
        elements.append(data[at : at + size])
        at += size
    return None if tag <= _IMMEDIATELY else tag / 2**32 - _NTP_TO_UNIX_S, elements


def _message(data: bytes, due_s: float | None) -> OscMessage:
    address, at = _string(data, 0)
    if not address.startswith("/") or not all("!" <= letter <= "~" for letter in address):
        raise PacketError("an address that is not / and plain characters")
    if at == len(data):  # older senders leave the type tags out where there is no argument
        return OscMessage(address, 1.0, due_s)
    tags, at = _string(data, at)
    if not tags.startswith(","):
        raise PacketError(f"{address}: no type tags")
    return OscMessage(address, _first_number(address, tags[1:], data, at), due_s)


def _first_number(address: str, tags: str, data: bytes, at: int) -> float:
    for tag in tags:
        if tag in _CONSTANTS:
            return _CONSTANTS[tag]
        if tag in _NUMBERS:
            number = _NUMBERS[tag]
            if at + number.size > len(data):
                raise PacketError(f"{address}: ends within its argument")
            value = float(number.unpack_from(data, at)[0])
            if not math.isfinite(value):
                raise PacketError(f"{address}: {value} is no number")
            return value
        at = _after(address, tag, data, at)
    if tags:
        raise PacketError(f"{address}: no number among its arguments")
    return 1.0


def _after(address: str, tag: str, data: bytes, at: int) -> int:
    """Where the argument after this one begins."""
    if tag in _PASSED_OVER:
        return at + _PASSED_OVER[tag]
    if tag in "sS":
        return _string(data, at)[1]
    if tag == "b":
        size = int.from_bytes(data[at : at + 4], "big", signed=True)
        if size < 0:
            raise PacketError(f"{address}: a blob of {size} bytes")
        return at + 4 + size + -size % 4
    raise PacketError(f"{address}: unknown type tag {tag!a}")


def _string(data: bytes, at: int) -> tuple[str, int]:
    """A string and where the next thing begins: zero-terminated, padded to four bytes."""
    end = data.find(b"\x00", at)
    if end < 0:
        raise PacketError("a string without an end")
    after = end + 4 - (end - at) % 4
    if after > len(data):
        raise PacketError("a string without its padding")
    return data[at:end].decode("latin-1"), after
