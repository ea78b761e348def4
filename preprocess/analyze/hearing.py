"""What a fragment sounds like: how loud it is, and where something begins."""

from __future__ import annotations

import av
import numpy as np
import numpy.typing as npt
from av.filter import Graph

from engine.analysis.onsets import find_onsets
from engine.model.sound import Detection
from preprocess.catalogue.values import Footage
from preprocess.footage.sound import sound_of

_LEAST_S = 0.4  # the gate of EBU R128 takes blocks of this length
_FLOOR_LUFS = -70.0
_PIECE = 8192
_ONSETS = Detection(source="none", silence_db=-60)


def hearing(footage: Footage, begin: int, end: int) -> tuple[float | None, tuple[float, ...]]:
    """(integrated loudness in LUFS, onsets in seconds of the fragment) under frames `begin` to `end`, half open.

    The loudness is that of the levelled sound; None without sound, -70 for silence. Raises SourceError as `sound_of`.
    """
    if not footage.sound:
        return None, ()
    samples, rate_hz = sound_of(footage, begin, end)
    onsets = find_onsets(samples, rate_hz, _ONSETS)
    return loudness_lufs(samples, rate_hz), tuple(round(onset.at_s, 4) for onset in onsets)


def loudness_lufs(samples: npt.NDArray[np.float32], rate_hz: int) -> float:
    """The integrated loudness of a sound, float32 mono (n,), as EBU R128 has it: played by both channels.

    What is shorter than 0.4 s is measured with silence behind it.
    """
    graph = Graph()
    last = graph.add_abuffer(sample_rate=rate_hz, format="flt", layout="mono")
    for name, arguments in (("ebur128", "framelog=quiet:metadata=1:dualmono=1"), ("abuffersink", "")):
        step = graph.add(name, arguments)
        last.link_to(step)
        last = step
    graph.configure()
    tail = np.zeros(max(round(0.1 * rate_hz), round(_LEAST_S * rate_hz) - len(samples)), np.float32)
    whole = np.concatenate([samples, tail])
    loudness = _FLOOR_LUFS
    for begin in range(0, len(whole), _PIECE):
        frame = av.AudioFrame.from_ndarray(whole[None, begin : begin + _PIECE], format="flt", layout="mono")
        frame.sample_rate, frame.pts = rate_hz, begin
        graph.push(frame)
        loudness = _told(graph, loudness)
    graph.push(None)
    return round(_told(graph, loudness), 2)


def _told(graph: Graph, loudness: float) -> float:
    """What the meter says by now."""
    while True:
        try:
            frame = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return loudness
        said = frame.metadata.get("lavfi.r128.I") if isinstance(frame, av.AudioFrame) else None
        if said is not None and np.isfinite(float(said)):
            loudness = max(_FLOOR_LUFS, float(said))
