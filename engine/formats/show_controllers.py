"""The controllers of a show: each control that bindings and modifiers name, replaced by the MIDI that it sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from engine.formats.nearest import did_you_mean
from engine.formats.yaml_lines import Place
from engine.model.control_address import midi_address
from engine.model.controllers import Profile
from engine.model.controls import Binding, MidiControl, Modifier
from engine.model.show import Show

Report = Callable[[Place, str, str], None]  # place, what is wrong, mend
_Spoken = TypeVar("_Spoken", Binding, Modifier)


@dataclass(frozen=True, slots=True)
class Controls:
    """What a show's controls come to: see the fields of the same names in engine.model.world.LoadedShow."""

    bindings: tuple[Binding, ...] = ()
    modifiers: Mapping[str, Modifier] = field(default_factory=dict)
    controls: Mapping[str, MidiControl] = field(default_factory=dict)
    leds: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    led_addresses: Mapping[str, str] = field(default_factory=dict)


def look_up(show: Show, profiles: Mapping[str, Profile] | None, report: Report) -> Controls:
    """Replace every named control of `show` by its MIDI; what cannot be replaced is reported and left out.

    `profiles` are those that are known, by name; None where they could not be read: then nothing is checked.
    """
    if profiles is None:
        return Controls()
    controllers = _controllers(show, profiles, report)
    lookup = _Lookup(controllers, profiles, report)
    bindings = (lookup.spoken(("bindings", index), binding) for index, binding in enumerate(show.bindings))
    modifiers = {name: lookup.spoken(("modifiers", name), modifier) for name, modifier in show.modifiers.items()}
    return Controls(
        bindings=tuple(binding for binding in bindings if binding is not None),
        modifiers={name: modifier for name, modifier in modifiers.items() if modifier is not None},
        controls={f"{name}/{one}": midi for name, made in controllers.items() for one, midi in made.controls.items()},
        leds={address: values for made in controllers.values() for address, values in made.leds.items()},
        led_addresses={own: lamp for made in controllers.values() for own, lamp in made.led_addresses.items()},
    )


@dataclass(frozen=True, slots=True)
class _Controller:
    controls: Mapping[str, MidiControl]
    leds: Mapping[str, tuple[int, int]]
    led_addresses: Mapping[str, str]


def _controllers(show: Show, profiles: Mapping[str, Profile], report: Report) -> dict[str, _Controller]:
    """The show's controllers by the names that bindings call them."""
    found: dict[str, _Controller] = {}
    for index, controller in enumerate(show.controllers):
        place: Place = ("controllers", index)
        profile = profiles.get(controller.profile)
        if profile is None:
            mend = did_you_mean(controller.profile, profiles, f"there are {', '.join(profiles)}")
            report((*place, "profile"), f"there is no profile {controller.profile}", mend)
            continue
        name = controller.name or profile.name
        if name in found:
            where = "profile" if controller.name is None else "name"
            report((*place, where), f"{name} is the name of two controllers", "give each a name of its own")
            continue
        found[name] = _made(profile, profile.port if controller.port is None else controller.port)
    return found


def _made(profile: Profile, port: str) -> _Controller:
    controls = {name: control.on_port(port, profile.channel) for name, control in profile.controls.items()}
    leds: dict[str, tuple[int, int]] = {}
    elsewhere: dict[str, str] = {}
    for name, control in profile.controls.items():
        if control.led is None:
            continue
        address = midi_address(controls[name])
        leds[address] = (control.led.on, control.led.off)
        if control.led.note is not None:
            lamp = MidiControl(note=control.led.note, channel=controls[name].channel)
            elsewhere[address] = midi_address(lamp)
    return _Controller(controls, leds, elsewhere)


@dataclass(frozen=True, slots=True)
class _Lookup:
    controllers: Mapping[str, _Controller]
    profiles: Mapping[str, Profile]
    report: Report

    def spoken(self, place: Place, spoken: _Spoken) -> _Spoken | None:
        """A binding or modifier with its named control replaced; None, and a report, where there is no such control."""
        if spoken.control is None:
            return spoken
        name, _, control = spoken.control.partition("/")
        controller = self.controllers.get(name)
        if controller is None:
            self.report((*place, "control"), f"the show has no controller {name}", self._unknown(name))
            return None
        midi = controller.controls.get(control)
        if midi is None:
            mend = did_you_mean(control, controller.controls, "docs/controllers.md lists its controls")
            self.report((*place, "control"), f"{name} has no control {control}", mend)
            return None
        return spoken.model_copy(update={"midi": midi, "control": None})

    def _unknown(self, name: str) -> str:
        if name in self.profiles:
            return f"add to controllers: - {{profile: {name}}}"
        return did_you_mean(name, self.controllers, f"there are {', '.join(self.controllers) or 'none'}")
