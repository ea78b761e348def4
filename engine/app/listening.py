"""What a show wants to know of its music, found by listening to it once, ahead: onsets, beats and levels."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from engine.analysis.levels import TrackLevel, shaped
from engine.analysis.onsets import PIECE_S, TrackOnsets
from engine.analysis.sound_pictures import PICTURES_HZ, TrackPictures
from engine.analysis.tempo import TrackBeats, beat_grid
from engine.model.clocks import Tempo
from engine.model.level_uses import level_uses
from engine.model.show import Show
from engine.model.sound import Detection
from engine.model.world import Envelope, Onset, SoundPictures

if TYPE_CHECKING:
    from engine.analysis.hit import Mono32
    from engine.formats.sound import Samples32

_Ear: TypeAlias = TrackOnsets | TrackLevel | TrackBeats | TrackPictures
_PATIENCE_S = 2.0  # listening that takes longer shows how far it is


@dataclass(frozen=True, slots=True)
class Heard:
    """What `PlacedTrack` holds of a sound: see there."""

    duration_s: float
    onsets: tuple[Onset, ...]
    beats: tuple[float, ...]
    envelopes: Mapping[tuple[str, float, float], Envelope]
    pictures: SoundPictures | None = None


def listen(
    show: Show,
    name: str,
    rate_hz: int,
    blocks: Iterable[Samples32],
    *,
    expected_s: float | None = None,
    console: Console | None = None,
    for_shaders: bool = False,
) -> Heard:
    """Everything that `show` asks of one of its tracks, `name`: float32 blocks (n, channels) of its samples, in order.

    All detectors and levels hear it as it comes, so that an hour takes no more memory than ten seconds. Costs
    about 0.5 % of the sound's length for each of them. `for_shaders` asks for its pictures, 1.4 MB a minute. What takes
    longer than two seconds is shown on `console`, by the length that is expected.
    """
    detectors = [TrackOnsets(rate_hz, one, name=detector) for detector, one in _detectors(show)]
    used = {name for name, _attack_s, _release_s in level_uses(show)}
    levels = {
        level.name: TrackLevel(rate_hz, level)
        for level in show.levels
        if level.source == "track" and level.name in used
    }
    beats = TrackBeats(rate_hz) if show.tempo.bpm is None else None
    pictures = TrackPictures(rate_hz) if for_shaders else None
    ears: list[_Ear] = [*detectors, *levels.values()]
    ears += [ear for ear in (beats, pictures) if ear is not None]
    samples = 0
    with _progress(console, f"listening to {name}") as watched:
        for piece in watched(_mono_pieces(blocks, rate_hz), expected_s):
            samples += len(piece)
            for ear in ears:
                ear.feed(piece)
    duration_s = samples / rate_hz
    onsets = heapq.merge(*(detector.found() for detector in detectors), key=lambda onset: onset.at_s)
    return Heard(
        duration_s,
        tuple(onsets),
        _beats(show.tempo, beats, duration_s),
        _envelopes(show, levels),
        None if pictures is None else SoundPictures(PICTURES_HZ, *pictures.found()),
    )


def _detectors(show: Show) -> list[tuple[str, Detection]]:
    """The show's detectors that listen to its tracks, by name; the main one has none."""
    every: list[tuple[str, Detection]] = [("", show.onsets), *((one.name, one) for one in show.detectors)]
    return [(name, detector) for name, detector in every if detector.source == "track"]


def _mono_pieces(blocks: Iterable[Samples32], rate_hz: int) -> Iterator[Mono32]:
    """The mean of the channels, in pieces of about ten seconds: ears hear large ones at less cost."""
    waiting: list[Mono32] = []
    for block in blocks:
        waiting.append(block.mean(axis=1, dtype=np.float32))
        if sum(map(len, waiting)) >= PIECE_S * rate_hz:
            yield np.concatenate(waiting)
            waiting = []
    if waiting:
        yield np.concatenate(waiting)


def _beats(tempo: Tempo, heard: TrackBeats | None, duration_s: float) -> tuple[float, ...]:
    """The beats as the show states them, else as they were heard. The first is a bar's, and the show may say which."""
    if tempo.bpm is not None:
        return beat_grid(tempo.bpm, tempo.first_beat_s, duration_s)
    found = None if heard is None else heard.found()
    if found is None:
        return ()
    earliest_s = tempo.first_beat_s - 30 / found.bpm  # half a beat before the one that is meant
    return tuple(at_s for at_s in found.beats_s if at_s < duration_s and (not tempo.first_beat_s or at_s >= earliest_s))


def _envelopes(show: Show, levels: Mapping[str, TrackLevel]) -> dict[tuple[str, float, float], Envelope]:
    measured = {name: (level.values_hz, level.found()) for name, level in levels.items()}
    envelopes = {(name, 0.0, 0.0): Envelope(values_hz, values) for name, (values_hz, values) in measured.items()}
    for use in level_uses(show):
        name, attack_s, release_s = use
        if name in measured and use not in envelopes:
            values_hz, values = measured[name]
            envelopes[use] = Envelope(values_hz, shaped(values, values_hz, attack_s=attack_s, release_s=release_s))
    return envelopes


_Watched = Callable[[Iterable["Mono32"], float | None], Iterator["Mono32"]]


@contextmanager
def _progress(console: Console | None, what: str) -> Iterator[_Watched]:
    """A way through pieces of ten seconds that shows a bar on the console once it has taken two seconds."""
    shown_on = console or Console(quiet=True)  # the default one would end a line on standard output
    bar = Progress(TextColumn(what), BarColumn(), TimeRemainingColumn(), console=shown_on, transient=True)
    begun_s = time.monotonic()

    def watched(found: Iterable[Mono32], duration_s: float | None) -> Iterator[Mono32]:
        task = bar.add_task(what, total=duration_s)
        for piece in found:
            yield piece
            bar.advance(task, PIECE_S)
            if console is not None and console.is_terminal and time.monotonic() - begun_s > _PATIENCE_S:
                bar.start()

    try:
        yield watched
    finally:
        bar.stop()
