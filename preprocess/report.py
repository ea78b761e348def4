"""What a build says when it is done: a table and a summary for people, JSON for machines."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from preprocess.build import Entry, Report

_WORDS = {"sound": "sound", "damaged": "partly damaged", "flagged": "flagged", "quarantined": "quarantined"}
_COLOURS = {"sound": "green", "damaged": "yellow", "flagged": "cyan", "quarantined": "red"}
# With more sound sources than this, the table lists only those that need a look.
_MOST_SOUND_ROWS = 60


def as_json(report: Report) -> dict[str, Any]:
    """The report as JSON's own types. `clips` of a source are slugs; times are seconds."""
    music = report.music
    return {
        "library": str(report.library),
        "sources": [_source_json(entry) for entry in report.entries],
        "counts": {word: report.count(verdict) for verdict, word in _WORDS.items()},
        "converted": sum(entry.fresh for entry in report.entries),
        "unchanged": sum(not entry.fresh for entry in report.entries),
        "clips": report.clip_count,
        "show": str(report.show.file) if report.show.file else None,
        "show_changed": report.show.changed,
        "edited_by_hand": list(report.show.beside),
        "track": {"file": str(music.file), "why": music.why, "onsets": len(music.onsets)} if music else None,
        "remarks": list(report.remarks),
        "took_s": round(report.took_s, 3),
    }


def _source_json(entry: Entry) -> dict[str, Any]:
    source = entry.source
    return {
        "file": _shown(source.path),
        "title": source.title,
        "verdict": _WORDS[source.verdict],
        "reason": source.reason,
        "mend": source.mend,
        "notes": list(source.notes),
        "damage": [{"from_s": span.from_s, "to_s": span.to_s, "what": span.what} for span in source.damage],
        "converted": entry.fresh,
        "clips": [stored.clip.slug for stored in entry.clips],
        "black": [stored.clip.slug for stored in entry.clips if stored.traits.black],
        "static": [stored.clip.slug for stored in entry.clips if stored.traits.static],
    }


def _shown(path: object) -> str:
    """A path as text that every terminal and JSON can hold, odd bytes and control characters made visible."""
    text = str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def print_report(report: Report, console: Console) -> None:
    """The table of verdicts, what to do about the bad ones, and the next command to type."""
    console.print(_table(report))
    quarantined = [entry for entry in report.entries if entry.source.verdict == "quarantined"]
    if quarantined:
        console.print(_quarantine(quarantined))
    for remark in report.remarks:
        console.print(f"[yellow]music left aside:[/] {escape(_shown(remark))}")
    counts = ", ".join(f"{report.count(verdict)} {word}" for verdict, word in _WORDS.items() if report.count(verdict))
    fresh = sum(entry.fresh for entry in report.entries)
    took = f"{fresh} converted, {len(report.entries) - fresh} unchanged, {report.took_s:.1f} s"
    console.print(f"{len(report.entries)} sources: {counts} ({took}); {report.clip_count} clips in {report.library}")
    _print_show(report, console)


def _table(report: Report) -> Table:
    table = Table(title="Sources", title_justify="left")
    for column in ("file", "verdict", "clips", "reasons and remarks"):
        table.add_column(column, overflow="fold", justify="right" if column == "clips" else "left")
    sound = sum(entry.source.verdict == "sound" for entry in report.entries)
    for entry in report.entries:
        source = entry.source
        if source.verdict == "sound" and sound > _MOST_SOUND_ROWS:
            continue
        colour = _COLOURS[source.verdict]
        remarks = "; ".join(filter(None, (source.reason, *source.notes)))
        verdict = f"[{colour}]{_WORDS[source.verdict]}[/]"
        table.add_row(escape(_shown(source.path.name)), verdict, str(len(entry.clips)), escape(_shown(remarks)))
    if sound > _MOST_SOUND_ROWS:
        table.add_row(f"… {sound} more", "[green]sound[/]", "", "")
    return table


def _quarantine(entries: list[Entry]) -> Table:
    table = Table(title="Quarantine", title_justify="left")
    for column in ("file", "reason", "mend"):
        table.add_column(column, overflow="fold")
    for entry in entries:
        source = entry.source
        table.add_row(*(escape(_shown(text)) for text in (source.path, source.reason, source.mend)))
    return table


def _print_show(report: Report, console: Console) -> None:
    if report.music is not None:
        console.print(f"track: {escape(_shown(report.music.file))} ({escape(report.music.why)})")
    if report.show.file is None:
        console.print("[red]No show was written: there is no clip to show.[/]")
        return
    if report.show.beside:
        names = escape(", ".join(report.show.beside))
        console.print(f"[yellow]{names}: edited by hand, left alone; the new proposal stands beside.[/]")
    word = "written" if report.show.changed else "unchanged"
    file = escape(str(report.show.file))
    console.print(f"show {word}: {file}\nplay it with [bold]runtime-play {file}[/]", soft_wrap=True)
