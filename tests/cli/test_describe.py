"""`runtime-preprocess caption`, `describe`, `check` and `regenerate` as processes, with a real server behind them."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.openai_support import Server, answer, fails, openai_server, waits_for
from tests.words_support import make_library

KEY = "sk-very-secret-0123456789"


def command(name: str, library: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    plain = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    plain |= {"OPENAI_API_KEY": KEY, "COLUMNS": "400", **environment}
    line = [sys.executable, "-m", "preprocess.cli", name, str(library), *words]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=plain)


def done(name: str, library: Path, *words: str, exit_code: int = 0, **environment: str) -> tuple[str, str]:
    """What a command says on standard output and standard error."""
    process = command(name, library, *words, **environment)
    out, err = process.communicate(timeout=120)
    assert process.returncode == exit_code, err
    return out, err


def told(name: str, library: Path, *words: str) -> Any:
    return json.loads(done(name, library, *words, "--json")[0])


def asking(server: Server, *more: str) -> Sequence[str]:
    return ("--by", "language_model", "--server", server.url, "--model", "double", "--progress", "none", *more)


def style_with(library: Path, section: str) -> None:
    lines = ["version: 1", "movements: [{name: all}]", "show: {layers: [{name: base}]}", section]
    (library / "style.yaml").write_text("\n".join(lines))


def described(library: Path) -> list[str]:
    with closing(sqlite3.connect(library / "catalogue.sqlite")) as connection:
        rows = connection.execute("SELECT slug FROM texts WHERE kind = 'description' AND state = 'current' ORDER BY 1")
        return [slug for (slug,) in rows]


def test_words_for_a_library_without_any_model(tmp_path: Path) -> None:
    library = make_library(tmp_path / "L", 6, same=5)
    assert told("caption", library)["by"] == {"composed": 11}
    assert told("describe", library)["by"] == {"rules": 11}
    found = told("check", library)["doubts"]
    assert {one["doubt"] for one in found} == {"repeated"}
    again = told("regenerate", library)
    assert again["made_again"] > 0
    assert not [one for one in again["doubts"] if one["kind"] == "caption"]
    assert told("regenerate", library)["made_again"] == 0
    out, _ = done("caption", library)
    assert "11 of 11 clips have a caption: 11 composed" in out


def test_a_dry_run_shows_what_would_be_sent_and_cost_and_sends_nothing(tmp_path: Path) -> None:
    library = make_library(tmp_path / "L", 5)
    done("caption", library)
    with openai_server() as server:
        style_with(library, "describe: {price_in: 1.0, price_out: 4.0}")
        out, _ = done("describe", library, *asking(server, "--dry-run"))
        assert "5 requests" in out
        assert "USD" in out
        assert "Nothing was sent" in out
        assert '"caption": {"text": ' in out
        planned = told("describe", library, *asking(server, "--dry-run"))
    assert server.requests == []
    assert [one["clip"] for one in planned["requests"]] == [f"c00{number}" for number in range(5)]
    assert planned["estimate"]["requests"] == 5
    assert planned["estimate"]["money"] > 0
    assert described(library) == []


def test_a_dry_run_needs_no_server(tmp_path: Path) -> None:
    library = make_library(tmp_path / "L", 1)
    out, _ = done("describe", library, "--by", "language_model", "--dry-run", OPENAI_API_KEY="")
    assert "1 request," in out


def test_a_cap_says_where_it_goes_on_and_the_same_command_does(tmp_path: Path) -> None:
    library = make_library(tmp_path / "L", 5)
    with openai_server() as server:
        out, err = done("describe", library, *asking(server, "--cap-requests", "3", "--at-once", "1"))
        assert "to be asked: 5 requests" in err
        assert "goes on at c003" in out
        out, _ = done("describe", library, *asking(server, "--cap-requests", "3", "--at-once", "1"))
        assert "5 of 5 clips have a description: 5 language model" in out
        assert "stopped" not in out
    assert len(server.requests) == 5


def test_a_cap_of_money_without_prices_is_refused(tmp_path: Path) -> None:
    library = make_library(tmp_path / "L", 1)
    _, err = done("describe", library, "--by", "language_model", "--cap", "2", exit_code=2)
    assert "price_in" in err


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_run_loses_no_answer_that_had_come(tmp_path: Path) -> None:
    library, gate = make_library(tmp_path / "L", 8), threading.Event()
    with openai_server(*[answer()] * 4, waits_for(gate, answer())) as server:
        process = command("describe", library, *asking(server, "--at-once", "1"))
        while len(server.requests) < 5:  # the fifth is asked once the fourth is stored
            assert process.poll() is None
            gate.wait(0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        gate.set()
        assert described(library) == [f"c00{number}" for number in range(4)]
        done("describe", library, *asking(server))
    assert len(described(library)) == 8
    assert len(server.requests) == 5 + 4


def test_a_wrong_key_ends_it_with_the_mend_and_without_the_key(tmp_path: Path) -> None:
    library = make_library(tmp_path / "L", 2)
    with openai_server(*[fails(401, f"Incorrect API key provided: {KEY}")] * 9) as server:
        out, err = done("describe", library, *asking(server), exit_code=2)
    assert "OPENAI_API_KEY" in err
    assert KEY not in out + err
    assert "Traceback" not in err


def test_failed_clips_are_named_and_asked_about_again_on_demand(tmp_path: Path) -> None:
    library = make_library(tmp_path / "L", 2)
    style_with(library, "describe: {tries: 1}")
    with openai_server(answer(description="[red]no[/red]")) as server:
        out, _ = done("describe", library, *asking(server, "--at-once", "1"))
        assert "failed: c000" in out
        done("describe", library, *asking(server))
        assert described(library) == ["c001"]
        done("describe", library, *asking(server, "--failed"))
        assert described(library) == ["c000", "c001"]


def test_no_library_is_said_so(tmp_path: Path) -> None:
    for name in ("caption", "describe", "check", "regenerate"):
        _, err = done(name, tmp_path / "none", exit_code=2)
        assert "no clip library here" in err


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT")
def test_ctrl_c_leaves_at_once_and_keeps_what_had_come(tmp_path: Path) -> None:
    library, gate = make_library(tmp_path / "L", 6), threading.Event()
    with openai_server(answer(), *[waits_for(gate, answer())] * 3) as server:
        process = command("describe", library, *asking(server, "--at-once", "3"))
        while len(server.requests) < 4:
            assert process.poll() is None
            gate.wait(0.02)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        gate.set()
    assert process.returncode == 130
    assert "Stopped" in err
    assert len(described(library)) == 1
