"""A sound file heard: onsets as the player finds them, beats and bars, sections, and its waveform in small."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.analysis.hit import Mono32
from engine.analysis.onsets import TrackOnsets
from engine.analysis.tempo import Beats, TrackBeats
from engine.errors import SourceError
from engine.formats.sound import SHOW_RATE_HZ, SoundReader
from engine.model.sound import Onsets
from engine.model.world import Onset
from preprocess.track.structure import TrackFeatures, find_sections
from preprocess.track.values import WAVEFORM_HZ, Beat, Track

_BEATS_A_BAR = 4
_STEP_S = 0.5  # where a track has no beats, its structure is looked at in steps of this length
_ON_A_BEAT_S = 0.05


def hear(file: Path, detection: Onsets, *, sha256: str, name: str) -> Track:
    """Hear a track, block by block: its length costs time, not memory.

    `detection` says how onsets are found, as the show's own `onsets` does. Raises SourceError where the file is no
    sound, or has no sound in it.
    """
    onsets, beats = TrackOnsets(SHOW_RATE_HZ, detection), TrackBeats(SHOW_RATE_HZ)
    features, waveform = TrackFeatures(SHOW_RATE_HZ), _Waveform()
    heard = 0
    with SoundReader(file) as reader:
        while (block := reader.read()) is not None:
            mono = np.ascontiguousarray(block.mean(axis=1, dtype=np.float32))
            for listener in (onsets, beats, features, waveform):
                listener.feed(mono)
            heard += len(mono)
    if not heard:
        raise SourceError("has a sound track but no sound in it", subject=file, mend="Copy the file again.")
    duration_s = heard / SHOW_RATE_HZ
    found = onsets.found()
    pulse = beats.found()
    counted = _counted(pulse, found, duration_s)
    grid_s = [beat.at_s for beat in counted] or [step * _STEP_S for step in range(1, int(duration_s / _STEP_S))]
    sections = find_sections(*features.rows(), duration_s, grid_s, [beat.at_s for beat in counted if beat.is_bar])
    return Track(
        sha256=sha256,
        file=name,
        duration_s=duration_s,
        bpm=None if pulse is None else round(pulse.bpm, 3),
        onsets=tuple(Onset(round(onset.at_s, 6), round(onset.strength, 4)) for onset in found),
        beats=counted,
        sections=sections,
        waveform=waveform.peaks(),
    )


def _counted(pulse: Beats | None, onsets: tuple[Onset, ...], duration_s: float) -> tuple[Beat, ...]:
    """The beats, four to a bar: a bar begins on those of the four on which most is hit."""
    if pulse is None:
        return ()
    beats_s = np.array([at_s for at_s in pulse.beats_s if at_s < duration_s])
    hit_s = np.array([onset.at_s for onset in onsets])
    strength = np.array([onset.strength for onset in onsets])
    accents = np.zeros(len(beats_s))
    for number, at_s in enumerate(beats_s):
        near = strength[np.abs(hit_s - at_s) <= _ON_A_BEAT_S]
        accents[number] = near.max(initial=0.0)
    means = [
        accents[phase::_BEATS_A_BAR].mean() if len(accents[phase::_BEATS_A_BAR]) else 0.0
        for phase in range(_BEATS_A_BAR)
    ]
    first = int(np.argmax(np.round(means, 6)))
    return tuple(Beat(round(float(at_s), 6), number % _BEATS_A_BAR == first) for number, at_s in enumerate(beats_s))


class _Waveform:
    """The loudest sample of each twentieth of a second. Belongs to one thread."""

    def __init__(self) -> None:
        self._rest: Mono32 = np.zeros(0, np.float32)
        self._peaks: list[bytes] = []

    def feed(self, block: Mono32) -> None:
        samples = np.concatenate([self._rest, np.abs(block)])
        step = SHOW_RATE_HZ // WAVEFORM_HZ
        whole = len(samples) // step * step
        self._rest = samples[whole:]
        self._peaks.append(self._small(samples[:whole].reshape(-1, step)))

    @staticmethod
    def _small(pieces: Mono32) -> bytes:
        return bytes(np.clip(np.nan_to_num(pieces.max(axis=1)) * 255, 0, 255).astype(np.uint8))

    def peaks(self) -> bytes:
        """A byte for each twentieth of a second, the last one for what is left."""
        last = self._small(self._rest[None]) if len(self._rest) else b""
        return b"".join(self._peaks) + last
