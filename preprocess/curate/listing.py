"""What the curation page shows of a catalogue, as values of JSON's own types. All in the catalogue's thread."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from engine.formats.library_schema import THUMBNAILS
from preprocess.catalogue import edit_log
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.marks import left_out
from preprocess.embed.store import neighbours_of

STRIPS = "strips"
_FEW = 50  # so many pictures are looked for one by one

Json: TypeAlias = dict[str, Any]


def overview(catalogue: Catalogue) -> Json:
    """The library as a whole: its movements with what they have, its tags with how often, what can be undone."""
    ask = catalogue.connection.execute
    out = left_out(catalogue)
    movements = ask(
        "SELECT name, description, count(slug) AS clips FROM movements LEFT JOIN assignments ON movement = name"
        " GROUP BY name ORDER BY position, name"
    )
    tags = ask("SELECT tag, count(*) AS clips FROM tags GROUP BY tag ORDER BY clips DESC, tag")
    counts = {
        "clips": ask("SELECT count(*) FROM fragments WHERE NOT retired").fetchone()[0],
        "left_out": len(out),
        "unplaced": ask(
            "SELECT count(*) FROM fragments WHERE NOT retired AND slug NOT IN (SELECT slug FROM assignments)"
        ).fetchone()[0],
        "doubtful": ask("SELECT count(DISTINCT slug) FROM doubts").fetchone()[0],
    }
    stack = edit_log.stack(catalogue)
    return {
        "name": catalogue.folder.name,
        "movements": [dict(row) for row in movements],
        "tags": [dict(row) for row in tags],
        "counts": counts,
        "undo": stack.undo,
        "redo": stack.redo,
    }


def clips(catalogue: Catalogue, slugs: Sequence[str]) -> list[Json]:
    """What the grid shows of each of these clips, in their order."""
    wanted = json.dumps(list(slugs))
    out = left_out(catalogue)
    texts = _lists(catalogue, _CAPTIONS, wanted)
    tags = _lists(catalogue, _TAGS, wanted)
    marks = _lists(catalogue, _MARKS, wanted)
    movements = _lists(catalogue, _MOVEMENTS, wanted)
    pictures = {name: _slugs_in(catalogue.folder / name, slugs) for name in (THUMBNAILS, STRIPS)}
    found: dict[str, Json] = {}
    for row in catalogue.connection.execute(_CLIPS, {"slugs": wanted}):
        slug = row["slug"]
        [(caption, origin)] = texts.get(slug, [("", "")])
        found[slug] = {
            **dict(row),
            "caption": caption,
            "caption_origin": origin,
            "tags": [tag for (tag,) in tags.get(slug, ())],
            "movements": [{"name": name, "pinned": bool(pinned)} for name, pinned in movements.get(slug, ())],
            "marks": {mark: bool(value) for mark, value in marks.get(slug, ())},
            "left_out": out.get(slug, ""),
            "thumbnail": slug in pictures[THUMBNAILS],
            "strip": slug in pictures[STRIPS],
        }
    return [found[slug] for slug in slugs if slug in found]


_WANTED = "slug IN (SELECT value FROM json_each(:slugs))"
# A fragment whose clip is not encoded yet is as long as its frames.
_CLIPS = f"""
SELECT fragments.slug, sources.title AS title, fragments.base AS base,
    coalesce(clips.width, footage.width, 16) * 1.0 / coalesce(clips.height, footage.height, 9) AS aspect,
    coalesce(duration_s, (fragments.end - fragments.begin) * 1.0 * footage.rate_den / footage.rate_num, 0)
        AS duration_s,
    coalesce(analyses.brightness, clips.brightness) AS brightness, coalesce(analyses.motion, clips.motion) AS motion
FROM fragments JOIN sources USING (base) LEFT JOIN clips USING (slug) LEFT JOIN footage USING (base)
    LEFT JOIN analyses USING (slug)
WHERE NOT retired AND fragments.{_WANTED}
"""  # noqa: S608 - our own names
_CAPTIONS = f"SELECT slug, text, origin FROM texts WHERE kind = 'caption' AND state = 'current' AND {_WANTED}"  # noqa: S608
_TAGS = f"SELECT slug, tag FROM tags WHERE {_WANTED} ORDER BY slug, confidence DESC, tag"  # noqa: S608
_MARKS = f"SELECT slug, mark, value FROM marks WHERE {_WANTED} ORDER BY slug, mark"  # noqa: S608
_MOVEMENTS = (
    "SELECT slug, movement, pinned FROM assignments JOIN movements ON name = movement"  # noqa: S608
    f" WHERE {_WANTED} ORDER BY slug, position"
)


def _lists(catalogue: Catalogue, query: str, wanted: str) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for slug, *values in catalogue.connection.execute(query, {"slugs": wanted}):
        found.setdefault(slug, []).append(tuple(values))
    return found


def _slugs_in(folder: Path, slugs: Sequence[str]) -> set[str]:
    """Which of these have a picture in a folder of the library."""
    if len(slugs) < _FEW:
        return {slug for slug in slugs if (folder / f"{slug}.jpg").is_file()}
    return {name.removesuffix(".jpg") for name in os.listdir(folder)} if folder.is_dir() else set()  # noqa: PTH208


def details(catalogue: Catalogue, slug: str) -> Json | None:
    """All that is known of a clip, and why it is where it is; None where there is no such clip."""
    found = clips(catalogue, [slug])
    if not found:
        return None

    def rows(query: str) -> list[Json]:
        return [dict(row) for row in catalogue.connection.execute(query, {"slug": slug})]

    analysis = rows("SELECT * FROM analyses WHERE slug = :slug")
    return {
        **found[0],
        "source": rows(
            "SELECT sources.title, sources.sha256, source_in_s, source_out_s FROM fragments JOIN sources USING (base)"
            " LEFT JOIN clips USING (slug) WHERE slug = :slug"
        )[0],
        "texts": rows(
            "SELECT kind, text, origin, model, state, at FROM texts WHERE slug = :slug ORDER BY kind, id DESC LIMIT 60"
        ),
        "given_tags": rows("SELECT tag, origin, confidence FROM given_tags WHERE slug = :slug ORDER BY tag, origin"),
        "tag_changes": rows(
            "SELECT step, before, after, why FROM tag_changes WHERE slug = :slug ORDER BY step, before"
        ),
        "assignments": rows(
            "SELECT movement, score, pinned, why FROM assignments WHERE slug = :slug ORDER BY score DESC, movement"
        ),
        "placements": rows("SELECT movement, kind FROM placements WHERE slug = :slug ORDER BY movement"),
        "scheduled": rows(
            "SELECT movement, row_index, start_s, duration_s FROM schedule_rows WHERE slug = :slug"
            " AND state = 'current' ORDER BY movement, row_index"
        ),
        "doubts": rows("SELECT kind, doubt, why FROM doubts WHERE slug = :slug ORDER BY kind, doubt"),
        "repeats": rows("SELECT of_slug, kind, distance FROM duplicates WHERE slug = :slug"),
        "nearest": neighbours_of(catalogue.connection, slug),
        "analysis": _shown(analysis[0]) if analysis else None,
    }


def _shown(row: Mapping[str, Any]) -> Json:
    """The measures that say something to a person."""
    hidden = ("slug", "hashes", "colours", "onsets_s", "loop_begin", "loop_end", "telling_index", "digest")
    colours = [{"name": name, "rgb": rgb, "share": share} for name, rgb, share in json.loads(row["colours"])]
    return {"colours": colours, **{name: value for name, value in row.items() if name not in hidden}}


def schedule(catalogue: Catalogue, movement: str) -> Json:
    """A movement's schedule as it stands, and whether a run proposes another."""
    rows = catalogue.connection.execute(
        "SELECT row_index, layer, slug, start_s, duration_s, in_s, out_s, transition_s, hint, transition"
        " FROM schedule_rows"
        " WHERE movement = ? AND state = 'current' ORDER BY row_index",
        (movement,),
    )
    states = catalogue.connection.execute(
        "SELECT state, origin, strategy FROM schedules WHERE movement = ?", (movement,)
    )
    by_state: dict[str, sqlite3.Row] = {row["state"]: row for row in states}
    current = by_state.get("current")
    return {
        "movement": movement,
        "origin": current["origin"] if current else "",
        "strategy": current["strategy"] if current else "",
        "proposed": "proposal" in by_state,
        "rows": [dict(row) for row in rows],
    }
