"""`assign`: which clips each movement has, and why."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import numpy as np

from preprocess.assign.clips import Clips, Floats, read_clips
from preprocess.assign.inputs import hashed_clips, hashed_rows
from preprocess.assign.likeness import library_model, likenesses
from preprocess.assign.scores import suitabilities
from preprocess.assign.share import Placement, Shared, share_out
from preprocess.catalogue.catalogue import Catalogue
from preprocess.pipeline.step import Tell, hashed
from preprocess.style.model import Style, StyleMovement

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
        tags = f"SELECT slug, tag, confidence FROM tags WHERE tag IN ({_marks(self._wished)}) ORDER BY slug, tag"  # noqa: S608
        texts = "SELECT slug, text FROM embeddings WHERE model = ? ORDER BY slug"
        rows = hashed_rows(catalogue, (tags, self._wished), (texts, (library_model(catalogue),)))
        return hashed(hashed_clips(catalogue), rows)

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
        numbers = {slug: number for number, slug in enumerate(clips.slugs)}
        found = {tag: self._named(tag, clips) for tag in self._wished}
        cursor = catalogue.connection.cursor()
        cursor.row_factory = None
        for tag, believed in found.items():
            rows = cursor.execute("SELECT slug, confidence FROM tags WHERE tag = ?", (tag,)).fetchall()
            at = np.array([numbers.get(slug, -1) for slug, _ in rows], np.intp)
            confidence = np.array([row[1] for row in rows], np.float64)
            believed[at[at >= 0]] = np.maximum(believed[at[at >= 0]], confidence[at >= 0])
        return found

    @staticmethod
    def _named(tag: str, clips: Clips) -> Floats:
        words = set(tag.split())
        named = [words <= set(re.split(r"[\W_]+", source.stem.lower())) for source in clips.sources]
        return np.array([_NAMED if name else 0.0 for name in named])[clips.source_index]


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


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
    connection.executemany(
        "INSERT INTO assignments (movement, slug, score, pinned, why) VALUES (?, ?, ?, ?, ?)",
        [(each.movement, each.slug, each.score, each.pinned, each.why) for each in shared.assignments],
    )
    connection.execute("DELETE FROM failures WHERE step = 'assign'")
    for starved in shared.starved:
        catalogue.fail("assign", starved.movement, starved.reason, starved.mend)
