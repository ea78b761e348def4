"""What is drawn of a shader that is tried: sizes, instants and settings, as plain values that travel to the child."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

OVER_BUDGET = 27
"""The signal (SIGPROF) that ends the child where a shader takes more processor time than it may."""

Settings: TypeAlias = Literal["default", "low", "high"]


@dataclass(frozen=True, slots=True)
class TrialFrame:
    """One frame: at `at_s` (TIME), with a transition at `progress` (0..1), every setting at its default or at one end
    of its range. `fires`: every event happens. `is_kept`: its picture is handed back."""

    at_s: float
    progress: float = 0.5
    settings: Settings = "default"
    fires: bool = False
    is_kept: bool = False

    def __str__(self) -> str:
        ends = {"default": "", "low": ", its settings at their lowest", "high": ", its settings at their highest"}
        return f"frame at {self.at_s:.2f} s{ends[self.settings]}"


@dataclass(frozen=True, slots=True)
class TrialJob:
    """Frames to be drawn one after another, each `width` × `height` pixels; those with settings at an end come last."""

    width: int
    height: int
    frames: tuple[TrialFrame, ...]


# Enough to see whether a shader ends, and whether it keeps to numbers, at next to no cost.
SMALL = TrialJob(
    64,
    36,
    (
        TrialFrame(0.0, 0.0),
        TrialFrame(1 / 60, 0.3),
        TrialFrame(2 / 60, 0.7, fires=True),
        TrialFrame(30.0, 1.0),
        TrialFrame(30.0 + 1 / 60, 0.5, "low"),
        TrialFrame(30.0 + 2 / 60, 0.5, "high"),
    ),
)


def job_from(told: Mapping[str, Any]) -> TrialJob:
    """The job that `dataclasses.asdict` made `told` of."""
    return TrialJob(told["width"], told["height"], tuple(TrialFrame(**frame) for frame in told["frames"]))
