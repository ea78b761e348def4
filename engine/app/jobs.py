"""What the player was asked for: a performance, or a render."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from engine.model.events import Event
from engine.model.media_time import frame_count
from engine.outputs.film_formats import FilmCodec


@dataclass(frozen=True, slots=True)
class RenderJob:
    """What `runtime-render` was asked for. Sizes in pixels, instants in show seconds."""

    film: Path
    width: int
    height: int
    rate: Fraction
    from_s: float
    to_s: float
    codec: FilmCodec
    overwrite: bool = False
    hashes: Path | None = None
    plan: Path | None = None
    script: tuple[Event, ...] = ()
    take: tuple[Event, ...] = ()  # resolved

    @property
    def frames(self) -> int:
        return frame_count(self.to_s - self.from_s, self.rate)


@dataclass(frozen=True, slots=True)
class LiveJob:
    """What `runtime-play` was asked for."""

    headless: bool
    fullscreen: bool | None = None
    monitor: str | None = None
    operator: bool | None = None  # whether the operator has a window; None: as the show says
    from_s: float = 0.0
    for_s: float | None = None
    silent: bool = False
    record: Path | None = None
    plan: Path | None = None
    overwrite: bool = False  # of `record` and `plan`
    reload: bool = True  # take over what is changed in the show's files meanwhile
    take: tuple[Event, ...] = ()  # resolved
    over: str = ""  # the take that these are of
