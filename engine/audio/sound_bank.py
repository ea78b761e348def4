"""Decoded sound in pages, read ahead on a thread of its own: the mixer takes what is there and waits for no disk."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from engine.core.figures import Figures
from engine.errors import RuntimeShowError
from engine.formats.sound import SoundReader

_log = logging.getLogger(__name__)

Samples32 = npt.NDArray[np.float32]
PageKey: TypeAlias = tuple[str, int]  # the sound's name, and the page's number

PAGE = 32_768  # frames: 0.7 s and 256 KiB
_MOST_PAGES = 256
_MOST_OPEN = 8  # files


class Place(Protocol):
    """Where a sound is: from `in_s` seconds of `file` on."""

    @property
    def file(self) -> Path: ...
    @property
    def in_s(self) -> float: ...


@dataclass(slots=True)
class _OpenSound:
    """A file that is being read, the frame that its next block begins with, and what is left of the last block."""

    reader: SoundReader
    in_s: float
    next_frame: int = 0
    rest: Samples32 | None = None


class SoundBank:
    """The sounds of a show, float32 (2, n) at `rate_hz`, by name and by frame counted from each sound's beginning.

    On stage (`ahead`) a thread decodes the pages that were last wanted, most urgent first; 64 MiB of those that were
    used last stay. Off stage a page is decoded as it is read. A sound that cannot be had at all, or breaks off, is
    silent from there; the log says so once. `read`, `want` and `wait_for` are for one thread, the mixing one.
    Counter: `track_read_errors`.
    """

    def __init__(
        self, place_of: Callable[[str], Place], rate_hz: int, figures: Figures, *, ahead: bool = False
    ) -> None:
        self.rate_hz = rate_hz
        self._place_of = place_of
        self._read_errors = figures.counter("track_read_errors")  # reading thread
        self._pages: OrderedDict[PageKey, Samples32] = OrderedDict()  # under the lock
        self._ends: dict[str, int] = {}  # the first page that is silent for good; reading thread writes
        self._open: OrderedDict[str, _OpenSound] = OrderedDict()  # reading thread
        self._lock = threading.Condition()
        self._wanted: Sequence[PageKey] = ()  # under the lock
        self._closing = False  # under the lock
        self._thread: threading.Thread | None = None
        if ahead:
            self._thread = threading.Thread(target=self._read_ahead, name="sound-reader", daemon=True)
            self._thread.start()

    def read(self, key: str, start: int, frames: int) -> Samples32 | None:
        """Frames [start, start + frames) of a sound, not to be written to; None where they are not decoded yet.

        Before its beginning and after its end a sound is silent.
        """
        pages = range(start // PAGE, (start + frames - 1) // PAGE + 1)
        parts = []
        for index in pages:
            page = self._page(key, index)
            if page is None:
                return None
            parts.append(page[:, max(start - index * PAGE, 0) : start + frames - index * PAGE])
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def has(self, pages: Iterable[PageKey]) -> bool:
        """Whether these are decoded, or silent for good."""
        with self._lock:
            return not any(map(self._lacks, pages))

    def want(self, pages: Iterable[PageKey]) -> None:
        """Decode these next, in this order; what was wanted before and is not among them is forgotten."""
        wanted = tuple(pages)
        with self._lock:
            self._wanted = wanted
            if any(self._lacks(page) for page in wanted):
                self._lock.notify_all()

    def wait_for(self, pages: Iterable[PageKey], timeout_s: float) -> bool:
        """Wait until these are there; whether they are."""
        wanted = tuple(pages)
        self.want(wanted)
        with self._lock:
            return self._lock.wait_for(lambda: not any(map(self._lacks, wanted)) or self._closing, timeout_s)

    def close(self) -> None:
        """End the thread and close the files. Safe to call twice."""
        with self._lock:
            self._closing = True
            self._lock.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None
        while self._open:
            self._open.popitem()[1].reader.close()

    def _page(self, key: str, index: int) -> Samples32 | None:
        with self._lock:
            page = self._held(key, index)
        if page is None and self._thread is None and not self._closing:
            self._decode(key, index)
            with self._lock:
                page = self._held(key, index)
        return page

    def _held(self, key: str, index: int) -> Samples32 | None:
        if index < 0 or index >= self._ends.get(key, index + 1):
            return _SILENCE
        page = self._pages.get((key, index))
        if page is not None:
            self._pages.move_to_end((key, index))
        return page

    def _lacks(self, page: PageKey) -> bool:
        key, index = page
        return page not in self._pages and 0 <= index < self._ends.get(key, index + 1)

    # The reading thread.

    def _read_ahead(self) -> None:
        while (page := self._next()) is not None:
            self._decode(*page)

    def _next(self) -> PageKey | None:
        with self._lock:
            while not self._closing:
                found = next(filter(self._lacks, self._wanted), None)
                if found is not None:
                    return found
                self._lock.wait()
        return None

    def _decode(self, key: str, index: int) -> None:
        """Put a page into the store, or note that the sound is silent from there on."""
        page, over = np.zeros((2, PAGE), np.float32), True
        try:
            over = self._fill(key, index, page)
        except RuntimeShowError as error:
            self._break_off(key, error)
        except Exception as error:
            _log.exception("%s does not decode, in a way that nobody foresaw", key)
            self._break_off(key, error)
        np.nan_to_num(page, copy=False, nan=0.0, posinf=0.0, neginf=0.0)  # files of floats may hold anything
        page.flags.writeable = False
        with self._lock:
            self._pages[key, index] = page
            while len(self._pages) > _MOST_PAGES:
                self._pages.popitem(last=False)
            if over:
                self._ends[key] = index + 1
            self._lock.notify_all()

    def _break_off(self, key: str, error: Exception) -> None:
        self._read_errors.add()
        _log.warning("silent: %s", error)
        if (broken := self._open.pop(key, None)) is not None:
            broken.reader.close()

    def _fill(self, key: str, index: int, page: Samples32) -> bool:
        """Decode a page; whether the sound is over with it."""
        sound = self._opened(key)
        if sound.next_frame != index * PAGE:
            sound.reader.seek(sound.in_s + index * PAGE / self.rate_hz)
            sound.next_frame, sound.rest = index * PAGE, None
        filled = 0
        while filled < PAGE:
            block = sound.reader.read() if sound.rest is None else sound.rest
            sound.rest = None
            if block is None:
                return True
            taken = block[: PAGE - filled]
            page[:, filled : filled + len(taken)] = taken.T  # one channel is spread over both
            filled += len(taken)
            sound.next_frame += len(taken)
            sound.rest = block[len(taken) :] if len(taken) < len(block) else None
        return False

    def _opened(self, key: str) -> _OpenSound:
        if key not in self._open:
            place = self._place_of(key)
            sound = _OpenSound(SoundReader(place.file, self.rate_hz), place.in_s)
            self._open[key] = sound
            if place.in_s > 0:
                sound.next_frame = -1  # wherever its first page lies, it is not where the reader stands
            if len(self._open) > _MOST_OPEN:
                self._open.popitem(last=False)[1].reader.close()
        self._open.move_to_end(key)
        return self._open[key]


_SILENCE = np.zeros((2, PAGE), np.float32)
_SILENCE.flags.writeable = False
