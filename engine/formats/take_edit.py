"""Takes cut to what is wanted of them. Pure."""

from __future__ import annotations

from dataclasses import replace

from engine.formats.take import Take


def trimmed(take: Take, from_s: float, to_s: float) -> Take:
    """The take from show time `from_s` to `to_s` (seconds, within the take, `from_s` first).

    Show time stays what it was. What was played before `from_s` is kept: the picture at `from_s` follows from all of
    it (jumps, random choices, what is held), so a film of the trimmed take is, frame by frame, a part of the whole
    one. What was played after `to_s` is left out.
    """
    kept = tuple(event for event in take.events if event.at_s <= to_s)
    header = replace(take.header, start_s=from_s)
    return replace(take, header=header, events=kept, until_s=to_s, ended=True, warnings=())
