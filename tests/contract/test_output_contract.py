"""What every output promises, asked of each of them, the window on a real display server among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import moderngl
import numpy as np
import pytest

from engine.core.figures import Figures
from engine.gl.context import headless_context
from engine.outputs.film_formats import FILM_FORMATS, FilmCodec
from engine.outputs.hashes import Hashes
from engine.outputs.memory import Memory
from engine.outputs.nothing import Nothing
from engine.outputs.output import Output, Several
from engine.outputs.video_file import VideoFile
from engine.outputs.window import Window
from tests.devices.xvfb_support import egl_set_aside, virtual_display

WIDTH, HEIGHT = 64, 48


@dataclass
class Case:
    """An output, a canvas in the context that it draws with, and the file that it is to make."""

    output: Output
    canvas: moderngl.Framebuffer
    path: Path | None = None


def _film(codec: FilmCodec) -> Callable[[Path], tuple[Output, Path]]:
    def make(folder: Path) -> tuple[Output, Path]:
        path = folder / f"film{FILM_FORMATS[codec].suffixes[0]}"
        film = VideoFile(path, width=WIDTH, height=HEIGHT, rate=Fraction(30), codec=codec, figures=Figures())
        return film, path

    return make


def _hashes(folder: Path) -> tuple[Output, Path]:
    return Hashes(folder / "hashes.txt"), folder / "hashes.txt"


def _several(folder: Path) -> tuple[Output, Path]:
    hashes, path = _hashes(folder)
    return Several([Memory(), hashes, Nothing()]), path


OFF_SCREEN: dict[str, Callable[[Path], tuple[Output, Path | None]]] = {
    "memory": lambda _: (Memory(), None),
    "nothing": lambda _: (Nothing(), None),
    "hashes": _hashes,
    "several": _several,
    **{codec: _film(codec) for codec in FILM_FORMATS},
}


@pytest.fixture(params=[*OFF_SCREEN, "window"])
def case(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    with ExitStack() as stack:
        if request.param == "window":
            stack.enter_context(egl_set_aside())
            monkeypatch.setenv("DISPLAY", stack.enter_context(virtual_display(160, 120)).name)
            output: Output
            output, path, context = _window()
        else:
            context = headless_context()
            stack.callback(context.release)
            output, path = OFF_SCREEN[request.param](tmp_path)
        stack.callback(output.abort)
        yield Case(output, context.framebuffer([context.texture((WIDTH, HEIGHT), 4)]), path)


def _window() -> tuple[Output, None, moderngl.Context]:
    window = Window(title="contract", width=WIDTH, height=HEIGHT, vsync=False)
    return window, None, window.context


def draw(canvas: moderngl.Framebuffer, frame_index: int) -> bytes:
    """Something new for each frame; what was drawn."""
    pixels = np.random.default_rng(frame_index).integers(0, 256, (HEIGHT, WIDTH, 4), dtype=np.uint8)
    texture = canvas.color_attachments[0]
    assert isinstance(texture, moderngl.Texture)
    texture.write(pixels.tobytes())
    return pixels.tobytes()


def present(case: Case, frames: int, first: int = 0) -> None:
    for frame_index in range(first, first + frames):
        draw(case.canvas, frame_index)
        case.output.present(case.canvas, frame_index, frame_index / 30)


def files(case: Case) -> list[Path]:
    assert case.path is not None
    return sorted(case.path.parent.iterdir())


def test_frames_are_taken_and_it_closes(case: Case) -> None:
    present(case, 6)
    case.output.close()
    if case.path is not None:
        assert files(case) == [case.path]
        assert case.path.stat().st_size


def test_a_run_may_begin_at_any_frame(case: Case) -> None:
    present(case, 3, first=1000)
    case.output.close()


def test_the_canvas_stays_as_it_was(case: Case) -> None:
    drawn = draw(case.canvas, 7)
    case.output.present(case.canvas, 7, 7 / 30)
    assert case.canvas.read(components=4) == drawn
    case.canvas.clear(1.0, 0.0, 0.0, 1.0)  # and can be drawn on again
    assert case.canvas.read(components=4) == bytes((255, 0, 0, 255)) * WIDTH * HEIGHT


def test_drawing_on_after_a_frame_does_not_change_it(case: Case) -> None:
    """The output is done with the canvas when present returns; a film's frames are compared elsewhere."""
    drawn = draw(case.canvas, 0)
    case.output.present(case.canvas, 0, 0.0)
    draw(case.canvas, 1)
    if isinstance(case.output, Memory):
        assert case.output.frames[0].tobytes() == drawn
    assert case.canvas.ctx.error == "GL_NO_ERROR"


def test_nothing_stands_under_the_final_name_before_it_is_closed(case: Case) -> None:
    present(case, 4)
    assert case.path is None or not case.path.exists()


def test_closing_twice_and_aborting_after_it_change_nothing(case: Case) -> None:
    present(case, 2)
    case.output.close()
    content = case.path.read_bytes() if case.path else b""
    case.output.close()
    case.output.abort()
    if case.path is not None:
        assert case.path.read_bytes() == content


def test_aborting_leaves_no_file_at_all(case: Case) -> None:
    present(case, 4)
    case.output.abort()
    case.output.abort()
    case.output.close()
    if case.path is not None:
        assert files(case) == []


def test_aborting_before_the_first_frame_leaves_no_file(case: Case) -> None:
    case.output.abort()
    if case.path is not None:
        assert files(case) == []
