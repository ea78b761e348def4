"""What controllers are told: which numbers, when, and to which port."""

from __future__ import annotations

from typing import Any

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.midi_telling import MOST_A_ROUND, Hands, Teller, Told, told_controls
from engine.inputs.midi_messages import MidiDecoder, ShowControls
from engine.model.controls import Binding, MidiControl
from engine.model.show import Show
from engine.model.tree import ParameterTree

TREE = ParameterTree(
    Show.model_validate({"layers": [{"name": "base"}], "movements": [{"name": "one", "duration_s": 1}]})
)


def binding(to: str = "/master/fade", feedback: bool = True, **more: Any) -> Binding:
    rest = {name: more.pop(name) for name in ("press", "value", "range", "page", "modifier") if name in more}
    shape = {name: more.pop(name) for name in ("invert", "curve", "dead_zone") if name in more}
    return Binding(midi=MidiControl(**more), to=to, feedback=feedback, **rest, **shape)


def sent(
    bindings: list[Binding], values: dict[str, float | None], leds: dict[str, tuple[int, int]] | None = None
) -> list[bytes]:
    """What a port is told in its first round."""
    return Teller(told_controls(bindings, TREE, leds)).due(values.get, Hands(), 0.0)


@pytest.mark.parametrize(
    ("bound", "value", "messages"),
    [
        (binding(cc=21), 1.0, [b"\xb0\x15\x7f"]),
        (binding(cc=21, channel=5), 0.5, [b"\xb4\x15\x40"]),
        (binding(cc=1, bits=14), 1.0, [b"\xb0\x01\x7f", b"\xb0\x21\x7f"]),
        (binding(cc=1, bits=14), 0.5, [b"\xb0\x01\x40", b"\xb0\x21\x00"]),
        (binding(nrpn=130), 1.0, [b"\xb0\x63\x01", b"\xb0\x62\x02", b"\xb0\x06\x7f", b"\xb0\x26\x7f"]),
        (binding(pitch=True, channel=9), 0.0, [b"\xe8\x00\x00"]),
        (binding(pitch=True), 0.5, [b"\xe0\x00\x40"]),
        (binding(pitch=True), 1.0, [b"\xe0\x7f\x7f"]),
        (binding(cc=21, invert=True), 1.0, [b"\xb0\x15\x00"]),
        (binding(cc=21, range=(0.5, 0.0)), 0.5, [b"\xb0\x15\x00"]),
        (binding(cc=21, range=(0.0, 0.5)), 1.0, [b"\xb0\x15\x7f"]),
        (binding(cc=21, dead_zone=0.1), 0.5, [b"\xb0\x15\x40"]),
        (binding(note=36), 1.0, [b"\x90\x24\x7f"]),
        (binding(note=36), 0.25, [b"\x90\x24\x20"]),
        (binding(note=36, press="toggle"), 0.25, [b"\x90\x24\x00"]),
        (binding(note=36, press="toggle"), 0.75, [b"\x90\x24\x7f"]),
    ],
)
def test_a_value_becomes_the_message_that_would_have_set_it(
    bound: Binding, value: float, messages: list[bytes]
) -> None:
    assert sent([bound], {"/master/fade": value}) == messages


def test_a_switch_lights_a_button_and_a_fixed_value_the_pad_that_has_it() -> None:
    assert sent([binding("/master/blackout", cc=41)], {"/master/blackout": 1.0}) == [b"\xb0\x29\x7f"]
    pads = [binding("/movement/index", note=36 + n, value=float(n)) for n in range(3)]
    lit = [b"\x90\x24\x00", b"\x90\x25\x7f", b"\x90\x26\x00"]
    assert sent(pads, {"/movement/index": 1.0}) == lit


def test_a_lamp_of_its_own_colours_is_lit_by_them() -> None:
    leds = {"midi/note/1/36": (5, 3), "midi/cc/*/41": (1, 64)}
    bound = [binding(note=36, channel=1), binding("/master/blackout", cc=41)]
    assert sent(bound, {"/master/fade": 0.7, "/master/blackout": 0.0}, leds) == [b"\x90\x24\x05", b"\xb0\x29\x40"]
    assert sent(bound, {"/master/fade": 0.3, "/master/blackout": 1.0}, leds) == [b"\x90\x24\x03", b"\xb0\x29\x01"]


def test_a_lamp_may_listen_elsewhere() -> None:
    told = told_controls([binding(cc=41)], TREE, {"midi/cc/*/41": (127, 0)}, {"midi/cc/*/41": "midi/note/3/9"})
    assert Teller(told).due({"/master/fade": 1.0}.get, Hands(), 0.0) == [b"\x92\x09\x7f"]


@pytest.mark.parametrize(
    "silent",
    [
        binding(cc=21, feedback=False),
        binding("/go", note=1),
        binding(program=1),
        binding(pressure=True),
        binding(aftertouch=1),
        binding(cc=21, modifier="shift"),
        Binding(key="a", to="/master/fade", value=1),
    ],
)
def test_what_has_nothing_to_show_is_told_nothing(silent: Binding) -> None:
    assert told_controls([silent], TREE) == ()


def test_a_value_that_is_not_there_moves_no_fader_and_lights_no_lamp() -> None:
    bound = [binding("/layer/base/position", cc=1), binding("/layer/base/position", note=1)]
    assert sent(bound, {"/layer/base/position": None}) == [b"\x90\x01\x00"]


def test_only_what_changes_is_sent_again() -> None:
    teller, values = (
        Teller(told_controls([binding(cc=1), binding("/master/volume", cc=2)], TREE)),
        {"/master/fade": 0.0},
    )
    values["/master/volume"] = 0.5
    assert len(teller.due(values.get, Hands(), 0.0)) == 2
    assert teller.due(values.get, Hands(), 0.02) == []
    values["/master/volume"] = 0.501  # less than a step of 7 bits
    assert teller.due(values.get, Hands(), 0.04) == []
    values["/master/volume"] = 0.51
    assert teller.due(values.get, Hands(), 0.06) == [b"\xb0\x02\x41"]


def test_a_fader_is_left_to_the_hand_that_moves_it_and_told_when_it_rests() -> None:
    teller, values, hands = Teller(told_controls([binding(cc=1)], TREE)), {"/master/fade": 0.0}, Hands()
    teller.due(values.get, hands, 0.0)
    for tenth in range(1, 10):
        hands.note("midi/cc/1/1", tenth / 10)
        values["/master/fade"] = tenth / 10
        assert teller.due(values.get, hands, tenth / 10 + 0.02) == []
    assert teller.due(values.get, hands, 1.19) == []
    assert teller.due(values.get, hands, 1.21) == [b"\xb0\x01\x72"]


def test_a_pad_is_lit_at_once_and_again_when_it_is_let_go() -> None:
    teller, values, hands = (
        Teller(told_controls([binding(note=1, press="toggle")], TREE)),
        {"/master/fade": 0.0},
        Hands(),
    )
    teller.due(values.get, hands, 0.0)
    hands.note("midi/note/1/1", 1.0)
    values["/master/fade"] = 1.0
    assert teller.due(values.get, hands, 1.02) == [b"\x90\x01\x7f"]
    hands.note("midi/note/1/1", 1.1)  # the controller puts it out by itself
    assert teller.due(values.get, hands, 1.12) == [b"\x90\x01\x7f"]
    assert teller.due(values.get, hands, 1.14) == []


def test_a_control_of_any_channel_is_told_on_the_one_it_was_last_heard_on() -> None:
    teller, hands = Teller(told_controls([binding(cc=1)], TREE)), Hands()
    assert teller.due({"/master/fade": 1.0}.get, hands, 0.0) == [b"\xb0\x01\x7f"]
    hands.note("midi/cc/7/1", 1.0)
    assert teller.due({"/master/fade": 1.0}.get, hands, 2.0) == [b"\xb6\x01\x7f"]


def test_a_page_shows_its_own_and_changing_it_tells_everything_anew() -> None:
    bound = [
        binding(cc=1, page=0),
        binding("/master/volume", cc=1, page=1),
        binding(note=1, page=0),
        binding("/track/volume", cc=2),
    ]
    teller = Teller(told_controls(bound, TREE))
    values = {"/master/fade": 1.0, "/master/volume": 0.0, "/track/volume": 1.0, "/control/page": 0.0}
    assert teller.due(values.get, Hands(), 0.0) == [b"\xb0\x01\x7f", b"\x90\x01\x7f", b"\xb0\x02\x7f"]
    values["/control/page"] = 1.0
    assert teller.due(values.get, Hands(), 0.02) == [b"\xb0\x01\x00", b"\x90\x01\x00", b"\xb0\x02\x7f"]
    values["/control/page"] = 2.0  # nothing is bound there but what is bound everywhere; a fader stays where it is
    assert teller.due(values.get, Hands(), 0.04) == [b"\x90\x01\x00", b"\xb0\x02\x7f"]


def test_a_round_sends_no_more_than_a_cable_carries_and_all_have_their_turn() -> None:
    teller = Teller(told_controls([binding(cc=number) for number in range(100)], TREE))
    value = {"/master/fade": 1.0}.get
    rounds = [teller.due(value, Hands(), n * 0.02) for n in range(6)]
    assert [len(messages) for messages in rounds] == [MOST_A_ROUND] * 5 + [0]
    assert {message[1] for messages in rounds for message in messages} == set(range(100))


def test_a_value_in_constant_motion_does_not_keep_others_waiting() -> None:
    bound = [binding("/movement/position", cc=number) for number in range(2 * MOST_A_ROUND)]
    teller = Teller(told_controls([*bound, binding(cc=99)], TREE))
    told = set()
    for n in range(4):
        values = {"/movement/position": n / 10, "/master/fade": 1.0}
        told |= {message[1] for message in teller.due(values.get, Hands(), n * 0.02)}
    assert 99 in told


def test_putting_out_is_for_lamps_that_were_told_something() -> None:
    bound = [
        binding(cc=1),
        binding(note=1),
        binding("/master/blackout", cc=41),
        binding("/layer/base/position", note=3),
    ]
    teller = Teller(told_controls(bound, TREE, {"midi/note/*/1": (5, 1)}))
    assert teller.all_off() == []
    teller.due({"/master/fade": 1.0, "/master/blackout": 1.0}.get, Hands(), 0.0)
    assert teller.all_off() == [b"\x90\x01\x01", b"\xb0\x29\x00", b"\x90\x03\x00"]


def only(bound: Binding) -> Told:
    (told,) = told_controls([bound], TREE)
    return told


@pytest.mark.parametrize(
    ("port", "part", "inputs", "output", "goes"),
    [
        ("apc", "", [], "APC MINI:APC MINI MIDI 1 24:0", True),
        ("apc", "", [], "nanoKONTROL2 CTRL", False),
        ("", "nano", [], "nanoKONTROL2 CTRL", True),
        ("slider", "", ["nanoKONTROL2 SLIDER/KNOB"], "nanoKONTROL2 CTRL", True),
        ("", "", ["nanoKONTROL2 SLIDER/KNOB"], "nanoKONTROL2 CTRL", True),
        ("", "", ["nanoKONTROL2 SLIDER/KNOB"], "A synthesiser", False),
        ("", "", ["Midi Through:Midi Through Port-0 14:0"], "Midi Through:Midi Through Port-0 14:0", False),
    ],
)
def test_the_output_that_belongs_to_a_control(port: str, part: str, inputs: list[str], output: str, goes: bool) -> None:
    assert only(binding(cc=1, port=port)).goes_to(output, part, inputs) is goes


controls = st.one_of(
    st.builds(MidiControl, cc=st.integers(0, 127), channel=st.integers(1, 16)),
    st.builds(MidiControl, cc=st.integers(0, 31), channel=st.integers(1, 16), bits=st.just(14)),
    st.builds(MidiControl, note=st.integers(0, 127), channel=st.integers(1, 16)),
    st.builds(MidiControl, nrpn=st.integers(0, 16_382), channel=st.integers(1, 16)),
    st.builds(MidiControl, pitch=st.just(True), channel=st.integers(1, 16)),
)


@given(controls, st.floats(0, 1))
def test_a_controller_that_sends_back_what_it_was_told_says_the_same(control: MidiControl, value: float) -> None:
    messages = sent([Binding(midi=control, to="/master/fade")], {"/master/fade": value})
    decoder = MidiDecoder(ShowControls.of([Binding(midi=control, to="/master/fade")], []))
    heard = [heard for message in messages for heard in decoder.feed(message, 0.0)]
    assert not isinstance(heard[-1], bytes)
    steps = 127 if control.bits == 7 and control.nrpn is None and control.pitch is None else 16_383
    assert heard[-1][1] == pytest.approx(value, abs=0.51 / steps)
    for message in messages:
        mido.Message.from_bytes(message)
