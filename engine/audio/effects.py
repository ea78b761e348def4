"""Sound effects by pedalboard: settings that move without a step, and chains that give way to one another softly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import pedalboard

from engine.model.sound_effects import SETTINGS
from engine.model.sound_plan import EffectPlan

Samples32 = npt.NDArray[np.float32]
_Chain: TypeAlias = Sequence[EffectPlan]

# While a setting moves, so often is it set anew: 1.5 kHz, so that what is left of the steps lies below -60 dB.
_STEP = 32

_CLASSES: dict[str, Callable[[], Any]] = {
    "gain": pedalboard.Gain,
    "highpass": pedalboard.HighpassFilter,
    "lowpass": pedalboard.LowpassFilter,
    "peak": pedalboard.PeakFilter,
    "reverb": pedalboard.Reverb,
    "compressor": pedalboard.Compressor,
    "delay": pedalboard.Delay,
    "chorus": pedalboard.Chorus,
    "distortion": pedalboard.Distortion,
}
# Where pedalboard calls a setting otherwise.
_ATTRIBUTES = {"cutoff_hz": "cutoff_frequency_hz", "delay_s": "delay_seconds", "wet": "wet_level", "dry": "dry_level"}
# What pedalboard's reverb makes of a level: its dry level of 1 doubles the sound.
_DRY_UNITY = 0.5
_HIGHEST_CUTOFF = 0.45  # of the sample rate: at half of it filters fall apart


class _Effect:
    """One effect as it runs, with all that it remembers."""

    def __init__(self, plan: EffectPlan, rate_hz: int) -> None:
        self.name = plan.name
        self._rate_hz = rate_hz
        self._kind = plan.kind
        self._plugin = _CLASSES[plan.kind]()
        self._values: tuple[float, ...] = ()
        self._set(plan.values)

    def process(self, block: Samples32, plan: EffectPlan | None) -> Samples32:
        """The block (2, n) with the effect, whose settings are those of the plan by its end; None leaves them."""
        if plan is None or plan.values == self._values:
            return self._run(block)
        starts = range(0, block.shape[1], _STEP)
        before, after = np.array(self._values), np.array(plan.values)
        parts = []
        for number, start in enumerate(starts, start=1):
            self._set(tuple((before + (after - before) * (number / len(starts))).tolist()))
            parts.append(self._run(block[:, start : start + _STEP]))
        self._set(plan.values)
        return np.concatenate(parts, axis=1)

    def _run(self, block: Samples32) -> Samples32:
        processed: Samples32 = self._plugin.process(block, self._rate_hz, reset=False)
        return processed

    def _set(self, values: tuple[float, ...]) -> None:
        before = self._values or (None,) * len(values)
        for setting, old, value in zip(SETTINGS[self._kind], before, values, strict=True):
            if value != old:
                self._set_one(setting, value)
        self._values = values

    def _set_one(self, setting: str, value: float) -> None:
        if setting == "cutoff_hz":
            value = min(value, _HIGHEST_CUTOFF * self._rate_hz)
        elif setting == "dry":
            value *= _DRY_UNITY
        setattr(self._plugin, _ATTRIBUTES.get(setting, setting), value)


class _Stage(Protocol):
    def process(self, block: Samples32, chain: _Chain) -> Samples32: ...


class _ChainRun:
    """A chain as it runs. It lives on while another takes over from it, with the settings that it had."""

    def __init__(self, chain: _Chain, rate_hz: int) -> None:
        self.names = tuple(effect.name for effect in chain)
        self._effects = [_Effect(effect, rate_hz) for effect in chain]

    def process(self, block: Samples32, chain: _Chain) -> Samples32:
        ours = tuple(effect.name for effect in chain) == self.names
        for index, effect in enumerate(self._effects):
            block = effect.process(block, chain[index] if ours else None)
        return block


class _TakeOver:
    """One stage giving way to a chain, along a straight line: both hear the same, so their amplitudes sum to 1."""

    def __init__(self, old: _Stage, new: _ChainRun, frames: int) -> None:
        self.new = new
        self._old = old
        self._frames = max(frames, 1)
        self._frame = 0

    @property
    def done(self) -> bool:
        return self._frame >= self._frames

    def process(self, block: Samples32, chain: _Chain) -> Samples32:
        frames = block.shape[1]
        share = np.minimum((self._frame + 1 + np.arange(frames)) / self._frames, 1.0).astype(np.float32)
        self._frame += frames
        before = self._old.process(block, chain)
        return before + (self.new.process(block, chain) - before) * share


class Effects:
    """The show's chain of effects. Belongs to one thread."""

    def __init__(self, chain: _Chain, rate_hz: int) -> None:
        """Begins with this chain, nothing in its delays."""
        self._rate_hz = rate_hz
        self._stage: _TakeOver | _ChainRun = _ChainRun(chain, rate_hz)

    @property
    def _names(self) -> tuple[str, ...]:
        return self._stage.new.names if isinstance(self._stage, _TakeOver) else self._stage.names

    def process(self, block: Samples32, chain: _Chain, fade_s: float) -> Samples32:
        """A block (2, n) through the chain; one of other effects takes over within `fade_s`, fresh."""
        if tuple(effect.name for effect in chain) != self._names:
            self._stage = _TakeOver(self._stage, _ChainRun(chain, self._rate_hz), round(fade_s * self._rate_hz))
        block = self._stage.process(block, chain)
        if isinstance(self._stage, _TakeOver) and self._stage.done:
            self._stage = self._stage.new
        return block
