"""From a show file to a world that can be played: the show read, its tree made, its music listened to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from engine.app.listening import Heard, listen
from engine.errors import SourceError
from engine.formats.show_yaml import read_show
from engine.model.level_uses import level_uses
from engine.model.show import Show
from engine.model.sound import Track
from engine.model.tree import ParameterTree
from engine.model.world import FileStamp, LoadedShow, PlacedTrack, World

if TYPE_CHECKING:
    from engine.formats.sound import Samples32, SoundReader

# As long as the show's format has a loop be, where both its ends are written.
_SHORTEST_LOOP_S = 0.1


def load_world(
    file: Path,
    console: Console | None = None,
    *,
    before: World | None = None,
    reads: dict[Path, FileStamp] | None = None,
) -> World:
    """The world of a show file, its tracks listened to.

    What was read and heard for `before`, an earlier version of the same show, is taken over where the show asks for the
    same: its library, its layers' own sources, its music. `reads` is filled as `read_show` fills it.
    Says on `console`, once it takes longer than two seconds, how far the listening is. Raises ShowError with every
    problem of the show, its schedules and its library; SourceError for a track that does not decode, or is over before
    its loop begins. Nothing is left open.
    """
    loaded = read_show(file, None if before is None else before.loaded, reads)
    tree = ParameterTree(loaded.show, loaded.clips.keys(), _clip_counts(loaded), loaded.shader_paths.parameters)
    listens = loaded.has_listening_shaders
    paths = sorted(filter(None, loaded.track_files))
    known = {} if before is None else _heard_before(before, loaded.show, for_shaders=listens)
    heard = {path: known.get(path) or _heard(loaded.show, path, console, for_shaders=listens) for path in paths}
    written = [loaded.show.track, *(one.own_track for one in loaded.show.movements if one.own_track is not None)]
    tracks = tuple(
        None if track is None or path is None else _placed(track, path, heard[path])
        for track, path in zip(written, loaded.track_files, strict=True)
    )
    return World(loaded, tree, tracks)


def _heard_before(before: World, show: Show, *, for_shaders: bool) -> dict[Path, Heard]:
    """What was heard of the tracks of an earlier version, where this one wants to hear the same."""
    if _ears(before.loaded.show) != _ears(show):
        return {}
    return {
        track.file: Heard(track.duration_s, track.onsets, track.beats, track.envelopes, track.pictures)
        for track in before.tracks
        if track is not None and (track.pictures is not None or not for_shaders)
    }


def _ears(show: Show) -> tuple[object, ...]:
    """All of a show that what is heard of its tracks hangs on."""
    return show.onsets, show.detectors, show.levels, show.tempo, level_uses(show)


def _heard(show: Show, file: Path, console: Console | None, *, for_shaders: bool) -> Heard:
    from engine.formats.sound import SoundReader  # noqa: PLC0415 - FFmpeg's libraries, for shows with music only

    with SoundReader(file) as reader:
        expected_s = reader.duration_s
        heard = listen(
            show,
            file.name,
            reader.rate_hz,
            _blocks(reader),
            expected_s=expected_s,
            console=console,
            for_shaders=for_shaders,
        )
    if not heard.duration_s:
        raise SourceError("has a sound track but no sound in it", subject=file, mend="Copy the file again.")
    return heard


def _blocks(reader: SoundReader) -> Iterator[Samples32]:
    while (block := reader.read()) is not None:
        yield block


def _placed(track: Track, path: Path, heard: Heard) -> PlacedTrack:
    duration_s = heard.duration_s
    if track.at_end == "loop" and 0 < track.loop_from_s > duration_s - _SHORTEST_LOOP_S:
        raise SourceError(
            f"is {duration_s:.3g} s long, and its loop would begin again at {track.loop_from_s:g} s",
            subject=path,
            mend=f"Let loop_from_s be {_SHORTEST_LOOP_S:g} s before its end at the latest.",
        )
    return PlacedTrack(
        path,
        duration_s,
        heard.onsets,
        heard.beats,
        heard.envelopes,
        heard.pictures,
        loops=track.at_end == "loop",
        loop_from_s=track.loop_from_s,
        loop_to_s=track.loop_to_s,
    )


def _clip_counts(loaded: LoadedShow) -> dict[str, int]:
    """How many clips each layer chooses among, in the movement where it has most: a fader's range covers them."""
    counts: dict[str, int] = {}
    for (_movement, layer), slugs in loaded.layer_clips.items():
        counts[layer] = max(counts.get(layer, 0), len(slugs))
    return counts
