"""All clips of a library as columns: what assign and schedule decide by, read at once, however many there are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from preprocess.assign.colours import ClipColours, ColourColumns
from preprocess.assign.measures import MEASURES
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.marks import left_out

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

_STORED = tuple(name for name in MEASURES if name not in ("energy", "duration_s"))
_TEXTS = ("slug", "base", "path", "mtime_ns", "colours")  # and the one number that a float cannot hold
_COLUMNS = (
    *("slug", "base", "begin", "end", "handle_in", "handle_out", "rate_num", "rate_den", "path", "mtime_ns"),
    *("people", "faces", "colours", "loop_begin", "loop_end"),
    *(f"analyses.{name}" for name in _STORED),
)
_NAMES = tuple(name.removeprefix("analyses.") for name in _COLUMNS)
_NUMBERS = tuple(name for name in _NAMES if name not in _TEXTS)
_STRIDE = 4096  # rows at a time: all at once would keep the garbage collector busier than the database
_SILENCE_LUFS = -70.0  # the absolute gate of EBU R128: what is below counts as no sound
# What of a clip the eye takes for energy: the change in it most of all, then how loud the picture itself is.
_ENERGY = {"motion": 0.5, "contrast": 0.2, "saturation": 0.15, "detail": 0.15}


@dataclass(frozen=True, slots=True, eq=False)
class Clips:
    """The clips that a schedule may show, in slug order; every column has one entry a clip.

    `source_index` counts into `sources`. `measures` are those of MEASURES, as measured; `ranks` the same as places
    among all clips, 0 least to 1 most, ties in the middle. `material_in_s` is where a clip's material begins in its
    file, after the handle; `has_tail` says that the file goes on behind it. `filmed_at` ascends with the instant of
    filming. `loop_in_s` and `loop_out_s` bound the best loop, in seconds of the file.
    """

    slugs: tuple[str, ...]
    sources: tuple[Path, ...]
    source_index: Indices
    duration_s: Floats
    material_in_s: Floats
    has_tail: npt.NDArray[np.bool_]
    measures: Mapping[str, Floats]
    ranks: Mapping[str, Floats]
    people: Indices
    colours: ClipColours
    loop_in_s: Floats
    loop_out_s: Floats
    filmed_at: Indices

    def __len__(self) -> int:
        return len(self.slugs)

    def taken(self, indices: Indices) -> Clips:
        """Some of the clips; their ranks stay those among all."""
        return Clips(
            slugs=tuple(self.slugs[index] for index in indices),
            sources=self.sources,
            source_index=self.source_index[indices],
            duration_s=self.duration_s[indices],
            material_in_s=self.material_in_s[indices],
            has_tail=self.has_tail[indices],
            measures={name: values[indices] for name, values in self.measures.items()},
            ranks=_WorkedOut(self.measures, lambda name: self.ranks[name][indices]),
            people=self.people[indices],
            colours=self.colours.taken(indices),
            loop_in_s=self.loop_in_s[indices],
            loop_out_s=self.loop_out_s[indices],
            filmed_at=self.filmed_at[indices],
        )


def read_clips(catalogue: Catalogue) -> Clips:
    """Every clip that was measured and is not left out."""
    out = left_out(catalogue)
    cursor = catalogue.connection.cursor()
    cursor.row_factory = None
    cursor.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM fragments JOIN analyses USING (slug)"  # noqa: S608 - our own names
        " JOIN footage USING (base) JOIN sources USING (base) ORDER BY slug"
    )
    columns = _Columns()
    while rows := cursor.fetchmany(_STRIDE):
        columns.add([row for row in rows if row[0] not in out])
    return columns.clips()


def clips_of(rows: Iterable[tuple[Any, ...]]) -> Clips:
    """Columns from rows as `read_clips` selects them, in any order."""
    columns = _Columns()
    columns.add(sorted(rows, key=itemgetter(0)))
    return columns.clips()


class _Columns:
    """Columns that grow by rows as `read_clips` selects them, in slug order."""

    def __init__(self) -> None:
        self._slugs: list[str] = []
        self._bases: list[str] = []
        self._paths: dict[str, bytes] = {}
        self._times_ns: list[int] = []
        self._numbers = [np.empty((len(_NUMBERS), 0))]
        self._colours = ColourColumns()

    def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows."""
        if not rows:
            return
        column = dict(zip(_NAMES, zip(*rows, strict=True), strict=True))
        self._slugs += column["slug"]
        self._bases += column["base"]
        self._paths.update(zip(column["base"], column["path"], strict=True))
        self._times_ns += column["mtime_ns"]
        self._colours.add(column["colours"])
        self._numbers.append(np.array([column[name] for name in _NUMBERS], np.float64))

    def clips(self) -> Clips:
        """All that were added."""
        found = np.nan_to_num(np.concatenate(self._numbers, axis=1), nan=_SILENCE_LUFS)  # only a loudness can be NULL
        column = dict(zip(_NUMBERS, found, strict=True))
        frame_s = column["rate_den"] / np.maximum(column["rate_num"], 1)
        duration_s = (column["end"] - column["begin"]) * frame_s
        material_in_s = column["handle_in"] * frame_s
        measures = {name: column[name] for name in _STORED} | {"duration_s": duration_s}
        ranks = _WorkedOut(measures, lambda name: ranked(measures[name]))
        measures["energy"] = sum((share * ranks[name] for name, share in _ENERGY.items()), np.zeros(len(duration_s)))
        bases = sorted(self._paths)
        source_of = {base: number for number, base in enumerate(bases)}
        source_index = np.array([source_of[base] for base in self._bases], np.intp)
        filmed_at = np.empty(len(source_index), np.intp)
        order = np.lexsort((column["begin"], source_index, np.array(self._times_ns, np.int64)))
        filmed_at[order] = np.arange(len(order))
        return Clips(
            slugs=tuple(self._slugs),
            sources=tuple(Path(os.fsdecode(self._paths[base])) for base in bases),
            source_index=source_index,
            duration_s=duration_s,
            material_in_s=material_in_s,
            has_tail=column["handle_out"] > 0,
            measures=measures,
            ranks=ranks,
            people=np.maximum(column["people"], column["faces"]).astype(np.intp),
            colours=self._colours.colours(),
            loop_in_s=material_in_s + column["loop_begin"] * frame_s,
            loop_out_s=material_in_s + column["loop_end"] * frame_s,
            filmed_at=filmed_at,
        )


class _WorkedOut(Mapping[str, Floats]):
    """Columns by name, each worked out when it is first asked for. One thread."""

    def __init__(self, names: Iterable[str], work_out: Callable[[str], Floats]) -> None:
        self._names = names
        self._work_out = work_out
        self._known: dict[str, Floats] = {}

    def __getitem__(self, name: str) -> Floats:
        if name not in self._known:
            self._known[name] = self._work_out(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(list(self._names))


def ranked(values: Floats) -> Floats:
    """The place of each value among all, 0 least to 1 most; equal values share the middle of their places."""
    if not len(values):
        return values
    order = values.argsort(kind="stable")
    ordered = values[order]
    begins = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    ends = np.append(begins[1:], len(values))
    places = np.empty(len(values))
    places[order] = np.repeat((begins + ends) / (2 * len(values)), ends - begins)
    return places
