"""Clock arithmetic: a monotonic clock steered towards a reference without a jump that can be seen."""

from __future__ import annotations

from engine.core.lines import Line

# As decisions have it: a difference is slewed away at half a percent, below what an eye or ear notices.
MOST_SLEW = 0.005
# A difference beyond this is no drift but a seek or a start: there is nothing to hide, so jump.
JUMP_BEYOND_S = 0.5
# The time over which a difference is aimed to vanish, where half a percent allows it.
_SETTLE_S = 2.0


def steered(line: Line, monotonic_s: float, reference_show_s: float) -> Line:
    """The show clock's line after learning that at `monotonic_s` the reference stands at `reference_show_s`.

    `line` maps monotonic seconds to show seconds. The result gives the same show time at `monotonic_s`
    (unless it jumps, beyond half a second) and runs within 0.5 % of real time towards the reference.
    """
    error_s = reference_show_s - line.at(monotonic_s)
    if abs(error_s) > JUMP_BEYOND_S:
        return Line(monotonic_s, reference_show_s, 1.0)
    slew = min(max(error_s / _SETTLE_S, -MOST_SLEW), MOST_SLEW)
    return line.turned(monotonic_s, 1.0 + slew)


def freed(line: Line, monotonic_s: float) -> Line:
    """The line running free at real time from where it is: the reference has gone."""
    return line.turned(monotonic_s, 1.0)
