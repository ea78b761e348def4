"""MIDI messages as control addresses and values, what is held, and stamps from a driver's deltas."""

from __future__ import annotations

import mido
import pytest

from engine.inputs.midi_messages import MidiDecoder, ShowControls
from engine.inputs.midi_stamps import DeltaStamps
from engine.model.controls import Binding, MidiControl, Modifier


@pytest.mark.parametrize(
    ("message", "control"),
    [
        (mido.Message("note_on", channel=0, note=36, velocity=127), ("midi/note/1/36", 1.0)),
        (mido.Message("note_on", channel=15, note=0, velocity=1), ("midi/note/16/0", 1 / 127)),
        (mido.Message("note_on", channel=2, note=60, velocity=0), ("midi/note/3/60", 0.0)),
        (mido.Message("note_off", channel=2, note=60, velocity=64), ("midi/note/3/60", 0.0)),
        (mido.Message("control_change", channel=0, control=21, value=0), ("midi/cc/1/21", 0.0)),
        (mido.Message("control_change", channel=9, control=127, value=127), ("midi/cc/10/127", 1.0)),
        (mido.Message("control_change", channel=0, control=6, value=127), ("midi/cc/1/6", 1.0)),
        (mido.Message("control_change", channel=0, control=99, value=127), ("midi/cc/1/99", 1.0)),
        (mido.Message("pitchwheel", channel=0, pitch=-8192), ("midi/pitch/1", 0.0)),
        (mido.Message("pitchwheel", channel=0, pitch=-4096), ("midi/pitch/1", 0.25)),
        (mido.Message("pitchwheel", channel=0, pitch=0), ("midi/pitch/1", 0.5)),
        (mido.Message("pitchwheel", channel=4, pitch=8191), ("midi/pitch/5", 1.0)),
        (mido.Message("program_change", channel=1, program=3), ("midi/program/2/3", 1.0)),
        (mido.Message("program_change", channel=1, program=0), ("midi/program/2/0", 1.0)),
        (mido.Message("aftertouch", channel=15, value=127), ("midi/pressure/16", 1.0)),
        (mido.Message("polytouch", channel=3, note=5, value=127), ("midi/aftertouch/4/5", 1.0)),
    ],
)
def test_each_message_is_the_control_that_bindings_name(
    message: mido.Message, control: tuple[str, float] | None
) -> None:
    assert MidiDecoder().feed(message.bytes(), 0.0) == [control]


@pytest.mark.parametrize(
    "message",
    [
        mido.Message("active_sensing"),
        mido.Message("sysex", data=[1, 2, 3]),
        mido.Message("tune_request"),
        mido.Message("song_select", song=3),
        mido.Message("reset"),
    ],
)
def test_what_is_neither_control_nor_time_says_nothing(message: mido.Message) -> None:
    decoder = MidiDecoder()
    assert decoder.feed(message.bytes(), 0.0) == []
    assert decoder.malformed == 0


@pytest.mark.parametrize(
    "message",
    [
        mido.Message("clock"),
        mido.Message("start"),
        mido.Message("continue"),
        mido.Message("stop"),
        mido.Message("songpos", pos=1000),
        mido.Message("quarter_frame", frame_type=3, frame_value=9),
        mido.Message("sysex", data=[0x7F, 0x7F, 1, 1, 0x21, 2, 3, 4]),
    ],
)
def test_what_tells_the_time_comes_out_as_it_went_in(message: mido.Message) -> None:
    assert MidiDecoder().feed(message.bytes(), 0.0) == [bytes(message.bytes())]


def test_time_code_for_one_device_is_for_us_and_a_longer_message_that_begins_like_it_is_none() -> None:
    full = [0xF0, 0x7F, 3, 1, 1, 0x21, 2, 3, 4, 0xF7]
    assert MidiDecoder().feed(full, 0.0) == [bytes(full)]
    assert MidiDecoder().feed([*full[:-1], *[0] * 3000, 0xF7], 0.0) == []
    assert MidiDecoder().feed([*full[:-1], 5, 0xF7], 0.0) == []


HELD = ShowControls(held=(MidiControl(cc=64), MidiControl(cc=20, channel=2)))


def test_what_is_held_is_let_go_once_in_the_order_it_went_down() -> None:
    decoder = MidiDecoder(HELD)
    decoder.feed([0x90, 60, 1, 62, 127, 60, 0, 0xB0, 64, 127, 0xB1, 20, 1, 0xB0, 20, 9, 0xD3, 7, 0xA0, 1, 2], 0.0)
    assert decoder.let_go() == [
        ("midi/note/1/62", 0.0),
        ("midi/cc/1/64", 0.0),
        ("midi/cc/2/20", 0.0),
        ("midi/pressure/4", 0.0),
        ("midi/aftertouch/1/1", 0.0),
    ]
    assert decoder.let_go() == []


def test_a_held_control_that_was_let_go_is_not_let_go_again() -> None:
    decoder = MidiDecoder(HELD)
    assert decoder.feed([0xB0, 64, 127, 64, 0], 0.0) == [("midi/cc/1/64", 1.0), ("midi/cc/1/64", 0.0)]
    assert decoder.let_go() == []


@pytest.mark.parametrize("number", [120, 123])
def test_all_notes_off_ends_the_notes_of_its_channel(number: int) -> None:
    decoder = MidiDecoder()
    decoder.feed([0x90, 60, 1, 61, 1, 0x9F, 60, 1], 0.0)
    ended = decoder.feed([0xB0, number, 0], 0.0)
    assert ended == [(f"midi/cc/1/{number}", 0.0), ("midi/note/1/60", 0.0), ("midi/note/1/61", 0.0)]
    assert decoder.let_go() == [("midi/note/16/60", 0.0)]


def test_a_fader_on_that_number_ends_none() -> None:
    decoder = MidiDecoder()
    decoder.feed([0x90, 60, 1], 0.0)
    assert decoder.feed([0xB0, 123, 5], 0.0) == [("midi/cc/1/123", 5 / 127)]


def test_a_reset_ends_all_notes() -> None:
    decoder = MidiDecoder()
    decoder.feed([0x90, 60, 1, 0x92, 61, 1], 0.0)
    assert decoder.feed([0xFF], 0.0) == [("midi/note/1/60", 0.0), ("midi/note/3/61", 0.0)]


def test_a_show_says_which_of_its_controls_are_fine_and_which_are_held_and_on_which_port() -> None:
    fine, number = MidiControl(cc=1, bits=14, port="x-touch"), MidiControl(nrpn=300)
    shift, button, fader = MidiControl(cc=32, port="nano"), MidiControl(cc=33), MidiControl(cc=34)
    bindings = [
        Binding(midi=fine, to="/master/fade"),
        Binding(midi=number, to="/master/fade"),
        Binding(midi=button, to="/master/blackout", press="momentary"),
        Binding(midi=fader, to="/master/fade"),
        Binding(key="a", to="/go", press="gate"),
    ]
    controls = ShowControls.of(bindings, [Modifier(midi=shift), Modifier(key="b")])
    assert controls == ShowControls(fine=(fine, number), held=(button, shift))
    assert controls.on_port("NanoKONTROL2") == ShowControls(fine=(number,), held=(button, shift))
    assert controls.on_port("X-Touch MINI") == ShowControls(fine=(fine, number), held=(button,))


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
