"""What moves a show's parameters: are the paths, levels and detectors there, and does nothing drive itself?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.formats.circles import circle_from
from engine.formats.nearest import did_you_mean
from engine.formats.show_paths import GIVE_IT_BEATS, ShowPaths
from engine.formats.yaml_lines import Place
from engine.model.looks import Modulation
from engine.model.parameters import Kind

MAY_BE_DRIVEN = (
    "what can be driven is opacity, volume, x, y, scale, rotation, the master's, sound effects, and what shaders have"
)


@dataclass
class ModulationsCheck:
    """What modulations are checked against."""

    paths: ShowPaths
    _circles: set[str] = field(default_factory=set)
    _places: dict[tuple[str, str], Place] = field(default_factory=dict)  # by what is driven, and by which parameter

    def run(self) -> None:
        """Report every modulation that cannot be, one by one."""
        show = self.paths.show
        self._check_all(("modulations",), show.modulations)
        for name, look in show.looks.items():
            self._check_all(("looks", name, "modulations"), look.modulations or ())
        for index, movement in enumerate(show.movements):
            self._check_all(("movements", index, "modulations"), movement.modulations or ())

    def together(self, modulations: Iterable[Modulation]) -> None:
        """Report parameters that drive one another in a circle in a movement, each circle once. After `run`."""
        drives: dict[str, list[str]] = {}
        for one in modulations:
            if one.parameter is not None:
                drives.setdefault(one.to, []).append(one.parameter)
        done: set[str] = set()
        for start in drives:
            circle = circle_from(drives, start, done)
            key = " ".join(sorted(set(circle)))
            if circle and key not in self._circles:
                self._circles.add(key)
                mend = "take one of these modulations out"
                at = (*self._places[circle[0], circle[1]], "parameter")
                self.paths.report(at, f"parameters drive one another: {' ← '.join(circle)}", mend)

    def _check_all(self, place: Place, modulations: Iterable[Modulation]) -> None:
        for index, one in enumerate(modulations):
            self._check((*place, index), one)

    def _check(self, place: Place, one: Modulation) -> None:
        parameter = self.paths.found((*place, "to"), one.to)
        if parameter is not None and not parameter.may_be_driven:
            self.paths.report((*place, "to"), f"{one.to} cannot be driven", MAY_BE_DRIVEN)
        elif parameter is not None and one.mode == "set":
            for key in ("low", "high"):
                value = getattr(one, key)
                if value is not None:
                    self.paths.check_reach((*place, key), parameter, (value,))
        if one.parameter is not None:
            self._places[one.to, one.parameter] = place
            source = self.paths.found((*place, "parameter"), one.parameter)
            if source is not None and source.kind is Kind.ACTION:
                self.paths.report((*place, "parameter"), f"{one.parameter} is an action, and has no value", "")
        if one.level is not None:
            self._check_name((*place, "level", "name"), "level", one.level.name)
        if one.onset is not None and one.onset.detector is not None:
            self._check_name((*place, "onset", "detector"), "detector", one.onset.detector)
        if one.lfo is not None and one.lfo.period_beats is not None and not self.paths.has_beats:
            where: Place = (*place, "lfo", "period_beats")
            self.paths.report(where, "the show has no tempo, so a beat never comes", GIVE_IT_BEATS)

    def _check_name(self, place: Place, kind: str, name: str) -> None:
        show = self.paths.show
        names = [one.name for one in (show.levels if kind == "level" else show.detectors)]
        if name not in names and self.paths.names_known(f"{kind}s"):
            there = f"there are {', '.join(names)}" if names else f"name it under {kind}s:"
            self.paths.report(place, f"there is no {kind} {name}", did_you_mean(name, names, there))
