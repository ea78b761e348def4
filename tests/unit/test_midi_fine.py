"""14-bit pairs and NRPNs, as the MIDI 1.0 Detailed Specification has them, and as simpler controllers do."""

from __future__ import annotations

import pytest

from engine.inputs.midi_messages import MidiDecoder, ShowControls
from engine.model.controls import MidiControl

PAIR = ShowControls(fine=(MidiControl(cc=1, bits=14),))
PAIR_OF_CHANNEL_2 = ShowControls(fine=(MidiControl(cc=1, bits=14, channel=2),))
NUMBER = 5 * 128 + 6
NRPN = ShowControls(fine=(MidiControl(nrpn=NUMBER),))
CHOSEN = bytes((0xB0, 99, 5, 98, 6))


def fine(coarse: int, low: int) -> float:
    return (coarse * 128 + low) / 16_383


def paired() -> MidiDecoder:
    """A decoder that knows its controller to send both halves."""
    decoder = MidiDecoder(PAIR)
    decoder.feed([0xB0, 1, 0, 33, 0], 0.0)
    return decoder


def test_both_halves_make_one_value() -> None:
    assert paired().feed([0xB0, 1, 64, 33, 127], 1.0) == [("midi/cc14/1/1", fine(64, 127))]
    assert paired().feed([0xB0, 1, 127, 33, 127], 1.0) == [("midi/cc14/1/1", 1.0)]


def test_the_fine_half_alone_moves_a_little() -> None:
    decoder = paired()
    decoder.feed([0xB0, 1, 64, 33, 0], 1.0)
    assert decoder.feed([0xB0, 33, 5], 1.0) == [("midi/cc14/1/1", fine(64, 5))]


def test_a_controller_that_sends_no_fine_half_moves_the_whole_way_at_once() -> None:
    decoder = MidiDecoder(PAIR)
    assert decoder.feed([0xB0, 1, 0, 1, 127], 0.0) == [("midi/cc14/1/1", 0.0), ("midi/cc14/1/1", 1.0)]
    assert decoder.settle(100.0) == []


def test_a_coarse_half_waits_for_its_fine_half_and_no_longer_than_ten_ms() -> None:
    decoder = paired()
    assert decoder.feed([0xB0, 1, 64], 1.0) == []
    assert decoder.settle(1.009) == []
    assert decoder.settle(1.0101) == [("midi/cc14/1/1", fine(64, 0), 1.0)]
    assert decoder.settle(2.0) == []


def test_a_coarse_half_that_another_overtakes_counts() -> None:
    decoder = paired()
    decoder.feed([0xB0, 1, 64], 1.0)
    assert decoder.feed([0xB0, 1, 65], 1.001) == [("midi/cc14/1/1", fine(64, 0))]
    assert decoder.settle(1.02) == [("midi/cc14/1/1", fine(65, 0), 1.001)]


def test_a_clock_that_is_set_back_does_not_hold_a_value() -> None:
    decoder = paired()
    decoder.feed([0xB0, 1, 64], 50.0)
    assert decoder.settle(3.0) == [("midi/cc14/1/1", fine(64, 0), 50.0)]


def test_a_fine_half_whose_coarse_half_is_not_known_says_nothing() -> None:
    assert MidiDecoder(PAIR).feed([0xB0, 33, 5], 0.0) == []


def test_what_the_show_does_not_bind_with_14_bits_stays_as_it_is() -> None:
    assert MidiDecoder(PAIR).feed([0xB0, 2, 127, 34, 127], 0.0) == [("midi/cc/1/2", 1.0), ("midi/cc/1/34", 1.0)]
    decoder = MidiDecoder(PAIR_OF_CHANNEL_2)
    assert decoder.feed([0xB0, 1, 127, 33, 127], 0.0) == [("midi/cc/1/1", 1.0), ("midi/cc/1/33", 1.0)]
    assert decoder.feed([0xB1, 1, 127], 0.0) == [("midi/cc14/2/1", 1.0)]


def test_a_parameter_is_chosen_and_moved() -> None:
    decoder = MidiDecoder(NRPN)
    assert decoder.feed(CHOSEN, 0.0) == []
    address = f"midi/nrpn/1/{NUMBER}"
    assert decoder.feed([0xB0, 6, 127], 0.0) == [(address, 1.0)]  # no fine half has been seen yet
    assert decoder.feed([0xB0, 38, 3], 0.0) == [(address, fine(127, 3))]
    assert decoder.feed([0xB0, 6, 1, 38, 2], 0.0) == [(address, fine(1, 2))]


def test_steps_are_fine_where_fine_halves_are_sent_and_end_at_the_ends() -> None:
    decoder = MidiDecoder(NRPN)
    address = f"midi/nrpn/1/{NUMBER}"
    decoder.feed(CHOSEN + bytes((6, 0, 38, 1)), 0.0)
    assert decoder.feed([0xB0, 96, 0, 97, 0, 97, 0, 97, 0], 0.0) == [
        (address, fine(0, 2)),
        (address, fine(0, 1)),
        (address, 0.0),
        (address, 0.0),
    ]


def test_steps_are_coarse_where_they_are_not_and_begin_at_0() -> None:
    decoder = MidiDecoder(NRPN)
    decoder.feed(CHOSEN, 0.0)
    steps = [value for _, value in decoder.feed([0xB0, *[96, 0] * 200], 0.0)]  # type: ignore[misc]
    assert steps[:2] == [1 / 127, 2 / 127]
    assert steps[-1] == 1.0


@pytest.mark.parametrize("ended", [(99, 127, 98, 127), (101, 0, 100, 1), (99, 5, 98, 7)])
def test_data_for_nothing_or_for_another_parameter_is_a_plain_control_change(ended: tuple[int, ...]) -> None:
    decoder = MidiDecoder(NRPN)
    decoder.feed(CHOSEN, 0.0)
    assert decoder.feed(bytes((0xB0, *ended, 6, 127)), 0.0) == [("midi/cc/1/6", 1.0)]


def test_each_channel_chooses_for_itself() -> None:
    decoder = MidiDecoder(NRPN)
    decoder.feed(CHOSEN, 0.0)
    assert decoder.feed([0xB1, 6, 127], 0.0) == [("midi/cc/2/6", 1.0)]
    assert decoder.feed([0xB0, 6, 127], 0.0) == [(f"midi/nrpn/1/{NUMBER}", 1.0)]


def test_without_an_nrpn_in_the_show_its_control_changes_are_faders_like_others() -> None:
    decoder = MidiDecoder(ShowControls(fine=(MidiControl(nrpn=1, channel=2),)))
    assert decoder.feed([0xB0, 99, 127, 6, 127], 0.0) == [("midi/cc/1/99", 1.0), ("midi/cc/1/6", 1.0)]
