"""Time code: its numbers, MIDI's quarter frames and LTC's samples, and the line that is made of them."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest

from engine.audio.libltc import LtcDecoder
from engine.audio.ltc import LtcFollower
from engine.core.code_follow import CodeFollower, shifted
from engine.core.ltc_frame import FrameRate, code_of
from engine.core.time_code import TimeCode, frame_length_s, seconds_of
from engine.inputs.mtc import MtcInput, QuarterFrames
from engine.model.clock import ClockReading
from engine.model.clocks import MtcClock
from tests.ltc_support import need_libltc, written

RATE_HZ = 48_000
# The two bits of the hours' byte: MIDI Time Code, "quarter frame messages".
RATE_BITS = {(24, False): 0, (25, False): 1, (30, True): 2, (30, False): 3}


def quarter_frames(code: TimeCode) -> list[list[int]]:
    """A frame's eight messages as the specification draws them: F1, then 0nnn dddd, low nibble first."""
    hours = code.hours | RATE_BITS[code.frames_a_second, code.drop] << 5
    fields = (code.frames, code.seconds, code.minutes, hours)
    nibbles = [nibble for field in fields for nibble in (field & 0x0F, field >> 4)]
    return [[0xF1, piece << 4 | nibble] for piece, nibble in enumerate(nibbles)]


def full_message(code: TimeCode) -> list[int]:
    hours = code.hours | RATE_BITS[code.frames_a_second, code.drop] << 5
    return [0xF0, 0x7F, 0x7F, 0x01, 0x01, hours, code.minutes, code.seconds, code.frames, 0xF7]


def numbered(number: int, frames_a_second: int, drop: bool = False) -> TimeCode:
    """The time code of the frame with this number since midnight."""
    if drop:  # two numbers more in each minute but every tenth
        tens, rest = divmod(number, 17_982)
        number += 18 * tens + (2 * ((rest - 2) // 1798) if rest >= 2 else 0)
    seconds, frames = divmod(number, frames_a_second)
    return TimeCode(seconds // 3600, seconds // 60 % 60, seconds % 60, frames, frames_a_second, drop)


class Tape:
    """A machine that sends quarter frames from frame `number` on, in the monotonic time of the test."""

    def __init__(self, mtc: MtcInput, frames_a_second: int = 25, drop: bool = False) -> None:
        self.mtc = mtc
        self.now_s = 100.0
        self._rate = (frames_a_second, drop)

    def roll(self, number: int, groups: int, *, speed: float = 1.0, jitter_s: float = 0.0) -> float:
        """Send groups of two frames each; the code's seconds at `now_s` afterwards."""
        noise = random.Random(3)
        for group in range(groups):
            for message in quarter_frames(numbered(number + 2 * group, *self._rate)):
                self.mtc.on_message("tape", message, self.now_s + noise.uniform(0, jitter_s))
                self.now_s += frame_length_s(numbered(0, *self._rate)) / 4 / speed
        code_s = seconds_of(numbered(number + 2 * groups, *self._rate))
        assert code_s is not None
        return code_s


def there(reading: ClockReading | None) -> ClockReading:
    assert reading is not None
    return reading


@pytest.mark.parametrize(
    ("code", "seconds"),
    [
        (TimeCode(0, 0, 0, 0), 0.0),
        (TimeCode(1, 0, 0, 12, 24), 3600.5),
        (TimeCode(23, 59, 59, 24, 25), 86_399.96),
        (TimeCode(0, 1, 0, 2, 30, drop=True), 1800 * 1001 / 30_000),
        (TimeCode(0, 10, 0, 0, 30, drop=True), 17_982 * 1001 / 30_000),
        (TimeCode(1, 0, 0, 0, 30, drop=True), 107_892 * 1001 / 30_000),  # to the hour within 4 ms
    ],
)
def test_time_code_counts_frames(code: TimeCode, seconds: float) -> None:
    assert seconds_of(code) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "code",
    [
        TimeCode(0, 0, 0, 99, 30),
        TimeCode(0, 0, 0, 25, 25),
        TimeCode(24, 0, 0, 0),
        TimeCode(0, 60, 0, 0),
        TimeCode(0, 0, 60, 0),
        TimeCode(0, 0, -1, 0),
        TimeCode(0, 1, 0, 0, 30, drop=True),
        TimeCode(0, 59, 0, 1, 30, drop=True),
        TimeCode(0, 0, 0, 0, 25, drop=True),
        TimeCode(0, 0, 0, 0, 0),
    ],
)
def test_frames_that_there_are_none_of_have_no_seconds(code: TimeCode) -> None:
    assert seconds_of(code) is None


def test_the_bytes_of_the_specification_are_01_37_52_16_at_30_frames() -> None:
    # 0rrh hhhh = 0110 0001: rate 3 (30 frames), hour 1.
    groups = QuarterFrames()
    data = [0x00, 0x11, 0x24, 0x33, 0x45, 0x52, 0x61, 0x76]
    found = [groups.feed(byte, 10 + index / 120) for index, byte in enumerate(data)]
    assert found[:-1] == [None] * 7
    code_s, at_s = there_pair(found[-1])
    assert code_s == pytest.approx(3600 + 37 * 60 + 52 + 16 / 30 + 3.5 / 120)
    assert at_s == pytest.approx(10 + 3.5 / 120)


def there_pair(pair: tuple[float, float] | None) -> tuple[float, float]:
    assert pair is not None
    return pair


@pytest.mark.parametrize(("frames_a_second", "drop"), RATE_BITS)
def test_quarter_frames_tell_position_and_speed_at_every_rate(frames_a_second: int, drop: bool) -> None:
    mtc = MtcInput(MtcClock(offset_s=3600))
    tape = Tape(mtc, frames_a_second, drop)
    first = 3600 * frames_a_second + 1600 if not drop else 107_892 + 1600  # past a minute's end on the way
    code_s = tape.roll(first, 60, jitter_s=0.002)
    reading = there(mtc.reading(tape.now_s))
    assert reading.show_s == pytest.approx(code_s - 3600, abs=0.003)
    assert reading.rate == pytest.approx(1, abs=0.002)
    assert reading.jumps == 1


def test_the_show_does_not_begin_before_its_time_code() -> None:
    mtc = MtcInput(MtcClock(offset_s=3600))
    tape = Tape(mtc)
    tape.roll(25 * 3590, 10)
    assert mtc.reading(tape.now_s) is None
    tape.roll(25 * 3600, 10)
    assert mtc.reading(tape.now_s) is not None


def test_a_tape_that_stops_is_lost_and_one_that_is_moved_has_jumped() -> None:
    mtc = MtcInput(MtcClock())
    tape = Tape(mtc)
    tape.roll(1000, 20)
    assert there(mtc.reading(tape.now_s)).jumps == 1
    tape.now_s += 0.6
    assert mtc.reading(tape.now_s) is None
    mtc.on_message("tape", full_message(numbered(5000, 25)), tape.now_s)
    assert mtc.reading(tape.now_s) is None
    code_s = tape.roll(5000, 3)
    reading = there(mtc.reading(tape.now_s))
    assert reading.jumps == 2
    assert reading.show_s == pytest.approx(code_s, abs=0.002)


def test_a_short_loss_is_no_jump() -> None:
    mtc = MtcInput(MtcClock())
    tape = Tape(mtc)
    tape.roll(0, 20)
    tape.now_s += 20.0
    tape.roll(40 + 500, 10)
    assert there(mtc.reading(tape.now_s)).jumps == 1


def test_a_tape_that_runs_backwards_is_not_followed() -> None:
    mtc = MtcInput(MtcClock())
    now_s = 100.0
    for number in range(2000, 1000, -2):
        for message in reversed(quarter_frames(numbered(number, 25))):
            mtc.on_message("tape", message, now_s)
            now_s += 0.01
            assert mtc.reading(now_s) is None


def test_one_wrong_frame_is_not_believed() -> None:
    mtc = MtcInput(MtcClock())
    tape = Tape(mtc)
    tape.roll(1000, 10)
    tape.roll(90_000, 1)
    tape.roll(1022, 10)
    reading = there(mtc.reading(tape.now_s))
    assert reading.jumps == 1
    assert reading.show_s == pytest.approx(1042 / 25, abs=0.002)


@pytest.mark.parametrize("speed", [0.9, 0.999, 1.001, 1.1])
def test_a_tape_at_another_speed_is_followed_at_that_speed(speed: float) -> None:
    follower = CodeFollower(2)
    for number in range(200):
        follower.feed(50 + number * 0.08 * speed, number * 0.08)
    reading = there(follower.reading(199 * 0.08))
    assert reading.show_s == pytest.approx(50 + 199 * 0.08 * speed, abs=0.002)
    assert reading.rate == pytest.approx(speed, rel=0.002)
    assert reading.jumps == 1


def test_an_offset_is_taken_off() -> None:
    assert there(shifted(ClockReading(1.0, 3605.0, 1.0, 2), 3600.0)) == ClockReading(1.0, 5.0, 1.0, 2)
    assert shifted(ClockReading(1.0, 3599.0), 3600.0) is None
    assert shifted(None, 0.0) is None


@pytest.mark.parametrize(("frames_a_second", "drop"), RATE_BITS)
def test_libltcs_own_time_code_is_read(frames_a_second: int, drop: bool) -> None:
    need_libltc()
    first = TimeCode(1, 59, 58, 5, frames_a_second, drop)
    samples = written(first, 4 * frames_a_second, RATE_HZ)
    follower, last_s = LtcFollower(RATE_HZ), 0.0
    noise = np.random.default_rng(2)
    for start in range(0, len(samples), 480):
        block = samples[start : start + 480]
        follower.feed(block, 500 + start / RATE_HZ + noise.uniform(-0.001, 0.001))
        last_s = 500 + (start + len(block)) / RATE_HZ
    follower.close()
    reading = there(follower.reading(last_s))
    begin_s = seconds_of(first)
    assert begin_s is not None
    assert reading.show_s == pytest.approx(begin_s + 4 * frames_a_second * frame_length_s(first), abs=0.002)
    assert reading.rate == pytest.approx(1, abs=0.002)


def test_time_code_backwards_and_noise_are_not_followed() -> None:
    need_libltc()
    backwards = written(TimeCode(1, 0, 10, 0, 25), 100, RATE_HZ)[::-1].copy()
    noise = np.random.default_rng(8).uniform(-0.5, 0.5, 4 * RATE_HZ).astype(np.float32)
    for samples in (backwards, noise, np.zeros(RATE_HZ, np.float32)):
        follower = LtcFollower(RATE_HZ)
        for start in range(0, len(samples), 480):
            follower.feed(samples[start : start + 480], start / RATE_HZ)
            assert follower.reading(start / RATE_HZ) is None
        follower.close()


def test_a_decoder_takes_any_samples() -> None:
    need_libltc()
    decoder = LtcDecoder(RATE_HZ)
    for samples in ([], [np.nan] * 480, [np.inf] * 480, [-1e30] * 480):
        assert decoder.feed(np.array(samples, np.float32)) == []
    decoder.close()
    decoder.close()


def numbers(frames_a_second: int, count: int) -> Iterator[int]:
    for number in range(count):
        yield (number + 20) % frames_a_second


@pytest.mark.parametrize("frames_a_second", [24, 25, 30])
@pytest.mark.parametrize("speed", [0.8, 1.0, 1.25])
def test_frames_a_second_are_known_after_the_first_second(frames_a_second: int, speed: float) -> None:
    rate = FrameRate()
    found = [rate.feed(number, 1 / frames_a_second / speed) for number in numbers(frames_a_second, 60)]
    assert set(found[frames_a_second:]) == {frames_a_second}


def test_digits_that_are_none_make_no_frame() -> None:
    assert seconds_of(code_of(b"\x0f" + bytes(9), 25)) is None
    assert seconds_of(code_of(b"\xff" * 10, 30)) is None
    assert seconds_of(code_of(bytes(10), 25)) == 0.0
