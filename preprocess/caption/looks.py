"""When a picture counts as dark, still, colourful…: the one set of bounds that captions, tags and checks share.

A caption that is composed by them can therefore never contradict what `check` finds by them.
"""

from __future__ import annotations

from preprocess.catalogue.values import Analysis

# Between the bounds of a pair (dark, bright; still, moving) nothing is said.
_NEARLY_BLACK, _DARK, _DIM, _BRIGHT, _GLARING = 0.07, 0.2, 0.33, 0.6, 0.8
_FLAT, _HARD = 0.22, 0.72
_COLOURLESS, _VIVID = 0.07, 0.35
_COLD, _WARM = 0.465, 0.55
_STILL, _CALM, _LIVELY, _WILD = 0.015, 0.08, 0.25, 0.5
_DRIFTS, _PANS, _RACES = 0.03, 0.12, 0.45
_ZOOMS, _ZOOMS_FAST = 0.05, 0.25
_HAND_HELD, _SHAKEN = 0.35, 0.7
_PLAIN, _DETAILED = 0.12, 0.65
_LINES = 0.3
_BLURRED = 0.25
_LOOPS = 0.9
_LOUD_LUFS, _QUIET_LUFS = -18.0, -45.0
_RHYTHM_HZ = 1.5


def light(a: Analysis) -> str:
    """nearly black, dark, dim, bright, glaring, or nothing to speak of."""
    if a.brightness < _NEARLY_BLACK:
        return "nearly black"
    if a.brightness < _DIM:
        return "dark" if a.brightness < _DARK else "dim"
    if a.brightness > _BRIGHT:
        return "glaring" if a.brightness > _GLARING else "bright"
    return ""


def contrast(a: Analysis) -> str:
    """flat, hard, or nothing to speak of."""
    if a.contrast < _FLAT:
        return "flat"
    return "hard" if a.contrast > _HARD else ""


def colourfulness(a: Analysis) -> str:
    """colourless, vivid, or nothing to speak of."""
    if a.saturation < _COLOURLESS:
        return "colourless"
    return "vivid" if a.saturation > _VIVID else ""


def temperature(a: Analysis) -> str:
    """cold, warm, or nothing to speak of."""
    if a.saturation < _COLOURLESS:
        return ""
    if a.warmth < _COLD:
        return "cold"
    return "warm" if a.warmth > _WARM else ""


def movement(a: Analysis) -> str:
    """still, calm, lively, wild, or moving."""
    if a.static or a.motion < _STILL:
        return "still"
    if a.motion < _CALM:
        return "calm"
    if a.motion < _LIVELY:
        return "moving"
    return "wild" if a.motion > _WILD else "lively"


def drift(a: Analysis) -> tuple[str, str]:
    """How the camera turns, from how the picture drifts: (slow, plain or fast; its directions), or two empty words.

    A picture that drifts to the right is seen by a camera that turns to the left.
    """
    across, along = abs(a.motion_x), abs(a.motion_y)
    if max(across, along) < _DRIFTS:
        return "", ""
    directions = []
    if across >= max(_DRIFTS, along / 2):
        directions.append("left" if a.motion_x > 0 else "right")
    if along >= max(_DRIFTS, across / 2):
        directions.append("down" if a.motion_y > 0 else "up")
    fastest = max(across, along)
    pace = "slow" if fastest < _PANS else "fast" if fastest > _RACES else "plain"
    return pace, " and ".join(directions)


def zoom(a: Analysis) -> tuple[str, str]:
    """(slow or fast; in or out), or two empty words."""
    if abs(a.zoom) < _ZOOMS:
        return "", ""
    return ("fast" if abs(a.zoom) > _ZOOMS_FAST else "slow"), ("in" if a.zoom > 0 else "out")


def shake(a: Analysis) -> str:
    """hand-held, shaken, or nothing to speak of."""
    if a.static or a.shake < _HAND_HELD:
        return ""
    return "shaken" if a.shake > _SHAKEN else "hand-held"


def texture(a: Analysis) -> str:
    """blurred, lines, detailed, plain, or nothing to speak of."""
    if a.sharpness < _BLURRED:
        return "blurred"
    if a.detail < _PLAIN:
        return "plain"
    if a.straight_lines > _LINES:
        return "lines"
    return "detailed" if a.detail > _DETAILED else ""


def sound(a: Analysis, duration_s: float) -> str:
    """none, quiet, rhythmic, loud, or nothing to speak of."""
    if a.loudness_lufs is None:
        return "none"
    if a.loudness_lufs < _QUIET_LUFS:
        return "quiet"
    if duration_s > 0 and len(a.onsets_s) / duration_s >= _RHYTHM_HZ:
        return "rhythmic"
    return "loud" if a.loudness_lufs > _LOUD_LUFS else ""


def loops(a: Analysis) -> bool:
    """Whether it can be repeated without a seam that shows."""
    return not a.static and a.loop_quality > _LOOPS


def seen_people(a: Analysis) -> int:
    """People at once, faces or not."""
    return max(a.faces, a.people)
