"""What the player would refuse in the show that a style asks for, before there is a library to play."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.errors import Problem, ShowError
from engine.formats.show_yaml import read_show
from preprocess.style.model import Style

# Whether these are right depends on nothing that a library has: neither on its clips nor on shaders of its own.
_BLEND, _BINDINGS = "blend", "bindings."
_NO_PARAMETER = "there is no parameter"
_OF_CLIPS = "/clip/"
_OF_SHADERS = ("effects", "generator", "transition", "groups")


def refused(style: Style) -> Iterator[Problem]:
    """Blend modes and controls' targets that there are not, by their place in show.yaml; reads what ships with us."""
    movements = [{"duration_s": 1, **movement.show, "name": movement.name} for movement in style.movements]
    with TemporaryDirectory() as folder:
        file = Path(folder) / "show.yaml"
        # JSON that is YAML too, as long as no letter is written as two halves.
        file.write_text(json.dumps({**style.show, "movements": movements}, ensure_ascii=False), "utf-8")
        try:
            read_show(file)
        except ShowError as error:
            problems = error.problems
        else:
            return
    shaders = any(part in problem.path.split(".") for problem in problems for part in _OF_SHADERS)
    for problem in problems:
        is_target = problem.path.startswith(_BINDINGS) and problem.what.startswith(_NO_PARAMETER)
        if problem.path.endswith(f".{_BLEND}") or (is_target and _OF_CLIPS not in problem.what and not shaders):
            yield problem
