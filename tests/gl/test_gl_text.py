"""Text in GL: every letter where the font has it, in its colour, over what was there."""

from __future__ import annotations

from collections.abc import Iterator

import moderngl
import numpy as np
import numpy.typing as npt
import pytest

from engine.gl.letters import HEIGHT, WIDTH, lettered
from engine.gl.targets import new_target, release_target
from engine.gl.text import Run, Text

SIZE = (16 * WIDTH, 2 * HEIGHT)
BLUE, AMBER = (0, 0, 255), (255, 128, 0)
_ALL = "".join(map(chr, range(32, 127)))


@pytest.fixture
def text(context: moderngl.Context) -> Iterator[Text]:
    made = Text(context)
    yield made
    made.release()


def drawn(
    context: moderngl.Context, text: Text, runs: list[Run], size: tuple[int, int] = SIZE, scale: int = 1
) -> npt.NDArray[np.uint8]:
    """What stands on a blue target, uint8 (height, width, 3), the upper row first."""
    target = new_target(context, size)
    target.clear(0.0, 0.0, 1.0, 1.0)
    text.draw(target, size, runs, scale)
    picture = np.frombuffer(target.read(components=3), np.uint8).reshape(size[1], size[0], 3)[::-1]
    release_target(target)
    return picture


def on_blue(mask: npt.NDArray[np.bool_], colour: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    return np.where(mask[:, :, None], colour, BLUE).astype(np.uint8)


def test_every_letter_is_drawn_as_the_font_has_it(context: moderngl.Context, text: Text) -> None:
    lines = [_ALL[start : start + 16] for start in range(0, len(_ALL), 16)]
    size = (16 * WIDTH, len(lines) * HEIGHT)
    runs = [Run(0, row * HEIGHT, line) for row, line in enumerate(lines)]
    seen = drawn(context, text, runs, size)
    expected = np.concatenate([lettered(line.ljust(16), 1) for line in lines])
    np.testing.assert_array_equal(seen, on_blue(expected, (255, 255, 255)))


def test_colours_places_and_scale(context: moderngl.Context, text: Text) -> None:
    size = (10 * WIDTH, 3 * HEIGHT)
    seen = drawn(context, text, [Run(WIDTH, HEIGHT, "Go 1", (1.0, 128 / 255, 0.0))], size, scale=2)
    expected = on_blue(np.zeros((size[1], size[0]), bool), AMBER)
    expected[HEIGHT:, WIDTH : 9 * WIDTH] = on_blue(lettered("Go 1", 2), AMBER)
    np.testing.assert_array_equal(seen, expected)


def test_what_the_font_has_not_got_is_a_box(context: moderngl.Context, text: Text) -> None:
    seen = drawn(context, text, [Run(0, 0, "é☃\ud800\n")])
    boxes = np.tile(lettered("é", 1), (1, 4))
    np.testing.assert_array_equal(seen[:HEIGHT, : 4 * WIDTH], on_blue(boxes, (255, 255, 255)))


def test_nothing_is_drawn_of_nothing_and_what_is_outside_is_cut(context: moderngl.Context, text: Text) -> None:
    blank = on_blue(np.zeros((SIZE[1], SIZE[0]), bool), BLUE)
    np.testing.assert_array_equal(drawn(context, text, []), blank)
    np.testing.assert_array_equal(drawn(context, text, [Run(0, 0, "   "), Run(0, 0, "")]), blank)
    np.testing.assert_array_equal(drawn(context, text, [Run(SIZE[0], 0, "x"), Run(0, -HEIGHT, "y")]), blank)


def test_a_longer_text_than_before_has_room(context: moderngl.Context, text: Text) -> None:
    drawn(context, text, [Run(0, 0, "a")])
    seen = drawn(context, text, [Run(0, 0, "a" * 16), Run(0, HEIGHT, "b" * 16)])
    expected = np.concatenate([lettered("a" * 16, 1), lettered("b" * 16, 1)])
    np.testing.assert_array_equal(seen, on_blue(expected, (255, 255, 255)))
