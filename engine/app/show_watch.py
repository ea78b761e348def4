"""Watches the files of a show while it plays, and makes other versions of it ready beside the loop."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from engine.app.show_version import Stamp, Version, Versions, stamp_of
from engine.errors import RuntimeShowError
from engine.model.world import World

log = logging.getLogger(__name__)

LOOK_EACH_S = 0.2


class ShowWatch:
    """Looks five times a second for files of the show that were written, from its construction until `close`.

    Once they have stood as they are from one look to the next, the show is read anew on the thread "show-watch", and
    new shaders are tried in a process of their own. What can be taken over stands in `offered` until `settle` is
    called. What cannot is logged, with all that is wrong with it, and `line` and `problem` tell the operator until a
    version is good.
    """

    def __init__(self, world: World) -> None:
        self.offered: Version | None = None  # put by the thread, taken by the main one
        self.line = ""  # replaced whole; any thread reads it
        self.problem = ""  # all that is wrong, a line each; likewise
        self._world = world
        self._settled: bool | None = None  # put by the main thread, taken by the other
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="show-watch", daemon=True)
        self._thread.start()

    def settle(self, why_not: str = "") -> None:
        """The version offered plays; or it does not, and `why_not` says so. Main thread."""
        if why_not:
            self._refuse(why_not)
        self._settled = not why_not
        self.offered = None

    def close(self) -> None:
        """Stop looking. What is being tried just then is left to itself, and ends by itself."""
        self._over.set()
        self._thread.join(timeout=1)

    def _run(self) -> None:
        try:
            versions = Versions(self._world)
            self._watch(versions)
        except Exception:
            log.exception("the show's files are no longer watched: a mistake of ours; it plays on as it is")
            self.line = self.problem = "the show's files are no longer watched: see the log"

    def _watch(self, versions: Versions) -> None:
        is_wide = False
        known = before = _stamped(versions.files(wide=is_wide))
        while not self._over.wait(LOOK_EACH_S):
            stamps = _stamped(versions.files(wide=is_wide))
            if stamps != before or stamps == known:
                before = stamps
                continue
            changed = [file for file, stamp in stamps.items() if known.get(file) != stamp]
            is_taken = self._try(versions, changed)
            is_wide = not is_taken
            # What counts is how files stood before they were read; what is watched may be more than before.
            known = before = _stamped(versions.files(wide=is_wide)) | stamps

    def _try(self, versions: Versions, changed: list[Path]) -> bool:
        """Whether what stands in the files now came to be played."""
        names = ", ".join(sorted(file.name for file in changed))
        try:
            version = versions.read()
        except RuntimeShowError as error:
            self._refuse(str(error))
            return False
        self._settled = None
        self.offered = version
        while self.offered is not None:
            if self._over.wait(LOOK_EACH_S):
                return False
        if not self._settled:
            return False
        versions.taken(version)
        log.info("taken over: %s", names)
        self.line, self.problem = f"taken over: {names}", ""
        return True

    def _refuse(self, why: str) -> None:
        log.warning("not taken over; what played before plays on.\n%s", why)
        self.line, self.problem = f"NOT TAKEN OVER: {why.splitlines()[0]}", why


def _stamped(files: set[Path]) -> dict[Path, Stamp]:
    return {file: stamp_of(file) for file in files}
