"""Clocks of other programs: JACK's MIDI clock, mido's, libltc's time code through a sound server, Ableton Link.

MIDI time code has no foreign sender here: its bytes are made from the specification, and go through a real port.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import mido
import numpy as np
import pytest

from engine.app.clocks import LiveClock
from engine.app.show_clocks import ShowClocks
from engine.audio import libltc as libltc_module
from engine.audio.libltc import LtcDecoder
from engine.audio.ltc import LtcInput
from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.core.ltc_frame import code_of
from engine.core.time_code import TimeCode, frame_length_s, seconds_of
from engine.errors import DeviceError
from engine.inputs.link import LinkInput
from engine.inputs.midi import MidiInput
from engine.inputs.midi_clock import MidiClockInput
from engine.inputs.mtc import MtcInput
from engine.model.clock import ClockReading
from engine.model.clocks import LtcClock, MtcClock
from engine.model.clocks import MidiClock as MidiClockSettings
from engine.model.controls import MidiInput as MidiSettings
from engine.model.show import Show
from tests.devices.sound_support import RATE_HZ, SoundServer, ear_on, wait_until
from tests.ltc_support import need_libltc, written
from tests.support import absent, need_program

OnMessage = Callable[[str, Sequence[int], float], None]


@contextmanager
def listening(on_message: OnMessage) -> Iterator[MidiInput]:
    midi = MidiInput(MidiSettings(), lambda *_event: None, time.monotonic, Figures(), on_clock=on_message)
    try:
        yield midi
    finally:
        midi.close()


@pytest.fixture
def jack_clock(jack: None, jack_daemon: dict[str, str]) -> Iterator[Callable[[str], None]]:
    """JACK's own MIDI clock at 126 beats a minute; call it with commands for JACK's transport."""
    program = need_program("jack_midi_clock", "jack-midi-clock")
    transport = need_program("jack_transport", "jackd2")
    environment = os.environ | jack_daemon
    process = subprocess.Popen([program, "-b", "126"], env=environment, stdout=subprocess.DEVNULL)

    def command(lines: str) -> None:
        subprocess.run(
            [transport],
            input=f"{lines}\nquit\n",
            env=environment,
            text=True,
            check=True,
            capture_output=True,
            timeout=10,
        )

    command("stop\nlocate 0")
    try:
        yield command
    finally:
        command("stop")
        process.terminate()
        process.wait(10)


class Followed:
    """A MIDI clock, and the ticks that it heard: when, and where it then stood."""

    def __init__(self, port: str, nominal_bpm: float) -> None:
        self.clock = MidiClockInput(MidiClockSettings(port=port), nominal_bpm)
        self.ticks: list[tuple[float, ClockReading | None]] = []

    def on_message(self, port: str, message: Sequence[int], at_s: float) -> None:
        self.clock.on_message(port, message, at_s)
        if message[0] == 0xF8:
            self.ticks.append((at_s, self.clock.reading(at_s)))

    def reading(self) -> ClockReading | None:
        return self.clock.reading(time.monotonic())

    def over(self, ticks: int) -> tuple[ClockReading, ClockReading]:
        """Readings at two ticks that are so many apart, between which the sender kept going.

        On a busy machine JACK's dummy driver leaves time out.
        """
        for _ in range(10):
            begun = len(self.ticks)
            wait_until(lambda begun=begun: len(self.ticks) > begun + ticks, "ticks to come")
            within = self.ticks[begun : begun + ticks + 1]
            first, last = within[0][1], within[-1][1]
            if max(np.diff([at_s for at_s, _ in within])) < 0.06 and first is not None and last is not None:
                return first, last
        pytest.fail("JACK's clock never went on for that long")


def test_jacks_midi_clock_is_followed_started_stopped_and_continued(jack_clock: Callable[[str], None]) -> None:
    followed = Followed("jack_midi_clock", 120.0)
    with listening(followed.on_message) as midi:
        wait_until(lambda: any("mclk" in name for name in midi.port_names), "JACK's clock to be there")
        jack_clock("play")
        wait_until(lambda: followed.reading() is not None, "the clock to run")
        begun = followed.reading()
        assert begun is not None
        assert begun.show_s < 5  # from the top, though the machine was slow
        followed.over(96)
        first, last = followed.over(96)
        assert last.show_s - first.show_s == pytest.approx(96 / 24 * 60 / 120, abs=0.04)
        assert last.jumps == begun.jumps
        assert last.rate == pytest.approx(126 / 120, rel=0.3)
        jack_clock("stop")
        wait_until(lambda: followed.reading() is None, "the clock to stop")
        jack_clock("play")
        wait_until(lambda: followed.reading() is not None, "the clock to go on")
        again = followed.reading()
        assert again is not None
        assert again.jumps != begun.jumps
        assert again.show_s > last.show_s


def _bpm(clock: MidiClockInput) -> float | None:
    beats = clock.beats(time.monotonic())
    return None if beats is None else beats.bpm


@contextmanager
def sending(messages: Iterator[tuple[float, list[int]]]) -> Iterator[None]:
    """Sends (seconds from now, bytes) through a virtual port, each at its time."""
    over = threading.Event()
    begun_s = time.monotonic()

    def send() -> None:
        with mido.open_output("sequencer", virtual=True) as port:
            while not any("sequencer" in name for name in mido.get_input_names()):
                over.wait(0.01)
            over.wait(0.3)  # until it is being listened to
            for at_s, data in messages:
                if over.wait(max(0.0, begun_s + 1.0 + at_s - time.monotonic())):
                    return
                port.send(mido.Message.from_bytes(data))

    thread = threading.Thread(target=send, name="sequencer")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)


def _song(bpm: float) -> Iterator[tuple[float, list[int]]]:
    yield 0.0, [0xF2, 32, 0]  # the third bar
    yield 0.0, [0xFB]
    for tick in range(10_000):
        yield tick * 60 / bpm / 24, [0xF8]


def test_a_song_position_and_continue_through_a_port(jack: None) -> None:
    clock = MidiClockInput(MidiClockSettings(), 100.0)
    with listening(clock.on_message), sending(_song(100)):
        wait_until(lambda: clock.reading(time.monotonic()) is not None, "the song to run")
        reading = clock.reading(time.monotonic())
        assert reading is not None
        assert 4.8 <= reading.show_s < 8  # eight beats in
        wait_until(lambda: _bpm(clock) is not None, "a tempo")
    wait_until(lambda: clock.reading(time.monotonic()) is None, "the loss to be noticed")


def test_a_clock_is_heard_on_a_port_that_the_shows_controllers_are_not_on(jack: None) -> None:
    show = Show.model_validate(
        {
            "layers": [{"name": "base"}],
            "movements": [{"name": "one", "duration_s": 10}],
            "inputs": {"midi": {"port": "faders"}},
            "clocks": {"order": ["midi"]},
            "tempo": {"bpm": 100},
        }
    )
    live, inbox = LiveClock(0.0, show.clocks.order), Inbox()
    clocks = ShowClocks(show, live, inbox)
    failures: list[DeviceError] = []
    clocks.open(Figures(), failures.append)

    def followed() -> bool:
        clocks.steer(time.monotonic(), None, track_beats=False, tempo=None, tapped=False)
        return live.status.followed == "midi"

    try:
        with sending(_song(100)):
            wait_until(followed, "the clock to be followed")
    finally:
        clocks.close()
    assert failures == []
    [located, *_] = inbox.drain(1e9)
    assert located.address == "/show/position"
    assert 4.8 <= located.value < 8


def _tape(first_frame: int) -> Iterator[tuple[float, list[int]]]:
    for number in range(first_frame, first_frame + 500, 2):
        seconds, frames = divmod(number, 25)
        fields = (frames, seconds % 60, seconds // 60 % 60, seconds // 3600 | 1 << 5)
        nibbles = [nibble for field in fields for nibble in (field & 0x0F, field >> 4)]
        for piece, nibble in enumerate(nibbles):
            yield (number - first_frame) / 25 + piece / 100, [0xF1, piece << 4 | nibble]


def test_quarter_frames_through_a_port(jack: None) -> None:
    mtc = MtcInput(MtcClock(port="sequencer", offset_s=3600))
    with listening(mtc.on_message), sending(_tape(3605 * 25)):
        wait_until(lambda: mtc.reading(time.monotonic()) is not None, "time code")
        first = mtc.reading(time.monotonic())
        end_s = time.monotonic() + 2
        wait_until(lambda: time.monotonic() > end_s, "two seconds of it")
        last = mtc.reading(time.monotonic())
    assert first is not None
    assert last is not None
    assert 5 <= first.show_s < 9
    assert last.show_s - first.show_s == pytest.approx(last.monotonic_s - first.monotonic_s, abs=0.02)
    assert last.jumps == 1


def test_time_code_in_the_room_is_heard_within_two_frames(sound: SoundServer) -> None:
    need_libltc()
    player = need_program("pacat", "pulseaudio-utils")
    first = TimeCode(1, 0, 0, 0, 25)
    samples = written(first, 25 * 12, RATE_HZ)
    figures = Figures()
    ltc = LtcInput(LtcClock(offset_s=3600), figures)
    command = [player, "--playback", "-d", "stage", "--raw", "--format=float32le", f"--rate={RATE_HZ}", "--channels=1"]
    try:
        with ear_on(sound) as ear:
            process = subprocess.Popen(command, env=os.environ | sound.environment, stdin=subprocess.PIPE)
            assert process.stdin is not None
            feeding = threading.Thread(target=_fed, args=(process, samples.tobytes()), name="tape")
            feeding.start()
            wait_until(lambda: ltc.reading(time.monotonic()) is not None, "time code to be heard")
            end_s = time.monotonic() + 3
            wait_until(lambda: time.monotonic() > end_s, "three seconds of it")
            reading = ltc.reading(time.monotonic())
            process.kill()
            process.wait(10)
            feeding.join(10)
            wait_until(lambda: ltc.reading(time.monotonic()) is None, "the loss to be noticed")
    finally:
        ltc.close()
    assert reading is not None
    true_s = _code_heard(ear.samples()[:, 0], ear.instant_of, reading.monotonic_s)
    print(f"LTC through the sound server: rate {reading.rate:.4f}, {(reading.show_s + 3600 - true_s) * 1000:+.1f} ms")
    assert reading.show_s + 3600 == pytest.approx(true_s, abs=0.08)
    assert reading.rate == pytest.approx(1, abs=0.005)
    assert figures.counter("ltc_frames").count > 50


def _fed(process: subprocess.Popen[bytes], data: bytes) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(data)
        process.stdin.close()
    except BrokenPipeError:
        return  # it was ended before the tape was


def _code_heard(heard: np.ndarray, instant_of: Callable[[int], float], at_s: float) -> float:
    """The time code at a monotonic instant by another pair of ears: parec's."""
    decoder = LtcDecoder(RATE_HZ)
    frames = decoder.feed(heard)
    decoder.close()
    code = code_of(frames[len(frames) // 2].data, 25)
    code_s = seconds_of(code)
    assert code_s is not None
    return code_s + frame_length_s(code) + at_s - instant_of(frames[len(frames) // 2].to_sample)


def test_a_channel_that_the_input_has_not_got_is_named(sound: SoundServer) -> None:
    need_libltc()
    with pytest.raises(DeviceError, match="has no channel 64"):
        LtcInput(LtcClock(channel=64), Figures())


def test_without_libltc_the_mend_says_what_to_install(sound: SoundServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libltc_module.ctypes.util, "find_library", lambda _name: "libltc-is-not-here.so")
    libltc_module.libltc.cache_clear()
    try:
        with pytest.raises(DeviceError, match="apt install libltc11"):
            LtcInput(LtcClock(), Figures())
        assert not any(thread.name == "ltc" for thread in threading.enumerate())
    finally:
        monkeypatch.undo()
        libltc_module.libltc.cache_clear()


_PEER = """
import asyncio, sys, time, aalink
async def take_part():
    link = aalink.Link(120.0)
    link.quantum = 4
    link.enabled = True
    while not link.num_peers:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.5)
    link.tempo = 133.0
    while True:
        print(time.monotonic(), link.beat, link.tempo, flush=True)
        await asyncio.sleep(0.05)
asyncio.run(take_part())
"""


def test_a_link_session_is_followed_and_left() -> None:
    try:
        import aalink  # noqa: F401
    except ImportError:
        absent("the package aalink", "runtime-engine[link]")
    link = LinkInput(None, 4)
    assert link.beats(time.monotonic()) is None  # nobody else is there
    peer = subprocess.Popen([sys.executable, "-c", _PEER], stdout=subprocess.PIPE, text=True)
    assert peer.stdout is not None
    try:
        line = next(line for line in peer.stdout if line.split()[2] == "133.0")
        wait_until(lambda: _link_bpm(link) == pytest.approx(133.0), "the session's new tempo")
        for _ in range(10):
            line = next(peer.stdout)
        instant_s, beat, _ = map(float, line.split())
        reading = link.beats(instant_s)
        assert reading is not None
        assert reading.beat is not None
        apart = (reading.beat - beat + 2) % 4 - 2  # bars begin together; how many were before is each one's own affair
        print(f"Link: {apart * 60_000 / 133:+.2f} ms")
        assert abs(apart) * 60 / 133 < 0.002
    finally:
        peer.kill()
        peer.communicate()
    try:
        wait_until(lambda: link.beats(time.monotonic()) is None, "the others to be gone")
    finally:
        link.close()
    assert not any(thread.name == "link" for thread in threading.enumerate())


def _link_bpm(link: LinkInput) -> float | None:
    reading = link.beats(time.monotonic())
    return None if reading is None else reading.bpm


def test_without_aalink_the_mend_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aalink", None)
    with pytest.raises(DeviceError, match=r"runtime-engine\[link\]"):
        LinkInput(120.0, 4)
