"""Cuts: proposed by PySceneDetect's detectors, and confirmed by the likeness of the frames around."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scenedetect.common import FrameTimecode
from scenedetect.detector import SceneDetector
from scenedetect.detectors import AdaptiveDetector, ContentDetector

from preprocess.split.likeness import CutEvidence
from preprocess.split.settings import Detector
from preprocess.split.signals import Pixels

# As PySceneDetect has them, but for the shortest scene: that is ours to decide.
_CONTENT, _ADAPTIVE, _ADAPTIVE_LEAST = 27.0, 3.0, 15.0
_SHORTEST_SHOT_S = 0.25
# Lower where each cut is confirmed.
_PROPOSED_CONTENT, _PROPOSED_ADAPTIVE, _PROPOSED_LEAST = 20.0, 2.5, 8.0
# Logistic regression on what they propose in films of tools/bench/shots_films.py (seeds 1 to 10, two sets of takes):
# outdoes_most, outdoes_median, contrast (as logarithms), likeness.
_WEIGHTS = (4.08, 3.21, 1.94, -6.0)
_BIAS = -3.89
_LEAST = 0.02


@dataclass(frozen=True, slots=True)
class Cut:
    """A cut before frame `index`. `odds` is the logarithm of the odds that it is one; +inf where nobody judged."""

    index: int
    odds: float


def cut_odds(evidence: CutEvidence) -> float:
    """The logarithm of the odds that there is a cut."""
    ratios = evidence.outdoes_most, evidence.outdoes_median, evidence.contrast
    measures = (*(math.log(max(_LEAST, ratio)) for ratio in ratios), evidence.likeness)
    return _BIAS + sum(weight * measure for weight, measure in zip(_WEIGHTS, measures, strict=True))


class Proposals:
    """What PySceneDetect's detectors take for cuts, frame by frame. One thread.

    Of `both`, each one's proposals, to be confirmed; of one alone, what that detector finds by itself.
    """

    def __init__(self, detector: Detector, frames_a_second: float) -> None:
        self._rate = float(frames_a_second)
        self._count = 0
        shortest = max(1, round(_SHORTEST_SHOT_S * frames_a_second))
        chosen: dict[str, list[SceneDetector]] = {
            "content": [ContentDetector(_CONTENT, min_scene_len=shortest)],
            "adaptive": [AdaptiveDetector(_ADAPTIVE, min_scene_len=shortest, min_content_val=_ADAPTIVE_LEAST)],
            "both": [
                ContentDetector(_PROPOSED_CONTENT, min_scene_len=0),
                AdaptiveDetector(_PROPOSED_ADAPTIVE, min_scene_len=0, min_content_val=_PROPOSED_LEAST),
            ],
            "transnet": [],
        }
        self._detectors = chosen[detector]

    def push(self, picture: Pixels) -> list[int]:
        """Take the next frame (uint8 BGR); the frames before which there may be cuts, as far as is known by now."""
        instant = FrameTimecode(self._count, self._rate)
        self._count += 1
        proposed = [at.frame_num for detector in self._detectors for at in detector.process_frame(instant, picture)]
        return sorted({index for index in proposed if index > 0})

    def finish(self) -> list[int]:
        """What only the end makes known."""
        last = FrameTimecode(max(0, self._count - 1), self._rate)
        return sorted({at.frame_num for detector in self._detectors for at in detector.post_process(last)})
