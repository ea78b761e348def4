"""A controller's profile: which MIDI each of its controls sends, from its maker's published map."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from engine.model.controls import MidiControl
from engine.model.part import Name, Part

ControlKind = Literal["fader", "knob", "encoder", "button", "pad"]


class Led(Part):
    """The lamp of a control: what is sent to light it and to put it out, as the value of its own message."""

    on: int = Field(ge=0, le=127, description="The value that lights it.")
    off: int = Field(0, ge=0, le=127, description="The value that puts it out.")
    note: int | None = Field(None, ge=0, le=127, description="The note that it listens to, if not its control's.")


class ProfileControl(MidiControl):
    """A control of a controller: the message that it sends, what it is, and its lamp."""

    kind: ControlKind = Field(description="What it looks like under the hand.")
    led: Led | None = Field(None, description="Its lamp; left out where it has none that listens.")

    @model_validator(mode="after")
    def _no_port(self) -> ProfileControl:
        if self.port:
            raise ValueError("say the port once, for the whole controller")
        return self

    def on_port(self, port: str, channel: int | None) -> MidiControl:
        """The control as a binding names it: from `port`, and on `channel` unless it says its own."""
        told = {"port": port, "channel": self.channel or channel}
        return MidiControl(**(self.model_dump(include=set(MidiControl.model_fields)) | told))


class Profile(Part):
    """One controller, as it leaves the factory."""

    name: Name = Field(description="What shows call it; the name of the file.")
    title: str = Field(min_length=1, max_length=100, description="Maker and model.")
    port: str = Field("", max_length=100, description="Part of its port's name; empty takes any port.")
    source: str = Field(min_length=1, max_length=300, description="The document that its numbers come from.")
    setup: str = Field("", max_length=300, description="What has to be set at the controller, if anything.")
    channel: int | None = Field(None, ge=1, le=16, description="The channel it sends on; any where left out.")
    controls: dict[Name, ProfileControl] = Field(min_length=1, max_length=256, description="Its controls, by name.")
