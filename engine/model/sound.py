"""Music, onsets, levels and what becomes of sound: the parts of a show that are heard or listened for."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from engine.model.part import Name, Part, Path, Seconds

OnsetMethod = Literal["hfc", "specdiff", "energy", "kl", "mkl", "complex", "phase", "specflux", "fast"]
Band = tuple[float, float]


class SoundEffect(Part):
    """One effect of a chain."""

    name: Name = Field(description="Its name, and its place in the parameter tree: /sound/NAME/SETTING.")
    kind: Literal["gain", "highpass", "lowpass", "peak", "reverb", "compressor", "delay", "chorus", "distortion"] = (
        Field(description="What it does.")
    )
    settings: dict[Name, float] = Field(
        default_factory=dict, description="Its settings at first; those left out have their usual values."
    )


class Track(Part):
    """The music. Its sample clock is the show's clock while it plays through a device."""

    file: str = Field(description="Audio file, relative to the show.")
    gain_db: float = Field(0, ge=-60, le=12, description="Level in decibels.")
    at_end: Literal["stop", "loop"] = Field(
        "stop", description="When the music is over before the show: silence, or again from loop_from_s."
    )
    loop_from_s: Seconds = Field(0, description="Where a loop begins again, in seconds of the track.")
    loop_to_s: Seconds | None = Field(None, description="Where it turns back; the track's end where left out.")
    fade_s: float = Field(0, ge=0, le=60, description="Cross-fade from the music before it; 0 changes without a gap.")

    @model_validator(mode="after")
    def _loop_has_length(self) -> Track:
        if self.loop_to_s is not None and self.loop_to_s < self.loop_from_s + 0.1:
            raise ValueError("loop_to_s must lie at least 0.1 s after loop_from_s")
        return self


class Sound(Part):
    """Where sound goes, and through what."""

    device: str = Field("", description="Audio output, by part of its name; empty takes the default one.")
    buffer_s: float = Field(0.1, ge=0.002, le=1, description="The device's buffer: it delays the sound, not the cuts.")
    limiter_db: float = Field(-1, ge=-24, le=0, description="Nothing leaves louder than this, in decibels below full.")
    effects: tuple[SoundEffect, ...] = Field((), max_length=32, description="Effects that movements may put in chain.")
    chain: tuple[Name, ...] = Field((), description="Effects in the order in which sound passes them.")


class Detection(Part):
    """How onsets are found, and in what: what the show's main detector and further ones have in common."""

    source: Literal["track", "input", "none"] = Field(
        "track", description="The track (analysed at load, so cuts have no delay), a live audio input, or nothing."
    )
    method: OnsetMethod = Field(
        "fast", description="fast is the engine's own detector, the others are aubio's detection functions."
    )
    threshold: float = Field(0.3, gt=0, le=5, description="Peak-picking threshold; higher finds fewer.")
    min_gap_s: float = Field(0.08, ge=0.005, le=5, description="The least time between two onsets.")
    silence_db: float = Field(-90, ge=-120, le=0, description="Below this level nothing is an onset.")
    band: Band | None = Field(None, description="Listen between these two frequencies in Hz alone; to all if left out.")

    @model_validator(mode="after")
    def _band_rises(self) -> Detection:
        _check_band(self.band)
        return self


class Onsets(Detection):
    """How onsets are found, and in what."""

    device: str = Field("", description="Audio input device, by part of its name; empty takes the default one.")
    channel: int | None = Field(None, ge=1, le=64, description="One channel of the input; the mean of the first two.")
    gain_db: float = Field(0, ge=-60, le=60, description="Gain of the input, in decibels.")


class Detector(Detection):
    """A further detector, with a name: layers, quantised actions and the path /onset/NAME know it by that."""

    name: Name = Field(description="Its name.")


class Level(Part):
    """How loud or how bright something is, followed over time: /level/NAME, 0 to 1."""

    name: Name = Field(description="Its name.")
    source: Literal["track", "input"] = Field("track", description="The track, or the live audio input of onsets.")
    measure: Literal["rms", "peak", "centroid"] = Field(
        "rms", description="Loudness; highest sample; or the centre of the spectrum, 0 at 50 Hz to 1 at 12.8 kHz."
    )
    band: Band | None = Field(None, description="Between these two frequencies in Hz alone; all if left out.")
    floor_db: float = Field(-60, ge=-120, le=-1, description="What counts as 0, in decibels below full; full is 1.")

    @model_validator(mode="after")
    def _band_rises(self) -> Level:
        _check_band(self.band)
        return self


class Mapping(Part):
    """A level that drives a parameter."""

    level: Name = Field(description="The level's name.")
    to: Path = Field(description="The parameter that it drives.")
    gain: float = Field(1, ge=-100, le=100, description="How much of the parameter's range the full level adds.")
    curve: float = Field(1, ge=0.1, le=10, description="Exponent: above 1 only loud passages count.")
    attack_s: float = Field(0.01, ge=0, le=60, description="Time constant of rising.")
    release_s: float = Field(0.2, ge=0, le=60, description="Time constant of falling.")


def _check_band(band: Band | None) -> None:
    if band is not None and not 0 <= band[0] < band[1] <= 24_000:
        raise ValueError("a band is two frequencies in Hz, the lower one first, 0 to 24000")
