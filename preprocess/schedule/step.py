"""`schedule`: a CSV for each movement, cut on the music, and a picture of them all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.errors import SourceError
from engine.model.sound import Onsets
from preprocess.assign.clips import Clips, read_clips
from preprocess.assign.collector import collector_paused
from preprocess.assign.inputs import hashed_clips, hashed_rows
from preprocess.assign.likeness import library_model
from preprocess.assign.step import store_movements
from preprocess.catalogue.catalogue import Catalogue
from preprocess.pipeline.step import Tell, hashed
from preprocess.schedule.arrange import Members, Span, Way, arrange
from preprocess.schedule.cuts import end_of, instants
from preprocess.schedule.layers import layer_names, scheduled_layers
from preprocess.schedule.likeness import alike
from preprocess.schedule.page import PAGE, write_page
from preprocess.schedule.picture import PICTURE, draw
from preprocess.schedule.settle import Settled, import_edits, settle
from preprocess.schedule.stored import AUTOMATIC, FOLDER, GOOD, Stored, put_files
from preprocess.schedule.strategies import BY_LIKENESS
from preprocess.schedule.view import read_view
from preprocess.style.model import Style, StyleMovement
from preprocess.track.choose import candidates, choose, told
from preprocess.track.library import heard_track, is_settled, set_track, track_file, track_hash
from preprocess.track.values import Track

_SPARE = 1.5  # of the movements' lengths: how far the music's instants are looked at


class ScheduleStep:
    """Writes each movement's schedule, and hears the music first where nobody did. A `WholeStep`.

    What a person made of a schedule, in its CSV or in the catalogue, holds; the new one is then kept beside it.
    """

    name = "schedule"
    version = 1

    def __init__(self, style: Style) -> None:
        self._style = style
        onsets = Onsets.model_validate(style.show.get("onsets", {}))
        # The player hears a live input only on stage: until then the track stands in for it.
        self._detection = onsets.model_copy(update={"source": "track"})

    @property
    def settings(self) -> str:
        wanted = [
            (movement.name, movement.schedule, scheduled_layers(self._style, movement))
            for movement in self._style.movements
        ]
        return hashed(self._style.seed, self._detection, wanted)

    def inputs(self, catalogue: Catalogue) -> str:
        music = track_hash(catalogue) if is_settled(catalogue) else list(map(str, candidates(catalogue)[0]))
        rows = hashed_rows(
            catalogue,
            ("SELECT movement, slug, score, why FROM assignments ORDER BY movement, slug", ()),
            ("SELECT slug, text FROM embeddings WHERE model = ? ORDER BY slug", (library_model(catalogue),)),
            ("SELECT * FROM schedules WHERE origin = 'person' ORDER BY movement", ()),
            ("SELECT * FROM schedule_rows ORDER BY movement, state, row_index", ()),
        )
        folder = catalogue.folder / FOLDER
        files = [
            (file.name, hashlib.sha256(file.read_bytes()).hexdigest())
            for file in sorted(folder.glob("*.csv"))
            if f".{GOOD}" not in file.suffixes
        ]
        pictures = [(catalogue.folder / name).is_file() for name in (PICTURE, PAGE)]
        return hashed(hashed_clips(catalogue), self._filmed(catalogue), rows, music, files, pictures)

    def _filmed(self, catalogue: Catalogue) -> list[str]:
        """The sources in the order of filming, where a movement goes by it."""
        if all(movement.schedule.strategy != "chronological" for movement in self._style.movements):
            return []
        return [row["base"] for row in catalogue.connection.execute("SELECT base FROM sources ORDER BY mtime_ns, base")]

    @collector_paused()
    def run(self, catalogue: Catalogue, tell: Tell) -> None:
        with catalogue.transaction() as connection:
            connection.execute("DELETE FROM failures WHERE step = ?", (self.name,))
        track = self._music(catalogue)
        clips = read_clips(catalogue)
        steps = len(self._style.movements) + 2
        tell(1, steps)
        files: dict[str, bytes | None] = {}
        with catalogue.transaction():
            store_movements(catalogue, self._style.movements)
            begin_s = 0.0
            numbers = {slug: number for number, slug in enumerate(clips.slugs)}
            for step, movement in enumerate(self._style.movements):
                members = self._members(catalogue, movement, clips, numbers)
                settled = self._schedule(catalogue, movement, members, track, begin_s)
                begin_s += settled.holds.duration_s
                files |= settled.files
                tell(step + 2, steps)
        put_files(catalogue.folder, files)
        view = read_view(catalogue, [movement.name for movement in self._style.movements], clips, track)
        draw(view, catalogue.folder)
        write_page(view, catalogue.folder)
        tell(steps, steps)

    def _music(self, catalogue: Catalogue) -> Track | None:
        """The show's music; chosen first where nobody named any, heard first where it was not."""
        if not is_settled(catalogue):
            choice = choose(catalogue, self._detection)
            for file, error in choice.unheard:
                catalogue.fail(self.name, f"music: {told(Path(file.name))}", error.what, error.mend)
            if choice.file is None:
                return None
            set_track(catalogue, choice.file, choice.why)
        try:
            return heard_track(catalogue, self._detection)
        except SourceError as error:
            played = track_file(catalogue)
            catalogue.fail(self.name, f"music: {played.name if played else ''}", error.what, error.mend)
            return None

    def _schedule(
        self, catalogue: Catalogue, movement: StyleMovement, members: Members, track: Track | None, begin_s: float
    ) -> Settled:
        """Schedule one movement, which begins at `begin_s` of the show."""
        wanted = movement.schedule
        until_s = begin_s + _SPARE * wanted.duration_s + 1
        strong = instants(track, until_s, "onsets")
        end_s = end_of(begin_s, wanted.duration_s, strong, track.changes_until(until_s) if track else [])
        among = strong if wanted.cuts == "onsets" else instants(track, until_s, wanted.cuts)
        layers = scheduled_layers(self._style, movement)
        way = Way(wanted, layers, track, f"{self._style.seed}/{movement.name}")
        rows = arrange(members, Span(begin_s, end_s, among), way)
        persons = import_edits(catalogue, movement.name, layer_names(self._style))
        return settle(catalogue, movement.name, Stored(AUTOMATIC, rows, wanted.strategy), persons)

    def _members(
        self, catalogue: Catalogue, movement: StyleMovement, clips: Clips, numbers: Mapping[str, int]
    ) -> Members:
        """A movement's clips; `numbers` are the places of all clips by slug."""
        found = catalogue.connection.execute(
            "SELECT slug, score, why FROM assignments WHERE movement = ? ORDER BY slug", (movement.name,)
        )
        rows = [row for row in found if row["slug"] in numbers]
        mine = clips.taken(np.array([numbers[row["slug"]] for row in rows], np.intp))
        likeness = np.zeros((len(mine), 0), np.float32)
        if movement.schedule.strategy in BY_LIKENESS:
            likeness = alike(mine, _vectors(catalogue, movement.name, mine))
        return Members(
            clips=mine,
            score=np.array([row["score"] for row in rows], np.float64),
            why=[row["why"] for row in rows],
            likeness=likeness,
            onsets_s=_onsets(catalogue, movement.name),
        )


def _vectors(catalogue: Catalogue, movement: str, clips: Clips) -> npt.NDArray[np.float32] | None:
    """What the texts of a movement's clips mean, (clips, dimensions); zeros for a clip without; None without any."""
    numbers = {slug: number for number, slug in enumerate(clips.slugs)}
    rows = catalogue.connection.execute(
        "SELECT slug, vector FROM assignments JOIN embeddings USING (slug) WHERE movement = ? AND model = ?",
        (movement, library_model(catalogue)),
    )
    found = [(numbers[slug], np.frombuffer(vector, "<f2")) for slug, vector in rows if slug in numbers]
    if not found:
        return None
    vectors = np.zeros((len(clips), len(found[0][1])), np.float32)
    for number, vector in found:
        vectors[number] = vector
    return vectors


def _onsets(catalogue: Catalogue, movement: str) -> dict[str, Sequence[float]]:
    rows = catalogue.connection.execute(
        "SELECT slug, onsets_s FROM analyses JOIN assignments USING (slug) WHERE movement = ? AND onsets_s <> '[]'",
        (movement,),
    )
    return {slug: json.loads(onsets_s) for slug, onsets_s in rows}
