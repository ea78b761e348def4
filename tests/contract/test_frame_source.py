"""One contract for every frame source: the right frame, at any index, in any order, whatever else is damaged."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from engine.errors import FrameError, SourceError
from engine.media.any_file import AnyFileSource
from engine.media.buffers import BufferPool
from engine.media.frame_source import FrameSource, open_source
from engine.media.hap import HapSource
from engine.media.image_files import ImageFilesSource
from engine.media.mjpeg import AvJpegDecoder, MjpegSource, TurboJpegDecoder
from engine.media.turbojpeg import library
from engine.model.clips import Clip, Codec
from engine.model.pictures import FrameRef, Layout, Picture
from tests.hap_support import make_hap
from tests.media_support import clip_of, damaged_copy, encode, encode_hap, image_sequence, packets_of, read_number
from tests.support import absent

FIRST = 1000  # the number of frame 0: no index is right by chance
VARIABLE_TIMES = [0, 1, 2, 9, 10, 30, 31, 32, 33, 60, 61, 90]


def turbo(clip: Clip, pool: BufferPool) -> FrameSource:
    if library() is None:
        absent("libjpeg-turbo", "libturbojpeg0")
    return MjpegSource(clip, pool, TurboJpegDecoder)


def pyav(clip: Clip, pool: BufferPool) -> FrameSource:
    return MjpegSource(clip, pool, AvJpegDecoder)


@dataclass(frozen=True)
class Case:
    """A kind of clip and the source under test; `lone` is a frame that no other needs, its packet at the same place.

    None where damage to one packet changes what the container says of the others.
    """

    make: Callable[[Path], Path | Clip]
    codec: Codec
    layout: Layout
    open: Callable[[Clip, BufferPool], FrameSource]
    count: int = 12
    lone: int | None = 5


def numbers(count: int) -> range:
    return range(FIRST, FIRST + count)


def movie(name: str, codec: str, pixel_format: str, count: int = 12, **how: object) -> Callable[[Path], Path]:
    return lambda folder: encode(folder / name, codec, pixel_format, numbers(count), **how)  # type: ignore[arg-type]


def hap(kind: str, *options: str) -> Callable[[Path], Path]:
    return lambda folder: encode_hap(folder / "hap.mov", kind, numbers(12), options=options)


def images(suffix: str) -> Callable[[Path], Clip]:
    return lambda folder: image_sequence(folder, numbers(12), suffix=suffix)


def hap_by_hand(codec: Codec, layout: Layout, chunks: int = 0) -> Case:
    return Case(lambda folder: make_hap(folder, codec, numbers(12), chunks=chunks), codec, layout, open_source)


_MJPEG = movie("mjpeg.mov", "mjpeg", "yuvj420p")
# Two groups of 30 frames with three B-frames between references; the last packet of the file is its last frame.
_LONG_GOP = {"g": "30", "bf": "3", "keyint_min": "30", "sc_threshold": "0", "x264-params": "b-adapt=0:b-pyramid=none"}
_ONE_GOP = {"g": "250", "bf": "0"}
_B_FRAMES = {"g": "6", "bf": "2"}
# Groups that begin with frames which refer to the group before.
_OPEN_GOP = {**_B_FRAMES, "g": "12", "x264-params": "open-gop=1:b-adapt=0:b-pyramid=normal:scenecut=0"}
_OPEN_HEVC = {"x265-params": "keyint=12:min-keyint=12:open-gop=1:bframes=3:b-adapt=0:scenecut=0:log-level=none"}
CASES = {
    "mjpeg by libjpeg-turbo": Case(_MJPEG, Codec.MJPEG, Layout.YUV, turbo),
    "mjpeg by PyAV": Case(_MJPEG, Codec.MJPEG, Layout.YUV, pyav),
    "mjpeg as any file": Case(_MJPEG, Codec.OTHER, Layout.YUV, open_source),
    "hap": Case(hap("hap"), Codec.HAP, Layout.BC1, open_source),
    "hap in chunks": Case(hap("hap", "-chunks", "4"), Codec.HAP, Layout.BC1, open_source),
    "hap without snappy": Case(hap("hap", "-compressor", "none"), Codec.HAP, Layout.BC1, open_source),
    "hap_alpha": Case(hap("hap_alpha"), Codec.HAP_ALPHA, Layout.BC3, open_source),
    "hap_q": Case(hap("hap_q"), Codec.HAP_Q, Layout.BC3_YCOCG, open_source),
    "hap_q_alpha": hap_by_hand(Codec.HAP_Q_ALPHA, Layout.BC3_YCOCG_BC4),
    "hap_q_alpha in chunks": hap_by_hand(Codec.HAP_Q_ALPHA, Layout.BC3_YCOCG_BC4, chunks=3),
    "hap_alpha_only": hap_by_hand(Codec.HAP_ALPHA_ONLY, Layout.BC4),
    "hap_r": hap_by_hand(Codec.HAP_R, Layout.BC7),
    "h264 with B-frames": Case(
        movie("long.mp4", "libx264", "yuv420p", 60, options=_LONG_GOP), Codec.OTHER, Layout.YUV, open_source, 60, 59
    ),
    "h264 in a transport stream": Case(
        movie("long.ts", "libx264", "yuv420p", 60, options=_LONG_GOP), Codec.OTHER, Layout.YUV, open_source, 60, None
    ),
    "h264 of variable rate": Case(
        movie("variable.mp4", "libx264", "yuv420p", options=_ONE_GOP, times=VARIABLE_TIMES),
        *(Codec.OTHER, Layout.YUV, open_source, 12, 11),
    ),
    "ten-bit ffv1": Case(
        movie("ten.mkv", "ffv1", "yuv422p10le", options={"g": "1"}), Codec.OTHER, Layout.YUV16, open_source
    ),
    "prores": Case(movie("prores.mov", "prores_ks", "yuv422p10le"), Codec.OTHER, Layout.YUV16, open_source),
    "rgb png": Case(movie("rgb.mov", "png", "rgb24"), Codec.OTHER, Layout.RGBA, open_source),
    "avi": Case(
        movie("b.avi", "mpeg4", "yuv420p", 24, options={"bf": "2", "g": "8"}),
        *(Codec.OTHER, Layout.YUV, open_source, 24, None),
    ),
    "h264 of stand-alone frames": Case(
        movie("intra.mp4", "libx264", "yuv420p", options={"g": "1"}), Codec.OTHER, Layout.YUV, open_source
    ),
    "h264 with open groups": Case(
        movie("open.mp4", "libx264", "yuv420p", 60, options=_OPEN_GOP), Codec.OTHER, Layout.YUV, open_source, 60, None
    ),
    "h264 with B-frames in matroska, of variable rate": Case(
        movie("variable.mkv", "libx264", "yuv420p", options=_B_FRAMES, times=VARIABLE_TIMES),
        *(Codec.OTHER, Layout.YUV, open_source, 12, None),
    ),
    "hevc with open groups": Case(
        movie("open.mov", "libx265", "yuv420p", 60, options=_OPEN_HEVC), Codec.OTHER, Layout.YUV, open_source, 60, None
    ),
    "mpeg2 with B-frames": Case(
        movie("b.mpg", "mpeg2video", "yuv420p", 36, options={"bf": "2", "g": "12"}),
        *(Codec.OTHER, Layout.YUV, open_source, 36, None),
    ),
    "vp9": Case(
        movie("a.webm", "libvpx-vp9", "yuv420p", 24, options={"g": "8", "cpu-used": "8", "lag-in-frames": "8"}),
        *(Codec.OTHER, Layout.YUV, open_source, 24, None),
    ),
    "mjpeg in avi as any file": Case(
        movie("mjpeg.avi", "mjpeg", "yuvj422p"), Codec.OTHER, Layout.YUV, open_source, lone=None
    ),
    "images, png": Case(images(".png"), Codec.OTHER, Layout.RGBA, open_source, lone=None),
    "images, jpeg": Case(images(".jpg"), Codec.OTHER, Layout.YUV, open_source, lone=None),
    "images, tiff": Case(images(".tif"), Codec.OTHER, Layout.RGBA, open_source, lone=None),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Clip]:
    made: dict[str, Clip] = {}

    def clip(name: str) -> Clip:
        if name not in made:
            case = CASES[name]
            found = case.make(tmp_path_factory.mktemp("clips"))
            made[name] = found if isinstance(found, Clip) else clip_of(found, case.codec, case.count)
        return made[name]

    return clip


@pytest.fixture(params=CASES)
def case_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def pool() -> Iterator[BufferPool]:
    pool = BufferPool()
    yield pool
    assert pool.out_count == 0, "a buffer was lost"


@pytest.fixture
def source(case_name: str, files: Callable[[str], Clip], pool: BufferPool) -> Iterator[FrameSource]:
    source = CASES[case_name].open(files(case_name), pool)
    yield source
    source.close()


def number_at(source: FrameSource, index: int, pool: BufferPool) -> int:
    picture = source.read(index)
    assert picture.ref == FrameRef(source.clip.slug, index)
    number = read_number(picture)
    pool.give(picture.planes)
    return number


def test_every_index_is_its_frame_forwards_backwards_and_at_random(source: FrameSource, pool: BufferPool) -> None:
    indexes = list(range(source.clip.frame_count))
    shuffled = random.Random(7).sample(indexes, len(indexes))
    for order in (indexes, indexes[::-1], shuffled):
        assert [number_at(source, index, pool) - FIRST for index in order] == order


def test_a_fresh_source_gives_the_last_frame_first(source: FrameSource, pool: BufferPool) -> None:
    last = source.clip.frame_count - 1
    assert number_at(source, last, pool) == FIRST + last
    assert number_at(source, last, pool) == FIRST + last


def test_the_picture_is_described(source: FrameSource, pool: BufferPool, case_name: str) -> None:
    picture = source.read(0)
    assert (picture.width, picture.height) == (source.clip.width, source.clip.height)
    assert picture.layout is CASES[case_name].layout
    assert picture.upright_turns == 0
    assert all(plane.flags.c_contiguous and plane.flags.writeable for plane in picture.planes)
    pool.give(picture.planes)


def test_an_index_outside_the_clip_is_an_error_for_that_frame_alone(source: FrameSource, pool: BufferPool) -> None:
    for index in (-1, source.clip.frame_count, 1 << 40):
        with pytest.raises(FrameError):
            source.read(index)
    assert number_at(source, 3, pool) == FIRST + 3


def test_a_picture_stays_as_it_is_while_others_are_read(source: FrameSource, pool: BufferPool) -> None:
    held: list[Picture] = [source.read(index) for index in range(4)]
    assert [read_number(picture) for picture in held] == list(numbers(4))
    for picture in held:
        pool.give(picture.planes)


def test_a_closed_source_says_so(source: FrameSource) -> None:
    source.close()
    source.close()
    with pytest.raises(SourceError, match="closed"):
        source.read(0)


@pytest.mark.parametrize("case_name", [name for name, case in CASES.items() if case.lone is not None])
def test_a_rotten_frame_costs_itself_alone(
    case_name: str, files: Callable[[str], Clip], pool: BufferPool, tmp_path: Path
) -> None:
    case, clip = CASES[case_name], files(case_name)
    index = case.lone
    assert index is not None
    packet = packets_of(clip.file)[index]
    broken = damaged_copy(clip, packet, tmp_path / clip.file.name, lambda data: bytes(255 - byte for byte in data))
    source = case.open(broken, pool)
    others = [other for other in range(case.count) if other != index]
    for _ in range(2):
        with pytest.raises(FrameError, match=f"frame {index} "):
            source.read(index)
        assert [number_at(source, other, pool) - FIRST for other in others] == others
    source.close()


def test_a_file_that_is_not_there_cannot_be_opened(
    case_name: str, files: Callable[[str], Clip], pool: BufferPool, tmp_path: Path
) -> None:
    clip = files(case_name)
    images = replace(clip.images, folder=tmp_path / "gone") if clip.images is not None else None
    gone = Clip("gone", tmp_path / "gone.mov", clip.codec, 8, 8, clip.rate, 1, clip.table, images=images)
    with pytest.raises(SourceError) as caught:
        CASES[case_name].open(gone, pool)
    assert not isinstance(caught.value, FrameError)
    assert caught.value.mend


def test_the_source_is_chosen_by_codec_and_table(files: Callable[[str], Clip]) -> None:
    chosen = {
        name: open_source(files(name), BufferPool()) for name in ("mjpeg by PyAV", "hap", "prores", "images, png")
    }
    assert [type(source) for source in chosen.values()] == [MjpegSource, HapSource, AnyFileSource, ImageFilesSource]
    for source in chosen.values():
        source.close()
