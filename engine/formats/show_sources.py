"""The files that a show's layers name as their sources, opened once each and told as clips."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from engine.errors import Problem, SourceError
from engine.formats.image_sequence import is_sequence, probe_sequence
from engine.formats.movie import FALLBACK_RATE, probe
from engine.formats.show_files import located, why_not_there
from engine.formats.show_parse import ParsedShow
from engine.formats.yaml_lines import Place
from engine.model.clips import Clip
from engine.model.show import Layer
from engine.model.world import LoadedShow


def read_sources(
    parsed: ParsedShow,
    folder: Path,
    taken: Container[str],
    problems: list[Problem],
    before: LoadedShow | None = None,
) -> dict[str, Clip]:
    """The layers' own sources that can be read, by the layer's name; what is wrong with others joins `problems`.

    `folder` is the show's; `taken` holds slugs that are a library clip's. A layer that has its source from `before`, an
    earlier version of the show, keeps it as it was read then, whatever became of the file. Any thread.
    """
    reader = _Reader(parsed, folder, problems)
    kept = (
        {}
        if before is None
        else {_wish(layer): before.clips.get(_slug(layer, before.library)) for layer in before.show.layers}
    )
    sources: dict[str, Clip] = {}
    for index, layer in enumerate(parsed.show.layers if parsed.show is not None else ()):
        clip = kept.get(_wish(layer)) or reader.clip(index, layer)
        if clip is not None:
            sources[layer.name] = replace(clip, slug=_slug(layer, taken))
    return sources


def _wish(layer: Layer) -> tuple[str, str | None, float | None]:
    return layer.name, layer.source, layer.source_rate


def _slug(layer: Layer, taken: Container[str]) -> str:
    slug = f"layer-{layer.name}"
    while slug in taken:
        slug += "-source"
    return slug


class _Reader:
    def __init__(self, parsed: ParsedShow, folder: Path, problems: list[Problem]) -> None:
        self._parsed = parsed
        self._folder = folder
        self._problems = problems
        self._probed: dict[tuple[Path, float | None], Clip] = {}

    def clip(self, index: int, layer: Layer) -> Clip | None:
        """The layer's source under some slug; None where it has none, or none that can be read."""
        place: Place = ("layers", index, "source")
        path = None if layer.source is None else located(self._folder, layer.source)
        numbered = path is not None and is_sequence(path)
        if layer.source_rate is not None and not numbered:
            mend = "leave it out: a movie has its own rate, and speed plays it faster or slower"
            self._problem((*place[:-1], "source_rate"), "is for a source that is a sequence of images", mend)
        if path is None:
            return None
        reason = "" if numbered else why_not_there(path)
        if reason:
            self._problem(place, f"{layer.source} {reason}", "paths are relative to the show's folder")
            return None
        try:
            return self._probe(path, numbered, layer.source_rate)
        except SourceError as error:
            self._problem(place, f"{layer.source}: {error.what}", error.mend)
            return None

    def _probe(self, path: Path, numbered: bool, rate: float | None) -> Clip:
        key = path, rate
        if key not in self._probed:
            exact = FALLBACK_RATE if rate is None else Fraction(str(rate))
            self._probed[key] = probe_sequence(path, "", exact) if numbered else probe(path, "")
        return self._probed[key]

    def _problem(self, place: Place, what: str, mend: str) -> None:
        self._problems.append(self._parsed.problem(place, what, mend))
