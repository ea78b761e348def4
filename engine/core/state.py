"""The state of a running show: what was touched and chosen, and the lines that all else follows from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.core.lines import Approach, Line, Ramp
from engine.core.playhead import Playhead
from engine.model.events import Event
from engine.model.level_uses import LevelUse
from engine.model.world import Onset


@dataclass(frozen=True, slots=True)
class Choice:
    """What a layer plays: a clip, and a playhead whose time base is the movement's position."""

    clip: str
    playhead: Playhead


@dataclass(frozen=True, slots=True)
class LayerState:
    """What was chosen for one layer; nothing here while it plays as it is scheduled.

    A choice counts only while the schedule stands at the row in which it was made (`row_index`, None on a
    layer without a schedule): it holds until the layer's next row, or for ever.
    """

    choice: Choice | None = None
    row_index: int | None = None
    outgoing: Choice | None = None  # what the choice took over from, while it fades
    changed_at_s: float = 0.0  # movement position
    transition_s: float = 0.0
    held: bool = False  # a performer holds its position
    flashed_at_s: float | None = None  # show time
    shown: tuple[str, ...] = ()  # clips that were chosen lately, the newest last


@dataclass(frozen=True, slots=True)
class MovementState:
    """One movement as it runs: its position over show time, its layers, and the parameters that were touched."""

    index: int
    entered_at_s: float
    position: Line  # movement position in seconds, over show time
    layers: Mapping[str, LayerState] = field(default_factory=dict)
    touched: Mapping[str, Ramp] = field(default_factory=dict)  # by path

    @property
    def held(self) -> bool:
        """Whether a performer holds its position."""
        return self.position.rate == 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """An action that waits for its moment (`event.wait`), and the show time at which it has waited long enough."""

    event: Event
    until_s: float


@dataclass(frozen=True, slots=True)
class CueRun:
    """A cue on its way, and the show time at which it fires: when its pre-wait is over."""

    index: int
    fires_at_s: float


@dataclass(frozen=True, slots=True)
class Frozen:
    """The picture that a freeze holds: the show as it was, and the show time that it is planned for."""

    at_s: float
    state: State


@dataclass(frozen=True, slots=True)
class State:
    """The show at `at_s` (show seconds). Everything that the planner needs besides the world and an instant.

    `fired` counts how often each action path has fired, for seeded choice. `onset_number` is that of the
    track's next onset, counted through all its loops. `outgoing` is the movement before, kept while it fades.
    `values` holds the parameters of the whole show (master, sound, levels) that were touched, by path.
    """

    at_s: float
    current: MovementState
    outgoing: MovementState | None = None
    track: Line = field(default_factory=lambda: Line(0.0, 0.0))  # track time over show time
    track_index: int = 0  # which of the world's tracks plays
    onset_number: int = 0
    fired: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, Ramp] = field(default_factory=dict)
    levels: Mapping[LevelUse, Approach] = field(default_factory=dict)  # heard live, by what each is shaped for
    # The latest onset that was tapped or heard live, by the detector and the least strength that an envelope asks for.
    heard_onsets: Mapping[tuple[str, float], Onset] = field(default_factory=dict)
    tempo: Line | None = None  # beats over show time, where a hand or a clock gives them
    taps: tuple[float, ...] = ()  # show times of the latest /tempo/tap, the newest last
    waiting: tuple[Waiting, ...] = ()
    standby: int = 0  # which cue /go fires; one past the last when all have gone
    cue_runs: tuple[CueRun, ...] = ()
    went_at_s: float = -math.inf  # the last GO that was not a slip
    cues_broken: int = 0  # cues of which something could not be fired
    panic: Ramp | None = None  # how much is left of picture and sound since /panic
    frozen: Frozen | None = None
    locked: bool = False
    page: int = 0  # of bindings
    ended: bool = False
    quit: bool = False
    figures_asked: int = 0
