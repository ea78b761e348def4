"""The report as a page for people, `reports/run.html`, and as `reports/run.json` for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from engine.formats.replace_file import replace_file
from preprocess.emit.facts import Facts, as_json

PAGE = "reports/run.html"
DATA = "reports/run.json"

_MOST_PAIRS = 400  # rows of a table that nobody reads to its end; the JSON has all
_SCHEDULE_PICTURE = "schedule.png"

_STYLE = """
:root { color-scheme: dark; --line: #34343c; --soft: #a3a3ad; --warn: #ffb454; --bad: #ff6b6b; --good: #7bd88f; }
body { margin: 0 auto; max-width: 1180px; padding: 24px; background: #17171b; color: #ececf1;
       font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 26px; margin: 0; } h2 { font-size: 19px; margin: 40px 0 10px; }
h3 { font-size: 16px; margin: 24px 0 4px; }
p.soft, .soft { color: var(--soft); } a { color: #8ab4ff; }
table { border-collapse: collapse; min-width: 50%; max-width: 100%; }
td, th { text-align: left; padding: 5px 10px 5px 0;
       border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 500; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums;
       white-space: nowrap; }
.tiles { display: flex; flex-wrap: wrap; gap: 12px; margin: 20px 0; }
.tile { background: #212127; border-radius: 8px; padding: 12px 18px; min-width: 110px; }
.tile b { display: block; font-size: 24px; font-weight: 600; }
.clips { display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: 14px; }
.clip { background: #212127; border-radius: 8px; overflow: hidden; font-size: 13px; }
.clip img { display: block; width: 100%; aspect-ratio: 16/9; object-fit: cover; background: #000; }
.clip div { padding: 8px 10px; } .clip b { display: block; overflow-wrap: anywhere; }
.sound { color: var(--good); } .damaged, .flagged, .pending { color: var(--warn); } .quarantined { color: var(--bad); }
td.w { white-space: nowrap; }
summary { cursor: pointer; color: #8ab4ff; } img.wide { width: 100%; border-radius: 8px; }
"""


def write_report(facts: Facts, library: Path) -> None:
    """Write both into a library; what would be the same is left alone. Raises OutputError where that fails."""
    (library / PAGE).parent.mkdir(exist_ok=True)
    picture = (library / PAGE).with_name(_SCHEDULE_PICTURE).is_file()
    for name, content in ((DATA, as_json(facts)), (PAGE, page(facts, picture=picture).encode())):
        file = library / name
        if not file.is_file() or file.read_bytes() != content:
            replace_file(file, content)


def page(facts: Facts, *, picture: bool = False) -> str:
    """The page; `picture`: there is one of the schedule beside it. All text in it is escaped."""
    title = escape(facts["title"])
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}: report</title>',
        '<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src 'self' file:; "
        "style-src 'unsafe-inline'\">",
        f"<style>{_STYLE}</style><body>",
        f'<h1>{title}</h1><p class="soft">What became of the sources, step by step. Library: '
        f"{escape(facts['library'])}.</p>",
        _tiles(facts),
        *_show(facts, picture),
        *_steps(facts["steps"]),
        *_sources(facts["sources"]),
        *_disk(facts),
        *_movements(facts["movements"]),
        *_left_out(facts),
        *_failures(facts["failures"]),
        *_words(facts),
        "</body></html>\n",
    ]
    return "\n".join(parts)


def _tiles(facts: Facts) -> str:
    counts = facts["counts"]
    shown = (
        (counts["sources"], "sources"),
        (counts["quarantined"], "quarantined"),
        (counts["damaged"], "partly damaged"),
        (counts["clips"], "clips"),
        (counts["left_out"], "left out"),
        (counts["scheduled"], "in the show"),
        (size(facts["disk"]["library"]), "on disk"),
        (f"{size(facts['stage']['most_bytes_a_second'])}/s", "on stage, at most"),
    )
    tiles = (f'<div class="tile"><b>{escape(str(value))}</b>{escape(what)}</div>' for value, what in shown)
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _show(facts: Facts, picture: bool) -> Iterator[str]:
    track = facts["track"]
    if facts["show"] is None:
        yield '<p class="quarantined">No show was written: there is no clip to show.</p>'
    if track:
        bpm = f", {track['bpm']:.0f} beats a minute" if track["bpm"] else ""
        yield (
            f"<p>Music: {escape(track['file'])}, {track['duration_s']:.1f} s, {track['onsets']} onsets{bpm}"
            f' <span class="soft">({escape(track["why"])})</span></p>'
        )
    else:
        yield '<p class="soft">No music.</p>'
    for name in facts["edited_by_hand"]:
        yield f'<p class="flagged">{escape(name)} was edited by hand and kept; what is new stands beside it.</p>'
    if picture:
        yield f'<img class="wide" src="{_SCHEDULE_PICTURE}" alt="The schedule over time">'


def _steps(steps: Sequence[Facts]) -> Iterator[str]:
    yield "<h2>Steps</h2>"
    rows = [
        (one["step"], _n(one["taken"]), one["takes"], _n(one["made"]), one["makes"], _n(one["failed"] or ""))
        for one in steps
    ]
    yield _table(("step", _n("in"), "", _n("out"), "", _n("failed")), rows)


def _sources(sources: Sequence[Facts]) -> Iterator[str]:
    yield "<h2>Sources</h2>"
    yield "<table><tr><th>file<th>verdict<th class=n>clips<th>codec<th>reasons and remarks</tr>"
    for source in sources:
        name = source["file"].rpartition("/")[2]
        kind = source["verdict"].rpartition(" ")[2]
        remarks = [escape(text) for text in (source["reason"], source["mend"], *source["notes"]) if text]
        remarks += [f"lost {span['from_s']:.2f}–{span['to_s']:.2f} s" for span in source["damage"]]
        if source["codec_why"] and source["clips"]:
            remarks.append(f'<span class="soft">{escape(source["codec_why"])}</span>')
        yield (
            f'<tr><td title="{escape(source["file"])}">{escape(name)}<td class="{escape(kind)}">'
            f"{escape(source['verdict'])}<td class=n>{len(source['clips'])}<td class=w>{escape(source['codec'] or '')}"
            f"<td>{'<br>'.join(remarks)}</tr>"
        )
    yield "</table>"


def _disk(facts: Facts) -> Iterator[str]:
    disk, stage = facts["disk"], facts["stage"]
    yield "<h2>Disk and stage</h2>"
    kinds = ("sources", "mezzanines", "clips", "thumbnails", "proxies")
    yield _table(("what", _n("size")), [(kind, _n(size(disk[kind]))) for kind in kinds if disk[kind]])
    yield "<h3>Clips by codec</h3>"
    codecs = [
        (
            codec,
            _n(one["clips"]),
            _n(f"{one['seconds']:.0f} s"),
            _n(size(one["bytes"])),
            _n(f"{size(one['bytes'] / one['seconds'])}/s" if one["seconds"] else ""),
        )
        for codec, one in disk["by_codec"].items()
    ]
    yield _table(("codec", _n("clips"), _n("length"), _n("size"), _n("rate")), codecs)
    yield '<h3>Read on stage</h3><p class="soft">At the clips\' own speed; jumps and faster layers read more.</p>'
    rows = [
        (
            one["movement"],
            _n(one["layers"]),
            _n(f"{size(one['mean_bytes_a_second'])}/s"),
            _n(f"{size(one['most_bytes_a_second'])}/s"),
        )
        for one in stage["movements"]
    ]
    yield _table(("movement", _n("layers"), _n("on average"), _n("at most")), rows)


def _movements(movements: Sequence[Facts]) -> Iterator[str]:
    yield "<h2>Movements</h2>"
    for movement in movements:
        clips = movement["clips"]
        yield (
            f'<h3>{escape(movement["name"])} <span class="soft">{movement["duration_s"]:.1f} s,'
            f" {len(clips)} clips</span></h3>"
        )
        yield f'<p class="soft">{escape(movement["description"])}</p>'
        yield '<div class="clips">' + "".join(map(_clip, clips)) + "</div>"
        if not clips:
            yield '<p class="flagged">No clip fits.</p>'


def _clip(clip: Facts) -> str:
    picture = ""
    if clip["thumbnail"]:
        picture = f'<img loading="lazy" src="../{quote(clip["thumbnail"])}" alt="">'
    times = f"{clip['times']} × in the show, {clip['shown_s']:.1f} s" if clip["times"] else "not in the show"
    pinned = ", pinned by hand" if clip["pinned"] else ""
    return (
        f'<div class="clip">{picture}<div><b>{escape(clip["clip"])}</b>{escape(clip["caption"])}'
        f'<br><span class="soft">{escape(clip["why"])}{pinned}<br>{times}</span></div></div>'
    )


def _left_out(facts: Facts) -> Iterator[str]:
    out, unplaced = facts["left_out"], facts["unplaced"]
    rows = [(one["clip"], one["why"]) for one in out]
    rows += [(slug, "in no movement: others fitted better") for slug in unplaced]
    yield from _folded("Left out", ("clip", "why"), rows)


def _failures(failures: Sequence[Facts]) -> Iterator[str]:
    rows = [(one["step"], one["item"], one["reason"], one["mend"]) for one in failures]
    yield from _folded("Failures", ("step", "of", "reason", "mend"), rows, opened=True)


def _words(facts: Facts) -> Iterator[str]:
    duplicates = [
        (one["clip"], one["repeats"], one["kind"], _n(f"{one['distance']:.1f}")) for one in facts["duplicates"]
    ]
    yield from _folded("Duplicates", ("clip", "repeats", "kind", _n("bits")), duplicates)
    doubts = [
        (one["clip"], one["kind"], one["doubt"], one["why"], "for a person" if one["for_person"] else "")
        for one in facts["doubts"]
    ]
    yield from _folded("Doubtful texts", ("clip", "text", "doubt", "why", ""), doubts)
    tags = facts["tags"]
    merged = [(one["before"], one["after"], one["step"], _n(one["clips"])) for one in tags["merged"]]
    yield from _folded("Tags merged", ("given", "became", "by", _n("clips")), merged)
    dropped = [(one["before"], one["step"], _n(one["clips"])) for one in tags["dropped"]]
    yield from _folded("Tags dropped", ("given", "by", _n("clips")), dropped)


def _folded(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, opened: bool = False
) -> Iterator[str]:
    if not rows:
        return
    more = f'<p class="soft">… {len(rows) - _MOST_PAIRS} more in run.json.</p>' if len(rows) > _MOST_PAIRS else ""
    yield f"<h2>{title}</h2><details{' open' if opened else ''}><summary>{len(rows)}</summary>"
    yield f"{_table(columns, rows[:_MOST_PAIRS])}{more}</details>"


class _Number(str):
    """A cell that stands to the right."""

    __slots__ = ()


def _n(value: object) -> _Number:
    return _Number(value)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["<table>", _row("th", columns), *(_row("td", row) for row in rows), "</table>"]
    return "\n".join(lines)


def _row(tag: str, cells: Sequence[str]) -> str:
    marked = (f"<{tag}{' class=n' if isinstance(cell, _Number) else ''}>{escape(str(cell))}</{tag}>" for cell in cells)
    return f"<tr>{''.join(marked)}</tr>"


def size(count: float) -> str:
    """A number of bytes for people."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
