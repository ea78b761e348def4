"""One film twice: four layers and a cross-fade, drawn by the compositor, and by filters of the ffmpeg program.

Both begin with frames of raw YUV 4:2:0 and end with whole RGB pictures in memory, so that neither decodes nor encodes:
ffmpeg reads its frames from files that lie in the page cache, and throws its pictures away.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.errors import OutputError
from engine.gl.compositor import Compositor
from engine.model.pictures import FrameRef, Hit, Layout, Lookup, Matrix, Picture
from engine.model.plan import FramePlan, LayerPlan, MovementPlan, ShownFrame, Transform

CLIPS = ("old", "new", "moved", "screened", "multiplied")
_RATE = 30

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Film:
    """`frames` pictures of `width` × `height`, of clips that are `length` frames long and start anew."""

    width: int
    height: int
    frames: int
    length: int

    def clips(self) -> dict[str, list[Picture]]:
        """Smooth colours that move, a different way in each clip: what is wrong with a blend shows, edges do not."""
        return {
            clip: [self._picture(clip, seed, index) for index in range(self.length)] for seed, clip in enumerate(CLIPS)
        }

    def plan(
        self, clips: dict[str, list[Picture]], number: int, *, run: int = 0
    ) -> tuple[FramePlan, dict[FrameRef, Lookup]]:
        """The plan of picture `number`, whose frames no plan of another `run` has had: each is uploaded."""
        frames: dict[FrameRef, Lookup] = {}

        def shown(clip: str) -> ShownFrame:
            ref = FrameRef(clip, run * self.frames + number)
            frames[ref] = Hit(replace(clips[clip][number % self.length], ref=ref))
            return ShownFrame(ref)

        layers = (
            LayerPlan("base", shown("new"), shown("old"), number / self.frames),
            LayerPlan("moved", shown("moved"), fit="none", transform=Transform(x=0.25, y=-0.25)),
            LayerPlan("screened", shown("screened"), blend="screen", opacity=0.7),
            LayerPlan("multiplied", shown("multiplied"), blend="multiply", opacity=0.6),
        )
        return FramePlan(number / _RATE, (MovementPlan("film", number / _RATE, layers),)), frames

    def _picture(self, clip: str, seed: int, index: int) -> Picture:
        def wave(height: int, width: int, low: int, high: int, turns: float) -> Pixels:
            y, x = np.mgrid[0:height, 0:width].astype(np.float32)
            phase = 2 * np.pi * (turns * x / width + (seed + 1) * y / height / 2 + index / self.length)
            return (low + (high - low) * (0.5 + 0.5 * np.sin(phase))).astype(np.uint8)

        half = (self.height // 2, self.width // 2)
        planes = (
            wave(self.height, self.width, 16, 235, 1.0 + seed),
            wave(*half, 64, 192, 0.5 + seed),
            wave(*half, 64, 192, 1.5),
        )
        ref = FrameRef(clip, index)
        return Picture(ref, self.width, self.height, Layout.YUV, planes, (2, 2), Matrix.BT709, full_range=False)


def write_raw(clips: dict[str, list[Picture]], folder: Path) -> dict[str, Path]:
    """The clips as files of raw frames, as ffmpeg reads them."""
    files = {clip: folder / f"{clip}.yuv" for clip in clips}
    for clip, pictures in clips.items():
        files[clip].write_bytes(b"".join(plane.tobytes() for picture in pictures for plane in picture.planes))
    return files


def filters(film: Film) -> str:
    """The film as ffmpeg's filters: the same blends, in RGB as the compositor's, by the same order of operands."""
    rgb = "scale=in_color_matrix=bt709:in_range=tv:out_range=pc,format=gbrp"
    inputs = "".join(f"[{place}:v]{rgb}[{clip}];" for place, clip in enumerate(CLIPS))
    across, down = film.width // 4, film.height // 4
    return (
        f"{inputs}[old][new]xfade=transition=fade:duration={film.frames / _RATE}:offset=0[base];"
        f"[base][moved]overlay={across}:{down}:format=gbrp[two];"
        "[two][screened]blend=all_mode=screen:all_opacity=0.7[three];"
        "[three][multiplied]blend=all_mode=multiply:all_opacity=0.6[film]"
    )


def ffmpeg_command(film: Film, files: dict[str, Path], output: Sequence[str]) -> list[str]:
    """The command that makes the film. Raises OutputError where there is no ffmpeg."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise OutputError("is not installed", subject="ffmpeg", mend="apt install ffmpeg")
    raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{film.width}x{film.height}", "-r", str(_RATE)]
    inputs = [word for clip in CLIPS for word in ("-stream_loop", "-1", *raw, "-i", str(files[clip]))]
    graph = ["-filter_complex", filters(film), "-map", "[film]", "-frames:v", str(film.frames)]
    return [program, "-v", "error", "-nostdin", *inputs, *graph, *output]


def by_ffmpeg(film: Film, files: dict[str, Path]) -> Callable[[], None]:
    """Makes the whole film by ffmpeg, with as many threads as it likes."""
    command = ffmpeg_command(film, files, ["-f", "null", "-"])

    def run() -> None:
        subprocess.run(command, check=True)  # noqa: S603 - an argument list, no shell

    return run


def by_compositor(film: Film, compositor: Compositor, clips: dict[str, list[Picture]]) -> Callable[[], None]:
    """Makes the whole film by the compositor, reading every picture back."""
    read = bytearray(film.width * film.height * 4)
    runs = iter(range(1, 1_000_000))

    def run() -> None:
        number = next(runs)
        for index in range(film.frames):
            compositor.draw(*film.plan(clips, index, run=number)).read_into(read, components=4)

    return run


def difference(film: Film, compositor: Compositor, clips: dict[str, list[Picture]], files: dict[str, Path]) -> float:
    """How far the two films are from one another: levels of 255, the mean over every tenth picture."""
    command = ffmpeg_command(film, files, ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
    shape = (film.height, film.width, 3)
    nbytes = film.height * film.width * 3
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603 - an argument list, no shell
        assert process.stdout is not None
        off = [
            float(np.abs(np.frombuffer(theirs, np.uint8).reshape(shape).astype(int) - ours).mean())
            for theirs, ours in zip(
                _pictures(process.stdout.read, nbytes), _drawn(film, compositor, clips), strict=True
            )
        ]
    return float(np.mean(off[:: max(1, film.frames // 10)]))


def _pictures(read: Callable[[int], bytes], nbytes: int) -> Iterator[bytes]:
    while len(picture := read(nbytes)) == nbytes:
        yield picture


def _drawn(film: Film, compositor: Compositor, clips: dict[str, list[Picture]]) -> Iterator[Pixels]:
    for index in range(film.frames):
        canvas = compositor.draw(*film.plan(clips, index))
        yield np.frombuffer(canvas.read(components=3), np.uint8).reshape(film.height, film.width, 3)
