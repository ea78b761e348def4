"""The devices of a machine that has none: each is started and ended here."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import mido
import pytest

from tests.devices.sound_support import SoundServer, jack_server, sound_server
from tests.support import absent


@pytest.fixture(scope="session")
def sound_daemon() -> Iterator[SoundServer]:
    with sound_server() as server:
        yield server


@pytest.fixture
def sound(sound_daemon: SoundServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundServer]:
    """The null sink as PortAudio's only device: "pulse" (and "default")."""
    for name, value in sound_daemon.environment.items():
        monkeypatch.setenv(name, value)
    sounddevice = _sounddevice()
    _look_again(sounddevice)
    yield sound_daemon
    monkeypatch.undo()
    _look_again(sounddevice)


@pytest.fixture
def no_sound(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine on which PortAudio finds no device."""
    monkeypatch.setenv("PULSE_SERVER", "unix:/nonexistent/native")
    sounddevice = _sounddevice()
    _look_again(sounddevice)
    if sounddevice.query_devices():
        pytest.skip("this machine has a sound device")
    yield
    monkeypatch.undo()
    _look_again(sounddevice)


@pytest.fixture(scope="session")
def jack_daemon() -> Iterator[dict[str, str]]:
    with jack_server() as environment:
        yield environment


@pytest.fixture
def jack(jack_daemon: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """MIDI by way of JACK."""
    for name, value in jack_daemon.items():
        monkeypatch.setenv(name, value)
    before = mido.backend
    mido.set_backend("mido.backends.rtmidi/UNIX_JACK")
    yield
    mido.set_backend(before)


def _sounddevice() -> ModuleType:
    try:
        import sounddevice
    except OSError:
        absent("PortAudio", "libportaudio2")
    return sounddevice


def _look_again(sounddevice: ModuleType) -> None:
    """PortAudio lists devices once, when it is initialised."""
    sounddevice._terminate()
    sounddevice._initialize()
