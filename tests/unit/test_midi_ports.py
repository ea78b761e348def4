"""Ports that come and go, with a driver made up for the purpose."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import pytest

from engine.core.midi_ports import OWN_FEEDBACK, OWN_INPUT, MidiPorts, PortKey, device_of, first_that_fits


@dataclass
class Machine:
    """A machine's MIDI ports, and every client that was made on it."""

    ports: list[str] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    listing_fails: bool = False
    moves_up: list[str] | None = None  # the ports as they are once somebody opens one

    def make(self) -> Client:
        self.clients.append(Client(self))
        return self.clients[-1]

    @property
    def open(self) -> list[str]:
        return [client.port for client in self.clients if client.port]


@dataclass
class Client:
    machine: Machine
    port: str = ""
    deleted: bool = False

    def get_ports(self) -> list[str]:
        if self.machine.listing_fails:
            raise OSError("no server")
        return list(self.machine.ports)

    def open_port(self, port: int, name: str) -> None:
        assert not self.port
        if self.machine.moves_up is not None:
            self.machine.ports = self.machine.moves_up
        if self.machine.ports[port] in self.machine.refuses:
            raise OSError("busy")
        self.port = self.machine.ports[port]

    def close_port(self) -> None:
        self.port = ""

    def delete(self) -> None:
        assert not self.port
        self.deleted = True


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def ports(machine: Machine) -> MidiPorts:
    return MidiPorts(machine.make, OWN_INPUT)


ALL = first_that_fits("")
PADS = first_that_fits("PAD")


def test_a_port_that_comes_goes_and_comes_again_is_open_while_it_is_there(machine: Machine, ports: MidiPorts) -> None:
    assert ports.look(PADS).opened == ()
    machine.ports = ["keys", "pads"]
    assert [port.key for port in ports.look(PADS).opened] == [PortKey("pads")]
    assert ports.look(PADS).opened == ()
    machine.ports = ["keys"]
    assert ports.look(PADS).gone == (PortKey("pads"),)
    assert machine.open == []
    machine.ports = ["pads", "keys"]
    ports.look(PADS)
    assert machine.open == ["pads"]


def test_a_client_whose_port_is_gone_serves_the_next_one(machine: Machine, ports: MidiPorts) -> None:
    for _ in range(5):
        machine.ports = ["pads"]
        ports.look(ALL)
        machine.ports = []
        ports.look(ALL)
    assert len(machine.clients) == 2  # the one that lists, and one more


def test_an_empty_name_opens_all_and_a_part_the_first_and_sticks_to_it(machine: Machine, ports: MidiPorts) -> None:
    machine.ports = ["pads 2", "keys"]
    ports.look(PADS)
    machine.ports = ["pads 1", "pads 2", "keys"]
    assert ports.look(PADS).opened == ()
    assert machine.open == ["pads 2"]
    machine.ports = ["pads 1", "keys"]
    ports.look(PADS)
    assert machine.open == ["pads 1"]
    ports.look(ALL)
    assert sorted(machine.open) == ["keys", "pads 1"]


def test_two_devices_of_one_name_are_two_ports(machine: Machine, ports: MidiPorts) -> None:
    machine.ports = ["pads", "pads"]
    assert [port.key for port in ports.look(ALL).opened] == [PortKey("pads", 0), PortKey("pads", 1)]
    machine.ports = ["pads"]
    assert ports.look(ALL).gone == (PortKey("pads", 1),)


def test_our_own_ports_and_those_without_a_name_are_never_opened(machine: Machine, ports: MidiPorts) -> None:
    machine.ports = [f"{OWN_FEEDBACK}-01:{OWN_FEEDBACK}", "", f"runtime:{OWN_INPUT} 129:0", "pads"]
    ports.look(ALL)
    assert machine.open == ["pads"]
    assert ports.names == ("pads",)


def test_a_port_that_refuses_is_told_of_once_and_opened_when_it_is_free(
    machine: Machine, ports: MidiPorts, caplog: pytest.LogCaptureFixture
) -> None:
    machine.ports, machine.refuses = ["pads"], {"pads"}
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            ports.look(ALL)
    assert [record.message for record in caplog.records] == [
        "pads: the MIDI port refuses (busy). Close the program that holds it."
    ]
    machine.refuses = set()
    assert [port.key.name for port in ports.look(ALL).opened] == ["pads"]
    assert len(machine.clients) == 2


def test_a_port_that_moves_up_while_it_is_opened_is_not_mistaken_for_its_neighbour(
    machine: Machine, ports: MidiPorts
) -> None:
    machine.ports, machine.moves_up = ["keys", "pads", "drums"], ["pads", "drums"]
    assert ports.look(PADS).opened == ()
    assert machine.open == []
    ports.look(PADS)
    assert machine.open == ["pads"]


def test_while_nothing_can_be_listed_all_stays_as_it_is(machine: Machine, ports: MidiPorts) -> None:
    machine.ports = ["pads"]
    ports.look(ALL)
    machine.listing_fails = True
    assert ports.look(ALL).gone == ()
    assert machine.open == ["pads"]


def test_closing_gives_every_client_back(machine: Machine, ports: MidiPorts) -> None:
    machine.ports = ["pads", "keys"]
    ports.look(ALL)
    machine.ports = ["pads"]
    ports.look(ALL)
    ports.close()
    assert len(machine.clients) == 3
    assert all(client.deleted for client in machine.clients)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("nanoKONTROL2:nanoKONTROL2 nanoKONTROL2 _ CTRL 24:0", "nanoKONTROL2:nanoKONTROL2 nanoKONTROL2 _ CTRL 28:0"),
        ("nanoKONTROL2 SLIDER/KNOB", "nanoKONTROL2 CTRL"),
        ("nanoKONTROL2 0", "nanoKONTROL2 1"),
        ("MIDIIN2 (X-TOUCH MINI) 3", "MIDIOUT2 (X-TOUCH MINI) 4"),
        ("RtMidiOut Client:faders", "RtMidiIn Client-01:faders"),
        (
            "a2j:X-TOUCH MINI [20] (capture): X-TOUCH MINI MIDI 1",
            "a2j:X-TOUCH MINI [20] (playback): X-TOUCH MINI MIDI 1",
        ),
    ],
)
def test_the_two_directions_of_a_device_go_together(one: str, other: str) -> None:
    assert device_of(one) == device_of(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Launchpad Mini:Launchpad Mini MIDI 1 20:0", "Launch Control XL:Launch Control XL MIDI 1 24:0"),
        ("nanoKONTROL2 0", "APC MINI 1"),
        ("a2j:X-TOUCH MINI [20] (capture): X", "a2j:Midi Through [14] (playback): Midi Through Port-0"),
        ("", "pads"),
    ],
)
def test_two_devices_are_told_apart(one: str, other: str) -> None:
    assert device_of(one) != device_of(other)
