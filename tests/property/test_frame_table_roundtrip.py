"""Frame tables come out of the catalogue's columns as they went in."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.formats.library_table import stored_table, unfolded_table
from engine.model.clips import FrameTable

lengths = st.lists(st.integers(1, 2**32 - 1), min_size=1, max_size=50)


@given(lengths, st.integers(0, 2**40), st.lists(st.integers(0, 2**20), min_size=50, max_size=50))
def test_a_table_survives_storing(sizes: list[int], first: int, gaps: list[int]) -> None:
    spaced = np.array(sizes, np.uint64) + np.array(gaps[: len(sizes)], np.uint64)
    offsets = np.uint64(first) + np.concatenate([[np.uint64(0)], np.cumsum(spaced, dtype=np.uint64)[:-1]])
    table = FrameTable(offsets.astype(np.uint64), np.array(sizes, np.uint32))
    again = unfolded_table(len(sizes), *stored_table(table))
    assert len(again) == len(sizes)
    np.testing.assert_array_equal(again.offsets, table.offsets)
    np.testing.assert_array_equal(again.lengths, table.lengths)


@given(lengths, st.integers(0, 2**40))
def test_adjoining_frames_are_stored_in_four_bytes_each(sizes: list[int], first: int) -> None:
    offsets = first + np.concatenate([[0], np.cumsum(sizes)[:-1]])
    columns = stored_table(FrameTable(offsets.astype(np.uint64), np.array(sizes, np.uint32)))
    assert columns[0] == first
    assert len(columns[1]) == 4 * len(sizes)
    assert columns[2] is None
    np.testing.assert_array_equal(unfolded_table(len(sizes), *columns).offsets, offsets)


column = st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=9), st.binary(max_size=40))


@given(st.integers(1, 6), column, column, column)
def test_columns_that_hold_anything_are_a_table_of_that_many_frames_or_refused(
    frame_count: int, first: object, sizes: object, offsets: object
) -> None:
    try:
        table = unfolded_table(frame_count, first, sizes, offsets)
    except ValueError:
        return
    assert (table.offsets.dtype, table.lengths.dtype) == (np.uint64, np.uint32)
    assert table.offsets.shape == table.lengths.shape == (frame_count,)
