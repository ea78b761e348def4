"""When a movement ends and where its cuts fall: on the music, where there is any."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from preprocess.track.values import Track

# Instants are written to the microsecond, so that a schedule's sums stay on the onsets to the frame.
DIGITS = 6
_STRETCH = 1 / 6  # how much longer or shorter than asked for a movement may be
_SAME_S = 0.06  # an onset this near to a beat or a boundary is on it
_ON_A_BAR, _ON_A_BEAT, _ON_A_SECTION = 0.3, 0.15, 0.8  # what that adds to an onset's strength, which is 0..1


@dataclass(frozen=True, slots=True)
class Instant:
    """An instant of the show at which a cut may fall, and how much speaks for it."""

    at_s: float
    weight: float


def instants(track: Track | None, until_s: float, on: Literal["onsets", "beats", "bars"]) -> list[Instant]:
    """Where cuts may fall up to `until_s` of the show, the track played in a loop; in order.

    All of them are onsets of the track, but for a beat or bar on which nothing sounds. A track without beats gives
    its onsets whatever is asked for.
    """
    if track is None:
        return []
    onsets, beats = track.onsets_until(until_s), track.beats_until(until_s)
    beats_s = [beat.at_s for beat in beats]
    if on == "onsets" or not beats:
        found = []
        for onset in onsets:
            near = _near(onset.at_s, beats_s)
            more = 0.0 if near is None else _ON_A_BAR if beats[near].is_bar else _ON_A_BEAT
            found.append(Instant(round(onset.at_s, DIGITS), onset.strength + more))
        return found
    onsets_s = [onset.at_s for onset in onsets]
    found = []
    for beat in beats:
        if beat.is_bar or on == "beats":
            near = _near(beat.at_s, onsets_s)
            at_s, strength = (beat.at_s, 0.0) if near is None else (onsets_s[near], onsets[near].strength)
            found.append(Instant(round(at_s, DIGITS), strength + (_ON_A_BAR if beat.is_bar else 0.0)))
    return found


def _near(at_s: float, among_s: Sequence[float]) -> int | None:
    """The index of the nearest of these instants, in order, where one is so near that both are heard as one."""
    at = bisect_left(among_s, at_s)
    best = min((i for i in (at - 1, at) if 0 <= i < len(among_s)), key=lambda i: abs(among_s[i] - at_s), default=None)
    return best if best is not None and abs(among_s[best] - at_s) <= _SAME_S else None


def end_of(begin_s: float, duration_s: float, onsets: Sequence[Instant], changes_s: Sequence[float]) -> float:
    """Where a movement that begins at `begin_s` and is to last about `duration_s` ends.

    On the onset near that for which most speaks: that a section of the music ends there, its strength, a bar, and how
    near it is. Without onsets there, at exactly `duration_s`.
    """
    low_s, high_s = begin_s + duration_s * (1 - _STRETCH), begin_s + duration_s * (1 + _STRETCH)

    def speaks(onset: Instant) -> float:
        on_a_section = _ON_A_SECTION if _near(onset.at_s, changes_s) is not None else 0.0
        return onset.weight + on_a_section - abs(onset.at_s - begin_s - duration_s) / duration_s

    near = _between(onsets, low_s, high_s)
    return max(near, key=speaks).at_s if near else round(begin_s + duration_s, DIGITS)


def cuts_between(begin_s: float, end_s: float, every_s: float, among: Sequence[Instant]) -> list[float]:
    """The instants at which rows begin, from `begin_s` on: of `among`, about `every_s` apart, the strong ones.

    Where `among` is empty they come at even steps; where it has nothing for long, the next row begins with the next.
    """
    if not among:
        count = max(1, round((end_s - begin_s) / every_s))
        return [round(begin_s + step * (end_s - begin_s) / count, DIGITS) for step in range(count)]
    cuts = [begin_s]
    last_s = end_s - every_s / 2
    while True:
        near = _between(among, cuts[-1] + 0.6 * every_s, min(cuts[-1] + 1.5 * every_s, last_s))
        if not near:
            near = _between(among, cuts[-1] + 0.6 * every_s, last_s)[:1]
        if not near:
            return cuts
        here_s = cuts[-1] + every_s
        cuts.append(max(near, key=lambda each: each.weight - abs(each.at_s - here_s) / every_s).at_s)


def _between(among: Sequence[Instant], low_s: float, high_s: float) -> Sequence[Instant]:
    begin = bisect_left(among, low_s, key=lambda each: each.at_s)
    return among[begin : bisect_right(among, high_s, key=lambda each: each.at_s)]
