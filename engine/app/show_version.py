"""Another version of a show that plays: read, checked and tried beside the loop, so that it can be taken over whole."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from pydantic import BaseModel

from engine.app.load import load_world
from engine.core.movements import entered
from engine.core.planner import plan
from engine.core.step import begun
from engine.errors import DeviceError, RuntimeShowError
from engine.formats.isf import Isf, vertex_files
from engine.formats.passed_shaders import PassedShaders, digest_of, passed_file
from engine.formats.shader_files import SHADERS_FOLDER, parts_of, read_shader, shader_files
from engine.formats.show_edit import digest
from engine.formats.show_parse import parse_show
from engine.formats.take_prints import show_print
from engine.gl.shader_trial import trial
from engine.gl.still_pictures import Pixels, read_picture
from engine.model.clips import Clip
from engine.model.looks import PictureFrom
from engine.model.show import Show
from engine.model.world import LoadedShow, World

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

# When a file was written last (ns) and its size in bytes; None where it is not there.
Stamp: TypeAlias = tuple[int, int] | None


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """What shaders and pictures of a version hold, to tell it from another. `parts`: the files that shaders consist
    of."""

    shaders: Mapping[str, str]  # digests by name
    parts: frozenset[Path]
    pictures: Mapping[Path, Stamp]


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


class Versions:
    """Reads versions of one show, each against the one that plays. One thread."""

    def __init__(self, world: World) -> None:
        """`world` plays, as its files stand now."""
        self._world = world
        self._contents = _contents(world.loaded, _sources(world.loaded))
        self._own = _own_clips(world.loaded)  # of all versions that have played, by slug
        self._parsed: tuple[Stamp, frozenset[Path]] = None, frozenset()
        self._told = False

    def read(self) -> Version:
        """The version that stands in the files now. Raises RuntimeShowError with all that is wrong with it."""
        file = self._world.loaded.file
        try:
            written = digest(file.read_bytes())
        except OSError as error:
            raise RuntimeShowError(f"cannot be read ({error.strerror})", subject=file, mend="Put it back.") from error
        world = load_world(file, before=self._world)
        self._check_devices(world)
        sources = _sources(world.loaded)
        contents = _contents(world.loaded, sources)
        known = self._contents
        new = {name: isf for name, isf in sources.items() if known.shaders.get(name) != contents.shaders[name]}
        self._try(new, contents)
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

    def taken(self, version: Version) -> None:
        """`version` plays from here on; the one before is let go of."""
        self._world, self._contents = version.world, version.contents
        self._own |= _own_clips(version.world.loaded)
        _forget_worlds()

    def files(self, *, wide: bool) -> set[Path]:
        """All files that the version that plays consists of; `wide` adds what a version that cannot be played may hang
        on: what its file names, and every shader beside it."""
        loaded = self._world.loaded
        found = {loaded.file, *_named(loaded.show, loaded.file.parent), *self._contents.parts}
        if wide:
            found |= set(shader_files(loaded.file.parent / SHADERS_FOLDER))
            found |= self._written()
        return found

    def _written(self) -> frozenset[Path]:
        """The files that the show names as it is written now; it is parsed again when it was written again only."""
        file = self._world.loaded.file
        stamp = stamp_of(file)
        if self._parsed[0] != stamp:
            self._parsed = stamp, _named_in(file)
        return self._parsed[1]

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

    def _try(self, sources: Mapping[str, Isf], contents: Contents) -> None:
        """Try shaders in a process of their own. Raises RuntimeShowError with what is wrong with any of them."""
        if not sources:
            return
        try:
            results = trial([Path(isf.file) for isf in sources.values()], passed=PassedShaders(passed_file()))
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
        for name, isf in sources.items():
            if _print_of(read_shader(Path(isf.file))) != contents.shaders[name]:
                raise RuntimeShowError("was written again while it was tried", subject=isf.file)


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


def stamp_of(file: Path) -> Stamp:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _sources(loaded: LoadedShow) -> dict[str, Isf]:
    """The shaders of a show as their files stand now. Raises ShaderError."""
    return {name: read_shader(shader.file) for name, shader in loaded.shaders.items()}


def _contents(loaded: LoadedShow, sources: Mapping[str, Isf]) -> Contents:
    parts = [part for isf in sources.values() for part in parts_of(isf)]
    vertex = [one for isf in sources.values() for one in vertex_files(Path(isf.file))]  # there may be one from now on
    folder = loaded.file.parent
    pictures = {folder / one.file for one in _pictures(loaded.show) if one.file is not None}
    return Contents(
        {name: _print_of(isf) for name, isf in sources.items()},
        frozenset([*parts, *vertex]),
        {one: stamp_of(one) for one in pictures},
    )


def _print_of(isf: Isf) -> str:
    try:
        return digest_of(parts_of(isf))
    except OSError as error:
        raise RuntimeShowError(f"cannot be read ({error.strerror})", subject=isf.file, mend="Put it back.") from error


def _named(show: Show, folder: Path) -> Iterator[Path]:
    """The schedules and pictures that a show names."""
    for movement in show.movements:
        if movement.schedule is not None:
            yield folder / movement.schedule
    for one in _pictures(show):
        if one.file is not None:
            yield folder / one.file


def _named_in(file: Path) -> frozenset[Path]:
    """The same of a show's file that may be wrong, as far as it can be read."""
    try:
        parsed = parse_show(file.read_text("utf-8-sig"), str(file))
    except (OSError, UnicodeDecodeError):
        return frozenset()
    return frozenset() if parsed.show is None else frozenset(_named(parsed.show, file.parent))


def _pictures(value: object) -> Iterator[PictureFrom]:
    """Every picture that any part of a show reads."""
    if isinstance(value, PictureFrom):
        yield value
        return
    parts: Iterable[object] = ()
    if isinstance(value, BaseModel):
        parts = (getattr(value, name) for name in type(value).model_fields)
    elif isinstance(value, Mapping):
        parts = value.values()
    elif isinstance(value, tuple):
        parts = value
    for part in parts:
        yield from _pictures(part)


def _own_clips(loaded: LoadedShow) -> dict[str, Clip]:
    """The layers' own sources, by slug."""
    return {slug: clip for slug, clip in loaded.clips.items() if slug not in loaded.library}


def _check_plans(world: World) -> None:
    """Plan a frame of each movement: a mistake of ours comes out here, and what is worked out once is there by then."""
    for index in range(len(world.loaded.movements)):
        plan(world, entered(world, begun(world), index, 0.0), 0.0)
