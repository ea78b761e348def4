"""Films as another program sees them: Debian's ffmpeg and ffprobe decode what VideoFile wrote."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import moderngl
import numpy as np
import numpy.typing as npt
import pytest

from engine.core.figures import Figures
from engine.errors import OutputError
from engine.gl.context import headless_context
from engine.outputs import film_writer
from engine.outputs.film_formats import FILM_FORMATS, FilmCodec
from engine.outputs.video_file import VideoFile, check_film
from tests.support import need_program

WIDTH, HEIGHT, FRAMES = 96, 64, 12
RATE = Fraction(30_000, 1001)
RATE_HZ = 48_000
PAIRS = [(codec, suffix) for codec, film in FILM_FORMATS.items() for suffix in film.suffixes]
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def canvas() -> Iterator[moderngl.Framebuffer]:
    context = headless_context()
    yield context.framebuffer([context.texture((WIDTH, HEIGHT), 4)])
    context.release()


def picture(frame_index: int) -> npt.NDArray[np.uint8]:
    """Red, green above; blue and a gray below that tells the frame; a soft ramp between. RGBA, alpha 77."""
    pixels = np.full((HEIGHT, WIDTH, 4), 77, np.uint8)
    pixels[..., :3] = np.linspace(40, 200, WIDTH).astype(np.uint8)[None, :, None]
    pixels[:24, :32, :3] = (255, 0, 0)
    pixels[:24, 64:, :3] = (0, 255, 0)
    pixels[40:, :32, :3] = (0, 0, 255)
    pixels[40:, 64:, :3] = 20 + 15 * frame_index
    return pixels


def noise(frame_index: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(frame_index).integers(0, 256, (HEIGHT, WIDTH, 4), dtype=np.uint8)


def film(path: Path, codec: FilmCodec = "h264", **more: Any) -> VideoFile:
    arguments = {"width": WIDTH, "height": HEIGHT, "rate": RATE, "figures": Figures(), **more}
    return VideoFile(path, codec=codec, **arguments)


def write(
    output: VideoFile, canvas: moderngl.Framebuffer, pictures: list[npt.NDArray[np.uint8]], *, close: bool = True
) -> None:
    texture = canvas.color_attachments[0]
    assert isinstance(texture, moderngl.Texture)
    for frame_index, pixels in enumerate(pictures):
        texture.write(pixels.tobytes())
        output.present(canvas, frame_index, float(frame_index / RATE))
    if close:
        output.close()


def probe(path: Path) -> dict[str, dict[str, Any]]:
    """ffprobe's streams by type, frames counted by decoding them."""
    command = [need_program("ffprobe", "ffmpeg"), "-v", "error", "-count_frames", "-show_streams", "-of", "json", path]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    return {stream["codec_type"]: stream for stream in json.loads(done.stdout)["streams"]}


def ffmpeg(path: Path, *arguments: str) -> bytes:
    command = [need_program("ffmpeg", "ffmpeg"), "-v", "error", "-i", path, *arguments, "-"]
    return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout


def decoded_rgb(path: Path) -> npt.NDArray[np.uint8]:
    raw = ffmpeg(path, "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24")
    return np.frombuffer(raw, np.uint8).reshape(-1, HEIGHT, WIDTH, 3)


def decoded_yuv(path: Path) -> npt.NDArray[np.float64]:
    """Y, Cb, Cr at full size on the 8-bit scale, shape (frames, 3, height, width): no matrix, no range change."""
    raw = ffmpeg(path, "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "yuv444p10le")
    return np.frombuffer(raw, np.uint16).reshape(-1, 3, HEIGHT, WIDTH) / 4.0


def bt709_limited(rgb: tuple[int, int, int]) -> npt.NDArray[np.float64]:
    """Y, Cb, Cr of BT.709-6, 8 bits, limited range."""
    red, green, blue = (value / 255 for value in rgb)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return np.array([16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748])


@pytest.mark.parametrize(("codec", "suffix"), PAIRS)
def test_a_film_is_what_it_says(codec: FilmCodec, suffix: str, canvas: moderngl.Framebuffer, tmp_path: Path) -> None:
    path = tmp_path / f"film{suffix}"
    write(film(path, codec), canvas, [picture(i) for i in range(FRAMES)])
    video = probe(path)["video"]
    limited = FILM_FORMATS[codec].limited_yuv
    assert video["codec_name"] == codec
    assert video["nb_read_frames"] == str(FRAMES)
    assert video["avg_frame_rate"] == "30000/1001"
    assert float(video["start_time"]) == 0
    assert (video["width"], video["height"]) == (WIDTH, HEIGHT)
    # ProRes has no tag for the range, which is always limited: newer ffprobe then names none.
    assert video.get("color_range", "tv") == ("tv" if limited else "pc")
    assert video["color_space"] == ("bt709" if limited else "gbr")
    assert (video["color_primaries"], video["color_transfer"]) == ("bt709", "bt709")
    if codec == "h264":
        assert video["chroma_location"] == "center"


@pytest.mark.parametrize("codec", ["ffv1", "png"])
def test_lossless_films_come_back_bit_for_bit(codec: FilmCodec, canvas: moderngl.Framebuffer, tmp_path: Path) -> None:
    path = tmp_path / f"film{FILM_FORMATS[codec].suffixes[0]}"
    pictures = [noise(i) for i in range(FRAMES)]
    write(film(path, codec), canvas, pictures)
    assert np.array_equal(decoded_rgb(path), np.stack(pictures)[..., :3])


@pytest.mark.parametrize("codec", ["h264", "prores"])
def test_colours_are_bt709_in_limited_range(codec: FilmCodec, canvas: moderngl.Framebuffer, tmp_path: Path) -> None:
    path = tmp_path / "film.mov"
    write(film(path, codec), canvas, [picture(i) for i in range(FRAMES)])
    planes = decoded_yuv(path)
    assert len(planes) == FRAMES
    for frame_index in range(FRAMES):
        gray = 20 + 15 * frame_index
        patches = {(12, 16): (255, 0, 0), (12, 80): (0, 255, 0), (52, 16): (0, 0, 255), (52, 80): (gray, gray, gray)}
        for (row, column), rgb in patches.items():
            seen = planes[frame_index, :, row - 4 : row + 4, column - 4 : column + 4].mean(axis=(1, 2))
            assert np.abs(seen - bt709_limited(rgb)).max() <= 1.5, (frame_index, rgb, seen, bt709_limited(rgb))


@pytest.mark.parametrize("codec", ["h264", "prores"])
def test_soft_pictures_come_back_close(codec: FilmCodec, canvas: moderngl.Framebuffer, tmp_path: Path) -> None:
    path = tmp_path / "film.mov"
    write(film(path, codec), canvas, [picture(i) for i in range(FRAMES)])
    shown = "scale=in_color_matrix=bt709:flags=accurate_rnd+full_chroma_int+full_chroma_inp,format=rgb24"
    raw = ffmpeg(path, "-fps_mode", "passthrough", "-vf", shown, "-f", "rawvideo")
    seen = np.frombuffer(raw, np.uint8).reshape(FRAMES, HEIGHT, WIDTH, 3).astype(int)
    ramp = slice(26, 38)  # rows without hard chroma edges
    expected = np.stack([picture(i) for i in range(FRAMES)])[..., :3].astype(int)
    assert np.abs(seen - expected)[:, ramp].max() <= 8
    assert np.abs(seen - expected)[:, ramp].mean() <= 1.5


@pytest.mark.parametrize(("codec", "suffix"), [("h264", ".mp4"), ("h264", ".mkv"), ("prores", ".mov")])
@pytest.mark.parametrize("heard_s", [0.2, 5.0])
def test_sound_is_as_long_as_the_picture_and_stands_where_it_belongs(
    codec: FilmCodec, suffix: str, heard_s: float, canvas: moderngl.Framebuffer, tmp_path: Path
) -> None:
    click_at = 6000  # samples: 0.125 s
    sound = np.zeros((round(heard_s * RATE_HZ), 2), np.float32)
    burst = np.sin(np.arange(1200) * 2 * np.pi * 1000 / RATE_HZ).astype(np.float32)
    sound[click_at : click_at + len(burst), 0] = 0.8 * burst
    path = tmp_path / f"film{suffix}"
    output = film(path, codec, sound=(2, RATE_HZ))
    for start in range(0, len(sound), 4000):
        output.hear(sound[start : start + 4000])
    write(output, canvas, [picture(i) for i in range(FRAMES)])
    streams = probe(path)
    assert streams["audio"]["codec_name"] == ("aac" if suffix == ".mp4" else "pcm_s24le")
    heard = np.frombuffer(ffmpeg(path, "-f", "f32le", "-c:a", "pcm_f32le"), np.float32).reshape(-1, 2)
    length = round(FRAMES / RATE * RATE_HZ)
    if suffix == ".mp4":  # AAC comes in frames of 1024; ffmpeg plays the last one out, the file says where to stop
        assert float(streams["audio"]["duration"]) == pytest.approx(float(FRAMES / RATE), abs=0.001)
        assert 0 <= len(heard) - length < 1024
        assert np.abs(heard[length:]).max() < 0.001
    else:
        assert len(heard) == length
    assert np.abs(heard[:, 1]).max() < 0.01  # the right channel is silent
    shift = int(np.correlate(heard[:, 0], burst, "valid").argmax()) - click_at
    assert shift == 0
    if suffix != ".mp4":
        assert np.abs(heard[click_at : click_at + len(burst), 0] - 0.8 * burst).max() < 1e-6


def test_mono_sound_stays_mono(canvas: moderngl.Framebuffer, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    write(film(path, sound=(1, 44_100)), canvas, [picture(0)])
    assert (probe(path)["audio"]["channels"], probe(path)["audio"]["sample_rate"]) == (1, "44100")


def test_sound_that_no_encoder_takes_is_refused_before_rendering(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="3 channels"):
        film(tmp_path / "film.mp4", sound=(3, RATE_HZ))
    with pytest.raises(OutputError, match="at 50000 Hz"):
        film(tmp_path / "film.mp4", sound=(2, 50_000))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("codec", "name"),
    [("prores", "film.mp4"), ("ffv1", "film.mov"), ("png", "film.mkv"), ("h264", "film.webm"), ("h264", "film")],
)
def test_a_codec_in_the_wrong_container_is_refused_with_the_right_ones(
    codec: FilmCodec, name: str, tmp_path: Path
) -> None:
    with pytest.raises(OutputError, match=f"{codec} does not go into") as refused:
        check_film(tmp_path / name, codec=codec, width=WIDTH, height=HEIGHT)
    assert "prores in .mov .mkv" in refused.value.mend


def test_an_existing_film_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"an old film")
    with pytest.raises(OutputError, match="exists already"):
        film(path)
    assert path.read_bytes() == b"an old film"
    assert list(tmp_path.iterdir()) == [path]


def test_overwriting_keeps_the_old_film_until_the_new_one_is_whole(
    canvas: moderngl.Framebuffer, tmp_path: Path
) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"an old film")
    lost = film(path, overwrite=True)
    write(lost, canvas, [picture(0)], close=False)
    assert path.read_bytes() == b"an old film"
    lost.abort()
    assert path.read_bytes() == b"an old film"
    write(film(path, overwrite=True), canvas, [picture(0)])
    assert probe(path)["video"]["nb_read_frames"] == "1"


def test_a_film_that_somebody_else_made_meanwhile_is_kept(canvas: moderngl.Framebuffer, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    mine = film(path)
    write(mine, canvas, [picture(0)], close=False)
    path.write_bytes(b"theirs")
    with pytest.raises(OutputError, match="exists already"):
        mine.close()
    assert path.read_bytes() == b"theirs"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_that_take_no_film_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="its folder does not exist"):
        film(tmp_path / "nowhere" / "film.mp4")
    (tmp_path / "film.mp4").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        film(tmp_path / "film.mp4")
    if sys.platform == "linux":
        with pytest.raises(OutputError, match="its folder cannot be written"):
            film(Path("/proc/film.mp4"))


@pytest.mark.parametrize(("codec", "width", "height"), [("h264", 95, 64), ("h264", 96, 63), ("prores", 95, 64)])
def test_odd_sizes_are_refused_where_chroma_is_shared(
    codec: FilmCodec, width: int, height: int, tmp_path: Path
) -> None:
    with pytest.raises(OutputError, match=f"{codec} cannot have {width}×{height}"):
        film(tmp_path / "film.mov", codec, width=width, height=height)


def test_a_film_without_frames_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no frame to write"):
        film(tmp_path / "film.mp4").close()
    assert not list(tmp_path.iterdir())


def test_a_frame_left_out_or_of_another_size_is_an_error(canvas: moderngl.Framebuffer, tmp_path: Path) -> None:
    output = film(tmp_path / "film.mp4")
    output.present(canvas, 5, 0.0)
    with pytest.raises(ValueError, match="frame 7 came where 6 was due"):
        output.present(canvas, 7, 0.1)
    small = canvas.ctx.framebuffer([canvas.ctx.texture((16, 16), 4)])
    with pytest.raises(ValueError, match=r"\(16, 16\)"):
        output.present(small, 6, 0.1)
    output.abort()


def test_frames_that_do_not_come_back_are_noticed(
    canvas: moderngl.Framebuffer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = film_writer.FilmWriter.write

    def forgetful(self: film_writer.FilmWriter, frame: av.VideoFrame) -> None:
        if self.frames != 3:
            real(self, frame)
        else:
            self.frames += 1

    monkeypatch.setattr(film_writer.FilmWriter, "write", forgetful)
    with pytest.raises(OutputError, match=f"{FRAMES - 1} frames came back of {FRAMES} written"):
        write(film(tmp_path / "film.mp4"), canvas, [picture(i) for i in range(FRAMES)])
    assert not list(tmp_path.iterdir())


def test_an_error_of_the_encode_thread_reaches_the_main_thread(
    canvas: moderngl.Framebuffer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: film_writer.FilmWriter, frame: av.VideoFrame) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(film_writer.FilmWriter, "write", full)
    output = film(tmp_path / "film.mp4")
    with pytest.raises(OutputError, match="No space left on device"):
        write(output, canvas, [picture(0)] * 50, close=False)
    with pytest.raises(OutputError, match="No space left on device"):
        output.close()
    assert not list(tmp_path.iterdir())


def test_rendering_waits_for_a_slow_encoder(
    canvas: moderngl.Framebuffer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = film_writer.FilmWriter.write
    ahead: list[int] = []

    def slow(self: film_writer.FilmWriter, frame: av.VideoFrame) -> None:
        time.sleep(0.003)
        ahead.append(readback.count - self.frames)
        real(self, frame)

    monkeypatch.setattr(film_writer.FilmWriter, "write", slow)
    figures = Figures()
    readback = figures.samples("readback_ms")
    write(film(tmp_path / "film.mp4", figures=figures), canvas, [picture(0)] * 30)
    assert max(ahead) <= 4
    assert figures.counter("frames_encoded").count == 30
    assert figures.snapshot()["encode_wait_ms_p99"] > 1


_RENDER = """
import resource, signal, sys
from fractions import Fraction
from pathlib import Path
import numpy as np
from engine.core.figures import Figures
from engine.errors import OutputError
from engine.gl.context import headless_context
from engine.outputs.video_file import VideoFile

path, limit_bytes = Path(sys.argv[1]), int(sys.argv[2])
if limit_bytes:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
context = headless_context()
noise = np.random.default_rng(0).integers(0, 256, (96, 96, 4), dtype=np.uint8)
canvas = context.framebuffer([context.texture((96, 96), 4, noise.tobytes())])
film = VideoFile(path, width=96, height=96, rate=Fraction(30), codec="ffv1", figures=Figures())
try:
    for frame_index in range(100_000):
        film.present(canvas, frame_index, 0.0)
        if frame_index == 20:
            print("rendering", flush=True)
    film.close()
except OutputError as error:
    film.abort()
    print(error, flush=True)
"""


def start_rendering(path: Path, limit_bytes: int = 0) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", _RENDER, str(path), str(limit_bytes)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def test_a_killed_render_leaves_nothing_under_the_final_name(canvas: moderngl.Framebuffer, tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    with start_rendering(path) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "rendering\n"
        child.send_signal(signal.SIGKILL)
    assert not path.exists()
    assert [left.name for left in tmp_path.iterdir()] == [f".film.mkv.{child.pid}.partial"]
    write(film(path, "ffv1"), canvas, [picture(0)])  # and does not stand in the way of the next
    assert probe(path)["video"]["nb_read_frames"] == "1"


@pytest.mark.skipif(sys.platform == "win32", reason="the limit on a file's size is POSIX")
def test_a_disk_that_is_full_ends_the_render_with_its_reason(tmp_path: Path) -> None:
    with start_rendering(tmp_path / "film.mkv", limit_bytes=500_000) as child:
        said, _ = child.communicate(timeout=60)
    assert "film.mkv: the encoder stopped" in said
    assert "File too large" in said
    assert not list(tmp_path.iterdir())
