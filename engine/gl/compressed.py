"""Uploading BC blocks as they are: the one GL entry point that moderngl does not have.

glCompressedTexSubImage2D is looked up by name through whatever made the context (EGL or glfw), so nothing is
linked against a GL library and no second GL binding is needed.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable
from typing import TypeAlias

import moderngl
import numpy as np
import numpy.typing as npt

from engine.errors import DeviceError, FrameError

GetProcAddress: TypeAlias = Callable[[str], int | None]

BC1_RGB = 0x83F0  # COMPRESSED_RGB_S3TC_DXT1_EXT
BC3_RGBA = 0x83F3  # COMPRESSED_RGBA_S3TC_DXT5_EXT
BLOCK_BYTES = {BC1_RGB: 8, BC3_RGBA: 16}

_TEXTURE_2D = 0x0DE1
_EXTENSION = "GL_EXT_texture_compression_s3tc"
_MEND = "Use a library built with --codec mjpeg on this machine"


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


class CompressedUpload:
    """Makes BC textures and fills them. Render thread only, with the context current."""

    def __init__(self, context: moderngl.Context, get_proc_address: GetProcAddress) -> None:
        """Raises DeviceError where the driver has no S3TC."""
        address = get_proc_address("glCompressedTexSubImage2D")
        if _EXTENSION not in context.extensions or not address:
            raise DeviceError("cannot show HAP: no S3TC textures", subject=str(context.info["GL_RENDERER"]), mend=_MEND)
        integer, size, enum = ctypes.c_int, ctypes.c_int, ctypes.c_uint
        prototype = ctypes.CFUNCTYPE(None, enum, integer, integer, integer, size, size, enum, size, ctypes.c_void_p)
        self._context = context
        self._sub_image = prototype(address)

    def texture(self, size: tuple[int, int], block_format: int) -> moderngl.Texture:
        """A new texture of whole blocks; `size` (texels) comes from `padded_to_blocks`.

        Raises DeviceError where the driver refuses it.
        """
        texture = self._context.texture(size, 4, internal_format=block_format)
        error = self._context.error
        if error != "GL_NO_ERROR":
            texture.release()
            raise DeviceError(f"refuses a BC texture of {size}: {error}", subject="OpenGL", mend=_MEND)
        return texture

    def write(self, texture: moderngl.Texture, block_format: int, blocks: npt.NDArray[np.uint8], clip: str) -> None:
        """Fill all of `texture` from C-contiguous `blocks`, row by row of blocks from the top.

        Raises FrameError, with the texture as it was, where `blocks` is not exactly as long as it must be:
        the driver would read past its end.
        """
        width, height = texture.size
        length = width // 4 * (height // 4) * BLOCK_BYTES[block_format]
        if blocks.nbytes != length:
            raise FrameError(
                f"a frame has {blocks.nbytes} bytes of blocks where {width} × {height} needs {length}",
                subject=clip,
                mend="Build the clip again",
            )
        texture.use(0)
        self._sub_image(_TEXTURE_2D, 0, 0, 0, width, height, block_format, length, blocks.ctypes.data)
