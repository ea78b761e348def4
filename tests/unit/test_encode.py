"""The step `encode`: right frames, right codec, nothing done twice, nothing half done."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from engine.errors import OutputError
from engine.formats.library import read_library
from engine.formats.library_rows import StoredClip
from engine.model.clips import Codec
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.fragments import read_footage
from preprocess.catalogue.values import Footage
from preprocess.encode.choice import choose, chosen, clip_size, layers_at_once
from preprocess.encode.settings import EncodeSettings
from preprocess.encode.step import EncodeStep
from preprocess.encode.work import encode
from preprocess.pipeline.step import Failed
from preprocess.style.model import Style, StyleMovement
from preprocess.style.read import default_style
from tests.archive_support import numbered_picture, read_number
from tests.encode_support import add_footage, add_fragment, do


def style(**settings: Any) -> Style:
    return default_style().model_copy(update={"encode": EncodeSettings(**settings)})


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with Catalogue(tmp_path / "library") as opened:
        yield opened


def stored(catalogue: Catalogue) -> dict[str, StoredClip]:
    return {one.clip.slug: one for one in catalogue.library.clips()}


def decoded(file: Path, pixel_format: str) -> list[np.ndarray]:
    with av.open(str(file)) as container:
        return [frame.to_ndarray(format=pixel_format) for frame in container.decode(video=0)]


def numbers(file: Path) -> list[int]:
    return [read_number(picture.mean(axis=2)) for picture in decoded(file, "rgb24")]


@pytest.mark.parametrize("word", ["mjpeg", "hap", "hapq"])
def test_a_clip_has_exactly_the_frames_of_its_fragment_and_its_handles(catalogue: Catalogue, word: str) -> None:
    add_footage(catalogue, "tape", 40, width=162, height=98)
    add_fragment(catalogue, "tape-01", "tape", 0, 9)
    add_fragment(catalogue, "tape-02", "tape", 9, 10)
    add_fragment(catalogue, "tape-03", "tape", 10, 31, handle=3)
    add_fragment(catalogue, "tape-04", "tape", 31, 40, handle=3)
    do(catalogue, EncodeStep(style(codec=word)))
    clips = stored(catalogue)
    assert numbers(clips["tape-01"].clip.file) == list(range(9))
    assert numbers(clips["tape-02"].clip.file) == [9]
    assert numbers(clips["tape-03"].clip.file) == list(range(7, 34))
    assert numbers(clips["tape-04"].clip.file) == list(range(28, 40)), "handles end where the footage does"
    assert clips["tape-03"].source_in_s == pytest.approx(7 / 25)
    assert clips["tape-03"].source_out_s == pytest.approx(34 / 25)
    multiple = 2 if word == "mjpeg" else 4
    assert (clips["tape-01"].clip.width, clips["tape-01"].clip.height) == (
        162 // multiple * multiple,
        98 // multiple * multiple,
    )


def test_hap_keeps_transparency_straight(catalogue: Catalogue) -> None:
    picture = np.zeros((96, 160, 4), np.uint8)
    picture[..., 0], picture[..., 3] = 200, 255
    picture[48:, :, 3] = 64
    add_footage(catalogue, "glass", pictures=[picture] * 4, pixel_format="yuva444p10le")
    add_fragment(catalogue, "glass", "glass", 0, 4)
    do(catalogue, EncodeStep(style()))
    clip = stored(catalogue)["glass"].clip
    assert clip.codec is Codec.HAP_ALPHA
    shown = decoded(clip.file, "rgba")[2].astype(int)
    assert np.abs(shown[8, 80] - (200, 0, 0, 255)).max() <= 8
    assert np.abs(shown[90, 80] - (200, 0, 0, 64)).max() <= 8, "colour is not darkened by alpha"


def test_colours_of_hd_footage_become_those_of_jpeg(catalogue: Catalogue) -> None:
    colour = (40, 90, 200)
    footage = add_footage(catalogue, "blue", pictures=[np.full((96, 160, 3), colour, np.uint8)] * 3)
    add_fragment(catalogue, "blue", "blue", 0, 3)
    do(catalogue, EncodeStep(style()))
    (y, cb, cr) = (int(plane[1]) for plane in _planes(stored(catalogue)["blue"].clip.file))
    red, green, blue = y + 1.402 * (cr - 128), y - 0.344 * (cb - 128) - 0.714 * (cr - 128), y + 1.772 * (cb - 128)
    assert np.abs(np.array((red, green, blue)) - colour).max() <= 6, footage


def _planes(file: Path) -> list[np.ndarray]:
    with av.open(str(file)) as container:
        frame = next(container.decode(video=0))
        return [np.frombuffer(memoryview(plane), np.uint8) for plane in frame.planes]


def test_restart_markers_stand_where_they_cost_little(catalogue: Catalogue) -> None:
    grain = cv2.GaussianBlur(np.random.default_rng(1).normal(128, 110, (192, 320, 1)).repeat(3, 2), (0, 0), 1.0)
    rich = np.clip(grain, 0, 255).astype(np.uint8)
    flat = np.full((192, 320, 3), 90, np.uint8)
    add_footage(catalogue, "mixed", pictures=[rich] * 13 + [flat] * 24, width=320, height=192)
    add_fragment(catalogue, "mixed", "mixed", 0, 37)
    do(catalogue, EncodeStep(style()))
    clip = read_library(catalogue.folder)["mixed"]
    assert clip.table is not None
    content = clip.file.read_bytes()
    frames = [content[o : o + n] for o, n in zip(clip.table.offsets.tolist(), clip.table.lengths.tolist(), strict=True)]
    markers = [sum(frame.count(bytes((0xFF, 0xD0 + number))) for number in range(8)) for frame in frames]
    assert markers[:12] == [192 // 16 - 1] * 12, "one after each row of blocks"
    assert not any(markers[24:])


def test_nothing_is_encoded_twice_and_new_measures_touch_no_file(catalogue: Catalogue) -> None:
    add_footage(catalogue, "tape", 20)
    add_fragment(catalogue, "tape-01", "tape", 0, 9, brightness=0.2)
    step = EncodeStep(style())
    assert list(do(catalogue, step)) == ["tape-01"]
    before = stored(catalogue)["tape-01"].clip.file.stat()
    assert not do(catalogue, step)
    add_fragment(catalogue, "tape-01", "tape", 0, 9, brightness=0.9)
    assert do(catalogue, step) == {"tape-01": None}
    now = stored(catalogue)["tape-01"]
    assert now.traits.brightness == 0.9
    assert (now.clip.file.stat().st_ino, now.clip.file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    add_fragment(catalogue, "tape-02", "tape", 9, 20)
    assert do(catalogue, step)["tape-01"] is None
    assert stored(catalogue)["tape-01"].clip.title == "Tape 1/2"
    assert not do(catalogue, step)


def test_a_clip_that_was_removed_or_cut_short_is_made_again(catalogue: Catalogue) -> None:
    add_footage(catalogue, "tape", 20)
    add_fragment(catalogue, "tape-01", "tape", 0, 9)
    step = EncodeStep(style())
    for spoil in (Path.unlink, lambda file: file.write_bytes(b"short"), Path.unlink):
        do(catalogue, step)
        file = stored(catalogue)["tape-01"].clip.file
        spoil(file)
        assert do(catalogue, step)["tape-01"] is not None
        assert numbers(file) == list(range(9))
        assert not do(catalogue, step)


def test_what_the_split_no_longer_makes_goes_but_what_was_retired_stays(catalogue: Catalogue) -> None:
    add_footage(catalogue, "tape", 20)
    for slug, begin in (("tape-01", 0), ("tape-02", 8)):
        add_fragment(catalogue, slug, "tape", begin, begin + 8)
    step = EncodeStep(style(proxies=True))
    do(catalogue, step)
    proxies = catalogue.folder / "proxies"
    assert sorted(file.name for file in proxies.iterdir()) == ["tape-01.mov", "tape-02.mov"]
    assert decoded(proxies / "tape-02.mov", "rgb24")[0].shape == (24, 40, 3)
    with catalogue.transaction() as connection:
        connection.execute("UPDATE fragments SET retired = 1 WHERE slug = 'tape-01'")
        connection.execute("DELETE FROM fragments WHERE slug = 'tape-02'")
    assert not do(catalogue, step)
    assert list(stored(catalogue)) == ["tape-01"]
    assert [file.name for file in (catalogue.folder / "clips").iterdir()] == ["tape-01.mov"]
    assert [file.name for file in proxies.iterdir()] == ["tape-01.mov"]


def test_turning_proxies_off_removes_them(catalogue: Catalogue) -> None:
    add_footage(catalogue, "tape", 12)
    add_fragment(catalogue, "tape", "tape", 0, 12)
    do(catalogue, EncodeStep(style(proxies=True)))
    assert (catalogue.folder / "proxies" / "tape.mov").exists()
    do(catalogue, EncodeStep(style()))
    assert not (catalogue.folder / "proxies" / "tape.mov").exists()


def test_footage_that_was_damaged_since_fails_with_a_mend_and_takes_its_old_clip_along(catalogue: Catalogue) -> None:
    footage = add_footage(catalogue, "tape", 20)
    add_fragment(catalogue, "tape", "tape", 0, 20)
    step = EncodeStep(style())
    do(catalogue, step)
    assert footage.file is not None
    footage.file.write_bytes(footage.file.read_bytes()[:3000])
    step = EncodeStep(style(max_height=48))
    failed = do(catalogue, step)["tape"]
    assert isinstance(failed, Failed)
    assert not do(catalogue, step), "what failed is tried again when something changed"
    assert "ingest" in failed.mend
    assert not stored(catalogue)
    assert catalogue.connection.execute("SELECT item FROM failures WHERE step = 'encode'").fetchone()[0] == "tape"


@contextmanager
def files_no_larger_than(limit: int) -> Iterator[None]:
    """As on a disk that is full: writing beyond `limit` bytes fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("word", ["mjpeg", "hap"])
def test_a_full_disk_is_told_and_leaves_nothing_half_written(catalogue: Catalogue, word: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (96, 160, 3), np.uint8)
    add_footage(catalogue, "tape", pictures=[noise] * 40)
    add_fragment(catalogue, "tape", "tape", 0, 40)
    (item,) = EncodeStep(style(codec=word)).items(catalogue)
    with files_no_larger_than(100_000), pytest.raises(OutputError) as caught:
        encode([item.job], lambda done, total: None)
    assert "full" in caught.value.mend
    assert not list((catalogue.work / "encode").iterdir())
    assert not list((catalogue.folder / "clips").iterdir())


# The choice of a codec

HD = Footage("a", Path("a"), None, 0, 1920, 1080, Fraction(25), 250, False, False, False, None, None, ())
AUTO = EncodeSettings()


def test_the_codec_follows_alpha_size_layers_and_disk() -> None:
    plenty = 10**12
    assert choose(HD, AUTO, 3, plenty).codec is Codec.MJPEG
    assert choose(replace(HD, alpha=True), AUTO, 3, plenty).codec is Codec.HAP_ALPHA
    many = choose(HD, AUTO, 12, plenty)
    assert (many.codec, "12 layers" in many.why, "fit the disk" in many.why) == (Codec.HAP, True, True)
    large = replace(HD, width=3840, height=2160)
    assert choose(large, AUTO, 1, plenty).codec is Codec.HAP
    assert choose(large, EncodeSettings(max_height=1080), 1, plenty).codec is Codec.MJPEG, "it is scaled down"
    tight = choose(large, AUTO, 1, 10**9)
    assert (tight.codec, "free" in tight.why) == (Codec.MJPEG, True)
    assert choose(HD, EncodeSettings(codec="hapq"), 1, 0).codec is Codec.HAP_Q
    assert choose(replace(HD, alpha=True), EncodeSettings(codec="hap"), 1, 0).codec is Codec.HAP_ALPHA
    assert "lost" in choose(replace(HD, alpha=True), EncodeSettings(codec="mjpeg"), 1, 0).why


def test_a_choice_stays_when_the_disk_fills_up(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    add_footage(catalogue, "tape", 4)
    large = replace(read_footage(catalogue)["tape"], width=3840, height=2160)
    first = chosen(catalogue, large, style())
    monkeypatch.setattr("preprocess.encode.choice._SHARE_OF_FREE", 0.0)
    assert chosen(catalogue, large, style()) == first
    assert chosen(catalogue, replace(large, frame_count=5), style()) != first


def test_layers_at_once_are_those_that_play_clips_and_are_not_hidden() -> None:
    movements = (
        StyleMovement(name="one", show={"hidden": ["c", "b"]}),
        StyleMovement(name="two", show={"hidden": ["c"]}),
    )
    show = {"layers": [{"name": "a"}, {"name": "b"}, {"name": "c"}, {"name": "d", "source": "x.png"}]}
    assert layers_at_once(Style(movements=movements, show=show)) == 2
    assert layers_at_once(Style(movements=movements)) == 1


def test_sizes_are_multiples_and_are_resampled_only_where_they_must() -> None:
    odd = replace(HD, width=854, height=482)
    mjpeg, hap = clip_size(odd, Codec.MJPEG, None), clip_size(odd, Codec.HAP, None)
    assert (mjpeg.width, mjpeg.height, mjpeg.crop_width) == (854, 482, 854)
    assert (hap.width, hap.height, hap.crop_width, hap.crop_height) == (852, 480, 852, 480)
    small = clip_size(odd, Codec.HAP, 240)
    assert (small.width, small.height, small.crop_width) == (424, 240, 854)


def test_clips_of_a_mezzanine_are_those_of_numbered_pictures(catalogue: Catalogue) -> None:
    add_footage(catalogue, "tape", 30)
    add_fragment(catalogue, "tape", "tape", 5, 25)
    do(catalogue, EncodeStep(style()))
    shown = decoded(stored(catalogue)["tape"].clip.file, "rgb24")
    wanted = [numbered_picture(number, 160, 96) for number in range(5, 25)]
    error = np.mean([(a.astype(float) - b) ** 2 for a, b in zip(shown, wanted, strict=True)])
    assert 10 * np.log10(255**2 / error) > 30
