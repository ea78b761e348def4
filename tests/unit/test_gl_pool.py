"""The pool of things on the GPU: kept while in use, used again after that, given back when too many lie idle."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engine.gl.pool import Pool


class Made:
    """What a pool holds, knowing its shape and whether it was given back."""

    def __init__(self, shape: int) -> None:
        self.shape = shape
        self.released = False

    def release(self) -> None:
        assert not self.released
        self.released = True


def test_a_value_is_its_keys_own_while_it_is_asked_for() -> None:
    pool: Pool[str, int, Made] = Pool(Made, Made.release)
    first, fresh = pool.get("a", 1)
    assert fresh
    for _ in range(5):
        pool.begin_draw()
        assert pool.get("a", 1) == (first, False)
        assert pool.get("b", 1)[0] is not first


def test_what_the_last_draw_used_is_left_alone_and_what_it_did_not_is_used_again() -> None:
    pool: Pool[int, int, Made] = Pool(Made, Made.release)
    values = []
    for key in range(12):
        pool.begin_draw()
        value, fresh = pool.get(key, 1)
        assert fresh
        values.append(value)
    assert all(one is not other for one, other in pairwise(values))
    assert len(pool) == len(set(map(id, values))) == 2


def test_idle_values_of_other_shapes_are_given_back_beyond_the_spare_ones() -> None:
    pool: Pool[int, int, Made] = Pool(Made, Made.release, spare=3)
    values = []
    for shape in range(10):
        pool.begin_draw()
        values.append(pool.get(0, shape)[0])
    assert [value.released for value in values] == [True] * 5 + [False] * 5
    assert len(pool) == 5  # three spare, the last draw's, this draw's


def test_release_gives_everything_back() -> None:
    pool: Pool[int, int, Made] = Pool(Made, Made.release)
    values = [pool.get(key, key % 2)[0] for key in range(5)]
    pool.release()
    assert all(value.released for value in values)
    assert len(pool) == 0


@given(st.lists(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), max_size=4), max_size=30))
def test_within_a_draw_no_two_keys_share_a_value_and_none_is_given_back(draws: list[list[tuple[int, int]]]) -> None:
    pool: Pool[int, int, Made] = Pool(Made, Made.release, spare=1)
    for asked in draws:
        pool.begin_draw()
        values = {name: pool.get(*name)[0] for name in asked}
        assert len(set(map(id, values.values()))) == len(values)
        assert all(not value.released and value.shape == shape for (_, shape), value in values.items())
