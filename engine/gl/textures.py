"""Pictures on the GPU: uploaded once each, into textures that are used again and again."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TypeAlias

import moderngl
import numpy as np
import numpy.typing as npt

from engine.core.figures import Figures
from engine.errors import DeviceError, FrameError
from engine.gl.compressed import BC1, BC3, BC4_ALPHA, BC7, CompressedUpload, GetProcAddress, padded_to_blocks
from engine.model.pictures import FrameRef, Layout, Picture

# Layouts of blocks → the format of each plane.
_BLOCK_FORMATS = {
    Layout.BC1: (BC1,),
    Layout.BC3: (BC3,),
    Layout.BC3_YCOCG: (BC3,),
    Layout.BC3_YCOCG_BC4: (BC3, BC4_ALPHA),
    Layout.BC4: (BC4_ALPHA,),
    Layout.BC7: (BC7,),
}
_PLANE_COUNTS = {Layout.YUV: 3, Layout.YUV16: 3, Layout.BC3_YCOCG_BC4: 2}

# (layout, width and height in texels of each plane): textures of one key can stand in for one another.
_Key: TypeAlias = tuple[Layout, tuple[tuple[int, int], ...]]


@dataclass(slots=True, eq=False)
class UploadedPicture:
    """A picture's textures, one for each plane, and what it was uploaded from."""

    picture: Picture
    textures: tuple[moderngl.Texture, ...]
    key: _Key
    nbytes: int
    used_in_draw: int


class TextureStore:
    """Textures by frame. All of it belongs to the render thread.

    A texture set that neither this draw nor the one before has used is filled anew for the next frame of the same
    sizes: with the GPU still busy on the last draw, nothing waits for it, and after a few draws nothing is allocated.
    Sets of sizes that are no longer shown go when `budget_bytes` is reached; what one draw needs always fits.
    """

    def __init__(
        self,
        context: moderngl.Context,
        figures: Figures,
        get_proc_address: GetProcAddress,
        *,
        budget_bytes: int = 256 * 2**20,
    ) -> None:
        self._context = context
        self._get_proc_address = get_proc_address
        self._compressed: CompressedUpload | None = None
        self._upload_ms = figures.samples("upload_ms")
        self._budget_bytes = budget_bytes
        self._held: OrderedDict[FrameRef, UploadedPicture] = OrderedDict()  # least recently used first
        self._held_bytes = 0
        self._draw_index = 0

    @property
    def texture_count(self) -> int:
        """How many textures exist."""
        return sum(len(uploaded.textures) for uploaded in self._held.values())

    @property
    def held_bytes(self) -> int:
        """How much memory they take, in bytes."""
        return self._held_bytes

    def begin_draw(self) -> None:
        """From here on, textures are for the next draw; those of the last one stay as they are."""
        self._draw_index += 1

    def uploaded(self, picture: Picture) -> UploadedPicture:
        """The picture's textures, valid until the next draw but one; it is uploaded unless its frame is there already.

        Raises FrameError where its planes do not hold what it says, and DeviceError where the driver has no such
        blocks or no memory; what was held stays good.
        """
        held = self._held.get(picture.ref)
        if held is None:
            held = self._upload(picture)
            self._held[picture.ref] = held
        self._held.move_to_end(picture.ref)
        held.used_in_draw = self._draw_index
        return held

    def release(self) -> None:
        """Give every texture back."""
        while self._held:
            self._drop(next(iter(self._held)))

    def _upload(self, picture: Picture) -> UploadedPicture:
        started_s = time.perf_counter()
        key = _key(picture)
        uploaded = self._reused(picture, key) or self._allocated(picture, key)
        try:
            self._write(uploaded)
        except FrameError:
            self._held_bytes -= uploaded.nbytes
            _release(uploaded)
            raise
        self._upload_ms.add((time.perf_counter() - started_s) * 1e3)
        return uploaded

    def _reused(self, picture: Picture, key: _Key) -> UploadedPicture | None:
        """The set of this key that was out of use the longest, taken from its frame; None where all are in use."""
        for ref, candidate in self._held.items():
            if candidate.used_in_draw >= self._draw_index - 1:
                return None
            if candidate.key == key:
                del self._held[ref]
                candidate.picture = picture
                return candidate
        return None

    def _allocated(self, picture: Picture, key: _Key) -> UploadedPicture:
        layout, sizes = key
        nbytes = _texture_bytes(layout, sizes)
        self._make_room(nbytes)
        textures = self._textures(layout, sizes)
        self._held_bytes += nbytes
        return UploadedPicture(picture, textures, key, nbytes, 0)

    def _textures(self, layout: Layout, sizes: tuple[tuple[int, int], ...]) -> tuple[moderngl.Texture, ...]:
        made: list[moderngl.Texture] = []
        try:
            for plane_index, size in enumerate(sizes):
                made.append(self._texture(layout, plane_index, size))
        except DeviceError:
            for texture in made:
                texture.release()
            raise
        return tuple(made)

    def _texture(self, layout: Layout, plane_index: int, size: tuple[int, int]) -> moderngl.Texture:
        if layout in _BLOCK_FORMATS:
            self._compressed = self._compressed or CompressedUpload(self._context, self._get_proc_address)
            texture = self._compressed.texture(size, _BLOCK_FORMATS[layout][plane_index])
        elif layout is Layout.RGBA:
            texture = self._context.texture(size, 4)
        else:
            texture = self._context.texture(size, 1, dtype="nu2" if layout is Layout.YUV16 else "f1")
        texture.repeat_x = texture.repeat_y = False
        return texture

    def _write(self, uploaded: UploadedPicture) -> None:
        picture = uploaded.picture
        if picture.layout not in _BLOCK_FORMATS:
            for texture, plane in zip(uploaded.textures, picture.planes, strict=True):
                texture.write(np.ascontiguousarray(plane))
            return
        assert self._compressed is not None
        block_formats = _BLOCK_FORMATS[picture.layout]
        for texture, block_format, plane in zip(uploaded.textures, block_formats, picture.planes, strict=True):
            blocks = np.ascontiguousarray(plane).view(np.uint8)
            self._compressed.write(texture, block_format, blocks, picture.ref.clip)

    def _make_room(self, nbytes: int) -> None:
        for ref, candidate in list(self._held.items()):
            if self._held_bytes + nbytes <= self._budget_bytes or candidate.used_in_draw >= self._draw_index - 1:
                return
            self._drop(ref)

    def _drop(self, ref: FrameRef) -> None:
        uploaded = self._held.pop(ref)
        self._held_bytes -= uploaded.nbytes
        _release(uploaded)


def still_texture(context: moderngl.Context, pixels: npt.NDArray[np.uint8]) -> moderngl.Texture:
    """A texture of its own for a picture that stays: uint8 (height, width, 4), the top row first."""
    height, width = pixels.shape[:2]
    texture = context.texture((width, height), 4, np.ascontiguousarray(pixels))
    texture.repeat_x = texture.repeat_y = False
    return texture


def _release(uploaded: UploadedPicture) -> None:
    for texture in uploaded.textures:
        texture.release()


def _texture_bytes(layout: Layout, sizes: tuple[tuple[int, int], ...]) -> int:
    """How much memory textures of these sizes (texels) take."""
    if layout in _BLOCK_FORMATS:
        pairs = zip(sizes, _BLOCK_FORMATS[layout], strict=True)
        return sum(width * height // 16 * block_format.block_bytes for (width, height), block_format in pairs)
    texel_bytes = {Layout.YUV16: 2, Layout.RGBA: 4}.get(layout, 1)
    return sum(width * height * texel_bytes for width, height in sizes)


def _key(picture: Picture) -> _Key:
    """Which textures can hold the picture. Raises FrameError where its planes do not hold what it says."""
    plane_count = _PLANE_COUNTS.get(picture.layout, 1)
    if picture.layout in _BLOCK_FORMATS and len(picture.planes) == plane_count:
        return picture.layout, (padded_to_blocks(picture.width, picture.height),) * plane_count
    wanted_type = np.uint16 if picture.layout is Layout.YUV16 else np.uint8
    wanted_dimensions = 3 if picture.layout is Layout.RGBA else 2
    sizes = tuple((plane.shape[1], plane.shape[0]) for plane in picture.planes if plane.ndim == wanted_dimensions)
    sound = len(sizes) == len(picture.planes) == plane_count
    sound = sound and all(plane.dtype == wanted_type and plane.shape[2:] in ((), (4,)) for plane in picture.planes)
    for (width, height), (across, down) in zip(sizes, ((1, 1), picture.chroma, picture.chroma), strict=False):
        sound = sound and width * across >= picture.width and height * down >= picture.height
    if not sound:
        shapes = ", ".join(f"{plane.dtype}{list(plane.shape)}" for plane in picture.planes)
        raise FrameError(
            f"a frame of {picture.width} × {picture.height} as {picture.layout.value} has planes {shapes}",
            subject=picture.ref.clip,
            mend="Build the clip again",
        )
    return picture.layout, sizes
