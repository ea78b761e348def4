"""Any file: stills, rotation, colour tags, files whose packets do not tell their frames, and what decoding costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engine.errors import FrameError, SourceError
from engine.formats.frame_times import FrameTimes, frame_times
from engine.media import any_file
from engine.media.any_file import AnyFileSource
from engine.media.av_pictures import picture_from
from engine.media.buffers import BufferPool
from engine.media.frame_window import FrameWindow
from engine.model.clips import Clip, Codec
from engine.model.pictures import FrameRef, Layout, Matrix
from tests.media_support import clip_of, encode, frame_pixels, read_number

REF = FrameRef("clip", 0)


def any_clip(file: Path, count: int = 1) -> Clip:
    return clip_of(file, Codec.OTHER, count)


@pytest.mark.parametrize("name", ["still.png", "100% %03d #1 'naïve'.png", "-dash.bmp", "a:b.tiff"])
def test_a_still_is_one_frame_whatever_its_name(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    plain = tmp_path / ("plain" + file.suffix)
    codec = {".png": "png", ".bmp": "bmp", ".tiff": "tiff"}[file.suffix]
    encode(plain, codec, "rgb24" if codec != "bmp" else "bgr24", [77])
    plain.rename(file)
    source = AnyFileSource(any_clip(file), BufferPool())
    picture = source.read(0)
    assert (picture.layout, read_number(picture)) == (Layout.RGBA, 77)
    with pytest.raises(FrameError):
        source.read(1)
    source.close()


@pytest.mark.parametrize(("degrees", "turns"), [(0, 0), (90, 3), (180, 2), (270, 1)])
def test_rotation_is_told_in_turns_clockwise(degrees: int, turns: int, tmp_path: Path) -> None:
    # FFmpeg's angle is anticlockwise: a picture that is to be turned 90° anticlockwise needs three turns clockwise.
    file = encode(tmp_path / "a.mp4", "libx264", "yuv420p", range(3), turned_deg=degrees)
    source = AnyFileSource(any_clip(file, 3), BufferPool())
    picture = source.read(2)
    assert (picture.upright_turns, picture.width, picture.height) == (turns, 128, 96)
    source.close()


@pytest.mark.parametrize(
    ("pixel_format", "height", "tags", "matrix", "full"),
    [
        ("yuv420p", 576, (2, 0), Matrix.BT601, False),
        ("yuv420p", 578, (2, 0), Matrix.BT709, False),
        ("yuv420p", 96, (1, 0), Matrix.BT709, False),
        ("yuv420p", 720, (6, 0), Matrix.BT601, False),
        ("yuv420p", 720, (5, 2), Matrix.BT601, True),
        ("yuv420p10le", 96, (9, 1), Matrix.BT709, False),
        ("yuvj422p", 96, (2, 0), Matrix.BT601, True),
        ("gray", 96, (2, 0), Matrix.BT601, True),
        ("gray", 96, (2, 1), Matrix.BT601, False),
    ],
)
def test_matrix_and_range_are_the_tags_or_the_usual_guess(
    pixel_format: str, height: int, tags: tuple[int, int], matrix: Matrix, full: bool
) -> None:
    frame = av.VideoFrame(64, height, pixel_format)
    frame.colorspace, frame.color_range = tags
    picture = picture_from(frame, REF, BufferPool())
    assert (picture.matrix, picture.full_range) == (matrix, full)


@pytest.mark.parametrize(
    ("packed", "planar"),
    [("yuyv422", "yuv422p"), ("nv12", "yuv420p"), ("uyvy422", "yuv422p"), ("p010le", "yuv420p10le")],
)
def test_packed_yuv_becomes_planes_sample_for_sample(packed: str, planar: str) -> None:
    planes = av.VideoFrame.from_ndarray(frame_pixels(5), format="rgb24").reformat(format=planar)
    expected = picture_from(planes, REF, BufferPool())
    got = picture_from(planes.reformat(format=packed), REF, BufferPool())
    assert got.layout is expected.layout
    assert all(np.array_equal(*pair) for pair in zip(got.planes, expected.planes, strict=True))


def test_yuv_with_alpha_becomes_rgba() -> None:
    rgba = np.dstack((frame_pixels(9), np.tile(np.arange(128, dtype=np.uint8) * 2, (96, 1))))
    frame = av.VideoFrame.from_ndarray(rgba, format="rgba").reformat(format="yuva444p")
    picture = picture_from(frame, REF, BufferPool())
    assert picture.layout is Layout.RGBA
    off = np.abs(picture.planes[0].astype(int) - rgba)
    assert off[..., 3].max() <= 1
    assert off[..., :3].max() <= 4  # there and back in 8 bits


def raw_h264(tmp_path: Path, count: int = 20) -> Path:
    """An H.264 stream without a container: no timestamps."""
    source = encode(tmp_path / "a.mp4", "libx264", "yuv420p", range(count), options={"g": "10", "bf": "2"})
    file = tmp_path / "a.h264"
    with av.open(str(source)) as given, av.open(str(file), "w") as made:
        stream = made.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(given.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                made.mux(packet)
    return file


def test_a_stream_without_timestamps_is_counted(tmp_path: Path) -> None:
    file = raw_h264(tmp_path)
    assert not frame_times(file).timed
    source = AnyFileSource(any_clip(file, 20), BufferPool())
    for index in (19, 0, 7, 8, 3, 19):
        assert read_number(source.read(index)) == index
    source.close()


def test_a_file_lost_under_an_open_source_is_a_source_error_and_stays_one(tmp_path: Path) -> None:
    file = raw_h264(tmp_path, 40)
    pool = BufferPool()
    source = AnyFileSource(any_clip(file, 40), pool, FrameWindow(0))
    pool.give(source.read(39).planes)
    file.unlink()
    for _ in range(2):  # without timestamps, frame 0 is had by opening the file again
        with pytest.raises(SourceError) as caught:
            source.read(0)
        assert not isinstance(caught.value, FrameError)
    source.close()
    assert pool.out_count == 0


@pytest.fixture
def decoded_frames(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """The timestamp of every frame that a source decodes from here on."""
    seen: list[int | None] = []
    real = any_file.decoded

    def watched(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
        for frame in real(container, stream):
            seen.append(frame.pts)
            yield frame

    monkeypatch.setattr(any_file, "decoded", watched)
    return seen


def frame_bytes(file: Path) -> int:
    """What one decoded frame of `file` takes in a window."""
    with av.open(str(file)) as container:
        return sum(plane.buffer_size for plane in next(container.decode(video=0)).planes)


_TWO_GROUPS = {"g": "30", "bf": "2", "keyint_min": "30", "sc_threshold": "0"}


def test_playing_either_way_decodes_each_frame_about_once(tmp_path: Path, decoded_frames: list[int | None]) -> None:
    file = encode(tmp_path / "a.mp4", "libx264", "yuv420p", range(60), options=_TWO_GROUPS)
    source = AnyFileSource(any_clip(file, 60), BufferPool(), FrameWindow(32 * frame_bytes(file)))
    for index in range(60):
        assert read_number(source.read(index)) == index
    assert len(decoded_frames) == 60
    for index in reversed(range(60)):
        assert read_number(source.read(index)) == index
    # The last 32 are kept; then the group before is decoded once more, and no other.
    assert len(decoded_frames) == 60 + 28
    source.close()


def test_the_window_is_bounded_for_all_files_together(tmp_path: Path, decoded_frames: list[int | None]) -> None:
    files = [encode(tmp_path / f"{name}.mp4", "libx264", "yuv420p", range(20)) for name in "ab"]
    size = frame_bytes(files[0])
    window = FrameWindow(8 * size)
    left, right = (AnyFileSource(any_clip(file, 20), BufferPool(), window) for file in files)
    left.read(19)
    assert window.nbytes == 8 * size
    right.read(5)  # takes six of the eight places
    assert window.nbytes == 8 * size
    del decoded_frames[:]
    left.read(18)
    right.read(0)
    assert not decoded_frames
    left.read(17)
    assert decoded_frames
    left.close()
    right.close()
    assert window.nbytes == 0


def test_a_frame_above_the_bound_is_shown_and_not_kept(tmp_path: Path) -> None:
    file = encode(tmp_path / "a.mp4", "libx264", "yuv420p", range(10))
    window = FrameWindow(1000)
    source = AnyFileSource(any_clip(file, 10), BufferPool(), window)
    for index in (7, 2, 9):
        assert read_number(source.read(index)) == index
        assert window.nbytes == 0
    source.close()


def test_a_read_that_is_abandoned_gives_the_frame_it_reached_and_goes_on_from_there(
    tmp_path: Path, decoded_frames: list[int | None]
) -> None:
    file = encode(tmp_path / "a.mp4", "libx264", "yuv420p", range(60), options=_TWO_GROUPS)
    waited_for = set[int]()
    pool = BufferPool()
    source = AnyFileSource(
        any_clip(file, 60), pool, FrameWindow(1 << 30), abandoned=lambda ref: ref.index not in waited_for
    )
    for reached in (30, 31, 32):  # the group begins at 30; each call comes one frame further
        picture = source.read(50)
        assert (picture.ref, read_number(picture)) == (FrameRef("clip", reached), reached)
        pool.give(picture.planes)
    waited_for.add(50)
    picture = source.read(50)
    assert (picture.ref, read_number(picture)) == (FrameRef("clip", 50), 50)
    assert len(decoded_frames) == 21
    waited_for.clear()
    for index in (50, 41, 30):  # what is kept is had without asking
        assert source.read(index).ref.index == index
    assert len(decoded_frames) == 21
    source.close()


def test_a_file_cut_short_keeps_its_first_frames(tmp_path: Path) -> None:
    whole = encode(tmp_path / "a.mkv", "ffv1", "yuv420p", range(10), options={"g": "1"})
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    source = AnyFileSource(any_clip(cut, 10), BufferPool())
    assert [read_number(source.read(index)) for index in (3, 0, 2)] == [3, 0, 2]
    with pytest.raises(FrameError):
        source.read(9)
    source.close()


@pytest.mark.parametrize("content", [b"", b"notes, not a movie\n" * 50])
def test_what_is_no_movie_is_a_source_error(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "a.mov"
    file.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        AnyFileSource(any_clip(file), BufferPool())
    assert not isinstance(caught.value, FrameError)


def test_frame_times_are_read_again_when_the_file_changes(tmp_path: Path) -> None:
    file = encode(tmp_path / "a.mkv", "ffv1", "yuv420p", range(4))
    first = frame_times(file)
    assert frame_times(file) is first
    encode(file, "ffv1", "yuv420p", range(9))
    assert (len(first), len(frame_times(file))) == (4, 9)


def test_the_key_frame_before() -> None:
    times = FrameTimes(np.arange(0, 300, 10), np.array([2, 10, 20]))
    assert [times.key_before(index, 0) for index in (0, 2, 9, 10, 29)] == [0, 2, 2, 10, 20]
    assert [times.key_before(25, back) for back in (0, 1, 2, 3)] == [20, 10, 2, 0]
    assert [times.index_at(pts) for pts in (0, 290, 15, 300, -1, None)] == [0, 29, None, None, None, None]


def test_a_picture_is_converted_to_the_same_pixels_each_time() -> None:
    # 854 is a width at which the slices of swscale's threads differ from run to run where they meet.
    width, height, pool = 854, 480, BufferPool()
    noise = np.random.default_rng(1).integers(0, 256, (height, width, 4), dtype=np.uint8)
    frame = av.VideoFrame.from_ndarray(noise, format="rgba").reformat(format="yuva420p", threads=1)
    found = {picture_from(frame, FrameRef("clip", number), pool).planes[0].tobytes() for number in range(24)}
    assert len(found) == 1
