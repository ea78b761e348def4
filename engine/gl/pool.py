"""Things on the GPU that are worked out for a key and kept while it is in use."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
S = TypeVar("S", bound=Hashable)
V = TypeVar("V")


class Pool(Generic[K, S, V]):
    """Values by key and shape (a size, say). Render thread only.

    A value that neither this draw nor the one before has asked for serves the next new key of its shape, so that
    after a few draws nothing is made. Of such values in other shapes `spare` are kept; the longest unused go first.
    """

    def __init__(self, make: Callable[[S], V], release: Callable[[V], None], *, spare: int = 4) -> None:
        self._make = make
        self._release = release
        self._spare = spare
        self._held: OrderedDict[tuple[K, S], tuple[V, int]] = OrderedDict()  # and its last draw; least recent first
        self._draw_index = 0

    def __len__(self) -> int:
        return len(self._held)

    def begin_draw(self) -> None:
        """From here on, values are asked for by the next draw."""
        self._draw_index += 1

    def get(self, key: K, shape: S) -> tuple[V, bool]:
        """The value, and whether it is new to the key: then it still holds what it held for another."""
        held = self._held.pop((key, shape), None)
        value = self._unused(shape) if held is None else held[0]
        self._held[key, shape] = (value, self._draw_index)
        return value, held is None

    def release(self) -> None:
        """Give every value back."""
        while self._held:
            self._release(self._held.popitem()[1][0])

    def _unused(self, shape: S) -> V:
        idle = [name for name, (_, draw_index) in self._held.items() if draw_index < self._draw_index - 1]
        for name in idle:
            if name[1] == shape:
                return self._held.pop(name)[0]
        for name in idle[: max(0, len(idle) - self._spare)]:
            self._release(self._held.pop(name)[0])
        return self._make(shape)
