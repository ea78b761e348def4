"""Files that come into a library with the transaction that speaks of them, whenever the writer is killed."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from engine.errors import LibraryError, OutputError
from engine.formats import library_arrivals, library_writer
from engine.formats.library_writer import LibraryWriter
from preprocess.catalogue.catalogue import Catalogue
from tests.support import nobody


def made(library: LibraryWriter, name: str, content: str) -> Path:
    file = library.work / name
    file.write_text(content)
    return file


def killed(library: LibraryWriter) -> None:
    """As a kill would leave it: no closing of ours."""
    library.connection.close()
    assert library._lock_fd is not None
    os.close(library._lock_fd)


def test_files_come_and_go_when_the_transaction_is_committed(tmp_path: Path) -> None:
    with LibraryWriter(tmp_path) as library:
        with library.transaction():
            library.arrive({"mezzanine/a.mov": made(library, "1.mov", "old"), "clips/b.mov": made(library, "2", "b")})
            assert not (tmp_path / "clips/b.mov").exists()
        assert (tmp_path / "mezzanine/a.mov").read_text() == "old"
        with library.transaction():
            library.arrive({"mezzanine/a.mov": made(library, "1.mov", "new")}, leaving=["clips/b.mov", "clips/no.mov"])
        assert (tmp_path / "mezzanine/a.mov").read_text() == "new"
        assert not (tmp_path / "clips/b.mov").exists()
        assert library.connection.execute("SELECT count(*) FROM arrivals").fetchone()[0] == 0


def test_rolled_back_every_file_stays_where_it_was(tmp_path: Path) -> None:
    with LibraryWriter(tmp_path) as library:
        (tmp_path / "clips/b.mov").write_text("b")
        file = made(library, "1.mov", "a")
        with suppress(ZeroDivisionError), library.transaction():
            library.arrive({"clips/a.mov": file}, leaving=["clips/b.mov"])
            raise ZeroDivisionError
        assert file.exists()
        assert [path.name for path in (tmp_path / "clips").iterdir()] == ["b.mov"]


@pytest.mark.parametrize("moved", [0, 1, 2])
def test_killed_after_the_commit_the_next_writer_moves_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moved: int
) -> None:
    library = LibraryWriter(tmp_path)
    (tmp_path / "clips/old.mov").write_text("old")
    files = {f"clips/{name}.mov": made(library, name, name) for name in ("a", "b")}
    with monkeypatch.context() as context:
        context.setattr(library_writer, "settle_arrivals", lambda *_: None)
        with library.transaction():
            library.arrive(files, leaving=["clips/old.mov"])
    for name, file in list(files.items())[:moved]:
        file.replace(tmp_path / name)
    killed(library)
    with LibraryWriter(tmp_path) as again:
        assert sorted(path.name for path in (tmp_path / "clips").iterdir()) == ["a.mov", "b.mov"]
        assert [path.name for path in tmp_path.glob(".work-*")] == [again.work.name]


def test_a_row_that_speaks_of_a_file_outside_moves_and_removes_nothing(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    LibraryWriter(tmp_path / "library").close()
    with sqlite3.connect(tmp_path / "library/catalogue.sqlite") as catalogue:
        catalogue.execute("INSERT INTO arrivals VALUES ('../precious.txt', NULL)")
    catalogue.close()
    with pytest.raises(LibraryError, match="outside the library"):
        LibraryWriter(tmp_path / "library")
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_a_full_disk_leaves_the_catalogue_as_it_was(tmp_path: Path) -> None:
    with LibraryWriter(tmp_path) as library:
        library.connection.execute("PRAGMA max_page_count = 60")
        rows = [(f"{number}", "x" * 1000) for number in range(1000)]
        with pytest.raises(OutputError, match="disk is full"), library.transaction() as catalogue:
            catalogue.executemany("INSERT INTO written VALUES (?, ?)", rows)
        assert library.connection.execute("SELECT count(*) FROM written").fetchone()[0] == 0
        assert library.connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_a_catalogue_that_another_program_holds_is_told_of(tmp_path: Path) -> None:
    with LibraryWriter(tmp_path) as library:
        other = sqlite3.connect(tmp_path / "catalogue.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        library.connection.execute("PRAGMA busy_timeout = 0")
        with pytest.raises(OutputError, match="another program holds its catalogue locked"), library.transaction():
            raise AssertionError
        other.execute("ROLLBACK")
        with library.transaction() as catalogue:
            catalogue.execute("INSERT INTO written VALUES ('a', 'b')")
        other.close()


def test_what_a_kill_left_where_nobody_may_write_is_told_of(tmp_path: Path) -> None:
    LibraryWriter(tmp_path / "library").close()
    left = tmp_path / "library" / ".work-1"
    left.mkdir()
    (left / "a.mov").touch()
    for path in (tmp_path / "library", *(tmp_path / "library").rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    left.chmod(0o555)
    with nobody(tmp_path / "library"), pytest.raises(LibraryError, match="cannot be written: Permission denied"):
        LibraryWriter(tmp_path / "library")


def test_a_damaged_catalogue_is_told_of_and_kept(tmp_path: Path) -> None:
    with Catalogue(tmp_path):
        pass
    file = tmp_path / "catalogue.sqlite"
    whole = bytearray(file.read_bytes())
    for page in range(1, len(whole) // 4096):  # all but the first, which says what tables there are
        whole[page * 4096 : page * 4096 + 400] = b"\xff" * 400
    for spoiled in (bytes(whole), b"not a database, not even nearly" * 200):
        file.write_bytes(spoiled)
        with pytest.raises(LibraryError, match="its catalogue is damaged"), Catalogue(tmp_path) as catalogue:
            catalogue.connection.execute("SELECT * FROM written").fetchall()
        assert file.read_bytes() == spoiled


def test_damage_that_shows_when_a_library_is_opened_is_told_of_each_time(tmp_path: Path) -> None:
    with LibraryWriter(tmp_path) as library:
        page = library.connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'arrivals'").fetchone()[0]
        size = library.connection.execute("PRAGMA page_size").fetchone()[0]
    with (tmp_path / "catalogue.sqlite").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * 400)
    for _ in range(2):  # the first leaves nothing locked
        with pytest.raises(LibraryError, match="its catalogue is damaged"):
            LibraryWriter(tmp_path)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("the disk is gone")])
def test_stopped_between_the_commit_and_the_moves_nothing_that_was_made_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def stopped(*_: object) -> None:
        raise error

    library = LibraryWriter(tmp_path)
    file = made(library, "a", "a")
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(library_arrivals, "_move", stopped)
        with pytest.raises((KeyboardInterrupt, OutputError)), library.transaction():
            library.arrive({"clips/a.mov": file})
        if isinstance(error, OSError):  # nor can it be moved at the end
            library.close()
            assert file.exists()
    if isinstance(error, KeyboardInterrupt):
        library.close()
        assert (tmp_path / "clips/a.mov").exists()
        assert not file.parent.exists()
    LibraryWriter(tmp_path).close()
    assert (tmp_path / "clips/a.mov").read_text() == "a"
    assert not list(tmp_path.glob(".work-*"))
