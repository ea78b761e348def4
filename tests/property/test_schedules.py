"""What holds of every sharing-out and every schedule, whatever the clips, the music and the style."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.world import Onset
from preprocess.assign.balance import balanced, rooms
from preprocess.assign.clips import Clips, clips_of
from preprocess.assign.scores import suitability
from preprocess.assign.settings import AssignSettings, Wishes
from preprocess.assign.share import Placement, Shared, share_out
from preprocess.schedule.arrange import Members, Span, Way, arrange
from preprocess.schedule.cuts import end_of, instants
from preprocess.schedule.likeness import alike
from preprocess.schedule.settings import ScheduledLayer, ScheduleSettings
from preprocess.schedule.spacing import Spacing
from preprocess.style.model import StyleMovement
from preprocess.track.values import Beat, Section, Track

MEASURES = 17
STRATEGIES = ("arc", "colours", "walk", "contrast", "random", "chronological")


def clip_rows(count: int, sources: int, seed: int) -> list[tuple[object, ...]]:
    """Rows as the catalogue gives them."""
    chance = np.random.default_rng(seed)
    return [
        (
            *(f"clip-{number:03d}", f"s{number % sources}", number * 100, number * 100 + int(chance.integers(20, 200))),
            *(0, 0, 25, 1, f"/videos/s{number % sources}.mov".encode(), int(chance.integers(100))),
            *(int(chance.random() < 0.4), 0, f'[["c", "#{int(chance.integers(2**24)):06x}", 1.0]]', 0, 20),
            *(round(float(value), 2) for value in chance.random(MEASURES)),
        )
        for number in range(count)
    ]


def track_of(onsets_s: list[float], duration_s: float) -> Track:
    onsets = tuple(Onset(at_s, 0.2 + 0.8 * (number % 3) / 2) for number, at_s in enumerate(onsets_s))
    beats = tuple(Beat(round(0.5 * number, 6), number % 4 == 0) for number in range(int(duration_s * 2)))
    return Track("", "t.flac", duration_s, 120.0, onsets, beats, (Section(0, duration_s, 1.0, "A"),), bytes(100))


tracks = st.lists(st.integers(1, 800), min_size=1, max_size=80, unique=True).map(
    lambda hundredths: track_of([each / 100 for each in sorted(hundredths)], 8.1)
)


@st.composite
def members(draw: st.DrawFn, least: int = 0) -> Members:
    count = draw(st.integers(least, 24))
    return members_of(clip_rows(count, draw(st.integers(1, 6)), draw(st.integers(0, 99))))


def members_of(rows: list[tuple[object, ...]]) -> Members:
    clips = clips_of(rows)
    score = clips.measures["motion"] - 0.5
    return Members(clips, score, [f"why {slug}" for slug in clips.slugs], alike(clips, None), {})


@st.composite
def ways(draw: st.DrawFn) -> Way:
    wanted = ScheduleSettings(
        strategy=draw(st.sampled_from(STRATEGIES)),
        arc=draw(st.sampled_from(("arch", "rise", "fall", "music"))),
        cut_every_s=draw(st.sampled_from((0.2, 0.5, 1.0, 3.0))),
        duration_s=draw(st.sampled_from((4.0, 12.0, 30.0))),
        no_repeat_within=draw(st.integers(0, 12)),
        most_in_a_row=draw(st.integers(1, 3)),
        cuts=draw(st.sampled_from(("onsets", "beats", "bars"))),
    )
    layers = (ScheduledLayer(name="base"), ScheduledLayer(name="echo", every=3, transition_s=0.4))
    return Way(wanted, layers[: draw(st.integers(1, 2))], draw(st.none() | tracks), "seed")


def span_of(way: Way, begin_s: float = 0.0) -> Span:
    wanted = way.settings
    until_s = begin_s + 2 * wanted.duration_s
    changes_s = way.track.changes_until(until_s) if way.track else []
    end_s = end_of(begin_s, wanted.duration_s, instants(way.track, until_s, "onsets"), changes_s)
    return Span(begin_s, end_s, instants(way.track, until_s, wanted.cuts))


@settings(max_examples=200, deadline=None)
@given(members(), ways(), st.sampled_from((0.0, 8.5)))
def test_a_schedule_fills_its_movement_and_is_cut_on_the_music(members: Members, way: Way, begin_s: float) -> None:
    span = span_of(way, begin_s)
    rows = arrange(members, span, way)
    on_the_music = {round(each.at_s, 6) for each in span.instants}
    for layer in way.layers:
        mine = [row for row in rows if row.layer == layer.name]
        assert mine[0].start_s == 0
        assert all(abs(b.start_s - a.end_s) < 2e-6 for a, b in pairwise(mine))
        assert abs(sum(row.duration_s for row in mine) - (span.end_s - begin_s)) < 1e-5
        if on_the_music:
            assert {round(begin_s + row.start_s, 6) for row in mine[1:]} <= on_the_music
        assert all((row.clip is None) == (len(members.clips) == 0) for row in mine)
    assert [row.order for row in rows] == list(range(1, len(rows) + 1))


@settings(max_examples=200, deadline=None)
@given(members(least=1), ways())
def test_no_clip_comes_again_too_soon_and_all_come_before_one_does(members: Members, way: Way) -> None:
    rows = arrange(members, span_of(way), way)
    count = len(members.clips)
    gap = min(way.settings.no_repeat_within, count - 1)
    for layer in way.layers:
        shown = [row.clip for row in rows if row.layer == layer.name]
        for at, clip in enumerate(shown):
            assert clip not in shown[max(0, at - gap) : at]
        for begin in range(0, len(shown), count):
            turn = shown[begin : begin + count]
            assert len(set(turn)) == len(turn)


@settings(max_examples=200, deadline=None)
@given(members(least=1), ways())
def test_rows_show_what_their_clips_hold(members: Members, way: Way) -> None:
    lasts = dict(zip(members.clips.slugs, members.clips.duration_s, strict=True))
    for row in arrange(members, span_of(way), way):
        assert row.clip is not None
        assert 0 <= row.in_s < lasts[row.clip]
        if row.duration_s <= lasts[row.clip]:
            assert row.in_s + row.duration_s <= lasts[row.clip] + 1e-6


@settings(max_examples=100, deadline=None)
@given(st.data(), ways())
def test_the_order_of_the_catalogues_rows_changes_nothing(data: st.DataObject, way: Way) -> None:
    rows = clip_rows(data.draw(st.integers(1, 16)), 3, data.draw(st.integers(0, 99)))
    shuffled = data.draw(st.permutations(rows))
    assert arrange(members_of(rows), span_of(way), way) == arrange(members_of(shuffled), span_of(way), way)


@settings(deadline=None)
@given(st.integers(2, 20), st.integers(1, 4), st.integers(1, 3), st.integers(0, 999))
def test_sources_take_turns_where_they_can(count: int, sources: int, most: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    source_of = [int(each) for each in chance.integers(0, sources, count)]
    order = [int(each) for each in chance.permutation(count)]
    shown = [source_of[clip] for clip in Spacing(source_of, 0, most).spaced(order, range(count), lambda slot: ())]
    largest = max(source_of.count(source) for source in range(sources))
    if largest <= most * (count - largest + 1) and most > 1:
        longest = max(len(run) for run in runs(shown))
        assert longest <= most + 1  # the greedy order keeps to it but for a last one
    assert sorted(shown) == sorted(source_of)


def runs(values: list[int]) -> list[list[int]]:
    found = [[values[0]]]
    for value in values[1:]:
        if value == found[-1][-1]:
            found[-1].append(value)
        else:
            found.append([value])
    return found


# Sharing out


@given(st.integers(0, 200), st.lists(st.floats(0.1, 10), min_size=1, max_size=8))
def test_rooms_are_whole_and_sum_up(count: int, shares: list[float]) -> None:
    found = rooms(count, shares)
    assert found.sum() == count
    assert (np.abs(found - count * np.array(shares) / sum(shares)) < 1 + 1e-6).all()


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(1, 3), st.integers(0, 10_000))
def test_no_other_sharing_out_has_a_higher_sum(count: int, movements: int, seed: int) -> None:
    scores = np.round(np.random.default_rng(seed).normal(size=(count, movements)), 1)
    room = rooms(count, np.ones(movements))
    chosen, _ = balanced(scores, room)
    assert np.array_equal(np.bincount(chosen, minlength=movements), room)
    places = np.repeat(np.arange(movements), room)
    best = max(scores[range(count), list(order)].sum() for order in set(permutations(places)))
    assert scores[range(count), chosen].sum() == pytest.approx(best)


@st.composite
def placements(draw: st.DrawFn, slugs: tuple[str, ...], names: tuple[str, ...]) -> list[Placement]:
    keys = draw(st.lists(st.tuples(st.sampled_from(slugs), st.sampled_from(names)), unique=True, max_size=12))
    return [Placement(slug, name, draw(st.sampled_from(("pin", "ban")))) for slug, name in keys]


@settings(max_examples=200, deadline=None)
@given(st.data(), st.integers(1, 20), st.integers(0, 99))
def test_pins_and_bans_hold_and_nobody_starves(data: st.DataObject, count: int, seed: int) -> None:
    clips = clips_of(clip_rows(count, data.draw(st.integers(1, 5)), seed))
    names = ("calm", "wild", "others")
    said = data.draw(placements(clips.slugs, names))
    fewest = data.draw(st.integers(1, 4))
    shared = shared_out(clips, names, said, fewest)
    found = {(each.slug, each.movement): each for each in shared.assignments}
    for placement in said:
        key = (placement.slug, placement.movement)
        assert (key in found) == (placement.kind == "pin")
        if placement.kind == "pin":
            assert found[key].pinned
    pinned = {placement.slug for placement in said if placement.kind == "pin"}
    for name in names:
        allowed = count - sum(each.kind == "ban" and each.movement == name for each in said)
        mine = [each for each in shared.assignments if each.movement == name]
        assert len(mine) >= min(fewest, allowed)
        assert all(each.why for each in mine)
    assert {slug for slug, _ in found} | {each.slug for each in said if each.kind == "ban"} >= set(clips.slugs) - pinned


def shared_out(clips: Clips, names: tuple[str, ...], said: list[Placement], fewest: int) -> Shared:
    wishes = (Wishes(measures={"motion": -1}), Wishes(measures={"motion": 1, "contrast": 0.5}), Wishes())
    movements = [StyleMovement(name=name, wishes=each) for name, each in zip(names, wishes, strict=True)]
    suited = [suitability(movement, clips, {}, None) for movement in movements]
    return share_out(clips, suited, [1.0] * len(names), said, AssignSettings(fewest=fewest))


@settings(max_examples=100, deadline=None)
@given(st.data(), st.integers(1, 20), st.integers(0, 99))
def test_the_order_of_rows_does_not_change_who_gets_what(data: st.DataObject, count: int, seed: int) -> None:
    rows = clip_rows(count, 3, seed)
    names = ("calm", "wild", "others")
    one = shared_out(clips_of(rows), names, [], 2)
    other = shared_out(clips_of(data.draw(st.permutations(rows))), names, [], 2)
    assert one == other
