"""Profiles of controllers on disk: `schedules/controllers/NAME.yaml`, one file each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from engine.errors import Problem, ShowError
from engine.formats.show_parse import explained, mistakes
from engine.formats.yaml_lines import Place, dotted, read_yaml
from engine.model.control_address import midi_address
from engine.model.controllers import Profile
from engine.shipped import shipped


@cache
def shipped_profiles() -> Mapping[str, Profile]:
    """The profiles that ship with the engine, by name; read once a process. Any thread.

    Raises ShowError with every mistake in every file, and FileNotFoundError where nothing was installed.
    """
    return read_profiles(shipped("schedules") / "controllers")


def read_profiles(folder: Path) -> dict[str, Profile]:
    """The profiles in `folder`, by name. Raises ShowError with every mistake in every file; reads files only."""
    profiles: dict[str, Profile] = {}
    problems: list[Problem] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            profiles[file.stem] = read_profile(file)
        except ShowError as error:
            problems += error.problems
    if problems:
        raise ShowError(problems)
    return profiles


def read_profile(file: Path) -> Profile:
    """One profile. Raises ShowError with every mistake in the file; nothing stays open."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ShowError([Problem(str(file), 0, "", f"cannot be read: {error}", "check its rights")]) from None
    document = read_yaml(text, str(file))
    problems = list(document.problems)
    profile: Profile | None = None
    try:
        profile = Profile.model_validate_json(json.dumps(document.value), strict=True)
    except ValidationError as error:
        for details, place in mistakes(error):
            what, mend = explained(details, place, Profile)
            problems.append(Problem(str(file), document.line(place), dotted(place), what, mend))
    if profile is not None:
        problems += _clashes(profile, str(file), document.line)
        if profile.name != file.stem:
            line = document.line(("name",))
            problems.append(Problem(str(file), line, "name", f"must be the file's name, {file.stem}"))
    if profile is None or problems:
        raise ShowError(sorted(problems, key=lambda problem: problem.line))
    return profile


def _clashes(profile: Profile, file: str, line: Callable[[Place], int]) -> Iterator[Problem]:
    """Controls that send the same message as one before them: no binding could tell them apart."""
    first: dict[str, str] = {}
    for name, control in profile.controls.items():
        before = first.setdefault(midi_address(control.on_port("", profile.channel)), name)
        if before != name:
            place: Place = ("controls", name)
            yield Problem(file, line(place), dotted(place), f"sends the same as {before}", "see the maker's map")
