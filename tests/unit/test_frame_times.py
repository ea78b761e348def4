"""What a file says of its frames before they are decoded: by its index where that is exact, else by its packets."""

from __future__ import annotations

import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.formats import frame_times as module
from engine.formats.frame_times import Packets, frame_times, packets_of
from engine.formats.movie import probe, read_movie
from engine.formats.movie_file import open_picture
from engine.formats.seek_cost import SeekCost, SeekTrial, seek_verdict
from engine.media.buffers import BufferPool
from engine.media.frame_source import open_source
from tests.media_support import encode, read_number
from tests.support import need_program

_B_FRAMES = {"g": "10", "bf": "2", "keyint_min": "10", "sc_threshold": "0"}


def packets(file: Path) -> Packets:
    container, stream = open_picture(file)
    with container:
        return packets_of(container, stream, file)


@pytest.fixture
def unwalked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test whose file's packets are walked."""

    def walk(*given: object) -> Packets:
        raise AssertionError("the whole file was read")

    monkeypatch.setattr(module, "_from_walk", walk)


@pytest.mark.parametrize(
    ("codec", "pixel_format"), [("prores_ks", "yuv422p10le"), ("mjpeg", "yuvj420p"), ("png", "rgb24")]
)
@pytest.mark.parametrize("times", [None, [0, 1, 2, 9, 10, 30, 31, 32]])
def test_an_exact_index_tells_the_same_as_the_packets(
    codec: str, pixel_format: str, times: list[int] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = encode(tmp_path / "a.mov", codec, pixel_format, range(8), times=times)
    with monkeypatch.context() as patch:
        patch.setattr(module, "_from_index", lambda *given: None)
        walked = packets(file)
    monkeypatch.setattr(module, "_from_walk", None)
    indexed = packets(file)
    assert (indexed.count, indexed.presented) == (walked.count, walked.presented) == (8, True)
    np.testing.assert_array_equal(indexed.stamps, walked.stamps)
    np.testing.assert_array_equal(indexed.keys, walked.keys)


@pytest.mark.usefixtures("unwalked")
def test_reading_a_show_and_opening_its_clip_reads_no_file_whose_index_is_exact(tmp_path: Path) -> None:
    file = encode(tmp_path / "a.mov", "prores_ks", "yuv422p10le", range(30))
    assert probe(file, "a").frame_count == len(frame_times(file)) == 30


def test_a_file_is_walked_once_for_the_show_and_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = encode(tmp_path / "a.mp4", "libx264", "yuv420p", range(30), options=_B_FRAMES)
    walks, real = [], module._from_walk
    monkeypatch.setattr(module, "_from_walk", lambda *given: walks.append(given) or real(*given))
    assert probe(file, "a").frame_count == len(frame_times(file)) == 30
    assert len(walks) == 1


def test_reordered_frames_are_not_taken_from_the_index(tmp_path: Path) -> None:
    file = encode(tmp_path / "a.mp4", "libx264", "yuv420p", range(30), options=_B_FRAMES)
    found = packets(file)
    assert found.stamps is not None
    assert found.stamps[0] == 0
    assert found.keys.tolist() == [0, 10, 20]


def test_an_edit_list_that_leaves_frames_out_is_heeded(tmp_path: Path) -> None:
    """As an editor cuts without writing the film anew: the first frames are in the file, and not in the film."""
    whole = encode(tmp_path / "a.mov", "prores_ks", "yuv422p10le", range(20))
    cut = tmp_path / "cut.mov"
    program = need_program("ffmpeg", "ffmpeg")
    command = [program, "-v", "error", "-itsoffset", "-0.2", "-i", str(whole), "-c", "copy", "-movflags", "+faststart"]
    subprocess.run([*command, "-avoid_negative_ts", "disabled", str(cut)], check=True, timeout=60)
    clip = probe(cut, "a")
    source = open_source(clip, BufferPool())
    found = [read_number(source.read(index)) for index in range(clip.frame_count)]
    source.close()
    assert found == list(range(5, 20))


def test_a_fragmented_file_has_all_its_frames(tmp_path: Path) -> None:
    whole = encode(tmp_path / "a.mov", "prores_ks", "yuv422p10le", range(20))
    file = tmp_path / "fragments.mov"
    with (
        av.open(str(whole)) as given,
        av.open(str(file), "w", options={"movflags": "frag_keyframe+empty_moov"}) as made,
    ):
        stream = made.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(given.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                made.mux(packet)
    assert len(frame_times(file)) == 20


@pytest.mark.usefixtures("unwalked")
def test_an_index_that_promises_more_than_the_file_holds_is_cut(tmp_path: Path) -> None:
    whole = encode(tmp_path / "a.mov", "prores_ks", "yuv422p10le", range(20))
    front = tmp_path / "front.mov"
    with av.open(str(whole)) as given, av.open(str(front), "w", options={"movflags": "faststart"}) as made:
        stream = made.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(given.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                made.mux(packet)
    with av.open(str(front)) as container:
        entries = list(container.streams.video[0].index_entries)
    cut = tmp_path / "cut.mov"
    cut.write_bytes(front.read_bytes()[: entries[12].pos + entries[12].size // 2])
    assert packets(cut).count == 12


def test_a_clip_counts_the_frames_that_decode_where_its_packets_tell_none_apart(tmp_path: Path) -> None:
    file = tmp_path / "a.h264"  # a stream without a container: no timestamps
    encode(file, "libx264", "yuv420p", range(20), options=_B_FRAMES)
    assert not frame_times(file).timed
    assert probe(file, "a").frame_count == len(frame_times(file)) == 20


@given(st.integers(1, 400).flatmap(lambda count: st.tuples(st.just(count), st.sets(st.integers(0, count - 1)))))
def test_the_cost_of_a_seek_is_the_way_from_the_key_frame(given: tuple[int, set[int]]) -> None:
    count, keys = given
    cost = SeekCost.of(count, np.array(sorted(keys), np.int64))
    ways, begin = [], 0
    for index in range(count):
        begin = index if index in keys else begin
        ways.append(index - begin + 1)
    assert (cost.worst_frames, cost.worst_index) == (max(ways), ways.index(max(ways)))
    assert cost.mean_frames == pytest.approx(sum(ways) / count)
    assert cost.stands_alone == (max(ways) == 1)


def test_a_movie_knows_what_seeking_in_it_costs(tmp_path: Path) -> None:
    long = read_movie(encode(tmp_path / "a.mp4", "libx264", "yuv420p", range(25), options=_B_FRAMES))
    assert (long.seek_cost.worst_frames, long.seek_cost.worst_index) == (10, 9)
    assert str(long.seek_cost) == "a seek decodes up to 10 frames, 5 on average"
    alone = read_movie(encode(tmp_path / "b.mov", "prores_ks", "yuv422p10le", range(5)))
    assert alone.seek_cost.stands_alone


@pytest.mark.parametrize(
    ("frames", "trial", "scrubs", "said"),
    [
        (1, SeekTrial(4.2, 5.0), True, "scrubs, at 4.2 ms a frame"),
        (1, SeekTrial(60, 90), False, "scrubs slowly: 60 ms a frame"),
        (250, SeekTrial(300, 612), False, "will not scrub: a seek decodes up to 250 frames"),
        (12, SeekTrial(10, 20), True, "scrubs, at 10.0 ms a frame (a seek decodes up to 12 frames"),
    ],
)
def test_the_verdict_compares_the_longest_seek_with_the_time_of_a_frame(
    frames: int, trial: SeekTrial, scrubs: bool, said: str
) -> None:
    verdict = seek_verdict(SeekCost(frames / 2, frames, frames - 1), trial, 40, "build it")
    assert verdict.scrubs is scrubs
    assert verdict.words.startswith(said)
    assert verdict.mend == ("" if scrubs else "build it")
