"""Every input that a reader once failed on, and some that were written to be hostile: it never fails on them again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.media.turbojpeg import library
from tests.hostile_support import READERS, Reader, corpus_of
from tests.support import absent

pytestmark = pytest.mark.timeout(60)  # what hangs, fails

INPUTS = [(name, file) for name in READERS for file in corpus_of(name)]
OpenReader = Callable[[str], Reader]


@pytest.fixture(scope="module")
def open_reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenReader]:
    made: dict[str, Reader] = {}

    def get(name: str) -> Reader:
        if name not in made:
            made[name] = READERS[name](tmp_path_factory.mktemp(name))
        return made[name]

    yield get
    for reader in made.values():
        reader.close()


@pytest.mark.parametrize(("name", "file"), INPUTS, ids=[f"{name}/{file.stem}" for name, file in INPUTS])
def test_it_gives_a_frame_or_an_error(name: str, file: Path, open_reader: OpenReader) -> None:
    if name == "jpeg" and library() is None:
        absent("libjpeg-turbo", "libturbojpeg0")
    open_reader(name).check(file.read_bytes())


def test_there_are_inputs_for_every_reader() -> None:
    assert {name for name, _ in INPUTS} == set(READERS)
