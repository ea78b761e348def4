"""The names and paths that a show speaks of outside of its bindings: waits, cues, mappings, detectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from engine.formats.nearest import did_you_mean
from engine.formats.show_modulations import MAY_BE_DRIVEN
from engine.formats.show_paths import ShowPaths
from engine.formats.yaml_lines import Place
from engine.model.cueing import MOMENTS, Cue
from engine.model.parameters import Kind
from engine.model.show import OnOnset

_CUES = "/cue/"
_GO = "/go"


@dataclass(frozen=True, slots=True)
class NamesCheck:
    """What names are checked against."""

    paths: ShowPaths
    line: Callable[[Place], int]

    def run(self) -> None:
        """Report every name that is not there, or there twice, and every number that does not fit."""
        show = self.paths.show
        self._check_own_names("detectors", [one.name for one in show.detectors], dict.fromkeys(MOMENTS, "a moment"))
        self._check_own_names("levels", [one.name for one in show.levels], {})
        taken = {
            path.removeprefix(_CUES): f"{path}, which does something else"
            for path in (f"{_CUES}go", f"{_CUES}back", f"{_CUES}standby")
        }
        self._check_own_names("cues", [one.name for one in show.cues], taken)
        self._check_waits()
        for index, cue in enumerate(show.cues):
            self._check_cue(("cues", index), cue)
        self._check_mappings()
        self._check_detectors()

    def _check_own_names(self, kind: str, names: Iterable[str], taken: dict[str, str]) -> None:
        first: dict[str, Place] = {}
        for index, name in enumerate(names):
            place: Place = (kind, index, "name")
            if name in taken:
                self.paths.report(place, f"{name} is the name of {taken[name]}", "choose another")
            elif name in first:
                mend = f"rename one; the other is on line {self.line(first[name])}"
                self.paths.report(place, f"{name} is the name of two {kind}", mend)
            first.setdefault(name, place)

    def _check_waits(self) -> None:
        for path, wait in self.paths.show.quantise.items():
            place: Place = ("quantise", path)
            self.paths.check_may_wait(place, self.paths.found(place, path))
            self.paths.check_moment(place, wait)

    def _check_cue(self, place: Place, cue: Cue) -> None:
        self.paths.check_moment((*place, "quantise"), cue.quantise)
        for index, fired in enumerate(cue.fires):
            where: Place = (*place, "fires", index)
            if fired.path == _GO or fired.path.startswith(_CUES):
                mend = "next: auto_continue or follow plays the next cue"
                self.paths.report((*where, "path"), f"a cue cannot play {fired.path}", mend)
                continue
            parameter = self.paths.found((*where, "path"), fired.path)
            if parameter is None:
                continue
            self.paths.check_reach((*where, "value"), parameter, (fired.value,))
            if parameter.kind is Kind.ACTION and fired.value == 0:
                self.paths.report((*where, "value"), f"0 does not fire {fired.path}", "leave it out: 1 fires")

    def _check_mappings(self) -> None:
        levels = [level.name for level in self.paths.show.levels]
        for index, mapping in enumerate(self.paths.show.mappings):
            place: Place = ("mappings", index)
            if mapping.level not in levels and self.paths.names_known("levels"):
                there = f"there are {', '.join(levels)}" if levels else "name it under levels:"
                mend = did_you_mean(mapping.level, levels, there)
                self.paths.report((*place, "level"), f"there is no level {mapping.level}", mend)
            parameter = self.paths.found((*place, "to"), mapping.to)
            if parameter is not None and not parameter.may_be_driven:
                self.paths.report((*place, "to"), f"a level cannot drive {mapping.to}", MAY_BE_DRIVEN)

    def _check_detectors(self) -> None:
        show = self.paths.show
        asked: list[tuple[Place, OnOnset | None]] = [
            (("layers", index, "on_onset"), layer.on_onset) for index, layer in enumerate(show.layers)
        ]
        asked += [
            (("movements", index, "layers", name, "on_onset"), override.on_onset)
            for index, movement in enumerate(show.movements)
            for name, override in movement.layers.items()
        ]
        asked += [
            (("looks", look_name, "layers", name, "on_onset"), override.on_onset)
            for look_name, look in show.looks.items()
            for name, override in look.layers.items()
        ]
        names = [detector.name for detector in show.detectors]
        for place, on_onset in asked:
            name = on_onset.detector if on_onset is not None else None
            if name is not None and name not in names and self.paths.names_known("detectors"):
                there = f"there are {', '.join(names)}" if names else "leave it out for the show's main one"
                mend = did_you_mean(name, names, there)
                self.paths.report((*place, "detector"), f"there is no detector {name}", mend)
