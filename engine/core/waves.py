"""Waves and envelopes as closed forms in time: any instant may be asked for directly. Pure."""

from __future__ import annotations

import math

from engine.core.choice import uniform
from engine.model.looks import EnvelopeShape, Lfo


def wave(lfo: Lfo, periods: float, seed: int, name: str) -> float:
    """An LFO, 0..1, after so many of its periods. `name` tells one random wave from another.

    sine and triangle rise from 0 to 1 and fall again; saw rises and leaps back; square is 1 first.
    """
    number = math.floor(periods + lfo.phase)
    place = periods + lfo.phase - number
    match lfo.shape:
        case "sine":
            return 0.5 - 0.5 * math.cos(2 * math.pi * place)
        case "triangle":
            return 1 - abs(2 * place - 1)
        case "saw":
            return place
        case "square":
            return float(place < lfo.width)
        case "random":
            return uniform(seed, name, number)


def envelope(shape: EnvelopeShape, since_s: float) -> float:
    """An attack, hold and decay, 0..1, so many seconds after its beginning; 0 before and after."""
    if since_s < 0:
        return 0.0
    if since_s < shape.attack_s:
        return since_s / shape.attack_s
    past_s = since_s - shape.attack_s - shape.hold_s
    if past_s < 0:
        return 1.0
    if past_s >= shape.decay_s:
        return 0.0
    return float((1 - past_s / shape.decay_s) ** shape.curve)
