"""How alike the frames of a stretch are, each to each: what tells a cut from a flash, and a dissolve from motion.

All of it comes from one matrix, the scalar products of the frames' thumbnails (`signals.thumb`). From it follow the
distance of any two frames, their correlation, and how far along the way from one to another a third one lies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from preprocess.split.signals import Floats

Doubles: TypeAlias = npt.NDArray[np.float64]
Indices: TypeAlias = npt.NDArray[np.int64]

_CHANNELS = 3
_TINY = 1e-6
_CHANGED_LEVELS = 10.0
_STAGES = 8  # a dissolve is looked at after each eighth of its length


@dataclass(frozen=True, slots=True)
class CutEvidence:
    """What speaks for a cut before a frame.

    `apart`: the least distance (levels, 0..255) of any of the last frames before to any of the next from it on: a
    flash of light, after which all is as before, leaves none. `outdoes_median` and `outdoes_most`: how many times that
    is what neighbouring frames differ by, near it; in fast motion, about once. `contrast` relates it to the contrast
    of the two pictures. `likeness`: correlation of the two frames, -1..1.
    """

    apart: float
    outdoes_median: float
    outdoes_most: float
    contrast: float
    likeness: float


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of one length, from frame `begin` to frame `begin + length`, and what speaks for a dissolve there.

    Float64 of shape (windows,) each. `apart`: distance of the first and the last frame without their mean colours
    (levels, 0..255). `likeness`: their correlation. `uneven`: the most that the way from one to the other, as far as it
    is gone, departs from a straight line in time (0..1). `variance_error` and `detail_dip`: the variance of a mix of
    two unlike pictures is less than that of both; how badly that parabola fits, and how deep it is, where 1 is
    expected. `sides`: change in half a window before and after, of the change in it. `jump`: the largest change from
    frame to frame, of the whole.
    """

    length: int
    begin: Indices
    apart: Doubles
    likeness: Doubles
    uneven: Doubles
    variance_error: Doubles
    detail_dip: Doubles
    sides: Doubles
    jump: Doubles


class Likeness:
    """The likeness of all frames of a stretch. Memory grows with the square of their number: take some hundreds."""

    def __init__(self, thumbs: Floats, details: Floats) -> None:
        """`thumbs` is float32 (frames, values) of `signals.thumb`, `details` float32 (frames,) of `signals.detail`."""
        self.count, self._values = thumbs.shape
        self._thumbs = thumbs
        self._products = (thumbs @ thumbs.T).astype(np.float64)
        self._squares = np.diag(self._products).copy()
        self._means = thumbs.reshape(self.count, -1, _CHANNELS).mean(1, dtype=np.float64)
        self._variances = np.maximum(
            self._squares - self._common_light(np.arange(self.count), np.arange(self.count)), _TINY
        )
        self._details = details.astype(np.float64)
        self._steps = np.zeros(self.count)
        self._steps[1:] = self.distance(np.arange(self.count - 1), np.arange(1, self.count))

    def distance(self, one: Indices, other: Indices) -> Doubles:
        """Root mean square difference of frames, in levels 0..255. The index arrays are broadcast."""
        return np.asarray(np.sqrt(self._apart_squared(one, other) / self._values))

    def along(self, first: Indices, last: Indices, frame: Indices) -> Doubles:
        """How far along the straight way from picture `first` to picture `last` the nearest point to `frame` is."""
        products = self._products
        gone = products[frame, last] - products[frame, first] - products[first, last] + self._squares[first]
        return np.asarray(gone / self._apart_squared(first, last))

    def changed_share(self, one: int, other: int) -> float:
        """The share of the picture, 0..1, in which two frames differ by more than 10 levels in some channel."""
        apart = np.abs(self._thumbs[one] - self._thumbs[other]).reshape(-1, _CHANNELS).max(1)
        return float(np.mean(apart > _CHANGED_LEVELS))

    def cut_evidence(self, index: int, reach: int) -> CutEvidence:
        """What speaks for a cut before frame `index` (1 or more), from up to `reach` frames on either side."""
        before = np.arange(max(0, index - reach), index)
        after = np.arange(index, min(self.count, index + reach))
        apart = float(self.distance(before[:, None], after[None, :]).min())
        near = max(1, reach - 1)
        sides = self._steps[max(1, index - near) : index], self._steps[index + 1 : index + 1 + near]
        medians = [float(np.median(side)) for side in sides if len(side)]
        most = [float(side.max()) for side in sides if len(side)]
        contrast = np.sqrt(self._variances[index - 1 : index + 1] / self._values).mean()
        return CutEvidence(
            apart=apart,
            outdoes_median=apart / max(1.0, *medians),
            outdoes_most=apart / max(1.0, *most),
            contrast=apart / (float(contrast) + 2),
            likeness=float(self._likeness(np.array([index - 1]), np.array([index]))[0]),
        )

    def windows(self, length: int, begins: Indices) -> Windows:
        """The windows of `length` frames that begin with these frames; each must end within the stretch."""
        ends = begins + length
        apart_squared = self._apart_squared(begins, ends)
        first_variance, last_variance = self._variances[begins], self._variances[ends]
        shared = self._products[begins, ends] - self._common_light(begins, ends)
        unlike = np.maximum(first_variance + last_variance - 2 * shared, _TINY)
        first_detail = self._usual_detail(begins, -1)
        last_detail = self._usual_detail(ends, 1)
        uneven, error, dip = (np.zeros(len(begins)) for _ in range(3))
        for stage in range(1, _STAGES):
            frames = begins + round(length * stage / _STAGES)
            part = round(length * stage / _STAGES) / length
            along = self.along(begins, ends, frames)
            uneven = np.maximum(uneven, np.abs(along - part))
            mixed = (1 - part) ** 2 * first_variance + part**2 * last_variance + 2 * part * (1 - part) * shared
            error += np.abs(self._variances[frames] - mixed) / (unlike / 4) / (_STAGES - 1)
            unmixed = (1 - part) * first_detail + part * last_detail
            depth = part * (1 - part) * (first_detail + last_detail + _TINY)
            dip += (unmixed - self._details[frames]) / depth / (_STAGES - 1)
        half = length // 2
        sides = np.maximum(
            self._apart_squared(np.maximum(begins - half, 0), begins),
            self._apart_squared(ends, np.minimum(ends + half, self.count - 1)),
        )
        steps = np.lib.stride_tricks.sliding_window_view(self._steps, length)[begins + 1].max(1)
        return Windows(
            length=length,
            begin=begins,
            apart=np.sqrt(unlike / self._values),
            likeness=shared / np.sqrt(first_variance * last_variance),
            uneven=uneven,
            variance_error=error,
            detail_dip=dip,
            sides=np.sqrt(sides / apart_squared),
            jump=steps / np.sqrt(apart_squared / self._values),
        )

    def _apart_squared(self, one: Indices, other: Indices) -> Doubles:
        squares = self._squares
        return np.maximum(squares[one] + squares[other] - 2 * self._products[one, other], _TINY)

    def _common_light(self, one: Indices, other: Indices) -> Doubles:
        """The part of the scalar product that the mean colours alone make."""
        return np.asarray(self._values / _CHANNELS * (self._means[one] * self._means[other]).sum(-1))

    def _likeness(self, one: Indices, other: Indices) -> Doubles:
        shared = self._products[one, other] - self._common_light(one, other)
        return np.asarray(shared / np.sqrt(self._variances[one] * self._variances[other]))

    def _usual_detail(self, frames: Indices, away: int) -> Doubles:
        """Median detail of a frame and the two beyond it: one frame may be a flash."""
        beyond = [self._details[np.clip(frames + away * by, 0, self.count - 1)] for by in range(3)]
        return np.asarray(np.median(beyond, axis=0))


def window_lengths(frames_a_second: float, shortest_s: float, longest_s: float) -> Iterator[int]:
    """Lengths of windows in frames, each about a quarter longer than the one before."""
    length = max(6.0, shortest_s * frames_a_second)
    while length <= max(6.0, longest_s * frames_a_second):
        yield round(length)
        length *= 1.27
