"""What each kind of sound effect can be set to: the one table that the tree, the checks and the audio chain read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of a sound effect: inclusive bounds and the usual value, in `unit`."""

    low: float
    high: float
    default: float
    unit: str
    doc: str


SETTINGS: dict[str, dict[str, Setting]] = {
    "gain": {"gain_db": Setting(-60, 24, 0, "dB", "Louder or softer.")},
    "highpass": {"cutoff_hz": Setting(10, 20_000, 50, "Hz", "What lies lower is taken away.")},
    "lowpass": {"cutoff_hz": Setting(20, 20_000, 20_000, "Hz", "What lies higher is taken away.")},
    "peak": {
        "cutoff_hz": Setting(20, 20_000, 1000, "Hz", "About which frequency."),
        "gain_db": Setting(-24, 24, 0, "dB", "How much louder or softer there."),
        "q": Setting(0.1, 10, 0.7, "", "How narrow."),
    },
    "reverb": {
        "room_size": Setting(0, 1, 0.5, "", "How large the room is."),
        "damping": Setting(0, 1, 0.5, "", "How soon its heights die away."),
        "wet": Setting(0, 1, 0.33, "", "How much of the room is heard."),
        "dry": Setting(0, 1, 0.67, "", "How much of the sound itself is heard."),
        "width": Setting(0, 1, 1, "", "How wide the room is."),
    },
    "compressor": {
        "threshold_db": Setting(-60, 0, -18, "dB", "What is louder is held down."),
        "ratio": Setting(1, 20, 4, "", "How far: 4 makes 4 dB over the threshold 1."),
        "attack_ms": Setting(0.1, 500, 5, "ms", "How soon it takes hold."),
        "release_ms": Setting(1, 2000, 100, "ms", "How soon it lets go."),
    },
    "delay": {
        "delay_s": Setting(0, 5, 0.5, "s", "After how long the echo comes."),
        "feedback": Setting(0, 0.95, 0.3, "", "How much of each echo echoes again."),
        "mix": Setting(0, 1, 0.3, "", "How much of the echo is heard."),
    },
    "chorus": {
        "rate_hz": Setting(0.01, 20, 1, "Hz", "How fast it wavers."),
        "depth": Setting(0, 1, 0.25, "", "How far."),
        "mix": Setting(0, 1, 0.5, "", "How much of it is heard."),
    },
    "distortion": {"drive_db": Setting(0, 60, 12, "dB", "How far it is driven.")},
}
