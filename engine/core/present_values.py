"""The value that each path has for whoever plays it: what was sent counts while it is on its way. Pure."""

from __future__ import annotations

from collections.abc import Callable

from engine.model.parameters import Parameter

ValueOf = Callable[[str], float | None]

_PAGE = "/control/page"
_PAGE_STEPS = {"/control/next": 1.0, "/control/previous": -1.0}


class PresentValues:
    """What each path was sent last, or stands at. One thread.

    Within one reading of the events nothing that they play has been done yet, and a parameter with smoothing is on its
    way for some ticks after: an encoder that went on from where such a parameter stands would lose steps.
    """

    def __init__(self) -> None:
        self._value: ValueOf = lambda _path: None
        self._reading = 0
        self._stood: dict[str, float | None] = {}  # path → value, of this reading
        self._sent: dict[str, tuple[float, float, int]] = {}  # path → value, there by (show seconds), reading

    def begin(self, value: ValueOf) -> None:
        """A reading of events begins; `value` gives what a path stands at, None where it has no value."""
        self._value = value
        self._reading += 1
        self._stood.clear()

    def of(self, path: str, at_s: float) -> float | None:
        """The value of `path` at `at_s` (show seconds); None where it has none."""
        sent = self._sent.get(path)
        if sent is not None and (sent[2] == self._reading or at_s < sent[1]):
            return sent[0]
        if path not in self._stood:
            self._stood[path] = self._value(path)
        return self._stood[path]

    def send(self, parameter: Parameter, value: float, at_s: float) -> None:
        """`parameter` is sent `value` at `at_s`; a step of the page counts as its new number."""
        step = _PAGE_STEPS.get(parameter.path)
        if step is None:
            self._sent[parameter.path] = (value, at_s + parameter.smoothing_s, self._reading)
        else:
            page = min(max((self.of(_PAGE, at_s) or 0.0) + step, 0.0), 127.0)
            self._sent[_PAGE] = (page, at_s, self._reading)
