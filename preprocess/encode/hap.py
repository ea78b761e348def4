"""HAP straight from a mezzanine: the ffmpeg program reads the range itself, since a pipe between would cost a tenth."""

from __future__ import annotations

import subprocess
import tempfile
from fractions import Fraction
from pathlib import Path

from av.video.frame import VideoFrame

from engine.errors import SourceError
from engine.formats.movie_file import decoded, open_movie, picture_stream
from engine.model.clips import Codec
from preprocess.catalogue.values import Footage
from preprocess.encode.choice import ClipSize
from preprocess.footage.encoders import hap_output, hap_program, unwritten
from preprocess.footage.filters import matrix_of
from preprocess.pipeline.step import Tell

_FULL_DISK = ("No space left", "File too large", "Disk quota")
# Repeated chroma: interpolated it takes three times as long, and the blocks of HAP hold it no better.
_SCALER = "bicubic+accurate_rnd"


def transcode_hap(footage: Footage, frames: range, size: ClipSize, codec: Codec, file: Path, *, tell: Tell) -> None:
    """Encode frames of a mezzanine, by their indices, to a HAP `.mov` at `file`, on one thread; any thread.

    Raises OutputError where ffmpeg is not there or cannot write, SourceError where it cannot read.
    """
    assert footage.file is not None
    command = [hap_program(), "-nostdin", "-loglevel", "error", "-y", "-progress", "pipe:1", "-stats_period", "0.2"]
    command += ["-threads", "1", *_seek(frames.start, footage.rate), "-i", f"file:{footage.file.absolute()}"]
    command += ["-map", "0:v:0", "-frames:v", str(len(frames)), "-filter_threads", "1"]
    command += ["-vf", _filters(_first_frame(footage.file), footage, size), "-fps_mode", "passthrough"]
    command += ["-video_track_timescale", str(footage.rate.numerator), *hap_output(file, codec)]
    with (
        tempfile.TemporaryFile() as messages,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=messages) as process,  # noqa: S603 - no shell
    ):
        assert process.stdout is not None
        for line in process.stdout:
            key, _, value = line.decode("ascii", "replace").partition("=")
            if key == "frame" and value.strip().isdecimal():
                tell(int(value), len(frames))
        code = process.wait()
        messages.seek(0)
        said = messages.read(400).decode(errors="replace").strip()
    if code and (code < 0 or any(words in said for words in _FULL_DISK)):
        raise unwritten(file, said or f"ffmpeg ended with {code}")
    if code:
        raise SourceError(f"does not decode any more: {said}", subject=footage.file, mend="run ingest again")


def _seek(begin: int, rate: Fraction) -> list[str]:
    """To half a frame before the first, so that no rounding takes one too many or too few."""
    return ["-seek_timestamp", "1", "-ss", f"{float((begin - Fraction(1, 2)) / rate):.6f}"] if begin else []


def _first_frame(file: Path) -> VideoFrame:
    with open_movie(file) as container:
        frame = next(decoded(container, picture_stream(container, file)), None)
    if frame is None:
        raise SourceError("has no frame any more", subject=file, mend="run ingest again")
    return frame


def _filters(frame: VideoFrame, footage: Footage, size: ClipSize) -> str:
    colours = f"in_color_matrix={matrix_of(frame)}:in_range=tv:out_range=pc"
    steps = [f"scale={size.width}:{size.height}:flags={_SCALER}:{colours}", "format=rgba"]
    if (size.crop_width, size.crop_height) != (footage.width, footage.height):
        steps.insert(0, f"crop={size.crop_width}:{size.crop_height}")
    rate = footage.rate
    return ",".join((*steps, f"settb={rate.denominator}/{rate.numerator}", "setpts=N"))
