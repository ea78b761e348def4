"""A parsed show against what surrounds it: clips, sources, schedules, shaders, paths. Every mistake is collected."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import Problem
from engine.formats.layer_clips import LayerClips
from engine.formats.nearest import did_you_mean
from engine.formats.show_bindings import BindingCheck
from engine.formats.show_clips import ShowClips
from engine.formats.show_clocks import check_clocks
from engine.formats.show_controllers import look_up
from engine.formats.show_looks import LooksCheck, Merged, TogetherCheck
from engine.formats.show_modulations import ModulationsCheck
from engine.formats.show_names import NamesCheck
from engine.formats.show_parse import ParsedShow
from engine.formats.show_paths import ShowPaths
from engine.formats.show_schedules import ShowSchedules
from engine.formats.show_shaders import ReadShader, ShadersCheck
from engine.formats.show_sound import SoundCheck, track_files
from engine.formats.yaml_lines import Place
from engine.model.clips import Clip
from engine.model.controllers import Profile
from engine.model.schedule import Schedule
from engine.model.shader_paths import MOST_PATHS, ShaderPaths
from engine.model.show import Layer, Look, Movement, Show
from engine.model.world import LoadedShow, PlacedMovement

_OF_SHADERS = frozenset(("effects", "generator", "transition", "looks", "groups", "master"))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a show is resolved against. What is not known (it could not be read) is None, and not checked against.

    `library` holds the clips of the library by slug, empty for a show without one; `sources` the layers' own sources
    by the layer's name, those that could be read; `blends` the names of the blend modes; `profiles` the controllers'
    profiles by name; `read_shader` finds and reads a shader.
    """

    library: Mapping[str, Clip] | None
    sources: Mapping[str, Clip] = field(default_factory=dict)
    blends: Collection[str] | None = None
    profiles: Mapping[str, Profile] | None = field(default_factory=dict)
    read_shader: ReadShader | None = None


def resolve(parsed: ParsedShow, file: Path, around: Surroundings) -> tuple[LoadedShow | None, list[Problem]]:
    """Resolve a parsed show that stands in `file`. Any thread; reads the schedules and shaders, and nothing else.

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
        self._looks = LooksCheck(show, list(self._layers) if self._layer_names_known else None, self.problem)
        self._read_shader = around.read_shader
        self._shaders: ShadersCheck | None = None
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
        for index, group in enumerate(show.groups):
            self._check_blend(("groups", index, "blend"), group.blend)
        for said in self._looks.run():
            self._check_overrides(said.place, said.part)
        self._shaders = self._check_shaders()
        movements = self._placed()
        shaders = {} if self._shaders is None else self._shaders.found
        shader_paths = ShaderPaths(show.master.effects, movements, shaders)
        paths = self._paths(shader_paths)
        line = self._parsed.document.line
        NamesCheck(paths, line).run()
        self._check_together(movements, paths)
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
            track_files(show, self._file.parent, self.problem),
            found.bindings,
            modifiers=found.modifiers,
            controls=found.controls,
            shaders=shaders,
            shader_paths=shader_paths,
            leds=found.leds,
            led_addresses=found.led_addresses,
        )

    def _paths(self, shader_paths: ShaderPaths) -> ShowPaths:
        set_aside = self._parsed.set_aside
        known = self._shaders is not None and not self._shaders.failed
        return ShowPaths(
            self._show,
            self._clips,
            self._library is not None,
            set_aside,
            self.problem,
            shader_paths.parameters,
            shaders_known=known and not any(_OF_SHADERS.intersection(place) for place in set_aside),
        )

    def _check_together(self, movements: Iterable[PlacedMovement], paths: ShowPaths) -> None:
        """What shows only in movements that have their looks worked in."""
        if len(paths.shaders) > MOST_PATHS:
            what = f"its shaders have more than {MOST_PATHS} settings"
            self.problem((), what, "let movements call the same effect by the same name")
        together, modulations = TogetherCheck(self.problem), ModulationsCheck(paths)
        modulations.run()
        together.effects(("master", "effects"), "/master", self._show.master.effects)
        for movement, written in zip(movements, self._show.movements, strict=True):
            together.movement(movement, self._looks.merged(movement.index, written), self._layers)
            modulations.together(movement.modulations)

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
        self._clips_of_layers = LayerClips(
            self._clips,
            self._sources,
            library_known=self._library is not None,
            has_library=self._show.library is not None,
            report=self.problem,
        )

    def _check_layer(self, place: Place, layer: Layer) -> None:
        self._check_blend((*place, "blend"), layer.blend)
        if layer.source is not None and layer.clips:
            self.problem((*place, "clips"), "cannot stand beside source", "keep one of them")
        if layer.generator is not None and (layer.source is not None or layer.clips):
            beside = "clips" if layer.source is None else "source"
            self.problem((*place, "generator"), f"cannot stand beside {beside}", "keep one of them")
        if layer.out_s is not None and layer.out_s <= layer.in_s:
            self.problem((*place, "out_s"), f"must be after in_s ({layer.in_s:g}), not {layer.out_s:g}")
        self._clips_of_layers.expanded((*place, "clips"), layer.clips)

    def _check_blend(self, place: Place, blend: str | None) -> None:
        if blend is not None and self._blends is not None and blend not in self._blends:
            mend = did_you_mean(blend, self._blends, f"there are {', '.join(sorted(self._blends))}")
            self.problem(place, f"there is no blend mode {blend}", mend)

    def _check_shaders(self) -> ShadersCheck | None:
        """The shaders that the show names, read and checked; None where none can be."""
        if self._read_shader is None:
            return None
        layers = list(self._layers) if self._layer_names_known else None
        check = ShadersCheck(self._show, self._file.parent, self._read_shader, layers, self.problem)
        check.run()
        return check

    def _placed(self) -> tuple[PlacedMovement, ...]:
        schedules = ShowSchedules(
            self._file.parent,
            self._clips if self._library is not None else None,
            list(self._layers) if self._layer_names_known else None,
            None if self._shaders is None else self._shaders.why_no_transition,
            self.problem,
            lambda problems: self.problems.update(dict.fromkeys(problems)),
            self._parsed.is_set_aside,
        )
        return tuple(self._movement(index, one, schedules) for index, one in enumerate(self._show.movements))

    def _movement(self, index: int, movement: Movement, schedules: ShowSchedules) -> PlacedMovement:
        place: Place = ("movements", index)
        said = self._looks.merged(index, movement)
        schedule, duration_s = schedules.timing(place, movement)
        layers: list[Layer] = []
        for layer_index, layer in enumerate(self._show.layers):
            own = self._drawn_or_scheduled(said, said.layer(layer), schedule)
            layers.append(own)
            where: Place = ("layers", layer_index)
            clips = self._clips_of_layers.of(where, movement, said, own, schedule)
            self._layer_clips[movement.name, layer.name] = clips
            self._check_points(said, own)
        parts = [one.part for one in said.chain]
        groups = said.nearest(part.groups for part in parts)
        own_modulations = said.nearest(part.modulations for part in parts) or ()
        return PlacedMovement(
            name=movement.name,
            index=index,
            duration_s=duration_s,
            transition_s=said.nearest(part.transition_s for part in parts) or 0.0,
            track_follows=movement.track == "follow",
            schedule=schedule,
            layers=tuple(layer for layer in layers if layer.name not in said.hidden),
            stated=said.stated,
            own_track=None
            if movement.own_track is None
            else 1 + sum(1 for before in self._show.movements[:index] if before.own_track is not None),
            groups=self._show.groups if groups is None else groups,
            effects=said.nearest(part.effects for part in parts) or (),
            modulations=(*self._show.modulations, *own_modulations),
            transition=said.nearest(part.transition for part in parts),
            exit=said.nearest(part.exit for part in parts),
        )

    def _drawn_or_scheduled(self, said: Merged, own: Layer, schedule: Schedule) -> Layer:
        """The layer without the generator of its definition where the movement's schedule has rows for it.

        A generator that the movement or its look states cannot stand beside such rows.
        """
        if own.generator is None or own.name not in schedule.by_layer:
            return own
        place = said.place_of(own.name, "generator", ())
        if place != ("generator",):
            what = f"{own.name} has rows in the movement's schedule, and a generator"
            self.problem(place, what, "keep one of them")
        return own.model_copy(update={"generator": None})

    def _check_overrides(self, place: Place, look: Look | Movement) -> None:
        """What a look or a movement says of layers, by itself."""
        spoken: list[tuple[Place, str]] = [((*place, "layers", name), name) for name in look.layers]
        spoken += [((*place, "hidden", index), name) for index, name in enumerate(look.hidden or ())]
        for where, name in spoken:
            if name not in self._layers and self._layer_names_known:
                mend = did_you_mean(name, self._layers, f"the show has {', '.join(self._layers)}")
                self.problem(where, f"the show has no layer {name}", mend)
        for name, override in look.layers.items():
            where = (*place, "layers", name)
            self._check_blend((*where, "blend"), override.blend)
            if override.generator is not None and override.clips:
                self.problem((*where, "generator"), "cannot stand beside clips", "keep one of them")
        for index, group in enumerate(look.groups or ()):
            self._check_blend((*place, "groups", index, "blend"), group.blend)

    def _check_points(self, said: Merged, own: Layer) -> None:
        if own.out_s is None or own.out_s > own.in_s:
            return
        for key in ("out_s", "in_s"):
            place = said.place_of(own.name, key, ())
            if place != (key,):  # else it is the layer's own mistake, and was told
                self.problem(place, f"in_s {own.in_s:g} must be before out_s {own.out_s:g}")
                return
