"""The shaders that a show names: is each there and of the right kind, and do its settings and pictures fit it?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from engine.errors import ShaderError, SourceError
from engine.formats.cube_lut import read_cube
from engine.formats.nearest import did_you_mean
from engine.formats.show_files import inside, why_not_there
from engine.formats.show_paths import Report
from engine.formats.show_reads import stamp_of
from engine.formats.yaml_lines import Place
from engine.model.looks import Chain, Effect, Generator, Group, PictureFrom, Transition
from engine.model.shader_values import Written, is_bounded, numbers_of, reaches, value_written
from engine.model.shaders import TO_PICTURE, InputType, Shader, ShaderInput, ShaderKind
from engine.model.show import Layer, LayerOverride, Look, Movement, Show
from engine.model.world import FileStamp

ReadShader = Callable[[str], Shader]
"""Finds a shader by the name that a show calls it and reads it. Raises ShaderError where it cannot."""

_BELONGS = {
    ShaderKind.GENERATOR: "a generator: it belongs under generator",
    ShaderKind.FILTER: "a filter: it belongs under effects",
    ShaderKind.TRANSITION: "a transition: it belongs under transition",
}
_TAKES = {
    InputType.FLOAT: "a number",
    InputType.BOOL: "true or false",
    InputType.LONG: "a whole number",
    InputType.COLOR: 'a colour: "#rrggbb" or a list of three or four numbers, 0 to 1',
    InputType.POINT2D: "a point: a list of two numbers",
}


@dataclass
class ShadersCheck:
    """What a show says of shaders. `layers` are the names of its layers, None where they are not all known."""

    show: Show
    folder: Path
    read: ReadShader
    layers: Collection[str] | None
    report: Report
    found: dict[str, Shader] = field(default_factory=dict)
    failed: dict[str, ShaderError] = field(default_factory=dict)

    def run(self) -> None:
        """Report every mistake in every layer, group, look and movement; afterwards `found` has each shader by name."""
        show = self.show
        for index, layer in enumerate(show.layers):
            self._layer(("layers", index), layer)
        self._groups(("groups",), show.groups)
        self._chain(("master", "effects"), show.master.effects)
        self._master_reads_files_only()
        for name, look in show.looks.items():
            self._look(("looks", name), look)
        for index, movement in enumerate(show.movements):
            self._look(("movements", index), movement)

    def why_no_transition(self, name: str) -> tuple[str, str] | None:
        """Why a row of a schedule cannot change by the shader `name`, and what would mend that; None where it can."""
        shader = self._named(name)
        if isinstance(shader, ShaderError):
            return _told(name, shader), shader.mend
        if shader.kind is not ShaderKind.TRANSITION:
            return f"{name} is {_BELONGS[shader.kind]}", ""
        return None

    def _named(self, name: str) -> Shader | ShaderError:
        if name not in self.found and name not in self.failed:
            try:
                self.found[name] = self.read(name)
            except ShaderError as error:
                self.failed[name] = error
        return self.found.get(name) or self.failed[name]

    def _look(self, place: Place, look: Look | Movement) -> None:
        for name, override in look.layers.items():
            self._layer((*place, "layers", name), override)
        self._groups((*place, "groups"), look.groups or ())
        self._chain((*place, "effects"), look.effects or ())
        self._transition((*place, "transition"), look.transition)
        self._transition((*place, "exit"), look.exit)

    def _layer(self, place: Place, layer: Layer | LayerOverride) -> None:
        if layer.generator is not None:
            self._generator((*place, "generator"), layer.generator)
        self._chain((*place, "effects"), layer.effects or ())
        self._transition((*place, "transition"), layer.transition)
        if layer.mask is not None:
            self._picture((*place, "mask"), layer.mask)

    def _groups(self, place: Place, groups: Iterable[Group]) -> None:
        for index, group in enumerate(groups):
            self._chain((*place, index, "effects"), group.effects)

    def _chain(self, place: Place, chain: Chain) -> None:
        names: set[str] = set()
        for index, effect in enumerate(chain):
            where: Place = (*place, index)
            if effect.name is not None and effect.name in names:
                self.report((*where, "name"), f"{effect.name} is the name of two effects of this chain", "rename one")
            names.add(effect.name or "")
            shader = self._shader((*where, "shader"), effect.shader, ShaderKind.FILTER, ShaderKind.TRANSITION)
            self._settings((*where, "settings"), shader, effect.settings)
            self._pictures((*where, "pictures"), shader, effect)
            if shader is not None and shader.kind is ShaderKind.TRANSITION and TO_PICTURE not in effect.pictures:
                mend = f"add pictures: {{{TO_PICTURE}: {{layer: NAME}}}}, or name it under transition"
                self.report((*where, "shader"), f"{shader.name} is a transition and has no second picture", mend)

    def _generator(self, place: Place, generator: Generator) -> None:
        shader = self._shader((*place, "shader"), generator.shader, ShaderKind.GENERATOR)
        self._settings((*place, "settings"), shader, generator.settings)
        self._pictures((*place, "pictures"), shader, generator)

    def _transition(self, place: Place, transition: Transition | None) -> None:
        if transition is None:
            return
        if transition.shader is None:
            for key in ("settings", "pictures"):
                if getattr(transition, key):
                    self.report((*place, key), "belong to a shader, and none is named", "add shader: NAME")
            return
        shader = self._shader((*place, "shader"), transition.shader, ShaderKind.TRANSITION)
        self._settings((*place, "settings"), shader, transition.settings)
        self._pictures((*place, "pictures"), shader, transition)
        mend = "name a file; an effect of the layer or movement can read them"
        self._files_only((*place, "pictures"), transition.pictures, "a transition", mend)

    def _shader(self, place: Place, name: str, *kinds: ShaderKind) -> Shader | None:
        """The shader that stands at `place`; None, and a report, where it cannot be that."""
        found = self._named(name)
        if isinstance(found, ShaderError):
            self.report(place, _told(name[:80], found), found.mend)
            return None
        if found.kind not in kinds:
            self.report(place, f"{name[:80]} is {_BELONGS[found.kind]}", "")
            return None
        return found.chained() if ShaderKind.FILTER in kinds else found

    def _settings(self, place: Place, shader: Shader | None, settings: Mapping[str, Written]) -> None:
        if shader is None:
            return
        inputs = {one.name: one for one in shader.settings}
        for name, written in settings.items():
            where: Place = (*place, name)
            one = inputs.get(name)
            if one is not None:
                for what, mend in _faults(one, written):
                    self.report(where, what, mend)
            elif any(picture.name == name for picture in shader.pictures):
                self.report(where, f"{name} is a picture", "name it under pictures")
            else:
                there = f"there are {', '.join(inputs)}" if inputs else "it has none"
                self.report(where, f"{shader.name} has no setting {name}", did_you_mean(name, inputs, there))

    def _pictures(self, place: Place, shader: Shader | None, use: Effect | Generator | Transition) -> None:
        names = [one.name for one in shader.pictures] if shader is not None else []
        for name, source in use.pictures.items():
            where: Place = (*place, name)
            if shader is not None and name not in names:
                there = f"there are {', '.join(names)}" if names else "it asks for none"
                self.report(where, f"{shader.name} has no picture {name}", did_you_mean(name, names, there))
            self._picture(where, source)

    def _picture(self, place: Place, source: PictureFrom) -> None:
        if source.layer is not None and self.layers is not None and source.layer not in self.layers:
            mend = did_you_mean(source.layer, self.layers, f"the show has {', '.join(self.layers)}")
            self.report((*place, "layer"), f"the show has no layer {source.layer}", mend)
        if source.group is not None and source.group not in self._group_names():
            there = "groups: names them"
            mend = did_you_mean(source.group, self._group_names(), there)
            self.report((*place, "group"), f"the show has no group {source.group}", mend)
        if source.file is not None:
            path = self.folder / source.file
            reason = why_not_there(path) if inside(self.folder, path) else "lies outside of the show's folder"
            if reason:
                self.report((*place, "file"), f"{source.file[:80]} {reason}", "paths are relative to the show's folder")
            elif path.suffix.lower() == ".cube" and (wrong := _wrong_in_table(path, stamp_of(path))) is not None:
                self.report((*place, "file"), *wrong)

    def _group_names(self) -> set[str]:
        return {group.name for groups in _all_groups(self.show) for group in groups}

    def _master_reads_files_only(self) -> None:
        mend = "put the effect into the movement's effects; they are mixed before the master"
        for index, effect in enumerate(self.show.master.effects):
            self._files_only(("master", "effects", index, "pictures"), effect.pictures, "the master", mend)

    def _files_only(self, place: Place, pictures: Mapping[str, PictureFrom], who: str, mend: str) -> None:
        for name, source in pictures.items():
            if source.file is None:
                self.report((*place, name), f"{who} cannot read layers and groups", mend)


@lru_cache(maxsize=256)
def _wrong_in_table(file: Path, _stamp: FileStamp) -> tuple[str, str] | None:
    """What is wrong with a table of colours, and its mend. One that stands as it stood is not read again: a large one
    takes a quarter of a second, and a show is read anew while it plays."""
    try:
        read_cube(file)
    except SourceError as error:
        return f"{error.subject}: {error.what}", error.mend
    return None


def _told(name: str, error: ShaderError) -> str:
    """What is wrong with the shader `name`: with its file and line, where it is its text that is wrong."""
    where = "" if error.subject == name else f"{Path(error.subject).name}: "
    return f"{name}: {where}{error.what}"


def _all_groups(show: Show) -> Iterator[tuple[Group, ...]]:
    yield show.groups
    for look in show.looks.values():
        yield look.groups or ()
    for movement in show.movements:
        yield movement.groups or ()


def _faults(one: ShaderInput, written: Written) -> Iterator[tuple[str, str]]:
    """What is wrong with the setting of an input, and what would mend it."""
    if one.type is InputType.EVENT:
        yield f"{one.name} is an event: it is fired, and not set", "bind a control to it, or fire it from a cue"
        return
    value = value_written(one, written)
    if value is None:
        labels = [label for label, _ in one.choices]
        told = f"one of {', '.join(labels)}" if labels else _TAKES[one.type]
        mend = did_you_mean(written, labels) if isinstance(written, str) else ""
        yield f"{one.name} takes {told}, and not {_shown(written)}", mend
    elif is_bounded(one):
        for number, (low, high) in zip(numbers_of(one, value), reaches(one), strict=True):
            if not low <= number <= high:
                yield f"{number:g} is outside of {one.name}, which takes {low:g} to {high:g}", ""


def _shown(written: Written) -> str:
    if isinstance(written, tuple):
        return f"[{', '.join(f'{number:g}' for number in written[:8])}]"
    return f"{written}"[:60] if isinstance(written, str) else f"{written!r}".lower()
