"""How much time a tick leaves over for what the audience does not see."""

from __future__ import annotations

from collections import deque

# A tick that comes so many periods after the one before: the loop is behind.
_BEHIND = 1.5
# What a tick's work was found to be is forgotten by so much from one tick to the next.
_FORGOTTEN = 0.02
_KEPT_COSTS, _FEWEST_COSTS = 6, 2


class Slack:
    """Watches the ticks of a live loop; all instants are monotonic seconds. One thread.

    Where the display holds `present` until its refresh, what is left is the period without the work of the last ticks.
    Elsewhere it is what remains until the next tick is due.
    """

    def __init__(self, period_s: float, *, display_waits: bool) -> None:
        self._period_s = period_s
        self._display_waits = display_waits
        self._begun_s = float("-inf")
        self._is_behind = True  # until it is known
        self._busy_s = 0.0

    def begin(self, now_s: float) -> None:
        """A tick begins."""
        self._is_behind = now_s - self._begun_s > _BEHIND * self._period_s
        self._begun_s = now_s

    def draw(self, now_s: float, gpu_s: float = 0.0) -> None:
        """Its picture goes to the display; the GPU is busy with one for `gpu_s`."""
        self._busy_s = max(now_s - self._begun_s, gpu_s, self._busy_s * (1 - _FORGOTTEN))

    def left_s(self, now_s: float, due_s: float) -> float:
        """Once the picture is out: the time that is left, 0 where the loop is behind. The next tick is `due_s`."""
        if self._is_behind:
            return 0.0
        return max(0.0, self._period_s - self._busy_s if self._display_waits else due_s - now_s)


class Cost:
    """What drawing something is believed to take: more than any of the last few times, but for the worst of them.

    It goes with the number of pixels. As long as it is put off, what took longest is forgotten, since that may have
    been an accident; the two cheapest times are not, so that what is really dear is not tried again.
    """

    def __init__(self) -> None:
        self._a_pixel_s: deque[float] = deque(maxlen=_KEPT_COSTS)  # the newest last

    def add(self, took_s: float, pixels: int) -> None:
        """It was drawn, and took so long."""
        self._a_pixel_s.append(took_s / max(pixels, 1))

    def put_off(self) -> None:
        """There was no time for it."""
        if len(self._a_pixel_s) > _FEWEST_COSTS:
            self._a_pixel_s.remove(max(self._a_pixel_s))

    def expected_s(self, pixels: int) -> float:
        """How long it may take at that size; 0 where it was drawn less than twice."""
        dearest = sorted(self._a_pixel_s)
        return dearest[-2] * pixels if len(dearest) > 1 else 0.0
