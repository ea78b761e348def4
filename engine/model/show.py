"""The show as its author wrote it: what `show.yaml` may say, with ranges and defaults.

These models check one value at a time. Whatever needs files or the library (does the clip exist, does the
schedule parse, does the bound path exist) is checked in `engine.formats.show_yaml`, which also knows the
line of each key. `docs/show-yaml.md` is generated from the descriptions here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

_NAME = r"^[a-z][a-z0-9_-]*$"
_PATH = r"^(/[a-z][a-z0-9_-]*)+$"
_BLEND = r"^[a-z][a-z0-9_]*$"
_OSC_ADDRESS = r"^/[^ #*,?\[\]{}]+$"
_KEY_NAME = r"^[^A-Z\s]+$"
# What each pattern takes, in words: for the messages and the docs.
PATTERNS = {
    _NAME: "a name in lower case: letters, digits, - and _, beginning with a letter",
    _PATH: "a path such as /layer/echo/opacity",
    _BLEND: "the name of a file in shaders/blend: lower-case letters, digits and _",
    _OSC_ADDRESS: "an OSC address such as /fader/1, without blanks and without #*,?[]{}",
    _KEY_NAME: "a key's name in lower case: space, left, f1, a",
}

Name = Annotated[str, Field(pattern=_NAME, max_length=64)]
Path = Annotated[str, Field(pattern=_PATH)]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
# A show whose movements take no time and begin again at the end would never come to its next instant.
SHORTEST_MOVEMENT_S = 0.1

Unit = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

BlendName = Annotated[str, Field(pattern=_BLEND)]
LoopMode = Literal["loop", "ping_pong", "hold", "clear"]
OnsetAction = Literal["none", "jump", "next_clip", "random_clip", "flash"]
Interpolation = Literal["nearest", "blend", "flow"]
Fit = Literal["fit", "fill", "stretch", "none"]


class Part(BaseModel):
    """A part of the show: frozen, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Canvas(Part):
    """The picture that layers are composited on."""

    width: int = Field(1280, ge=16, le=16_384, description="Width in pixels; even, for the video file's sake.")
    height: int = Field(720, ge=16, le=16_384, description="Height in pixels; even.")
    rate: float = Field(30, gt=0, le=240, description="Frames a second of a render, unless --fps says otherwise.")

    @model_validator(mode="after")
    def _even(self) -> Canvas:
        if self.width % 2 or self.height % 2:
            raise ValueError("width and height must be even numbers")
        return self


class Track(Part):
    """The music. Its sample clock is the show's clock while it plays through a device."""

    file: str = Field(description="Audio file, relative to the show.")
    gain_db: float = Field(0, ge=-60, le=12, description="Level in decibels.")
    at_end: Literal["stop", "loop"] = Field(
        "stop", description="When the music is over before the show: silence, or from the top."
    )


class Onsets(Part):
    """How onsets are found, and in what."""

    source: Literal["track", "input", "none"] = Field(
        "track", description="The track (analysed at load, so cuts have no delay), a live audio input, or nothing."
    )
    device: str = Field("", description="Audio input device, by part of its name; empty takes the default one.")
    method: Literal["hfc", "specdiff", "energy", "kl", "mkl", "complex", "phase", "specflux"] = Field(
        "hfc", description="aubio's detection function."
    )
    threshold: float = Field(0.3, gt=0, le=5, description="Peak-picking threshold; higher finds fewer.")
    min_gap_s: float = Field(0.08, ge=0.005, le=5, description="The least time between two onsets.")
    silence_db: float = Field(-90, ge=-120, le=0, description="Below this level nothing is an onset.")


class OnOnset(Part):
    """What a layer does when an onset sounds."""

    action: OnsetAction = Field(
        "none",
        description=(
            "jump: to a random position of the clip; next_clip, random_clip: among the layer's clips; "
            "flash: a burst of light that dies away; none."
        ),
    )
    every: int = Field(1, ge=1, le=1024, description="Only on every n-th onset.")
    min_strength: float = Field(0, ge=0, le=1, description="Only on onsets this strong; 1 is the track's strongest.")


class PlacedTransform(Part):
    """Where a layer lies on the canvas, after it was fitted."""

    x: float = Field(0, ge=-4, le=4, description="Right, in canvas widths.")
    y: float = Field(0, ge=-4, le=4, description="Up, in canvas heights.")
    scale: float = Field(1, gt=0, le=32, description="Factor.")
    rotation_deg: float = Field(0, ge=-3600, le=3600, description="Anticlockwise, in degrees.")


class Layer(Part):
    """A layer. Layers are written bottom to top."""

    name: Name = Field(description="Its name, and its place in the parameter tree: /layer/NAME/…")
    source: str | None = Field(
        None,
        description=(
            "A file outside the library, relative to the show: a movie, a still, or a sequence of numbered images, "
            "named by its pattern (stills/shot_%04d.png) or its folder."
        ),
    )
    source_rate: float | None = Field(
        None, gt=0, le=240, description="Frames a second of a sequence of images; 25 where left out."
    )
    clips: tuple[str, ...] = Field(
        (), description="Clips of the library, by slug or pattern (fire*), where no schedule says otherwise."
    )
    choose: Literal["order", "random"] = Field("order", description="How the next of `clips` is chosen.")
    blend: BlendName = Field("normal", description="Blend mode: the name of a file in shaders/blend.")
    opacity: Unit = Field(1, description="0 clear, 1 full.")
    fit: Fit = Field("fill", description="fit shows all of it, fill covers the canvas, stretch distorts, none is 1:1.")
    transform: PlacedTransform = Field(default_factory=PlacedTransform, description="Moved, scaled and turned.")
    speed: float = Field(1, ge=-16, le=16, description="Playing speed; negative plays backwards, 0 stands.")
    loop: LoopMode = Field("loop", description="At the end: loop, ping_pong, hold the last frame, or clear.")
    in_s: Seconds = Field(0, description="Start of the material used, in seconds of the clip.")
    out_s: Seconds | None = Field(None, description="End of the material used; the clip's own end where left out.")
    interpolation: Interpolation = Field(
        "nearest",
        description=(
            "Between two frames: nearest, the one before; blend, both mixed; flow, what moves is shown on its way, "
            "and what cannot be followed is mixed. On software GL flow costs a layer about twice what blend does."
        ),
    )
    transition_s: float = Field(0, ge=0, le=60, description="Cross-fade on a jump or a choice; 0 cuts.")
    on_onset: OnOnset = Field(default_factory=OnOnset, description="What an onset does to this layer.")


class LayerOverride(Part):
    """What a movement says differently of a layer; what it leaves out stays as the layer has it."""

    clips: tuple[str, ...] | None = None
    choose: Literal["order", "random"] | None = None
    blend: BlendName | None = None
    opacity: Unit | None = None
    fit: Fit | None = None
    transform: PlacedTransform | None = None
    speed: float | None = Field(None, ge=-16, le=16)
    loop: LoopMode | None = None
    in_s: Seconds | None = None
    out_s: Seconds | None = None
    interpolation: Interpolation | None = None
    transition_s: float | None = Field(None, ge=0, le=60)
    on_onset: OnOnset | None = None


class Movement(Part):
    """A stretch of the show with its own schedule and its own way with the layers."""

    name: Name = Field(description="Its name.")
    schedule: str | None = Field(None, description="Movement CSV, relative to the show.")
    duration_s: float | None = Field(
        None, ge=SHORTEST_MOVEMENT_S, le=86_400, description="Length in seconds; the schedule's own where left out."
    )
    transition_s: float = Field(0, ge=0, le=60, description="Cross-fade from the movement before; 0 cuts.")
    track: Literal["continue", "follow"] = Field(
        "continue", description="When the movement's position is moved by hand: the music goes on, or follows."
    )
    layers: dict[Name, LayerOverride] = Field(
        default_factory=dict, description="What this movement says differently of layers, by name."
    )
    hidden: tuple[Name, ...] = Field((), description="Layers that this movement does not show.")


class MidiControl(Part):
    """A MIDI control: exactly one of cc, note, pitch."""

    cc: int | None = Field(None, ge=0, le=127, description="Control change number.")
    note: int | None = Field(None, ge=0, le=127, description="Note number.")
    pitch: Literal[True] | None = Field(None, description="Pitch bend: `pitch: true`.")
    channel: int | None = Field(None, ge=1, le=16, description="Channel 1..16; any where left out.")

    @model_validator(mode="after")
    def _one(self) -> MidiControl:
        if sum(control is not None for control in (self.cc, self.note, self.pitch)) != 1:
            raise ValueError("say exactly one of cc, note, pitch")
        return self


class Binding(Part):
    """A control and what it plays: exactly one of midi, osc, key; and either `to` or `scrub`."""

    midi: MidiControl | None = Field(None, description="A MIDI control.")
    osc: Annotated[str, Field(pattern=_OSC_ADDRESS)] | None = Field(
        None, description="An OSC address. Every path of the parameter tree is one already, without a binding."
    )
    key: Annotated[str, Field(pattern=_KEY_NAME)] | None = Field(
        None, description="A key by its name: space, left, f1, a."
    )
    to: Path | None = Field(None, description="The parameter or action that it plays.")
    scrub: Path | None = Field(
        None, description="/movement or /layer/NAME: the control is its position, 0 its beginning and 1 its end."
    )
    range: tuple[float, float] | None = Field(
        None, description="What the control's 0 and 1 become; the parameter's own range where left out. May fall."
    )
    value: float | None = Field(None, description="A fixed value to send on press, for keys and pads.")

    @model_validator(mode="after")
    def _one(self) -> Binding:
        if sum(control is not None for control in (self.midi, self.osc, self.key)) != 1:
            raise ValueError("say exactly one of midi, osc, key")
        if (self.to is None) == (self.scrub is None):
            raise ValueError("say exactly one of to, scrub")
        return self


class WindowOutput(Part):
    """The audience's window."""

    monitor: str = Field("", description="Monitor by part of its name; empty takes the primary one.")
    fullscreen: bool = Field(False, description="Covers the monitor.")
    vsync: bool = Field(True, description="Wait for the display's refresh: no tearing.")


class FiguresOutput(Part):
    """Who is told the figures of the run while it plays, as OSC messages over UDP."""

    host: str = Field("127.0.0.1", description="Address to send to: this machine, unless you name another.")
    port: int = Field(ge=1, le=65_535, description="UDP port that it listens on.")
    every_s: float = Field(1, ge=0.1, le=3600, description="Seconds from one round to the next.")


class Outputs(Part):
    """Where the picture goes. `runtime-render` writes a file whatever stands here."""

    window: WindowOutput = Field(default_factory=WindowOutput, description="The audience's window.")
    figures: FiguresOutput | None = Field(
        None, description="Who is told the figures of the run; nobody where left out. See figures.md."
    )


class MidiInput(Part):
    """Which MIDI port is listened to."""

    port: str = Field("", description="Port, by part of its name; empty listens to every input port.")
    enabled: bool = Field(True, description="false leaves MIDI alone.")


class OscInput(Part):
    """Where OSC is listened for, over UDP."""

    host: str = Field(
        "127.0.0.1", description="Address to listen on: loopback unless you say otherwise, since OSC has no password."
    )
    port: int = Field(9720, ge=0, le=65_535, description="UDP port; 0 takes a free one and prints it.")
    enabled: bool = Field(True, description="false opens no socket.")


class Inputs(Part):
    """What the show listens to."""

    midi: MidiInput = Field(default_factory=MidiInput, description="MIDI in.")
    osc: OscInput = Field(default_factory=OscInput, description="OSC in.")


class Show(Part):
    """A whole show."""

    version: Literal[1] = Field(1, description="Version of this format.")
    title: str = Field("", max_length=200, description="Shown in the window's title and the reports.")
    canvas: Canvas = Field(default_factory=Canvas, description="Size and rate of the picture.")
    library: str | None = Field(None, description="Folder of the clip library, relative to the show.")
    seed: int = Field(0, ge=0, le=2**63 - 1, description="Every random choice follows from it.")
    track: Track | None = Field(None, description="The music.")
    onsets: Onsets = Field(default_factory=Onsets, description="How onsets are found.")
    layers: tuple[Layer, ...] = Field(min_length=1, max_length=64, description="Bottom to top.")
    movements: tuple[Movement, ...] = Field(min_length=1, max_length=999, description="In the order in which they run.")
    at_end: Literal["hold", "loop", "stop"] = Field(
        "hold",
        description="On stage, after the last movement: its layers run on, all begins again, or the player ends.",
    )
    bindings: tuple[Binding, ...] = Field((), description="Controls and what they play.")
    inputs: Inputs = Field(default_factory=Inputs, description="What the show listens to.")
    outputs: Outputs = Field(default_factory=Outputs, description="Where the picture goes.")
    cache_mb: int = Field(512, ge=16, le=1_048_576, description="Memory for decoded frames, in MiB.")
