"""OSC packets to messages, from the published specifications (opensoundcontrol.org, OSC 1.0 and 1.1).

Anyone on the network may send anything, so lengths are checked before they are believed and depth is bounded.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

BUNDLE = b"#bundle\x00"
NTP_TO_UNIX_S = 2_208_988_800  # seconds from 1900 to 1970

_IMMEDIATELY = 1
_MOST_NESTED = 32  # bundles in bundles, and arrays in arrays
_MOST_TAGS = 4096
_NUMBERS = {"i": struct.Struct(">i"), "f": struct.Struct(">f"), "h": struct.Struct(">q"), "d": struct.Struct(">d")}


class PacketError(ValueError):
    """Bytes that are no OSC, or a message that says nothing usable; the message is the reason."""


class TimeTag(NamedTuple):
    """A `t` argument: NTP time in 2⁻³² s since 1900."""

    ntp: int


class Colour(NamedTuple):
    """An `r` argument, each part 0..255."""

    red: int
    green: int
    blue: int
    alpha: int


class MidiMessage(NamedTuple):
    """An `m` argument: four bytes."""

    port: int
    status: int
    data_1: int
    data_2: int


@dataclass(frozen=True, slots=True)
class Impulse:
    """An `I` argument: something happened, and that is all."""


Argument: TypeAlias = (
    float | int | str | bytes | bool | TimeTag | Colour | MidiMessage | Impulse | tuple["Argument", ...] | None
)


@dataclass(frozen=True, slots=True)
class OscMessage:
    """One message with all its arguments.

    `value` is its first number (`i f h d`; T and I count as 1, F as 0), however deep in an array, 1 without any
    argument, and None where there are arguments but no number. `due_s` is the Unix time at which its bundle
    wants it done, None for at once; time tags come round every 2³² s, and this takes them for those from 1900 on.
    """

    address: str
    value: float | None
    due_s: float | None = None
    arguments: tuple[Argument, ...] = ()


def parse_packet(packet: bytes) -> Iterator[OscMessage | PacketError]:
    """The messages of a packet in their order; in the place of each broken part, the reason that it is broken."""
    parts: list[tuple[bytes, float | None, int]] = [(packet, None, 0)]
    while parts:
        data, due_s, depth = parts.pop()
        try:
            if data.startswith(BUNDLE):
                due_s, elements = _bundle(data, due_s, depth)
                parts += [(element, due_s, depth + 1) for element in reversed(elements)]
            else:
                yield _message(data, due_s)
        except PacketError as error:
            yield error


def _bundle(data: bytes, outer_due_s: float | None, depth: int) -> tuple[float | None, list[bytes]]:
    """The instant at which a bundle is due, and its elements. A bundle with one wrong length is wrong as a whole.

    A bundle within another is never due before it.
    """
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
            raise PacketError(f"a bundle element of {size} bytes where {max(0, len(data) - at)} are left")
        elements.append(data[at : at + size])
        at += size
    due_s = None if tag <= _IMMEDIATELY else tag / 2**32 - NTP_TO_UNIX_S
    if outer_due_s is not None:
        due_s = outer_due_s if due_s is None else max(due_s, outer_due_s)
    return due_s, elements


def _message(data: bytes, due_s: float | None) -> OscMessage:
    address, at = _string(data, 0)
    if not address.startswith("/") or not address.isascii() or not address.isprintable() or " " in address:
        raise PacketError("an address that is not / and plain characters")
    if at == len(data):  # older senders leave the type tags out where there is no argument
        return OscMessage(address, 1.0, due_s)
    try:
        tags, at = _string(data, at)
        if not tags.startswith(","):
            raise PacketError("no type tags")
        arguments = _arguments(tags[1:], data, at)
    except PacketError as error:
        raise PacketError(f"{address[:200]}: {error}") from None
    value = first_number(arguments) if arguments else 1.0
    if value is not None and not math.isfinite(value):
        raise PacketError(f"{address[:200]}: {value} is no number to play")
    return OscMessage(address, value, due_s, arguments)


def first_number(arguments: tuple[Argument, ...]) -> float | None:
    """The first number among arguments and the arrays in them; None without any."""
    for argument in arguments:
        if isinstance(argument, Impulse):
            return 1.0
        if isinstance(argument, bool | int | float):
            return float(argument)
        if type(argument) is tuple:
            number = first_number(argument)
            if number is not None:
                return number
    return None


def _arguments(tags: str, data: bytes, at: int) -> tuple[Argument, ...]:
    """All arguments. A message with one unknown tag is refused whole, as the specification has it."""
    if len(tags) > _MOST_TAGS:
        raise PacketError(f"more than {_MOST_TAGS} arguments")
    open_arrays: list[list[Argument]] = [[]]
    for tag in tags:
        if tag == "[":
            if len(open_arrays) > _MOST_NESTED:
                raise PacketError(f"arrays nested more than {_MOST_NESTED} deep")
            open_arrays.append([])
        elif tag == "]":
            if len(open_arrays) == 1:
                raise PacketError("an array that ends before it begins")
            array = tuple(open_arrays.pop())
            open_arrays[-1].append(array)
        else:
            argument, at = _argument(tag, data, at)
            open_arrays[-1].append(argument)
    if len(open_arrays) > 1:
        raise PacketError("an array without an end")
    if at < len(data):
        raise PacketError(f"{len(data) - at} bytes more than its arguments take")
    return tuple(open_arrays[0])


def _argument(tag: str, data: bytes, at: int) -> tuple[Argument, int]:
    """One argument, and where the next one begins."""
    number = _NUMBERS.get(tag)
    if number is not None:
        return number.unpack_from(_checked(data, at, number.size), at)[0], at + number.size
    if tag in _CONSTANTS:
        return _CONSTANTS[tag], at
    if tag in "sS":
        return _string(data, at)
    if tag == "b":
        size = int.from_bytes(_checked(data, at, 4)[at : at + 4], "big", signed=True)
        end = at + 4 + size
        if size < 0:
            raise PacketError(f"a blob of {size} bytes")
        return _checked(data, at, 4 + size + -size % 4)[at + 4 : end], end + -size % 4
    if tag in _FOUR_BYTES:
        return _FOUR_BYTES[tag](_checked(data, at, 4)[at : at + 4]), at + 4
    if tag == "t":
        return TimeTag(int.from_bytes(_checked(data, at, 8)[at : at + 8], "big")), at + 8
    raise PacketError(f"unknown type tag {tag!a}")


def _character(data: bytes) -> str:
    """ASCII in the low byte of 32 bits."""
    return chr(data[3])


_CONSTANTS: dict[str, Argument] = {"T": True, "F": False, "N": None, "I": Impulse()}
_FOUR_BYTES: dict[str, Callable[[bytes], Argument]] = {
    "c": _character,
    "r": lambda data: Colour(*data),
    "m": lambda data: MidiMessage(*data),
}


def _checked(data: bytes, at: int, size: int) -> bytes:
    if at + size > len(data):
        raise PacketError("ends within its arguments")
    return data


def _string(data: bytes, at: int) -> tuple[str, int]:
    """A string and where the next thing begins: zero-terminated, padded to four bytes with zeros.

    The specification knows ASCII only; senders send UTF-8.
    """
    end = data.find(b"\x00", at)
    if end < 0:
        raise PacketError("a string without an end")
    after = end + 4 - (end - at) % 4
    if after > len(data) or data[end:after].strip(b"\x00"):
        raise PacketError("a string without its padding")
    return data[at:end].decode("utf-8", "replace"), after


_MOST_HEADS = 4096
_LONGEST_QUICK = 512  # an address of 64 KiB is not worth keeping
_QUICK = {b",f\x00\x00": _NUMBERS["f"], b",i\x00\x00": _NUMBERS["i"]}


class QuickNumbers:
    """Reads what nearly all packets are, a message of one `f` or `i`, without parsing its address anew. One thread's.

    Eight bytes from the end begin its type tags; whatever stands before them is its address, and is looked up among
    those that were parsed before. At most 4,096 are kept.
    """

    def __init__(self) -> None:
        self._addresses: dict[bytes, str] = {}

    def read(self, packet: bytes) -> tuple[str, float] | None:
        """Address and number; None for anything else, a number that is not finite, or an address not seen before."""
        address = self._addresses.get(packet[:-8])
        if address is None:
            return None
        number = _QUICK.get(packet[-8:-4])
        if number is None:
            return None
        value = number.unpack_from(packet, len(packet) - 4)[0]
        return (address, value) if value - value == 0 else None  # infinity and NaN are not equal to themselves then

    def learn(self, packet: bytes, message: OscMessage) -> None:
        """Remember the address of a packet that was parsed, if it is of the quick kind and no bundle."""
        # Its length tells it from one whose argument happens to look like type tags.
        quick = packet[-8:-4] in _QUICK and len(packet) == len(message.address) // 4 * 4 + 12
        if quick and len(packet) <= _LONGEST_QUICK:
            if len(self._addresses) >= _MOST_HEADS:
                self._addresses.clear()
            self._addresses[packet[:-8]] = message.address
