"""Controls and what they play: what `bindings:`, `modifiers:`, `controllers:` and `inputs:` of a show may say."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from engine.model.cueing import Quantise
from engine.model.part import ControlName, KeyName, Name, OscAddress, Part, Path

Relative = Literal["twos_complement", "binary_offset", "sign_bit"]
Takeover = Literal["jump", "pickup", "scale"]
Press = Literal["trigger", "toggle", "momentary", "gate"]
Curve = Literal["linear", "exponential", "logarithmic", "s_curve"]


class MidiControl(Part):
    """A MIDI control: exactly one of cc, note, pitch, nrpn, program, pressure, aftertouch."""

    cc: int | None = Field(None, ge=0, le=127, description="Control change number; with 14 bits, that of its MSB.")
    note: int | None = Field(None, ge=0, le=127, description="Note number.")
    pitch: Literal[True] | None = Field(None, description="Pitch bend: `pitch: true`.")
    nrpn: int | None = Field(None, ge=0, le=16_383, description="Non-registered parameter number, 14 bits.")
    program: int | None = Field(None, ge=0, le=127, description="Program change to this number.")
    pressure: Literal[True] | None = Field(None, description="Pressure of a whole channel: `pressure: true`.")
    aftertouch: int | None = Field(None, ge=0, le=127, description="Pressure on this note.")
    channel: int | None = Field(None, ge=1, le=16, description="Channel 1..16; any where left out.")
    port: str = Field("", max_length=200, description="Only from ports whose name has this in it.")
    bits: Literal[7, 14] = Field(7, description="14: two control changes, 32 apart, make one fine value.")
    relative: Relative | None = Field(
        None, description="An endless encoder that sends steps, and how: 65 up 63 down is binary_offset."
    )

    @model_validator(mode="after")
    def _one(self) -> MidiControl:
        kinds = (self.cc, self.note, self.pitch, self.nrpn, self.program, self.pressure, self.aftertouch)
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("say exactly one of cc, note, pitch, nrpn, program, pressure, aftertouch")
        if self.bits == 14 and (self.cc is None or self.cc > 31):
            raise ValueError("bits: 14 needs a cc from 0 to 31; its fine half is 32 higher")
        if self.relative is not None and (self.cc is None or self.bits == 14):
            raise ValueError("relative needs a cc of 7 bits")
        return self


class Modifier(Part):
    """A control that, while it is held, gives others a second meaning: exactly one of midi, key, control."""

    midi: MidiControl | None = Field(None, description="A MIDI control; held while its value is above 0.")
    key: KeyName | None = Field(None, description="A key by its name.")
    control: ControlName | None = Field(None, description="A control of one of the show's controllers.")

    @model_validator(mode="after")
    def _one(self) -> Modifier:
        if sum(control is not None for control in (self.midi, self.key, self.control)) != 1:
            raise ValueError("say exactly one of midi, key, control")
        return self


class Binding(Part):
    """A control and what it plays: exactly one of midi, control, osc, key; and either `to` or `scrub`."""

    midi: MidiControl | None = Field(None, description="A MIDI control.")
    control: ControlName | None = Field(
        None, description="A control of one of the show's controllers, such as nanokontrol2/fader1."
    )
    osc: OscAddress | None = Field(
        None, description="An OSC address. Every path of the parameter tree is one already, without a binding."
    )
    key: KeyName | None = Field(None, description="A key by its name: space, left, f1, a.")
    to: Path | None = Field(None, description="The parameter or action that it plays.")
    scrub: Path | None = Field(
        None, description="/movement or /layer/NAME: the control is its position, 0 its beginning and 1 its end."
    )
    range: tuple[float, float] | None = Field(
        None, description="What the control's 0 and 1 become; the parameter's own range where left out. May fall."
    )
    value: float | None = Field(None, description="A fixed value to send on press, for keys and pads.")
    press: Press | None = Field(
        None,
        description=(
            "What a key, pad or button does. trigger: fires when pressed; toggle: the range's two ends by turns; "
            "momentary: the upper end while held; gate: as hard as it was hit while held. Left out: trigger for "
            "actions and values, gate for parameters."
        ),
    )
    takeover: Takeover = Field(
        "jump",
        description=(
            "When control and parameter stand apart. jump: the parameter leaps to the control; pickup: it waits until "
            "the control comes to it; scale: it moves with the control, and they meet at the end of the travel."
        ),
    )
    curve: Curve = Field("linear", description="How the control's travel is spread over the range.")
    invert: bool = Field(False, description="The control's 0 counts as 1.")
    dead_zone: float = Field(
        0, ge=0, le=0.4, description="This much of the travel at each end, and round pitch bend's middle, is all one."
    )
    steps: int = Field(128, ge=2, le=16_384, description="Steps of an endless encoder from one end to the other.")
    page: int | None = Field(None, ge=0, le=127, description="Only while /control/page is at this; always if left out.")
    modifier: Name | None = Field(None, description="Only while this modifier is held; without it, only while none is.")
    quantise: Quantise | None = Field(None, description="What the action waits for.")
    feedback: bool = Field(True, description="Whether the control is told the parameter's value: its LED or motor.")

    @model_validator(mode="after")
    def _one(self) -> Binding:
        if sum(control is not None for control in (self.midi, self.control, self.osc, self.key)) != 1:
            raise ValueError("say exactly one of midi, control, osc, key")
        if (self.to is None) == (self.scrub is None):
            raise ValueError("say exactly one of to, scrub")
        return self


class Controller(Part):
    """A controller that the engine has a profile of, so that its controls can be named."""

    profile: Name = Field(description="The profile's name: see controllers.md.")
    name: Name | None = Field(None, description="What bindings call it; the profile's name where left out.")
    port: str | None = Field(None, max_length=200, description="Part of its port's name; as the profile has it.")


class MidiInput(Part):
    """Which MIDI port is listened to."""

    port: str = Field("", description="Port, by part of its name; empty listens to every input port.")
    enabled: bool = Field(True, description="false leaves MIDI alone.")
    feedback: bool = Field(True, description="Tell controllers the values that they play, for LEDs and motor faders.")


class OscInput(Part):
    """Where OSC is listened for, over UDP and, where asked for, TCP."""

    host: str = Field(
        "127.0.0.1", description="Address to listen on: loopback unless you say otherwise, since OSC has no password."
    )
    port: int = Field(9720, ge=0, le=65_535, description="UDP port; 0 takes a free one and prints it.")
    enabled: bool = Field(True, description="false opens no socket.")
    tcp_port: int | None = Field(None, ge=0, le=65_535, description="TCP port as well; 0 takes a free one.")
    tcp_framing: Literal["slip", "length"] = Field(
        "slip", description="How packets are told apart over TCP: SLIP (OSC 1.1) or a length before each (OSC 1.0)."
    )


class OscQueryInput(Part):
    """The parameter tree for programs that look for it: OSCQuery over HTTP and websocket, on the OSC host."""

    enabled: bool = Field(False, description="true serves the tree and announces it by mDNS.")
    port: int = Field(5678, ge=0, le=65_535, description="TCP port; 0 takes a free one.")
    name: str = Field("", max_length=60, description="What it is announced as; the show's title where left out.")


class Inputs(Part):
    """What the show listens to."""

    midi: MidiInput = Field(default_factory=MidiInput, description="MIDI in.")
    osc: OscInput = Field(default_factory=OscInput, description="OSC in.")
    oscquery: OscQueryInput = Field(default_factory=OscQueryInput, description="OSCQuery.")
