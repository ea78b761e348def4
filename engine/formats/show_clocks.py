"""A show's clocks against the rest of it: is each named once, is there what it needs, is what is set up listened to?"""

from __future__ import annotations

from collections.abc import Callable

from engine.formats.yaml_lines import Place
from engine.model.clocks import ClockName
from engine.model.show import Show

_ORDER: Place = ("clocks", "order")
_SET_UP: tuple[ClockName, ...] = ("midi", "mtc", "ltc")


def check_clocks(show: Show, problem: Callable[[Place, str, str], None]) -> None:
    """Report every mistake in `clocks:` to `problem` (place, what it is, what would mend it)."""
    order, written = show.clocks.order, show.clocks.model_fields_set
    for index, name in enumerate(order):
        if name in order[:index]:
            problem((*_ORDER, index), f"{name} is there twice", "keep the first")
    # The order that every show has by itself names a track, whether it has one or not.
    if "order" in written and "track" in order and not _has_track(show):
        place = (*_ORDER, order.index("track"))
        problem(place, "the show has no track", "add track: file: MUSIC, or take track out of the order")
    for name in _SET_UP:
        if name in written and name not in order:
            problem(("clocks", name), "is not listened to: the order does not name it", f"add {name} to clocks: order")


def _has_track(show: Show) -> bool:
    return show.track is not None or any(movement.own_track is not None for movement in show.movements)
