"""Suite `liveonset`: from a drum in the room to the picture that is cut on it, through a sound server's monitor.

A foreign player (paplay) plays drums into PulseAudio's null sink; `runtime-play` listens to its monitor and jumps at
each onset; a foreign recorder (parec) hears the same monitor, and says when each drum truly was there: its promptest
block sets its clock against the machine's. The take holds each onset's stamp, the plan of each tick the instant at
which its picture was out (off screen, so without a display's own wait). Figures: how far off the stamps are, how long
after it was heard an onset is told, and from the drum to the cut. The bars are the detector's delay, a buffer of the
input (4 ms), and for the cut a frame of 60 Hz.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import DeviceError, RuntimeShowError
from engine.formats.sound import Sound, write_sound
from engine.model.sound import OnsetMethod
from tools.bench.measuring import Case, percentile, without_bars
from tools.bench.media import ClipWish, Kind, make_clip
from tools.bench.rows import Bar, Options, Row, Tell
from tools.demo_voices import kick, rim, snare
from tools.virtual_devices import RATE_HZ, sound_server

SUITE = "liveonset"
METHODS: Mapping[OnsetMethod, float] = {"fast": 8.0, "hfc": 25.0}  # and the delay in ms that each may have
BUFFER_MS = 4.0
FRAME_MS = 1000 / 60
_HITS, _QUICK_HITS, _FULL_HITS = 80, 8, 400
_LEAD_S = 1.0  # of silence: the input's clock is trusted by then
_WITHIN_S = 0.05
_TIMEOUT_S = 30.0
_LOUD = 0.05
_HIT_S, _QUIET_S = 0.15, 0.05  # a drum's length, and the silence before one

_SHOW = """canvas: {{width: 320, height: 180, rate: 60}}
onsets: {{source: input, device: pulse, method: {method}}}
layers: [{{name: base, source: {clip}, loop: loop, on_onset: {{action: jump}}}}]
movements: [{{name: one, duration_s: 86400}}]
inputs: {{midi: {{enabled: false}}, osc: {{enabled: false}}}}
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A drum that was there at `at_s` (monotonic), stamped so many ms later, and the tick that took it in.

    `cut_ms` is from the drum until the picture was out. `before` and `after` are the frames shown by the tick before
    and by this one.
    """

    at_s: float
    stamp_ms: float
    cut_ms: float
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Listened:
    """What came of `played` drums: those that were heard, how many onsets more there were, and the player's figures."""

    played: int
    hits: list[Hit]
    others: int
    figures: dict[str, Any]


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """Each method; without a sound server a row without a value."""
    found = _rows(options, tell)
    return without_bars(found) if options.quick else found


def _rows(options: Options, tell: Tell) -> Iterator[Row]:
    count = _QUICK_HITS if options.quick else _FULL_HITS if options.full else _HITS
    clip = make_clip(ClipWish(Kind.MJPEG, 320, 180, frames=60, repeats=5), options.media, tell)
    for method, delay_ms in METHODS.items():
        tell(f"playing {count} drums to {method}")
        case = Case(SUITE, method)
        try:
            found = listened(method, clip.file, count)
        except DeviceError as error:
            yield case.row("drum to cut, p99", None, "ms", note=str(error))
            continue
        yield from _heard_rows(case, found, delay_ms)


def _heard_rows(case: Case, found: Listened, delay_ms: float) -> Iterator[Row]:
    figures = found.figures
    stamps_ms, cuts_ms = [hit.stamp_ms for hit in found.hits], [hit.cut_ms for hit in found.hits]
    late = f"{figures['frames_late']} of {figures['frames_shown']} frames late"
    note = f"{len(found.hits)} of {found.played} drums, {found.others} onsets more"
    yield case.row("drums heard", 100 * len(found.hits) / found.played, "%", Bar("≥", 95), note)
    yield case.row("stamp, off by p99", percentile(np.abs(stamps_ms).tolist(), 99), "ms")
    told_bar = Bar("≤", delay_ms + BUFFER_MS)
    yield case.row("told after, p50", figures.get("onset_delay_ms_p50"), "ms", told_bar, "detector and a buffer")
    yield case.row("told after, p99", figures.get("onset_delay_ms_p99"), "ms")
    yield case.row("drum to cut, p50", percentile(cuts_ms, 50), "ms")
    cut_bar = Bar("≤", round(delay_ms + BUFFER_MS + FRAME_MS, 1))
    yield case.row("drum to cut, p99", percentile(cuts_ms, 99), "ms", cut_bar, late)
    yield case.row("drum to cut, most", max(cuts_ms, default=None), "ms")


def listened(method: OnsetMethod, clip: Path, count: int) -> Listened:
    """Play `count` drums to a player that listens with `method`. Raises DeviceError without PulseAudio's programs."""
    paplay, parec = _program("paplay"), _program("parec")
    drums = _drums(count)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="runtime-liveonset-")))
        environment = os.environ | stack.enter_context(sound_server())
        write_sound(folder / "drums.wav", Sound(np.column_stack((drums, drums)), RATE_HZ))
        show = folder / "show.yaml"
        show.write_text(_SHOW.format(method=method, clip=json.dumps(str(clip.absolute()))), encoding="utf-8")
        player = _started(stack, show, environment)
        with _ear(parec, environment) as ear:
            playing = [paplay, "--device=stage", "--latency-msec=50", str(folder / "drums.wav")]
            subprocess.run(playing, env=environment, check=True, timeout=_TIMEOUT_S + len(drums) / RATE_HZ)  # noqa: S603
        figures = _ended(player)
        ticks, onsets = _kept(folder)
    return _matched(count, ear.hits_s(), ticks, onsets, figures)


def _drums(count: int) -> npt.NDArray[np.float32]:
    """Kicks, snares and rims by turns, unevenly spaced so that no phase of the loop is preferred."""
    chance = np.random.default_rng(9)
    samples_at = np.round((_LEAD_S + np.cumsum(chance.uniform(0.25, 0.45, count))) * RATE_HZ).astype(int)
    voices = [kick(), snare(), rim()]
    samples = np.zeros(samples_at[-1] + RATE_HZ, np.float32)
    for number, at in enumerate(samples_at):
        voice = voices[number % len(voices)][: round(_HIT_S * RATE_HZ)]
        voice = voice * np.linspace(1, 0, len(voice))
        samples[at : at + len(voice)] = 0.7 * voice / np.abs(voice).max()
    return samples


@dataclass(slots=True)
class _Ear:
    """What came to the monitor, and when."""

    arrived: list[tuple[float, bytes]] = field(default_factory=list)  # monotonic instant, float32 samples

    def hits_s(self) -> npt.NDArray[np.float64]:
        """The monotonic instants at which silence ended, by the promptest of all blocks."""
        ends_s = np.cumsum([len(block) for _, block in self.arrived]) / 4 / RATE_HZ
        began_s = float((np.array([at_s for at_s, _ in self.arrived]) - ends_s).min())
        raw = b"".join(block for _, block in self.arrived)
        loud = np.flatnonzero(np.abs(np.frombuffer(raw[: len(raw) // 4 * 4], np.float32)) > _LOUD)
        first = np.diff(loud, prepend=-RATE_HZ) > _QUIET_S * RATE_HZ
        return np.asarray(began_s + loud[first] / RATE_HZ)


@contextmanager
def _ear(parec: str, environment: Mapping[str, str]) -> Iterator[_Ear]:
    command = [parec, "-d", "stage.monitor", "--raw", "--format=float32le", f"--rate={RATE_HZ}", "--channels=1"]
    process = subprocess.Popen(  # noqa: S603
        [*command, "--latency-msec=5"], env=environment, stdout=subprocess.PIPE
    )
    ear = _Ear()

    def listen() -> None:
        assert process.stdout is not None
        while block := os.read(process.stdout.fileno(), 65_536):
            ear.arrived.append((time.monotonic(), block))

    thread = threading.Thread(target=listen, name="ear", daemon=True)
    thread.start()
    try:
        yield ear
    finally:
        process.terminate()
        process.wait(_TIMEOUT_S)
        thread.join(_TIMEOUT_S)


def _started(stack: ExitStack, show: Path, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """A player that has begun to play and to listen."""
    take, plan = show.parent / "take.jsonl", show.parent / "plan.jsonl"
    command = [sys.executable, "-m", "engine.app.play", str(show), "--headless", "--silent", "--json"]
    command += ["--record", str(take), "--plan", str(plan)]
    player = subprocess.Popen(  # noqa: S603 - ourselves
        command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    stack.callback(player.kill)
    until_s = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < until_s and player.poll() is None:
        if take.exists() and len(take.read_bytes().splitlines()) > 1:  # a mark, a second after the beginning
            return player
        time.sleep(0.05)
    raise RuntimeShowError("runtime-play did not begin to play")


def _ended(player: subprocess.Popen[str]) -> dict[str, Any]:
    player.send_signal(signal.SIGINT)
    output, complaints = player.communicate(timeout=_TIMEOUT_S)
    if player.returncode:
        raise RuntimeShowError(f"runtime-play ended with {player.returncode}: {complaints.strip()[-300:]}")
    figures: dict[str, Any] = json.loads(output)
    if figures["missing"]:
        raise DeviceError("; ".join(figures["missing"]), subject="runtime-play", mend="")
    return figures


def _kept(folder: Path) -> tuple[list[dict[str, Any]], list[tuple[int, float]]]:
    """The plan's rows, and each onset of the take: the place of the row that took it in, and its stamp."""
    ticks = _read(folder / "plan.jsonl")
    places = (place for place, row in enumerate(ticks) for _ in range(row["events"]))
    events = (line for line in _read(folder / "take.jsonl") if "path" in line)
    onsets = [(place, event["at_s"]) for place, event in zip(places, events, strict=True) if event["path"] == "/onset"]
    return ticks, onsets


def _read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _matched(
    played: int,
    truth_s: npt.NDArray[np.float64],
    ticks: list[dict[str, Any]],
    onsets: list[tuple[int, float]],
    figures: dict[str, Any],
) -> Listened:
    show_began_s = float(np.median([tick["shown_monotonic_s"] - tick["shown_s"] for tick in ticks]))
    hits, left = [], [(place, show_began_s + stamp_s) for place, stamp_s in onsets]
    for at_s in truth_s:
        near = [one for one in left if abs(one[1] - at_s) <= _WITHIN_S]
        if near:
            place, stamp_s = near[0]
            left.remove(near[0])
            cut_ms = (ticks[place]["shown_monotonic_s"] - at_s) * 1000
            hits.append(Hit(at_s, (stamp_s - at_s) * 1000, cut_ms, _index(ticks[place - 1]), _index(ticks[place])))
    return Listened(played, hits, len(left), figures)


def _index(tick: dict[str, Any]) -> int:
    return int(tick["movements"][0]["layers"][0]["index"])


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise DeviceError(f"{name} is not installed", subject=name, mend="apt install pulseaudio-utils")
    return found
