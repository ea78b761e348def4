"""The demo, from nothing to a show on the screen: archive and music, library, show, window or film.

Laid out in one folder: archive/, library/, track.flac, track.json, show.yaml, schedules/ and, where it was rendered,
demo.mp4. Each step does only what is missing or out of date. A file of the show that a person changed stays theirs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from engine.app.command import DONE, print_json, run_command, size
from engine.app.report import print_report
from engine.errors import SourceError
from engine.formats.replace_file import replace_file
from engine.formats.show_yaml import read_show
from engine.gl.compositor import is_software
from engine.gl.context import headless_context
from engine.shipped import shipped
from tools.demo_archive import make_archive
from tools.demo_music import make_music

_EXAMPLES = """\
examples:
  runtime-tools demo                        # make it, then play it, or render it where there is no display
  runtime-tools demo --archive ~/Videos     # the same with your own folder
  runtime-tools demo --render --json
  runtime-tools demo --render --size 1280x720      # as large as the show, however long that takes

Exit codes: 0 done, 2 wrong input or usage, 1 a mistake of ours, 130 stopped with Ctrl-C.
"""


def main(argv: Sequence[str]) -> int:
    """`runtime-tools demo`."""
    options = _parser().parse_args(argv)
    return run_command(lambda: _demo(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runtime-tools demo",
        description="Make the demo show and play it; render it where there is no display.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--archive", type=Path, metavar="FOLDER", help="your own videos instead of the demo's")
    parser.add_argument("-o", "--output", type=Path, default=Path("build/demo"), help="folder to work in (build/demo)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--play", action="store_true", help="in a window, whatever the machine looks like")
    how.add_argument("--render", action="store_true", help="to a film, even where there is a display")
    smaller = "the film's pixels; the show's canvas, or half of it where there is no graphics card"
    parser.add_argument("--size", type=size, metavar="WxH", help=smaller)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON on standard output")
    return parser


def _demo(options: argparse.Namespace) -> int:
    console = Console(stderr=True, highlight=False)
    folder: Path = options.output
    own = None if options.archive is None else options.archive.expanduser()
    if own is not None and not own.is_dir():
        raise SourceError("is not a folder", subject=own, mend="Name the folder that holds your videos.")
    folder.mkdir(parents=True, exist_ok=True)
    made = {"clips": 0 if own else make_archive(folder / "archive", folder / "archive.json")}
    made["track"] = int(make_music(folder))
    library = folder / ("own_library" if own else "library")
    code = _make_library(own or folder / "archive", library, folder / "track.flac")
    if code != DONE:
        return code
    show = library / "show.yaml"
    if own is None:
        for kept in lay_out(folder):
            console.print(f"{kept}: changed by you, so it stays; delete it to have the demo's own again")
        show = folder / "show.yaml"
    if options.play or (not options.render and has_display()):
        console.print(f"playing {show}; close its window to end it")
        return _play(show, as_json=options.json)
    film = folder / ("own.mp4" if own else "demo.mp4")
    return _film(show, film, made, console, options.size or _usual_size(show, console), as_json=options.json)


def _make_library(archive: Path, library: Path, track: Path) -> int:
    """Make the library in a process of its own; its exit code. Its words go to standard error: ours is for figures."""
    command: list[str | Path] = [sys.executable, "-P", "-m", "preprocess.cli", "run", archive, "-o", library]
    command += ["--track", track, "--no-mezzanine"]
    return subprocess.run(command, check=False, stdout=sys.stderr).returncode  # noqa: S603 - our own program


def lay_out(folder: Path) -> list[Path]:
    """Copy the shipped demo show into `folder`; the files that stay because a person changed them.

    `shown.json` there holds the hash of each file as it was laid out: one that no longer has it was edited.
    """
    source = shipped("schedules") / "demo"
    record = folder / "shown.json"
    before = _read_json(record)
    hashes: dict[str, str] = {}
    kept: list[Path] = []
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        name = file.relative_to(source).as_posix()
        content, target = file.read_bytes(), folder / name
        hashes[name] = hashlib.sha256(content).hexdigest()
        standing = hashlib.sha256(target.read_bytes()).hexdigest() if target.exists() else None
        if standing == hashes[name]:
            continue
        if standing is not None and standing != before.get(name):
            kept.append(target)
            hashes[name] = before.get(name, "")
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_file(target, content)
    replace_file(record, json.dumps(hashes, indent=1).encode())
    return kept


def has_display() -> bool:
    """Whether a window can be opened here. GLFW is asked in a process of its own: a broken display may end it."""
    named = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not named:
        return False
    asking = [sys.executable, "-c", "import glfw, sys; sys.exit(0 if glfw.init() else 1)"]
    try:
        return subprocess.run(asking, check=False, capture_output=True, timeout=20).returncode == 0  # noqa: S603
    except subprocess.TimeoutExpired:
        return False


def _play(show: Path, *, as_json: bool) -> int:
    command: list[str | Path] = [sys.executable, "-P", "-m", "engine.app.play", show, *(["--json"] if as_json else [])]
    return subprocess.run(command, check=False).returncode  # noqa: S603 - our own program


def _usual_size(show: Path, console: Console) -> tuple[int, int]:
    """How large the film is, in pixels: where the processor draws, every pixel costs time, and half the canvas does."""
    canvas = read_show(show).show.canvas
    context = headless_context()
    try:
        halves = is_software(context)
    finally:
        context.release()
    if not halves:
        return canvas.width, canvas.height
    width, height = (max(2, side // 4 * 2) for side in (canvas.width, canvas.height))
    console.print(f"no graphics card: the film is {width}x{height}; --size {canvas.width}x{canvas.height} takes longer")
    return width, height


def _film(
    show: Path, film: Path, made: dict[str, int], console: Console, size_px: tuple[int, int], *, as_json: bool
) -> int:
    """Render the show unless the film is of this very show; print where it is, its figures and what to try next."""
    record = film.with_suffix(".json")
    width, height = size_px
    state = f"{_fingerprint(show)} {width}x{height}"
    known = _read_json(record)
    if film.exists() and known.get("of") == state:
        figures = known["figures"]
        console.print("nothing has changed since the film was rendered")
    else:
        command: list[str | Path] = [
            sys.executable,
            "-P",
            "-m",
            "engine.app.render",
            show,
            "-o",
            film,
            "--size",
            f"{width}x{height}",
            "--overwrite",
            "--json",
        ]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE)  # noqa: S603 - our own program
        if done.returncode != DONE:
            return done.returncode
        figures = json.loads(done.stdout)
        replace_file(record, json.dumps({"of": state, "figures": figures}, indent=1).encode())
    following = f"{_program('runtime-play')} {shlex.quote(str(show))}"
    if as_json:
        print_json({"show": str(show), "film": str(film), "made": made, "figures": figures, "next": following})
        return DONE
    print_report(console, figures, "the figures of the run")
    print(film)
    print(f"next, on a machine with a display: {following}")
    print(f"or with your own videos: {_program('runtime-tools')} demo --archive ~/Videos")
    return DONE


def _fingerprint(show: Path) -> str:
    """A hash of what the film follows from: the show, its schedules, its clips, the music and our shaders."""
    hashed = hashlib.sha256()
    texts = [show, *sorted(show.parent.glob("schedules/*.csv")), *sorted(shipped("shaders").rglob("*.*"))]
    for file in texts:
        hashed.update(file.name.encode() + file.read_bytes())
    folder = show.parent
    clips = [*folder.glob("library/clips/*"), *folder.glob("clips/*"), *folder.glob("*.flac")]
    for clip in sorted(clips):
        found = clip.stat()
        hashed.update(f"{clip.name} {found.st_size} {found.st_mtime_ns}".encode())
    return hashed.hexdigest()


def _read_json(file: Path) -> dict[str, Any]:
    """The object in a JSON file of ours; empty where it is not there or not whole."""
    try:
        found = json.loads(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _program(name: str) -> str:
    """How to type one of our programs here: beside this Python, relative where that is shorter."""
    program = Path(sys.executable).with_name(name)
    if not program.exists():
        return name
    return str(program.relative_to(Path.cwd()) if program.is_relative_to(Path.cwd()) else program)
