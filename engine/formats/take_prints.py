"""Fingerprints of what a performance hangs on, so that a take knows the show that it was recorded with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.formats.library_catalogue import open_catalogue
from engine.formats.show_files import located
from engine.formats.show_reads import named_pictures, shader_parts
from engine.formats.take import Fingerprints, TreeEntry
from engine.model.clips import Clip
from engine.model.parameters import Parameter
from engine.model.world import LoadedShow, PlacedTrack, World

# What a show says of hands, devices and memory: another controller, or a control learnt, plays the same picture.
_BESIDE = {"title", "library", "controllers", "modifiers", "bindings", "inputs", "outputs", "cache_mb"}


def fingerprints(world: World) -> Fingerprints:
    """The fingerprints of a world; reads the library's catalogue. Any thread. Raises LibraryError where it cannot.

    The show's hangs on its shaders' text too, and leaves out what does not touch the picture: its bindings, inputs,
    outputs. The library's hangs on each clip's name, length and content, the music's on its length and on all that was
    heard in it. Files are those that shaders consist of, and the stills and tables of colours that shaders and masks
    read.
    """
    return Fingerprints(
        show=show_print(world.loaded),
        library=_print_of(_library(world.loaded)),
        music=_print_of(part for track in world.tracks for part in _music(track)),
        files=_files(world.loaded),
    )


def show_print(loaded: LoadedShow) -> str:
    """The show's part of the fingerprints; reads its shaders. Any thread."""
    return _print_of(_show(loaded))


def tree_of(world: World) -> dict[str, TreeEntry]:
    """Every path of the world's tree with what a take keeps of it."""
    return {path: tree_entry(parameter) for path, parameter in world.tree.parameters.items()}


def tree_entry(parameter: Parameter) -> TreeEntry:
    kind, smoothing_s = parameter.kind.value, parameter.smoothing_s
    return kind, float(parameter.low), float(parameter.high), float(parameter.default), float(smoothing_s)


def _print_of(parts: Iterator[Any]) -> str:
    digest = sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else json.dumps(part, sort_keys=True).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _show(loaded: LoadedShow) -> Iterator[Any]:
    # Without what stands at its default, so that a later version's new settings do not make it another show.
    yield loaded.show.model_dump(mode="json", exclude=_BESIDE, exclude_defaults=True)
    for movement in loaded.movements:
        yield [movement.name, movement.duration_s]
        for row in movement.schedule.rows:
            written = [row.layer, row.clip, row.start_s, row.duration_s, row.in_s, row.out_s, row.transition_s]
            yield [*written, row.transition] if row.transition else written
    for name, shader in sorted(loaded.shaders.items()):
        for file in (shader.file, shader.file.with_suffix(".vs")):
            yield [name, _content(file)]


def _files(loaded: LoadedShow) -> dict[str, str]:
    """By a path within the show's folder, or the bare name of a file that ships."""
    folder = loaded.file.parent
    parts = (part for shader in loaded.shaders.values() for part in shader_parts(shader.file))
    found = {file: _content(file) for file in {*parts, *named_pictures(loaded.show, folder)}}
    named = {_name(folder, file): content for file, content in found.items() if content}
    return dict(sorted(named.items()))


def _name(folder: Path, file: Path) -> str:
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.name


def _content(file: Path) -> str:
    """The digest of a file's content; "" where there is none to be read."""
    try:
        return sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
    except OSError:
        return ""


def _library(loaded: LoadedShow) -> Iterator[Any]:
    in_library: set[str] = set()
    if loaded.show.library is not None:
        with open_catalogue(located(loaded.file.parent, loaded.show.library)) as catalogue:
            for slug, frame_count, content in catalogue.execute(
                "SELECT slug, frame_count, sha256 FROM clips ORDER BY slug"
            ):
                in_library.add(slug)
                yield [slug, frame_count, content]
    own = {slug for slugs in set(loaded.layer_clips.values()) for slug in slugs} - in_library
    for slug in sorted(own):
        yield _source(loaded.clips[slug])


def _source(clip: Clip) -> list[Any]:
    # Its pixels are not read: a movie outside of a library may be hours long.
    return [clip.slug, clip.frame_count, clip.width, clip.height, str(clip.rate), clip.codec.value]


def _music(track: PlacedTrack | None) -> Iterator[Any]:
    if track is None:
        yield None
        return
    yield [track.duration_s, track.loops, track.loop_from_s, track.loop_to_s, [float(beat) for beat in track.beats]]
    yield [[float(onset.at_s), float(onset.strength), onset.detector] for onset in track.onsets]
    for key, envelope in sorted(track.envelopes.items()):
        yield [*key, envelope.rate_hz]
        yield envelope.values.tobytes()
