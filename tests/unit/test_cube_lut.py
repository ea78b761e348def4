"""Colour tables in .cube files: what they hold, and every way in which they can be broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SourceError
from engine.formats import cube_lut
from engine.formats.cube_lut import CubeLut, parse_cube, read_cube

ROWS = "\n".join(f"{r} {g} {b}" for b in (0, 1) for g in (0, 0.5) for r in (0, 0.25))
SMALL = f'TITLE "warm evening"\nLUT_3D_SIZE 2\n{ROWS}\n'


def test_a_cube_is_indexed_red_green_blue() -> None:
    found = parse_cube(SMALL)
    assert (found.title, found.is_3d, found.table.shape) == ("warm evening", True, (2, 2, 2, 3))
    assert found.table.dtype == np.float32
    assert found.table[1, 0, 0].tolist() == [0.25, 0, 0]
    assert found.table[0, 1, 0].tolist() == [0, 0.5, 0]
    assert found.table[0, 0, 1].tolist() == [0, 0, 1]


def test_a_row_of_points_has_a_column_a_channel() -> None:
    found = parse_cube("LUT_1D_SIZE 3\n0 0 1\n.5 0.25 5e-1\n+1. 1 -0\n")
    assert not found.is_3d
    assert found.table.tolist() == [[0, 0, 1], [0.5, 0.25, 0.5], [1, 1, 0]]


def test_what_grading_programs_write_beside_the_specification(tmp_path: Path) -> None:
    file = tmp_path / "graded.cube"
    text = (
        f"# made by hand\r\nLUT_3D_SIZE\t2\r\nLUT_IN_VIDEO_RANGE\r\nLUT_3D_INPUT_RANGE 0.0 2.0\r\n\r\n{ROWS}\r\n# end"
    )
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    found = read_cube(file)
    assert (found.domain_min, found.domain_max) == ((0, 0, 0), (2, 2, 2))
    assert np.array_equal(found.table, parse_cube(SMALL).table)


def test_a_title_in_any_encoding_is_no_hindrance(tmp_path: Path) -> None:
    file = tmp_path / "old.cube"
    file.write_bytes(SMALL.replace("warm", "wärm").encode("latin-1"))
    assert read_cube(file).title == "w\ufffdrm evening"


def test_a_strip_has_blue_from_square_to_square_red_across_and_green_down() -> None:
    table = np.random.default_rng(1).random((5, 5, 5, 3), np.float32)
    strip = CubeLut(table).strip()
    assert strip.shape == (5, 25, 3)
    assert np.array_equal(strip[3, 2 * 5 + 1], table[1, 3, 2])


def test_a_strip_of_another_domain_holds_the_same_colours() -> None:
    corners = np.linspace(-0.5, 1.5, 9)  # at 0.25 apart: over 0..1 they are points 2 to 6
    red, green, blue = np.meshgrid(corners, corners, corners, indexing="ij")
    table = np.stack([red**2, green, blue * 3], axis=-1).astype(np.float32)
    strip = CubeLut(table, "", (-0.5,) * 3, (1.5,) * 3).strip()
    at = np.linspace(0, 1, 9)
    assert np.allclose(strip[:, 0, 1], at, atol=1e-6)
    assert np.allclose(strip[0, :9, 0], np.interp(at, corners, corners**2), atol=1e-6)
    assert np.allclose(strip[0, ::9, 2], at * 3, atol=1e-6)
    row = CubeLut(np.array([[0, 0, 0], [1, 2, 4]], np.float32), "", (0, 0, 0), (1, 1, 2)).strip()
    assert row.tolist() == [[[0, 0, 0], [1, 2, 2]]]


def test_a_strip_fits_every_gpu() -> None:
    ramp = np.linspace(0, 1, 101, dtype=np.float32)
    table = np.stack(np.meshgrid(ramp, ramp, ramp, indexing="ij"), axis=-1)
    strip = CubeLut(table).strip()
    assert strip.shape == (90, 8100, 3)
    assert np.allclose(strip[:, 0, 1], np.linspace(0, 1, 90), atol=1e-6)
    assert CubeLut(np.linspace(0, 1, 65_536, dtype=np.float32)[:, None].repeat(3, 1)).strip().shape == (1, 4096, 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"grade\.cube: has no LUT_3D_SIZE or LUT_1D_SIZE"),
        ("0 0 0\n1 1 1\n", r"grade\.cube: has no LUT_3D_SIZE or LUT_1D_SIZE above its rows"),
        ("LUT_3D_SIZE 2\n", r"grade\.cube: 8 of 8 rows are missing"),
        (SMALL[:-11], r"grade\.cube:9: 1 of 8 rows are missing.*export it again"),
        (SMALL + "0 0 0\n", r"grade\.cube:11: more than 8 rows"),
        (SMALL.replace("0.25 0 0", "0.25 0", 1), r"grade\.cube:4: a row of 2 instead of 3"),
        (SMALL.replace("0.25 0 0", "0.25 O 0", 1), r"grade\.cube:4: not a number.*'O'"),
        (SMALL.replace("0.25 0 0", "0.25 nan 0", 1), r"grade\.cube:4: not a number.*'nan'"),
        (SMALL.replace("0.25 0 0", "0.25 1e999 0", 1), r"grade\.cube:4: not a number.*'1e999'"),
        (SMALL.replace("0.25 0 0", "0.25 1e5 0", 1), r"grade\.cube:4: not a number.*'1e5'"),
        (SMALL.replace("0.25 0 0", "0,25 0 0", 1), r"grade\.cube:4: not a number.*'0,25'"),
        (SMALL.replace("0.25 0 0", "LUT_1D_SIZE 2", 1), r"grade\.cube:4: a row of 2"),
        (SMALL.replace("SIZE 2", "SIZE two"), r"grade\.cube:2: LUT_3D_SIZE is 'two'"),
        (SMALL.replace("SIZE 2", "SIZE 1"), r"grade\.cube:2: LUT_3D_SIZE is '1', not a whole number of 2 to 129"),
        (SMALL.replace("SIZE 2", "SIZE 1000000000"), r"grade\.cube:2: LUT_3D_SIZE"),
        (SMALL.replace("SIZE 2", "SIZE -2"), r"grade\.cube:2: LUT_3D_SIZE"),
        (SMALL.replace("SIZE 2", "SIZE"), r"grade\.cube:2: LUT_3D_SIZE is ''"),
        ("LUT_1D_SIZE 2\n" + SMALL, r"grade\.cube:3: has both a 1D and a 3D table"),
        ("DOMAIN_MIN 0 0\n" + SMALL, r"grade\.cube:1: DOMAIN_MIN has 2 numbers.*write 3"),
        ("DOMAIN_MIN 0 2 0\n" + SMALL, r"grade\.cube:1: the domain ends .* before it begins"),
        ("DOMAIN_MAX 1 1 inf\n" + SMALL, r"grade\.cube:1: not a number.*'inf'"),
        ("<html>\n" + SMALL, r"grade\.cube: has no LUT"),
        ("nan 0 0\n" + SMALL, r"grade\.cube:1: neither a keyword nor a row of numbers: 'nan 0 0'"),
    ],
)
def test_a_broken_table_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "grade.cube"
    file.write_text(text)
    with pytest.raises(SourceError, match=said):
        read_cube(file)


def test_a_large_table_is_read_a_few_rows_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []
    read = np.loadtxt

    def noted(lines: list[str], *arguments: Any, **settings: Any) -> Any:
        counts.append(len(lines))
        return read(lines, *arguments, **settings)

    monkeypatch.setattr(np, "loadtxt", noted)
    rows = [f"{index} 0 1\n" for index in range(10_000)]
    found = parse_cube(f"LUT_1D_SIZE {len(rows)}\n{''.join(rows)}")
    assert np.array_equal(found.table[:, 0], np.arange(len(rows)))
    assert max(counts) <= 4096, "none of the show's other threads runs meanwhile"
    rows[9_000] = "0 1\n"
    with pytest.raises(SourceError, match=r"grade\.cube:9002: a row of 2"):
        parse_cube(f"LUT_1D_SIZE {len(rows)}\n{''.join(rows)}", "grade.cube")


def test_files_that_are_not_there_or_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for missing in (tmp_path / "none.cube", tmp_path):
        with pytest.raises(SourceError, match="cannot be read"):
            read_cube(missing)
    monkeypatch.setattr(cube_lut, "MAX_BYTES", 20)
    file = tmp_path / "large.cube"
    file.write_text(SMALL)
    with pytest.raises(SourceError, match="is over 128 MiB"):
        read_cube(file)


@given(st.data())
def test_whatever_is_spoiled_it_is_a_table_or_one_error(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(SMALL)))
    until = data.draw(st.integers(at, min(at + 12, len(SMALL))))
    spoiled = SMALL[:at] + data.draw(st.text(max_size=12)) + SMALL[until:]
    found = table_or_error(spoiled)
    if isinstance(found, SourceError):
        assert found.subject.startswith("spoiled.cube")
        assert found.mend
    else:
        assert np.isfinite(found.table).all()
        assert np.isfinite(found.strip()).all()


def table_or_error(text: str) -> CubeLut | SourceError:
    try:
        return parse_cube(text, "spoiled.cube")
    except SourceError as error:
        return error
