"""MIDI bytes as control addresses and values, and stamps from a driver's deltas."""

from __future__ import annotations

import mido
import pytest

from engine.inputs.midi import DeltaStamps, control_of


@pytest.mark.parametrize(
    ("message", "control"),
    [
        (mido.Message("note_on", channel=0, note=36, velocity=127), ("midi/note/1/36", 1.0)),
        (mido.Message("note_on", channel=15, note=0, velocity=1), ("midi/note/16/0", 1 / 127)),
        (mido.Message("note_on", channel=2, note=60, velocity=0), ("midi/note/3/60", 0.0)),
        (mido.Message("note_off", channel=2, note=60, velocity=64), ("midi/note/3/60", 0.0)),
        (mido.Message("control_change", channel=0, control=21, value=0), ("midi/cc/1/21", 0.0)),
        (mido.Message("control_change", channel=9, control=127, value=127), ("midi/cc/10/127", 1.0)),
        (mido.Message("pitchwheel", channel=0, pitch=-8192), ("midi/pitch/1", 0.0)),
        (mido.Message("pitchwheel", channel=0, pitch=0), ("midi/pitch/1", 8192 / 16_383)),
        (mido.Message("pitchwheel", channel=4, pitch=8191), ("midi/pitch/5", 1.0)),
        (mido.Message("clock"), None),
        (mido.Message("active_sensing"), None),
        (mido.Message("sysex", data=[1, 2, 3]), None),
        (mido.Message("songpos", pos=1000), None),
        (mido.Message("program_change", program=3), None),
        (mido.Message("aftertouch", value=3), None),
        (mido.Message("polytouch", note=1, value=3), None),
    ],
)
def test_each_message_is_the_control_that_bindings_name(
    message: mido.Message, control: tuple[str, float] | None
) -> None:
    assert control_of(message.bytes()) == control


@pytest.mark.parametrize("message", [[], [0x90], [0xB0, 7], [0xE0, 0]])
def test_a_message_that_is_cut_short_is_no_control(message: list[int]) -> None:
    assert control_of(message) is None


def test_messages_collected_late_keep_the_distances_at_which_they_came() -> None:
    stamps = DeltaStamps()
    stamps.stamp(0.0, 10.0)
    came_s = [stamps.stamp(0.010, collected_s) for collected_s in (10.010, 10.055, 10.055, 10.055, 10.055)]
    assert came_s == pytest.approx([10.010, 10.020, 10.030, 10.040, 10.050], abs=0.001)


def test_the_promptest_collection_sets_the_line() -> None:
    stamps = DeltaStamps()
    assert stamps.stamp(0.0, 10.004) == 10.004  # collected 4 ms late
    assert stamps.stamp(0.010, 10.011) == 10.011  # 1 ms
    assert stamps.stamp(0.010, 10.030) == pytest.approx(10.021, abs=0.0002)


@pytest.mark.parametrize("slower", [200e-6, 0.005])  # a cheap quartz; the show clock's steepest slew
def test_a_driver_whose_clock_is_slow_stays_on_time(slower: float) -> None:
    stamps = DeltaStamps()
    late_s = [n * 0.1 - stamps.stamp(0.1 * (1 - slower), n * 0.1) for n in range(36_000)]
    assert max(late_s) < 1e-9


@pytest.mark.parametrize(("delta_s", "collected_s"), [(3.0, 13.5), (0.01, 500.0)])
def test_after_a_pause_or_a_stall_the_line_begins_anew(delta_s: float, collected_s: float) -> None:
    stamps = DeltaStamps()
    stamps.stamp(0.0, 10.0)
    assert stamps.stamp(delta_s, collected_s) == collected_s
