"""Time and tempo: what `tempo:` and `clocks:` of a show may say."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.model.part import Part

ClockName = Literal["track", "midi", "mtc", "ltc", "link", "tap"]


class Tempo(Part):
    """The beats of the show's music, and of the show where nothing else gives any."""

    bpm: float | None = Field(None, ge=20, le=400, description="Beats a minute; found in the track where left out.")
    beats_a_bar: int = Field(4, ge=1, le=32, description="Beats in a bar.")
    first_beat_s: float = Field(0, ge=0, le=3600, description="Where in the track the first bar begins, in seconds.")


class MtcClock(Part):
    """MIDI time code (quarter frames and full messages) from any MIDI port."""

    port: str = Field("", description="MIDI port, by part of its name; empty takes any.")
    offset_s: float = Field(0, ge=-86_400, le=86_400, description="The time code at which the show begins, in seconds.")


class LtcClock(Part):
    """Linear time code, heard on an audio input; needs libltc."""

    device: str = Field("", description="Audio input, by part of its name; empty takes the default one.")
    channel: int = Field(1, ge=1, le=64, description="Which of its channels; the first is 1.")
    offset_s: float = Field(0, ge=-86_400, le=86_400, description="The time code at which the show begins, in seconds.")


class MidiClock(Part):
    """MIDI clock with song position, from any MIDI port."""

    port: str = Field("", description="MIDI port, by part of its name; empty takes any.")


class Clocks(Part):
    """Which clocks the show follows."""

    order: tuple[ClockName, ...] = Field(
        ("track", "tap"),
        description=(
            "The first of these that runs is followed; without any the machine's own clock runs on. Those that are "
            "not named here are not listened to. track: the music's samples; midi: MIDI clock and song position; "
            "mtc, ltc: time code; link: Ableton Link; tap: the tempo of /tempo/tap."
        ),
    )
    midi: MidiClock = Field(default_factory=MidiClock, description="MIDI clock.")
    mtc: MtcClock = Field(default_factory=MtcClock, description="MIDI time code.")
    ltc: LtcClock = Field(default_factory=LtcClock, description="Linear time code.")
