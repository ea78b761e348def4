"""Sources for the tests of ingest and footage, made with PyAV alone, and ingested as a worker would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest.mock import patch

import av
import numpy as np
from av.video.frame import VideoFrame

from engine.formats.library_rows import StoredSource
from engine.formats.movie_file import decoded
from preprocess.catalogue.values import Footage
from preprocess.footage import source_reader
from preprocess.footage.reading import pictures
from preprocess.ingest.settings import IngestSettings
from preprocess.ingest.work import Ingested, IngestJob, ingest
from preprocess.slugs import base_of
from tests.archive_support import numbered_picture, read_number

RATE_HZ = 48_000


def ingested(source: Path, library: Path, **settings: object) -> Ingested:
    """A source through the worker's hands, its mezzanine put into its place."""
    job = IngestJob(
        source=StoredSource(source, source.stem, base_of(source)),
        library=library,
        work=library / ".work",
        settings=IngestSettings.model_validate(settings),
        how="test",
    )
    (result,) = ingest([job], lambda done, total: None)
    if result.made is not None:
        assert result.footage is not None
        assert result.footage.file is not None
        result.footage.file.parent.mkdir(parents=True, exist_ok=True)
        result.made.replace(result.footage.file)
    return result


def footage_of(source: Path, library: Path, **settings: object) -> Footage:
    """The footage of a source that is sound, or partly damaged."""
    result = ingested(source, library, **settings)
    assert result.footage is not None, result.source.reason
    return result.footage


def grey(footage: Footage, begin: int, end: int) -> dict[int, np.ndarray]:
    """Frames by index, as grey (rows, columns) at the footage's size."""
    read = pictures(footage, begin, end, width=footage.width, height=footage.height, pixel_format="gray")
    return {index: frame.to_ndarray() for index, frame in read}


@contextmanager
def decoding_counted() -> Iterator[list[int | None]]:
    """The timestamps of all frames that are decoded of sources read directly, in this process, as they come."""
    seen: list[int | None] = []

    def counting(*given: Any) -> Iterator[VideoFrame]:
        for frame in decoded(*given):
            seen.append(frame.pts)
            yield frame

    with patch.object(source_reader, "decoded", counting):
        yield seen


def numbers(footage: Footage) -> list[int]:
    """The numbers burnt into all frames."""
    return [read_number(picture) for picture in grey(footage, 0, footage.frame_count).values()]


def woven(count: int, *, interlaced: bool, top_first: bool = True, lines: int = 20) -> list[np.ndarray]:
    """RGB pictures of a bar that moves; interlaced, the second field of each is half a frame later."""

    def field(instant: int) -> np.ndarray:
        picture = np.full((240, 320, 3), 60, np.uint8)
        picture[60:180, instant * 4 % 280 : instant * 4 % 280 + 40] = 200
        picture[::7] += lines
        return picture

    made = []
    for number in range(count):
        picture = field(2 * number)
        if interlaced:
            picture[int(top_first) :: 2] = field(2 * number + 1)[int(top_first) :: 2]
        made.append(picture)
    return made


def with_b_frames(path: Path, count: int, gop: int = 15) -> Path:
    """Numbered frames of 160 × 96 at 25 a second, most of which need frames after them, a key frame every `gop`."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 160, 96, "yuv420p", gop
        stream.options = {"crf": "12", "preset": "veryfast", "bf": "3", "b-adapt": "0"}
        for index in range(count):
            frame = av.VideoFrame.from_ndarray(numbered_picture(index, 160, 96), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def with_sound(
    path: Path,
    count: int,
    samples: np.ndarray,
    *,
    rate: Fraction = Fraction(25),
    sound_begins_s: float = 0.0,
    codec: str = "libx264",
    gop: int = 12,
) -> Path:
    """Numbered frames of 160 × 96 beside `samples`, float32 (n, channels) at 48 kHz, as uncompressed sound."""
    with av.open(str(path), "w") as container:
        picture = container.add_stream(codec, rate=rate)
        picture.width, picture.height, picture.pix_fmt, picture.gop_size = 160, 96, "yuv420p", gop
        if codec == "libx264":
            picture.options = {"crf": "12", "preset": "ultrafast"}
        layout = "mono" if samples.shape[1] == 1 else "stereo"
        sound = container.add_stream("pcm_s16le", rate=RATE_HZ, layout=layout)
        per_frame = int(RATE_HZ / rate)
        whole = (np.clip(samples, -1, 1) * 32767).astype(np.int16)
        for index in range(count):
            frame = av.VideoFrame.from_ndarray(numbered_picture(index, 160, 96), format="rgb24")
            frame.pts, frame.time_base = index, 1 / rate
            container.mux(picture.encode(frame))
            block = whole[index * per_frame : (index + 1) * per_frame]
            if len(block):
                _mux_sound(container, sound, block, layout, index * per_frame + round(sound_begins_s * RATE_HZ))
        container.mux(picture.encode(None))
        container.mux(sound.encode(None))
    return path


def _mux_sound(
    container: av.container.OutputContainer, stream: av.AudioStream, block: np.ndarray, layout: str, pts: int
) -> None:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block).reshape(1, -1), format="s16", layout=layout)
    frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, pts, Fraction(1, RATE_HZ)
    container.mux(stream.encode(frame))


def flashes_and_clicks(count: int, at: Sequence[int], rate: int = 25) -> np.ndarray:
    """Mono sound as long as `count` frames with a loud click at the beginning of each frame in `at`."""
    samples = np.zeros((count * RATE_HZ // rate, 1), np.float32)
    for index in at:
        begin = index * RATE_HZ // rate
        samples[begin : begin + 480, 0] = 0.8 * np.sin(np.arange(480) * 0.8)
    return samples
