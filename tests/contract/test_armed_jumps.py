"""A jump that was armed is on the next frame shown: the loop's own parts, real clips, and time passed in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from engine.core.figures import Figures
from engine.core.planner import plan
from engine.core.prefetch import Prefetch
from engine.core.step import advanced, begun, history, stepped
from engine.media.buffers import BufferPool
from engine.media.frame_source import FrameSource, open_source
from engine.media.frame_store import FrameStore
from engine.media.spread import ALONE, Spread
from engine.model.clips import Clip, Codec
from engine.model.pictures import Hit, Picture
from engine.model.world import World
from tests.media_support import clip_of, encode, read_number
from tests.world_support import rows, world

PERIOD_S = 1 / 60
FRAMES = 100  # 4 s
SLOW_S = 0.2


class Brake:
    """Sources whose frames named in `held` take until `released` is set, as on a disk that stumbles."""

    def __init__(self) -> None:
        self.held: set[tuple[str, int]] = set()
        self.released = threading.Event()

    def open(self, clip: Clip, pool: BufferPool) -> FrameSource:
        return BrakedSource(open_source(clip, pool), self)


class BrakedSource:
    def __init__(self, source: FrameSource, brake: Brake) -> None:
        self._source, self._brake = source, brake
        self.clip, self.close = source.clip, source.close

    def read(self, index: int, spread: Spread = ALONE) -> Picture:
        if (self.clip.slug, index) in self._brake.held:
            assert self._brake.released.wait(30), "a braked frame was never let go"
        return self._source.read(index, spread)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Clip]:
    folder = tmp_path_factory.mktemp("clips")
    return {
        slug: clip_of(
            encode(folder / f"{slug}.mov", "mjpeg", "yuvj420p", range(FRAMES)), Codec.MJPEG, FRAMES, slug=slug
        )
        for slug in ("a", "b", "c")
    }


class Show:
    """The loop's own calls for one tick after another; between two, decoding gets the time that it needs."""

    def __init__(self, made: World, store: FrameStore, figures: Figures, brake: Brake) -> None:
        self.world, self.store, self.figures, self.braked = made, store, figures, brake.held
        self.past, self.prefetch, self.ticks = history(begun(made)), Prefetch(made), 0

    def tick(self, *, settle: bool = True) -> None:
        now_s = self.ticks * PERIOD_S
        self.ticks += 1
        self.past = stepped(self.world, self.past, (), now_s)
        state = advanced(self.world, self.past.head, now_s + PERIOD_S)
        picture = plan(self.world, state, now_s + PERIOD_S)
        found = self.store.frames_for(picture)
        for ref, lookup in found.items():
            if isinstance(lookup, Hit):
                assert read_number(lookup.picture) == ref.index
        wanted = self.prefetch.wanted(state, self.past.event_count, now_s + PERIOD_S, PERIOD_S)
        self.store.want(wanted)
        due = {item.ref for item in wanted} - set(found) - self.braked
        while settle and self.figures.samples("read_ahead").last < len(due):
            self.store.exact_frames_for(picture)
            self.store.want(wanted)

    def count(self, name: str) -> int:
        return self.figures.counter(name).count


@pytest.fixture
def brake() -> Iterator[Brake]:
    brake = Brake()
    yield brake
    brake.released.set()


def stage(clips: dict[str, Clip], brake: Brake) -> tuple[World, FrameStore, Figures]:
    """Onsets move two layers, and schedule rows, a loop and a second movement a third."""
    made = world(
        clips=clips.values(),
        layers=[
            {"name": "jumps", "on_onset": {"action": "jump"}},
            {"name": "others", "on_onset": {"action": "random_clip"}},
            {"name": "rows", "out_s": 1.0},
        ],
        movements=[("one", 2.5, rows("rows", ("a", 1.2), ("b", 0.7), ("c", 0.6))), ("two", 2.0, ())],
        onsets=[0.31 + 0.29 * number for number in range(12)],
        track_s=4.5,
        seed=11,
    )
    figures = Figures()
    store = FrameStore(made.loaded.clips, figures=figures, cache_bytes=64 << 20, workers=2, open_clip=brake.open)
    return made, store, figures


def test_every_jump_of_a_show_is_on_the_next_frame_shown(clips: dict[str, Clip], brake: Brake) -> None:
    made, store, figures = stage(clips, brake)
    with store:
        show = Show(made, store, figures, brake)
        show.tick()
        misses = show.count("preread_misses")
        for _ in range(int(4.4 / PERIOD_S)):
            show.tick()
    assert show.count("onsets") == 0  # the player counts them; here the state does
    assert show.past.head.onset_number == 12
    assert show.count("preread_misses") == misses
    assert show.count("armed_jump_misses") == 0


def test_a_decode_slowed_by_a_fifth_of_a_second_makes_one_miss(clips: dict[str, Clip], brake: Brake) -> None:
    made, store, figures = stage(clips, brake)
    track = made.tracks[0]
    assert track is not None
    calm = replace(made, tracks=(replace(track, onsets=track.onsets[:1]),))  # at 0.31 s
    past, foresight = history(begun(calm)), Prefetch(calm)
    soon = [
        item
        for tick in range(1, 10)
        for item in foresight.wanted(advanced(calm, past.head, tick * PERIOD_S), 0, tick * PERIOD_S, PERIOD_S)
    ]
    target = next(item.ref for item in soon if item.armed and item.needed_at_s == pytest.approx(0.31))
    brake.held.add(target)
    with store:
        show = Show(calm, store, figures, brake)
        while show.ticks * PERIOD_S < 0.31 + SLOW_S:
            show.tick(settle=show.ticks * PERIOD_S < 0.29)
        assert show.count("armed_jump_misses") == 1
        brake.released.set()
        show.tick()
        assert show.count("armed_jump_misses") == 1
        assert figures.samples("last_miss_wait_ms").count >= 1
