"""One GL context for every test here, and compositors that are released after each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import moderngl
import pytest

from engine.core.figures import Figures
from engine.errors import DeviceError
from engine.gl.compositor import Compositor
from engine.gl.context import headless_context
from tests.gl.look_support import LOOKS_SIZE, with_shaders
from tests.support import absent


@pytest.fixture(scope="session")
def shared_context() -> Iterator[moderngl.Context]:
    try:
        context = headless_context()
    except DeviceError as error:
        absent(f"OpenGL without a screen ({error.what})", "libegl1 libgl1 libgl1-mesa-dri")
    yield context
    context.release()


@pytest.fixture
def context(shared_context: moderngl.Context) -> Iterator[moderngl.Context]:
    """The context, current: a test elsewhere may have made another one so."""
    with shared_context:
        yield shared_context
        assert shared_context.error == "GL_NO_ERROR"


@pytest.fixture(scope="session")
def shared_looks(shared_context: moderngl.Context, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compositor]:
    with shared_context:
        made = Compositor(shared_context, *LOOKS_SIZE, Figures())
        yield with_shaders(made, tmp_path_factory.mktemp("shaders"))
        made.release()


@pytest.fixture
def looks(context: moderngl.Context, shared_looks: Compositor) -> Compositor:
    """A compositor of LOOKS_SIZE with all shaders of look_support; it keeps nothing from the test before but memory."""
    shared_looks.forget()
    return shared_looks


@pytest.fixture
def compositor(context: moderngl.Context) -> Iterator[Callable[..., Compositor]]:
    """Makes compositors: `compositor(width, height, **options)`."""
    made: list[Compositor] = []

    def make(width: int, height: int, figures: Figures | None = None, **options: bool) -> Compositor:
        made.append(Compositor(context, width, height, figures or Figures(), **options))
        return made[-1]

    yield make
    for one in made:
        one.release()
