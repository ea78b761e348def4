"""Whatever a clock sends, in whatever order: readings are finite, show time never goes back and never jumps."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.core.beat_follow import MidiClockFollower
from engine.core.beat_telling import to_tell
from engine.core.clock import MOST_SLEW
from engine.core.clock_choice import Following, stepped_to
from engine.core.code_follow import CodeFollower
from engine.core.line_fit import LineFit
from engine.core.lines import Line
from engine.core.ltc_frame import FRAME_BYTES, FrameRate, code_of
from engine.core.time_code import TimeCode, seconds_of
from engine.inputs.midi_clock import MidiClockInput
from engine.inputs.mtc import MtcInput
from engine.model.clock import BeatReading, ClockReading
from engine.model.clocks import MidiClock, MtcClock

HOURS_S = 1e6
INSTANTS = st.floats(0, HOURS_S) | st.floats(allow_nan=True, allow_infinity=True)
GAPS = st.floats(-0.05, 0.1) | st.floats(-HOURS_S, HOURS_S) | st.just(math.nan)
STATUS = st.sampled_from([0xF1, 0xF2, 0xF8, 0xF8, 0xF8, 0xF8, 0xFA, 0xFB, 0xFC, 0xF0, 0x90])
MESSAGES = st.tuples(STATUS, st.lists(st.integers(0, 255), max_size=9)).map(lambda both: bytes([both[0], *both[1]]))


def is_sound(reading: ClockReading | None) -> bool:
    if reading is None:
        return True
    return math.isfinite(reading.show_s) and math.isfinite(reading.rate) and reading.rate >= 0


def beats_are_sound(reading: BeatReading | None) -> bool:
    if reading is None:
        return True
    return 10 <= reading.bpm <= 500 and (reading.beat is None or math.isfinite(reading.beat))


@example([(b"\xf8", 0.0), (b"\xf8", 3.7e306)], 0.0)
@given(st.lists(st.tuples(MESSAGES, INSTANTS), max_size=60), st.floats(0, HOURS_S))
def test_any_messages_leave_readings_sound(messages: list[tuple[bytes, float]], now_s: float) -> None:
    midi, mtc = MidiClockInput(MidiClock(), 120.0), MtcInput(MtcClock())
    for message, at_s in messages:
        midi.on_message("any", message, at_s)
        mtc.on_message("any", message, at_s)
        for asked_s in (now_s, at_s):
            if math.isfinite(asked_s):
                assert is_sound(midi.reading(asked_s))
                assert is_sound(mtc.reading(asked_s))
                assert beats_are_sound(midi.beats(asked_s))


@given(st.lists(GAPS, max_size=200), st.sampled_from([None, 20.0, 120.0, 400.0]))
def test_ticks_in_any_order_and_at_any_tempo_leave_a_midi_clock_sound(gaps: list[float], nominal: float | None) -> None:
    follower, now_s = MidiClockFollower(nominal), 1000.0
    follower.feed([0xFA], now_s)
    for gap_s in gaps:
        at_s = now_s + gap_s
        follower.feed([0xF8], at_s)
        if math.isfinite(at_s):
            now_s = at_s
        assert is_sound(follower.reading(now_s))
        assert beats_are_sound(follower.beats(now_s))


@given(st.lists(st.tuples(INSTANTS, st.floats(allow_nan=True)), max_size=100))
def test_any_points_leave_a_fit_sound(points: list[tuple[float, float]]) -> None:
    fit = LineFit(48.0, 0.3)
    for at_s, value in points:
        fit.feed(at_s, value)
        if fit.line is not None:
            assert 0 < fit.line.rate < math.inf
            assert math.isfinite(fit.line.at(0.0))


@given(st.lists(st.tuples(st.floats(0, 90_000), GAPS), max_size=100))
def test_any_codes_leave_a_follower_sound(codes: list[tuple[float, float]]) -> None:
    follower, now_s = CodeFollower(2), 1000.0
    for code_s, gap_s in codes:
        at_s = now_s + gap_s
        follower.feed(code_s, at_s)
        if math.isfinite(at_s):
            now_s = at_s
        reading = follower.reading(now_s)
        assert is_sound(reading)
        assert reading is None or 0.5 <= reading.rate <= 2


@given(st.binary(min_size=FRAME_BYTES, max_size=FRAME_BYTES), st.sampled_from([24, 25, 30]))
def test_any_eighty_bits_are_a_time_of_day_or_none(frame: bytes, frames_a_second: int) -> None:
    seconds = seconds_of(code_of(frame, frames_a_second))
    assert seconds is None or 0 <= seconds < 86_400


@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.integers(0, 29), st.booleans())
def test_time_code_ascends(hours: int, minutes: int, seconds: int, frames: int, drop: bool) -> None:
    here = seconds_of(TimeCode(hours, minutes, seconds, frames, 30, drop))
    after = seconds_of(TimeCode(hours, minutes, seconds, frames + 1, 30, drop))
    if here is not None and after is not None:
        assert math.isclose(after - here, 1001 / 30_000 if drop else 1 / 30, abs_tol=1e-9)


@given(st.lists(st.tuples(st.integers(-1, 39), st.floats(0, 1)), max_size=50))
def test_frames_a_second_are_24_25_or_30_whatever_comes(frames: list[tuple[int, float]]) -> None:
    rate = FrameRate()
    assert all(rate.feed(number, length_s) in {24, 25, 30} for number, length_s in frames)


SLIGHTLY = st.floats(-0.1, 0.1) | st.floats(-1000, 1000)
CLOCKS = st.dictionaries(
    st.sampled_from(["track", "midi", "mtc"]),
    st.tuples(SLIGHTLY, st.floats(0.05, 20), st.none() | st.integers(0, 3)),
)


@settings(max_examples=200)
@given(
    st.lists(st.tuples(CLOCKS, st.floats(0.001, 0.5)), min_size=1, max_size=60),
    st.permutations(["track", "midi", "mtc"]),
)
def test_show_time_neither_jumps_nor_goes_back(
    ticks: list[tuple[dict[str, tuple[float, float, int | None]], float]], order: list[str]
) -> None:
    following, now_s = Following(Line(0.0, 0.0)), 0.0
    for clocks, elapsed_s in ticks:
        before_s = following.line.at(now_s)
        now_s += elapsed_s
        arrived_s = following.line.at(now_s)
        readings = {
            name: ClockReading(now_s, arrived_s + off_s, rate, jumps) for name, (off_s, rate, jumps) in clocks.items()
        }
        following, located = stepped_to(following, order, readings, now_s)
        assert math.isclose(following.line.at(now_s), arrived_s, abs_tol=1e-6)
        assert arrived_s > before_s
        assert abs(following.line.rate / following.rate - 1) <= MOST_SLEW + 1e-9
        assert located is None or located.name == following.followed


@given(
    st.none() | st.builds(Line, st.floats(0, 1e4), st.floats(0, 1e5), st.floats(0.3, 7)),
    st.floats(10, 500),
    st.none() | st.floats(-10, 1e6),
    st.floats(0, 1e4),
    st.floats(0.05, 20),
)
def test_what_is_told_of_beats_lies_in_range_and_settles(
    tempo: Line | None, bpm: float, beat: float | None, show_s: float, rate: float
) -> None:
    reading = BeatReading(0.0, bpm, beat)
    for path, value in to_tell(tempo, reading, show_s, rate):
        if path == "/tempo/bpm":
            assert 20 <= value <= 400
            tempo = Line(show_s, tempo.at(show_s) if tempo is not None else 0.0, value / 60)
        else:
            assert value >= 0
            assert tempo is not None
            tempo = Line(show_s, value, tempo.rate)
    assert to_tell(tempo, reading, show_s, rate) == ()


def test_a_fit_keeps_to_its_bounds_for_a_day() -> None:
    fit = LineFit(48.0, 0.3)
    noise = np.random.default_rng(9).uniform(-0.002, 0.002, 20_000)
    for number in range(20_000):
        fit.feed(80_000 + number / 48 + noise[number], number)
    assert fit.line is not None
    assert abs(fit.line.at(80_000 + 20_000 / 48) - 20_000) < 0.05
