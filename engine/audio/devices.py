"""PortAudio's devices by name, with errors that say what would help."""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from engine.errors import DeviceError

_log = logging.getLogger(__name__)

Direction = Literal["output", "input"]

_INSTALL = "Install PortAudio: apt install libportaudio2 (Debian, Ubuntu), or run without sound."
_CLOSE_TIMEOUT_S = 1.0

# PortAudio does one thing at a time, and looks for devices only as it is initialised, which ends all its streams.
_lock = threading.RLock()
_open_streams: list[Any] = []  # under the lock


@dataclass(frozen=True, slots=True)
class AudioDevice:
    """One device as PortAudio lists it. `channels` counts those of the direction that was asked for."""

    index: int
    name: str
    channels: int
    default_rate_hz: int


def portaudio() -> Any:
    """The sounddevice module; DeviceError where the PortAudio library is missing."""
    try:
        import sounddevice  # noqa: PLC0415  the import loads PortAudio and looks for devices
    except OSError as error:
        raise DeviceError(f"PortAudio cannot be loaded ({error})", subject="sound", mend=_INSTALL) from error
    return sounddevice


def list_devices(direction: Direction) -> tuple[AudioDevice, ...]:
    """Every device of a direction, in PortAudio's order, as they were when it last looked (`look_again`).

    Raises DeviceError where PortAudio is missing.
    """
    key = f"max_{direction}_channels"
    with _lock:
        there = portaudio().query_devices()
    return tuple(_device(number, found, key) for number, found in enumerate(there) if found[key])


def look_again() -> bool:
    """Let PortAudio look for devices that have come or gone; whether it did. Any thread.

    Not while a stream is open, an input's or one that hangs, since that would end with it.
    """
    sounddevice = portaudio()
    with _lock:
        if _open_streams:
            return False
        sounddevice._terminate()
        sounddevice._initialize()
    return True


def open_stream(kind: Callable[..., Any], **settings: Any) -> Any:
    """A stream of sounddevice's class `kind`, to be closed by `close_stream`. Raises PortAudioError as that does."""
    with _lock:
        stream = kind(**settings)
        _open_streams.append(stream)
    return stream


def find_device(direction: Direction, name: str = "") -> AudioDevice:
    """The first device whose name contains `name` (letter case aside), or the default one for an empty name.

    Raises DeviceError, with the names there are, where none fits; and where PortAudio is missing.
    """
    devices = list_devices(direction)
    if name:
        fitting = [device for device in devices if name.casefold() in device.name.casefold()]
    else:
        sounddevice = portaudio()
        number = sounddevice.default.device[0 if direction == "input" else 1]
        fitting = [device for device in devices if device.index == number] or list(devices[:1])
    if fitting:
        return fitting[0]
    names = ", ".join(sorted({device.name for device in devices}))
    raise DeviceError(
        f"no such audio {direction}" if names else f"this machine has no audio {direction}",
        subject=name or f"audio {direction}",
        mend=f"There are: {names}." if names else "Connect one, or start the sound server (PipeWire or PulseAudio).",
    )


def close_stream(stream: Any) -> None:
    """Stop a PortAudio stream at once and give its device back. Never raises, and returns within a second.

    PortAudio waits for ever for a sound server that hangs, here and again as the process ends. Such a stream is
    left to the operating system.
    """
    closing = threading.Thread(target=_abort_and_close, args=(stream,), name="audio-close", daemon=True)
    closing.start()
    closing.join(_CLOSE_TIMEOUT_S)
    if closing.is_alive():
        _log.warning("the sound server hangs: its device is left as it is")
        atexit.unregister(portaudio()._exit_handler)


def _abort_and_close(stream: Any) -> None:
    stream.abort(ignore_errors=True)
    stream.close(ignore_errors=True)
    with _lock:
        _open_streams[:] = [one for one in _open_streams if one is not stream]


def _device(number: int, found: dict[str, Any], key: str) -> AudioDevice:
    return AudioDevice(number, str(found["name"]), int(found[key]), round(found["default_samplerate"]))
