"""From a frame plan to pictures: which there are, and what each is made of. Pure; nothing is drawn that nobody sees.

The order is that of the plan: a layer's source, its effects, the stack of its group, the group's effects, the stack
of its movement, the movement's effects, the mix of movements, the master's effects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.gl import pictures
from engine.gl.layer_frames import side_draws
from engine.gl.memory_steps import grid_number, steps_due
from engine.gl.movement_pictures import MovementPictures
from engine.gl.pictures import Laid, Node, Shaded, Signature, Whole
from engine.gl.placement import place
from engine.model.pictures import FrameRef, Lookup
from engine.model.plan import (
    IDENTITY,
    FramePlan,
    FromFile,
    FromGroup,
    FromLayer,
    LayerPlan,
    PictureSource,
    ShaderPlan,
    ShownFrame,
    Transform,
)
from engine.model.shaders import FROM_PICTURE, TO_PICTURE, InputType, Shader

_MASTER = "master"


@dataclass(frozen=True, slots=True)
class Stage:
    """What is known beside the plan. `shaders` are those that work, by name; others are passed by.

    `memory` has, for each key whose shader remembers something, the number of its last step; `most_steps` is how many
    are done at once.
    """

    canvas_px: tuple[int, int]
    shaders: Mapping[str, Shader] = field(default_factory=dict)
    memory: Mapping[str, int] = field(default_factory=dict)
    most_steps: int = 60


def whole_picture(plan: FramePlan, frames: Mapping[FrameRef, Lookup], stage: Stage) -> Whole:
    """The finished picture of `plan`. Raises ValueError where more than two movements have something to show."""
    if plan.fade <= 0:
        return Whole()
    maker = PictureMaker(plan, frames, stage)
    movements = [movement for movement in plan.movements if movement.mix > 0]
    rooms = [MovementPictures(maker, movement) for movement in movements]
    made = [room.picture() for room in rooms]
    seen = [(movement.mix, *found) for movement, found in zip(movements, made, strict=True) if found is not None]
    if len(seen) > 2:
        raise ValueError(f"{len(seen)} movements at once: a picture has two at most")
    effects = maker.usable(plan.effects)
    last = rooms[-1] if rooms else None
    if plan.transition is not None and len(made) == 2 and seen and maker.works(plan.transition):
        first, second = (pictures.clear() if found is None else _at_gain(*found) for found in made)
        host = {FROM_PICTURE: first, TO_PICTURE: second}
        changing = maker.shaded(plan.transition, host, last, progress=movements[1].mix)
        return Whole(maker.chain(changing, effects, last), None, plan.fade)
    if effects:
        return Whole(maker.chain(_mixed(seen), effects, last), None, plan.fade)
    return _over_black(seen, plan.fade)


def _over_black(seen: list[tuple[float, Node, float]], fade: float) -> Whole:
    weights = [mix * fade for mix, _, _ in seen] + [0.0, 0.0]
    gains = [gain for _, _, gain in seen] + [1.0, 1.0]
    nodes: list[Node | None] = [node for _, node, _ in seen]
    first, second, *_ = [*nodes, None, None]
    return Whole(first, second, weights[0], weights[1], gains[0], gains[1])


def _mixed(seen: list[tuple[float, Node, float]]) -> Node:
    """The picture that the master's effects get."""
    if not seen:
        return pictures.clear()
    shares = [mix for mix, _, _ in seen]
    sides = [_at_gain(node, gain) for _, node, gain in seen]
    if len(sides) == 2:
        return pictures.mixed(_MASTER, sides[0], sides[1], (shares[0], shares[1]))
    return pictures.stack(_MASTER, (Laid(sides[0], _MASTER, opacity=shares[0]),))


def _at_gain(node: Node, gain: float) -> Node:
    return node if gain >= 1 else pictures.stack(node.owner, (Laid(node, node.owner, opacity=gain),))


class PictureMaker:
    """Makes the pictures of one plan that do not hang on a movement: shaders' and files', and chains of effects."""

    def __init__(self, plan: FramePlan, frames: Mapping[FrameRef, Lookup], stage: Stage) -> None:
        self.plan = plan
        self._frames = frames
        self._stage = stage
        self._files: dict[str, Node] = {}

    def works(self, plan: ShaderPlan) -> bool:
        return plan.shader in self._stage.shaders

    def usable(self, effects: Iterable[ShaderPlan]) -> list[ShaderPlan]:
        """The effects that there is something of."""
        return [effect for effect in effects if effect.mix > 0 and self.works(effect)]

    def chain(self, picture: Node, effects: Iterable[ShaderPlan], room: MovementPictures | None) -> Node:
        """`picture` after the usable ones of `effects`."""
        for effect in self.usable(effects):
            before = picture
            picture = self.shaded(effect, {self._stage.shaders[effect.shader].filtered: before}, room)
            if effect.mix < 1:
                picture = pictures.mixed(effect.key, before, picture, (1 - effect.mix, effect.mix))
        return picture

    def shaded(
        self,
        plan: ShaderPlan,
        host: Mapping[str, Node],
        room: MovementPictures | None,
        *,
        progress: float | None = None,
    ) -> Shaded:
        """What the shader of `plan`, which works, draws of the pictures that the host and the show give it."""
        shader = self._stage.shaders[plan.shader]
        asked = {one.name for one in shader.inputs if one.type is InputType.IMAGE}
        fed = {name: self.source(source, room) for name, source in plan.pictures.items()} | dict(host)
        inputs = tuple((name, node) for name, node in fed.items() if name in asked)
        if shader.has_memory:
            return self._remembering(plan, inputs, progress)
        heard = self.plan.sound if shader.listens else None
        at_s = self.plan.picture_at_s if shader.uses_time else None
        settings = tuple(sorted(plan.settings.items()))
        seen = tuple((name, node.signature) for name, node in inputs)
        signature = Signature("shaded", plan.shader, settings, seen, progress, heard, at_s)
        is_steady = at_s is None and heard is None and all(node.is_steady for _, node in inputs)
        return Shaded(plan.key, signature, is_steady, plan, inputs, progress)

    def source(self, source: PictureSource, room: MovementPictures | None) -> Node:
        """A picture that a shader or a mask asks for; clear where there is none."""
        found: Node | None = None
        match source:
            case FromFile(file):
                found = self._files.setdefault(file, pictures.file_picture(file))
            case FromLayer(layer):
                found = None if room is None else room.layer_called(layer)
            case FromGroup(group):
                found = None if room is None else room.group_called(group)
        return found or pictures.clear()

    def mask(self, source: PictureSource, room: MovementPictures) -> Node:
        """A mask, as large as the canvas whatever it comes from."""
        picture = self.source(source, room)
        if not isinstance(source, FromFile):
            return picture
        return pictures.placed("", picture, place((1, 1), 0, "stretch", IDENTITY, self._stage.canvas_px))

    def side(self, layer: LayerPlan, shown: ShownFrame | None, owner: str) -> pictures.Frames:
        """One side of a layer's transition by itself."""
        draws = side_draws(layer, shown, 1.0, self._frames, self._stage.canvas_px)
        return pictures.frames(owner, draws, layer.flash)

    def both_sides(self, layer: LayerPlan, opacity: float, owner: str) -> pictures.Frames:
        """A layer's frames at `opacity`, faded from one side to the other."""
        shares = ((layer.outgoing, 1 - layer.fade), (layer.incoming, layer.fade))
        draws = [
            draw
            for shown, share in shares
            for draw in side_draws(layer, shown, share * opacity, self._frames, self._stage.canvas_px)
        ]
        return pictures.frames(owner, tuple(draws), layer.flash)

    def moved(self, picture: Node, transform: Transform, flash: float) -> Node:
        """A picture of the canvas's size where a layer's transform puts it, lifted towards white."""
        if transform == IDENTITY and flash <= 0:
            return picture
        canvas_px = self._stage.canvas_px
        return pictures.placed(picture.owner, picture, place(canvas_px, 0, "none", transform, canvas_px), flash)

    def _remembering(self, plan: ShaderPlan, inputs: tuple[tuple[str, Node], ...], progress: float | None) -> Shaded:
        at_s = self.plan.picture_at_s
        due = steps_due(self._stage.memory.get(plan.key), at_s, most=self._stage.most_steps)
        signature = Signature("remembered", plan.key, plan.shader, grid_number(at_s))
        # Without a step, what was shown last is shown again; where it is lost, its instant is stepped anew.
        steps = due.numbers or (grid_number(at_s),)
        return Shaded(plan.key, signature, False, plan, inputs, progress, True, steps, due.restarts)
