"""The music of a first show: the track that was named, or the liveliest that lies near the sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.analysis.onsets import find_onsets
from engine.errors import SourceError
from engine.formats.sound import read_sound
from engine.model.sound import Onsets
from engine.model.world import Onset
from preprocess.sources import Found, sounds_in

_FOLDER = "music"
# More than this many candidates are not listened to: a folder of albums is a collection, not a choice.
_MOST_CANDIDATES = 24


@dataclass(frozen=True, slots=True)
class Music:
    """A track and its onsets, as the player will find them with a show's default settings; and why it was taken."""

    file: Path
    duration_s: float
    onsets: tuple[Onset, ...]
    why: str

    @property
    def onsets_per_s(self) -> float:
        return len(self.onsets) / self.duration_s

    def onsets_until(self, end_s: float) -> list[Onset]:
        """The onsets of the track played in a loop, up to `end_s`, in order."""
        found: list[Onset] = []
        loops = 0
        while self.onsets and loops * self.duration_s < end_s:
            begin_s = loops * self.duration_s
            found += [Onset(begin_s + onset.at_s, onset.strength) for onset in self.onsets]
            loops += 1
        return [onset for onset in found if onset.at_s < end_s]


def listen(file: Path, why: str) -> Music:
    """A track, decoded and searched for onsets. Raises SourceError where it is no sound."""
    sound = read_sound(file)
    return Music(file, sound.duration_s, find_onsets(sound.mono(), sound.rate_hz, Onsets()), why)


def choose_music(found: Found) -> tuple[Music | None, tuple[str, ...]]:
    """The track for a show of these sources, None where there is none; and a line about each that did not decode.

    Sound files among the sources come first; else those of a folder `music` inside, beside, or beside the
    parent of a source's folder. Of several, the one with the most onsets a second.
    """
    candidates, where = _candidates(found)
    heard: list[Music] = []
    problems: list[str] = []
    for file in candidates[:_MOST_CANDIDATES]:
        try:
            heard.append(listen(file, ""))
        except SourceError as error:
            problems.append(f"{file.name}: {error.what}")
    if not heard:
        return None, tuple(problems)
    best = max(heard, key=lambda music: (music.onsets_per_s, music.file.name))
    why = f"{where}; of {len(heard)} it has the most onsets, {best.onsets_per_s:.1f} a second"
    if len(heard) == 1:
        why = f"{where}; it has {best.onsets_per_s:.1f} onsets a second"
    return Music(best.file, best.duration_s, best.onsets, why), tuple(problems)


def _candidates(found: Found) -> tuple[Sequence[Path], str]:
    if found.sounds:
        return found.sounds, "found among the sources"
    folders = dict.fromkeys((*found.folders, *(video.parent for video in found.videos)))
    for up, where in enumerate(("in", "beside", "beside the parent of")):
        for folder in folders:
            above = [folder, *folder.parents]
            if up < len(above) and (sounds := sounds_in(above[up] / _FOLDER)):
                return sounds, f"found in {above[up] / _FOLDER}, {where} the sources"
    return (), ""
