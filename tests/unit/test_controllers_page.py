"""What docs/controllers.md says is so: its examples load, and its numbers are those of the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.core.control_value import CURVES
from engine.core.takeover import OVERRIDE_S, THRESHOLD
from engine.formats.controller_profiles import shipped_profiles
from engine.formats.show_resolve import Surroundings
from tests.show_support import BLENDS, CLIPS, load
from tools.reference import DOCS

PAGE = (DOCS / "controllers.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def shown(block: str) -> str:
    """A show that has what the block takes for granted."""
    settings: dict[str, Any] = yaml.safe_load(block)
    show: dict[str, Any] = {
        "library": "clips",
        "layers": [{"name": "echo"}],
        "movements": [{"name": "one", "duration_s": 1}],
        "controllers": [{"profile": "nanokontrol2"}],
    }
    return yaml.safe_dump(show | settings)


@pytest.mark.parametrize("block", BLOCKS)
def test_the_examples_load(block: str, tmp_path: Path) -> None:
    loaded, problems = load(shown(block), tmp_path, Surroundings(CLIPS, {}, BLENDS, shipped_profiles()))
    assert problems == []
    assert loaded is not None
    assert loaded.bindings


def test_there_are_examples() -> None:
    assert len(BLOCKS) >= 3


def test_the_curves_are_at_half_the_travel_where_the_page_says() -> None:
    section = PAGE.partition("### Curves")[2].partition("\n#")[0]
    table = dict(re.findall(r"^\| `(\w+)` \| ([0-9.]+) \|", section, re.MULTILINE))
    assert table == {name: f"{round(to(0.5), 2):g}" for name, (to, _back) in CURVES.items()}


def test_takeovers_numbers_are_those_of_the_code() -> None:
    assert f"within {round(THRESHOLD * 128)}/128" in PAGE
    assert f"within {round(OVERRIDE_S * 1000)} ms" in PAGE
