"""Whatever a frame table says, in the catalogue or in a movie's index: frames, or an error that names the frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import FrameError
from engine.media.buffers import BufferPool
from engine.media.positioned_file import PositionedFile
from engine.model.clips import Codec, FrameTable
from tests.hostile_seeds import movies
from tests.hostile_strategies import NUMBERS, spoiled
from tests.hostile_support import MovieReader, StoredRow, TableReader, table_seeds
from tests.media_support import Frames

pytestmark = pytest.mark.timeout(120)  # what hangs, fails

LONGEST = 1000
OFFSETS = st.one_of(st.integers(0, 5000), st.sampled_from([*NUMBERS, 2**32, 2**63 - 1, 2**63, 2**64 - 1]))
LENGTHS = st.one_of(st.integers(0, 1200), st.sampled_from(NUMBERS))


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TableReader]:
    reader = TableReader(tmp_path_factory.mktemp("tables"))
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MovieReader]:
    reader = MovieReader(tmp_path_factory.mktemp("movies"))
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> tuple[Frames, bytes]:
    return Frames(tmp_path_factory.mktemp("frames"), Codec.HAP), np.random.default_rng(1).bytes(4096)


@settings(deadline=None, max_examples=300)
@given(rows=st.lists(st.tuples(OFFSETS, LENGTHS), min_size=1, max_size=8))
def test_a_row_gives_the_bytes_that_it_names_or_an_error(
    content: tuple[Frames, bytes], rows: list[tuple[int, int]]
) -> None:
    """Rows past the end, of no length, overlapping, of 2³² − 1 bytes: none costs the others."""
    frames, whole = content
    offsets, lengths = zip(*rows, strict=True)
    table = FrameTable(np.array(offsets, np.uint64), np.array(lengths, np.uint32))
    pool = BufferPool()
    file = PositionedFile(replace(frames.clip(whole), table=table), pool, longest=LONGEST)
    for number, (offset, length) in enumerate(rows):
        if 0 < length <= LONGEST and offset + length <= len(whole):
            assert file.read(number).tobytes() == whole[offset : offset + length]
        else:
            with pytest.raises(FrameError, match=f"frame {number} "):
                file.read(number)
    file.close()
    assert pool.out_count == 0
    assert pool.idle_bytes <= 4096


ROWS = st.builds(
    StoredRow,
    kinds=st.one_of(st.sampled_from((0, 1)), st.integers(0, 63)),
    first_offset=st.one_of(st.integers(0, 4000), st.sampled_from([-1, -(2**63), 2**63 - 1, *NUMBERS])),
    frame_count=st.integers(0, 255),
    lengths=st.one_of(
        st.binary(max_size=40),
        st.lists(LENGTHS, min_size=1, max_size=10).map(lambda them: np.array(them, "<u4").tobytes()),
    ),
    offsets=st.one_of(
        st.binary(max_size=80),
        st.lists(OFFSETS, max_size=10).map(lambda them: np.array(them, "<u8").tobytes()),
    ),
)


@settings(deadline=None, max_examples=200)
@given(row=ROWS)
def test_a_row_of_the_catalogue_gives_frames_or_an_error(tables: TableReader, row: StoredRow) -> None:
    assert StoredRow.from_bytes(row.to_bytes()) == row
    tables.check(row.to_bytes())


@settings(deadline=None, max_examples=150)
@given(data=spoiled(table_seeds()))
def test_a_spoiled_row_of_the_catalogue_gives_frames_or_an_error(tables: TableReader, data: bytes) -> None:
    tables.check(data)


@settings(deadline=None, max_examples=200)
@given(data=st.deferred(lambda: spoiled(list(movies().values()))))
def test_a_movie_s_index_is_borne_out_by_its_bytes_or_refused(index: MovieReader, data: bytes) -> None:
    index.check(data)


def test_the_tables_to_be_spoiled_are_sound(tables: TableReader, index: MovieReader, tmp_path: Path) -> None:
    assert {tables.check(row) for row in table_seeds()} == {""}
    assert {index.check(movie) for movie in movies().values()} == {""}
