"""A layer over a canvas, through any blend mode, in gamma or in linear light, behind a mask."""

from __future__ import annotations

from typing import Literal, TypeAlias

import moderngl

from engine.gl.full_screen import FullScreen

MaskBy: TypeAlias = Literal["luma", "alpha"]

_Variant: TypeAlias = tuple[str, bool, MaskBy | None]

_MASK_DEFINES = {"luma": "MASK_LUMA", "alpha": "MASK_ALPHA"}
_UNITS = {"layer": 0, "canvas": 1, "mask": 2}


class BlendPass:
    """Draws a layer over its backdrop by W3C Compositing and Blending Level 1, "general formula". Render thread only.

    Layer, canvas and mask are premultiplied, gamma-encoded BT.709, and as large as the target; half floats or more,
    since 8 bits of premultiplied colour do not hold 8 bits of straight colour. The target gets the same, and may be
    none of the three. Programs are compiled when first drawn with, or ahead by `prepare`.
    """

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._programs: dict[_Variant, FullScreen] = {}

    def prepare(self, mode: str, *, linear: bool = False, mask_by: MaskBy | None = None) -> None:
        """Compile what `draw` needs for a mode, in linear light or not, with a mask by luma or alpha, or with none.

        Raises ShaderError for a mode without a file in shaders/blend, or whose file does not compile; what was
        prepared before stays good.
        """
        self._program((mode, linear, mask_by))

    def is_there(self, mode: str, *, linear: bool = False, mask_by: MaskBy | None = None) -> bool:
        """Whether what `draw` needs is compiled."""
        return (mode, linear, mask_by) in self._programs

    def draw(
        self,
        target: moderngl.Framebuffer,
        layer: moderngl.Texture,
        canvas: moderngl.Texture,
        mode: str,
        *,
        opacity: float = 1.0,
        linear: bool = False,
        mask: moderngl.Texture | None = None,
        mask_by: MaskBy = "luma",
        least_alpha: float = 0.0,
    ) -> None:
        """Fill `target` with `layer` over `canvas`; it stays the framebuffer in use, without blending.

        `opacity` (0..1) and the mask weigh the layer: by the mask's alpha, or by its luma over black (BT.709, as
        encoded, in gamma and in linear light alike). The result's alpha is `least_alpha` at least: 1 where it lies over
        black. Raises ShaderError as `prepare` does, with nothing drawn.
        """
        program = self._program((mode, linear, None if mask is None else mask_by))
        program.set("opacity", opacity)
        program.set("least_alpha", least_alpha)
        program.draw(target, [layer, canvas] if mask is None else [layer, canvas, mask])

    def release(self) -> None:
        """Give every program back."""
        for program in self._programs.values():
            program.release()
        self._programs.clear()

    def _program(self, variant: _Variant) -> FullScreen:
        program = self._programs.get(variant)
        if program is None:
            mode, linear, mask_by = variant
            files = ["passes/light.glsl", "passes/blend_tools.glsl", f"blend/{mode}.glsl", "passes/blend.frag"]
            defines = ["LINEAR_LIGHT"] if linear else []
            if mask_by is not None:
                defines.append(_MASK_DEFINES[mask_by])
            program = self._programs[variant] = FullScreen(self._context, files, _UNITS, defines)
        return program
