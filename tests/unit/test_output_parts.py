"""The outputs' small parts: key names, letterboxing, hash files, several outputs at once, renaming."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import glfw
import moderngl
import numpy as np
import pytest

from engine.errors import OutputError
from engine.gl.context import headless_context
from engine.outputs.beside import beside, check_apart, check_output_path, put_in_place
from engine.outputs.canvas_blit import letterbox
from engine.outputs.hashes import Hashes
from engine.outputs.key_names import KEY_NAMES, key_name
from engine.outputs.memory import Memory
from engine.outputs.output import Several, read_canvas


@pytest.fixture(scope="module")
def canvas() -> Iterator[moderngl.Framebuffer]:
    context = headless_context()
    pixels = np.arange(8 * 4 * 4, dtype=np.uint8)
    yield context.framebuffer([context.texture((8, 4), 4, pixels.tobytes())])
    context.release()


@pytest.mark.parametrize(
    ("code", "printed", "name"),
    [
        (glfw.KEY_SPACE, None, "space"),
        (glfw.KEY_F1, None, "f1"),
        (glfw.KEY_F12, None, "f12"),
        (glfw.KEY_LEFT, None, "left"),
        (glfw.KEY_KP_7, "7", "keypad_7"),
        (glfw.KEY_A, "a", "a"),
        (glfw.KEY_Q, "A", "a"),  # on a French keyboard the key at the place of Q
        (glfw.KEY_1, "&", "1"),  # where digits need shift, their place counts
        (glfw.KEY_2, "é", "2"),
        (glfw.KEY_6, "-", "minus"),  # French again: what is printed wins
        (glfw.KEY_COMMA, None, "comma"),
        (glfw.KEY_UNKNOWN, None, None),
        (glfw.KEY_CAPS_LOCK, None, None),
    ],
)
def test_keys_are_named_by_what_is_printed_on_them(code: int, printed: str | None, name: str | None) -> None:
    assert key_name(code, printed) == name
    assert name is None or name in KEY_NAMES


def test_no_two_keys_of_one_keyboard_share_a_name() -> None:
    codes = [value for key, value in vars(glfw).items() if key.startswith("KEY_") and key != "KEY_LAST"]
    names = [name for code in set(codes) if (name := key_name(code, None)) is not None]
    assert len(names) == len(set(names))
    assert set(names) == KEY_NAMES


@pytest.mark.parametrize(
    ("canvas_size", "window", "place"),
    [
        ((1280, 720), (1280, 720), (0, 0, 1280, 720)),
        ((1280, 720), (1920, 1080), (0, 0, 1920, 1080)),
        ((1280, 720), (1280, 800), (0, 40, 1280, 720)),
        ((720, 1280), (1920, 1080), (656, 0, 608, 1080)),
        ((16, 16), (3, 1), (1, 0, 1, 1)),
        ((4000, 2), (100, 100), (0, 49, 100, 1)),
    ],
)
def test_a_canvas_is_letterboxed(
    canvas_size: tuple[int, int], window: tuple[int, int], place: tuple[int, int, int, int]
) -> None:
    assert letterbox(canvas_size, window) == place


def test_the_hash_of_a_frame_is_that_of_its_bytes(canvas: moderngl.Framebuffer, tmp_path: Path) -> None:
    hashes = Hashes(tmp_path / "hashes.txt")
    hashes.present(canvas, 90, 3.0)
    hashes.present(canvas, 91, 3 + 1 / 30)
    hashes.close()
    digest = hashlib.blake2b(canvas.read(components=4), digest_size=16).hexdigest()
    assert (tmp_path / "hashes.txt").read_text() == f"90 3.000000 {digest}\n91 3.033333 {digest}\n"


def test_hashes_are_not_written_over_others(tmp_path: Path) -> None:
    (tmp_path / "hashes.txt").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        Hashes(tmp_path / "hashes.txt")
    assert (tmp_path / "hashes.txt").read_text() == "mine"


def test_a_buffer_of_another_size_is_refused(canvas: moderngl.Framebuffer) -> None:
    with pytest.raises(ValueError, match="the canvas is 8×4, the buffer 4×4"):
        read_canvas(canvas, np.empty((4, 4, 4), np.uint8))


def test_memory_holds_copies_with_their_times(canvas: moderngl.Framebuffer) -> None:
    memory = Memory()
    memory.present(canvas, 5, 0.5)
    assert memory.frames[0].tobytes() == canvas.read(components=4)
    assert (memory.frame_indices, memory.times_s) == ([5], [0.5])


class Refusing(Memory):
    """An output that cannot be finished."""

    def close(self) -> None:
        raise OutputError("no", subject="it")


def test_of_several_outputs_those_after_a_failure_are_thrown_away(canvas: moderngl.Framebuffer, tmp_path: Path) -> None:
    before, after = Hashes(tmp_path / "before.txt"), Hashes(tmp_path / "after.txt")
    several = Several([before, Refusing(), after])
    several.present(canvas, 0, 0.0)
    with pytest.raises(OutputError, match="it: no"):
        several.close()
    several.abort()
    assert [path.name for path in tmp_path.iterdir()] == ["before.txt"]


def test_a_finished_file_takes_its_name_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    check_output_path(path)
    assert list(tmp_path.iterdir()) == []
    beside(path).write_bytes(b"whole")
    put_in_place(beside(path), path)
    assert path.read_bytes() == b"whole"
    beside(path).write_bytes(b"newer")
    put_in_place(beside(path), path, overwrite=True)
    assert path.read_bytes() == b"newer"
    beside(path).write_bytes(b"third")
    with pytest.raises(OutputError, match="exists already"):
        put_in_place(beside(path), path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"newer"


def test_a_file_whose_folder_went_away_says_so(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "film.mp4"
    with pytest.raises(OutputError, match="cannot be put in place"):
        put_in_place(beside(path), path)


def test_what_is_no_ordinary_file_is_never_replaced() -> None:
    with pytest.raises(OutputError, match="not an ordinary file"):
        check_output_path(Path("/dev/null"), overwrite=True)


@pytest.mark.parametrize("name", ["take.jsonl", "./take.jsonl", "link.jsonl"])
def test_a_file_that_is_read_or_written_already_is_no_output(tmp_path: Path, name: str) -> None:
    (tmp_path / "take.jsonl").write_text("")
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "take.jsonl")
    for outputs, inputs in (
        ([tmp_path / name], [tmp_path / "take.jsonl"]),
        ([tmp_path / "take.jsonl", tmp_path / name], []),
    ):
        with pytest.raises(OutputError, match="name of its own"):
            check_apart(outputs, inputs)
    check_apart([tmp_path / "other", None], [tmp_path / "take.jsonl", None])
