"""How much time a tick leaves over for what the audience does not see."""

from __future__ import annotations

# A tick that comes so many periods after the one before: the loop is behind.
_BEHIND = 1.5
# What a tick's work was found to be is forgotten by so much from one tick to the next.
_FORGOTTEN = 0.02


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
