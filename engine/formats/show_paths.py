"""The paths and moments that a show speaks of, against what it has: is each there, and do the numbers fit it?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from engine.formats.nearest import did_you_mean
from engine.formats.yaml_lines import Place
from engine.model.cueing import MOMENTS, Quantise
from engine.model.parameters import Kind, Parameter
from engine.model.show import Show
from engine.model.tree import ParameterTree

Report = Callable[[Place, str, str], None]
"""Told of a mistake: its place, what is wrong, and what would mend it."""

GIVE_IT_BEATS = "state tempo: bpm, give it a track, or name midi, link or tap under clocks: order"
_BEATS = ("beat", "bar")
_OF_SHADERS = frozenset(("effect", "generator", "transition", "group"))
# Those whose beats need no music: see engine.model.clocks.
_CLOCKS_WITH_BEATS = frozenset(("midi", "link", "tap"))


@dataclass(frozen=True)
class ShowPaths:
    """What the paths and waits of a show are checked against.

    `set_aside` has the places of which nothing is known since what stood there was wrong. Whatever hangs on them, or
    on a library that could not be read, is let through.
    """

    show: Show
    clips: Collection[str]
    library_known: bool
    set_aside: Collection[Place]
    report: Report
    shaders: Mapping[str, Parameter] = field(default_factory=dict)  # the paths of the show's shaders and groups
    shaders_known: bool = True  # whether every shader could be read, and all that is said of them

    @cached_property
    def tree(self) -> ParameterTree:
        return ParameterTree(self.show, self.clips, shaders=self.shaders)

    def names_known(self, kind: str) -> bool:
        """Whether every name under `kind` (layers, detectors, …) could be read: one that could not may be meant."""
        return not any(place[0] == kind and (len(place) < 3 or place[2] == "name") for place in self.set_aside)

    def found(self, place: Place, path: str) -> Parameter | None:
        """The entry of the tree at `path`; None, and a report, where there is none."""
        found = self.tree.find(path)
        if found is None and not self.beyond_knowing(path):
            parent, _, slug = path.rpartition("/")
            if parent.endswith("/clip") and parent in self.tree.parameters:
                self.report(place, f"the library has no clip {slug}", did_you_mean(slug, self.clips))
            else:
                mend = did_you_mean(path, self.tree.parameters, "docs/parameters.md lists the paths")
                self.report(place, f"there is no parameter {path}", mend)
        return found

    def beyond_knowing(self, path: str) -> bool:
        """Whether `path` hangs on something that could not be read."""
        parts = path.split("/")
        if not self.shaders_known and _OF_SHADERS.intersection(parts):
            return True
        if parts[1] == "layer":
            return not self.names_known("layers") or ("/clip/" in path and not self.library_known)
        kind = {"onset": "detectors", "level": "levels", "cue": "cues", "sound": "sound"}.get(parts[1])
        return kind is not None and any(place[0] == kind for place in self.set_aside)

    def check_reach(self, place: Place, parameter: Parameter, values: Iterable[float]) -> None:
        """Report each of `values` that the parameter cannot have."""
        if parameter.kind is Kind.ACTION or (parameter.kind is Kind.INDEX and not self.library_known):
            return  # an action takes any number; how far an index reaches is not known
        for value in values:
            if parameter.clamp(value) != value:
                reach = f"{parameter.low:g} to {parameter.high:g}"
                self.report(place, f"{value:g} is outside of {parameter.path}, which takes {reach}", "")

    def check_may_wait(self, place: Place, parameter: Parameter | None) -> None:
        """Report a wait at `place` for a parameter that glides."""
        if parameter is not None and not parameter.may_wait:
            mend = "actions, indices and a layer's position can"
            self.report(place, f"{parameter.path} cannot wait: its value glides", mend)

    def check_moment(self, place: Place, wait: Quantise | None) -> None:
        """Report what `wait`, at `place`, waits for and the show has not got."""
        if wait is None:
            return
        names = [*MOMENTS, *(detector.name for detector in self.show.detectors)]
        if wait.to not in names and self.names_known("detectors"):
            mend = did_you_mean(wait.to, names, f"there are {', '.join(names)}")
            self.report((*place, "to"), f"there is no detector {wait.to}", mend)
        elif wait.to in _BEATS and not self.has_beats:
            self.report((*place, "to"), f"the show has no tempo, so a {wait.to} never comes", GIVE_IT_BEATS)
        if wait.every != 1 and wait.to not in _BEATS:
            self.report((*place, "every"), "counts beats and bars, and nothing else", "leave it out")
        if wait.then == "drop" and wait.at_most_s is None:
            self.report((*place, "then"), "says what happens after at_most_s, which is not there", "add at_most_s")

    @cached_property
    def has_beats(self) -> bool:
        """Whether the show has beats, or may have them."""
        show = self.show
        has_music = show.track is not None or any(movement.own_track is not None for movement in show.movements)
        may_be_there = any(place[0] in ("tempo", "clocks", "track", "movements") for place in self.set_aside)
        has_clock = not _CLOCKS_WITH_BEATS.isdisjoint(show.clocks.order)
        return show.tempo.bpm is not None or has_music or has_clock or may_be_there
