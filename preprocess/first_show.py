"""The first show of a library: `show.yaml`, a CSV a movement and the track, so that it plays in one command.

A file that a person has edited since is never overwritten: the whole new show is then written beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.formats.library_writer import LibraryWriter
from engine.formats.movement_csv import write_movement_csv
from engine.formats.replace_file import replace_file
from preprocess.arrange import ArrangedMovement, arrange, usable
from preprocess.music import Music

SEED = 1
_HORIZON_S = 120.0  # longer than the five movements can be


@dataclass(frozen=True, slots=True)
class WrittenShow:
    """What came of it. `file` is the show to play, None where there is no clip to show.

    `changed` says whether anything was written; `beside` names the edited files because of which the new show
    stands beside the old one.
    """

    file: Path | None
    changed: bool = False
    beside: tuple[str, ...] = ()


def write_show(library: LibraryWriter, title: str, music: Music | None) -> WrittenShow:
    """Arrange the library's clips and write the show, its schedules and its track into the library's folder.

    Raises OutputError where a file cannot be written.
    """
    clips = usable(library.clips())
    if not clips:
        return WrittenShow(None)
    movements = arrange(clips, music.onsets_until(_HORIZON_S) if music else (), SEED)
    edited: tuple[str, ...] = ()
    for number in range(100):
        mark = ".new" + (str(number) if number > 1 else "") if number else ""
        files = _files(title, movements, music, mark, library.work)
        found = _edited(library, files)
        if not found or (number == 0 and _proposed_before(library, files)):
            changed = not found and _write(library, files)
            return WrittenShow(library.folder / f"show{mark}.yaml", changed, edited)
        edited = edited or found
    raise AssertionError("a hundred edited shows in one library")


def _files(
    title: str, movements: Sequence[ArrangedMovement], music: Music | None, mark: str, work: Path
) -> dict[str, bytes]:
    """Every file of the show, by its name in the library; `mark` sets them apart from an edited show's."""
    files = {f"schedules/{each.name}{mark}.csv": _csv(each, work) for each in movements}
    track = ""
    if music:
        track = f"track{mark}{music.file.suffix.lower()}"
        files[track] = music.file.read_bytes()
    files[f"show{mark}.yaml"] = _yaml(title, movements, music, track, mark).encode()
    return files


def _csv(movement: ArrangedMovement, work: Path) -> bytes:
    file = work / f"{movement.name}.csv"
    write_movement_csv(file, movement.rows)
    return file.read_bytes()


def _edited(library: LibraryWriter, files: dict[str, bytes]) -> tuple[str, ...]:
    """Which of the files exist with a content that no build gave them."""
    return tuple(
        name
        for name, content in files.items()
        if (path := library.folder / name).exists()
        and (found := path.read_bytes()) != content
        and _hash(found) not in library.written(name)
    )


def _proposed_before(library: LibraryWriter, files: dict[str, bytes]) -> bool:
    """Whether this very show was written once already, so that a person has seen it and gone on from it."""
    return all(_hash(content) in library.written(name) for name, content in files.items())


def _write(library: LibraryWriter, files: dict[str, bytes]) -> bool:
    changed = False
    for name, content in files.items():
        path = library.folder / name
        library.note_written(name, _hash(content))  # before the file: a kill between leaves nothing that looks edited
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(exist_ok=True)
            replace_file(path, content)
            changed = True
    return changed


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a JSON string is a YAML one


def _yaml(title: str, movements: Sequence[ArrangedMovement], music: Music | None, track: str, mark: str) -> str:
    total_s = sum(each.end_s - each.begin_s for each in movements)
    lines = [
        "# A first show, made from the clips of this library. Change anything: a later build notices that you did",
        "# and writes its own proposal beside, as show.new.yaml. The schedules are tables for a spreadsheet.",
        "version: 1",
        f"title: {_quoted(title)}",
        "library: .",
        f"seed: {SEED}",
        "canvas: {width: 1280, height: 720, rate: 30}",
        *_track(music, track, total_s),
        _LAYERS.strip("\n"),
        "movements:",
    ]
    for index, movement in enumerate(movements):
        lines += _movement(movement, index, mark)
    return "\n".join((*lines, _BINDINGS.strip("\n"), ""))


def _track(music: Music | None, track: str, total_s: float) -> list[str]:
    if music is None:
        return ["# No music was found: build again with --track FILE, and the cuts fall on its onsets."]
    at_end = "loop" if music.duration_s < total_s else "stop"
    heading = f"# The cuts in the schedules fall on the onsets of {_plain(music.file.name)}."
    return [heading, "track:", f"  file: {_quoted(track)}", f"  at_end: {at_end}"]


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)


_LAYERS = """
layers:
  # The schedule's clips, cut on the music.
  - name: base
    loop: ping_pong
  # A second clip shines through and jumps to another place of itself on every other strong onset.
  - name: echo
    blend: screen
    opacity: 0.4
    loop: ping_pong
    transform: {scale: 1.12}
    on_onset: {action: jump, every: 2, min_strength: 0.2}
  # Short flashes of other clips, in the faster movements only: each names which.
  - name: accent
    blend: soft_light
    opacity: 0.7
    loop: ping_pong
    choose: random
    on_onset: {action: random_clip, every: 4}
"""

_MOVEMENT_WAYS = {
    "orientation": ("hidden: [accent]", "echo: {opacity: 0.25, on_onset: {action: none}}"),
    "elemental": ("hidden: [accent]", "echo: {opacity: 0.5}"),
    "built": ("", "echo: {opacity: 0.3, blend: lighten}"),
    "people": ("hidden: [accent]", "echo: {opacity: 0.35}"),
    "blur": ("", "echo: {opacity: 0.55, speed: 2, on_onset: {action: jump}}"),
}


def _movement(movement: ArrangedMovement, index: int, mark: str) -> list[str]:
    hidden, echo = _MOVEMENT_WAYS[movement.name]
    lines = [
        f"  - name: {movement.name}",
        f"    schedule: schedules/{movement.name}{mark}.csv",
        f"    transition_s: {0.5 if index else 0}",
    ]
    if hidden:
        lines.append(f"    {hidden}")
    lines += ["    layers:", f"      {echo}"]
    if not hidden:
        slugs = ", ".join(chosen.stored.clip.slug for chosen in movement.clips[:12])
        lines.append(f"      accent: {{clips: [{slugs}]}}")
    return lines


_BINDINGS = """
bindings:
  - {key: space, to: /go}
  - {key: right, to: /movement/next}
  - {key: left, to: /movement/previous}
  - {key: o, to: /onset}
  - {key: p, to: /panic}
  - {key: u, to: /reset}
  - {key: b, to: /master/blackout, press: toggle}
  - {key: t, to: /tempo/tap}
  - {key: j, to: /layer/base/jump}
  - {key: n, to: /layer/base/next}
  - {key: f, to: /layer/base/flash}
  - {midi: {cc: 7}, to: /master/fade, takeover: pickup}
  - {midi: {cc: 1}, to: /layer/echo/opacity, takeover: pickup}
  - {midi: {cc: 2}, scrub: /layer/base}
  - {midi: {note: 36}, to: /onset}
"""
