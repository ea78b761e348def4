"""What the operator's window says: the show at one tick, as lines of a page. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Literal, TypeAlias

from engine.app.messages import Message
from engine.app.published import Published
from engine.core.tempo import beat_at, tempo_bpm
from engine.model.clock import ClockStatus
from engine.model.plan import LayerPlan, MovementPlan

Tone: TypeAlias = Literal["plain", "dim", "strong", "good", "warn", "bad"]

PREVIEW_COLUMNS, PREVIEW_ROWS = 30, 10  # the picture that the audience sees, in the upper left corner
_BAR_COLUMNS = 20
_GAP = 2
_FEWEST_COLUMNS = 40  # to lay a page out; a smaller one is cut
_LONGEST_PROBLEM = 4000  # characters
_IN_ASCII = str.maketrans({"×": "x", "–": "-", "—": "-", "…": "...", "‘": "'", "’": "'", "“": '"', "”": '"'})


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of text whose first letter stands at `row` and `column` of the page."""

    row: int
    column: int
    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to tell of one tick.

    `counts` are figures by name; `late_ms` is how late its ticks begin, in all but one of a hundred cases. `gpu_ms`
    is None where nothing is timed, for the reason `untimed`. `sound_db` is None without a sound device. `said` are the
    lines that the terminal has too, `problem` what is wrong with the latest change of the show's files.
    """

    published: Published
    clock: ClockStatus
    counts: Mapping[str, int]
    late_ms: float = 0.0
    queue: int = 0
    gpu_ms: Mapping[str, float] | None = None
    untimed: str = ""
    sound_db: float | None = None
    said: Sequence[str] = ()
    problem: str = ""
    messages: Sequence[Message] = ()


def page(seen: Seen, columns: int, rows: int) -> list[Line]:
    """The lines of a page of `rows` lines of `columns` letters, beside and below the picture.

    Whatever does not fit is cut off at the right; of what is too much at the bottom, the oldest messages are left out.
    """
    beside = PREVIEW_COLUMNS + _GAP
    lines = [Line(row, beside, text, tone) for row, (text, tone) in enumerate(_show(seen))]
    top = max(PREVIEW_ROWS, len(lines)) + 1
    half = max(columns, _FEWEST_COLUMNS) // 2
    layers = _table(_layers(seen.published), half - _GAP)
    times = _table(_times(seen), half)
    deepest = max(2, (rows - top) // 2)
    lines += _block("layers", layers, top, 0, deepest)
    lines += _block("GPU, ms", times, top, half, deepest)
    top += 1 + min(max(len(layers), len(times)), deepest) + 1
    lines += [Line(row, 0, text, tone) for row, (text, tone) in enumerate(_said(seen, columns), top)]
    return [cut for cut in (_cut(line, columns) for line in lines) if cut.row < rows and cut.text]


def _show(seen: Seen) -> Iterator[tuple[str, Tone]]:
    """Where the show is and how it runs: what stands beside the picture."""
    published, counts = seen.published, seen.counts
    state = published.state
    held = {"HELD": state.frozen is not None, "PANIC": state.panic is not None, "LOCKED": state.locked}
    flags = [name for name, is_on in held.items() if is_on]
    if published.plan.fade < 1:
        flags.append(f"FADED TO {published.plan.fade * 100:.0f} %")
    yield f"{_clocked(published.tick.at_s)}  {' '.join(flags)}", "warn" if flags else "strong"
    yield from _movement(published)
    yield _standby(published), "plain"
    yield _time(seen), "bad" if seen.clock.missing else "plain"
    if seen.sound_db is not None:
        yield f"sound    {seen.sound_db:.0f} dB  gaps {counts.get('audio_underruns', 0)}", "plain"
    late, dropped = counts.get("frames_late", 0), counts.get("frames_dropped", 0)
    shown = f"{counts.get('frames_shown', 0)} shown"
    yield f"frames   {shown}  {late} late  {dropped} dropped", "warn" if late or dropped else "good"
    yield f"lateness {seen.late_ms:.1f} ms in 99 of 100 ticks", "plain"
    misses, jumps = counts.get("preread_misses", 0), counts.get("armed_jump_misses", 0)
    yield f"misses   {misses}  of jumps {jumps}  queue {seen.queue}", "warn" if misses or jumps else "good"
    wrong = counts.get("shaders_failed", 0) + counts.get("source_errors", 0)
    if wrong:
        yield f"failed   {counts.get('shaders_failed', 0)} shaders  {counts.get('source_errors', 0)} reads", "bad"


def _movement(published: Published) -> Iterator[tuple[str, Tone]]:
    movements = published.world.loaded.movements
    index = published.state.current.index
    current = movements[index]
    shown = published.plan.movements
    if len(shown) > 1:
        name = f"{shown[0].movement} > {shown[-1].movement} {shown[-1].mix * 100:.0f} %"
    else:
        name = current.name
    yield f"movement {name}  {index + 1} of {len(movements)}", "strong"
    position_s = published.state.current.position.at(published.tick.at_s)
    share = min(max(position_s / current.duration_s, 0.0), 1.0) if current.duration_s > 0 else 0.0
    done = round(share * _BAR_COLUMNS)
    held = "  by hand" if published.state.current.held else ""
    yield f"[{'=' * done}{'.' * (_BAR_COLUMNS - done)}] {position_s:.1f} of {current.duration_s:.1f} s{held}", "plain"


def _standby(published: Published) -> str:
    cues, standby = published.world.loaded.show.cues, published.state.standby
    if not cues:
        return "cue      none in this show"
    if standby >= len(cues):
        return "cue      all have gone"
    cue = cues[standby]
    return f"cue      {standby + 1} of {len(cues)}: {cue.name}  {cue.note}"


def _time(seen: Seen) -> str:
    world, state, at_s = seen.published.world, seen.published.state, seen.published.tick.at_s
    bpm, beat = tempo_bpm(world, state, at_s), beat_at(world, state, at_s)
    tempo = "" if bpm is None or beat is None else f"  {bpm:.1f} bpm, beat {int(beat)}"
    missing = f" ({', '.join(seen.clock.missing)} missing)" if seen.clock.missing else ""
    return f"clock    {seen.clock.followed}{missing}{tempo}"


def _layers(published: Published) -> Iterator[tuple[str, str]]:
    """Each layer shown and what is on it, the topmost first, as it lies."""
    shown = published.plan.movements
    for movement in reversed(shown):
        for layer in reversed(movement.layers):
            yield _layer_name(movement, layer, several=len(shown) > 1), _content(layer)


def _layer_name(movement: MovementPlan, layer: LayerPlan, *, several: bool) -> str:
    return f"{movement.movement}/{layer.layer}" if several else layer.layer


def _content(layer: LayerPlan) -> str:
    if layer.generator is not None:
        content = f"{layer.generator.shader} (drawn)"
    else:
        incoming = "-" if layer.incoming is None else layer.incoming.ref.clip
        turning = layer.fade < 1 and layer.outgoing is not None
        content = f"{layer.outgoing.ref.clip} > {incoming}" if turning and layer.outgoing is not None else incoming
    return content if layer.opacity == 1 else f"{content}  {layer.opacity * 100:.0f} %"


def _times(seen: Seen) -> Iterator[tuple[str, str]]:
    """GPU time of each layer, group and effect, the dearest first, under their sum."""
    if seen.gpu_ms is None:
        yield seen.untimed, ""
        return
    yield "together", f"{sum(seen.gpu_ms.values()):.2f}"
    for owner, spent_ms in sorted(seen.gpu_ms.items(), key=lambda item: (-item[1], item[0])):
        yield owner or "output", f"{spent_ms:.2f}"


def _table(pairs: Iterable[tuple[str, str]], columns: int) -> list[str]:
    """Names and what belongs to them, in two columns: as wide as the longest name, which has half the room at most."""
    listed = list(pairs)
    width = min(max((len(name) for name, value in listed if value), default=0), columns // 2)
    return [f"{_ended(name, width):<{width}}  {value}"[:columns] if value else name[:columns] for name, value in listed]


def _ended(name: str, width: int) -> str:
    """A long name without its beginning, which it shares with its neighbours."""
    return name if len(name) <= width else f"..{name[2 - width :]}"


def _block(title: str, entries: Sequence[str], top: int, column: int, deepest: int) -> Iterator[Line]:
    yield Line(top, column, title, "dim")
    kept = entries if len(entries) <= deepest else [*entries[: deepest - 1], f"and {len(entries) - deepest + 1} more"]
    for row, text in enumerate(kept, top + 1):
        yield Line(row, column, text)


def _said(seen: Seen, columns: int) -> Iterator[tuple[str, Tone]]:
    """What hands are to know: learning, a change that cannot be played, and what was logged, the newest first."""
    for line in seen.said:
        yield from ((part, "strong") for part in _wrapped(line, columns))
    if seen.problem:
        yield "NOT TAKEN OVER; what played before plays on:", "bad"
        yield from ((part, "bad") for part in _wrapped(seen.problem[:_LONGEST_PROBLEM], columns, indent="  "))
    for message in seen.messages:
        times = f" ({message.count} times)" if message.count > 1 else ""
        stamp = time.strftime("%H:%M:%S", time.localtime(message.wall_s))
        text = f"{stamp} {message.text}{times}"
        yield from ((part, "bad" if message.is_error else "warn") for part in _wrapped(text, columns, indent="  "))


def _wrapped(text: str, columns: int, *, indent: str = "") -> Iterator[str]:
    for line in text.splitlines():
        yield from wrap(line, max(columns, _FEWEST_COLUMNS), subsequent_indent=indent)


def _cut(line: Line, columns: int) -> Line:
    text = line.text.translate(_IN_ASCII)
    return Line(line.row, line.column, text[: max(0, columns - line.column)].rstrip(), line.tone)


def _clocked(at_s: float) -> str:
    minutes, seconds = divmod(max(at_s, 0.0), 60)
    return f"{int(minutes)}:{seconds:04.1f}"
