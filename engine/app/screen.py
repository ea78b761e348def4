"""The stage's screen: a window with its keys, or nothing where there is no display."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import moderngl

from engine.app.jobs import LiveJob
from engine.errors import NoDisplayError
from engine.gl.context import headless_context
from engine.model.world import World
from engine.outputs.nothing import Nothing

if TYPE_CHECKING:
    from engine.app.live_inputs import LiveInputs
    from engine.outputs.window import Window


def stage_screen(
    stack: ExitStack, world: World, job: LiveJob, inputs: LiveInputs
) -> tuple[Window | Nothing, moderngl.Context, Callable[[str], int] | None]:
    """The output on stage, its GL context, and how that context's functions are found (None: the usual way).

    Without a display it is no output at all, which is a warning. Closed as the stack unwinds.
    """
    if not job.headless:
        try:
            window = _window(world, job, inputs)
            stack.callback(window.close)
            return window, window.context, window.get_proc_address
        except NoDisplayError as error:
            inputs.do_without(error)
    return Nothing(), kept(stack, headless_context()), None


def _window(world: World, job: LiveJob, inputs: LiveInputs) -> Window:
    from engine.outputs.window import Window  # noqa: PLC0415

    show = world.loaded.show
    wish = show.outputs.window
    window = Window(
        title=show.title or world.loaded.file.stem,
        width=show.canvas.width,
        height=show.canvas.height,
        monitor=wish.monitor if job.monitor is None else job.monitor,
        fullscreen=wish.fullscreen if job.fullscreen is None else job.fullscreen,
        vsync=wish.vsync,
        on_key=lambda name, pressed: window_key(window, inputs, name, pressed),
    )
    return window


def window_key(window: Window, inputs: LiveInputs, name: str, pressed: bool) -> None:
    """A key pressed in a window. F11 and escape are the audience's window's own, as everywhere; every key reaches the
    show's bindings as well.

    While a control is learned, escape leaves that, and not the full screen.
    """
    if pressed and name == "f11":
        window.set_fullscreen(not window.fullscreen)
    elif pressed and name == "escape" and not (inputs.learn is not None and inputs.learn.active):
        window.set_fullscreen(False)
    inputs.keys.on_key(name, pressed)


def live_rate(world: World, output: Window | Nothing) -> float:
    """Pictures a second on stage: the display's refreshes, else what the show says."""
    if not isinstance(output, Nothing) and output.refresh_hz > 0:
        return output.refresh_hz
    return world.loaded.show.canvas.rate


def kept(stack: ExitStack, context: moderngl.Context) -> moderngl.Context:
    """The context, released as the stack unwinds."""
    stack.callback(context.release)
    return context
