"""`runtime-tools flash-check`: does a film keep within the limits for photosensitive epilepsy?"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av.error
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from engine.analysis.flash_report import FlashReport
from engine.analysis.flashes import AREA_LIMIT, COLUMNS, MOST_FLASHES, ROWS, FlashMeter, Floats, cell_light
from engine.app.command import run_command
from engine.errors import SourceError
from engine.formats.movie_file import COPY_AGAIN, open_movie, picture_stream
from engine.formats.replace_file import replace_file
from engine.outputs.beside import check_output_path
from tools.flash_plot import plotted
from tools.frames import png

_TOO_MANY = 3  # exit code, with --strict
_PATIENCE_S = 2.0
_SAMPLES = 8  # of a cell, each way: within one, the mean is of what is encoded, which is less light for fine contrasts
_SCALING = Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
_BT601_TAGS = (5, 6)  # ITU-T H.273, table 4
_BT709_TAG = 1
_SD_ROWS = 576
_EXAMPLES = """\
examples:
  runtime-tools flash-check film.mp4
  runtime-tools flash-check film.mp4 --plot flashes.png --strict
  runtime-tools flash-check film.mp4 --area 0.028 --json    # for an audience close to a wide picture

A measurement by published limits and no certificate: see docs/photosensitivity.md.
Exit codes: 0 done, 2 a film that does not decode or wrong usage, 3 with --strict where the film fails, 130 Ctrl-C.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """`runtime-tools flash-check`."""
    options = _parser().parse_args(argv)
    return run_command(lambda: _check(options))


def _check(options: argparse.Namespace) -> int:
    if options.plot is not None:
        check_output_path(options.plot, overwrite=options.overwrite)
    report = film_flashes(options.film, area_limit=options.area, console=Console(stderr=True))
    if options.plot is not None:
        replace_file(options.plot, png(plotted(report)))
    if options.json:
        print(json.dumps({"film": str(options.film), **told(report)}))
    else:
        print("\n".join(lines(str(options.film), report)))
    return _TOO_MANY if options.strict and report.verdict == "fail" else 0


def film_flashes(film: Path, *, area_limit: float = AREA_LIMIT, console: Console | None = None) -> FlashReport:
    """The report on all of a film, frame by frame; a bar on `console` once it takes long.

    Raises SourceError for a file that is no film, or that does not decode to its end.
    """
    with open_movie(film) as container:
        stream = picture_stream(container, film)
        frame_s = float(1 / (stream.average_rate or stream.guessed_rate or Fraction(25)))
        length = stream.duration * stream.time_base if stream.duration and stream.time_base else None
        meter, report, end_s = FlashMeter(frame_s, area_limit=area_limit), FlashReport(area_limit), 0.0
        with _progress(console, float(length) if length else None) as tell:
            try:
                for at_s, light in _lit(container.decode(stream), frame_s):
                    report.add(at_s, meter.add(at_s, light))
                    end_s = at_s + frame_s
                    tell(end_s)
            except av.error.FFmpegError as error:
                raise SourceError(f"does not decode after {end_s:.3f} s", subject=film, mend=COPY_AGAIN) from error
    if not report.frame_count:
        raise SourceError("has no frame that decodes", subject=film, mend=COPY_AGAIN)
    report.end(end_s)
    return report


def told(report: FlashReport) -> dict[str, Any]:
    """The report as JSON's values; times in seconds from the first frame."""
    worst = report.seconds[report.worst_second]
    return {
        "verdict": report.verdict,
        "duration_s": round(report.duration_s, 3),
        "frames": report.frame_count,
        "area_limit": report.area_limit,
        "worst_second": {
            "from_s": report.worst_second,
            "general_flashes": worst.general_flashes,
            "red_flashes": worst.red_flashes,
            "area": round(worst.area, 4),
        },
        "passages": [
            {
                "kind": one.kind.value,
                "verdict": one.verdict,
                "from_s": round(one.from_s, 3),
                "to_s": round(one.to_s, 3),
                "flashes": one.flashes,
                "area": round(one.area, 4),
            }
            for one in report.passages
        ],
    }


def lines(film: str, report: FlashReport) -> Iterator[str]:
    """The report as text."""
    yield f"{film}: {report.verdict} ({report.frame_count} frames, {report.duration_s:.1f} s)"
    worst = report.seconds[report.worst_second]
    yield (
        f"worst second: from {report.worst_second} s, {worst.general_flashes:g} general and {worst.red_flashes:g} red "
        f"flashes over {report.area_limit:.1%} of the picture"
    )
    for one in report.passages:
        area = f"; {one.area:.0%} of the picture flashes more than {MOST_FLASHES} times in one" if one.area else ""
        span = f"{one.from_s:.2f} to {one.to_s:.2f} s"
        yield f"  {one.verdict}: {one.kind.value}, {span}, {one.flashes:g} flashes a second{area}"


def _lit(frames: Iterator[VideoFrame], frame_s: float) -> Iterator[tuple[float, Floats]]:
    """When each frame comes on, from 0 and never falling, and its light."""
    first_s: float | None = None
    at_s = -frame_s
    for frame in frames:
        stated_s = frame.time
        if first_s is None:
            first_s = stated_s or 0.0
        at_s = at_s + frame_s if stated_s is None else max(stated_s - first_s, at_s, 0.0)
        yield at_s, _light(frame)


def _light(frame: VideoFrame) -> Floats:
    is_709 = frame.colorspace == _BT709_TAG or (frame.colorspace not in _BT601_TAGS and frame.height > _SD_ROWS)
    small = frame.reformat(
        width=COLUMNS * _SAMPLES,
        height=ROWS * _SAMPLES,
        format="rgb24",
        src_colorspace=None if frame.format.is_rgb else "ITU709" if is_709 else "ITU601",
        interpolation=_SCALING,
    )
    return cell_light(np.asarray(small.to_ndarray(), np.uint8))


@contextmanager
def _progress(console: Console | None, length_s: float | None) -> Iterator[Any]:
    """A way to tell how far it has come, shown on a terminal once it has taken two seconds."""
    bar = Progress(
        TextColumn("looking for flashes"),
        BarColumn(),
        TimeRemainingColumn(),
        console=console or Console(quiet=True),
        transient=True,
    )
    task, begun_s = bar.add_task("", total=length_s), time.monotonic()

    def tell(done_s: float) -> None:
        bar.update(task, completed=done_s)
        if console is not None and console.is_terminal and time.monotonic() - begun_s > _PATIENCE_S:
            bar.start()

    try:
        yield tell
    finally:
        bar.stop()


def _area(text: str) -> float:
    wrong = argparse.ArgumentTypeError(f"{text!r} is no share of the picture; write 0.25 for a quarter")
    try:
        value = float(text)
    except ValueError:
        raise wrong from None
    if not 0 < value < 1:
        raise wrong
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runtime-tools flash-check",
        description="Count the flashes of a film by the limits of WCAG 2.3.1 and ITU-R BT.1702.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("film", type=Path, metavar="FILM")
    parser.add_argument("--area", type=_area, default=AREA_LIMIT, metavar="SHARE", help="of the picture, 0 to 1 (0.25)")
    parser.add_argument("--plot", type=Path, metavar="OUT.png", help="draw flashes and area along time")
    parser.add_argument("--overwrite", action="store_true", help="replace OUT.png if it is there")
    parser.add_argument("--strict", action="store_true", help="exit with 3 where the film fails")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser
