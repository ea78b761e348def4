"""A show whose files are rewritten while `runtime-play` plays it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from engine.formats.replace_file import replace_file
from tests.cli.test_play import free_udp_port, wait_for_port
from tests.film_support import grey_movie, plan_rows, start_module

SHOW = """canvas: {{width: 64, height: 36, rate: 30}}
seed: {seed}
layers:
  - name: base
    source: up.mp4
    opacity: {opacity}
    effects: [{{shader: {effect}}}]
  - {{name: top, source: down.mp4, opacity: 0.5}}
{more}movements:
  - {{name: one, schedule: one.csv, duration_s: {duration_s}}}
inputs: {{midi: {{enabled: false}}, osc: {{port: {port}}}}}
"""
CSV = "clip,duration_s,layer\nlayer-{clip},600,top\n"
EFFECT = """/*{{"INPUTS": [{{"NAME": "inputImage", "TYPE": "image"}}, {{"NAME": "by", "TYPE": "float"}}]}}*/
void main() {{
    vec4 c = IMG_THIS_PIXEL(inputImage);
    gl_FragColor = vec4({what}, c.a);
}}
"""
TIMEOUT_S = 120


class Playing:
    """A player that is being watched; what it says of reloads goes to its log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_udp_port()
        self.settings: dict[str, Any] = {
            "more": "",
            "seed": 1, "opacity": 1, "effect": "gain", "duration_s": 600, "port": self.port,
        }  # fmt: skip
        grey_movie(folder / "up.mp4")
        grey_movie(folder / "down.mp4", first_level=20)
        grey_movie(folder / "third.mp4", first_level=24)
        (folder / "shaders").mkdir()
        self.write_effect("gain", "by * c.rgb")
        self.write("one.csv", CSV.format(clip="top"))
        self.write_show()
        environment = {**os.environ, "COLUMNS": "500", "XDG_CACHE_HOME": str(folder / "cache")}
        self.process = start_module(
            "engine.app.play",
            *(folder / "show.yaml", "--headless", "--verbose", "--json", "--plan", folder / "plan.jsonl"),
            env=environment,
        )
        self._said: list[str] = []
        self._heard = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        wait_for_port(self.process, self.port)

    def write(self, name: str, text: str) -> None:
        replace_file(self.folder / name, text.encode())

    def write_show(self, **settings: object) -> None:
        self.settings |= settings
        self.write("show.yaml", SHOW.format(**self.settings))

    def write_effect(self, name: str, what: str) -> None:
        self.write(f"shaders/{name}.fs", EFFECT.format(what=what))

    def says(self, *parts: str) -> str:
        """Everything that it has said since the last call, once all `parts` are in it."""

        def all_there() -> bool:
            said = " ".join(" ".join(self._said).split())
            return all(part in said for part in parts) or self.process.poll() is not None

        with self._heard:
            assert self._heard.wait_for(all_there, TIMEOUT_S), "".join(self._said)
            said = " ".join(" ".join(self._said).split())
            assert all(part in said for part in parts), said
            self._said.clear()
            return said

    def end(self) -> list[dict[str, Any]]:
        """The plan of every frame shown."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(TIMEOUT_S) == 0, "".join(self._said)
        return plan_rows(self.folder / "plan.jsonl")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._heard:
                self._said.append(line)
                self._heard.notify_all()


@pytest.fixture
def playing(tmp_path: Path) -> Iterator[Playing]:
    made = Playing(tmp_path)
    try:
        yield made
    finally:
        made.close()


def layers(row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {layer["layer"]: layer for layer in row["movements"][-1]["layers"]}


def test_what_is_saved_is_played_and_what_is_wrong_is_told(playing: Playing) -> None:
    playing.write_show(opacity=0.25)
    playing.says("taken over: show.yaml")

    playing.write_show(opacity=7, duration_s="x")
    playing.says(
        "not taken over; what played before plays on",
        "show.yaml:6: layers.0.opacity: must be at most 1",
        "show.yaml:10: movements.0.duration_s: must be a number",
    )
    playing.write_show(opacity=0.5, duration_s=600, seed=2)
    playing.says("taken over: show.yaml")

    playing.write("one.csv", CSV.format(clip="nothing"))
    playing.says("not taken over", "one.csv:2", "layer-nothing")
    playing.write("one.csv", CSV.format(clip="base"))
    playing.says("taken over: one.csv")

    playing.write_show(more="  - {name: side, source: third.mp4}\n")
    playing.says("taken over: show.yaml")

    playing.write_show(effect="glow")  # there is no such shader yet
    playing.says("not taken over", "show.yaml:7", "glow")
    playing.write_effect("glow", "nothing * c.rgb")
    said = playing.says("not taken over", "glow.fs:4")
    assert "vec4(nothing * c.rgb, c.a)" in said, "the source line"
    playing.write_effect("glow", "by * c.bgr")
    playing.says("taken over: glow.fs")

    playing.write_effect("glow", "by * c.bgr +")  # what was good before plays on
    playing.says("not taken over", "glow.fs:4")
    playing.write_effect("glow", "by * c.gbr")
    playing.says("taken over: glow.fs")

    playing.write("show.yaml", SHOW.format(**playing.settings).replace("width: 64", "width: 128"))
    playing.says("not taken over", "canvas: another value is taken over by a new start only")

    rows = playing.end()
    opacities = list(dict.fromkeys(layers(row)["base"]["opacity"] for row in rows))
    assert opacities == [1, 0.25, 0.5]
    effects = list(dict.fromkeys(layers(row)["base"]["effects"][0]["shader"] for row in rows))
    assert effects == ["gain", "glow"]
    beside = [row for row in rows if "side" in layers(row)]
    assert {layers(row)["side"]["clip"] for row in beside} == {"layer-side"}
    assert any(row["lacking"] == 0 for row in beside), "and its frames come"
    clips = list(dict.fromkeys(layers(row)["top"]["clip"] for row in rows))
    assert clips == ["layer-top", "layer-base"]
    for row in rows:  # playheads know of nothing
        assert all(layer["index"] == int(row["at_s"] * 25 + 1e-6) % 50 for layer in layers(row).values())
    assert all(after["at_s"] > before["at_s"] for before, after in pairwise(rows))
