"""The operator's window beside the audience's, on a real display server: both pictures, keys, messages, closing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import glfw
import moderngl
import numpy as np
import numpy.typing as npt
import pytest

from engine.errors import DeviceError
from engine.gl.letters import lettered
from engine.outputs.operator_window import OperatorWindow
from engine.outputs.window import Window
from tests.devices.sound_support import wait_until
from tests.devices.stage_support import Stage, playing
from tests.devices.xvfb_support import VirtualDisplay, egl_set_aside, virtual_display
from tests.devices.xvfb_support import wait_until as poll_until
from tests.film_support import grey_movie

# The audience's window stands in the middle, the operator's in the lower right corner, and they do not touch.
SCREEN = (1000, 1400)
AUDIENCE, OPERATOR = "stage-test", "stage-test - operator"
LEVELS = {"one": 60, "two": 120}
CELL = (12, 20)  # pixels of a letter on the operator's page
PICTURE = (40, 30, 320, 150)  # well within the small picture: left, top, right, bottom

SHOW = f"""
title: {AUDIENCE}
canvas: {{width: 320, height: 180, rate: 10}}
onsets: {{source: none}}
layers:
  - {{name: low, source: low.mp4, speed: 0, loop: hold}}
  - {{name: high, source: high.mp4, speed: 0, loop: hold}}
movements:
  - {{name: one, duration_s: 600, hidden: [high]}}
  - {{name: two, duration_s: 600, hidden: [low]}}
bindings:
  - {{key: space, to: /movement/next}}
  - {{key: b, to: /movement/previous}}
  - {{key: q, to: /quit}}
inputs: {{midi: {{enabled: false}}, osc: {{enabled: false}}}}
outputs: {{operator: {{enabled: true}}}}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[VirtualDisplay]:
    with virtual_display(*SCREEN) as display, egl_set_aside():
        yield display


@pytest.fixture
def display(server: VirtualDisplay, monkeypatch: pytest.MonkeyPatch) -> VirtualDisplay:
    monkeypatch.setenv("DISPLAY", server.name)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    return server


def window_of(display: VirtualDisplay, title: str) -> npt.NDArray[np.uint8]:
    """What a window shows: uint8 (height, width, 3)."""
    x, y, width, height = display.place(title)
    return display.screenshot()[y : y + height, x : x + width]


def says(picture: npt.NDArray[np.uint8], text: str) -> bool:
    """Whether a line of the operator's page begins with `text`, somewhere."""
    lit = picture.max(axis=2) > 100
    letters = lettered(text, 2)[:, :-2]
    height, width = letters.shape
    rows = range(CELL[1] // 4, picture.shape[0] - height, CELL[1])
    columns = range(CELL[0] // 2, picture.shape[1] - width, CELL[0])
    return any((lit[y : y + height, x : x + width] == letters).all() for y in rows for x in columns)


@pytest.fixture
def stage(tmp_path: Path, server: VirtualDisplay) -> Iterator[Stage]:
    grey_movie(tmp_path / "low.mp4", frames=5, first_level=LEVELS["one"])
    grey_movie(tmp_path / "high.mp4", frames=5, first_level=LEVELS["two"])
    (tmp_path / "show.yaml").write_text(SHOW)
    with playing(tmp_path / "show.yaml", server, {}) as on:
        yield on


def test_the_operator_sees_the_show_plays_it_and_may_leave(stage: Stage, tmp_path: Path) -> None:
    display = stage.display

    def told(text: str) -> bool:
        assert stage.process.poll() is None, stage.process.communicate()[1]
        return says(window_of(display, OPERATOR), text)

    def small_picture() -> set[int]:
        left, top, right, bottom = PICTURE
        return {int(level) for level in window_of(display, OPERATOR)[top:bottom, left:right].flat}

    wait_until(stage.shows(LEVELS["one"]), "the audience's picture")
    wait_until(lambda: told("movement one"), "the movement's name")
    wait_until(lambda: all(abs(level - LEVELS["one"]) <= 2 for level in small_picture()), "the same picture, small")
    assert told("not timed on software GL")

    display.focus(OPERATOR)
    display.press("space")
    wait_until(stage.shows(LEVELS["two"]), "the second movement, by a key in the operator's window")
    wait_until(lambda: told("movement two"), "its name")
    wait_until(lambda: all(abs(level - LEVELS["two"]) <= 2 for level in small_picture()), "its picture, small")

    (tmp_path / "show.yaml").write_text(SHOW.replace("key: b", "kee: b"))
    wait_until(lambda: told("NOT TAKEN OVER"), "what is wrong with the file")
    assert len(set(window_of(display, AUDIENCE).flat)) <= 3, "the audience sees the picture alone"
    (tmp_path / "show.yaml").write_text(SHOW.replace("key: b", "key: c"))
    wait_until(lambda: told("taken over: show.yaml"), "that it is mended")
    assert not told("NOT TAKEN OVER")

    display.ask_to_close(OPERATOR)
    wait_until(lambda: not display.is_open(OPERATOR), "the operator's window to go")
    display.focus(AUDIENCE)
    display.press("c")
    wait_until(stage.shows(LEVELS["one"]), "the first movement again, without the operator's window")
    display.press("q")
    out, err = stage.process.communicate(timeout=30)
    assert stage.process.returncode == 0, err
    assert json.loads(out)["missing"] == []


@pytest.fixture
def audience(display: VirtualDisplay) -> Iterator[Window]:
    opened = Window(title="audience", width=320, height=240, vsync=False)
    yield opened
    opened.close()


@pytest.fixture
def operator(audience: Window) -> Iterator[OperatorWindow]:
    opened = OperatorWindow(audience, title="operator")
    yield opened
    opened.close()


def canvas_of_halves(context: moderngl.Context) -> moderngl.Framebuffer:
    """Red above, green below."""
    pixels = np.zeros((90, 160, 4), np.uint8)
    pixels[:45, :, 0] = pixels[45:, :, 1] = 255
    return context.framebuffer([context.texture((160, 90), 4, pixels.tobytes())])


def test_both_windows_show_what_they_should(
    audience: Window, operator: OperatorWindow, display: VirtualDisplay
) -> None:
    canvas = canvas_of_halves(audience.context)
    for frame_index in range(2):
        audience.poll()
        audience.present(canvas, frame_index, frame_index / 30)
        with operator.drawn():
            operator.preview(canvas, operator.framebuffer_size, (10, 400, 320, 180), (0.0, 0.0, 1.0))
    seen = window_of(display, "operator")
    assert seen.shape == (600, 960, 3)
    top = 600 - 400 - 180
    assert tuple(seen[top + 2, 12]) == tuple(seen[top + 85, 320]) == (255, 0, 0)
    assert tuple(seen[top + 95, 12]) == tuple(seen[top + 177, 328]) == (0, 255, 0)
    assert tuple(seen[top - 1, 12]) == tuple(seen[top + 2, 331]) == tuple(seen[-1, -1]) == (0, 0, 255)
    theirs = window_of(display, "audience")
    assert tuple(theirs[60, 160]) == (255, 0, 0)
    assert tuple(theirs[200, 160]) == (0, 255, 0)
    assert glfw.get_current_context() is not None
    operator.close()
    operator.close()
    assert operator.should_close
    assert not audience.should_close
    audience.present(canvas, 2, 2 / 30)
    assert audience.context.error == "GL_NO_ERROR"
    assert np.frombuffer(canvas.read(components=3), np.uint8)[0] == 255


def test_it_makes_way_for_a_covered_monitor(
    audience: Window, operator: OperatorWindow, display: VirtualDisplay
) -> None:
    assert not operator.make_way()
    assert not operator.is_hidden
    audience.set_fullscreen(True)
    poll_until(lambda: audience.framebuffer_size == SCREEN, audience.poll)
    assert operator.make_way()
    assert operator.is_hidden
    assert not operator.make_way()
    audience.set_fullscreen(False)
    assert not operator.make_way()
    assert not operator.is_hidden
    poll_until(lambda: display.is_open("operator"), audience.poll)


def test_an_unknown_monitor_leaves_nothing_open(audience: Window, display: VirtualDisplay) -> None:
    with pytest.raises(DeviceError, match="projector: no such monitor"):
        OperatorWindow(audience, title="operator", monitor="projector")
    assert not display.is_open("operator")
    audience.present(canvas_of_halves(audience.context), 0, 0.0)
    assert audience.context.error == "GL_NO_ERROR"
