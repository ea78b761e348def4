"""Parameters and actions: everything that a performer can touch, each under one path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

PATH_PATTERN = re.compile(r"^(/[a-z][a-z0-9_-]*)+$")


class Kind(Enum):
    """What a path takes. Every path accepts one number; an action fires on a non-zero one."""

    NUMBER = "number"
    INDEX = "index"
    SWITCH = "switch"
    ACTION = "action"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One entry of the parameter tree.

    `low` and `high` bound the value (inclusive, in `unit`); a value outside is clamped and counted.
    `smoothing_s` is the time in which a change is ramped in (0: at once). A switch is off at 0 and on at anything
    else. An action has no value to keep. `of_shader`: it is a setting of a shader.
    """

    path: str
    kind: Kind
    doc: str
    low: float = 0.0
    high: float = 1.0
    default: float = 0.0
    unit: str = ""
    smoothing_s: float = 0.0
    of_shader: bool = False

    @property
    def may_wait(self) -> bool:
        """Whether it can wait for a beat or an onset: an action, or a parameter that jumps; the others glide."""
        is_place = self.path.startswith("/layer/") and self.path.endswith("/position") and not self.of_shader
        return self.kind in (Kind.ACTION, Kind.INDEX) or is_place

    @property
    def may_be_driven(self) -> bool:
        """Whether levels and modulations can move it: what only the picture or the sound at an instant hangs on."""
        return self.kind is not Kind.ACTION and (self.smoothing_s > 0 or self.of_shader)

    def clamp(self, value: float) -> float:
        """The nearest value that the parameter can have; a switch knows 0 and 1 only."""
        if self.kind is Kind.SWITCH:
            return 1.0 if value else 0.0
        return min(max(value, self.low), self.high)
