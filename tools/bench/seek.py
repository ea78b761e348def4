"""Suite `seek`: what one frame costs, wherever in the clip it lies, beside the bare library and beside the peers.

`tools.bench.race` says how entrants are timed, `floors` and `peers` what each of them does. All of them are asked for
the same shuffled frames; what is compared are medians. The clips are made by the encoders that build libraries, from
pictures that cost a codec what footage costs (`footage`), each with its number in it, so that a wrong frame is seen.
A bar holds for the sizes and cores that it was stated for, and is left out elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np

from engine.formats.library import read_library
from engine.model.clips import Clip, Codec
from engine.model.pictures import Picture
from tools.bench import peers
from tools.bench.floors import EngineReader, MemcpyFloor, SnappyFloor, TurboJpegFloor
from tools.bench.measuring import Case, ratio
from tools.bench.media import ClipWish, Kind, make_clip
from tools.bench.race import Timings, into_page_cache, race, shuffled
from tools.bench.readers import Entrant, Reader
from tools.bench.rows import Bar, Options, Row, Tell
from tools.bench.tjbench import tjbench_ms
from tools.bench.workers import spread_and_whole_ms, spread_to_whole_throughput

SUITE: Final = "seek"
_OURS: Final = "this player"

_FRAMES, _ASKED, _ASKED_FULL = 300, 200, 500
_LIBRARY_KINDS = (Kind.MJPEG, Kind.HAP, Kind.HAP_Q)
_GROWTH_SIZES = ((640, 360), (1280, 720), (1920, 1080), (3840, 2160))
_GROWTH_FRAMES = 24
_SHORT_S, _LONG_S = 10, 600

_JPEG_PEER_BARS = {"PyAV seek + decode": 1.15, "torchcodec": 1.4, "decord": 2.4, "mpv, exact seek": 2.4, "OpenCV": 15.0}
_HAP_PEER_BARS = {"PyAV seek + decode": 9.0, "torchcodec": 14.0, "decord": 20.0, "mpv, exact seek": 20.0}
_FLOOR_BARS = {Codec.MJPEG: 1.10, Codec.HAP: 1.3, Codec.HAP_Q: 1.3}
_RANDOM_BAR, _LONG_BAR, _STRIPS_BAR = Bar("≤", 1.05), Bar("≤", 1.05), Bar("≤", 0.65)
# Two runs of the same work differ by 2 to 3 %.
_THROUGHPUT_BAR = Bar("≥", 0.97)
_EVENT_S, _TICK_S = 1 / 1000, 1 / 60

ENGINE = Entrant(_OURS, EngineReader, "planes or blocks", "engine")
_MEMCPY = Entrant("bare memcpy", MemcpyFloor, "as many bytes", "engine")


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """The test clips against floors and peers, then what must not matter: where in the clip, how long, which size.

    With a library, the largest clip of each of its codecs instead, beside floors and PyAV.
    """
    if options.library is not None:
        yield from _of_library(options.library, options, tell)
        return
    size, frames, asked = (1920, 1080), _FRAMES, _ASKED_FULL if options.full else _ASKED
    if options.quick:
        size, frames, asked = (192, 108), 24, 12
    clips = {kind: make_clip(ClipWish(kind, *size, frames), options.media, tell) for kind in Kind}
    for kind, clip in clips.items():
        yield from _beside_others(_label(clip), clip, peers.PEERS, options, tell, asked=asked, bars=not options.quick)
        if kind is Kind.MJPEG:
            yield tjbench_row(clip)
    for kind in _LIBRARY_KINDS:
        yield random_to_sequential(_label(clips[kind]), clips[kind], tell, None if options.quick else _RANDOM_BAR)
    yield long_to_short(options, tell)
    yield from strips(_label(clips[Kind.MJPEG]), clips[Kind.MJPEG], asked, options, tell)
    yield from growth(options, tell)


def _of_library(library: Path, options: Options, tell: Tell) -> Iterator[Row]:
    largest: dict[Codec, Clip] = {}
    for clip in sorted(read_library(library).values(), key=lambda clip: (clip.width * clip.height, clip.frame_count)):
        largest[clip.codec] = clip
    for clip in largest.values():
        label = f"{clip.slug}, {_label(clip)}"
        asked = _ASKED_FULL if options.full else min(_ASKED, 2 * clip.frame_count)
        others = (peers.PYAV_SEEK,)
        yield from _beside_others(label, clip, others, options, tell, asked=asked, bars=False, numbered=False)
        if clip.table is not None:
            yield random_to_sequential(label, clip, tell)


_NAMES = {
    Codec.MJPEG: "MJPEG",
    Codec.HAP: "Hap1",
    Codec.HAP_ALPHA: "Hap5",
    Codec.HAP_Q: "HapQ",
    Codec.HAP_Q_ALPHA: "HapM",
    Codec.HAP_ALPHA_ONLY: "HapA",
    Codec.HAP_R: "Hap7",
    Codec.OTHER: "H.264 of key frames",
}


def _label(clip: Clip) -> str:
    name = _NAMES.get(clip.codec, clip.codec.value)
    return f"{name} {clip.height}p" if clip.width * 9 == clip.height * 16 else f"{name} {clip.width} × {clip.height}"


def _floor(codec: Codec) -> Entrant | None:
    if codec is Codec.MJPEG:
        return Entrant("bare libjpeg-turbo", TurboJpegFloor, "planes", "engine")
    return Entrant("bare Snappy", SnappyFloor, "blocks", "engine") if codec.is_hap else None


def _beside_others(
    label: str,
    clip: Clip,
    others: Sequence[Entrant],
    options: Options,
    tell: Tell,
    *,
    asked: int,
    bars: bool,
    numbered: bool = True,
) -> Iterator[Row]:
    """A case for each entrant. The floor comes first, so that whoever reads has it before the ratios to it."""
    floor = _floor(clip.codec)
    entrants = [*([floor] if floor else []), ENGINE, _MEMCPY, *others]
    indices = shuffled(clip.frame_count, asked)
    timings = race(clip, entrants, indices, tell, all_of=options.full, numbered=numbered)
    by_name = {one.entrant.name: one for one in timings}
    floor_ms = by_name[floor.name].p50_ms if floor else None
    ours_ms = by_name[_OURS].p50_ms
    for one in timings:
        case = Case(SUITE, f"{label} · {one.entrant.name}")
        limits = _bars(clip.codec, one.entrant.name) if bars else {}
        if one.absent:
            yield case.row("p50", None, "ms", note=_why(one))
            for figure, bar in limits.items():
                yield case.row(figure, None, "×", bar, _why(one))
            continue
        yield from timing_rows(case, one, _frame_bytes(clip))
        if floor and one is not by_name[floor.name]:
            yield case.row("÷ floor", ratio(one.p50_ms, floor_ms), "×", limits.get("÷ floor"), _why(one))
        if one is not by_name[_OURS]:
            yield case.row("÷ this player", ratio(one.p50_ms, ours_ms), "×", limits.get("÷ this player"), _why(one))
        elif numbered:
            yield case.row("right frames", float(not one.wrong), "", Bar("≥", 1), _why(one))


def _bars(codec: Codec, name: str) -> dict[str, Bar]:
    """The bars of one entrant's case, by figure; none for whatever no bar was stated for."""
    if name == _OURS and codec in _FLOOR_BARS:
        return {"÷ floor": Bar("≤", _FLOOR_BARS[codec])}
    of_peers = _JPEG_PEER_BARS if codec is Codec.MJPEG else _HAP_PEER_BARS if codec.is_hap else {}
    return {"÷ this player": Bar("≥", of_peers[name])} if name in of_peers else {}


def timing_rows(case: Case, one: Timings, frame_bytes: int) -> Iterator[Row]:
    """Bytes, median, 99th percentile, CPU seconds a frame, and over how many frames that was."""
    note = _why(one)
    yield case.row("bytes", frame_bytes, "bytes", note=note)
    yield case.row("p50", one.p50_ms, "ms", note=note)
    yield case.row("p99", one.p99_ms, "ms", note=note)
    yield case.row("CPU a frame", one.cpu_a_frame_s, "s", note=note)
    yield case.row("frames timed", len(one.wall_s), "", note=note)


def _why(one: Timings) -> str:
    if one.absent:
        return f"left out: {one.absent}"
    return f"gave the wrong frames: {one.wrong}" if one.wrong else ""


def _frame_bytes(clip: Clip) -> int:
    """The median frame in the file; of a file without a table the mean, headers among them."""
    if clip.table is None:
        return round(clip.file.stat().st_size / clip.frame_count)
    return int(np.median(clip.table.lengths))


class InOrderReader(EngineReader):
    """The engine asked for frame after frame, whatever index it is told."""

    def __init__(self, clip: Clip) -> None:
        super().__init__(clip)
        self._next, self._count = 0, clip.frame_count

    def read(self, index: int) -> Picture:
        index, self._next = self._next, (self._next + 1) % self._count
        return super().read(index)


def random_to_sequential(label: str, clip: Clip, tell: Tell, bar: Bar | None = _RANDOM_BAR) -> Row:
    """Each frame of the clip once in random order and once in order, turn by turn; medians of CPU time."""
    in_order = Entrant("in order", InOrderReader, "", "engine")
    anywhere, onward = race(
        clip, [ENGINE, in_order], shuffled(clip.frame_count, clip.frame_count), tell, numbered=False
    )
    value = _cpu_ratio(anywhere, onward)
    note = f"{len(anywhere.wall_s)} frames each" if value else _why(anywhere) or _why(onward)
    return Row(SUITE, f"{label} · random ÷ in order", "CPU a frame", value, "×", bar, note)


def _cpu_ratio(above: Timings, below: Timings) -> float | None:
    if not above.cpu_s or not below.cpu_s:
        return None
    return ratio(float(np.median(above.cpu_s)), float(np.median(below.cpu_s)))


class _OnShort(EngineReader):
    """The engine on a short clip, asked for the frame that a long one of the same frames repeats."""

    def read(self, index: int) -> Picture:
        return super().read(index % self._source.clip.frame_count)


def _open_short(short: Clip, long: Clip) -> Reader:
    return _OnShort(short)


def long_to_short(options: Options, tell: Tell) -> Row:
    """Random frames of a 10-minute clip and of the 10 seconds that it repeats; both cost the decoder the same."""
    size, seconds = ((192, 108), (1, 20)) if options.quick else ((640, 360), (_SHORT_S, _LONG_S))
    frames, repeats = seconds[0] * 25, seconds[1] // seconds[0]
    short = make_clip(ClipWish(Kind.MJPEG, *size, frames), options.media, tell)
    long = make_clip(ClipWish(Kind.MJPEG, *size, frames, repeats), options.media, tell)
    into_page_cache(short)
    beside = Entrant("the short clip", partial(_open_short, short), "", "engine")
    asked = 40 if options.quick else 600
    of_long, of_short = race(long, [ENGINE, beside], shuffled(long.frame_count, asked), tell, numbered=False)
    name = f"{_label(long)} · {seconds[1]} s ÷ {seconds[0]} s long"
    bar = None if options.quick else _LONG_BAR
    return Row(SUITE, name, "p50", ratio(of_long.p50_ms, of_short.p50_ms), "×", bar, _why(of_long) or _why(of_short))


def strips(label: str, clip: Clip, asked: int, options: Options, tell: Tell) -> Iterator[Row]:
    """One frame on two idle decode workers, cut into strips, against whole on one; then both when all are busy."""
    case = Case(SUITE, f"{label} · strips ÷ whole")
    cores = os.cpu_count() or 1
    if cores < 2:
        yield case.row("p50", None, "×", _STRIPS_BAR, "needs 2 cores")
        return
    tell(f"{clip.slug}: in strips and whole")
    spread_ms, whole_ms = spread_and_whole_ms(clip, shuffled(clip.frame_count, asked), _EVENT_S)
    note = f"2 workers, asked 1 ms after the frame before, {len(spread_ms)} frames each"
    bar = None if options.quick else _STRIPS_BAR
    yield case.row("p50", ratio(median(spread_ms), median(whole_ms)), "×", bar, note)
    yield case.row("p50 in strips", median(spread_ms), "ms")
    yield case.row("fastest frame", ratio(min(spread_ms), min(whole_ms)), "×", note=note)
    rested_ms = spread_and_whole_ms(clip, shuffled(clip.frame_count, asked), _TICK_S)
    yield case.row("p50 after a tick's rest", ratio(*map(median, rested_ms)), "×", note="cores take time to wake")
    tell(f"{clip.slug}: throughput with strips")
    share = spread_to_whole_throughput(clip, min(cores, 4), rounds=2 if options.quick else 8)
    bar = None if options.quick else _THROUGHPUT_BAR
    yield case.row("frames/s, all workers busy", share, "×", bar, "no loss: 1.00 less what two runs differ by")


def growth(options: Options, tell: Tell) -> Iterator[Row]:
    """How the cost of a frame grows with its size: the engine and its floor."""
    sizes = ((128, 96), (192, 108)) if options.quick else _GROWTH_SIZES
    for kind in _LIBRARY_KINDS:
        floor = _floor(kind.codec)
        assert floor is not None
        for width, height in sizes:
            clip = make_clip(ClipWish(kind, width, height, _GROWTH_FRAMES), options.media, tell)
            bare, ours = race(clip, [floor, ENGINE], shuffled(_GROWTH_FRAMES, 2 * _GROWTH_FRAMES), tell)
            case = Case(SUITE, f"growth · {_label(clip)}")
            yield from timing_rows(case, ours, _frame_bytes(clip))
            yield case.row("÷ floor", ratio(ours.p50_ms, bare.p50_ms), "×", note=_why(bare))
            nanoseconds = None if ours.p50_ms is None else 1e6 * ours.p50_ms
            yield case.row("a pixel", ratio(nanoseconds, width * height), "ns")


def tjbench_row(clip: Clip) -> Row:
    """What libjpeg-turbo's own benchmark says of one frame, to check the floor by."""
    case = Case(SUITE, f"{_label(clip)} · tjbench -yuv")
    try:
        return case.row("best mean", tjbench_ms(clip), "ms")
    except LookupError as error:
        return case.row("best mean", None, "ms", note=f"left out: {error}")
