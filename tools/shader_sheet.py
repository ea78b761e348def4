"""A contact sheet of shaders: for each a strip of what it drew, with its name and kind, to look at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from engine.gl.letters import HEIGHT as LETTER_HEIGHT
from engine.gl.letters import lettered
from engine.gl.shader_trial import TrialResult
from engine.gl.trial_job import TrialFrame, TrialJob
from engine.model.shaders import ShaderKind

Pixels = npt.NDArray[np.uint8]

COLUMNS = 2
_SHOTS = 6
_STEPS, _STEP_S = 30, 1 / 30
_KEPT_STEPS, _FIRING_STEPS = (0, 7, 29), (3, 18)
_GAP_PX = 3
_LABEL_PX = LETTER_HEIGHT + 5
_PAPER, _INK, _ALARM = (24, 24, 26), (225, 225, 225), (255, 96, 80)
_CHECKS = (70, 100)  # behind what is clear
_CHECK_PX = 6


def job_for(kind: ShaderKind, width: int, height: int) -> TrialJob:
    """What is drawn for a strip. Of a transition its way from the one picture to the other, with its own settings; of
    others a second in steps of 1/30 s with two events, a look ahead, and the settings at both ends."""
    if kind is ShaderKind.TRANSITION:
        way = [shot / (_SHOTS - 1) for shot in range(_SHOTS)]
        return TrialJob(width, height, tuple(TrialFrame(progress, progress, is_kept=True) for progress in way))
    frames = [
        TrialFrame(step * _STEP_S, fires=step in _FIRING_STEPS, is_kept=step in _KEPT_STEPS) for step in range(_STEPS)
    ]
    frames += [
        TrialFrame(4.0, is_kept=True),
        TrialFrame(4.0 + _STEP_S, settings="low", is_kept=True),
        TrialFrame(4.0 + 2 * _STEP_S, settings="high", is_kept=True),
    ]
    return TrialJob(width, height, tuple(frames))


def sheet(results: Sequence[tuple[str, TrialResult]], width: int, height: int) -> Pixels:
    """The strips in rows from the top left, uint8 (height, width, 3); each result comes with its name.

    `width` and `height` are those of one picture. What did not draw has its mistake in place of pictures.
    """
    rows = -(-len(results) // COLUMNS)
    step_x = _SHOTS * (width + _GAP_PX) + 4 * _GAP_PX
    step_y = height + _LABEL_PX + 2 * _GAP_PX
    paper = np.full((rows * step_y + _GAP_PX, COLUMNS * step_x, 3), _PAPER, np.uint8)
    for index, (name, result) in enumerate(results):
        place = paper[index // COLUMNS * step_y + _GAP_PX :, index % COLUMNS * step_x + 2 * _GAP_PX :]
        _strip(place[:step_y, : step_x - 2 * _GAP_PX], name, result, width, height)
    return paper


def _strip(place: Pixels, name: str, result: TrialResult, width: int, height: int) -> None:
    kind = result.kind.value if result.kind else "unread"
    is_bad = result.error is not None or result.is_blank
    _write(place, 0, f"{name} ({kind}{', blank' if result.is_blank else ''})", _ALARM if is_bad else _INK)
    for shot, picture in enumerate(result.pictures):
        left = shot * (width + _GAP_PX)
        place[_LABEL_PX : _LABEL_PX + height, left : left + width] = _over_checks(picture)
    if result.error is not None:
        for line, text in enumerate(_wrapped(result.error.what, place.shape[1] // 6)[: height // (LETTER_HEIGHT + 2)]):
            _write(place, _LABEL_PX + line * (LETTER_HEIGHT + 2), text, _ALARM)


def _over_checks(picture: Pixels) -> Pixels:
    """A premultiplied picture, uint8 (height, width, 4), over gray squares; (height, width, 3)."""
    height, width = picture.shape[:2]
    y, x = np.indices((height, width)) // _CHECK_PX
    below = np.where((x + y) % 2, *_CHECKS)[..., None] * (1 - picture[..., 3:] / 255)
    return np.clip(picture[..., :3] + below, 0, 255).astype(np.uint8)


def _write(place: Pixels, top: int, text: str, colour: tuple[int, int, int]) -> None:
    mask = lettered(text, 1)[:, : place.shape[1]]
    place[top : top + mask.shape[0], : mask.shape[1]][mask] = colour


def _wrapped(text: str, letters: int) -> list[str]:
    return [text[at : at + letters] for at in range(0, len(text), letters)]
