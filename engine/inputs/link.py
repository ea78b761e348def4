"""Ableton Link: tempo and beat shared with other programs on the network, by the optional package aalink."""

from __future__ import annotations

import asyncio
import importlib
import logging
import threading
import time
from typing import Any

from engine.errors import DeviceError
from engine.model.clock import BeatReading

_log = logging.getLogger(__name__)

_LOOK_EACH_S = 0.05  # Link's tempo is a line, so that looking more often would bring nothing but news sooner
_USUAL_BPM = 120.0
_START_TIMEOUT_S = 5.0


class LinkInput:
    """Takes part in a Link session from its construction until `close`, and follows it while there are others in it.

    Link speaks to the whole local network by multicast. Its session never hears a tempo from us: we only follow. aalink
    needs an asyncio loop, which runs in the thread "link". Raises DeviceError without the package, or where Link does
    not start.
    """

    def __init__(self, bpm: float | None, beats_a_bar: int) -> None:
        """`beats_a_bar` is the quantum: bars of all who take part begin together where theirs is the same."""
        try:
            self._aalink = importlib.import_module("aalink")
        except ImportError as error:
            raise DeviceError(
                "the package aalink is not installed",
                subject="Ableton Link",
                mend="Install it: pip install 'runtime-engine[link]'; or take link out of clocks: order.",
            ) from error
        self._bpm = bpm or _USUAL_BPM
        self._beats_a_bar = beats_a_bar
        self._closing = threading.Event()
        self._looked = threading.Event()
        self._latest: BeatReading | None = None  # link thread
        self._error: Exception | None = None  # link thread
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)
        self._thread.start()
        if not self._looked.wait(_START_TIMEOUT_S) or self._error is not None:
            self.close()
            raise DeviceError(
                f"does not start ({self._error or 'no answer'})",
                subject="Ableton Link",
                mend="Link needs a network interface that is up; or take link out of clocks: order.",
            )

    def beats(self, now_s: float) -> BeatReading | None:
        """Tempo and beat at the monotonic instant `now_s`; None while nobody else is in the session. Any thread."""
        latest = self._latest
        if latest is None or latest.beat is None:
            return None
        return BeatReading(now_s, latest.bpm, latest.beat + (now_s - latest.monotonic_s) * latest.bpm / 60)

    def close(self) -> None:
        """Leave the session. Safe to call twice."""
        self._closing.set()
        self._thread.join(timeout=5)
        self._latest = None

    def _run(self) -> None:
        try:
            asyncio.run(self._follow())
        except Exception as error:
            self._error = error
            self._latest = None
            if self._looked.is_set():
                _log.exception("Ableton Link broke off; start the show again to take part anew")
            self._looked.set()

    async def _follow(self) -> None:
        link = self._aalink.Link(self._bpm)
        link.quantum = self._beats_a_bar
        link.enabled = True
        try:
            while not self._closing.is_set():
                self._latest = self._look(link)
                self._looked.set()
                await asyncio.sleep(_LOOK_EACH_S)
        finally:
            link.enabled = False

    def _look(self, link: Any) -> BeatReading | None:
        if not link.num_peers:
            return None
        before_s = time.monotonic()
        beat, bpm = float(link.beat), float(link.tempo)
        at_s = (before_s + time.monotonic()) / 2
        return BeatReading(at_s, bpm, beat if beat >= 0 else beat % self._beats_a_bar)
