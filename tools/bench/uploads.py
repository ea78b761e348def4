"""Part of suite `layers`: the ways in which a picture's bytes can reach a texture, measured against each other.

*plain*: `glTexSubImage2D` (or its compressed sister) from the memory that the decoder filled. *orphaned buffer*: a
pixel buffer whose storage is thrown away with `glBufferData(NULL)`, filled with `glBufferSubData`, and then the
source of the same call. *persistent buffer*: a pixel buffer that stays mapped (ARB_buffer_storage), in three parts
with a fence each, filled by a copy. *persistent buffer, decoded into*: the same without the copy, as if the decoder had
filled it. All go into a ring of three textures, interleaved in one loop. `call` is what the render thread pays
until the calls return; `done` counts until `glFinish` says that the GPU has the picture, and gives GB/s.

moderngl has neither persistent maps nor compressed uploads, so every way here goes through GL's own entry points.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import moderngl
import numpy as np
import numpy.typing as npt

from engine.errors import DeviceError
from engine.gl.compressed import egl_get_proc_address
from tools.bench.measuring import Case, percentile, ratio
from tools.bench.rows import Row

_TEXTURE_2D = 0x0DE1
_UNPACK_BUFFER = 0x88EC
_UNPACK_ALIGNMENT = 0x0CF5
_STREAM_DRAW = 0x88E0
_RED, _UNSIGNED_BYTE = 0x1903, 0x1401
_BC1, _BC3 = 0x83F0, 0x83F3
_MAP_WRITE, _MAP_PERSISTENT, _MAP_COHERENT = 0x0002, 0x0040, 0x0080
_GPU_COMMANDS_COMPLETE, _FLUSH_BIT = 0x9117, 0x00000001
_WAIT_NS = 1_000_000_000
_RING = 3

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Plane:
    """One texture's worth of a picture; `block_format` is 0 for plain bytes, one a texel."""

    width: int
    height: int
    nbytes: int
    block_format: int = 0


def pictures(width: int, height: int) -> dict[str, tuple[Plane, ...]]:
    """What is uploaded for one picture of that size (multiples of 4), by what it is called."""
    y, half = Plane(width, height, width * height), Plane(width // 2, height // 2, width * height // 4)
    return {
        "YUV planes": (y, half, half),
        "BC1 blocks": (Plane(width, height, width * height // 2, _BC1),),
        "BC3 blocks": (Plane(width, height, width * height, _BC3),),
    }


class GL:
    """The entry points that moderngl does not have. Render thread, with the context current."""

    def __init__(self, context: moderngl.Context) -> None:
        """`can_persist` is False where the driver has no persistent maps. Raises DeviceError where it lacks more."""
        size, enum, pointer = ctypes.c_ssize_t, ctypes.c_uint, ctypes.c_void_p
        integer = ctypes.c_int
        image = (enum, *[integer] * 5)
        self.gen_buffers = _function("glGenBuffers", None, integer, pointer)
        self.delete_buffers = _function("glDeleteBuffers", None, integer, pointer)
        self.bind_buffer = _function("glBindBuffer", None, enum, enum)
        self.buffer_data = _function("glBufferData", None, enum, size, pointer, enum)
        self.buffer_sub_data = _function("glBufferSubData", None, enum, size, size, pointer)
        self.map_range = _function("glMapBufferRange", pointer, enum, size, size, enum)
        self.unmap = _function("glUnmapBuffer", ctypes.c_ubyte, enum)
        self.pixel_store = _function("glPixelStorei", None, enum, integer)
        self.sub_image = _function("glTexSubImage2D", None, *image, enum, enum, pointer)
        self.compressed_sub_image = _function("glCompressedTexSubImage2D", None, *image, enum, integer, pointer)
        self.fence = _function("glFenceSync", pointer, enum, enum)
        self.wait = _function("glClientWaitSync", enum, pointer, enum, ctypes.c_uint64)
        self.delete_sync = _function("glDeleteSync", None, pointer)
        self.can_persist = "GL_ARB_buffer_storage" in context.extensions or context.version_code >= 440
        if self.can_persist:
            self.buffer_storage = _function("glBufferStorage", None, enum, size, pointer, enum)


def _function(name: str, result: Any, *arguments: Any) -> Any:
    address = egl_get_proc_address(name)
    if not address:
        raise DeviceError(f"has no {name}", subject="OpenGL")
    return ctypes.CFUNCTYPE(result, *arguments)(address)


class Way(Protocol):
    """One way of uploading. `upload` fills the textures from the planes, whose bytes are `content`."""

    def upload(self, textures: Sequence[moderngl.Texture], content: Sequence[Bytes]) -> None: ...

    def release(self) -> None: ...


@dataclass(slots=True)
class Plain:
    """From the decoder's memory."""

    gl: GL
    planes: Sequence[Plane]

    def upload(self, textures: Sequence[moderngl.Texture], content: Sequence[Bytes]) -> None:
        for plane, texture, data in zip(self.planes, textures, content, strict=True):
            _sub_image(self.gl, texture, plane, data.ctypes.data)

    def release(self) -> None:
        pass


class Orphaned:
    """Through a buffer whose storage is new each time."""

    def __init__(self, gl: GL, planes: Sequence[Plane]) -> None:
        self._gl, self._planes = gl, planes
        self._buffer = _new_buffer(gl)

    def upload(self, textures: Sequence[moderngl.Texture], content: Sequence[Bytes]) -> None:
        gl = self._gl
        gl.bind_buffer(_UNPACK_BUFFER, self._buffer)
        gl.buffer_data(_UNPACK_BUFFER, sum(plane.nbytes for plane in self._planes), None, _STREAM_DRAW)
        offset = 0
        for plane, texture, data in zip(self._planes, textures, content, strict=True):
            gl.buffer_sub_data(_UNPACK_BUFFER, offset, plane.nbytes, data.ctypes.data)
            _sub_image(gl, texture, plane, offset)
            offset += plane.nbytes
        gl.bind_buffer(_UNPACK_BUFFER, 0)

    def release(self) -> None:
        _delete_buffer(self._gl, self._buffer)


class Persistent:
    """Through a buffer that stays mapped; `copies` is False where the decoder would have filled it itself."""

    def __init__(self, gl: GL, planes: Sequence[Plane], *, copies: bool) -> None:
        self._gl, self._planes, self._copies = gl, planes, copies
        self._part = -(-sum(plane.nbytes for plane in planes) // 256) * 256
        self._buffer = _new_buffer(gl)
        self._fences: list[int | None] = [None] * _RING
        self._turn = 0
        flags = _MAP_WRITE | _MAP_PERSISTENT | _MAP_COHERENT
        gl.bind_buffer(_UNPACK_BUFFER, self._buffer)
        gl.buffer_storage(_UNPACK_BUFFER, _RING * self._part, None, flags)
        address = gl.map_range(_UNPACK_BUFFER, 0, _RING * self._part, flags)
        gl.bind_buffer(_UNPACK_BUFFER, 0)
        if not address:
            raise DeviceError("maps no persistent buffer", subject="OpenGL")
        self._mapped: Bytes = np.ctypeslib.as_array((ctypes.c_uint8 * (_RING * self._part)).from_address(address))
        self._mapped[:] = 0  # its pages are there before anything is timed

    def upload(self, textures: Sequence[moderngl.Texture], content: Sequence[Bytes]) -> None:
        gl, part = self._gl, self._turn % _RING
        self._turn += 1
        self._wait_for(part)
        gl.bind_buffer(_UNPACK_BUFFER, self._buffer)
        offset = part * self._part
        for plane, texture, data in zip(self._planes, textures, content, strict=True):
            if self._copies:
                np.copyto(self._mapped[offset : offset + plane.nbytes], data)
            _sub_image(gl, texture, plane, offset)
            offset += plane.nbytes
        gl.bind_buffer(_UNPACK_BUFFER, 0)
        self._fences[part] = gl.fence(_GPU_COMMANDS_COMPLETE, 0)

    def _wait_for(self, part: int) -> None:
        fence = self._fences[part]
        if fence is not None:
            self._gl.wait(fence, _FLUSH_BIT, _WAIT_NS)
            self._gl.delete_sync(fence)
            self._fences[part] = None

    def release(self) -> None:
        for part in range(_RING):
            self._wait_for(part)
        self._gl.bind_buffer(_UNPACK_BUFFER, self._buffer)
        self._gl.unmap(_UNPACK_BUFFER)
        self._gl.bind_buffer(_UNPACK_BUFFER, 0)
        _delete_buffer(self._gl, self._buffer)


@dataclass(slots=True)
class Timed:
    """A way and what its uploads took, in milliseconds."""

    way: Way
    call_ms: list[float] = field(default_factory=list)
    done_ms: list[float] = field(default_factory=list)


def rows(context: moderngl.Context, width: int, height: int, rounds: int) -> Iterator[Row]:
    """Every kind of picture of that size in every way, `rounds` uploads each."""
    gl = GL(context)
    gl.pixel_store(_UNPACK_ALIGNMENT, 1)
    for name, planes in pictures(width, height).items():
        label = f"{width} × {height} {name}"
        try:
            timed = timings(context, gl, planes, rounds)
        except moderngl.Error as error:
            yield Case("layers", f"upload {label}").row("done p50", None, "ms", note=str(error))
            continue
        nbytes = sum(plane.nbytes for plane in planes)
        plain = percentile(timed["plain"].done_ms, 50)
        for way, one in timed.items():
            case = Case("layers", f"upload {label}, {way}")
            yield case.row("call p50", percentile(one.call_ms, 50), "ms")
            done = percentile(one.done_ms, 50)
            yield case.row("done p50", done, "ms")
            yield case.row("done p99", percentile(one.done_ms, 99), "ms")
            yield case.row("throughput", ratio(nbytes / 1e6, done), "GB/s")
            yield case.row("done p50 ÷ plain", ratio(done, plain), "×")
        if not gl.can_persist:
            case = Case("layers", f"upload {label}, persistent buffer")
            yield case.row("done p50", None, "ms", note="the driver has no ARB_buffer_storage")


def timings(context: moderngl.Context, gl: GL, planes: Sequence[Plane], rounds: int) -> dict[str, Timed]:
    """What each way took, interleaved; the first round of each does not count. Raises moderngl.Error."""
    textures = [[_texture(context, plane) for plane in planes] for _ in range(_RING)]
    random = np.random.default_rng(1)
    content = [[random.integers(0, 256, plane.nbytes, np.uint8) for plane in planes] for _ in range(_RING)]
    timed: dict[str, Timed] = {"plain": Timed(Plain(gl, planes)), "orphaned buffer": Timed(Orphaned(gl, planes))}
    if gl.can_persist:
        timed["persistent buffer"] = Timed(Persistent(gl, planes, copies=True))
        timed["persistent buffer, decoded into"] = Timed(Persistent(gl, planes, copies=False))
    try:
        for number in range(rounds + 1):
            for one in timed.values():
                _round(context, one, textures[number % _RING], content[number % _RING], counts=number > 0)
    finally:
        for one in timed.values():
            one.way.release()
        for texture in (texture for ring in textures for texture in ring):
            texture.release()
    return timed


def _round(
    context: moderngl.Context,
    one: Timed,
    textures: Sequence[moderngl.Texture],
    content: Sequence[Bytes],
    *,
    counts: bool,
) -> None:
    begun_s = time.perf_counter()
    one.way.upload(textures, content)
    called_s = time.perf_counter()
    context.finish()
    if counts:
        one.call_ms.append((called_s - begun_s) * 1000)
        one.done_ms.append((time.perf_counter() - begun_s) * 1000)


def _texture(context: moderngl.Context, plane: Plane) -> moderngl.Texture:
    size = (plane.width, plane.height)
    if plane.block_format:
        return context.texture(size, 4, internal_format=plane.block_format)
    return context.texture(size, 1)


def _sub_image(gl: GL, texture: moderngl.Texture, plane: Plane, source: int) -> None:
    """`source` is an address, or an offset into the buffer that is bound."""
    texture.use(0)
    place = (_TEXTURE_2D, 0, 0, 0, plane.width, plane.height)
    if plane.block_format:
        gl.compressed_sub_image(*place, plane.block_format, plane.nbytes, source)
    else:
        gl.sub_image(*place, _RED, _UNSIGNED_BYTE, source)


def _new_buffer(gl: GL) -> int:
    name = ctypes.c_uint()
    gl.gen_buffers(1, ctypes.byref(name))
    return name.value


def _delete_buffer(gl: GL, name: int) -> None:
    gl.delete_buffers(1, ctypes.byref(ctypes.c_uint(name)))
