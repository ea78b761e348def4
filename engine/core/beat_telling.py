"""What a clock's beats are to the show: when its tempo is told anew. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.lines import Line
from engine.model.clock import BeatReading

_BPM, _BEAT = "/tempo/bpm", "/tempo/beat"
_LEAST_BPM, _MOST_BPM = 20.0, 400.0  # of /tempo/bpm
_TEMPO_WITHIN = 0.001
_BEAT_WITHIN_S = 0.001
TELL_EACH_S = 0.25  # at most so often: what is told takes a tick or two to show in the state


def to_tell(tempo: Line | None, reading: BeatReading, show_s: float, show_rate: float) -> Sequence[tuple[str, float]]:
    """The events, stamped `show_s`, that bring `tempo` (the state's beats over show time) to the clock's.

    `show_s` is the show time of the reading's instant, and `show_rate` how many show seconds a second lasts there:
    beats a minute of the show are the clock's by that rate. A tempo within 0.1 % and a beat within 1 ms fit.
    """
    bpm = min(max(reading.bpm / show_rate, _LEAST_BPM), _MOST_BPM)
    if tempo is None or abs(tempo.rate * 60 / bpm - 1) > _TEMPO_WITHIN:
        told = [(_BPM, bpm)]
        return told if reading.beat is None else [*told, (_BEAT, max(reading.beat, 0.0))]
    if reading.beat is None or reading.beat < 0 or abs(tempo.at(show_s) - reading.beat) * 60 / bpm <= _BEAT_WITHIN_S:
        return ()
    # The tempo too: a beat alone would be off again after seconds by what was within the tolerance.
    return ((_BPM, bpm), (_BEAT, reading.beat))
