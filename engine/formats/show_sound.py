"""What a show says of sound: are its tracks there, its effects' settings within range, and do chains name effects?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.formats.nearest import did_you_mean
from engine.formats.show_files import located, why_not_there
from engine.formats.show_paths import Report
from engine.formats.yaml_lines import Place
from engine.model.show import Show
from engine.model.sound import SoundEffect, Track
from engine.model.sound_effects import SETTINGS


@dataclass(frozen=True, slots=True)
class SoundCheck:
    """What a show says of sound effects. `names_known`: whether every effect of the show could be read."""

    show: Show
    names_known: bool
    report: Report

    def run(self) -> None:
        """Report every mistake in every effect and chain."""
        sound = self.show.sound
        for index, effect in enumerate(sound.effects):
            self._effect(("sound", "effects", index), effect, sound.effects[:index])
        self._chain(("sound", "chain"), sound.chain)
        for index, movement in enumerate(self.show.movements):
            self._chain(("movements", index, "chain"), movement.chain or ())

    def _effect(self, place: Place, effect: SoundEffect, before: tuple[SoundEffect, ...]) -> None:
        if any(one.name == effect.name for one in before):
            self.report((*place, "name"), f"{effect.name} is the name of two effects", "rename one")
        known = SETTINGS[effect.kind]
        for name, value in effect.settings.items():
            where: Place = (*place, "settings", name)
            setting = known.get(name)
            if setting is None:
                mend = did_you_mean(name, known, f"there are {', '.join(known)}")
                self.report(where, f"{effect.kind} has no setting {name}", mend)
            elif not setting.low <= value <= setting.high:
                reach = f"{setting.low:g} to {setting.high:g} {setting.unit}".rstrip()
                self.report(where, f"{value:g} is outside of {name}, which takes {reach}", "")

    def _chain(self, place: Place, chain: tuple[str, ...]) -> None:
        names = list(dict.fromkeys(effect.name for effect in self.show.sound.effects))
        for index, name in enumerate(chain):
            if name not in names and self.names_known:
                there = f"there are {', '.join(names)}" if names else "name it under sound: effects"
                self.report((*place, index), f"there is no sound effect {name}", did_you_mean(name, names, there))
            elif name in chain[:index]:
                self.report((*place, index), f"{name} is in this chain already", "give a second effect another name")


def track_files(show: Show, folder: Path, report: Report) -> tuple[Path | None, ...]:
    """The file of the show's track (None without one), then of each movement's own; reports those not there."""
    places: list[tuple[Place, Track | None]] = [(("track",), show.track)]
    places += [
        (("movements", index, "own_track"), movement.own_track)
        for index, movement in enumerate(show.movements)
        if movement.own_track is not None
    ]
    return tuple(None if track is None else _track_file(folder, place, track, report) for place, track in places)


def _track_file(folder: Path, place: Place, track: Track, report: Report) -> Path:
    path = located(folder, track.file)
    reason = why_not_there(path)
    if reason:
        report((*place, "file"), f"{track.file} {reason}", "paths are relative to the show's folder")
    return path
