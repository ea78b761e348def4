"""Every layout of pixels, uploaded and drawn 1:1, against NumPy or against FFmpeg's own decode."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import moderngl
import numpy as np
import pytest

from engine.core.figures import Figures
from engine.errors import DeviceError
from engine.gl.compositor import Compositor
from engine.gl.compressed import BC1, BC3, BC4_ALPHA, BC7, BlockFormat, CompressedUpload, egl_get_proc_address, takes
from engine.model.clips import Codec
from engine.model.pictures import Hit, Layout, Matrix, Nearest, Picture
from engine.model.plan import LayerPlan, ShownFrame
from tests.gl.gl_support import (
    drawn,
    drawn_layers,
    frames_of,
    fresh_ref,
    gray_picture,
    layer_of,
    levels,
    marked_pixels,
    pixels_of,
    plain_picture,
    plan_of,
    reference_rgb,
    rgba_picture,
    worst,
)
from tests.hap_support import (
    ALPHA,
    YCOCG,
    bc4,
    bc4_texels,
    bc7,
    bc7_block,
    bc7_texels,
    ffmpeg_decode,
    hap_packet,
    pixels_of_blocks,
)
from tests.support import need_program

Make = Callable[..., Compositor]


def random_planes(size: tuple[int, int], chroma: tuple[int, int], bits: int, padding: int) -> tuple[np.ndarray, ...]:
    """Y, Cb and Cr noise; the padding beyond the visible part is filled with what must not be seen."""
    generator = np.random.default_rng(7)
    kind = np.uint16 if bits == 16 else np.uint8
    planes = []
    for across, down in ((1, 1), chroma, chroma):
        width, height = -(-size[0] // across), -(-size[1] // down)
        plane = np.full((height + padding, width + padding), 2**bits - 1, kind)
        plane[:height, :width] = generator.integers(0, 2**bits, (height, width))
        planes.append(plane)
    return tuple(planes)


@pytest.mark.parametrize("matrix", list(Matrix))
@pytest.mark.parametrize("full_range", [True, False])
@pytest.mark.parametrize(
    "planes_of",
    [
        (Layout.YUV, (1, 1), (40, 30), 0),
        (Layout.YUV, (2, 1), (41, 30), 3),
        (Layout.YUV, (2, 2), (53, 47), 0),
        (Layout.YUV, (2, 2), (53, 47), 11),
        (Layout.YUV16, (2, 2), (53, 47), 5),
        (Layout.YUV16, (1, 1), (40, 30), 0),
    ],
)
def test_yuv_is_converted_as_the_recommendations_say(
    compositor: Make,
    planes_of: tuple[Layout, tuple[int, int], tuple[int, int], int],
    matrix: Matrix,
    full_range: bool,
) -> None:
    layout, chroma, size, padding = planes_of
    planes = random_planes(size, chroma, 16 if layout is Layout.YUV16 else 8, padding)
    picture = Picture(fresh_ref(), *size, layout, planes, chroma, matrix, full_range)
    found = drawn_layers(compositor(*size, smooth_chroma=False), (layer_of(picture), picture))
    assert worst(found[..., :3], levels(reference_rgb(picture))) <= 2
    assert (found[..., 3] == 255).all()


@pytest.mark.parametrize(
    ("matrix", "full_range", "yuv", "rgb"),
    [
        (Matrix.BT601, False, (81, 90, 240), (255, 0, 0)),
        (Matrix.BT601, False, (145, 54, 34), (0, 255, 0)),
        (Matrix.BT709, False, (63, 102, 240), (255, 0, 0)),
        (Matrix.BT709, False, (173, 42, 26), (0, 255, 0)),
        (Matrix.BT709, False, (32, 240, 118), (0, 0, 255)),
        (Matrix.BT601, True, (76, 85, 255), (255, 0, 0)),
        (Matrix.BT709, False, (16, 128, 128), (0, 0, 0)),
        (Matrix.BT709, False, (235, 128, 128), (255, 255, 255)),
        (Matrix.BT709, True, (0, 128, 128), (0, 0, 0)),
    ],
)
def test_the_known_codes_of_colour_bars(
    compositor: Make, matrix: Matrix, full_range: bool, yuv: tuple[int, int, int], rgb: tuple[int, int, int]
) -> None:
    planes = tuple(np.full((8, 8), code, np.uint8) for code in yuv)
    picture = Picture(fresh_ref(), 8, 8, Layout.YUV, planes, (1, 1), matrix, full_range)
    found = drawn_layers(compositor(8, 8), (layer_of(picture), picture))
    assert worst(found[..., :3], np.broadcast_to(np.array(rgb, np.float64), (8, 8, 3))) <= 2


@pytest.mark.parametrize("full_range", [True, False])
def test_gray(compositor: Make, full_range: bool) -> None:
    luma = np.arange(256, dtype=np.uint8).reshape(16, 16)
    picture = Picture(fresh_ref(), 13, 16, Layout.GRAY, (luma,), full_range=full_range)
    found = drawn_layers(compositor(13, 16), (layer_of(picture), picture))
    assert worst(found[..., :3], levels(reference_rgb(picture))) <= 1


def test_rgba_has_straight_alpha(compositor: Make) -> None:
    generator = np.random.default_rng(3)
    pixels = generator.integers(0, 256, (31, 17, 4), np.uint8)
    picture = rgba_picture(pixels)
    found = drawn_layers(compositor(17, 31), (layer_of(picture), picture))
    assert worst(found[..., :3], pixels[..., :3] * (pixels[..., 3:] / 255.0)) <= 1


def test_smooth_chroma_is_bilinear_and_leaves_luma_alone(compositor: Make) -> None:
    luma = np.random.default_rng(5).integers(60, 190, (8, 8), np.uint8)
    step = np.array([[100, 156]], np.uint8).repeat(2, axis=0)
    neutral = np.full((2, 2), 128, np.uint8)
    picture = Picture(fresh_ref(), 8, 8, Layout.YUV, (luma, neutral, step), (4, 4))
    found = drawn_layers(compositor(8, 8, smooth_chroma=True), (layer_of(picture), picture))
    cr = (np.interp(np.arange(8) + 0.5, [2, 6], [100, 156]) - 128) / 255
    assert worst(found[..., 0], levels(luma / 255 + 1.402 * cr)) <= 2
    assert worst(found[..., 2], luma.astype(np.float64)) <= 1


def test_padding_does_not_bleed_into_a_scaled_picture(compositor: Make) -> None:
    planes = [np.full((24, 40), 255, np.uint8), np.full((12, 20), 255, np.uint8), np.full((12, 20), 255, np.uint8)]
    for plane, (rows, columns) in zip(planes, ((17, 31), (9, 16), (9, 16)), strict=True):
        plane[:rows, :columns] = 128
    picture = Picture(fresh_ref(), 31, 17, Layout.YUV, tuple(planes), (2, 2))
    found = drawn_layers(compositor(124, 68, smooth_chroma=True), (layer_of(picture), picture))
    assert worst(found[..., :3], np.full((68, 124, 3), 128.0)) <= 1


def test_row_0_of_the_canvas_is_the_top_row(compositor: Make) -> None:
    pixels = marked_pixels(24, 18)
    picture = rgba_picture(pixels)
    found = drawn_layers(compositor(24, 18), (layer_of(picture), picture))
    assert np.array_equal(found, pixels)


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 4, 5])
def test_quarter_turns_go_clockwise(compositor: Make, turns: int) -> None:
    pixels = marked_pixels(24, 18)
    picture = rgba_picture(pixels, upright_turns=turns)
    upright = np.rot90(pixels, -turns)
    height, width = upright.shape[:2]
    found = drawn_layers(compositor(width, height), (layer_of(picture, fit="none"), picture))
    assert np.array_equal(found, upright)


def hap_of(ffmpeg: str, folder: Path, kind: str, raw: bytes, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """One frame that the ffmpeg program encodes as HAP: its blocks, and what the program decodes them to."""
    clip = folder / f"{kind}.mov"
    dimensions = f"{size[0]}x{size[1]}"
    source = ["-f", "rawvideo", "-pix_fmt", "rgba", "-s", dimensions, "-i", "pipe:"]
    encoder = ["-c:v", "hap", "-format", kind, "-compressor", "none"]
    subprocess.run([ffmpeg, "-v", "error", *source, *encoder, str(clip)], input=raw, check=True, timeout=60)
    decoding = [ffmpeg, "-v", "error", "-i", str(clip), "-f", "rawvideo", "-pix_fmt", "rgba", "pipe:"]
    decoded = subprocess.run(decoding, capture_output=True, check=True, timeout=60).stdout
    with av.open(str(clip)) as container:
        packet = bytes(next(container.demux(video=0)))
    assert packet[3] >> 4 == 0xA or packet[7] >> 4 == 0xA, "uncompressed"
    header_bytes = 4 if any(packet[:3]) else 8
    return np.frombuffer(packet, np.uint8)[header_bytes:], np.frombuffer(decoded, np.uint8).reshape(size[1], size[0], 4)


def colourful(width: int, height: int) -> np.ndarray:
    """Smooth colours with some detail and a ramp of alpha: what a block encoder is made for."""
    y, x = np.mgrid[0:height, 0:width] / 16.0
    waves = [np.sin(x + phase) * np.cos(y * 1.3 - phase) for phase in (0.0, 1.0, 2.5)]
    channels = [*(127 + 120 * wave for wave in waves), 255 * (x / x.max())]
    return np.stack(channels, axis=2).astype(np.uint8)


@pytest.mark.parametrize(
    ("kind", "layout"), [("hap", Layout.BC1), ("hap_alpha", Layout.BC3), ("hap_q", Layout.BC3_YCOCG)]
)
@pytest.mark.parametrize("visible", [(64, 48), (61, 45), (62, 47)])
def test_hap_blocks_draw_as_ffmpeg_decodes_them(
    compositor: Make, tmp_path: Path, kind: str, layout: Layout, visible: tuple[int, int]
) -> None:
    ffmpeg = need_program("ffmpeg", "ffmpeg")
    blocks, decoded = hap_of(ffmpeg, tmp_path, kind, colourful(64, 48).tobytes(), (64, 48))
    picture = Picture(fresh_ref(), *visible, layout, (blocks,))
    found = drawn_layers(compositor(*visible), (layer_of(picture), picture))
    wanted = decoded[: visible[1], : visible[0]].astype(np.float64)
    alpha = wanted[..., 3:] / 255 if layout is Layout.BC3 else 1.0
    assert worst(found[..., :3], wanted[..., :3] * alpha) <= 3
    assert found[..., :3].std() > 30, "there is a picture"


def noisy_bc4(count: int) -> np.ndarray:
    """BC4 of any bytes: blocks of eight values and of six are among them."""
    return np.random.default_rng(11).integers(0, 256, count * 8, np.uint8)


@pytest.mark.parametrize("alpha_blocks", ["encoded", "noise"])
@pytest.mark.parametrize("visible", [(64, 48), (61, 45), (62, 47)])
def test_hap_q_alpha_draws_as_ffmpeg_decodes_it(
    compositor: Make, tmp_path: Path, alpha_blocks: str, visible: tuple[int, int]
) -> None:
    pixels = colourful(64, 48)
    colour, _ = hap_of(need_program("ffmpeg", "ffmpeg"), tmp_path, "hap_q", pixels.tobytes(), (64, 48))
    alpha = noisy_bc4(192) if alpha_blocks == "noise" else np.frombuffer(bc4(pixels[..., 3]), np.uint8)
    packet = hap_packet([(YCOCG, colour.tobytes()), (ALPHA, alpha.tobytes())])
    decoded = ffmpeg_decode(Codec.HAP_Q_ALPHA, packet, (64, 48), "rgba")
    picture = Picture(fresh_ref(), *visible, Layout.BC3_YCOCG_BC4, (colour, alpha))
    below = plain_picture(*visible, (30, 60, 90, 255))
    over_black = drawn_layers(compositor(*visible), (layer_of(picture), picture))
    over_colour = drawn_layers(compositor(*visible), (layer_of(below), below), (layer_of(picture), picture))
    wanted = decoded[: visible[1], : visible[0]].astype(np.float64)
    share = wanted[..., 3:] / 255
    assert worst(over_black[..., :3], wanted[..., :3] * share) <= 3
    assert worst(over_colour[..., :3], wanted[..., :3] * share + (30, 60, 90) * (1 - share)) <= 3
    assert over_black[..., :3].std() > 30, "there is a picture"


@pytest.mark.parametrize("blocks", ["encoded", "noise"])
@pytest.mark.parametrize("visible", [(64, 48), (61, 45)])
def test_hap_alpha_only_is_white_and_over_black_what_ffmpeg_decodes(
    compositor: Make, blocks: str, visible: tuple[int, int]
) -> None:
    alpha = noisy_bc4(192) if blocks == "noise" else np.frombuffer(bc4(colourful(64, 48)[..., 0]), np.uint8)
    decoded = ffmpeg_decode(Codec.HAP_ALPHA_ONLY, hap_packet([(ALPHA, alpha.tobytes())]), (64, 48), "gray")
    wanted = decoded[: visible[1], : visible[0], None].astype(np.float64)
    assert worst(decoded, pixels_of_blocks(bc4_texels(alpha.tobytes()), 64, 48)) <= 1, "the definition agrees"
    picture = Picture(fresh_ref(), *visible, Layout.BC4, (alpha,))
    below = plain_picture(*visible, (200, 0, 0, 255))
    found = drawn_layers(compositor(*visible), (layer_of(picture), picture))
    assert worst(found[..., :3], np.repeat(wanted, 3, axis=2)) <= 3
    found = drawn_layers(compositor(*visible), (layer_of(below), below), (layer_of(picture), picture))
    assert worst(found[..., :3], wanted + (200, 0, 0) * (1 - wanted / 255)) <= 3


@pytest.mark.parametrize("visible", [(64, 48), (61, 45)])
def test_hap_r_draws_as_bc7_is_defined(compositor: Make, visible: tuple[int, int]) -> None:
    generator = np.random.default_rng(4)
    made, texels = [], []
    for _ in range(192):
        ends = generator.integers(0, 128, (2, 4)) * 2 + generator.integers(0, 2, (2, 1))
        indices = np.concatenate((generator.integers(0, 8, 1), generator.integers(0, 16, 15)))
        made.append(bc7_block(ends, indices.tolist()))
        texels.append(bc7_texels(ends, indices))
    picture = Picture(fresh_ref(), *visible, Layout.BC7, (np.frombuffer(b"".join(made), np.uint8),))
    wanted = pixels_of_blocks(np.stack(texels), 64, 48)[: visible[1], : visible[0]].astype(np.float64)
    below = plain_picture(*visible, (0, 100, 0, 255))
    found = drawn_layers(compositor(*visible), (layer_of(below), below), (layer_of(picture), picture))
    share = wanted[..., 3:] / 255
    assert worst(found[..., :3], wanted[..., :3] * share + (0, 100, 0) * (1 - share)) <= 1.5


def test_an_encoded_hap_r_looks_like_its_picture(compositor: Make) -> None:
    pixels = colourful(64, 48)
    picture = Picture(fresh_ref(), 64, 48, Layout.BC7, (np.frombuffer(bc7(pixels), np.uint8),))
    found = drawn_layers(compositor(64, 48), (layer_of(picture), picture))
    wanted = pixels[..., :3] * (pixels[..., 3:] / 255.0)
    assert np.abs(found[..., :3] - wanted).mean() < 3


@pytest.mark.parametrize("layout", [Layout.BC3_YCOCG_BC4, Layout.BC4, Layout.BC7])
def test_what_is_beneath_a_clip_with_alpha_is_drawn(compositor: Make, layout: Layout) -> None:
    nothing = np.zeros(16 * 16, np.uint8)  # alpha 0; as BC7, a mode that decodes to nothing
    planes = {Layout.BC3_YCOCG_BC4: (nothing, nothing[:128]), Layout.BC4: (nothing[:128],)}.get(layout, (nothing,))
    clear = Picture(fresh_ref(), 16, 16, layout, planes)
    below = plain_picture(16, 16, (0, 50, 0, 255))
    found = drawn_layers(compositor(16, 16), (layer_of(below), below), (layer_of(clear), clear))
    assert tuple(found[8, 8]) == (0, 50, 0, 255)


@dataclass
class OldDriver:
    """The context of a driver that lacks some of what the real one has."""

    info: dict[str, object]
    extensions: set[str]
    version_code: int = 330


@pytest.mark.parametrize(
    ("block_format", "said"),
    [(BC1, r"no S3TC textures.*mjpeg"), (BC3, r"no S3TC textures.*mjpeg"), (BC7, r"no BPTC textures.*Hap Q Alpha")],
)
def test_a_driver_without_a_format_is_named_with_the_way_out(
    context: moderngl.Context, block_format: BlockFormat, said: str
) -> None:
    others = {BC1.extension, BC4_ALPHA.extension, BC7.extension} - {block_format.extension}
    old = OldDriver({"GL_RENDERER": "Old"}, others)
    upload = CompressedUpload(old, egl_get_proc_address)  # type: ignore[arg-type]
    with pytest.raises(DeviceError, match=f"Old: .*{said}"):
        upload.texture((8, 8), block_format)
    with pytest.raises(DeviceError, match=r"no compressed textures.*mjpeg"):
        CompressedUpload(context, lambda name: None)


def test_what_is_core_needs_no_extension() -> None:
    found = {code: [takes(OldDriver({}, set(), code), form) for form in (BC3, BC4_ALPHA, BC7)] for code in (330, 420)}  # type: ignore[arg-type]
    assert found == {330: [False, True, False], 420: [False, True, True]}


def test_a_layer_whose_format_the_driver_lacks_is_skipped_and_counted(
    compositor: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("engine.gl.compressed.takes", lambda context, block_format: block_format is not BC4_ALPHA)
    figures = Figures()
    make = compositor(16, 16, figures)
    below = plain_picture(16, 16, (0, 50, 0, 255))
    lost = Picture(fresh_ref("lost"), 16, 16, Layout.BC3_YCOCG_BC4, (np.zeros(256, np.uint8), np.zeros(128, np.uint8)))
    for _ in range(3):
        found = drawn_layers(make, (layer_of(below), below), (layer_of(lost), lost))
        assert tuple(found[8, 8]) == (0, 50, 0, 255)
    assert figures.counter("upload_failed").count == 3
    assert make.texture_count == 1
    assert len([record for record in caplog.records if "RGTC" in record.message]) == 1


def test_a_frame_is_uploaded_once_and_textures_are_used_again(compositor: Make) -> None:
    figures = Figures()
    make = compositor(16, 16, figures)
    generator = np.random.default_rng(1)
    counts = []
    for _ in range(12):
        pictures = [gray_picture(generator.integers(0, 256, (16, 16), np.uint8)) for _ in range(3)]
        plan = plan_of(*(layer_of(picture, opacity=0.5) for picture in pictures))
        make.draw(plan, frames_of(*pictures))
        make.draw(plan, frames_of(*pictures))
        counts.append(make.texture_count)
    assert figures.samples("upload_ms").count == 36
    assert counts[-1] == counts[3] <= 6, counts


def test_a_still_keeps_its_texture_while_others_change(compositor: Make) -> None:
    make = compositor(16, 16)
    still = plain_picture(16, 16, (200, 0, 0, 255))
    for step in range(8):
        moving = plain_picture(16, 16, (0, 10 * step, 0, 255))
        layers = [layer_of(still), layer_of(moving, blend="add")]
        found = drawn(make, plan_of(*layers), frames_of(still, moving))
        assert tuple(found[8, 8]) == (200, 10 * step, 0, 255)


def test_sizes_out_of_use_go_when_the_budget_is_reached(context: object, compositor: Make) -> None:
    make = compositor(16, 16)
    make._textures._budget_bytes = 20_000
    for width in range(40, 60):
        picture = gray_picture(np.full((64, width), 9, np.uint8))
        make.draw(plan_of(layer_of(picture)), frames_of(picture))
    assert make._textures.held_bytes <= 20_000
    assert make.texture_count <= 7


def test_the_nearest_frame_stands_in(compositor: Make) -> None:
    picture = plain_picture(8, 8, (10, 20, 30, 255))
    wanted = fresh_ref()
    layer = LayerPlan("layer", ShownFrame(wanted))
    found = pixels_of(compositor(8, 8).draw(plan_of(layer), {wanted: Nearest(picture, 3)}))
    assert tuple(found[0, 0]) == (10, 20, 30, 255)


@pytest.mark.parametrize(
    "broken",
    [
        Picture(fresh_ref("rotten"), 16, 16, Layout.BC1, (np.zeros(8 * 15, np.uint8),)),
        Picture(fresh_ref("rotten"), 16, 16, Layout.BC3_YCOCG_BC4, (np.zeros((16, 16), np.uint8),)),
        Picture(fresh_ref("rotten"), 16, 16, Layout.BC3_YCOCG_BC4, (np.zeros(256, np.uint8), np.zeros(127, np.uint8))),
        Picture(fresh_ref("rotten"), 16, 16, Layout.BC4, ()),
        Picture(fresh_ref("rotten"), 16, 16, Layout.BC7, (np.zeros(128, np.uint8),)),
        Picture(fresh_ref("rotten"), 16, 16, Layout.GRAY, (np.zeros((15, 16), np.uint8),)),
        Picture(fresh_ref("rotten"), 16, 16, Layout.YUV, (np.zeros((16, 16), np.uint8),)),
        Picture(fresh_ref("rotten"), 16, 16, Layout.RGBA, (np.zeros((16, 16, 3), np.uint8),)),
    ],
    ids=lambda picture: picture.layout.value,
)
def test_a_frame_that_does_not_hold_what_it_says_is_skipped_counted_and_logged_once(
    compositor: Make, caplog: pytest.LogCaptureFixture, broken: Picture
) -> None:
    figures = Figures()
    make = compositor(16, 16, figures)
    below = plain_picture(16, 16, (0, 50, 0, 255))
    frames = {**frames_of(below), broken.ref: Hit(broken)}
    plan = plan_of(layer_of(below), layer_of(broken, opacity=0.9))
    for _ in range(3):
        found = drawn(make, plan, frames)
    assert tuple(found[8, 8]) == (0, 50, 0, 255)
    assert figures.counter("upload_failed").count == 3
    assert len([record for record in caplog.records if "rotten" in record.message]) == 1
