"""Music for a show whose author named none: what lies with the sources, the liveliest of it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.analysis.onsets import TrackOnsets
from engine.errors import SourceError
from engine.formats.sound import SHOW_RATE_HZ, SoundReader
from engine.model.sound import Onsets
from preprocess.catalogue.catalogue import Catalogue
from preprocess.sources import sounds_in

_FOLDER = "music"
# More than this many candidates are not listened to: a folder of albums is a collection, not a choice.
_MOST_CANDIDATES = 24
_LISTEN_S = 180.0  # to the beginning of each


@dataclass(frozen=True, slots=True)
class Choice:
    """The music that was chosen, None without any, and why; and what could not be listened to: (file, error)."""

    file: Path | None
    why: str
    unheard: tuple[tuple[Path, SourceError], ...] = ()


def candidates(catalogue: Catalogue) -> tuple[Sequence[Path], str]:
    """The sound files from which the music would be chosen, and where they lie.

    Sound files beside the sources come first; else those of a folder `music` inside, beside, or beside the parent of
    a source's folder.
    """
    rows = catalogue.connection.execute("SELECT path FROM sources ORDER BY base")
    folders = list(dict.fromkeys(Path(os.fsdecode(row["path"])).parent for row in rows))
    beside = [sound for folder in folders for sound in sounds_in(folder)]
    if beside:
        return sorted(beside)[:_MOST_CANDIDATES], "found among the sources"
    for up, where in enumerate(("in", "beside", "beside the parent of")):
        for folder in _above(folders, up):
            if sounds := sounds_in(folder / _FOLDER):
                return sounds[:_MOST_CANDIDATES], f"found in {told(folder / _FOLDER)}, {where} the sources"
    return (), ""


def _above(folders: Sequence[Path], up: int) -> Iterator[Path]:
    for folder in folders:
        above = (folder, *folder.parents)
        if up < len(above):
            yield above[up]


def choose(catalogue: Catalogue, detection: Onsets) -> Choice:
    """Listen to the candidates, and choose the one with the most onsets a second."""
    sounds, where = candidates(catalogue)
    rates: list[tuple[float, str, Path]] = []
    unheard: list[tuple[Path, SourceError]] = []
    for file in sounds:
        try:
            rates.append((_onsets_per_s(file, detection), file.name, file))
        except SourceError as error:
            unheard.append((file, error))
    if not rates:
        return Choice(None, "", tuple(unheard))
    rate, _, best = max(rates)
    of = f"of {len(rates)} it has the most onsets, {rate:.1f} a second" if len(rates) > 1 else "the only one there"
    return Choice(best, f"{where}; {of}", tuple(unheard))


def told(path: Path) -> str:
    """A path as text that can be stored and shown, whatever bytes its name was written in."""
    text = os.fsencode(path).decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _onsets_per_s(file: Path, detection: Onsets) -> float:
    onsets, heard = TrackOnsets(SHOW_RATE_HZ, detection), 0
    with SoundReader(file) as reader:
        while heard < _LISTEN_S * SHOW_RATE_HZ and (block := reader.read()) is not None:
            onsets.feed(np.ascontiguousarray(block.mean(axis=1, dtype=np.float32)))
            heard += len(block)
    if not heard:
        raise SourceError("has no sound in it", subject=file, mend="Copy the file again.")
    return len(onsets.found()) * SHOW_RATE_HZ / heard
