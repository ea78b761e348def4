"""Sound through a real server: what the track player plays is recorded from the null sink's monitor."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from engine.app.clocks import LiveClock
from engine.audio.devices import find_device, list_devices
from engine.audio.live_sound import LiveSound
from engine.core.clock_choice import TRACK
from engine.core.figures import Figures
from engine.core.step import begun, folded
from engine.errors import DeviceError
from engine.formats.sound import Sound, read_sound, write_sound
from engine.model.clock import ClockReading
from engine.model.world import World
from tests.devices.sound_support import RATE_HZ, TIMEOUT_S, Ear, SoundServer, ear_on, sound_server, wait_until
from tests.sound_shows import event, sounding

Samples32 = npt.NDArray[np.float32]


@pytest.fixture
def ear(sound: SoundServer) -> Iterator[Ear]:
    with ear_on(sound) as listening:
        yield listening


class Stage:
    """A show that sounds from `from_s` on, its clock, and hands that send it elsewhere."""

    def __init__(self, world: World, figures: Figures, from_s: float = 0.0) -> None:
        self.world = world
        self.state = begun(world)
        self.clock = LiveClock(from_s)
        self.sound = LiveSound(world, lambda: self, self.clock.at, figures)
        self.from_s = from_s

    def __enter__(self) -> Stage:
        try:
            self.sound.start(self.from_s)
        except BaseException:
            self.sound.stop()
            raise
        self.clock.restart(self.from_s)
        return self

    def __exit__(self, *_: object) -> None:
        self.sound.stop()

    def reading(self) -> ClockReading | None:
        reading = self.sound.reading()
        self.clock.follow({TRACK: reading})
        return reading

    @property
    def heard_s(self) -> float:
        reading = self.reading()
        assert reading is not None, "the device was lost"
        return reading.show_s

    def send(self, address: str, value: float) -> float:
        """Fold an event in, now; its instant."""
        at_s = self.clock.now_s()
        self.state = folded(self.world, self.state, [event(at_s, address, value)])
        return at_s


def noise(folder: Path, seconds: float, seed: int = 1) -> tuple[Path, Samples32]:
    """A file of white noise, which is like itself nowhere else, and its samples as they are read back."""
    made = np.random.default_rng(seed).normal(0, 0.1, (round(seconds * RATE_HZ), 2)).astype(np.float32)
    file = folder / f"noise{seed}.flac"
    write_sound(file, Sound(made, RATE_HZ))
    return file, read_sound(file).samples


def place_of(part: Samples32, heard: Samples32) -> tuple[int, float]:
    """Where in `heard` the part sounds (a sample's number), and how alike the two are there (1 is the same)."""
    size = 1 << (len(heard) + len(part)).bit_length()
    spectrum = np.fft.rfft(heard[:, 0], size) * np.conj(np.fft.rfft(part[:, 0], size))
    place = int(np.argmax(np.fft.irfft(spectrum, size)[: len(heard)]))
    there = heard[place : place + len(part), 0]
    return place, float(np.corrcoef(there, part[: len(there), 0])[0, 1])


def show_with(folder: Path, track: str) -> World:
    return sounding(
        folder, f"track: {{{track}}}\nsound: {{device: pulse}}\nmovements: [{{name: one, duration_s: 100}}]"
    )


def test_the_track_is_heard_and_the_clock_says_when(tmp_path: Path, ear: Ear) -> None:
    file, samples = noise(tmp_path, 3.0)
    figures = Figures()
    readings: list[ClockReading] = []
    with Stage(show_with(tmp_path, f"file: {file.name}, gain_db: -6"), figures, 2.0) as stage:
        while not readings or readings[-1].show_s < 2.9:  # the rest of the file is a second long
            reading = stage.reading()
            assert reading is not None
            readings.append(reading)
            time.sleep(0.01)
        wait_until(lambda: stage.heard_s > 3.3, "the clock to run on in the silence after the end")
        meters = stage.sound.meters
    assert stage.sound.reading() is None

    place, likeness = place_of(samples[2 * RATE_HZ :], ear.samples())
    assert likeness > 0.999  # it comes in within 5 ms, where it is cut into
    heard = ear.samples()[place : place + RATE_HZ]
    assert np.std(heard) / np.std(samples) == pytest.approx(10 ** (-6 / 20), rel=0.02)
    assert not ear.samples()[place + RATE_HZ + 100 :].any()
    assert -60 < meters.master.rms_db[0] < -26  # it was 0.1 - 6 dB, and has been falling since

    show_times = [reading.show_s for reading in readings]
    assert show_times == sorted(show_times)
    truth_s = ear.instant_of(place)  # when the show's instant 2.0 was heard
    errors_s = [reading.at(truth_s) - 2.0 for reading in readings]
    assert max(abs(error_s) for error_s in errors_s) < 0.010
    assert figures.counter("audio_underruns").count == 0
    assert figures.counter("track_misses").count == 0


def test_the_first_sample_of_a_track_is_heard(tmp_path: Path, ear: Ear) -> None:
    file, samples = noise(tmp_path, 1.0)
    with Stage(show_with(tmp_path, f"file: {file.name}"), Figures()) as stage:
        wait_until(lambda: stage.heard_s > 0.6, "the beginning")
    place, likeness = place_of(samples[: RATE_HZ // 2], ear.samples())
    assert likeness > 0.999
    assert np.allclose(ear.samples()[place : place + 1000], samples[:1000], atol=1e-4)


def test_a_loop_has_no_seam(tmp_path: Path, ear: Ear) -> None:
    file, samples = noise(tmp_path, 0.3)
    with Stage(show_with(tmp_path, f"file: {file.name}, at_end: loop"), Figures(), 100 * 0.3 + 0.1) as stage:
        wait_until(lambda: stage.heard_s > 100 * 0.3 + 1.2, "the loop to come round")
    begun_at = np.concatenate([samples[round(0.1 * RATE_HZ) :], samples, samples, samples])
    assert place_of(begun_at, ear.samples())[1] > 0.999


def sought(stage: Stage, to_s: float) -> float:
    """Hear the beginning, go elsewhere, and hear a second of that; the instant of going."""
    wait_until(lambda: stage.heard_s > 0.3, "the beginning")
    sought_s = stage.send("/show/position", to_s)
    wait_until(lambda: stage.heard_s > sought_s + 1.0, "a second more")
    return sought_s


def test_a_seek_moves_the_music_and_not_its_clock(tmp_path: Path, ear: Ear) -> None:
    file, samples = noise(tmp_path, 8.0)
    for _ in range(3):  # a machine that stops for a moment starves the sound server; then it is heard again
        figures, begun_at = Figures(), len(ear.samples())
        with Stage(show_with(tmp_path, f"file: {file.name}"), figures) as stage:
            sought_s = sought(stage, 5.0)
        if not figures.counter("audio_underruns").count:
            break
    heard = ear.samples()[begun_at:]
    first, likeness = place_of(samples[: round(0.3 * RATE_HZ)], heard)
    assert likeness > 0.999
    then, likeness = place_of(samples[round(5.4 * RATE_HZ) : round(5.9 * RATE_HZ)], heard)
    assert likeness > 0.999
    # The sound goes on where the show is by then: as if it had jumped on the very instant.
    assert (then - first) / RATE_HZ - 0.4 == pytest.approx(sought_s, abs=0.02)
    assert figures.counter("audio_underruns").count == 0


def test_sound_that_is_off_is_put_right(tmp_path: Path, ear: Ear) -> None:
    file, samples = noise(tmp_path, 9.0)
    with Stage(show_with(tmp_path, f"file: {file.name}"), Figures()) as stage:
        wait_until(lambda: stage.heard_s > 0.3, "the beginning")
        stage.clock.restart(4.0)  # another clock leads, and stands elsewhere
        stage.sound.align()
        wait_until(lambda: stage.sound.reading().show_s > 4.8, "the new place")  # type: ignore[union-attr]
        reading, now_s = stage.sound.reading(), stage.clock.now_s()
    assert reading is not None
    assert reading.show_s == pytest.approx(now_s, abs=0.02)
    assert place_of(samples[round(4.3 * RATE_HZ) : round(4.6 * RATE_HZ)], ear.samples())[1] > 0.999


def test_a_device_that_is_not_there_is_named_with_those_that_are(sound: SoundServer) -> None:
    assert find_device("output", "PULSE").name == "pulse"
    assert find_device("input").channels > 0
    assert "pulse" in {device.name for device in list_devices("output")}
    with pytest.raises(DeviceError, match=r"There are: .*pulse"):
        find_device("output", "Scarlett")


def test_a_file_that_is_gone_is_silence(tmp_path: Path, sound: SoundServer, caplog: pytest.LogCaptureFixture) -> None:
    file, _ = noise(tmp_path, 1.0)
    world = show_with(tmp_path, f"file: {file.name}")
    file.unlink()
    figures = Figures()
    with Stage(world, figures) as stage:
        wait_until(lambda: stage.heard_s > 0.2, "the show to run")
    assert figures.counter("track_read_errors").count == 1
    assert [record.getMessage() for record in caplog.records if "is not there" in record.getMessage()]


def test_without_any_device_the_error_says_what_to_do(tmp_path: Path, no_sound: None) -> None:
    file, _ = noise(tmp_path, 0.1)
    with pytest.raises(DeviceError, match="sound server"), Stage(show_with(tmp_path, f"file: {file.name}"), Figures()):
        pass


BEGINS_WITHOUT = """
import sys
from pathlib import Path
from engine.core.figures import Figures
from engine.errors import DeviceError
from tests.devices.sound_support import wait_until
from tests.devices.test_audio import Stage, show_with

stage = Stage(show_with(Path(sys.argv[1]), f"file: {sys.argv[2]}, at_end: loop"), Figures())
try:
    stage.sound.start()
except DeviceError:
    print("without", flush=True)
wait_until(lambda: stage.sound.reading() is not None, "the device")
free_s = stage.clock.now_s()
assert abs(stage.reading().at(stage.reading().monotonic_s) - free_s) < 1 / 60
wait_until(lambda: stage.sound.meters.master.rms_db[0] > -40, "sound")
stage.sound.stop()
print("with", flush=True)
"""


def test_a_device_that_was_not_there_at_first_is_taken_up_when_it_comes(tmp_path: Path) -> None:
    file, _ = noise(tmp_path, 0.5)
    with sound_server() as server:
        server.kill()
        child = child_of(server, BEGINS_WITHOUT, tmp_path, file)
        assert child.stdout is not None
        assert child.stdout.readline() == "without\n"
        server.start_again()
        assert child.stdout.readline() == "with\n"
        assert child.wait(TIMEOUT_S) == 0
        child.stdout.close()


def child_of(server: SoundServer, program: str, folder: Path, file: Path) -> subprocess.Popen[str]:
    """A process of its own, since PortAudio stays with the server that it first found."""
    return subprocess.Popen(
        [sys.executable, "-c", program, str(folder), file.name],
        env=os.environ | server.environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


LOSES_ITS_SERVER = """
import sys, threading
from pathlib import Path
from engine.core.figures import Figures
from tests.devices.sound_support import wait_until
from tests.devices.test_audio import Stage, show_with

figures = Figures()
with Stage(show_with(Path(sys.argv[1]), f"file: {sys.argv[2]}, at_end: loop"), figures) as stage:
    wait_until(lambda: stage.heard_s > 0.5, "music")
    for turn in range(3):
        print("plays", flush=True)
        wait_until(lambda: stage.reading() is None, "the loss to be noticed")
        print("lost", flush=True)
        wait_until(lambda: stage.sound.reading() is not None, "the return")
        free_s = stage.clock.now_s()
        reading = stage.reading()
        off_s = reading.at(reading.monotonic_s) - free_s
        assert abs(off_s) < 1 / 60, f"the show jumped by {off_s} s"
        wait_until(lambda: stage.sound.meters.master.rms_db[0] > -40, "sound")
    print("plays", flush=True)
assert figures.counter("track_lost").count == 3, figures
assert not [thread.name for thread in threading.enumerate() if thread.name.startswith(("sound-", "audio-"))]
print("went on", flush=True)
"""


def test_a_device_that_hangs_goes_or_dies_is_noticed_and_taken_up_again(tmp_path: Path) -> None:
    file, _ = noise(tmp_path, 0.5)
    with sound_server() as server:
        child = child_of(server, LOSES_ITS_SERVER, tmp_path, file)
        assert child.stdout is not None
        for word, act in (
            ("plays", server.freeze), ("lost", server.thaw),
            ("plays", server.unplug), ("lost", server.plug_in),
            ("plays", server.kill), ("lost", server.start_again),
            ("plays", lambda: None), ("went on", lambda: None),
        ):  # fmt: skip
            assert child.stdout.readline() == f"{word}\n"
            act()
        assert child.wait(TIMEOUT_S) == 0
        child.stdout.close()
