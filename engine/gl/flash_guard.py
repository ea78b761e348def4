"""Holds back flashes beyond the limits for photosensitive epilepsy, whatever makes them."""

from __future__ import annotations

import math

import moderngl

from engine.gl.full_screen import FullScreen
from engine.gl.targets import cleared_target, new_target, new_texture, picture_of, release_target

_CELLS = (64, 32)
_TURNS = (64, 64)  # the cells' twice: luminance and red
_TURN_TEXTURES = 3
_MOST_TAPS = 12  # of a cell, each way
_SECOND_S = 1.0
_TOOLS = ["passes/flash_tools.glsl"]
_TURN_UNITS = {"turns_0": 0, "turns_1": 1, "turns_2": 2}


class FlashGuard:
    """Watches the picture as it is shown and damps what would flash too often. Render thread only.

    It counts as `engine.analysis.flashes` does, more strictly, on the GPU, so that it neither waits nor comes late.
    Where there would be more than two and a half flashes in a second over more than a fifth of the picture (an eighth
    for those that come in another place each time), those parts get of the new picture only as much as makes no flash,
    mixed with what was shown before, for at most a second; all else passes untouched. It looks at nothing but the
    pictures drawn and their show time, so that the same ones give the same.
    """

    def __init__(self, context: moderngl.Context, size: tuple[int, int]) -> None:
        """For pictures of `size`. Raises ShaderError where a shader does not compile."""
        self._light = FullScreen(context, [*_TOOLS, "passes/flash_light.frag"], {"picture": 0})
        cell_px = max(-(-side // cells) for side, cells in zip(size, _CELLS, strict=True))
        self._light.set("taps", min(cell_px, _MOST_TAPS))
        self._fold = FullScreen(context, [*_TOOLS, "passes/flash_turns.frag"], {**_TURN_UNITS, "shown": 3})
        self._wish = FullScreen(context, [*_TOOLS, "passes/flash_wish.frag"], {**_TURN_UNITS, "wanted": 3})
        self._sum = FullScreen(context, [*_TOOLS, "passes/flash_whole.frag"], {**_TURN_UNITS, "wish": 3})
        units = {**_TURN_UNITS, "wanted": 3, "shown": 4, "whole": 5}
        self._share = FullScreen(context, [*_TOOLS, "passes/flash_share.frag"], units)
        units = {"picture": 0, "before": 1, "share": 2}
        self._guard = FullScreen(context, ["passes/flash_guard.frag"], units)
        self._guard.set("size_px", size)
        self._turns, self._turns_back = (_turns(context, _TURNS) for _ in range(2))
        self._whole, self._whole_back = (_turns(context, (2, 1)) for _ in range(2))
        self._picture, self._picture_back = (new_target(context, size) for _ in range(2))
        self._wanted, self._shown, self._shares, self._wishes = (
            new_target(context, cells, full_float=True) for cells in (_CELLS, _CELLS, _CELLS, _TURNS)
        )
        self._last_s: float | None = None
        self._black_s = -math.inf  # when a person last asked for black

    def draw(self, picture: moderngl.Texture, at_s: float, *, at_once: bool = False) -> moderngl.Framebuffer:
        """The picture to be shown at `at_s` (show time, seconds) instead of `picture`; good until the next draw.

        `at_once`: it is shown as it is, whatever flashes. It counts for those that follow, which leave room for another
        one for a second.

        Both are encoded BT.709 over black and of the guard's size; what is beyond white is cut off. The first draw, and
        the first after `restart`, pass as they are. A jump backwards counts as no time at all.
        """
        starts = self._last_s is None
        since_s = 0.0 if self._last_s is None else max(at_s - self._last_s, 0.0)
        self._last_s = at_s
        if at_once:
            self._black_s = at_s
        spares = abs(at_s - self._black_s) < _SECOND_S
        self._light.draw(self._wanted, [picture])
        wanted = picture_of(self._wanted)
        shown = wanted if starts else picture_of(self._shown)
        self._turns, self._turns_back = self._turns_back, self._turns
        self._count(self._fold, self._turns, [*_all_of(self._turns_back), shown], since_s, starts=starts)
        turns = _all_of(self._turns)
        for program in (self._wish, self._sum, self._share):
            program.set("spares", spares)
        self._wish.draw(self._wishes, [*turns, wanted])
        wishes = picture_of(self._wishes)
        wishes.build_mipmaps()
        self._whole, self._whole_back = self._whole_back, self._whole
        self._count(self._sum, self._whole, [*_all_of(self._whole_back), wishes], since_s, starts=starts)
        self._share.draw(self._shares, [*turns, wanted, shown, picture_of(self._whole, 2)])
        self._picture, self._picture_back = self._picture_back, self._picture
        self._guard.set("at_once", at_once)
        self._guard.draw(self._picture, [picture, picture_of(self._picture_back), picture_of(self._shares)])
        self._light.draw(self._shown, [picture_of(self._picture)])
        return self._picture

    def restart(self) -> None:
        """Forget what was shown: the next picture passes as it is."""
        self._last_s, self._black_s = None, -math.inf

    def release(self) -> None:
        """Give everything on the GPU back. Nothing can be drawn after it."""
        for program in (self._light, self._fold, self._wish, self._sum, self._share, self._guard):
            program.release()
        for target in (self._turns, self._turns_back, self._whole, self._whole_back):
            release_target(target)
        for target in (self._picture, self._picture_back, self._wanted, self._shown, self._shares, self._wishes):
            release_target(target)

    def _count(
        self,
        program: FullScreen,
        target: moderngl.Framebuffer,
        textures: list[moderngl.Texture],
        since_s: float,
        *,
        starts: bool,
    ) -> None:
        program.set("since_s", since_s)
        program.set("starts", starts)
        program.draw(target, textures)


def _turns(context: moderngl.Context, size: tuple[int, int]) -> moderngl.Framebuffer:
    return cleared_target(context, [new_texture(context, size, full_float=True) for _ in range(_TURN_TEXTURES)])


def _all_of(target: moderngl.Framebuffer) -> list[moderngl.Texture]:
    return [picture_of(target, index) for index in range(_TURN_TEXTURES)]
