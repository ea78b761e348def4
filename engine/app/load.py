"""From a show file to a world that can be played: the show read, its tree made, its music listened to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.analysis.onsets import find_onsets
from engine.formats.show_yaml import read_show
from engine.model.tree import ParameterTree
from engine.model.world import LoadedShow, Onset, World

if TYPE_CHECKING:
    from engine.formats.sound import Sound


def load_world(file: Path) -> tuple[World, Sound | None]:
    """The world of a show file, and its track decoded (None without one).

    Raises ShowError with every problem of the show, its schedules and its library; SourceError for a track
    that does not decode. Nothing is left open.
    """
    loaded = read_show(file)
    sound = _track(loaded)
    tree = ParameterTree(loaded.show.layers, loaded.clips.keys(), _clip_counts(loaded))
    if sound is None:
        return World(loaded, tree), None
    return World(loaded, tree, _track_onsets(loaded, sound), sound.duration_s), sound


def _track(loaded: LoadedShow) -> Sound | None:
    if loaded.track_file is None:
        return None
    from engine.formats.sound import read_sound  # noqa: PLC0415 - FFmpeg's libraries, for shows with music only

    return read_sound(loaded.track_file)


def _clip_counts(loaded: LoadedShow) -> dict[str, int]:
    """How many clips each layer chooses among, in the movement where it has most: a fader's range covers them."""
    counts: dict[str, int] = {}
    for (_movement, layer), slugs in loaded.layer_clips.items():
        counts[layer] = max(counts.get(layer, 0), len(slugs))
    return counts


def _track_onsets(loaded: LoadedShow, sound: Sound) -> tuple[Onset, ...]:
    if loaded.show.onsets.source != "track":
        return ()
    found = find_onsets(sound.mono(), sound.rate_hz, loaded.show.onsets)
    return tuple(onset for onset in found if onset.at_s < sound.duration_s)
