"""The look of a show: effects, generators, groups, transitions, and what moves their settings.

A *chain* is a row of effects in the order in which the picture passes them. There is one on each layer, each group,
each movement and the master. A *look* is a movement's visual language under a name, to be shared and inherited.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator, model_validator

from engine.model.part import BlendName, Name, Part, Path, Seconds, Unit

Number = Annotated[float, Field(allow_inf_nan=False)]


def _in_one_sentence(given: object, check: ValidatorFunctionWrapHandler) -> object:
    """One mistake for what is none of a setting's types, rather than one for each of them."""
    try:
        return check(tuple(given) if isinstance(given, list) else given)  # a list is no tuple to a strict check
    except ValidationError as error:
        raise ValueError("must be a number, true or false, a text, or a list of numbers") from error


SettingValue = Annotated[
    bool | Number | tuple[Number, ...] | Annotated[str, Field(max_length=255)], WrapValidator(_in_one_sentence)
]
ShaderName = Annotated[str, Field(min_length=1, max_length=255)]


class PictureFrom(Part):
    """Where a picture that a shader asks for comes from: exactly one of these."""

    layer: Name | None = Field(None, description="A layer, as it is after its own effects, before it is blended.")
    group: Name | None = Field(None, description="A group, as it is after its own effects.")
    file: str | None = Field(None, description="A still or a .cube table, relative to the show and within its folder.")

    @model_validator(mode="after")
    def _exactly_one(self) -> PictureFrom:
        if sum(one is not None for one in (self.layer, self.group, self.file)) != 1:
            raise ValueError("say exactly one of layer, group and file")
        return self


class Generator(Part):
    """A picture that a shader draws by itself."""

    shader: ShaderName = Field(description="An ISF generator: a name of shaders/, or a file in the show's folder.")
    settings: dict[str, SettingValue] = Field(
        default_factory=dict, description="Its inputs by their own names; those left out have the shader's defaults."
    )
    pictures: dict[str, PictureFrom] = Field(default_factory=dict, description="Its image inputs; clear if left out.")


class Effect(Part):
    """One effect of a chain: an ISF filter."""

    shader: ShaderName = Field(description="An ISF filter: a name of shaders/, or a file in the show's folder.")
    name: Name | None = Field(
        None, description="Its place in the parameter tree: …/effect/NAME/INPUT; the shader's name where left out."
    )
    settings: dict[str, SettingValue] = Field(
        default_factory=dict, description="Its inputs by their own names; those left out have the shader's defaults."
    )
    pictures: dict[str, PictureFrom] = Field(
        default_factory=dict, description="Its further image inputs; clear if left out."
    )
    mix: Unit = Field(1, description="How much of the effect there is: 0 the picture as it came, and nothing drawn.")
    on: bool = Field(True, description="Off: the picture passes as it came, and nothing is drawn.")


MOST_EFFECTS = 16
Chain = Annotated[tuple[Effect, ...], Field(max_length=MOST_EFFECTS)]


class Transition(Part):
    """How one picture becomes another; its length stands where it is used."""

    shader: ShaderName | None = Field(
        None, description="An ISF transition or a GL Transition; a plain cross-fade where left out."
    )
    settings: dict[str, SettingValue] = Field(default_factory=dict, description="Its inputs by their own names.")
    pictures: dict[str, PictureFrom] = Field(
        default_factory=dict,
        description="Its further image inputs, from files; dark at the left to bright at the right if left out.",
    )


class Group(Part):
    """Layers that lie together, composited by themselves before they go onto the canvas."""

    name: Name = Field(description="Its name, and its place in the parameter tree: /group/NAME/…")
    layers: tuple[Name, ...] = Field(min_length=1, description="Its layers: neighbours, in the show's order.")
    effects: Chain = Field((), description="What the group's picture passes.")
    blend: BlendName = Field("normal", description="Blend mode of the group's picture.")
    opacity: Unit = Field(1, description="0 clear, 1 full.")


class Lfo(Part):
    """A wave, counted from the show's beginning."""

    shape: Literal["sine", "triangle", "saw", "square", "random"] = Field(
        "sine", description="random: a new value each period, by the show's seed."
    )
    period_s: float | None = Field(None, gt=0, le=86_400, description="Length of a wave in seconds.")
    period_beats: float | None = Field(None, gt=0, le=4096, description="Or in beats of the show's tempo.")
    phase: Unit = Field(0, description="Where it begins: 0.25 is a quarter of a wave further.")
    width: Unit = Field(0.5, description="Of a square: how much of the period it is up.")

    @model_validator(mode="after")
    def _one_period(self) -> Lfo:
        if (self.period_s is None) == (self.period_beats is None):
            raise ValueError("say period_s or period_beats")
        return self


class EnvelopeShape(Part):
    """Attack, hold and decay of one hit; between hits it is 0. Each stage is a straight line but the decay's curve."""

    attack_s: Seconds = Field(0, description="From 0 to 1.")
    hold_s: Seconds = Field(0, description="At 1.")
    decay_s: Seconds = Field(0.3, description="Back to 0.")
    curve: float = Field(2, ge=0.1, le=10, description="Of the decay: 1 is a straight line, above it falls fast first.")


class OnsetSource(EnvelopeShape):
    """An envelope that each onset begins anew."""

    detector: Name | None = Field(None, description="Which detector's; the show's main one where left out.")
    min_strength: Unit = Field(0, description="Only onsets this strong.")
    by_strength: bool = Field(False, description="The onset's strength is the envelope's height.")


class EntrySource(EnvelopeShape):
    """An envelope that begins when the movement does."""


class LevelSource(Part):
    """A level of the show."""

    name: Name = Field(description="The level's name.")
    curve: float = Field(1, ge=0.1, le=10, description="Exponent: above 1 only loud passages count.")
    attack_s: float = Field(0.01, ge=0, le=60, description="Time constant of rising.")
    release_s: float = Field(0.2, ge=0, le=60, description="Time constant of falling.")


class Modulation(Part):
    """Something that moves a parameter: between `low` and `high` as its source goes from 0 to 1."""

    to: Path = Field(description="The parameter that it moves.")
    low: float | None = Field(
        None, description="At 0, in the parameter's unit. Left out: the parameter's own low; with mode add, 0."
    )
    high: float | None = Field(None, description="At 1; the parameter's own high if left out.")
    mode: Literal["set", "add"] = Field(
        "set", description="set: it is the value, whatever is touched; add: it goes on top of what is set or touched."
    )
    lfo: Lfo | None = Field(None, description="A wave.")
    onset: OnsetSource | None = Field(None, description="Onsets.")
    entry: EntrySource | None = Field(None, description="The movement's beginning.")
    level: LevelSource | None = Field(None, description="A level.")
    parameter: Path | None = Field(None, description="Another parameter, from its low to its high.")

    @model_validator(mode="after")
    def _one_source(self) -> Modulation:
        if sum(one is not None for one in (self.lfo, self.onset, self.entry, self.level, self.parameter)) != 1:
            raise ValueError("say exactly one of lfo, onset, entry, level and parameter")
        return self
