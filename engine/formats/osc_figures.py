"""Figures to OSC: one message a number, which every client understands, and no bundle, which not all do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pythonosc.osc_message_builder import OscMessageBuilder

from engine.model.figures import split_name

ADDRESS = "/figures"

_LARGEST_INT = 2**31 - 1  # of OSC's `i`; clients that know `h` are few


def figure_packets(numbers: Mapping[str, float]) -> Iterator[bytes]:
    """A packet for each number of a snapshot (engine.core.figures), made as it is asked for.

    A count comes as `/figures/NAME i`, a statistic as `/figures/NAME/p99 f`; what is beyond 32 bits comes as `f`, too.
    """
    for flat, number in numbers.items():
        name, statistic = split_name(flat)
        message = OscMessageBuilder("/".join((ADDRESS, name, statistic)) if statistic else f"{ADDRESS}/{name}")
        if statistic or abs(number) > _LARGEST_INT:
            message.add_arg(float(number), "f")
        else:
            message.add_arg(int(number), "i")
        yield message.build().dgram
