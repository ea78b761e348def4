"""The step `emit`: the library's show.yaml, and the report of all that the steps did."""

from __future__ import annotations

import hashlib

from preprocess.assign.inputs import hashed_rows
from preprocess.catalogue.catalogue import Catalogue
from preprocess.emit.facts import gather
from preprocess.emit.page import PAGE, write_report
from preprocess.emit.show import emitted_movements, show_text
from preprocess.emit.write import SHOW, write_show
from preprocess.pipeline.step import Tell, hashed
from preprocess.schedule.stored import csv_name
from preprocess.style.model import Style
from preprocess.track.library import track_hash

# All that the report tells of, in a total order each.
_TOLD = (
    "SELECT base, title, verdict, reason, mend, notes FROM sources ORDER BY base",
    "SELECT from_s, to_s, what, base FROM damage JOIN sources ON sources.id = source_id ORDER BY base, from_s, to_s",
    "SELECT base, file, bytes FROM footage ORDER BY base",
    "SELECT slug, codec, bytes, sha256, title FROM clips ORDER BY slug",
    "SELECT * FROM codec_choices ORDER BY base",
    "SELECT slug, retired FROM fragments ORDER BY slug",
    "SELECT * FROM duplicates ORDER BY slug",
    "SELECT * FROM marks ORDER BY slug, mark",
    "SELECT slug, kind, text, origin FROM texts WHERE state = 'current' ORDER BY slug, kind",
    "SELECT * FROM doubts ORDER BY slug, kind, doubt",
    "SELECT * FROM tag_changes ORDER BY slug, step, before",
    "SELECT * FROM failures ORDER BY step, item",
    "SELECT * FROM assignments ORDER BY movement, slug",
    "SELECT * FROM schedules ORDER BY movement, state",
    "SELECT * FROM schedule_rows ORDER BY movement, state, row_index",
    "SELECT key, value FROM meta WHERE key LIKE 'track%' ORDER BY key",
)


class EmitStep:
    """Writes show.yaml and the reports. A `WholeStep`. What a person edited stays; the new show is put beside it."""

    name = "emit"
    version = 1

    def __init__(self, style: Style) -> None:
        self._style = style

    @property
    def settings(self) -> str:
        movements = [(one.name, one.description, one.show) for one in self._style.movements]
        return hashed(self._style.title, self._style.seed, self._style.show, movements)

    def inputs(self, catalogue: Catalogue) -> str:
        schedules = [_content(catalogue, csv_name(movement.name)) for movement in self._style.movements]
        written = _content(catalogue, SHOW), (catalogue.folder / PAGE).is_file()
        rows = hashed_rows(catalogue, *((query, ()) for query in _TOLD))
        return hashed(rows, schedules, track_hash(catalogue), written)

    def run(self, catalogue: Catalogue, tell: Tell) -> None:
        movements = emitted_movements(catalogue, self._style)
        with catalogue.transaction() as connection:
            connection.execute("DELETE FROM failures WHERE step = ?", (self.name,))
        if movements and catalogue.connection.execute("SELECT EXISTS (SELECT 1 FROM clips)").fetchone()[0]:
            write_show(catalogue, show_text(catalogue, self._style, movements))
        else:
            mend = "add sources with moving pictures, or look at what was left out and why"
            catalogue.fail(self.name, SHOW, "no movement has a clip to show", mend)
        tell(1, 2)
        write_report(gather(catalogue, self._style), catalogue.folder)
        tell(2, 2)


def _content(catalogue: Catalogue, name: str) -> str:
    file = catalogue.folder / name
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
