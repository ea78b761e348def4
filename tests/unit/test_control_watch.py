"""Which control was moved: what controllers send, message by message, and what is made of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.control_watch import ControlWatch, Moved, encoding_of
from engine.model.controls import MidiControl, Relative
from engine.model.events import Event, EventSource

STEP_S = 0.02


def told(sent: Iterable[tuple[str, float]], *, every_s: float = STEP_S, port: str = "pads") -> Moved | None:
    """What a watch makes of these addresses and values, one every `every_s`."""
    watch = ControlWatch()
    for number, (address, value) in enumerate(sent):
        source = EventSource.OSC if address.startswith("/") else EventSource.MIDI
        moved = watch.hear(Event(number * every_s, source, number, address, value, port=port))
        if moved is not None:
            return moved
    return None


def cc(number: int, values: Iterable[int], channel: int = 1) -> list[tuple[str, float]]:
    return [(f"midi/cc/{channel}/{number}", value / 127) for value in values]


def mixed(*streams: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """Several controls at once: a message of each in turn."""
    longest = max(map(len, streams))
    return [stream[at] for at in range(longest) for stream in streams if at < len(stream)]


@pytest.mark.parametrize(
    "values", [[40, 41, 44], [0, 30, 90], [127, 120, 113, 100], [63, 64, 67], [1, 3, 5, 8, 12, 17]]
)
def test_a_fader_is_a_number(values: list[int]) -> None:
    assert told(cc(21, values, channel=3)) == Moved("number", MidiControl(cc=21, channel=3), port="pads")


@pytest.mark.parametrize("values", [[63, 64] * 20, [0, 1, 2, 1, 0] * 5, [125, 126, 127] * 9, [64], [50, 50, 50, 50]])
def test_what_trembles_is_never_taken(values: list[int]) -> None:
    assert told(cc(21, values)) is None


def test_a_bank_of_trembling_faders_hides_none_that_is_moved() -> None:
    trembling = [cc(number, [60 + number % 3, 61 + number % 3] * 10) for number in range(8)]
    moved = told(mixed(*trembling, cc(30, range(10, 60, 3))))
    assert moved == Moved("number", MidiControl(cc=30, channel=1), port="pads")


def test_a_tremble_now_and_then_does_not_add_up() -> None:
    assert told(cc(21, range(20, 60)), every_s=1.5) is None


@pytest.mark.parametrize("value", [127, 64, 100])
def test_a_control_that_goes_up_and_back_to_nothing_is_a_button(value: int) -> None:
    assert told(cc(41, [value, 0])) == Moved("button", MidiControl(cc=41, channel=1), port="pads")


def test_a_fader_that_comes_to_its_end_is_no_button() -> None:
    assert told(cc(41, [2, 0])) is None
    assert told(cc(41, [9, 5, 0])) == Moved("number", MidiControl(cc=41, channel=1), port="pads")


def test_a_note_is_taken_when_it_is_let_go() -> None:
    pad = Moved("button", MidiControl(note=36, channel=10), port="pads")
    assert told([("midi/note/10/36", 0.8)]) is None
    assert told([("midi/note/10/36", 0.8), ("midi/note/10/36", 0.0)]) == pad


def test_a_note_that_never_ends_is_taken_after_a_second() -> None:
    watch = ControlWatch()
    assert watch.hear(Event(2.0, EventSource.MIDI, 0, "midi/note/10/36", 0.8)) is None
    assert watch.held_too_long(2.9) is None
    moved = watch.held_too_long(3.1)
    assert moved is not None
    assert moved.midi == MidiControl(note=36, channel=10)


def test_a_note_that_was_down_before_is_not_taken() -> None:
    assert told([("midi/note/10/36", 0.0)]) is None


def test_a_pads_pressure_is_not_taken_for_a_fader() -> None:
    pressed = [(f"midi/{kind}", value / 10) for value in range(1, 9) for kind in ("pressure/1", "aftertouch/1/36")]
    moved = told([("midi/note/1/36", 0.8), *pressed, ("midi/note/1/36", 0.0)])
    assert moved is not None
    assert moved.midi == MidiControl(note=36, channel=1)


def test_a_fader_that_tells_of_its_touch_is_the_fader() -> None:
    moved = told([("midi/note/1/104", 1.0), *cc(70, [10, 14, 20])])
    assert moved is not None
    assert moved.midi == MidiControl(cc=70, channel=1)


@pytest.mark.parametrize(
    ("values", "encoding"),
    [
        ([1, 1, 127], "twos_complement"),
        ([127, 1, 127], "twos_complement"),
        ([2, 1, 1, 126, 125], "twos_complement"),
        ([65, 65, 63], "binary_offset"),
        ([66, 65, 65, 62], "binary_offset"),
        ([1, 1, 65], "sign_bit"),
        ([65, 1, 65], "sign_bit"),
        ([1] * 8, "twos_complement"),
        ([127] * 8, "twos_complement"),
        ([65, 65, 66, 65, 65, 66, 65, 65], "binary_offset"),
        ([63] * 8, "binary_offset"),
    ],
)
def test_an_encoder_is_known_by_how_it_counts(values: list[int], encoding: Relative) -> None:
    assert encoding_of(values) == encoding
    assert told(cc(71, values)) == Moved("encoder", MidiControl(cc=71, channel=1, relative=encoding), port="pads")


@given(st.integers(0, 127), st.lists(st.integers(1, 20), min_size=12, max_size=40), st.booleans())
def test_a_fader_that_is_moved_one_way_is_no_encoder(start: int, steps: list[int], up: bool) -> None:
    values = [start]
    for step in steps:
        to = min(127, max(0, values[-1] + (step if up else -step)))
        if to != values[-1]:  # a fader sends what is new
            values.append(to)
    moved = told(cc(21, values))
    if len(values) >= 6:
        assert moved is not None
        assert moved.shape in ("number", "button")
        assert moved.midi is not None
        assert moved.midi.relative is None


@given(st.lists(st.integers(1, 6), min_size=8, max_size=30), st.sampled_from(["twos", "offset", "sign"]))
def test_an_encoder_that_is_turned_to_and_fro_is_no_fader(steps: list[int], counts: str) -> None:
    both = [step if number % 4 < 2 else -step for number, step in enumerate(sorted(steps))]
    code = {
        "twos": lambda step: step % 128,
        "offset": lambda step: 64 + step,
        "sign": lambda step: step if step > 0 else 64 - step,
    }[counts]
    values = [value for step in both for value in (code(step), code(step))]
    moved = told(cc(71, values))
    assert moved is not None
    assert moved.shape == "encoder"


def fine(number: int, values: Iterable[int]) -> list[tuple[str, float]]:
    halves = ((number, value >> 7, number + 32, value & 127) for value in values)
    return [one for coarse, high, low, rest in halves for one in (*cc(coarse, [high]), *cc(low, [rest]))]


def test_two_halves_that_come_together_are_one_fader_of_14_bits() -> None:
    moved = told(fine(7, range(3000, 9000, 100)), every_s=0.001)
    assert moved == Moved("number", MidiControl(cc=7, channel=1, bits=14), port="pads")
    slowly = told(fine(7, range(3000, 3100, 3)), every_s=0.004)
    assert slowly == moved


def test_two_faders_32_numbers_apart_are_two_faders() -> None:
    moved = told(mixed(cc(7, [10, 11]), cc(39, range(20, 60, 5))), every_s=0.05)
    assert moved == Moved("number", MidiControl(cc=39, channel=1), port="pads")


def test_pitch_bend_pressure_and_a_program_change() -> None:
    bend = told([("midi/pitch/2", value / 100) for value in (50, 52, 55)])
    assert bend == Moved("number", MidiControl(pitch=True, channel=2), port="pads")
    pressure = told([("midi/pressure/2", value / 100) for value in (10, 20, 30)])
    assert pressure == Moved("number", MidiControl(pressure=True, channel=2), port="pads")
    program = told([("midi/program/4/9", 1.0)])
    assert program == Moved("button", MidiControl(program=9, channel=4), port="pads")


def test_a_non_registered_parameter_is_known_by_what_chooses_it() -> None:
    sent = [one for value in (10, 20, 30) for one in (*cc(99, [2]), *cc(98, [5]), *cc(6, [value]), *cc(38, [0]))]
    assert told(sent) == Moved("number", MidiControl(nrpn=2 * 128 + 5, channel=1), port="pads")
    bound = told([("midi/nrpn/1/261", value / 100) for value in (10, 20, 30)])
    assert bound == Moved("number", MidiControl(nrpn=261, channel=1), port="pads")


@pytest.mark.parametrize("number", [6, 38, 96, 97])
def test_data_entry_is_a_fader_like_others_where_no_parameter_was_chosen(number: int) -> None:
    assert told(cc(number, [10, 40, 90])) == Moved("number", MidiControl(cc=number, channel=1), port="pads")


def test_a_pair_that_the_show_binds_already() -> None:
    bound = told([("midi/cc14/1/7", value / 1000) for value in (100, 120, 140)])
    assert bound == Moved("number", MidiControl(cc=7, channel=1, bits=14), port="pads")


def test_osc_controls_of_other_programs() -> None:
    assert told([("/fader/one/x", value / 10) for value in (1, 2, 3)]) == Moved(
        "number", osc="/fader/one/x", port="pads"
    )
    assert told([("/push", 1.0), ("/push", 0.0)]) == Moved("button", osc="/push", port="pads")
