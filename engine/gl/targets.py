"""Framebuffers of one texture: what passes draw into and later ones read. Render thread only."""

from __future__ import annotations

import moderngl


def new_target(context: moderngl.Context, size: tuple[int, int], *, half_float: bool = False) -> moderngl.Framebuffer:
    """A clear RGBA target of `size` (width, height), 8 bits or half a float a channel."""
    texture = context.texture(size, 4, dtype="f2" if half_float else "f1")
    texture.repeat_x = texture.repeat_y = False
    target = context.framebuffer([texture])
    target.clear()
    return target


def picture_of(target: moderngl.Framebuffer) -> moderngl.Texture:
    """The texture that `target` draws into."""
    texture = target.color_attachments[0]
    assert isinstance(texture, moderngl.Texture)
    return texture


def release_target(target: moderngl.Framebuffer) -> None:
    """Give the target and its texture back."""
    context = target.ctx
    if context.fbo is target:
        # moderngl binds the last used framebuffer again after making one; a released one would be a GL error.
        context.detect_framebuffer(0).use()
    picture_of(target).release()
    target.release()
