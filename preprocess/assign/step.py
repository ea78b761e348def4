"""`assign`: which clips each movement has, and why."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from itertools import repeat
from pathlib import Path

import numpy as np
import numpy.typing as npt

from preprocess.assign.clips import Clips, Floats, read_clips
from preprocess.assign.collector import collector_paused
from preprocess.assign.inputs import hashed_clips, hashed_rows
from preprocess.assign.likeness import library_model, likenesses
from preprocess.assign.scores import suitabilities
from preprocess.assign.share import Placement, Shared, named_after, share_out
from preprocess.catalogue.catalogue import Catalogue
from preprocess.pipeline.step import Tell, hashed
from preprocess.style.model import Style, StyleMovement

_STRIDE = 16_384  # rows of tags at a time
# The plus keeps SQLite from its index by tag: through the table, which lies in clips' order, takes half the time.
_WISHED = "tags WHERE +tag IN (SELECT value FROM json_each(?))"
_NAMED = 0.8  # how far a file's name is believed: "fire.mp4" is hardly of anything else


class AssignStep:
    """Shares the library's clips out among the style's movements. A `WholeStep`.

    A movement that no clip fits is noted as a failure of this step under its name; the run goes on.
    """

    name = "assign"
    version = 1

    def __init__(self, style: Style) -> None:
        self._style = style
        self._wished = sorted({tag for movement in style.movements for tag in movement.wishes.tags})

    @property
    def settings(self) -> str:
        wanted = [(movement.name, movement.description, movement.wishes) for movement in self._style.movements]
        return hashed(self._style.assign, self._style.embed, wanted)

    def inputs(self, catalogue: Catalogue) -> str:
        tags = f"SELECT slug, json_group_object(tag, confidence) FROM {_WISHED} GROUP BY slug ORDER BY slug"  # noqa: S608
        texts = "SELECT slug, text FROM embeddings WHERE model = ? ORDER BY slug"
        rows = hashed_rows(catalogue, (tags, (json.dumps(self._wished),)), (texts, (library_model(catalogue),)))
        return hashed(hashed_clips(catalogue), rows, self._said_by_names(catalogue))

    def _said_by_names(self, catalogue: Catalogue) -> list[object]:
        """What the names of sources and their folders say, by base; of their names no more."""
        rows = catalogue.connection.execute("SELECT base, path FROM sources ORDER BY base").fetchall()
        paths = [Path(os.fsdecode(row["path"])) for row in rows]
        names = [movement.name for movement in self._style.movements]
        of_movements = [named_after(path, names) for path in paths]
        return [[row["base"] for row in rows], of_movements, self._named(paths).tolist()]

    @collector_paused()
    def run(self, catalogue: Catalogue, tell: Tell) -> None:
        movements = self._style.movements
        clips = read_clips(catalogue)
        tell(1, 3)
        liking = likenesses(catalogue, clips, movements, self._style.embed)
        suited = suitabilities(movements, clips, self._tags(catalogue, clips), liking)
        placements = [
            Placement(*row)
            for row in catalogue.connection.execute("SELECT slug, movement, kind FROM placements ORDER BY slug")
        ]
        shares = [movement.wishes.share for movement in movements]
        shared = share_out(clips, suited, shares, placements, self._style.assign)
        tell(2, 3)
        with catalogue.transaction():
            store_movements(catalogue, movements)
            _store(catalogue, shared)

    def _tags(self, catalogue: Catalogue, clips: Clips) -> dict[str, Floats]:
        """The confidence of each wished tag, a clip: as it holds, or as a file's name says it."""
        columns = {tag: number for number, tag in enumerate(self._wished)}
        rows = {slug: number for number, slug in enumerate(clips.slugs)}
        found = _NAMED * self._named(clips.sources)[:, clips.source_index]
        cursor = catalogue.connection.cursor()
        cursor.row_factory = None
        cursor.execute(f"SELECT slug, tag, confidence FROM {_WISHED}", (json.dumps(self._wished),))  # noqa: S608
        while part := cursor.fetchmany(_STRIDE):
            slugs, tags, confidence = zip(*part, strict=True)
            row = np.fromiter(map(rows.get, slugs, repeat(-1)), np.intp)
            column = np.fromiter(map(columns.__getitem__, tags), np.intp)
            at = column[row >= 0], row[row >= 0]
            found[at] = np.maximum(found[at], np.array(confidence, np.float64)[row >= 0])
        return {tag: found[number] for tag, number in columns.items()}

    def _named(self, sources: Sequence[Path]) -> npt.NDArray[np.bool_]:
        """Whether files' names have the words of each wished tag, (tags, sources)."""
        named = [set(re.split(r"[\W_]+", source.stem.lower())) for source in sources]
        said = [[set(tag.split()) <= words for words in named] for tag in self._wished]
        return np.array(said, bool).reshape(len(self._wished), len(named))


def store_movements(catalogue: Catalogue, movements: Sequence[StyleMovement]) -> None:
    """Bring the table of movements to the style's. One that is no more stays behind them while a person's schedule
    hangs on it."""
    with catalogue.transaction() as connection:
        names = [movement.name for movement in movements]
        connection.execute(
            "DELETE FROM movements WHERE name NOT IN (SELECT value FROM json_each(?))"
            " AND name NOT IN (SELECT movement FROM schedules WHERE origin = 'person')",
            (json.dumps(names),),
        )
        connection.execute("UPDATE movements SET position = position + 1000 WHERE position < 1000")
        connection.executemany(
            "INSERT INTO movements (name, position, description) VALUES (?, ?, ?) ON CONFLICT (name)"
            " DO UPDATE SET position = excluded.position, description = excluded.description",
            [(movement.name, position, movement.description) for position, movement in enumerate(movements)],
        )


def _store(catalogue: Catalogue, shared: Shared) -> None:
    connection = catalogue.connection
    connection.execute("DELETE FROM assignments")
    rows = [(each.movement, each.slug, each.score, each.pinned, each.why) for each in shared.assignments]
    # In the order in which the table lies: that takes a third less.
    connection.executemany(
        "INSERT INTO assignments (movement, slug, score, pinned, why) VALUES (?, ?, ?, ?, ?)", sorted(rows)
    )
    connection.execute("DELETE FROM failures WHERE step = 'assign'")
    for starved in shared.starved:
        catalogue.fail("assign", starved.movement, starved.reason, starved.mend)
