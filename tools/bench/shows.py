"""Shows made for measuring: real show texts, resolved against test clips as the loader would, no library on disk."""

from __future__ import annotations

import wave
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from engine.errors import ShowError
from engine.formats.show_parse import parse_show
from engine.formats.show_resolve import Surroundings, resolve
from engine.model.clips import Clip
from engine.model.tree import ParameterTree
from engine.model.world import Onset, PlacedTrack, World

# Its clips come from a library; nothing of the machine's own is opened: no MIDI port, no socket.
_COMMON = "library: library\ninputs: {midi: {enabled: false}, osc: {enabled: false}}\n"
_TRACK = "silence.wav"


def world_of(folder: Path, text: str, clips: Iterable[Clip], *, track_s: float = 0.0, onset_s: float = 0.0) -> World:
    """The world of a show text whose library is `clips`; its schedules lie in `folder`, and so does its track.

    With `track_s` there is a silent track of that length whose onsets stand `onset_s` apart.
    Raises ShowError with what is wrong in the text.
    """
    file = folder / "show.yaml"
    text += _COMMON
    if track_s:
        _write_silence(folder / _TRACK)
        text += f"track: {{file: {_TRACK}, at_end: loop}}\n"
    by_slug = {clip.slug: clip for clip in clips}
    parsed = parse_show(text, str(file))
    loaded, problems = resolve(parsed, file, Surroundings(by_slug))
    if loaded is None:
        raise ShowError([*parsed.problems, *problems])
    counts = {layer: len(slugs) for (_, layer), slugs in loaded.layer_clips.items()}
    tree = ParameterTree(loaded.show, by_slug, counts, loaded.shader_paths.parameters)
    if not track_s:
        return World(loaded, tree)
    onsets = tuple(Onset(number * onset_s) for number in range(int(track_s / onset_s))) if onset_s else ()
    return World(loaded, tree, (PlacedTrack(folder / _TRACK, track_s, onsets, loops=True),))


def named(clip: Clip, slug: str) -> Clip:
    """The same file as another clip: its own playheads, sources and cache entries."""
    return replace(clip, slug=slug)


def schedule_of(layers: Sequence[str], clips: Sequence[str], rows: int, row_s: float, fade_s: float) -> str:
    """A movement CSV: for each layer `rows` rows of `row_s` seconds, clips in turn, every other one faded in."""
    lines = ["order,clip,in_s,out_s,duration_s,layer,transition,hint"]
    for place, layer in enumerate(layers):
        for row in range(rows):
            transition = f"fade {fade_s:g}" if row % 2 else ""
            clip = clips[(place + row) % len(clips)]
            lines.append(f"{len(lines)},{clip},,,{row_s:g},{layer},{transition},")
    return "\n".join(lines) + "\n"


def _write_silence(file: Path) -> None:
    """A track that is there; the length that counts is the world's."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(file), "wb") as track:
            track.setnchannels(1)
            track.setsampwidth(2)
            track.setframerate(8000)
            track.writeframes(bytes(16000))
