"""The output of `runtime-render`: a film, encoded on a thread of its own."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import av.error
import moderngl
import numpy as np

from engine.core.figures import Figures
from engine.errors import OutputError
from engine.outputs.beside import beside, check_output_path, clear_left_behind, put_in_place
from engine.outputs.film_formats import FilmCodec, film_format
from engine.outputs.film_writer import FilmWriter, Samples32, SoundFormat, count_frames
from engine.outputs.output import Pixels, read_canvas

_BUFFERS = 4  # one read into, one converted, two waiting: more only holds memory, since encoding is the slower side


class VideoFile:
    """Writes every picture into a film of `width` × `height` px at `rate` frames a second. Main thread.

    The film grows under a hidden name beside `path` and gets its name on `close`, once re-reading it has found
    every frame. `sound` is (channels, rate in Hz) of the sound that `hear` brings, whose first sample is at the first
    frame; it is cut, or continued with silence, to the picture's length (AAC comes in frames of 1024 samples: the
    file says where in the last one to stop, to a millisecond). Rendering waits while the encoder is behind.

    Raises OutputError at construction, before anything is rendered, where the codec does not go into the
    container, the size is odd, `path` exists (unless `overwrite`) or cannot be written. An error of the encoding
    thread is raised by the next `present` or by `close`.

    Figures: readback_ms, encode_wait_ms (main thread), convert_ms, encode_ms, frames_encoded (encode thread).
    """

    def __init__(
        self,
        path: Path,
        *,
        width: int,
        height: int,
        rate: Fraction,
        codec: FilmCodec,
        sound: SoundFormat | None = None,
        overwrite: bool = False,
        figures: Figures,
    ) -> None:
        check_film(path, codec=codec, width=width, height=height, overwrite=overwrite)
        clear_left_behind(path)
        self._path = path
        self._partial = beside(path)
        self._overwrite = overwrite
        self._size = (width, height)
        self._presented = 0
        self._next_index: int | None = None
        self._finished = False
        self._readback_ms = figures.samples("readback_ms")
        self._wait_ms = figures.samples("encode_wait_ms")
        film = film_format(path, codec)
        try:
            writer = FilmWriter(self._partial, path, film, width=width, height=height, rate=rate, sound=sound)
        except BaseException:
            self._partial.unlink(missing_ok=True)
            raise
        self._encoder = _EncodeThread(writer, width, height, figures)

    def present(self, canvas: moderngl.Framebuffer, frame_index: int, at_s: float) -> None:
        """Hand the canvas to the encoder. Waits while all buffers are with it.

        Raises ValueError where a frame index was left out (a film has every frame) or the canvas has another size.
        """
        if self._next_index not in (None, frame_index):
            raise ValueError(f"frame {frame_index} came where {self._next_index} was due")
        if canvas.size != self._size:
            raise ValueError(f"a canvas of {canvas.size} came for a film of {self._size}")
        before = time.perf_counter()
        buffer = self._encoder.take_buffer()
        taken = time.perf_counter()
        self._raise_failure()
        read_canvas(canvas, buffer)
        self._readback_ms.add((time.perf_counter() - taken) * 1e3)
        self._wait_ms.add((taken - before) * 1e3)
        self._encoder.put(buffer)
        self._presented += 1
        self._next_index = frame_index + 1

    def hear(self, samples: Samples32) -> None:
        """Hand over the sound that comes next, float32 (n, channels) of -1..1, not to be written to any more.

        A film without sound leaves it out. Best a frame's length before each frame, so that both grow in step.
        """
        self._encoder.put(_Sound(samples))

    def close(self) -> None:
        """Encode what is waiting, check the film by counting its frames, and give it its name."""
        if self._finished:
            return
        self._finished = True
        try:
            self._encoder.finish()
            self._raise_failure()
            self._check_count()
        except BaseException:
            self._throw_away()
            raise
        put_in_place(self._partial, self._path, overwrite=self._overwrite)

    def abort(self) -> None:
        if not self._finished:
            self._finished = True
            self._throw_away()

    def _throw_away(self) -> None:
        self._encoder.abandon()
        self._partial.unlink(missing_ok=True)

    def _raise_failure(self) -> None:
        failure = self._encoder.failure
        if failure is not None:
            raise OutputError(
                f"the encoder stopped ({failure})", subject=self._path, mend="Make room on the disk, or try --codec."
            ) from failure

    def _check_count(self) -> None:
        if not self._presented:
            raise OutputError("there was no frame to write", subject=self._path, mend="Widen --from and --to.")
        try:
            found = count_frames(self._partial)
        except (av.error.FFmpegError, OSError) as error:
            raise OutputError(f"cannot be read back ({error})", subject=self._path, mend="Try --codec ffv1.") from error
        if found != self._presented:
            raise OutputError(
                f"{found} frames came back of {self._presented} written", subject=self._path, mend="Render it again."
            )


def check_film(path: Path, *, codec: FilmCodec, width: int, height: int, overwrite: bool = False) -> None:
    """Refuse what cannot become a film, before any work: raises OutputError as VideoFile does. Any thread."""
    film = film_format(path, codec)
    if width % film.even[0] or height % film.even[1]:
        raise OutputError(
            f"{codec} cannot have {width}×{height}", subject=path, mend="Make the size even, or use ffv1."
        )
    check_output_path(path, overwrite=overwrite)


@dataclass(frozen=True, slots=True)
class _Sound:
    samples: Samples32


class _EncodeThread:
    """The thread that owns the film writer. Buffers go round: free → main thread → waiting → encoder → free.

    Whatever happens the thread keeps giving buffers back until it is told to end, so the main thread never
    waits for a dead encoder; it looks at `failure` instead.
    """

    def __init__(self, writer: FilmWriter, width: int, height: int, figures: Figures) -> None:
        self.failure: BaseException | None = None  # set once by the encode thread, read by the main thread
        self._abandoned = False  # set by the main thread
        self._writer = writer  # the encode thread's from its start to its end
        self._free: queue.SimpleQueue[Pixels] = queue.SimpleQueue()
        self._waiting: queue.SimpleQueue[Pixels | _Sound | None] = queue.SimpleQueue()  # None: no more will come
        for _ in range(_BUFFERS):
            self._free.put(np.empty((height, width, 4), np.uint8))
        self._convert_ms = figures.samples("convert_ms")
        self._encode_ms = figures.samples("encode_ms")
        self._encoded = figures.counter("frames_encoded")
        # A daemon, so that a main thread that dies without `abort` does not hang the process.
        self._thread = threading.Thread(target=self._run, name="encode", daemon=True)
        self._thread.start()

    def take_buffer(self) -> Pixels:
        """A buffer that nobody else holds; waits until there is one."""
        return self._free.get()

    def put(self, buffer: Pixels | _Sound) -> None:
        """Hand over a filled buffer, or sound."""
        self._waiting.put(buffer)

    def finish(self) -> None:
        """Encode what is waiting, end the film and the thread."""
        self._waiting.put(None)
        self._thread.join()

    def abandon(self) -> None:
        """End the thread without encoding what is waiting. Harmless after `finish`."""
        self._abandoned = True
        self.finish()

    def _run(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            if isinstance(waiting, _Sound):
                self._unless_lost(partial(self._writer.hear, waiting.samples))
            else:
                self._unless_lost(partial(self._encode, waiting))
                self._free.put(waiting)
        self._unless_lost(self._writer.finish)
        self._writer.discard()

    def _unless_lost(self, step: Callable[[], None]) -> None:
        if self.failure is None and not self._abandoned:
            try:
                step()
            except Exception as error:  # whatever it was: the main thread raises it
                self.failure = error

    def _encode(self, buffer: Pixels) -> None:
        started = time.perf_counter()
        frame = self._writer.convert(buffer)
        converted = time.perf_counter()
        self._writer.write(frame)
        self._convert_ms.add((converted - started) * 1e3)
        self._encode_ms.add((time.perf_counter() - converted) * 1e3)
        self._encoded.add()
