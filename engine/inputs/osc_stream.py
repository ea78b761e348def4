"""OSC packets in a stream: a length before each (OSC 1.0), or SLIP with END at both ends (OSC 1.1, RFC 1055)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Protocol

LARGEST_FRAME = 65_536  # bytes of one packet; as much as a datagram can carry

Framing = Literal["slip", "length"]

_END, _ESCAPE = b"\xc0", b"\xdb"
_ESCAPED_END, _ESCAPED_ESCAPE = b"\xdb\xdc", b"\xdb\xdd"


class StreamError(ValueError):
    """The stream cannot be followed any further; the message is the reason."""


class Decoder(Protocol):
    """Finds packets in a stream. One connection's. Keeps at most one packet's bytes from one call to the next."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The packets that `data` completes, in order; all must be taken.

        Raises StreamError after the last packet that was whole; the decoder is of no use then.
        """
        ...


class SlipDecoder:
    """SLIP. Empty frames are no packets: END may stand at both ends, or at one."""

    def __init__(self) -> None:
        self._begun: list[bytes] = []
        self._begun_size = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        *ended, rest = data.split(_END)
        for part in ended:
            self._keep(part)
            frame = b"".join(self._begun)
            self._begun, self._begun_size = [], 0
            if frame:
                yield _unescaped(frame)
        self._keep(rest)

    def _keep(self, part: bytes) -> None:
        self._begun.append(part)
        self._begun_size += len(part)
        if self._begun_size > 2 * LARGEST_FRAME:  # each byte may be escaped
            raise StreamError(f"a frame of more than {LARGEST_FRAME} bytes")


class LengthDecoder:
    """A big-endian 32-bit length before each packet."""

    def __init__(self) -> None:
        self._begun = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._begun += data
        at = 0
        while len(self._begun) - at >= 4:
            size = int.from_bytes(self._begun[at : at + 4], "big", signed=True)
            if not 0 <= size <= LARGEST_FRAME:
                raise StreamError(f"a frame of {size} bytes; {LARGEST_FRAME} is the most")
            end = at + 4 + size
            if end > len(self._begun):
                break
            if size:
                yield bytes(self._begun[at + 4 : end])
            at = end
        del self._begun[:at]


def decoder_of(framing: Framing) -> Decoder:
    return SlipDecoder() if framing == "slip" else LengthDecoder()


def framed(packet: bytes, framing: Framing) -> bytes:
    """A packet as it goes into the stream."""
    if framing == "length":
        return len(packet).to_bytes(4, "big") + packet
    return _END + packet.replace(_ESCAPE, _ESCAPED_ESCAPE).replace(_END, _ESCAPED_END) + _END


def _unescaped(frame: bytes) -> bytes:
    """RFC 1055: a byte that an ESC does not go with stays as it is."""
    if _ESCAPE not in frame:
        packet = frame
    else:
        first, *others = frame.split(_ESCAPE)
        packet = first + b"".join(_after_escape(part) for part in others)
    if len(packet) > LARGEST_FRAME:
        raise StreamError(f"a frame of {len(packet)} bytes; {LARGEST_FRAME} is the most")
    return packet


def _after_escape(part: bytes) -> bytes:
    if part.startswith(b"\xdc"):
        return _END + part[1:]
    return _ESCAPE + part[1:] if part.startswith(b"\xdd") else part
