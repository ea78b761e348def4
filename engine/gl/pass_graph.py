"""From pictures to passes: each picture that is seen is drawn once, as few are alive as can be, and none is copied.

Pure. Where one picture lies upon another, it is drawn into it in place if nobody else looks at that, which costs
least where the CPU draws. The last pass draws into the output itself where it can.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from engine.gl import pictures
from engine.gl.layer_frames import FrameDraw
from engine.gl.pass_joins import into_output, is_drawn_upon, is_one_pass
from engine.gl.passes import (
    NOTHING,
    OUTPUT,
    Blend,
    ClearSlot,
    DrawFrames,
    File,
    Finish,
    FrameUpon,
    Kept,
    Lay,
    Mix,
    Mode,
    Pass,
    PassGraph,
    Place,
    Shade,
    Slot,
    Source,
    slots_of,
)
from engine.gl.pictures import (
    FIXED_FUNCTION,
    Frames,
    Laid,
    Mixed,
    Node,
    Shaded,
    Signature,
    Stack,
    Whole,
    is_bright,
    made_of,
)

_IN_PLACE: frozenset[Mode] = frozenset({"sum", "normal", "add", "screen"})  # what fixed functions do
_SIGHTINGS = 2  # consecutive draws after which a steady picture is kept


def pass_graph(
    whole: Whole, kept: Mapping[Signature, object], sightings: Mapping[Signature, int], *, most_kept: int
) -> PassGraph:
    """The passes that draw `whole`, where the pictures of `kept` are there already.

    `sightings` says in how many consecutive draws a steady picture was asked for up to now; `most_kept` of them are
    kept at most.
    """
    return _Graph(whole, kept, sightings, most_kept).graph()


class _Graph:
    def __init__(
        self, whole: Whole, kept: Mapping[Signature, object], sightings: Mapping[Signature, int], most_kept: int
    ) -> None:
        self._whole = whole
        self._kept = kept
        self._passes: list[Pass] = []
        self._slot_count = 0
        self._sources: dict[Signature, Source] = {}
        self._readers: Counter[Signature] = Counter()
        self._candidates: set[Signature] = set()
        self._reads: set[Signature] = set()
        self._sightings = sightings
        self._worth: list[Signature] = []
        for node in whole.nodes:
            self._look(node)
        del self._worth[max(0, most_kept - len(self._reads)) :]
        self._keeps: dict[int, Signature] = {}

    def graph(self) -> PassGraph:
        if self._whole.first is None:
            self._add(ClearSlot(OUTPUT, ""))
        else:
            self._finish(self._whole.first)
        passes = tuple(self._passes)
        keeps = tuple(self._keeps.items())
        return PassGraph(passes, self._frees(passes), keeps, frozenset(self._candidates), frozenset(self._reads))

    def _look(self, node: Node, *, is_within: bool = False, is_alone: bool = False) -> None:
        """Count who looks at what, and find what is worth keeping: the largest pictures that come again and again.

        `is_within`: it is part of one that is kept. `is_alone`: frames that are drawn where they are seen.
        """
        signature = node.signature
        self._readers[signature] += 1
        if self._readers[signature] > 1:
            return
        if signature in self._kept:
            self._candidates.add(signature)
            self._reads.add(signature)
            return
        if node.is_steady and not is_alone and not isinstance(node, pictures.Clear | pictures.FilePicture):
            self._candidates.add(signature)
            if not is_within and self._sightings.get(signature, 0) >= _SIGHTINGS:
                self._worth.append(signature)
                is_within = True
        if isinstance(node, Stack):
            for item in node.items:
                self._look(item.picture, is_within=is_within, is_alone=isinstance(item.picture, Frames))
                if item.mask is not None:
                    self._look(item.mask, is_within=is_within)
        else:
            for one in made_of(node):
                self._look(one, is_within=is_within)

    def _finish(self, first: Node) -> None:
        whole = self._whole
        if isinstance(first, Frames) and whole.second is None and is_one_pass(first.frames):
            # Over black, their weights are all that fades and opacity do.
            covers, by = first.frames[0].placement.covers, whole.first_gain * whole.first_weight
            modes: tuple[Mode, ...] = ("replace" if covers else "normal", "sum")
            frames = tuple(
                FrameUpon(frame, first.flash, frame.weight * by, mode)
                for frame, mode in zip(first.frames, modes, strict=False)
            )
            self._add(DrawFrames(OUTPUT, first.owner, frames, not covers))
            return
        sources = [self._picture(node) for node in whole.nodes]
        last = self._passes[-1] if self._passes else None
        as_it_is = whole.second is None and whole.first_weight >= 1 and whole.first_gain >= 1
        is_last = last is not None and sources == [Slot(last.target)] and last.target not in self._keeps
        finishing = into_output(last) if as_it_is and is_last and last is not None else None
        if finishing is not None:
            self._passes[-1] = finishing
            return
        second = sources[1] if len(sources) == 2 else None
        weights = whole.first_weight, whole.second_weight, whole.first_gain, whole.second_gain
        self._add(Finish(OUTPUT, "", sources[0], second, *weights))

    def _picture(self, node: Node) -> Source:
        """Where a picture is found, which is drawn unless it has been."""
        found = self._sources.get(node.signature)
        if found is None:
            found = self._sources[node.signature] = self._made(node)
        return found

    def _made(self, node: Node) -> Source:
        if node.signature in self._kept:
            return Kept(node.signature)
        match node:
            case pictures.Clear():
                return NOTHING
            case pictures.FilePicture(file=file):
                return File(file)
            case Frames():
                made = self._fill(node)
            case Shaded():
                made = self._shade(node)
            case Mixed():
                made = self._mix(node)
            case pictures.Placed():
                source = self._picture(node.picture)
                made = self._new()
                self._add(Place(made.number, node.owner, source, node.placement, node.flash))
            case Stack():
                made = self._stack(node)
            case _:
                raise TypeError(f"no passes for a {type(node).__name__}")
        if node.signature in self._worth or (isinstance(node, Shaded) and node.has_memory):
            self._keeps[made.number] = node.signature
        return made

    def _fill(self, node: Frames) -> Slot:
        """A picture that holds the frames alone, which add up."""
        made = self._new()
        if not node.frames:
            self._add(ClearSlot(made.number, node.owner))
        for index, frame in enumerate(node.frames):
            if index:
                made = self._frame(made, node, frame, "sum")
                continue
            covers = frame.placement.covers
            lowest = FrameUpon(frame, node.flash, frame.weight, "replace" if covers else "sum")
            self._add(DrawFrames(made.number, node.owner, (lowest,), not covers))
        return made

    def _frame(self, canvas: Source, node: Frames, frame: FrameDraw, mode: Mode, *, is_own: bool = True) -> Slot:
        """The canvas with one frame more: in one pass with the frame before it, or in place, where nobody else looks at
        it."""
        upper, below = FrameUpon(frame, node.flash, frame.weight, mode), None
        if is_own and isinstance(canvas, Slot):
            if self._takes_another(canvas, frame):
                return self._joined(canvas, node, upper)
            if mode in _IN_PLACE:
                self._add(DrawFrames(canvas.number, node.owner, (upper,)))
                return canvas
        if frame.placement.covers:
            made, below = self._new(), canvas
        else:
            made = self._laid_anew(Laid(node, node.owner), canvas)
        self._add(DrawFrames(made.number, node.owner, (upper,), below=below))
        return made

    def _takes_another(self, canvas: Slot, frame: FrameDraw) -> bool:
        """Whether the newest pass, into the canvas, can draw `frame`, too."""
        match self._passes[-1:]:
            case [DrawFrames(target=canvas.number, frames=(lower,))]:
                return is_one_pass((lower.frame, frame))
        return False

    def _joined(self, canvas: Slot, node: Frames, upper: FrameUpon) -> Slot:
        """The canvas with a frame more, in the newest pass."""
        last = self._passes.pop()
        assert isinstance(last, DrawFrames)
        (lower,) = last.frames
        made, below = canvas, last.below
        if below is None and lower.mode != "replace":  # it was to be drawn in place
            made, below = self._new(), canvas
        self._add(DrawFrames(made.number, node.owner, (lower, upper), below=below))
        return made

    def _shade(self, node: Shaded) -> Slot:
        inputs = tuple((name, self._picture(picture)) for name, picture in node.inputs)
        made = self._new()
        self._add(
            Shade(
                made.number,
                node.owner,
                node.shader,
                inputs,
                node.progress,
                node.has_memory,
                node.steps,
                node.restarts,
            )
        )
        return made

    def _mix(self, node: Mixed) -> Slot:
        first, second = self._picture(node.first), self._picture(node.second)
        made = self._new()
        if first == NOTHING:
            self._add(Lay(made.number, node.owner, second, node.second_share, None, "luma"))
        else:
            self._add(Mix(made.number, node.owner, first, second, node.first_share, node.second_share))
        return made

    def _stack(self, node: Stack) -> Slot:
        canvas, is_own = self._lowest(node.items[0])
        for item in node.items[1:]:
            canvas, is_own = self._upon(canvas, is_own, item)
        assert isinstance(canvas, Slot), "a stack of one picture as it is would be that picture"
        return canvas

    def _lowest(self, item: Laid) -> tuple[Source, bool]:
        """What a stack begins with, and whether it may be drawn upon."""
        if item.blend in pictures.KEYING:
            canvas = self._new()
            self._add(ClearSlot(canvas.number, item.owner))
            return self._upon(canvas, True, item)
        picture = self._picture(item.picture)
        if not item.is_plain:
            return self._laid_anew(item, picture), True
        return picture, isinstance(picture, Slot) and self._is_ours(item.picture, picture)

    def _is_ours(self, node: Node, picture: Slot) -> bool:
        return self._readers[node.signature] == 1 and picture.number not in self._keeps

    def _laid_anew(self, item: Laid, picture: Source) -> Slot:
        """A picture of its own: what `picture` is at the item's opacity, behind its mask."""
        mask = None if item.mask is None else self._picture(item.mask)
        made = self._new()
        self._add(Lay(made.number, item.owner, picture, item.opacity, mask, item.mask_by))
        return made

    def _upon(self, canvas: Source, is_own: bool, item: Laid) -> tuple[Source, bool]:
        """The canvas with one picture more."""
        frames, is_simple = item.picture, item.is_plain and not item.linear
        if is_simple and isinstance(frames, Frames) and is_drawn_upon(frames, item.blend):
            mode: Mode = item.blend  # type: ignore[assignment]  # one of those
            return self._frame(canvas, frames, frames.frames[0], mode, is_own=is_own), True
        picture = self._picture(item.picture)
        mask = None if item.mask is None else self._picture(item.mask)
        in_place = item.blend in FIXED_FUNCTION and not (item.blend == "screen" and is_bright(item.picture))
        if is_own and isinstance(canvas, Slot) and in_place and not item.linear:
            mode = item.blend  # type: ignore[assignment]
            self._add(Lay(canvas.number, item.owner, picture, item.opacity, mask, item.mask_by, mode))
            return canvas, True
        made = self._new()
        self._add(
            Blend(made.number, item.owner, picture, canvas, item.blend, item.opacity, item.linear, mask, item.mask_by)
        )
        return made, True

    def _new(self) -> Slot:
        self._slot_count += 1
        return Slot(self._slot_count - 1)

    def _add(self, one: Pass) -> None:
        self._passes.append(one)

    def _frees(self, passes: tuple[Pass, ...]) -> tuple[tuple[int, ...], ...]:
        """For each pass, the slots that it is the last to touch and that are not kept."""
        last = {slot: index for index, one in enumerate(passes) for slot in slots_of(one)}
        freed: list[list[int]] = [[] for _ in passes]
        for slot, index in last.items():
            if slot not in self._keeps:
                freed[index].append(slot)
        return tuple(tuple(slots) for slots in freed)
