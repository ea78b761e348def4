"""Watches the files of a show while it plays, and makes other versions of it ready beside the loop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from enum import Enum
from pathlib import Path

from engine.app.messages import TOLD_ELSEWHERE
from engine.app.show_version import Version, Versions, WrittenAgainError
from engine.errors import RuntimeShowError
from engine.formats.show_reads import stamp_of
from engine.model.world import FileStamp, World

log = logging.getLogger(__name__)

LOOK_EACH_S = 0.2


class Settled(Enum):
    """What became of a version that was offered."""

    TAKEN = "it plays"
    REFUSED = "it cannot be drawn here"
    PUT_OFF = "another one is to be read when versions are wanted again"


class ShowWatch:
    """Looks five times a second for files of the show that were written since it was read, until `close`.

    Once they have stood as they are from one look to the next, the show is read anew on the thread "show-watch", and
    new shaders are tried in a process of their own. What can be taken over stands in `offered` until `settle` is
    called. What cannot is logged, with all that is wrong with it, and `line` and `problem` tell the operator until a
    version is good. While it is `held`, nothing is read, and what was written waits.
    """

    def __init__(self, world: World) -> None:
        self.offered: Version | None = None  # put by the thread, taken by the main one
        self.held = False  # put by the main thread
        self.line = ""  # replaced whole; any thread reads it
        self.problem = ""  # all that is wrong, a line each; likewise
        self._world = world
        self._settled = Settled.PUT_OFF  # put by the main thread, taken by the other
        self._waiting: frozenset[Path] = frozenset()  # files that were written while held, and told of
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="show-watch", daemon=True)
        self._thread.start()

    def settle(self, what: Settled, why_not: str = "") -> None:
        """What became of the version that was offered; `why_not` it is refused. Main thread."""
        if what is Settled.REFUSED:
            self._refuse(why_not)
        self._settled = what
        self.offered = None

    def close(self) -> None:
        """Stop looking. What is being tried just then is given up."""
        self._over.set()
        self._thread.join(timeout=1)

    def _run(self) -> None:
        try:
            self._watch(Versions(self._world, is_over=self._over.is_set))
        except Exception:
            log.exception("the show's files are no longer watched: a mistake of ours; it plays on as it is")
            self.line = self.problem = "the show's files are no longer watched: see the log"

    def _watch(self, versions: Versions) -> None:
        known, before = versions.reads, None
        while not self._over.wait(LOOK_EACH_S):
            stamps = _stamped(versions.files())
            if stamps != before:
                before = stamps
                continue
            changed = [file for file, stamp in stamps.items() if known.get(file) != stamp]
            if changed and self.held:
                self._tell_waiting(changed)
            elif changed and self._try(versions, changed):
                # What counts is how files stood before they were read; what is watched may be more than before.
                known = {**_stamped(versions.files()), **stamps, **versions.reads}

    def _try(self, versions: Versions, changed: list[Path]) -> bool:
        """Deal with what stands in the files now; false where there is more to come."""
        self._waiting = frozenset()
        try:
            version = versions.read()
        except WrittenAgainError:
            return False
        except RuntimeShowError as error:
            self._refuse(str(error))
            return True
        except Exception:
            log.exception("a change of the show cannot be read: a mistake of ours; what played before plays on")
            self.line = self.problem = "NOT TAKEN OVER: a mistake of ours; see the log"
            return True
        self.offered = version
        while self.offered is not None:
            if self._over.wait(LOOK_EACH_S):
                return False
        if self._settled is Settled.TAKEN:
            versions.taken(version)
            log.info("taken over: %s", _names(changed))
            self.line, self.problem = f"taken over: {_names(changed)} at {time.strftime('%H:%M:%S')}", ""
        return self._settled is not Settled.PUT_OFF

    def _tell_waiting(self, changed: list[Path]) -> None:
        waiting = frozenset(changed)
        if waiting != self._waiting:
            self._waiting = waiting
            self.line, self.problem = f"waits for /lock 0: {_names(changed)}", ""
            log.warning("%s: written while /lock is 1; taken over once it is 0", _names(changed), extra=TOLD_ELSEWHERE)

    def _refuse(self, why: str) -> None:
        log.warning("not taken over; what played before plays on.\n%s", why, extra=TOLD_ELSEWHERE)
        self.line, self.problem = f"NOT TAKEN OVER: {why.splitlines()[0]}", why


def _stamped(files: Iterable[Path]) -> dict[Path, FileStamp]:
    return {file: stamp_of(file) for file in files}


def _names(files: Iterable[Path]) -> str:
    return ", ".join(sorted(file.name for file in files))
