"""Whatever a person does, undoing all of it gives the catalogue as it was, and doing it again as it became."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import ShowError
from preprocess.catalogue import edit_log, edits
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.dump import dump
from preprocess.catalogue.edit_values import (
    AddRow,
    Edit,
    Move,
    MoveRow,
    Place,
    ReleaseSchedule,
    ReleaseText,
    RemoveRow,
    ReplaceRow,
    Row,
    SetMark,
    SetSchedule,
    SetTag,
    SetText,
)
from tests.curate_support import MOVEMENTS, make_library

SLUGS = ("bikes-01", "bikes-02", "carphone-01")

slugs = st.sampled_from(SLUGS)
movements = st.sampled_from(MOVEMENTS)
kinds = st.sampled_from(("caption", "description"))
said = st.sampled_from((True, False, None))
indices = st.integers(0, 5)
rows = st.builds(
    Row,
    layer=st.sampled_from(("base", "echo")),
    slug=st.sampled_from((None, *SLUGS)),
    duration_s=st.floats(0.01, 100),
    in_s=st.floats(0, 3),
    hint=st.sampled_from(("", "=1+1", "“so”")),
)
one_edit: st.SearchStrategy[Edit] = st.one_of(
    st.builds(SetText, slug=slugs, kind=kinds, text=st.sampled_from(("", "a", "<script>alert(1)</script>"))),
    st.builds(ReleaseText, slug=slugs, kind=kinds),
    st.builds(SetTag, slug=slugs, tag=st.sampled_from(("outdoor", "people", "sea")), value=said),
    st.builds(SetMark, slug=slugs, mark=st.sampled_from(("black", "static", "duplicate", "left_out")), value=said),
    st.builds(Place, slug=slugs, movement=movements, kind=st.sampled_from(("pin", "ban", None))),
    st.builds(Move, slug=slugs, to_movement=movements, from_movement=st.none() | movements),
    st.builds(SetSchedule, movement=movements, rows=st.lists(rows, max_size=3).map(tuple)),
    st.builds(MoveRow, movement=movements, row_index=indices, to_index=indices, keep_cuts=st.booleans()),
    st.builds(AddRow, movement=movements, row_index=indices, row=rows),
    st.builds(RemoveRow, movement=movements, row_index=indices, keep_gap=st.booleans()),
    st.builds(ReplaceRow, movement=movements, row_index=indices, row=rows),
    st.builds(ReleaseSchedule, movement=movements),
)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    with Catalogue(make_library(tmp_path_factory.mktemp("made") / "L")) as opened:
        yield opened


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(doings=st.lists(st.lists(one_edit, min_size=1, max_size=3), max_size=12))
def test_undoing_all_gives_the_catalogue_as_it_was(catalogue: Catalogue, doings: list[list[Edit]]) -> None:
    catalogue.connection.execute("DELETE FROM edits")  # those of the example before could be done again
    before = list(dump(catalogue.connection))
    for some in doings:
        try:
            edits.apply(catalogue, some)
        except ShowError:  # a row that is not there
            assert not catalogue.connection.in_transaction
    done = list(dump(catalogue.connection))
    while edit_log.undo(catalogue):
        pass
    assert list(dump(catalogue.connection)) == before
    while edit_log.redo(catalogue):
        pass
    assert list(dump(catalogue.connection)) == done
    while edit_log.undo(catalogue):
        pass
    assert list(dump(catalogue.connection)) == before
