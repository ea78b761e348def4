"""The show as its author wrote it: what `show.yaml` may say, with ranges and defaults.

These models check one value at a time. Whatever needs files or the library (does the clip exist, does the
schedule parse, does the bound path exist) is checked in `engine.formats.show_yaml`, which also knows the
line of each key. `docs/show-yaml.md` is generated from the descriptions here.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from engine.model.clocks import Clocks, Tempo
from engine.model.controls import Binding, Controller, Inputs, Modifier
from engine.model.cueing import Cue, Cueing, Quantise
from engine.model.looks import Chain, Generator, Group, Modulation, PictureFrom, Transition
from engine.model.part import BlendName, Name, Part, Path, Seconds, Unit
from engine.model.sound import Detector, Level, Mapping, Onsets, Sound, Track

# A show whose movements take no time and begin again at the end would never come to its next instant.
SHORTEST_MOVEMENT_S = 0.1

LoopMode = Literal["loop", "ping_pong", "hold", "clear"]
OnsetAction = Literal["none", "jump", "next_clip", "random_clip", "flash"]
Interpolation = Literal["nearest", "blend", "flow"]
Fit = Literal["fit", "fill", "stretch", "none"]


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


class OnOnset(Part):
    """What a layer does when an onset sounds."""

    action: OnsetAction = Field(
        "none",
        description=(
            "jump: to a random position of the clip; next_clip, random_clip: among the layer's clips; "
            "flash: a burst of light that dies away; none."
        ),
    )
    detector: Name | None = Field(None, description="Which detector's onsets; the show's main one where left out.")
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
    volume: Unit = Field(0, description="How loud the clip's own sound is: 0 silent, 1 as recorded.")
    cue_points: tuple[Seconds, ...] = Field(
        (), max_length=128, description="Places to jump to, in seconds of the clip: /layer/NAME/cue takes their index."
    )
    slices: int = Field(8, ge=1, le=128, description="Equal parts that /layer/NAME/slice jumps to, by index.")
    generator: Generator | None = Field(None, description="A shader that draws its picture, instead of clips.")
    effects: Chain = Field((), description="What its picture passes, in this order, before it is blended.")
    transition: Transition = Field(default_factory=Transition, description="How one clip becomes the next.")
    light: Literal["gamma", "linear"] = Field(
        "gamma", description="What it is blended in: as encoded, as most programs do, or in linear light."
    )
    mask: PictureFrom | None = Field(None, description="Another picture that says where the layer is seen.")
    mask_by: Literal["luma", "alpha"] = Field("luma", description="What of the mask counts.")
    shown: bool = Field(True, description="false: only other layers' effects, masks and groups see it.")


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
    volume: Unit | None = None
    cue_points: tuple[Seconds, ...] | None = Field(None, max_length=128)
    slices: int | None = Field(None, ge=1, le=128)
    generator: Generator | None = None
    effects: Chain | None = None
    transition: Transition | None = None
    light: Literal["gamma", "linear"] | None = None
    mask: PictureFrom | None = None
    mask_by: Literal["luma", "alpha"] | None = None
    shown: bool | None = None


class Look(Part):
    """A movement's visual language, under a name. What it leaves out is as the look that it inherits has it, else as
    the show has it; of two chains the nearer one counts, whole."""

    inherits: Name | None = Field(None, description="The look that it begins from.")
    layers: dict[Name, LayerOverride] = Field(
        default_factory=dict, description="What it says differently of layers, by name."
    )
    hidden: tuple[Name, ...] | None = Field(None, description="Layers that it does not show.")
    groups: tuple[Group, ...] | None = Field(None, description="Layers that lie together; the show's if left out.")
    effects: Chain | None = Field(None, description="What the movement's whole picture passes: its grade, say.")
    modulations: tuple[Modulation, ...] | None = Field(
        None, description="What moves its parameters, beside the show's."
    )
    transition: Transition | None = Field(None, description="How it comes in over the movement before.")
    transition_s: float | None = Field(None, ge=0, le=60, description="How long that takes; 0 cuts.")
    exit: Transition | None = Field(
        None, description="How it goes, where the movement after it does not say how that comes in."
    )


class Movement(Part):
    """A stretch of the show with its own schedule and its own way with the layers."""

    name: Name = Field(description="Its name.")
    schedule: str | None = Field(None, description="Movement CSV, relative to the show.")
    duration_s: float | None = Field(
        None, ge=SHORTEST_MOVEMENT_S, le=86_400, description="Length in seconds; the schedule's own where left out."
    )
    look: Name | None = Field(None, description="The look that it has; what it says itself comes before that.")
    transition_s: float | None = Field(
        None, ge=0, le=60, description="Transition from the movement before; 0 cuts, as does leaving it out."
    )
    transition: Transition | None = Field(None, description="How it comes in; a cross-fade where nothing says so.")
    exit: Transition | None = Field(
        None, description="How it goes, where the movement after it does not say how that comes in."
    )
    groups: tuple[Group, ...] | None = Field(None, description="Layers that lie together; the look's if left out.")
    effects: Chain | None = Field(None, description="What its whole picture passes; the look's if left out.")
    modulations: tuple[Modulation, ...] | None = Field(
        None, description="What moves its parameters, beside the show's; the look's if left out."
    )
    track: Literal["continue", "follow"] = Field(
        "continue", description="When the movement's position is moved by hand: the music goes on, or follows."
    )
    own_track: Track | None = Field(None, description="Music of its own, from its top, instead of the show's.")
    chain: tuple[Name, ...] | None = Field(
        None, description="Its own chain of sound effects, by name; the show's where left out."
    )
    layers: dict[Name, LayerOverride] = Field(
        default_factory=dict, description="What this movement says differently of layers, by name."
    )
    hidden: tuple[Name, ...] | None = Field(
        None, description="Layers that this movement does not show; the look's if left out."
    )


class Master(Part):
    """What the whole picture passes, after movements were mixed."""

    effects: Chain = Field((), description="Effects, in their order.")
    flash_guard: bool = Field(
        False, description="Hold back flashes beyond the general flash limit of WCAG 2.3.1, whatever makes them."
    )


class WindowOutput(Part):
    """The audience's window."""

    monitor: str = Field("", description="Monitor by part of its name; empty takes the primary one.")
    fullscreen: bool = Field(False, description="Covers the monitor.")
    vsync: bool = Field(True, description="Wait for the display's refresh: no tearing.")


class OperatorOutput(Part):
    """The operator's window, beside the audience's: a small picture of what they see, figures and messages."""

    enabled: bool = Field(False, description="Opens it. runtime-play --operator and --no-operator come before this.")
    monitor: str = Field("", description="Monitor by part of its name; empty takes one that the audience's is not on.")


class FiguresOutput(Part):
    """Who is told the figures of the run while it plays, as OSC messages over UDP."""

    host: str = Field("127.0.0.1", description="Address to send to: this machine, unless you name another.")
    port: int = Field(ge=1, le=65_535, description="UDP port that it listens on.")
    every_s: float = Field(1, ge=0.1, le=3600, description="Seconds from one round to the next.")


class OscOutput(Part):
    """A program that is told every change of the parameter tree, as OSC messages over UDP."""

    host: str = Field("127.0.0.1", description="Address to send to: this machine, unless you name another.")
    port: int = Field(ge=1, le=65_535, description="UDP port that it listens on.")


class Outputs(Part):
    """Where the picture goes. `runtime-render` writes a file whatever stands here."""

    window: WindowOutput = Field(default_factory=WindowOutput, description="The audience's window.")
    operator: OperatorOutput = Field(default_factory=OperatorOutput, description="The operator's. See operator.md.")
    figures: FiguresOutput | None = Field(
        None, description="Who is told the figures of the run; nobody where left out. See figures.md."
    )
    osc: tuple[OscOutput, ...] = Field(
        (), max_length=16, description="Programs that are told every change; others may subscribe, see osc.md."
    )


class Show(Part):
    """A whole show."""

    version: Literal[1] = Field(1, description="Version of this format.")
    title: str = Field("", max_length=200, description="Shown in the window's title and the reports.")
    canvas: Canvas = Field(default_factory=Canvas, description="Size and rate of the picture.")
    library: str | None = Field(None, description="Folder of the clip library, relative to the show.")
    seed: int = Field(0, ge=0, le=2**63 - 1, description="Every random choice follows from it.")
    track: Track | None = Field(None, description="The music.")
    sound: Sound = Field(default_factory=Sound, description="Where sound goes, and through what.")
    onsets: Onsets = Field(default_factory=Onsets, description="How onsets are found.")
    detectors: tuple[Detector, ...] = Field((), max_length=16, description="Further detectors, each with a name.")
    levels: tuple[Level, ...] = Field((), max_length=32, description="Loudness and brightness, followed over time.")
    mappings: tuple[Mapping, ...] = Field((), max_length=128, description="Levels that drive parameters.")
    tempo: Tempo = Field(default_factory=Tempo, description="The beats of the music.")
    clocks: Clocks = Field(default_factory=Clocks, description="Which clocks the show follows.")
    layers: tuple[Layer, ...] = Field(min_length=1, max_length=64, description="Bottom to top.")
    groups: tuple[Group, ...] = Field((), max_length=32, description="Layers that lie together.")
    master: Master = Field(default_factory=Master, description="What the whole picture passes.")
    modulations: tuple[Modulation, ...] = Field((), max_length=256, description="What moves parameters.")
    looks: dict[Name, Look] = Field(default_factory=dict, description="Looks that movements may have, by name.")
    movements: tuple[Movement, ...] = Field(min_length=1, max_length=999, description="In the order in which they run.")
    at_end: Literal["hold", "loop", "stop"] = Field(
        "hold",
        description="On stage, after the last movement: its layers run on, all begins again, or the player ends.",
    )
    cues: tuple[Cue, ...] = Field((), max_length=999, description="The cue list that /go plays.")
    cueing: Cueing = Field(default_factory=Cueing, description="How GO, panic and the lock behave.")
    quantise: dict[Path, Quantise] = Field(
        default_factory=dict, description="Actions that wait whoever fires them: what for, by path."
    )
    controllers: tuple[Controller, ...] = Field((), max_length=16, description="Controllers that have a profile.")
    modifiers: dict[Name, Modifier] = Field(
        default_factory=dict, description="Controls that give others a second meaning while they are held."
    )
    bindings: tuple[Binding, ...] = Field((), description="Controls and what they play.")
    inputs: Inputs = Field(default_factory=Inputs, description="What the show listens to.")
    outputs: Outputs = Field(default_factory=Outputs, description="Where the picture goes.")
    cache_mb: int = Field(512, ge=16, le=1_048_576, description="Memory for decoded frames, in MiB.")
