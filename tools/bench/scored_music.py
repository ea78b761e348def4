"""Music whose onsets are known to the sample, of several kinds, out of the demo's voices and numpy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.analysis.hit import Mono32
from tools.demo_voices import RATE, bass_note, hat, kick, pad_chord, pluck, rim, snare

Floats = npt.NDArray[np.float64]

_SECONDS, _QUICK_SECONDS = 24, 6
_CHORD = (15, 22, 27, 31, 39)


@dataclass(frozen=True, slots=True)
class Music:
    """`samples` float32 (n,) at the demo's rate; `onsets_s` are rising. `percussive`: drums lead it."""

    name: str
    samples: Mono32
    onsets_s: tuple[float, ...]
    percussive: bool = False


def scored(*, quick: bool = False) -> list[Music]:
    """One piece of each kind, the same on every run; drums alone come first."""
    seconds = _QUICK_SECONDS if quick else _SECONDS
    pieces = list(_drums(seconds, np.random.default_rng(7)))
    drums, times_s = pieces[0].samples, pieces[0].onsets_s
    pieces.append(Music("drums 34 dB down", drums * np.float32(10 ** (-34 / 20)), times_s, percussive=True))
    pad = _pad(len(drums))
    for name, level in (("drums over a pad", 0.1), ("drums under a pad", 0.35)):
        mixed = drums + np.float32(level) * pad
        pieces.append(Music(name, mixed.astype(np.float32), times_s, percussive=level < 0.2))
    pieces.append(_notes("soft attacks", seconds, attack_s=0.05))
    pieces.append(_notes("plucks", seconds, attack_s=0.0))
    return pieces


def _drums(seconds: float, chance: np.random.Generator) -> Iterator[Music]:
    """A kit, the same with a bass line, and sixteenths on the hat; tempi of no round number, played by hand."""
    for name, step_s in (("drums", 0.127), ("drums and bass", 0.141), ("dense hats", 0.1)):
        samples, times_s = np.zeros(round((seconds + 1) * RATE)), []
        for step in range(int((seconds - 0.5) / step_s)):
            at_s = 0.3 + step * step_s + chance.normal(0, 0.003)
            struck = _struck(name, step, chance)
            for sound, level in struck:
                at = round(at_s * RATE)
                samples[at : at + len(sound)] += level * sound[: len(samples) - at]
            if struck:
                times_s.append(round(at_s * RATE) / RATE)
        yield Music(name, (0.7 * samples / np.abs(samples).max()).astype(np.float32), tuple(times_s), percussive=True)


def _struck(name: str, step: int, chance: np.random.Generator) -> list[tuple[Floats, float]]:
    """What sounds on a step of the bar, with its level."""
    place = step % 16
    struck: list[tuple[Floats, float]] = []
    if place in (0, 7, 10):
        struck.append((kick(), chance.uniform(0.7, 1.0)))
    if place in (4, 12):
        struck.append((snare(), chance.uniform(0.4, 0.6)))
    if place == 14 and chance.random() < 0.5:
        struck.append((rim(), 0.3))
    if place % 2 == 0 or name == "dense hats":
        struck.append((hat(step, is_open=False), chance.uniform(0.12, 0.25)))
    if name == "drums and bass" and place in (0, 3, 6, 8, 11):
        struck.append((bass_note(float(chance.choice((-7, -4, 0, 3))), round(0.3 * RATE)), 0.4))
    return struck


def _pad(length: int) -> Floats:
    """Slow chords that never begin: each fades into the next."""
    pad = np.zeros(length + 8 * RATE)
    fade = np.sin(np.pi * np.arange(4 * RATE) / (4 * RATE)) ** 2
    for number, begin in enumerate(range(0, length, 2 * RATE)):
        tones = tuple(tone + (0, -2, 3)[number % 3] for tone in _CHORD)
        chord = pad_chord(tones, 4 * RATE)
        mono = (chord.mean(axis=1) if chord.ndim == 2 else chord)[: 4 * RATE]
        pad[begin : begin + len(mono)] += mono * fade[: len(mono)]
    return np.asarray(pad[:length] / np.abs(pad[:length]).max())


def _notes(name: str, seconds: float, *, attack_s: float) -> Music:
    """One note at a time; with an attack, each swells in over that time."""
    chance = np.random.default_rng(11)
    samples, times_s, at_s = np.zeros(round((seconds + 3) * RATE)), [], 0.4
    while at_s < seconds - 1:
        note = pluck(float(chance.choice(_CHORD)))
        if attack_s:
            note = note * np.minimum(np.arange(len(note)) / (attack_s * RATE), 1)
        at = round(at_s * RATE)
        samples[at : at + len(note)] += chance.uniform(0.4, 1.0) * note
        times_s.append(at / RATE)
        at_s += float(chance.choice((0.25, 0.375, 0.5)))
    return Music(name, (0.5 * samples / np.abs(samples).max()).astype(np.float32), tuple(times_s))
