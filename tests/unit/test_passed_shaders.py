"""Shaders that passed their trial, from one run to the next."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import pytest

from engine.formats.passed_shaders import PassedShaders, digest_of, passed_file


def test_from_one_run_to_the_next(tmp_path: Path) -> None:
    file = tmp_path / "caches" / "engine" / "passed.json"
    PassedShaders(file).remember({"a": 1.5})
    PassedShaders(file).remember({"b": 2.0})
    found = PassedShaders(file)
    assert (found.frame_ms("a"), found.frame_ms("b"), found.frame_ms("c")) == (1.5, 2.0, None)


def test_two_processes_at_once_forget_nothing(tmp_path: Path) -> None:
    file = tmp_path / "passed.json"
    one, other = PassedShaders(file), PassedShaders(file)
    one.remember({"a": 1.0})
    other.remember({"b": 2.0})
    assert json.loads(file.read_text())["frame_ms"] == {"a": 1.0, "b": 2.0}


def test_in_memory_alone(tmp_path: Path) -> None:
    held = PassedShaders()
    held.remember({"a": 1.0})
    assert held.frame_ms("a") == 1.0


def test_the_oldest_are_forgotten_first(tmp_path: Path) -> None:
    file = tmp_path / "passed.json"
    held = PassedShaders(file)
    held.remember({str(number): 1.0 for number in range(5000)})
    held.remember({"new": 1.0})
    assert held.frame_ms("0") is None
    assert held.frame_ms("new") == PassedShaders(file).frame_ms("4999") == 1.0


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 3, "frame_ms": {"a": "b"}}', "\udcff", "[" * 10**5])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str) -> None:
    file = tmp_path / "passed.json"
    file.write_bytes(content.encode("utf-8", "surrogateescape"))
    with caplog.at_level(logging.WARNING):
        held = PassedShaders(file)
    assert "tried again" in caplog.text
    held.remember({"a": 1.0})
    assert PassedShaders(file).frame_ms("a") == 1.0


def test_one_of_another_version_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "passed.json"
    file.write_text('{"version": 0, "frame_ms": {"a": 1.0}}')
    assert PassedShaders(file).frame_ms("a") is None


def test_a_disk_that_refuses_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    held = PassedShaders(tmp_path / "file" / "passed.json")
    held.remember({"a": 1.0})
    assert held.frame_ms("a") == 1.0
    assert "cannot be remembered" in caplog.text


def test_a_digest_is_of_the_content_of_every_part(tmp_path: Path) -> None:
    one, other = tmp_path / "a.fs", tmp_path / "a.vs"
    one.write_text("ab")
    other.write_text("c")
    before = digest_of([one, other])
    one.write_text("a")
    other.write_text("bc")
    assert digest_of([one, other]) != before
    assert digest_of([one]) != digest_of([one, one])


@pytest.mark.skipif(sys.platform != "linux", reason="folders of Linux")
def test_it_lies_where_caches_lie(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert passed_file().parent.parent == tmp_path
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert passed_file().is_relative_to(Path.home() / ".cache")
