"""The instruments of the demo track: each gives one note as an array of floats. Pure and seeded."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.float64]

RATE = 48_000
_A1_HZ = 55.0
_HIGHEST_HZ = 16_000.0


def _seconds(length_s: float) -> Sound:
    return np.arange(int(length_s * RATE)) / RATE


def _hz(pitch: float) -> float:
    """Semitones above A1 to Hz."""
    return float(_A1_HZ * 2 ** (pitch / 12))


def _noise(seed: int, length: int) -> Sound:
    return np.random.default_rng(seed).standard_normal(length)


def low_pass(sound: Sound, corner_hz: float) -> Sound:
    """A second-order roll-off above `corner_hz`, without a shift in time; along the first axis."""
    size = len(sound)
    share = np.fft.rfftfreq(size, 1 / RATE) / corner_hz
    weight = 1 / (1 + share**4)
    spectrum = np.fft.rfft(sound, axis=0)
    return np.fft.irfft(spectrum * (weight if sound.ndim == 1 else weight[:, None]), size, axis=0)


def _band(sound: Sound, low_hz: float, high_hz: float) -> Sound:
    return low_pass(sound, high_hz) - low_pass(sound, low_hz)


@cache
def kick() -> Sound:
    """A drop from 150 to 46 Hz with a click at its head."""
    t = _seconds(0.42)
    phase = 2 * np.pi * (46 * t + (104 / 34) * (1 - np.exp(-34 * t)))
    body = np.sin(phase) * np.exp(-8.5 * t)
    click = low_pass(_noise(1, len(t)), 6500) * np.exp(-420 * t) * 0.55
    sound: Sound = np.tanh(1.7 * (body + click)) / 1.2
    sound[-480:] *= np.linspace(1, 0, 480)
    return sound


@cache
def snare() -> Sound:
    """Two tuned modes under a burst of noise."""
    t = _seconds(0.38)
    skin = (np.sin(2 * np.pi * 184 * t) + 0.6 * np.sin(2 * np.pi * 291 * t)) * np.exp(-26 * t)
    wires = _band(_noise(2, len(t)), 900, 9500)
    wires *= np.exp(-15 * t) / np.std(wires)
    sound: Sound = 0.55 * skin + 0.30 * wires
    sound[-960:] *= np.linspace(1, 0, 960)
    return sound


def hat(seed: int, *, is_open: bool = False) -> Sound:
    """Bright noise; each one a little different."""
    t = _seconds(0.30 if is_open else 0.09)
    noise = _noise(100 + seed, len(t))
    bright = noise - low_pass(noise, 7000)
    sound: Sound = bright / np.std(bright) * np.exp(-(13 if is_open else 60) * t)
    sound[-200:] *= np.linspace(1, 0, 200)
    return sound


@cache
def rim() -> Sound:
    """A dry wooden click."""
    t = _seconds(0.07)
    wood = np.sin(2 * np.pi * 1720 * t) + 0.7 * np.sin(2 * np.pi * 2470 * t)
    return np.asarray(wood * np.exp(-95 * t) * (1 - np.exp(-4000 * t)))


@cache
def bass_note(pitch: float, length: int) -> Sound:
    """A round saw whose top closes quickly, over a sine an octave of body."""
    t = np.arange(length) / RATE
    base = _hz(pitch)
    sound = np.zeros(length)
    for harmonic in range(1, 13):
        closing = np.exp(-0.18 * (harmonic - 1)) * np.exp(-(1.5 + 2.6 * (harmonic - 1)) * t)
        sound += closing / harmonic * np.sin(2 * np.pi * base * harmonic * t)
    envelope = np.minimum(t / 0.004, 1) * np.minimum((length / RATE - t) / 0.03, 1)
    return np.asarray(np.tanh(1.4 * sound) * envelope)


@cache
def pluck(pitch: float) -> Sound:
    """A struck glass-and-string tone that rings about a second."""
    t = _seconds(1.1)
    base = _hz(pitch + 12)
    sound = np.zeros(len(t))
    for number, (ratio, level) in enumerate(((1, 1.0), (2.003, 0.42), (3.01, 0.22), (4.98, 0.13), (7.1, 0.06))):
        sound += level * np.sin(2 * np.pi * base * ratio * t) * np.exp(-(3.4 + 2.9 * number) * t)
    sound *= np.minimum(t / 0.002, 1)
    sound[-2400:] *= np.linspace(1, 0, 2400)
    return sound


@cache
def pad_chord(pitches: tuple[float, ...], length: int) -> Sound:
    """A slow stereo chord of detuned saws that opens and closes; it laps into the next. Shape (frames, 2)."""
    total = length + RATE
    t = np.arange(total) / RATE
    opening = 0.35 + 0.65 * np.sin(np.pi * np.clip(t / t[-1], 0, 1))
    sound = np.zeros((total, 2))
    for index, pitch in enumerate(pitches):
        base = _hz(pitch)
        for side in (0, 1):
            for cents in (-7.0, 6.0):
                tune = base * 2 ** ((cents + 3 * side - 2 * index % 3) / 1200)
                sound[:, side] += _soft_saw(tune, t, opening, seed=31 * index + 7 * side + int(cents))
    attack, release = 0.35 * RATE, 1.1 * RATE
    steps = np.arange(total)
    envelope = np.minimum(steps / attack, 1) * np.minimum((total - steps) / release, 1)
    return np.asarray(sound / len(pitches) ** 0.5 * np.sin(envelope * np.pi / 2)[:, None])


def _soft_saw(hz: float, t: Sound, opening: Sound, seed: int) -> Sound:
    """A saw of at most twelve harmonics in scattered phases; the lower `opening`, the faster they fall off.

    Harmonic k is the k-th power of one turning phasor, so that the sum is a polynomial: a sine for each costs 5 times.
    """
    count = int(min(12, _HIGHEST_HZ / hz))
    start = np.random.default_rng(1000 + seed).uniform(0, 2 * np.pi, count)
    weights = np.exp(1j * start) / np.arange(1, count + 1) ** 1.2
    turning = np.exp(2j * np.pi * hz * t)
    darker = turning * opening**0.55
    total = np.full(len(t), weights[-1])
    for weight in weights[-2::-1]:
        total *= darker
        total += weight
    total *= turning
    return np.asarray(total.imag)


def riser(length: int) -> Sound:
    """Noise that swells and brightens towards its end. Shape (frames, 2)."""
    t = np.linspace(0, 1, length)
    sides = []
    for seed in (11, 12):
        noise = _noise(seed, length)
        dull, bright = _band(noise, 200, 900), _band(noise, 1800, 9000)
        sides.append((dull / np.std(dull) * (1 - t) + bright / np.std(bright) * t) * t**2.4)
    return np.stack(sides, axis=1)


@cache
def impulse_room() -> Sound:
    """The answer of a large dark room: 2.4 s of noise that dies away, its top first. Shape (frames, 2), unit energy."""
    t = _seconds(2.4)
    sides = []
    for seed in (21, 22):
        noise = _noise(seed, len(t))
        bright = low_pass(noise, 7000) * np.exp(-4.2 * t)
        dark = low_pass(noise, 1400) * np.exp(-2.2 * t)
        late = np.clip((t - 0.018) / 0.02, 0, 1)
        sides.append((0.8 * bright + dark) * late)
    room = np.stack(sides, axis=1)
    return np.asarray(room / np.sqrt(np.sum(room**2, axis=0)))
