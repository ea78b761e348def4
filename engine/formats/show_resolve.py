"""A parsed show against what surrounds it: clips, sources, schedules, shaders, paths. Every mistake is collected."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import Problem
from engine.formats.layer_override import merged, settings
from engine.formats.movement_csv import read_movement_csv
from engine.formats.nearest import did_you_mean
from engine.formats.show_bindings import BindingCheck
from engine.formats.show_clips import ShowClips
from engine.formats.show_clocks import check_clocks
from engine.formats.show_controllers import look_up
from engine.formats.show_files import inside, located, why_not_there
from engine.formats.show_names import NamesCheck
from engine.formats.show_parse import ParsedShow
from engine.formats.show_paths import ShowPaths
from engine.formats.show_sound import SoundCheck
from engine.formats.yaml_lines import Place
from engine.model.clips import Clip
from engine.model.controllers import Profile
from engine.model.schedule import Schedule
from engine.model.show import SHORTEST_MOVEMENT_S, Layer, LayerOverride, Movement, Show
from engine.model.sound import Track
from engine.model.world import LoadedShow, PlacedMovement


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a show is resolved against. What is not known (it could not be read) is None, and not checked against.

    `library` holds the clips of the library by slug, empty for a show without one; `sources` the layers' own sources
    by the layer's name, those that could be read; `blends` the names of the blend modes; `profiles` the controllers'
    profiles by name.
    """

    library: Mapping[str, Clip] | None
    sources: Mapping[str, Clip] = field(default_factory=dict)
    blends: Collection[str] | None = None
    profiles: Mapping[str, Profile] | None = field(default_factory=dict)


def resolve(parsed: ParsedShow, file: Path, around: Surroundings) -> tuple[LoadedShow | None, list[Problem]]:
    """Resolve a parsed show that stands in `file`. Any thread; reads the schedules, and nothing else.

    Returns the show (None where it, or anything before it, has a problem) and the problems found here.
    """
    if parsed.show is None:
        return None, []
    resolver = _Resolver(parsed, parsed.show, file, around)
    loaded = resolver.run()
    problems = list(resolver.problems)
    return (None if problems or parsed.problems else loaded), problems


class _Resolver:
    def __init__(self, parsed: ParsedShow, show: Show, file: Path, around: Surroundings) -> None:
        self.problems: dict[Problem, None] = {}  # in order, each once: movements share layers and schedules
        self._parsed = parsed
        self._show = show
        self._file = file
        self._library = around.library
        self._sources = around.sources
        self._blends = around.blends
        self._profiles = around.profiles
        self._clips = ShowClips(around.library or {}, around.sources.values())
        self._layers = {layer.name: (index, layer) for index, layer in enumerate(show.layers)}
        # A layer whose name is wrong may be the very one that others speak of: then no name is called unknown.
        self._layer_names_known = not any(
            place[0] == "layers" and (len(place) < 3 or place[2] == "name") for place in parsed.set_aside
        )
        self._schedules: dict[Path, Schedule] = {}
        self._expansions: dict[tuple[str, ...], tuple[str, ...]] = {}  # by patterns: every movement asks again
        self._layer_clips: dict[tuple[str, str], tuple[str, ...]] = {}

    def problem(self, place: Place, what: str, mend: str = "") -> None:
        if not self._parsed.is_set_aside(place):
            self.problems[self._parsed.problem(place, what, mend)] = None

    def run(self) -> LoadedShow:
        show = self._show
        self._check_names("layers", [layer.name for layer in show.layers])
        self._check_names("movements", [movement.name for movement in show.movements])
        self._check_library()
        for index, layer in enumerate(show.layers):
            self._check_layer(("layers", index), layer)
        movements = tuple(self._movement(index, movement) for index, movement in enumerate(show.movements))
        line, set_aside = self._parsed.document.line, self._parsed.set_aside
        paths = ShowPaths(show, self._clips, self._library is not None, set_aside, self.problem)
        NamesCheck(paths, line).run()
        effects_known = not any(place[0] == "sound" for place in self._parsed.set_aside if place)
        SoundCheck(show, effects_known, self.problem).run()
        check_clocks(show, self.problem)
        found = look_up(show, self._profiles, self.problem)
        BindingCheck(paths, found.controls, line).run()
        return LoadedShow(
            show,
            self._file,
            self._clips,
            movements,
            self._layer_clips,
            self._tracks(),
            found.bindings,
            modifiers=found.modifiers,
            controls=found.controls,
            leds=found.leds,
            led_addresses=found.led_addresses,
        )

    def _check_names(self, kind: str, names: Iterable[str]) -> None:
        first: dict[str, Place] = {}
        for index, name in enumerate(names):
            place: Place = (kind, index, "name")
            if name in first:
                line = self._parsed.document.line(first[name])
                self.problem(place, f"{name} is the name of two {kind}", f"rename one; the other is on line {line}")
            first.setdefault(name, place)

    def _check_library(self) -> None:
        if self._library is not None and not self._library and self._show.library is not None:
            self.problem(("library",), "has no clips", "fill it: runtime-preprocess run FOLDER -o LIBRARY")
            self._library = None

    def _check_layer(self, place: Place, layer: Layer) -> None:
        self._check_blend((*place, "blend"), layer.blend)
        if layer.source is not None and layer.clips:
            self.problem((*place, "clips"), "cannot stand beside source", "keep one of them")
        if layer.out_s is not None and layer.out_s <= layer.in_s:
            self.problem((*place, "out_s"), f"must be after in_s ({layer.in_s:g}), not {layer.out_s:g}")
        self._expanded((*place, "clips"), layer.clips)

    def _check_blend(self, place: Place, blend: str | None) -> None:
        if blend is not None and self._blends is not None and blend not in self._blends:
            mend = did_you_mean(blend, self._blends, f"there are {', '.join(sorted(self._blends))}")
            self.problem(place, f"there is no blend mode {blend}", mend)

    def _expanded(self, place: Place, patterns: tuple[str, ...]) -> tuple[str, ...]:
        """The slugs that slugs and patterns name, each once, in the order written and sorted within a pattern."""
        if self._library is None:
            return ()
        if patterns and self._show.library is None:
            self.problem(place, "names clips, and the show has no library", "add library: FOLDER")
            return ()
        if patterns in self._expansions:
            return self._expansions[patterns]
        found: dict[str, None] = {}
        all_match = True
        for index, pattern in enumerate(patterns):
            matches = self._clips.matching(pattern)
            if not matches:
                mend = did_you_mean(
                    pattern.strip("*?"), self._clips, "runtime-tools or the library's folder lists them"
                )
                self.problem((*place, index), f"matches no clip: {pattern[:80]}", mend)
                all_match = False
            found.update(dict.fromkeys(matches))
        slugs = tuple(found)
        if all_match:  # what does not match is said at every place that names it
            self._expansions[patterns] = slugs
        return slugs

    def _movement(self, index: int, movement: Movement) -> PlacedMovement:
        place: Place = ("movements", index)
        self._check_layers_spoken_of(place, movement)
        schedule, duration_s = self._timing(place, movement)
        layers: list[Layer] = []
        for layer in self._show.layers:
            override = movement.layers.get(layer.name, LayerOverride())
            own = merged(layer, override)
            layers.append(own)
            self._layer_clips[movement.name, layer.name] = self._choice(place, movement, own, schedule)
            self._check_override((*place, "layers", layer.name), own, override)
        return PlacedMovement(
            name=movement.name,
            index=index,
            duration_s=duration_s,
            transition_s=movement.transition_s or 0.0,
            track_follows=movement.track == "follow",
            schedule=schedule,
            layers=tuple(layer for layer in layers if layer.name not in (movement.hidden or ())),
            stated=frozenset(
                f"{name}/{key}" for name, override in movement.layers.items() for key in settings(override)
            ),
            own_track=None
            if movement.own_track is None
            else 1 + sum(1 for before in self._show.movements[:index] if before.own_track is not None),
        )

    def _check_layers_spoken_of(self, place: Place, movement: Movement) -> None:
        spoken: list[tuple[Place, str]] = [((*place, "layers", name), name) for name in movement.layers]
        spoken += [((*place, "hidden", index), name) for index, name in enumerate(movement.hidden or ())]
        for where, name in spoken:
            if name not in self._layers and self._layer_names_known:
                mend = did_you_mean(name, self._layers, f"the show has {', '.join(self._layers)}")
                self.problem(where, f"the show has no layer {name}", mend)

    def _timing(self, place: Place, movement: Movement) -> tuple[Schedule, float]:
        """The movement's schedule, and its duration: its own, else the schedule's."""
        schedule = Schedule(())
        if movement.schedule is not None:
            schedule = self._schedule((*place, "schedule"), movement.schedule)
            if movement.duration_s is None and 0 < schedule.duration_s < SHORTEST_MOVEMENT_S:
                what = f"its rows last {schedule.duration_s:g} s; a movement lasts {SHORTEST_MOVEMENT_S:g} s at least"
                self.problem((*place, "schedule"), what, "add rows to it, or give the movement a duration_s")
        elif movement.duration_s is None and not self._parsed.is_set_aside((*place, "duration_s")):
            self.problem(place, "has no duration", "add duration_s, or a schedule")
        return schedule, movement.duration_s or schedule.duration_s

    def _schedule(self, place: Place, name: str) -> Schedule:
        folder = self._file.parent
        path = folder / name
        if not inside(folder, path):
            self.problem(place, "must lie in the show's folder", "copy the file there")
            return Schedule(())
        reason = why_not_there(path)
        if reason:
            there = (found.name for found in path.parent.glob("*.csv"))
            self.problem(place, f"{name} {reason}", did_you_mean(path.name, there))
            return Schedule(())
        if path not in self._schedules:
            clips = self._clips if self._library is not None else None
            layers = list(self._layers) if self._layer_names_known else None
            self._schedules[path], problems = read_movement_csv(path, clips, layers)
            self.problems.update(dict.fromkeys(problems))
        return self._schedules[path]

    def _check_override(self, place: Place, own: Layer, override: LayerOverride) -> None:
        self._check_blend((*place, "blend"), override.blend)
        stated = [key for key in ("out_s", "in_s") if getattr(override, key) is not None]
        if stated and own.out_s is not None and own.out_s <= own.in_s:
            self.problem((*place, stated[0]), f"in_s {own.in_s:g} must be before out_s {own.out_s:g}")

    def _choice(self, place: Place, movement: Movement, own: Layer, schedule: Schedule) -> tuple[str, ...]:
        """The clips that a layer chooses among in a movement."""
        index, _ = self._layers[own.name]
        override = movement.layers.get(own.name, LayerOverride())
        layer_place: Place = ("layers", index)
        override_place: Place = (*place, "layers", own.name)
        scheduled = tuple(
            dict.fromkeys(row.clip for row in schedule.by_layer.get(own.name, ()) if row.clip is not None)
        )
        if own.clips:
            slugs = self._expanded((*(override_place if override.clips else layer_place), "clips"), own.clips)
        elif scheduled:
            slugs = scheduled
        elif own.source is not None:
            slugs = (self._sources[own.name].slug,) if own.name in self._sources else ()
        else:
            slugs = self._clips.of_library
            if movement.schedule is None and own.name not in (movement.hidden or ()) and self._show.library is None:
                self.problem(layer_place, "has nothing to show", "give it a source, or the show a library")
        in_place = override_place if override.in_s is not None else layer_place
        self._check_in_point((*in_place, "in_s"), own, slugs)
        return slugs

    def _check_in_point(self, place: Place, layer: Layer, slugs: tuple[str, ...]) -> None:
        if layer.in_s <= 0:
            return

        def is_short(slug: str) -> bool:
            return self._clips[slug].duration_s <= layer.in_s

        # A pattern may catch a clip that is too short: it is shown from its last frame. One named outright may not.
        named = slugs if all(map(is_short, slugs)) else tuple(filter(set(layer.clips).__contains__, slugs))
        short = next(filter(is_short, named), None)
        if short is not None:
            clip = self._clips[short]
            self.problem(place, f"{layer.in_s:g} is past the end of {clip.slug} ({clip.duration_s:g} s)")

    def _tracks(self) -> tuple[Path | None, ...]:
        """The show's track (None without one), then each movement's own."""
        show = self._show
        places: list[tuple[Place, Track | None]] = [(("track",), show.track)]
        places += [
            (("movements", index, "own_track"), movement.own_track)
            for index, movement in enumerate(show.movements)
            if movement.own_track is not None
        ]
        return tuple(self._track_file(place, track) for place, track in places)

    def _track_file(self, place: Place, track: Track | None) -> Path | None:
        if track is None:
            return None
        path = located(self._file.parent, track.file)
        reason = why_not_there(path)
        if reason:
            self.problem((*place, "file"), f"{track.file} {reason}", "paths are relative to the show's folder")
        return path
