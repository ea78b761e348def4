"""Trying what a seek costs: which frames are read, by which clock, and when it is enough."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from engine.errors import FrameError
from engine.formats.seek_cost import SeekCost, SeekTrial
from engine.media.any_file import AnyFileSource
from engine.media.seek_trial import seek_cost, try_seeks
from engine.media.spread import ALONE, Spread
from engine.model.clips import Codec
from engine.model.pictures import Picture
from tests.media_support import clip_of, encode, image_sequence

_GROUPS = {"g": "20", "bf": "0", "keyint_min": "20", "sc_threshold": "0"}


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The frame indexes that any-file sources are asked for from here on."""
    asked: list[int] = []
    real = AnyFileSource.read

    def noted(self: AnyFileSource, index: int, spread: Spread = ALONE) -> Picture:
        asked.append(index)
        return real(self, index, spread)

    monkeypatch.setattr(AnyFileSource, "read", noted)
    return asked


def test_random_frames_and_the_dearest_are_timed_and_not_the_first(tmp_path: Path, reads: list[int]) -> None:
    clip = clip_of(encode(tmp_path / "a.mp4", "libx264", "yuv420p", range(50), options=_GROUPS), Codec.OTHER, 50)
    cost = seek_cost(clip)
    assert cost == SeekCost((2 * 210 + 55) / 50, 20, 19)
    clock = count(step=0.002)
    trial = try_seeks(clip, cost, now_s=lambda: next(clock))
    assert (reads[0], reads[-1], len(reads)) == (0, 19, 1 + 11 + 1)
    assert [trial.median_ms, trial.worst_ms] == pytest.approx([2, 2])


def test_slow_seeks_are_tried_less_often(tmp_path: Path, reads: list[int]) -> None:
    clip = clip_of(encode(tmp_path / "a.mp4", "libx264", "yuv420p", range(20)), Codec.OTHER, 20)
    clock = count(step=2.0)
    assert try_seeks(clip, seek_cost(clip), now_s=lambda: next(clock)) == SeekTrial(2000, 2000)
    assert len(reads) == 1 + 3 + 1


def test_frames_that_cannot_be_had_are_passed_over(tmp_path: Path) -> None:
    clip = image_sequence(tmp_path, range(6))
    assert seek_cost(clip).stands_alone
    (tmp_path / "shot_0002.png").unlink()
    assert try_seeks(clip, seek_cost(clip)).worst_ms > 0
    for file in tmp_path.glob("*.png"):
        file.write_bytes(b"")
    with pytest.raises(FrameError, match="none of the frames tried"):
        try_seeks(clip, seek_cost(clip))
