"""OSC messages and bundles written, from the published specification (OSC 1.0)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

LARGEST_BUNDLE = 1400  # bytes: one packet of an ordinary network, with room for its headers

_LARGEST_FLOAT = 3.4028234663852886e38  # of 32 bits
_BUNDLE_NOW = b"#bundle\x00" + (1).to_bytes(8, "big")
_NUMBERS = {"i": struct.Struct(">i"), "f": struct.Struct(">f"), "h": struct.Struct(">q"), "d": struct.Struct(">d")}


def osc_message(address: str, tags: str = "", *arguments: str | float | None) -> bytes:
    """A message with one argument for each of `tags`: i, h (whole numbers), f, d (numbers), s (text), N T F (nothing).

    A number beyond what `f` holds becomes its largest. Raises struct.error for a whole number that does not fit.
    """
    parts = [osc_string(address), osc_string("," + tags)]
    for tag, argument in zip(tags, arguments, strict=True):
        if tag == "s":
            parts.append(osc_string(str(argument)))
        elif tag == "f" and isinstance(argument, int | float):
            parts.append(osc_float(argument))
        elif tag not in "NTF":
            parts.append(_NUMBERS[tag].pack(argument))
    return b"".join(parts)


def osc_float(value: float) -> bytes:
    """The bytes of an `f` argument."""
    return _NUMBERS["f"].pack(min(max(value, -_LARGEST_FLOAT), _LARGEST_FLOAT))


def osc_string(text: str) -> bytes:
    """Zero-terminated and padded to four bytes. Ends at a zero within the text, if there is one."""
    data = text.partition("\x00")[0].encode("utf-8", "replace")
    return data + bytes(4 - len(data) % 4)


def bundled(messages: Iterable[bytes], largest: int = LARGEST_BUNDLE) -> Iterator[bytes]:
    """The messages, in order, in bundles of at most `largest` bytes, to be done at once; a longer one goes alone."""
    parts: list[bytes] = [_BUNDLE_NOW]
    size = len(_BUNDLE_NOW)
    for message in messages:
        if size + 4 + len(message) > largest and len(parts) > 1:
            yield b"".join(parts)
            parts, size = [_BUNDLE_NOW], len(_BUNDLE_NOW)
        parts += (len(message).to_bytes(4, "big"), message)
        size += 4 + len(message)
    if len(parts) > 1:
        yield b"".join(parts)
