"""Hot reload: another version of the show taken over between two frames, while it plays."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from engine.app.live_inputs import LiveInputs
from engine.app.player import Player
from engine.app.show_version import Version
from engine.app.show_watch import Settled, ShowWatch
from engine.core.binding_target import target_path
from engine.core.bindings import pads_of
from engine.core.prefetch import Prefetch
from engine.errors import RuntimeShowError
from engine.gl.compositor import Compositor
from engine.media.frame_store import FrameStore
from engine.model.controls import Binding
from engine.model.world import World

log = logging.getLogger(__name__)


class Watch(Protocol):
    """Whoever makes versions ready (engine.app.show_watch)."""

    held: bool

    @property
    def offered(self) -> Version | None: ...

    @property
    def line(self) -> str: ...

    @property
    def problem(self) -> str: ...

    def settle(self, what: Settled, why_not: str = "") -> None: ...

    def close(self) -> None: ...


class Reload:
    """Takes over what the watch offers; called once before each tick. Main thread.

    What is to be compiled and uploaded is done first, a thing a tick; then all changes over at one tick. Where
    something cannot be compiled here, nothing changes. Nor does anything while the show is locked (`/lock`): then all
    that is written waits.
    """

    def __init__(
        self,
        player: Player,
        inputs: LiveInputs,
        store: FrameStore,
        compositor: Compositor,
        bindings_of: Callable[[World], list[Binding]],
        *,
        watch: Watch | None = None,
        take: Path | None = None,
    ) -> None:
        """`bindings_of` gives the bindings of a version, those of free keys with them; `take` is being
        recorded. `watch` is for tests."""
        self._player = player
        self._inputs = inputs
        self._store = store
        self._compositor = compositor
        self._bindings_of = bindings_of
        self._take = take
        self._watch = watch or ShowWatch(player.world)
        self._staging: Iterator[object] | None = None

    @property
    def line(self) -> str:
        """For the operator: what became of the latest change. Any thread."""
        return self._watch.line

    @property
    def problem(self) -> str:
        """For the operator: all that is wrong with the latest change, a line each; "" once one is good. Any thread."""
        return self._watch.problem

    def __call__(self) -> None:
        self._watch.held = self._player.history.head.locked
        version = self._watch.offered
        if version is None:
            return
        if self._watch.held:
            self._leave(Settled.PUT_OFF)
            return
        if self._staging is None:
            self._staging = self._compositor.stage(version.world.loaded, version.sources, version.pictures)
        try:
            is_there = next(self._staging, self) is self
        except RuntimeShowError as error:
            self._leave(Settled.REFUSED, str(error))
        except Exception:  # a driver without memory, say: nothing has changed yet
            log.exception("a change of the show cannot be made ready: a mistake of ours")
            self._leave(Settled.REFUSED, "a mistake of ours: see the log")
        else:
            if is_there:
                self._adopt(version)
                self._staging = None
                self._watch.settle(Settled.TAKEN)

    def close(self) -> None:
        """Stop watching. Safe to call twice."""
        self._watch.close()

    def _leave(self, what: Settled, why_not: str = "") -> None:
        """Go on without the version that is offered."""
        self._staging = None
        self._compositor.unstage()
        self._watch.settle(what, why_not)

    def _adopt(self, version: Version) -> None:
        world = version.world
        learn = self._inputs.learn
        bindings = self._bindings_of(world)
        for one in () if learn is None else learn.not_written:
            if one not in bindings and world.tree.find(target_path(one)) is not None:
                bindings.append(one)
        self._compositor.prepare_show(world.loaded)
        self._store.adopt(world.loaded.clips)
        self._player.adopt(world, bindings, Prefetch(world, pads_of(world.loaded.bindings, world.tree)))
        self._inputs.adopt(world, bindings)
        if learn is not None:
            learn.adopt(world, version.digest)
        if self._take is not None and not version.plays_the_same:
            log.warning("%s: the show was changed; the take belongs to the show as it was at its beginning", self._take)
            self._take = None
