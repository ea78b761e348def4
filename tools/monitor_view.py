"""The monitor's screen: how the show stands above, the newest events below, as lines of a given width. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text

from engine.model.clock import FREE_RUN
from engine.model.meters import SILENCE_DB
from tools.monitor_desk import Desk, Entry
from tools.monitor_told import Bus, Note, Row, control_text, outcome_text, value_text

COLOURS = {
    "played": "green",
    "clamped": "yellow",
    "held": "magenta",
    "ignored": "bright_black",
    "unbound": "red",
    "waits": "cyan",
}
_TALL = 32  # lines from which meters, levels and detectors get a line each
_WIDE = 100  # columns from which an event's port is shown
_LEAST_LOG = 8
_LABEL = 9
_BLINK_S = 0.15
_STRIP_S = 6.0  # how long an onset stays on a detector's strip
_LEAST_DB = -60.0
_LOUD_DB, _TOO_LOUD_DB = -12.0, -1.0
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_RARE_TROUBLES = (("audio_underruns", "underruns"), ("events_overtaken", "overtaken"))  # shown where there are any
_TROUBLES = (("frames_late", "late"), ("frames_dropped", "dropped"), ("preread_misses", "misses"))


def screen(desk: Desk, now_s: float, width: int, height: int) -> list[Text]:
    """At most `height` lines of at most `width` columns, at the monotonic instant `now_s`."""
    head = [_header(desk, width)]
    panels = list(_panels(desk, now_s, width, tall=height >= _TALL))
    if height >= _LEAST_LOG + 3:
        head += panels[: height - _LEAST_LOG - 2]
        head.append(Text("─" * width, style="bright_black"))
    room = max(height - len(head), 1)
    log = [line for entry in desk.log.newest(room) for line in _entry(entry, width)]
    lines = [*head, *(log[-room:] or [Text("Nothing has come in so far.", style="bright_black")])][:height]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return lines


def _header(desk: Desk, width: int) -> Text:
    at = "" if desk.music is None else clock_text(desk.music.at_s)
    head = Text.assemble((desk.title, "bold"), "  ", (desk.where, "bright_black"))
    head.truncate(max(width - len(at) - 2, 0), overflow="ellipsis", pad=True)
    return head.append(f"  {at}", style="bold")


def _panels(desk: Desk, now_s: float, width: int, *, tall: bool) -> Iterator[Text]:
    if desk.music is not None:
        yield _music(desk, width)
    if desk.clock is not None or desk.clocks:
        yield _clocks(desk, now_s)
    if desk.buses:
        yield from _sound_tall(desk, width) if tall else [_sound(desk, width)]
    if desk.levels:
        yield from _levels(desk, width, tall=tall)
    if desk.hits:
        yield from _onsets_tall(desk, now_s, width) if tall else [_onsets(desk, now_s)]
    yield _rates(desk, now_s)
    yield _troubles(desk)


def _music(desk: Desk, width: int) -> Text:
    music = desk.music
    assert music is not None
    line = _labelled("music", f"{music.index} {music.movement}  ")
    line.append_text(bar(music.position, min(24, width // 5), "blue")).append(f" {music.position:4.0%}")
    if music.standby:
        line.append("   next cue ").append(music.standby, style="bold")
    return line


def _clocks(desk: Desk, now_s: float) -> Text:
    clock = desk.clock
    line = _labelled("clocks")
    if clock is None:
        return line.append("  ".join(f"○ {name}" for name in desk.clocks), style="bright_black")
    names = dict.fromkeys((*desk.clocks, *clock.running, *clock.missing))
    if clock.followed == FREE_RUN:
        line.append("► by itself  ", style="bold yellow")
    for name in names:
        if name == clock.followed:
            line.append(f"► {name}  ", style="bold green")
        elif name in clock.running:
            line.append(f"● {name}  ", style="green")
        else:
            line.append(f"{'✗' if name in clock.missing else '○'} {name}  ", style="bright_black")
    if desk.bpm:
        line.append(f" {desk.bpm:.1f} bpm")
    if desk.beat is not None:
        line.append(f"  beat {int(desk.beat)} ")
        line.append("●", style="bold white" if now_s - desk.beat_s < _BLINK_S else "bright_black")
    if clock.followed != FREE_RUN and clock.error_ms:
        line.append(f"  {clock.error_ms:+.1f} ms", style="bright_black")
    return line


def _sound(desk: Desk, width: int) -> Text:
    """All buses on one line, half of it for the first."""
    line = _labelled("sound")
    room = width - _LABEL - sum(len(name) + 7 for name in desk.buses)
    for number, bus in enumerate(desk.buses.values()):
        cells = room // 2 if not number else room // 2 // max(len(desk.buses) - 1, 1)
        line.append(f"{bus.name} ").append_text(_meter(max(bus.rms_db), max(cells, 1))).append(f" {_db(bus, 0):>4} ")
    return line


def _sound_tall(desk: Desk, width: int) -> Iterator[Text]:
    cells = min(width - _LABEL - 20, 60)
    for number, bus in enumerate(desk.buses.values()):
        for side, rms_db in zip("LR", bus.rms_db, strict=True):
            line = _labelled("sound" if not number and side == "L" else "", f"{bus.name:6} {side} ")
            line.append_text(_meter(rms_db, cells))
            yield line.append(f" {_db(bus, 1):>6}") if side == "L" else line


def _db(bus: Bus, digits: int) -> str:
    return "-inf" if bus.peak_db <= SILENCE_DB else f"{bus.peak_db:.{digits}f}"


def _meter(level_db: float, cells: int) -> Text:
    colour = "green" if level_db < _LOUD_DB else "yellow" if level_db < _TOO_LOUD_DB else "red"
    return bar((level_db - _LEAST_DB) / -_LEAST_DB, cells, colour)


def _levels(desk: Desk, width: int, *, tall: bool) -> Iterator[Text]:
    if tall:
        longest = max(map(len, desk.levels))
        for number, (name, value) in enumerate(desk.levels.items()):
            line = _labelled("" if number else "levels", f"{name:{longest}} ")
            yield line.append_text(bar(value, min(width - _LABEL - longest - 8, 60), "cyan")).append(f" {value:.2f}")
        return
    line = _labelled("levels")
    for name, value in desk.levels.items():
        line.append(f"{name} ").append_text(bar(value, 10, "cyan")).append(f" {value:.2f}  ")
    yield line


def _onsets(desk: Desk, now_s: float) -> Text:
    line = _labelled("onsets")
    for name, hits in desk.hits.items():
        line.append_text(_lamp(hits, now_s)).append(f" {name or 'main'} ")
        line.append(f"{desk.hit_counts[name]}   ", style="bright_black")
    return line


def _onsets_tall(desk: Desk, now_s: float, width: int) -> Iterator[Text]:
    longest = max(len(name or "main") for name in desk.hits)
    cells = max(min(width - _LABEL - longest - 12, 60), 1)
    for number, (name, hits) in enumerate(desk.hits.items()):
        line = _labelled("" if number else "onsets", f"{name or 'main':{longest}} ").append_text(_lamp(hits, now_s))
        line.append(" ").append_text(_strip(hits, now_s, cells))
        yield line.append(f" {desk.hit_counts[name]:6}", style="bright_black")


def _lamp(hits: Sequence[float], now_s: float) -> Text:
    return Text("●", style="bold white" if hits and now_s - hits[-1] < _BLINK_S else "bright_black")


def _strip(hits: Iterable[float], now_s: float, cells: int) -> Text:
    """The onsets of the last six seconds, the newest on the right."""
    marks = ["·"] * cells
    for hit_s in hits:
        place = cells - 1 - int((now_s - hit_s) / _STRIP_S * cells)
        if 0 <= place < cells:
            marks[place] = "┃"
    return Text("".join(marks), style="white")


def _rates(desk: Desk, now_s: float) -> Text:
    line = _labelled("events")
    for kind, rate in desk.rates.a_second(now_s):
        line.append(f"{kind} ").append(f"{rate:,.0f}/s  ", style="bold" if rate >= 1 else "bright_black")
    return line


def _troubles(desk: Desk) -> Text:
    """What went wrong so far: frames of the player, and events since the monitor began."""
    line = _labelled("so far")
    for name, label in _TROUBLES:
        if name in desk.figures:
            count = desk.figures[name]
            line.append(f"{label} ").append(f"{count:,.0f}  ", style="bold red" if count else "bright_black")
    for outcome in ("unbound", "clamped"):
        count = desk.outcomes[outcome]
        line.append(f"{outcome} ").append(f"{count:,}  ", style=COLOURS[outcome] if count else "bright_black")
    rare = {label: desk.figures.get(name, 0) for name, label in _RARE_TROUBLES} | {"not shown": desk.skipped}
    for label, count in rare.items():
        if count:
            line.append(f"{label} ").append(f"{count:,.0f}  ", style="yellow")
    return line


def _entry(entry: Entry, width: int) -> list[Text]:
    if isinstance(entry.what, Note):
        wrapped = textwrap.wrap(entry.what.text, max(width - _LABEL, 20))
        return [Text(f"{'':{_LABEL}}{part}", style="yellow") for part in wrapped]
    return [_row(entry.what, entry.more, width)]


def _row(row: Row, more: int, width: int) -> Text:
    word, rest = outcome_text(row)
    wide = width >= _WIDE
    at = clock_text(row.at_s, thousandths=wide)
    line = Text().append(f"{at:>9} " if wide else f"{at:>7} ", style="bright_black")
    if wide:
        line.append(_fitted(control_text(row), 36)).append(_fitted(row.port, 17)[:17], style="bright_black")
    else:  # within the braces of a binding, or after its colon: the source shows
        line.append(_fitted(control_text(row).removeprefix("midi: "), 25))
    line.append(f" {value_text(row):>6} ", style="bold").append(f"{word:8}", style=COLOURS.get(word, ""))
    flood = f" +{more:,}{' more' if wide else ''}" if more else ""
    room = max(width - line.cell_len - len(flood), 1)
    return line.append(_fitted(rest, room) if len(rest) > room else rest).append(flood, style="bright_black")


def _fitted(text: str, width: int) -> str:
    """Padded, or cut in its middle: what differs between two paths is their end."""
    if len(text) > width:
        text = text[: width // 2 - 1] + "…" + text[-(width - width // 2) :]
    return f"{text:{width}}"


def bar(fraction: float, cells: int, colour: str) -> Text:
    """A bar as long as `fraction` (0..1) of `cells` columns, to an eighth of one."""
    eighths = round(min(max(fraction, 0.0), 1.0) * cells * 8)
    full, part = divmod(eighths, 8)
    drawn = "█" * full + (_EIGHTHS[part] if part else "")
    return Text.assemble((drawn, colour), ("·" * (cells - len(drawn)), "bright_black"))


def clock_text(at_s: float, *, thousandths: bool = False) -> str:
    """A show second as minutes and seconds: 1:23.4, or 1:23.412."""
    digits = 3 if thousandths else 1
    minutes, rest = divmod(round(max(at_s, 0.0) * 10**digits), 60 * 10**digits)
    return f"{minutes}:{rest / 10**digits:0{digits + 3}.{digits}f}"


def _labelled(label: str, text: str = "") -> Text:
    return Text.assemble((f"{label:{_LABEL}}", "bright_black"), text)
