"""Clock arithmetic: a monotonic clock steered towards a reference without a jump that can be seen."""

from __future__ import annotations

from engine.core.lines import Line

# As decisions have it: a difference is slewed away at half a percent, below what an eye or ear notices.
MOST_SLEW = 0.005
# A difference beyond this is no drift: the clock stands elsewhere, and slewing would take minutes.
ELSEWHERE_BEYOND_S = 0.5
# The time over which a difference is aimed to vanish, where half a percent allows it.
_SETTLE_S = 2.0


def steered(line: Line, monotonic_s: float, reference_show_s: float, rate: float = 1.0) -> Line:
    """The show clock's line after learning that at `monotonic_s` the reference stands at `reference_show_s`.

    `line` maps monotonic seconds to show seconds, and the reference runs at `rate` (≥ 0) show seconds a second. The
    result gives the same show time at `monotonic_s` and runs towards the reference, within 0.5 % of its rate.
    """
    error_s = reference_show_s - line.at(monotonic_s)
    slew = min(max(error_s / _SETTLE_S, -MOST_SLEW), MOST_SLEW)
    return line.turned(monotonic_s, rate * (1.0 + slew))
