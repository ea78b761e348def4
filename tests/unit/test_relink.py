"""Moved sources are found by what is in them, and nothing has to be made anew."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import SourceError
from preprocess import cli
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.dump import dump
from preprocess.exchange.relink import Report, relink, relink_among
from tests.curate_support import FOOTAGE, make_library
from tests.support import nobody


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    make_library(tmp_path / "L", 1, tmp_path / "old" / "tapes")
    with Catalogue(tmp_path / "L") as opened:
        yield opened


@pytest.fixture
def new(tmp_path: Path) -> Path:
    folder = tmp_path / "new"
    folder.mkdir()
    return folder


def found(report: Report) -> dict[str, Path]:
    return {one.base: one.new for one in report.found}


def paths(catalogue: Catalogue) -> dict[str, Path]:
    return {source.base: source.path for source in catalogue.library.sources().values()}


def look(catalogue: Catalogue, root: Path) -> Report:
    return relink(catalogue, root, lambda done, total: None)


def test_moved_and_renamed_sources_are_found_and_all_else_stays(
    catalogue: Catalogue, tmp_path: Path, new: Path
) -> None:
    before = list(dump(catalogue.connection))
    strange = new / os.fsdecode(b"a \xff'name'\nwith \"all\".bin")
    (tmp_path / "old" / "tapes" / FOOTAGE[0]).rename(strange)
    report = look(catalogue, new)
    assert found(report) == {"bikes": strange}
    assert (report.present, report.missing) == (2, ())
    source = catalogue.library.sources()[strange]
    assert (source.size, source.mtime_ns) == (strange.stat().st_size, strange.stat().st_mtime_ns)
    assert list(dump(catalogue.connection)) == before, "no step has a reason to do anything again"
    assert look(catalogue, new).found == ()


def test_a_name_alone_is_nothing(catalogue: Catalogue, tmp_path: Path, new: Path) -> None:
    old = tmp_path / "old" / "tapes" / FOOTAGE[0]
    content = old.read_bytes()
    old.unlink()
    (new / FOOTAGE[0]).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))  # of the same name and size
    report = look(catalogue, new)
    assert found(report) == {}
    assert [(one.base, one.why) for one in report.missing] == [("bikes", "no file there has its content")]
    assert paths(catalogue)["bikes"] == old


def test_of_several_alike_the_one_whose_path_ends_alike(catalogue: Catalogue, tmp_path: Path, new: Path) -> None:
    for folder in ("a", "tapes", "z"):
        (new / folder).mkdir()
        shutil.copy(tmp_path / "old" / "tapes" / FOOTAGE[0], new / folder / FOOTAGE[0])
    shutil.rmtree(tmp_path / "old")
    report = look(catalogue, new)
    assert found(report) == {"bikes": new / "tapes" / FOOTAGE[0]}
    assert report.found[0].alike == 2
    assert {one.base for one in report.missing} == {"bigbuckbunny", "carphone"}


def test_two_sources_of_one_content_get_a_file_each(catalogue: Catalogue, tmp_path: Path, new: Path) -> None:
    first = tmp_path / "old" / "tapes" / FOOTAGE[0]
    twin = first.with_name("twin.mp4")
    with catalogue.transaction() as connection:
        connection.execute(
            "INSERT INTO sources (path, title, base, size, mtime_ns, sha256, verdict)"
            " SELECT ?, 'twin', 'twin', size, mtime_ns, sha256, verdict FROM sources WHERE base = 'bikes'",
            (os.fsencode(twin),),
        )
    shutil.copy(first, new / "twin.mp4")
    shutil.copy(first, new / "other.mp4")
    shutil.rmtree(tmp_path / "old")
    assert found(look(catalogue, new)) == {"bikes": new / "other.mp4", "twin": new / "twin.mp4"}


def test_links_and_what_another_source_has_are_left_alone(catalogue: Catalogue, tmp_path: Path) -> None:
    old = tmp_path / "old" / "tapes" / FOOTAGE[0]
    (tmp_path / "elsewhere").mkdir()
    old.rename(tmp_path / "elsewhere" / "b.mp4")
    (tmp_path / "old" / "link.mp4").symlink_to(tmp_path / "elsewhere" / "b.mp4")
    assert found(look(catalogue, tmp_path / "old")) == {}


def test_a_folder_that_may_not_be_opened_hides_its_sources_and_no_more(
    catalogue: Catalogue, tmp_path: Path, new: Path
) -> None:
    shutil.copy(tmp_path / "old" / "tapes" / FOOTAGE[0], new / "b.mp4")
    (tmp_path / "old" / "tapes").chmod(0)
    try:
        with nobody(tmp_path / "old" / "tapes"):
            report = relink(catalogue, tmp_path, lambda done, total: None, check=True)
    finally:
        (tmp_path / "old" / "tapes").chmod(0o755)
    assert found(report) == {"bikes": new / "b.mp4"}
    assert report.present == 0
    assert tmp_path / "old" / "tapes" in report.unread


def test_a_run_knows_moved_sources_among_its_own(catalogue: Catalogue, tmp_path: Path, new: Path) -> None:
    old = tmp_path / "old" / "tapes"
    (old / FOOTAGE[0]).rename(new / "b.mp4")
    shutil.copy(old / FOOTAGE[1], new / "c.mp4")  # a copy of one that is still there is another source
    before = list(dump(catalogue.connection))
    given = [*sorted(new.iterdir()), new / "missing.mp4", old / FOOTAGE[1]]
    assert [one.new for one in relink_among(catalogue, given, lambda done, total: None)] == [new / "b.mp4"]
    assert paths(catalogue)["bikes"] == new / "b.mp4"
    assert list(dump(catalogue.connection)) == before, "no step has a reason to do anything again"
    assert relink_among(catalogue, given, lambda done, total: None) == ()


def test_a_run_follows_names_that_pass_from_source_to_source(catalogue: Catalogue, tmp_path: Path) -> None:
    old = tmp_path / "old" / "tapes"
    bikes, bunny, phone = (old / name for name in FOOTAGE)
    contents = {name: (old / name).read_bytes() for name in FOOTAGE}

    def follow() -> dict[str, Path]:
        given = sorted(path for path in old.iterdir() if path.is_file())
        return {one.base: one.new for one in relink_among(catalogue, given, lambda done, total: None)}

    before = list(dump(catalogue.connection))
    bunny.rename(old / "last.mp4")
    bikes.rename(bunny)
    assert follow() == {"bikes": bunny, "bigbuckbunny": old / "last.mp4"}
    phone.rename(old / "between.mp4")
    bunny.rename(phone)
    (old / "between.mp4").rename(bunny)
    assert follow() == {"bikes": phone, "carphone": bunny}
    assert list(dump(catalogue.connection)) == before
    # One that is replaced by what is no source, or by another that is nowhere else, is one that changed.
    phone.rename(old / "backup.mp4")
    phone.write_bytes(b"another cut")
    bunny.write_bytes(contents[FOOTAGE[1]])
    (old / "last.mp4").unlink()
    assert follow() == {}


def test_checking_notes_nothing_and_no_folder_is_an_error(catalogue: Catalogue, tmp_path: Path, new: Path) -> None:
    old = tmp_path / "old" / "tapes" / FOOTAGE[0]
    old.rename(new / "b.mp4")
    assert found(relink(catalogue, new, lambda done, total: None, check=True)) == {"bikes": new / "b.mp4"}
    assert paths(catalogue)["bikes"] == old
    with pytest.raises(SourceError, match="is no folder"):
        look(catalogue, new / "b.mp4")


def test_the_command_reports_as_json(tmp_path: Path, new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_library(tmp_path / "L", 1, tmp_path / "old")
    (tmp_path / "old" / FOOTAGE[0]).rename(new / "b\n[red].mp4")
    (tmp_path / "old" / FOOTAGE[1]).unlink()
    command = ["relink", str(tmp_path / "L"), str(new)]
    assert cli.main([*command, "--check", "--strict"]) == 3
    assert "b�[red].mp4" in capsys.readouterr().out
    assert cli.main([*command, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [one["base"] for one in report["found"]] == ["bikes"]
    assert [one["base"] for one in report["missing"]] == ["bigbuckbunny"]
    assert report["present"] == 1
