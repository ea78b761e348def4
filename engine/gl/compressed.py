"""Uploading BC blocks as they are: the one GL entry point that moderngl does not have.

glCompressedTexSubImage2D is looked up by name through whatever made the context (EGL or glfw), so nothing is
linked against a GL library and no second GL binding is needed.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import moderngl
import numpy as np
import numpy.typing as npt

from engine.errors import DeviceError, FrameError

GetProcAddress: TypeAlias = Callable[[str], int | None]


@dataclass(frozen=True, slots=True)
class BlockFormat:
    """A texture format of blocks of 4 × 4 texels, and where a driver has it."""

    internal_format: int
    block_bytes: int
    family: str  # as drivers' lists and people call it
    extension: str
    core_since: int | None  # GL version × 100 from which no extension is needed
    mend: str
    swizzle: str = "RGBA"  # what a shader is handed


_MJPEG = "Use a library built with --codec mjpeg on this machine"
_S3TC = ("S3TC", "GL_EXT_texture_compression_s3tc", None, _MJPEG)
_RGTC = ("RGTC", "GL_ARB_texture_compression_rgtc", 300, _MJPEG)
_BPTC = ("BPTC", "GL_ARB_texture_compression_bptc", 420, "Encode the clip as Hap Q Alpha for this machine")
BC1 = BlockFormat(0x83F0, 8, *_S3TC)  # COMPRESSED_RGB_S3TC_DXT1_EXT
BC3 = BlockFormat(0x83F3, 16, *_S3TC)  # COMPRESSED_RGBA_S3TC_DXT5_EXT
BC4_ALPHA = BlockFormat(0x8DBB, 8, *_RGTC, swizzle="111R")  # COMPRESSED_RED_RGTC1, as the alpha of white
BC7 = BlockFormat(0x8E8C, 16, *_BPTC)  # COMPRESSED_RGBA_BPTC_UNORM

_TEXTURE_2D = 0x0DE1


def egl_get_proc_address(name: str) -> int | None:
    """Look a GL function up through libEGL; None where it has none. Raises DeviceError without libEGL."""
    library = ctypes.util.find_library("EGL") or "libEGL.so.1"
    try:
        look_up = ctypes.CDLL(library).eglGetProcAddress
    except (OSError, AttributeError) as error:
        raise DeviceError(
            f"cannot be loaded ({error})", subject=library, mend="On Debian and Ubuntu: apt install libegl1"
        ) from error
    look_up.restype = ctypes.c_void_p
    look_up.argtypes = [ctypes.c_char_p]
    address: int | None = look_up(name.encode())
    return address


def padded_to_blocks(width: int, height: int) -> tuple[int, int]:
    """The size in texels of the whole 4 × 4 blocks that hold a picture."""
    return -(-width // 4) * 4, -(-height // 4) * 4


def takes(context: moderngl.Context, block_format: BlockFormat) -> bool:
    """Whether the driver has the format. Render thread, as all here."""
    since = block_format.core_since
    return block_format.extension in context.extensions or (since is not None and context.version_code >= since)


class CompressedUpload:
    """Makes BC textures and fills them. Render thread only, with the context current."""

    def __init__(self, context: moderngl.Context, get_proc_address: GetProcAddress) -> None:
        """Raises DeviceError where the driver has no compressed textures at all."""
        self._renderer = str(context.info["GL_RENDERER"])
        address = get_proc_address("glCompressedTexSubImage2D")
        if not address:
            raise DeviceError("cannot show HAP: no compressed textures", subject=self._renderer, mend=_MJPEG)
        integer, size, enum = ctypes.c_int, ctypes.c_int, ctypes.c_uint
        prototype = ctypes.CFUNCTYPE(None, enum, integer, integer, integer, size, size, enum, size, ctypes.c_void_p)
        self._context = context
        self._sub_image = prototype(address)

    def texture(self, size: tuple[int, int], block_format: BlockFormat) -> moderngl.Texture:
        """A new texture of whole blocks; `size` (texels) comes from `padded_to_blocks`.

        Raises DeviceError where the driver lacks the format or refuses the texture.
        """
        if not takes(self._context, block_format):
            what = f"cannot show this kind of HAP: no {block_format.family} textures"
            raise DeviceError(what, subject=self._renderer, mend=block_format.mend)
        texture = self._context.texture(size, 4, internal_format=block_format.internal_format)
        error = self._context.error
        if error != "GL_NO_ERROR":
            texture.release()
            raise DeviceError(f"refuses a BC texture of {size}: {error}", subject="OpenGL", mend=block_format.mend)
        texture.swizzle = block_format.swizzle
        return texture

    def write(
        self, texture: moderngl.Texture, block_format: BlockFormat, blocks: npt.NDArray[np.uint8], clip: str
    ) -> None:
        """Fill all of `texture` from C-contiguous `blocks`, row by row of blocks from the top.

        Raises FrameError, with the texture as it was, where `blocks` is not exactly as long as it must be:
        the driver would read past its end.
        """
        width, height = texture.size
        length = width // 4 * (height // 4) * block_format.block_bytes
        if blocks.nbytes != length:
            raise FrameError(
                f"a frame has {blocks.nbytes} bytes of blocks where {width} × {height} needs {length}",
                subject=clip,
                mend="Build the clip again",
            )
        texture.use(0)
        address = blocks.ctypes.data
        self._sub_image(_TEXTURE_2D, 0, 0, 0, width, height, block_format.internal_format, length, address)
