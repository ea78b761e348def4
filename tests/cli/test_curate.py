"""`curate`, `export` and `import` as commands: how they end, what they refuse, what they print."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from preprocess.catalogue import edits
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.edit_values import SetText
from tests.curate_support import make_library
from tests.devices.curate_support import curating
from tests.film_support import run_module

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("made") / "L", 1)


def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return run_module("preprocess.cli", *words)


def fetched(address: str) -> Any:
    """The page, as a browser that keeps its cookies gets it."""
    return urllib.request.build_opener(urllib.request.HTTPCookieProcessor()).open(address, timeout=10)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(library: Path, ending: signal.Signals) -> None:
    with curating(library) as running:
        with fetched(running.address) as answer:
            assert answer.status == 200
            assert "<title>Curate</title>" in answer.read().decode()
            running.process.send_signal(ending)
            assert running.process.wait(20) == 0
        assert running.process.stderr is not None
        assert running.process.stderr.read() == "Closed. All is kept.\n"
    assert sorted(path.name for path in library.glob("*.sqlite*")) == ["catalogue.sqlite"]
    assert list(library.glob(".work*")) == []


def test_one_page_or_run_at_a_time(library: Path) -> None:
    with curating(library):
        done = command("curate", library, "--no-open")
        assert (done.returncode, done.stdout) == (2, "")
        assert "is being written by another" in done.stderr
        assert command("import", library, library).returncode == 2
        assert command("export", library, library.parent / "words while it is open").returncode == 0, "reads only"


def test_wrong_words_are_refused(library: Path, tmp_path: Path) -> None:
    assert command("curate", tmp_path).returncode == 2
    assert command("curate", library, "--port", "70000").returncode == 2
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = command("curate", library, "--no-open", "--port", str(port))
    assert done.returncode == 2
    assert f"port {port}: cannot be listened on" in done.stderr
    assert "--port" in done.stderr


def test_only_loopback_is_listened_on(library: Path) -> None:
    with curating(library) as running:
        listening = subprocess.run(
            [sys.executable, "-c", _LISTENING, str(running.process.pid)], capture_output=True, text=True, check=True
        )
        assert listening.stdout.split() == [f"127.0.0.1:{running.port}"]


_LISTENING = """
import os, pathlib, socket, struct, sys
folder = pathlib.Path(f"/proc/{sys.argv[1]}/fd")
inodes = {os.readlink(fd)[8:-1] for fd in folder.iterdir() if os.path.islink(fd) and "socket:" in os.readlink(fd)}
for kind in ("tcp", "tcp6"):
    for line in pathlib.Path(f"/proc/net/{kind}").read_text().splitlines()[1:]:
        cells = line.split()
        if cells[3] == "0A" and cells[9] in inodes:
            address, port = cells[1].split(":")
            shown = socket.inet_ntoa(struct.pack("<I", int(address, 16))) if kind == "tcp" else address
            print(shown, int(port, 16), sep=":")
"""


def test_the_address_for_the_browser_opens_once(library: Path, tmp_path: Path) -> None:
    note = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf "%s" "$1" > "{note}.part" && mv "{note}.part" "{note}"\n')
    browser.chmod(0o755)
    environment = {**os.environ, "DISPLAY": ":99", "BROWSER": str(browser)}
    process = [sys.executable, "-m", "preprocess.cli", "curate", str(library)]
    with subprocess.Popen(process, stdout=subprocess.PIPE, env=environment, text=True) as running:
        try:
            assert running.stdout is not None
            printed = running.stdout.readline().split()[-1]
            with fetched(printed) as answer:  # by then the browser was told its address
                assert answer.status == 200
            single = note.read_text()
            assert single.split("=")[0] == printed.split("=")[0]
            assert single != printed
            with fetched(single) as answer:
                assert answer.url.endswith("/")
            with pytest.raises(urllib.error.HTTPError, match="403"):
                fetched(single)
        finally:
            running.send_signal(signal.SIGINT)
            assert running.wait(20) == 0


def test_export_and_import_as_a_person_has_them(library: Path, tmp_path: Path) -> None:
    words = tmp_path / "words"
    done = json.loads(command("export", library, words, "--json").stdout)
    assert (done["clips"], done["schedules"], done["removed"]) == (3, 3, 0)
    file = words / "clips" / "bikes-01.json"
    file.write_text(file.read_text().replace("people on bicycles in a street, part 1", "[red]theirs[/red]"))
    with Catalogue(library) as catalogue:
        edits.apply(catalogue, [SetText(slug="bikes-01", kind="caption", text="ours")])
    refused = command("import", library, words)
    assert refused.returncode == 2
    assert "conflict: clips/bikes-01.json:3: bikes-01 caption: “ours” or “[red]theirs[/red]”" in refused.stdout
    told = json.loads(command("import", library, words, "--check", "--take", "theirs", "--json").stdout)
    assert (told["taken"], len(told["changes"]), told["conflicts"]) == (False, 1, [])
    assert command("import", library, words, "--take", "theirs").stdout.endswith("1 change taken.\n")
    file.write_text("{")
    wrong = command("import", library, words)
    assert wrong.returncode == 2
    assert "clips/bikes-01.json:1: is not JSON" in wrong.stderr


def test_the_page_goes_with_the_package() -> None:
    """Whatever the page loads is beside it, and the wheel takes the whole package (`only-include`)."""
    page = CHECKOUT / "preprocess" / "curate" / "page"
    loaded = {
        line.split('"/page/')[1].split('"')[0]
        for line in (page / "index.html").read_text().split("\n")
        if "/page/" in line
    }
    assert loaded == {"icon.svg", "style.css", "main.js"}
    for script in page.glob("*.js"):
        for line in script.read_text().splitlines():
            if line.startswith("import "):
                assert (page / line.rsplit('"', 2)[1]).is_file(), line
