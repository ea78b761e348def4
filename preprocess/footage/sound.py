"""The sound of a source in the time of its picture, measured by EBU R128 and brought to a loudness.

Instants count from the first frame of the picture, as those of footage do: what sounds before it is left out, and
where the sound begins later, or has a hole, there is silence.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.filter import Graph
from av.packet import Packet

from engine.formats.movie import Movie
from engine.formats.movie_file import open_movie
from engine.formats.sound import SHOW_RATE_HZ, Samples32
from preprocess.catalogue.values import Footage
from preprocess.footage.reading import movie_of

Step: TypeAlias = tuple[str, str]
_Packet: TypeAlias = "Packet[av.AudioStream]"

_PREROLL_S = 0.5  # decoded and dropped before what is wanted: MP3 and AAC lean on the frames before
_INTERLEAVED_S = 2.0  # how far apart picture and sound of one instant lie in a file, as a rule
_SLACK_S = 0.02  # timestamps of a whole sound wander by less; a hole or an overlap is more
_BLOCK = 8192  # samples that go through the filters at once
_TAIL_S = 0.1  # of silence, so that the meter tells of the last tenth of a second, too
_PEAK_STEP = 0.0005  # the meter rounds a peak to thousandths
_SILENCE_LUFS = -69.0  # the meter's floor is -70: nothing passed its gate
_MOST_GAIN_DB = 30.0  # beyond it, what was brought up would be hiss
_NEAR_LU = 0.2
_MOST_DRIVE_DB = 9.0  # into the limiter, to make up for it
_MOST_PASSES = 4
_OVERSHOOT_DB = 0.3  # what filtering back to 48 kHz may add to a limited peak
_LIMITER_RATE_HZ = 4 * SHOW_RATE_HZ  # BS.1770-4, annex 2: true peaks are seen at four times the rate


@dataclass(frozen=True, slots=True)
class Loudness:
    """Integrated loudness in LUFS and true peak in dB, of a sound as it was found; -inf dB for digital silence."""

    lufs: float
    true_peak_db: float


@dataclass(frozen=True, slots=True)
class Levelling:
    """What brings a sound to its loudness: a gain in dB, and, where that would push peaks over it, a limit in dB."""

    gain_db: float = 0.0
    limit_db: float | None = None


def levelling(found: Loudness, target_lufs: float, true_peak_db: float) -> Levelling:
    """One gain for the whole sound where its peak allows; else the same gain and a limiter of true peaks.

    Silence is left alone. A gain is 30 dB at most.
    """
    if found.lufs <= _SILENCE_LUFS:
        return Levelling()
    gain_db = min(target_lufs - found.lufs, _MOST_GAIN_DB)
    return Levelling(gain_db, true_peak_db if found.true_peak_db + gain_db > true_peak_db else None)


def fitted(movie: Movie, how: Levelling, target_lufs: float) -> Levelling:
    """The same, with the gain corrected for what the limiter takes from the loudness, and the limit for what filtering
    adds to peaks, until both come to what was asked for.

    A limiter that would have to be driven by more than `_MOST_DRIVE_DB` for it is left there: the sound would be
    squashed. Streams the sound some times where there is a limit, else never.
    """
    asked_db = how.limit_db
    most_db = min(how.gain_db + _MOST_DRIVE_DB, _MOST_GAIN_DB)
    for _ in range(_MOST_PASSES):
        found = None if how.limit_db is None else measure(movie, how)
        if found is None or asked_db is None or how.limit_db is None:
            break
        over_db = max(0.0, found.true_peak_db - asked_db)
        gain_db = min(how.gain_db + target_lufs - found.lufs, most_db)
        if not over_db and abs(gain_db - how.gain_db) <= _NEAR_LU:
            break
        how = Levelling(gain_db, how.limit_db - over_db)
    return how


def measure(movie: Movie, how: Levelling | None = None) -> Loudness | None:
    """The loudness of a movie's sound, as EBU R128 measures it; None where no sample of it decodes. Streams.

    As it was found, or as `how` levels it.
    """
    steps = [*_level_steps(how or Levelling()), ("ebur128", _METER)]
    last: dict[str, str] = {}
    for frame in _filtered(movie.file, _picture_begins_s(movie), 0.0, steps, _TAIL_S):
        last = frame.metadata or last  # a last one of less than a tenth of a second says nothing
    if not last:
        return None
    peak = float(last["lavfi.r128.true_peak"])
    peak_db = 20 * math.log10(peak + _PEAK_STEP) if peak > 0 else -math.inf
    return Loudness(round(float(last["lavfi.r128.I"]), 2), round(peak_db, 2))


_METER = "peak=true:framelog=quiet:metadata=1"


def levelled(movie: Movie, how: Levelling) -> Iterator[Samples32]:
    """A movie's sound from the first frame of its picture on: blocks, float32 (n, 1 or 2), at 48 kHz. Streams."""
    for frame in _filtered(movie.file, _picture_begins_s(movie), 0.0, _level_steps(how)):
        yield _samples(frame)


def channels_of(movie: Movie) -> int:
    """How many channels `levelled` gives: 1 or 2; 0 where there is no sound."""
    with open_movie(movie.file) as container:
        streams = container.streams.audio
        return min(2, streams[0].channels) if streams else 0


def _level_steps(how: Levelling) -> list[Step]:
    steps: list[Step] = []
    if how.gain_db:
        steps.append(("volume", f"{how.gain_db}dB:precision=double"))
    if how.limit_db is not None:
        limit = 10 ** ((how.limit_db - _OVERSHOOT_DB) / 20)
        steps.append(("aresample", f"{_LIMITER_RATE_HZ}"))
        steps.append(("alimiter", f"limit={limit}:attack=5:release=80:level=disabled:latency=1"))
        steps.append(("aresample", f"{SHOW_RATE_HZ}"))
    return steps


def sound_of(footage: Footage, begin: int, end: int) -> tuple[Samples32, int]:
    """(samples, rate in Hz) of the sound under frames `begin` to `end` (half open): float32 (n,), mono, n exact.

    At the loudness of a mezzanine, whether there is one or not, though without its limiter. Silence where the
    footage has no sound, or the sound is shorter. Raises SourceError where the file is gone.
    """
    count = round((end - begin) / footage.rate * SHOW_RATE_HZ)
    found = np.zeros(count, np.float32)
    if not footage.sound or not count:
        return found, SHOW_RATE_HZ
    file, origin_s, steps = footage.file, 0.0, list[Step]()
    if file is None:
        file, origin_s = footage.source, _picture_begins_s(movie_of(footage.source))
        steps = _level_steps(Levelling(footage.gain_db))
    at = 0
    for frame in _filtered(file, origin_s, float(begin / footage.rate), steps):
        block = _samples(frame).mean(axis=1)[: count - at]
        found[at : at + len(block)] = block
        at += len(block)
        if at == count:
            break
    return found, SHOW_RATE_HZ


def _picture_begins_s(movie: Movie) -> float:
    """The timestamp of a movie's first frame, in seconds of its container."""
    if movie.first_pts is None or movie.time_base is None:
        return 0.0
    return float(movie.first_pts * movie.time_base)


def _filtered(
    file: Path, origin_s: float, from_s: float, steps: Sequence[Step], tail_s: float = 0.0
) -> Iterator[av.AudioFrame]:
    """Frames of float samples at 48 kHz, mono or stereo, from `from_s` seconds after `origin_s` on, filtered."""
    with open_movie(file) as container:
        if not container.streams.audio:
            return
        stream = container.streams.audio[0]
        rate_hz, layout = stream.rate, "mono" if stream.channels == 1 else "stereo"
        blocks = _whole_blocks(container, stream, origin_s, from_s)
        graph = _graph(rate_hz, layout, steps)
        for block in _regrouped(blocks, _BLOCK, round(tail_s * rate_hz)):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block).reshape(1, -1), format="flt", layout=layout)
            frame.sample_rate = rate_hz
            graph.push(frame)
            yield from _pulled(graph)
        graph.push(None)
        yield from _pulled(graph)


def _graph(rate_hz: int, layout: str, steps: Sequence[Step]) -> Graph:
    graph = Graph()
    last = graph.add_abuffer(sample_rate=rate_hz, format="flt", layout=layout)
    for name, arguments in (("aresample", f"{SHOW_RATE_HZ}"), *steps, ("aformat", "sample_fmts=flt|dbl")):
        step = graph.add(name, arguments)
        last.link_to(step)
        last = step
    last.link_to(graph.add("abuffersink"))
    graph.configure()
    return graph


def _pulled(graph: Graph) -> Iterator[av.AudioFrame]:
    while True:
        try:
            frame = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        assert isinstance(frame, av.AudioFrame)
        yield frame


def _samples(frame: av.AudioFrame) -> Samples32:
    channels = len(frame.layout.channels)
    samples: npt.NDArray[np.float32] = frame.to_ndarray().reshape(-1, channels).astype(np.float32, copy=False)
    return samples


def _regrouped(blocks: Iterator[Samples32], size: int, tail: int) -> Iterator[Samples32]:
    """The same samples in blocks of about `size`, with `tail` samples of silence behind them; nothing for nothing."""
    held: list[Samples32] = []
    count = 0
    channels = 0
    for block in blocks:
        held.append(block)
        count += len(block)
        channels = block.shape[1]
        if count >= size:
            yield np.concatenate(held)
            held, count = [], 0
    if channels:
        yield np.concatenate([*held, np.zeros((tail, channels), np.float32)])


def _whole_blocks(
    container: InputContainer, stream: av.AudioStream, origin_s: float, from_s: float
) -> Iterator[Samples32]:
    """Blocks without holes or overlaps at the stream's own rate, the first sample at `from_s` after `origin_s`."""
    rate_hz, base = stream.rate, stream.time_base
    slack = round(_SLACK_S * rate_hz)
    at = round(from_s * rate_hz)  # the sample that comes next
    packets = container.demux(stream)
    if from_s > 0 and base is not None:
        packets = _packets_from(container, stream, max(0, int((origin_s + from_s - _PREROLL_S) / base)))
    resampler = av.AudioResampler(format="flt", layout="mono" if stream.channels == 1 else "stereo", rate=rate_hz)
    begun = False
    follows = 0  # where a frame without a timestamp begins
    for frame in _decoded_sound(packets):
        begins = follows
        if frame.pts is not None and frame.time_base is not None:
            begins = round((float(frame.pts * frame.time_base) - origin_s) * rate_hz)
        for whole in resampler.resample(frame):
            block = _samples(whole)
            follows = begins + len(block)
            if follows <= at:
                continue
            if begins > at + (slack if begun else 0):
                yield from _silence(begins - at, block.shape[1])
                at = begins
            elif begins < at - (slack if begun else 0):
                block = block[at - begins :]
            yield block
            begun, at, begins = True, at + len(block), follows


def _silence(count: int, channels: int) -> Iterator[Samples32]:
    """So many samples of it, a little at a time: a hole may be hours long."""
    for begin in range(0, count, _BLOCK):
        yield np.zeros((min(_BLOCK, count - begin), channels), np.float32)


def _packets_from(container: InputContainer, stream: av.AudioStream, stamp: int) -> Iterator[_Packet]:
    """The packets of the sound from the last one that begins at or before `stamp` on."""
    near = _packets_near(container, stream, stamp) if "matroska" in container.format.name else None
    if near is not None:
        return near
    container.seek(stamp, stream=stream)
    return container.demux(stream)


def _packets_near(container: InputContainer, stream: av.AudioStream, stamp: int) -> Iterator[_Packet] | None:
    """The same, sought by the picture; None where that lands too late.

    Matroska has an index of the picture alone: a seek in its sound would read the file from its beginning.
    """
    assert stream.time_base is not None
    container.seek(max(0, int((float(stamp * stream.time_base) - _INTERLEAVED_S) * av.time_base)))
    packets = container.demux(stream)
    held: _Packet | None = None
    for packet in packets:
        if packet.pts is None or packet.pts > stamp:
            return chain((held, packet), packets) if held else None
        held = packet
    return None


def _decoded_sound(packets: Iterator[_Packet]) -> Iterator[av.AudioFrame]:
    """Every frame of sound that decodes; where the file can be read no further, it ends."""
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:
            return
        if packet is None:
            return
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            continue
        yield from (frame for frame in frames if isinstance(frame, av.AudioFrame))
