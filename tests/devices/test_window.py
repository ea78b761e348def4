"""The window, on a real display server: keys that arrive, pictures that stand upright, requests to close."""

from __future__ import annotations

from collections.abc import Iterator

import glfw
import moderngl
import numpy as np
import numpy.typing as npt
import pytest

from engine.errors import DeviceError
from engine.outputs import glfw_library
from engine.outputs.window import Window
from tests.devices.xvfb_support import VirtualDisplay, egl_set_aside, virtual_display, wait_until

TITLE = "stage"
RED, GREEN, BLUE, WHITE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)


@pytest.fixture(scope="module")
def server() -> Iterator[VirtualDisplay]:
    with virtual_display(640, 480) as display, egl_set_aside():
        yield display


@pytest.fixture
def display(server: VirtualDisplay, monkeypatch: pytest.MonkeyPatch) -> VirtualDisplay:
    monkeypatch.setenv("DISPLAY", server.name)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    return server


@pytest.fixture
def keys() -> list[tuple[str, bool]]:
    return []


@pytest.fixture
def window(display: VirtualDisplay, keys: list[tuple[str, bool]]) -> Iterator[Window]:
    opened = Window(
        title=TITLE, width=320, height=240, on_key=lambda name, pressed: keys.append((name, pressed)), vsync=False
    )
    yield opened
    opened.close()


def canvas_of_corners(context: moderngl.Context, width: int, height: int) -> moderngl.Framebuffer:
    """Red, green above; blue, white below; half transparent, which a window must not show."""
    pixels = np.full((height, width, 4), 128, np.uint8)
    pixels[: height // 2, : width // 2, :3] = RED
    pixels[: height // 2, width // 2 :, :3] = GREEN
    pixels[height // 2 :, : width // 2, :3] = BLUE
    pixels[height // 2 :, width // 2 :, :3] = WHITE
    return context.framebuffer([context.texture((width, height), 4, pixels.tobytes())])


def show(window: Window, canvas: moderngl.Framebuffer) -> None:
    """Present twice, so that the front buffer has the picture whichever buffer the server copied."""
    for frame_index in range(2):
        window.poll()
        window.present(canvas, frame_index, frame_index / 30)
    window.context.finish()


def corners(picture: npt.NDArray[np.uint8], inset: int = 4) -> list[tuple[int, ...]]:
    """The colours near the top left, top right, bottom left and bottom right corner."""
    low, high = inset, -1 - inset
    return [tuple(int(v) for v in picture[y, x]) for y in (low, high) for x in (low, high)]


def test_a_real_key_arrives_by_its_name(window: Window, display: VirtualDisplay, keys: list[tuple[str, bool]]) -> None:
    display.focus(TITLE)
    for stroke in ("a", "space", "F1", "Left", "minus", "7", "Escape"):
        display.press(stroke)
    wait_until(lambda: len(keys) >= 14, window.poll)
    names = ["a", "space", "f1", "left", "minus", "7", "escape"]
    assert keys == [(name, pressed) for name in names for pressed in (True, False)]
    assert not window.should_close


def test_the_picture_stands_upright_on_the_screen(window: Window, display: VirtualDisplay) -> None:
    show(window, canvas_of_corners(window.context, 320, 240))
    x, y, width, height = display.place(TITLE)
    assert (width, height) == (320, 240)
    seen = display.screenshot()[y : y + height, x : x + width]
    assert corners(seen, 0) == [RED, GREEN, BLUE, WHITE]
    assert tuple(seen[119, 159]) == RED
    assert tuple(seen[120, 160]) == WHITE


def test_bars_stand_beside_a_narrow_canvas(window: Window, display: VirtualDisplay) -> None:
    show(window, canvas_of_corners(window.context, 120, 240))  # 1:2 in 4:3: 120 wide in the middle of 320
    x, y, width, height = display.place(TITLE)
    seen = display.screenshot()[y : y + height, x : x + width]
    assert corners(seen, 0) == [BLACK] * 4
    assert not seen[:, :100].any()
    assert not seen[:, 220:].any()
    assert corners(seen[:, 100:220], 0) == [RED, GREEN, BLUE, WHITE]


def test_a_resized_window_shows_the_whole_canvas(window: Window, display: VirtualDisplay) -> None:
    display.resize(TITLE, 400, 100)
    wait_until(lambda: window.framebuffer_size == (400, 100), window.poll)
    show(window, canvas_of_corners(window.context, 40, 20))  # scaled by 5: 200 × 100
    x, y, width, height = display.place(TITLE)
    seen = display.screenshot()[y : y + height, x : x + width]
    assert not seen[:, :99].any()
    assert not seen[:, 301:].any()
    assert corners(seen[:, 100:300]) == [RED, GREEN, BLUE, WHITE]


def test_full_screen_covers_the_monitor_and_gives_it_back(window: Window, display: VirtualDisplay) -> None:
    canvas = canvas_of_corners(window.context, 320, 240)
    window.set_fullscreen(True)
    wait_until(lambda: window.framebuffer_size == (640, 480), window.poll)
    show(window, canvas)
    assert corners(display.screenshot()) == [RED, GREEN, BLUE, WHITE]
    window.set_fullscreen(False)
    wait_until(lambda: window.framebuffer_size == (320, 240), window.poll)
    show(window, canvas)
    wait_until(lambda: display.place(TITLE) == (160, 120, 320, 240), window.poll)


def test_it_opens_full_screen_without_a_cursor(display: VirtualDisplay) -> None:
    window = Window(title=TITLE, width=320, height=240, fullscreen=True, monitor="screen")
    try:
        wait_until(lambda: window.framebuffer_size == (640, 480), window.poll)
        assert window.fullscreen
        assert window.monitor.label == "screen 640x480+0+0"
        assert glfw.get_input_mode(glfw.get_current_context(), glfw.CURSOR) == glfw.CURSOR_HIDDEN
    finally:
        window.close()


def test_a_request_to_close_is_seen(window: Window, display: VirtualDisplay) -> None:
    assert not window.should_close
    display.ask_to_close(TITLE)
    wait_until(lambda: window.should_close, window.poll)


def test_an_unknown_monitor_names_those_there_are(display: VirtualDisplay) -> None:
    with pytest.raises(DeviceError, match=r"projector: no such monitor. There are: screen 640x480\+0\+0"):
        Window(title=TITLE, width=320, height=240, monitor="projector")
    assert not glfw.get_monitors()  # GLFW has been ended again


def test_no_display_is_said_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DeviceError, match="no display") as refused:
        Window(title=TITLE, width=320, height=240)
    assert "xvfb-run" in refused.value.mend
    assert "--headless" in refused.value.mend


def test_glfw_is_started_once_and_ended_with_the_last_window(
    display: VirtualDisplay, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    for name in ("init", "terminate"):
        real = getattr(glfw, name)
        monkeypatch.setattr(glfw, name, lambda name=name, real=real: (calls.append(name), real())[1])
    stage = Window(title=TITLE, width=64, height=64)
    operator = Window(title="operator", width=64, height=64)
    assert glfw_library.monitors()
    stage.close()
    stage.close()
    assert calls == ["init"]
    operator.close()
    assert calls == ["init", "terminate"]
    assert stage.should_close


def test_gl_functions_are_found(window: Window) -> None:
    assert window.get_proc_address("glCompressedTexSubImage2D")
    assert window.context.version_code >= 330


def test_drawing_leaves_the_canvas_and_its_filter_alone(window: Window) -> None:
    canvas = canvas_of_corners(window.context, 64, 64)
    texture = canvas.color_attachments[0]
    texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
    before = canvas.read(components=4)
    window.context.enable(moderngl.BLEND)
    show(window, canvas)
    assert canvas.read(components=4) == before
    assert texture.filter == (moderngl.NEAREST, moderngl.NEAREST)
