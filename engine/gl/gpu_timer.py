"""How long the GPU is busy with whose passes, by timer queries that are read some draws later and never waited for.

GL 3.3 has the queries (ARB_timer_query), moderngl reads them only by waiting: hence the few functions looked up here.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable
from typing import Any

from engine.gl.compressed import GetProcAddress

_TIME_ELAPSED = 0x88BF
_COUNTER_BITS = 0x8864
_RESULT = 0x8866
_RESULT_AVAILABLE = 0x8867
_PENDING_DRAWS = 4  # further ones are not timed until the GPU has answered

_UINT, _ENUM, _INT = ctypes.c_uint, ctypes.c_uint, ctypes.c_int
_SIGNATURES: dict[str, tuple[Any, ...]] = {
    "glGenQueries": (_INT, ctypes.POINTER(_UINT)),
    "glDeleteQueries": (_INT, ctypes.POINTER(_UINT)),
    "glBeginQuery": (_ENUM, _UINT),
    "glEndQuery": (_ENUM,),
    "glGetQueryiv": (_ENUM, _ENUM, ctypes.POINTER(_INT)),
    "glGetQueryObjectuiv": (_UINT, _ENUM, ctypes.POINTER(_UINT)),
    "glGetQueryObjectui64v": (_UINT, _ENUM, ctypes.POINTER(ctypes.c_uint64)),
}


class GpuTimer:
    """Milliseconds of GPU time by owner. Render thread only, the context current."""

    def __init__(self, functions: dict[str, Callable[..., None]]) -> None:
        self._gl = functions
        self._free: list[int] = []
        self._pending: deque[list[tuple[int, str]]] = deque()
        self._current: list[tuple[int, str]] | None = None
        self._owner: str | None = None

    @classmethod
    def where_there_is_one(cls, get_proc_address: GetProcAddress) -> GpuTimer | None:
        """A timer, or None where the driver counts no time."""
        functions: dict[str, Callable[..., None]] = {}
        for name, arguments in _SIGNATURES.items():
            address = get_proc_address(name)
            if not address:
                return None
            functions[name] = ctypes.CFUNCTYPE(None, *arguments)(address)
        bits = _INT()
        functions["glGetQueryiv"](_TIME_ELAPSED, _COUNTER_BITS, ctypes.byref(bits))
        return cls(functions) if bits.value > 0 else None

    def begin_draw(self) -> dict[str, float] | None:
        """From here on, passes belong to the next draw. Gives the times of the newest one that the GPU has finished."""
        times = None
        while self._pending and self._is_answered(self._pending[0][-1][0]):
            times = self._read(self._pending.popleft())
        self._current = [] if len(self._pending) < _PENDING_DRAWS else None
        return times

    def begin(self, owner: str) -> None:
        """What is drawn from here on is `owner`'s."""
        if self._current is None or owner == self._owner:
            return
        self._end()
        query = self._free.pop() if self._free else self._new()
        self._gl["glBeginQuery"](_TIME_ELAPSED, query)
        self._current.append((query, owner))
        self._owner = owner

    def end_draw(self) -> None:
        """Nothing more is drawn."""
        self._end()
        if self._current:
            self._pending.append(self._current)
        self._current = None

    def release(self) -> None:
        """Give every query back."""
        self._free += [query for draw in self._pending for query, _ in draw]
        self._pending.clear()
        for query in self._free:
            self._gl["glDeleteQueries"](1, ctypes.byref(_UINT(query)))
        self._free.clear()

    def _end(self) -> None:
        if self._owner is not None:
            self._gl["glEndQuery"](_TIME_ELAPSED)
            self._owner = None

    def _new(self) -> int:
        query = _UINT()
        self._gl["glGenQueries"](1, ctypes.byref(query))
        return query.value

    def _is_answered(self, query: int) -> bool:
        available = _UINT()
        self._gl["glGetQueryObjectuiv"](query, _RESULT_AVAILABLE, ctypes.byref(available))
        return bool(available.value)

    def _read(self, draw: list[tuple[int, str]]) -> dict[str, float]:
        times: dict[str, float] = {}
        for query, owner in draw:
            nanoseconds = ctypes.c_uint64()
            self._gl["glGetQueryObjectui64v"](query, _RESULT, ctypes.byref(nanoseconds))
            times[owner] = times.get(owner, 0.0) + nanoseconds.value / 1e6
            self._free.append(query)
        return times
