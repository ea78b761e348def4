"""The measures that a movement may wish for, and the words that an explanation has for much and little of each."""

from __future__ import annotations

# name: (much of it, little of it). Those of `analyses` come from there; `energy` and `duration_s` are worked out.
MEASURES: dict[str, tuple[str, str]] = {
    "brightness": ("bright", "dark"),
    "contrast": ("strong contrast", "soft contrast"),
    "saturation": ("strong colours", "pale colours"),
    "warmth": ("warm colours", "cool colours"),
    "skin": ("tones of skin", "no tones of skin"),
    "detail": ("much detail", "little detail"),
    "straight_lines": ("straight lines", "no straight lines"),
    "sharpness": ("sharp", "soft"),
    "motion": ("much motion", "calm"),
    "motion_x": ("drifts to the right", "drifts to the left"),
    "motion_y": ("drifts upwards", "drifts downwards"),
    "zoom": ("comes nearer", "goes away"),
    "shake": ("shaky", "steady"),
    "faces_share": ("faces", "no faces"),
    "people_share": ("people", "no people"),
    "loudness_lufs": ("loud", "quiet"),
    "loop_quality": ("loops well", "loops badly"),
    "energy": ("much energy", "little energy"),
    "duration_s": ("long", "short"),
}
