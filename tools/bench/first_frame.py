"""A player's command, up to its first picture: started by the `start` suite as a process of its own.

`python -m tools.bench.first_frame play|render SHOW FILM` runs runtime-play off screen, or runtime-render into FILM.
When the first frame has been read back from GL it prints one line of JSON, and the command ends as it does by hand.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Nothing else up here: what a command imports is part of what it takes to start.
if TYPE_CHECKING:
    import moderngl

    from engine.app.player import Player


def main(mode: str, show: str, film: str) -> int:
    return _play(show) if mode == "play" else _render(show, film)


def _play(show: str) -> int:
    from engine.app import play  # noqa: PLC0415

    live = play.live

    @contextmanager
    def read_back(*arguments: Any) -> Iterator[Any]:
        with live(*arguments) as (player, inputs):
            player.output = _ReadBack(player)
            yield player, inputs

    play.live = read_back
    return play.main([show, "--headless", "--silent"])


def _render(show: str, film: str) -> int:
    from engine.app import render  # noqa: PLC0415

    offline = render.offline

    @contextmanager
    def told(*arguments: Any) -> Iterator[Player]:
        with offline(*arguments) as player:
            player.after_tick.append(lambda *_: _tell())
            yield player

    render.offline = told
    return render.main([show, "-o", film, "--to", "0.01", "--overwrite"])


class _ReadBack:
    """An output that reads its first picture back, says so, and ends the show."""

    def __init__(self, player: Player) -> None:
        self._player = player

    def present(self, canvas: moderngl.Framebuffer, frame_index: int, at_s: float) -> None:
        canvas.read(components=4)
        _tell()
        self._player.stop_wished = lambda: True

    def close(self) -> None:
        """Nothing to finish."""

    def abort(self) -> None:
        """Nothing to throw away."""


def _tell() -> None:
    print(json.dumps({"cpu_s": time.process_time(), "peak_kib": _peak_kib()}), flush=True)


def _peak_kib() -> int | None:
    """The most memory that this process has held; None where the system does not say it of one process alone."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), None)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
