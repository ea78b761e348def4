"""Random layers, groups, masks and sends, in whatever order they come and go, against what they are by definition."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from engine.gl.compositor import Compositor
from engine.model.pictures import FrameRef, Hit, Layout, Lookup, Missing, Picture
from engine.model.plan import (
    FramePlan,
    FromGroup,
    FromLayer,
    GroupPlan,
    LayerPlan,
    MovementPlan,
    PictureSource,
    ShaderPlan,
    ShownFrame,
)
from tests.gl.gl_support import Floats, Pixels, drawn, levels, worst
from tests.gl.look_support import LOOKS_SIZE, effect
from tests.gl.plain_compositor import PlainMovement, premultiplied

WIDTH, HEIGHT = LOOKS_SIZE
MODES = ("normal", "add", "add", "screen", "screen", "multiply", "overlay", "difference", "luma_key", "subtract")


class Drawing:
    """A plan of random parts; the same `seed` gives the same parts, at every tick other frames of those that move, and
    another opacity of those that do not."""

    def __init__(self, seed: int, tick: int) -> None:
        self._random = np.random.default_rng(seed)
        self._tick = tick
        self.frames: dict[FrameRef, Pixels] = {}
        mix = self._one_of(1.0, 1.0, 0.6)
        movements = [self._movement("m", mix)] + ([self._movement("n", 1 - mix)] if mix < 1 else [])
        master = self._effects("master", (), most=1)
        self.plan = FramePlan(tick / 60, tuple(movements), self._one_of(1.0, 0.5), None, master)

    def wanted(self, lost: FrameRef | None) -> Floats:
        """0..255, (HEIGHT, WIDTH, 3); the frame `lost` is not there."""
        frames = {ref: premultiplied(pixels / 255) for ref, pixels in self.frames.items() if ref != lost}
        rooms = [PlainMovement(one, frames, LOOKS_SIZE) for one in self.plan.movements]
        shares = [one.mix for one in self.plan.movements]
        if self.plan.effects:
            mixed = sum(room.picture() * share for room, share in zip(rooms, shares, strict=True))
            light = np.clip(rooms[-1].chain(np.asarray(mixed), self.plan.effects), 0, 1)
        else:
            clipped = [np.clip(room.picture(), 0, 1) * share for room, share in zip(rooms, shares, strict=True)]
            light = np.asarray(sum(clipped))
        return levels(light[..., :3] * self.plan.fade)

    def _movement(self, name: str, mix: float) -> MovementPlan:
        layers: list[LayerPlan] = []
        for index in range(self._random.integers(1, 6)):
            layers.append(self._layer(f"{name}{index}", [FromLayer(one.layer) for one in layers]))
        names = [layer.layer for layer in layers]
        sources = [FromLayer(one) for one in names]
        first, last = sorted(self._random.integers(0, len(names) + 1, 2))
        chain = self._effects(f"{name}/group", sources, most=1)
        group = GroupPlan(f"{name}-group", tuple(names[first:last]), chain, self._mode(), self._one_of(0.5, 1.0))
        groups = (group,) if last > first else ()
        effects = self._effects(f"{name}/movement", [*sources, *(FromGroup(one.group) for one in groups)], most=1)
        return MovementPlan(name, 0.0, tuple(layers), mix, groups, effects)

    def _layer(self, name: str, below: Sequence[PictureSource]) -> LayerPlan:
        colour = tuple(float(one) for one in self._random.choice([0.25, 0.5, 1.0], 4))
        is_plain, fades, moves = (self._random.random(3) < (0.15, 0.25, 0.5)).tolist()
        old, new = self._frame(f"{name}-old", moves=moves), self._frame(f"{name}-new", moves=moves)
        masks = self._random.random() < 0.25 and below
        return LayerPlan(
            name,
            None if is_plain else new,
            old if fades and not is_plain else None,
            0.25 if fades and not is_plain else 1.0,
            opacity=self._one_of(0.0, 0.4, 1.0, 1.0, 1.0) * (0.5 if self._tick and not moves else 1.0),
            blend=self._mode(),
            fit="stretch",
            generator=effect("plain", f"{name}/generator", colour=colour) if is_plain else None,
            effects=self._effects(name, below, most=2),
            linear=self._random.random() < 0.2,
            mask=below[int(self._random.integers(len(below)))] if masks else None,
            mask_by="alpha" if self._random.random() < 0.5 else "luma",
            is_shown=self._random.random() < 0.85,
        )

    def _frame(self, clip: str, *, moves: bool) -> ShownFrame:
        index, has_alpha = self._tick if moves else 0, self._random.random() < 0.5
        seed = int(self._random.integers(2**31))
        pixels = np.random.default_rng((seed, index)).integers(0, 256, (HEIGHT, WIDTH, 4), np.uint8)
        pixels[..., 3] |= 32 if has_alpha else 255  # of what is clear nobody sees the colour
        ref = FrameRef(f"{clip}-{seed}", index)
        self.frames[ref] = pixels
        return ShownFrame(ref)

    def _effects(self, key: str, seen: Sequence[PictureSource], *, most: int) -> tuple[ShaderPlan, ...]:
        found = []
        for index in range(self._random.integers(0, most + 1)):
            here, mix = f"{key}/{index}", self._one_of(0.25, 1.0, 1.0)
            makes = [effect("invert", here, mix=mix), effect("gain", here, by=self._one_of(0.3, 1.6), mix=mix)]
            makes += [effect("masked", here, pictures={"other": one}, mix=mix) for one in seen[:1]]
            found.append(makes[self._random.integers(len(makes))])
        return tuple(found)

    def _mode(self) -> str:
        return str(self._random.choice(MODES))

    def _one_of(self, *values: float) -> float:
        return float(self._random.choice(values))


@pytest.mark.parametrize("seed", range(20))
def test_a_plan_is_what_it_is_by_definition(looks: Compositor, seed: int) -> None:
    """Two plans and their ticks come in any order, so that what is kept of one is there when it comes again; now and
    then a frame is lost."""
    generator = np.random.default_rng(seed)
    for _ in range(16):
        drawing = Drawing(2 * seed + int(generator.integers(2)), int(generator.choice([0, 0, 0, 1])))
        refs = list(drawing.frames)
        lost = refs[generator.integers(len(refs))] if generator.random() < 0.2 else None
        frames: dict[FrameRef, Lookup] = {
            ref: Hit(Picture(ref, WIDTH, HEIGHT, Layout.RGBA, (pixels,))) for ref, pixels in drawing.frames.items()
        }
        if lost is not None:
            frames[lost] = Missing()
        assert worst(drawn(looks, drawing.plan, frames)[..., :3], drawing.wanted(lost)) <= 2.6
