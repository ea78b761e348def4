"""The clips that a layer chooses among in a movement: those that it names, its schedule's, its own source's, or all."""

from __future__ import annotations

from collections.abc import Mapping

from engine.formats.nearest import did_you_mean
from engine.formats.show_clips import ShowClips
from engine.formats.show_looks import Merged
from engine.formats.show_paths import Report
from engine.formats.yaml_lines import Place
from engine.model.clips import Clip
from engine.model.schedule import Schedule
from engine.model.show import Layer, Movement


class LayerClips:
    """What layers choose among, worked out once for each row of patterns: every movement asks again."""

    def __init__(
        self, clips: ShowClips, sources: Mapping[str, Clip], *, library_known: bool, has_library: bool, report: Report
    ) -> None:
        self._clips = clips
        self._sources = sources
        self._library_known = library_known
        self._has_library = has_library
        self._report = report
        self._expansions: dict[tuple[str, ...], tuple[str, ...]] = {}

    def expanded(self, place: Place, patterns: tuple[str, ...]) -> tuple[str, ...]:
        """The slugs that slugs and patterns name, each once, in the order written and sorted within a pattern."""
        if not self._library_known:
            return ()
        if patterns and not self._has_library:
            self._report(place, "names clips, and the show has no library", "add library: FOLDER")
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
                self._report((*place, index), f"matches no clip: {pattern[:80]}", mend)
                all_match = False
            found.update(dict.fromkeys(matches))
        slugs = tuple(found)
        if all_match:  # what does not match is said at every place that names it
            self._expansions[patterns] = slugs
        return slugs

    def of(
        self, layer_place: Place, movement: Movement, said: Merged, own: Layer, schedule: Schedule
    ) -> tuple[str, ...]:
        """The clips of the layer `own`, as the movement has it, whose definition stands at `layer_place`."""
        if own.generator is not None:
            return ()
        scheduled = tuple(
            dict.fromkeys(row.clip for row in schedule.by_layer.get(own.name, ()) if row.clip is not None)
        )
        if own.clips:
            slugs = self.expanded(said.place_of(own.name, "clips", layer_place), own.clips)
        elif scheduled:
            slugs = scheduled
        elif own.source is not None:
            slugs = (self._sources[own.name].slug,) if own.name in self._sources else ()
        else:
            slugs = self._clips.of_library
            if movement.schedule is None and own.name not in said.hidden and not self._has_library:
                mend = "give it a source or a generator, or the show a library"
                self._report(layer_place, "has nothing to show", mend)
        if own.in_s > 0:
            self._check_in_point(said.place_of(own.name, "in_s", layer_place), own, slugs)
        return slugs

    def _check_in_point(self, place: Place, layer: Layer, slugs: tuple[str, ...]) -> None:
        def is_short(slug: str) -> bool:
            return self._clips[slug].duration_s <= layer.in_s

        # A pattern may catch a clip that is too short: it is shown from its last frame. One named outright may not.
        named = slugs if all(map(is_short, slugs)) else tuple(filter(set(layer.clips).__contains__, slugs))
        short = next(filter(is_short, named), None)
        if short is not None:
            clip = self._clips[short]
            self._report(place, f"{layer.in_s:g} is past the end of {clip.slug} ({clip.duration_s:g} s)", "")
