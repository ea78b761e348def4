"""Another version of a show that plays: read, checked and tried beside the loop, so that it can be taken over whole."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from engine.app.load import load_world
from engine.core.movements import entered
from engine.core.planner import plan
from engine.core.step import begun
from engine.errors import DeviceError, RuntimeShowError
from engine.formats.isf import Isf
from engine.formats.passed_shaders import PassedShaders, digest_of, passed_file
from engine.formats.shader_files import SHADERS_FOLDER, parts_of, read_shader, shader_files
from engine.formats.show_edit import digest
from engine.formats.show_reads import named_pictures, note, stamp_of
from engine.formats.take_prints import show_print
from engine.gl.shader_trial import trial
from engine.gl.still_pictures import Pixels, read_picture
from engine.model.clips import Clip
from engine.model.world import FileStamp, LoadedShow, World

log = logging.getLogger(__name__)

# What needs devices, the library or the music anew.
_FROM_THE_START = (
    "version",
    "canvas",
    "library",
    "track",
    "sound",
    "onsets",
    "detectors",
    "levels",
    "clocks",
    "inputs",
    "outputs",
    "cache_mb",
)


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """What shaders and pictures of a version hold, to tell it from another."""

    shaders: Mapping[str, str]  # digests by name, of those that are known
    pictures: Mapping[Path, FileStamp]


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """A version that can be taken over. `digest` is that of its show's file.

    `sources` are the shaders that are new or have changed, by name; `pictures` such stills and tables of colours, by
    path. `plays_the_same`: a take of the version before is one of this, too.
    """

    world: World
    digest: str
    sources: Mapping[str, Isf]
    pictures: Mapping[str, Pixels]
    contents: Contents
    plays_the_same: bool = False


class WrittenAgainError(Exception):
    """A file of the show was written while a version was read, so that another one is about to stand there; or the show
    is over."""


class Versions:
    """Reads versions of one show, each against the one that plays. One thread."""

    def __init__(self, world: World, *, is_over: Callable[[], bool] = lambda: False) -> None:
        """`world` plays; what was written since it was read makes a version of its own. Nothing goes on being tried
        once `is_over`; any thread calls that."""
        self.reads: dict[Path, FileStamp] = dict(world.loaded.files)
        """What the newest reading looked at, and how that stood just before: all of it, where it could be played."""
        self._world = world
        self._contents = _known_contents(world.loaded)
        self._own = _own_clips(world.loaded)  # of all versions that have played, by slug
        self._plays = True  # whether what was read last does
        self._stale = False  # what is being read
        self._told = False
        self._is_over = is_over

    def read(self) -> Version:
        """The version that stands in the files now.

        Raises RuntimeShowError with all that is wrong with it, WrittenAgainError where they were written meanwhile.
        """
        self.reads, self._plays, self._stale = {}, False, False
        try:
            version = self._read()
        finally:
            if self._is_stale():
                raise WrittenAgainError
        return version

    def taken(self, version: Version) -> None:
        """`version` plays from here on; the one before is let go of."""
        self._world, self._contents, self._plays = version.world, version.contents, True
        self._own |= _own_clips(version.world.loaded)
        _forget_worlds()

    def files(self) -> set[Path]:
        """All files that another version may hang on: those of what plays, and of what was read last; shaders that may
        stand in for one that is called; where what was read last cannot be played, every shader of the show's own."""
        loaded = self._world.loaded
        own = shader_files(loaded.file.parent / SHADERS_FOLDER)
        called = (file for file in own if not self._plays or file.stem in loaded.shaders)
        return {loaded.file, *loaded.files, *self.reads, *called}

    def _is_stale(self) -> bool:
        """Whether there is no use for what is being read. Once there is none, that stays so. Any thread."""
        self._stale = (
            self._stale or self._is_over() or any(stamp_of(file) != stamp for file, stamp in self.reads.items())
        )
        return self._stale

    def _read(self) -> Version:
        file = self._world.loaded.file
        note(self.reads, [file])
        try:
            written = digest(file.read_bytes())
        except OSError as error:
            raise RuntimeShowError(f"cannot be read ({error.strerror})", subject=file, mend="Put it back.") from error
        world = load_world(file, before=self._world, reads=self.reads)
        self._check_devices(world)
        sources = {name: read_shader(shader.file) for name, shader in world.loaded.shaders.items()}
        contents = _contents(world.loaded, sources)
        known = self._contents
        new = {name: isf for name, isf in sources.items() if known.shaders.get(name) != contents.shaders[name]}
        self._try(new)
        pictures = {
            str(one): read_picture(one)
            for one, stamp in contents.pictures.items()
            if one not in known.pictures or known.pictures[one] != stamp
        }
        barred = frozenset(name for name in self._world.loaded.barred if name in sources and name not in new)
        world = replace(world, loaded=replace(world.loaded, barred=barred))
        _check_plans(world)
        plays_the_same = show_print(world.loaded) == show_print(self._world.loaded) and not (new or pictures)
        return Version(world, written, new, pictures, contents, plays_the_same)

    def _check_devices(self, world: World) -> None:
        """Raises RuntimeShowError where the version wants other than what was opened once, at the start."""
        old, new = self._world.loaded, world.loaded
        keys = [key for key in _FROM_THE_START if getattr(old.show, key) != getattr(new.show, key)]
        before, after = ([one.own_track for one in show.movements if one.own_track] for show in (old.show, new.show))
        if before != after:
            keys.append("own_track")
        if old.show.tempo != new.show.tempo and {"midi", "link"}.intersection(new.show.clocks.order):
            keys.append("tempo")
        own = _own_clips(new)
        if any(self._own.get(slug, clip) != clip for slug, clip in own.items()):
            keys.append("source")
        if keys:
            raise RuntimeShowError(
                f"{', '.join(keys)}: another value is taken over by a new start only",
                subject=new.file,
                mend="Play the show anew; or put back what it was, and the rest is taken over.",
            )

    def _try(self, sources: Mapping[str, Isf]) -> None:
        """Try shaders in a process of their own. Raises RuntimeShowError with what is wrong with any of them."""
        if not sources:
            return
        try:
            files = [Path(isf.file) for isf in sources.values()]
            results = trial(files, passed=PassedShaders(passed_file()), give_up=self._is_stale)
        except DeviceError as error:
            if not self._told:
                self._told = True
                log.warning("%s New shaders are taken over without a trial.", error)
            return
        wrong = [str(result.error) for result in results if result.error is not None]
        if wrong:
            raise RuntimeShowError("\n".join(wrong))
        for result in results:
            for remark in result.remarks:
                log.warning("%s: %s", result.file, remark)


def _forget_worlds() -> None:
    """Let go of worlds that nothing plays: what the core has worked out for them, and what read them.

    On stage the collector is set aside, and readers hold on to themselves. What lives on is set aside again, so that
    this takes a millisecond.
    """
    for name, module in list(sys.modules.items()):
        if name.startswith("engine.core."):
            for kept in vars(module).values():
                if hasattr(kept, "cache_clear"):
                    kept.cache_clear()
    if not gc.isenabled():
        gc.collect()
        gc.freeze()


def _contents(loaded: LoadedShow, sources: Mapping[str, Isf]) -> Contents:
    pictures = named_pictures(loaded.show, loaded.file.parent)
    return Contents(
        {name: _print_of(isf) for name, isf in sources.items()}, {one: loaded.files[one] for one in pictures}
    )


def _known_contents(loaded: LoadedShow) -> Contents:
    """The contents of a show that was read a while ago. A shader of which anything was written since is not known."""
    shaders = {}
    for name, shader in loaded.shaders.items():
        try:
            isf = read_shader(shader.file)
            told = _print_of(isf)
        except RuntimeShowError:  # it is read again, and told of then
            continue
        if all(loaded.files.get(one) == stamp_of(one) for one in parts_of(isf)):
            shaders[name] = told
    return replace(_contents(loaded, {}), shaders=shaders)


def _print_of(isf: Isf) -> str:
    try:
        return digest_of(parts_of(isf))
    except OSError as error:
        raise RuntimeShowError(f"cannot be read ({error.strerror})", subject=isf.file, mend="Put it back.") from error


def _own_clips(loaded: LoadedShow) -> dict[str, Clip]:
    """The layers' own sources, by slug."""
    return {slug: clip for slug, clip in loaded.clips.items() if slug not in loaded.library}


def _check_plans(world: World) -> None:
    """Plan a frame of each movement: a mistake of ours comes out here, and what is worked out once is there by then."""
    for index in range(len(world.loaded.movements)):
        plan(world, entered(world, begun(world), index, 0.0), 0.0)
