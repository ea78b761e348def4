"""Suite `onsets`: what each method finds of music whose onsets are known, how soon it tells of them, what it costs.

F is the harmonic mean of precision and recall within ±50 ms, an onset matched once; onsets of the truth within 30 ms of
one another count as one. The music is synthesised: the demo's track; drums alone, quiet, under a pad, with
a bass line; soft attacks; dense hats. Recordings that were labelled by hand are added where they are found: in the
folder that the environment variable RUNTIME_MUSIC names (tests/labels says which recordings they are). The delay is
that of the detector alone, without a device's buffer, for samples that come 64 at a time; the cost that of samples
which come 192 at a time, as from a device.
"""

from __future__ import annotations

import json
import os
import time
import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.analysis.hit import Mono32
from engine.analysis.onsets import OnsetStream, find_onsets
from engine.formats.sound import SHOW_RATE_HZ, read_sound
from engine.model.sound import OnsetMethod, Onsets
from tools import demo_music
from tools.bench.measuring import without_bars
from tools.bench.rows import Bar, Options, Row, Tell
from tools.bench.scored_music import Music, scored

SUITE = "onsets"
METHODS: tuple[OnsetMethod, ...] = typing.get_args(Onsets.model_fields["method"].annotation)
WITHIN_S = 0.05
_MERGED_S = 0.03
_BLOCK = 64
_DEVICE_BLOCK = 192
_LABELS = Path(__file__).parents[2] / "tests" / "labels"
_MOST_DELAY_MS = {"fast": 8.0}
_AUBIO_MOST_DELAY_MS = 25.0
_PERCUSSIVE_F = 0.9
_DEFAULT = str(Onsets().method)


@dataclass(frozen=True, slots=True)
class Score:
    """How well what was found fits the truth."""

    f: float
    precision: float
    recall: float


def score(found_s: Sequence[float], truth_s: Sequence[float], doubtful_s: Sequence[float] = ()) -> Score:
    """F-measure, precision and recall, each truth matched once, in order. What lies at a doubtful place counts neither
    for nor against."""
    heard = [at_s for at_s in found_s if _near(at_s, truth_s) or not _near(at_s, doubtful_s)]
    matched = found = truth = 0
    while found < len(heard) and truth < len(truth_s):
        difference_s = heard[found] - truth_s[truth]
        matched += abs(difference_s) <= WITHIN_S
        found += difference_s <= WITHIN_S
        truth += difference_s >= -WITHIN_S
    return Score(
        2 * matched / max(len(heard) + len(truth_s), 1), matched / max(len(heard), 1), matched / max(len(truth_s), 1)
    )


def labelled() -> list[tuple[Music, tuple[float, ...]]]:
    """The recordings that were labelled by hand, as far as they are on this machine, and their doubtful places."""
    folder = os.environ.get("RUNTIME_MUSIC")
    if not folder:
        return []
    there = []
    for file in sorted(_LABELS.glob("*.json")):
        recording = Path(folder) / f"{file.stem}.flac"
        if recording.exists():
            label = json.loads(file.read_text(encoding="utf-8"))
            sound = read_sound(recording)
            there.append((Music(file.stem, sound.mono(), tuple(label["onsets"])), tuple(label["doubtful"])))
    return there


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """F of every method on all music, its delay, and its cost."""
    found = _rows(options, tell)
    return without_bars(found) if options.quick else found


def _rows(options: Options, tell: Tell) -> Iterator[Row]:
    tell("making music")
    every: list[tuple[Music, tuple[float, ...]]] = [(music, ()) for music in scored(quick=options.quick)]
    if not options.quick:
        every += [(_demo(), ()), *labelled()]
    for method in METHODS:
        tell(method)
        case = f"{method}, the default" if method == _DEFAULT else method
        for music, doubtful_s in every:
            f = score(_heard(music.samples, method), _merged(music.onsets_s), doubtful_s).f
            bar = Bar("≥", _PERCUSSIVE_F) if method == _DEFAULT and music.percussive else None
            yield Row(SUITE, case, f"F, {music.name}", round(f, 3), "", bar)
        yield from _delays(case, method, every[0][0])


def _delays(case: str, method: OnsetMethod, music: Music) -> Iterator[Row]:
    stream = OnsetStream(SHOW_RATE_HZ, Onsets(method=method))
    delays_ms = []
    for begin in range(0, len(music.samples), _BLOCK):
        for onset in stream.feed(music.samples[begin : begin + _BLOCK]):
            told_s = min(begin + _BLOCK, len(music.samples)) / SHOW_RATE_HZ
            truth_s = min(music.onsets_s, key=lambda at_s: abs(at_s - onset.at_s))
            if abs(truth_s - onset.at_s) <= WITHIN_S:
                delays_ms.append((told_s - truth_s) * 1000)
    yield Row(SUITE, f"{case}: live", "of a core", round(100 * _share_of_a_core(method, music), 2), "%")
    if delays_ms:
        most_ms = _MOST_DELAY_MS.get(method, _AUBIO_MOST_DELAY_MS)
        yield Row(SUITE, f"{case}: live", "told after, p50", float(np.median(delays_ms)), "ms", Bar("≤", most_ms))
        yield Row(SUITE, f"{case}: live", "told after, p95", float(np.percentile(delays_ms, 95)), "ms")


def _share_of_a_core(method: OnsetMethod, music: Music) -> float:
    stream = OnsetStream(SHOW_RATE_HZ, Onsets(method=method))
    begun_s = time.thread_time()
    for begin in range(0, len(music.samples), _DEVICE_BLOCK):
        stream.feed(music.samples[begin : begin + _DEVICE_BLOCK])
    return (time.thread_time() - begun_s) * SHOW_RATE_HZ / len(music.samples)


def _demo() -> Music:
    onsets_s = tuple(onset["at_s"] for onset in demo_music.description()["onsets"])
    samples = demo_music.synthesise().mean(axis=1).astype(np.float32)
    return Music("the demo's track", samples, onsets_s)


def _heard(samples: Mono32, method: OnsetMethod) -> list[float]:
    return [onset.at_s for onset in find_onsets(samples, SHOW_RATE_HZ, Onsets(method=method))]


def _merged(onsets_s: Sequence[float]) -> list[float]:
    merged: list[float] = []
    for at_s in sorted(onsets_s):
        if not merged or at_s - merged[-1] > _MERGED_S:
            merged.append(at_s)
    return merged


def _near(at_s: float, others_s: Sequence[float]) -> bool:
    return any(abs(at_s - other_s) <= WITHIN_S for other_s in others_s)
