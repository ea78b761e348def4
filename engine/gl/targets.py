"""Framebuffers and their textures: what passes draw into and later ones read. Render thread only."""

from __future__ import annotations

import moderngl


def new_target(
    context: moderngl.Context, size: tuple[int, int], *, half_float: bool = False, full_float: bool = False
) -> moderngl.Framebuffer:
    """A clear RGBA target of `size` (width, height): 8 bits, half a float or a float of 32 bits a channel."""
    return cleared_target(context, [new_texture(context, size, half_float=half_float, full_float=full_float)])


def new_texture(
    context: moderngl.Context, size: tuple[int, int], *, half_float: bool = False, full_float: bool = False
) -> moderngl.Texture:
    """An RGBA texture of `size` (width, height) that ends at its edges."""
    texture = context.texture(size, 4, dtype="f4" if full_float else "f2" if half_float else "f1")
    texture.repeat_x = texture.repeat_y = False
    return texture


def cleared_target(context: moderngl.Context, textures: list[moderngl.Texture]) -> moderngl.Framebuffer:
    """A clear target that draws into all of `textures` at once."""
    target = context.framebuffer(textures)
    target.clear()
    return target


def picture_of(target: moderngl.Framebuffer, index: int = 0) -> moderngl.Texture:
    """The texture that `target` draws into; of several, the one at `index`."""
    texture = target.color_attachments[index]
    assert isinstance(texture, moderngl.Texture)
    return texture


def release_target(target: moderngl.Framebuffer) -> None:
    """Give the target and its textures back."""
    context = target.ctx
    if context.fbo is target:
        # moderngl binds the last used framebuffer again after making one; a released one would be a GL error.
        context.detect_framebuffer(0).use()
    for texture in target.color_attachments:
        texture.release()
    target.release()
