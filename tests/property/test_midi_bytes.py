"""What holds for all bytes that may come out of a MIDI cable."""

from __future__ import annotations

from itertools import pairwise

import mido
from hypothesis import given
from hypothesis import strategies as st

from engine.inputs.midi_messages import Heard, MidiDecoder, ShowControls
from engine.inputs.midi_stream import MidiStream
from engine.model.controls import MidiControl

BOUND = ShowControls(
    fine=(
        MidiControl(cc=0, bits=14),
        MidiControl(cc=6, bits=14, channel=3),
        MidiControl(nrpn=0),
        MidiControl(nrpn=129),
    ),
    held=(MidiControl(cc=64),),
)
# Few statuses and numbers, so that halves, choices and releases meet.
near = st.one_of(st.integers(0, 255), st.sampled_from([0x80, 0x90, 0xB0, 0xF0, 0xF7, 0, 1, 6, 32, 38, 64, 98, 99, 123]))
streams = st.lists(near, max_size=80).map(bytes)
notes = st.builds(
    mido.Message,
    st.sampled_from(["note_on", "note_off"]),
    channel=st.integers(0, 1),
    note=st.integers(0, 3),
    velocity=st.integers(0, 127),
)


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    return [stream[begin:end] for begin, end in pairwise(places)]


@given(streams, st.lists(st.integers(0, 80), max_size=8))
def test_it_does_not_matter_where_a_stream_is_cut(stream: bytes, cuts: list[int]) -> None:
    whole, cut = MidiDecoder(BOUND), MidiDecoder(BOUND)
    heard: list[Heard] = []
    for piece in pieces(stream, cuts):
        heard += cut.feed(piece, 0.0)
    assert heard == whole.feed(stream, 0.0)
    assert (cut.malformed, cut.let_go()) == (whole.malformed, whole.let_go())


@given(streams)
def test_values_lie_between_0_and_1_and_all_that_is_held_was_pressed(stream: bytes) -> None:
    decoder = MidiDecoder(BOUND)
    last = {heard[0]: heard[1] for heard in decoder.feed(stream, 0.0) if not isinstance(heard, bytes)}
    assert all(0 <= value <= 1 for value in last.values())
    assert all(last[address] > 0 and value == 0 for address, value in decoder.let_go())
    assert all(0 <= value <= 1 for _, value, _ in decoder.settle(1.0))


@given(streams)
def test_every_message_is_one_that_another_reader_of_midi_takes(stream: bytes) -> None:
    for message in MidiStream().feed(stream):
        mido.Message.from_bytes(message)


@given(streams, notes)
def test_a_whole_message_is_understood_whatever_came_before_it(stream: bytes, message: mido.Message) -> None:
    decoder = MidiDecoder(BOUND)
    decoder.feed(stream, 0.0)
    value = message.velocity / 127 if message.type == "note_on" else 0.0
    assert decoder.feed(message.bytes(), 0.0) == [(f"midi/note/{message.channel + 1}/{message.note}", value)]


@given(st.lists(notes, max_size=60))
def test_whatever_is_played_nothing_is_down_once_the_port_is_gone(played: list[mido.Message]) -> None:
    decoder = MidiDecoder()
    down: dict[str, float] = {}
    for message in played:
        down.update(dict(decoder.feed(message.bytes(), 0.0)))  # type: ignore[arg-type]
    released = decoder.let_go()
    assert {address for address, _ in released} == {address for address, value in down.items() if value > 0}
