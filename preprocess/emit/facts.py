"""What the report of a library says, gathered from its catalogue and its folder as values of JSON's own types."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, TypeAlias

from engine.formats.library_rows import StoredSource
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.marks import left_out
from preprocess.catalogue.texts import PERSON
from preprocess.emit.show import title_of
from preprocess.emit.stage import stage
from preprocess.emit.steps import steps
from preprocess.emit.write import SHOW
from preprocess.ingest.errors import shown
from preprocess.schedule.stored import csv_name, is_edited
from preprocess.style.model import Style
from preprocess.track.library import stored_track, why_this_track

Facts: TypeAlias = dict[str, Any]

VERDICTS = {
    "sound": "sound",
    "damaged": "partly damaged",
    "flagged": "flagged",
    "quarantined": "quarantined",
    "pending": "not finished",
}


def gather(catalogue: Catalogue, style: Style) -> Facts:
    """All that is to be said. Deterministic: the same library gives the same facts, times of day are none of them."""
    out = left_out(catalogue)
    sources, edited = _sources(catalogue, out), _edited(catalogue, style)
    return {
        "title": title_of(catalogue, style),
        "library": shown(catalogue.folder.name),
        "counts": _counts(catalogue, sources, out),
        "steps": steps(catalogue),
        "sources": sources,
        "left_out": [{"clip": slug, "why": why} for slug, why in out.items()],
        "unplaced": _unplaced(catalogue, out),
        "failures": _rows(catalogue, "SELECT step, item, reason, mend FROM failures ORDER BY step, item"),
        "disk": _disk(catalogue),
        "stage": stage(catalogue, style),
        "duplicates": _rows(
            catalogue, "SELECT slug AS clip, of_slug AS repeats, kind, distance FROM duplicates ORDER BY slug"
        ),
        "doubts": _rows(
            catalogue, "SELECT slug AS clip, kind, doubt, why, tries, for_person FROM doubts ORDER BY slug, kind, doubt"
        ),
        "tags": _tags(catalogue),
        "movements": _movements(catalogue, style, edited),
        "track": _track(catalogue),
        "show": SHOW if (catalogue.folder / SHOW).is_file() else None,
        "edited_by_hand": edited,
    }


def _rows(catalogue: Catalogue, query: str) -> list[Facts]:
    return [dict(row) for row in catalogue.connection.execute(query)]


def _one(catalogue: Catalogue, query: str) -> int:
    return int(catalogue.connection.execute(query).fetchone()[0])


def _counts(catalogue: Catalogue, sources: list[Facts], out: dict[str, str]) -> Facts:
    clips = {row["slug"] for row in catalogue.connection.execute("SELECT slug FROM clips")}
    return {
        **count_verdicts(sources),
        "clips": len(clips),
        "left_out": len(clips & out.keys()),
        "scheduled": _one(catalogue, "SELECT count(DISTINCT slug) FROM schedule_rows WHERE state = 'current'"),
    }


def count_verdicts(sources: list[Facts]) -> Facts:
    """How many sources there are, and how many of each verdict, by the catalogue's words."""
    words = Counter(source["verdict"] for source in sources)
    return {"sources": len(sources), **{name: words[word] for name, word in VERDICTS.items()}}


def _sources(catalogue: Catalogue, out: dict[str, str]) -> list[Facts]:
    clips: defaultdict[str, list[str]] = defaultdict(list)
    for row in catalogue.connection.execute("SELECT slug, base FROM fragments WHERE retired = 0 ORDER BY base, begin"):
        clips[row["base"]].append(row["slug"])
    choices = {row["base"]: row for row in catalogue.connection.execute("SELECT * FROM codec_choices")}
    return [
        {
            "file": shown(path),
            "title": shown(source.title),
            "base": source.base,
            **_verdict(source, clips[source.base], out),
            "mend": source.mend,
            "notes": [shown(note) for note in source.notes],
            "damage": [{"from_s": span.from_s, "to_s": span.to_s, "what": span.what} for span in source.damage],
            "clips": clips[source.base],
            "codec": choices[source.base]["codec"] if source.base in choices else None,
            "codec_why": choices[source.base]["why"] if source.base in choices else "",
        }
        for path, source in sorted(catalogue.library.sources().items())
    ]


def _verdict(source: StoredSource, clips: list[str], out: dict[str, str]) -> Facts:
    """The verdict and its reason. A sound source none of whose clips a schedule may show is flagged."""
    if source.verdict == "sound" and clips and all(slug in out for slug in clips):
        reasons = ", ".join(sorted({out[slug] for slug in clips}))
        return {"verdict": VERDICTS["flagged"], "reason": f"{shown(reasons)}: left out of the schedule"}
    return {"verdict": VERDICTS[source.verdict], "reason": shown(source.reason)}


def _unplaced(catalogue: Catalogue, out: dict[str, str]) -> list[str]:
    """Clips that nothing keeps out of a schedule, and that no movement took."""
    query = "SELECT slug FROM clips WHERE slug NOT IN (SELECT slug FROM assignments) ORDER BY slug"
    return [row["slug"] for row in catalogue.connection.execute(query) if row["slug"] not in out]


def _disk(catalogue: Catalogue) -> Facts:
    """Bytes: of the sources as they were found, and of what lies in the library."""
    folder = catalogue.folder
    by_codec = {
        row["codec"]: {"clips": row["n"], "bytes": row["total"], "seconds": round(row["seconds"], 3)}
        for row in catalogue.connection.execute(
            "SELECT codec, count(*) AS n, sum(bytes) AS total, sum(duration_s) AS seconds FROM clips"
            " GROUP BY codec ORDER BY codec"
        )
    }
    parts = {
        "mezzanines": _one(catalogue, "SELECT coalesce(sum(bytes), 0) FROM footage WHERE file IS NOT NULL"),
        "clips": sum(one["bytes"] for one in by_codec.values()),
        "thumbnails": _size(folder / "thumbnails"),
        "proxies": _size(folder / "proxies"),
    }
    sources = _one(catalogue, "SELECT coalesce(sum(size), 0) FROM sources")
    return {"sources": sources, **parts, "library": sum(parts.values()), "by_codec": by_codec}


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) if folder.is_dir() else 0


def _tags(catalogue: Catalogue) -> Facts:
    changes = catalogue.connection.execute(
        "SELECT step, before, after, count(*) AS clips FROM tag_changes GROUP BY step, before, after"
        " ORDER BY clips DESC, step, before, after"
    ).fetchall()
    return {
        "given": _one(catalogue, "SELECT count(DISTINCT tag) FROM given_tags"),
        "holding": _one(catalogue, "SELECT count(DISTINCT tag) FROM tags"),
        "merged": [dict(row) for row in changes if row["after"] and row["after"] != row["before"]],
        "dropped": [dict(row) for row in changes if not row["after"]],
    }


def _movements(catalogue: Catalogue, style: Style, edited: list[str]) -> list[Facts]:
    captions = {
        row["slug"]: shown(row["text"])
        for row in catalogue.connection.execute(
            "SELECT slug, text FROM texts WHERE kind = 'caption' AND state = 'current'"
        )
    }
    return [
        {
            "name": movement.name,
            "description": movement.description,
            "duration_s": round(_duration_s(catalogue, movement.name), 3),
            "edited_by_hand": csv_name(movement.name) in edited,
            "clips": [{**one, "caption": captions.get(one["clip"], "")} for one in _members(catalogue, movement.name)],
        }
        for movement in style.movements
    ]


def _duration_s(catalogue: Catalogue, movement: str) -> float:
    query = "SELECT max(start_s + duration_s) FROM schedule_rows WHERE movement = ? AND state = 'current'"
    return float(catalogue.connection.execute(query, (movement,)).fetchone()[0] or 0.0)


def _members(catalogue: Catalogue, movement: str) -> list[Facts]:
    rows = catalogue.connection.execute(
        "SELECT a.slug AS clip, score, pinned, why, thumbnail, count(row_index) AS times,"
        " coalesce(sum(r.duration_s), 0) AS shown_s"
        " FROM assignments AS a LEFT JOIN clips USING (slug) LEFT JOIN schedule_rows AS r"
        " ON r.slug = a.slug AND r.movement = a.movement AND r.state = 'current'"
        " WHERE a.movement = ? GROUP BY a.slug ORDER BY score DESC, a.slug",
        (movement,),
    )
    return [
        {
            **dict(row),
            "score": round(row["score"], 4),
            "shown_s": round(row["shown_s"], 3),
            "pinned": bool(row["pinned"]),
        }
        for row in rows
    ]


def _track(catalogue: Catalogue) -> Facts | None:
    track = stored_track(catalogue)
    if track is None:
        return None
    return {
        "file": track.file,
        "why": shown(why_this_track(catalogue)),
        "duration_s": round(track.duration_s, 3),
        "bpm": track.bpm,
        "onsets": len(track.onsets),
    }


def _edited(catalogue: Catalogue, style: Style) -> list[str]:
    """Files of the show that a person changed, and those of schedules that a person made in the catalogue."""
    query = "SELECT movement FROM schedules WHERE state = 'current' AND origin = ?"
    persons = {row["movement"] for row in catalogue.connection.execute(query, (PERSON,))}
    schedules = [(csv_name(movement.name), movement.name in persons) for movement in style.movements]
    return [name for name, is_persons in ((SHOW, False), *schedules) if is_persons or is_edited(catalogue, name)]


def as_json(facts: Facts) -> bytes:
    """The facts as a file."""
    return json.dumps(facts, indent=2, ensure_ascii=False).encode() + b"\n"
