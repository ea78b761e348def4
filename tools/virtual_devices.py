"""Devices for a machine that has none: MIDI ports by JACK's dummy driver, a display that draws into memory, and a sound
server that plays into nothing.

Each runs for the length of a `with` block under a name of its own, beside whatever else runs on the machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from engine.errors import DeviceError

RATE_HZ = 48_000
_TIMEOUT_S = 15.0
_SERVERS = count(1)


@contextmanager
def jack_server() -> Iterator[dict[str, str]]:
    """JACK's dummy driver; the environment that leads its clients to it. Raises DeviceError without jackd."""
    jackd, jack_wait = _program("jackd", "jackd2"), _program("jack_wait", "jackd2")
    name = f"runtime-{os.getpid()}-{next(_SERVERS)}"
    # -r and --no-mlock: no rights that a container does not give. -S: the driver waits for its clients, where it
    # would otherwise go on without a late one and deliver the events of its last period again.
    command = [jackd, "-n", name, "-S", "-r", "--no-mlock", "-d", "dummy", "-r", str(RATE_HZ), "-p", "256"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        waiting = [jack_wait, "-s", name, "-w", "-t", str(int(_TIMEOUT_S))]
        subprocess.run(waiting, check=True, capture_output=True, timeout=_TIMEOUT_S)  # noqa: S603
        yield {"JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1"}
    finally:
        _ended(process)


@contextmanager
def in_environment(variables: Mapping[str, str]) -> Iterator[None]:
    """This process's own environment with these variables: libraries such as libjack read it here."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def virtual_display(width: int, height: int) -> Iterator[str]:
    """Xvfb with one screen of that size in pixels; its name (":99"). Raises DeviceError without Xvfb."""
    program = _program("Xvfb", "xvfb")
    read_end, write_end = os.pipe()
    # -noreset: else it starts anew when its last client leaves, and turns the next one away meanwhile.
    command = [program, "-displayfd", str(write_end), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"]
    process = subprocess.Popen(  # noqa: S603
        [*command, "-noreset"], pass_fds=(write_end,), stderr=subprocess.DEVNULL
    )
    os.close(write_end)
    try:
        with os.fdopen(read_end) as answer:
            number = answer.readline().strip()  # empty if it died before it had one
        if not number:
            raise DeviceError("ended at once", subject="Xvfb", mend="See whether `Xvfb -displayfd 1` starts by itself.")
        yield f":{number}"
    finally:
        _ended(process)


@contextmanager
def sound_server() -> Iterator[dict[str, str]]:
    """PulseAudio with one null sink, "stage"; the environment that leads its clients to it, and ALSA's among them.

    What is played to it is heard on its monitor, the only input. Raises DeviceError without PulseAudio.
    """
    program, pactl = _program("pulseaudio", "pulseaudio"), _program("pactl", "pulseaudio-utils")
    # A folder with a short name: a socket's path may have 107 letters.
    with tempfile.TemporaryDirectory(prefix="pulse-") as home:
        socket = Path(home) / "native"
        variables = {"PULSE_SERVER": f"unix:{socket}", "PULSE_STATE_PATH": home, "PULSE_RUNTIME_PATH": home}
        variables |= {"XDG_RUNTIME_DIR": home, "HOME": home}
        command = [program, "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--log-target=stderr"]
        command += ["-L", f"module-native-protocol-unix socket={socket} auth-anonymous=1"]
        command += ["-L", f"module-null-sink sink_name=stage rate={RATE_HZ}"]
        process = subprocess.Popen(command, env=os.environ | variables, stderr=subprocess.DEVNULL)  # noqa: S603
        try:
            _wait_for_sink(process, [pactl, "list", "short", "sinks"], os.environ | variables)
            yield variables
        finally:
            _ended(process)


def _wait_for_sink(server: subprocess.Popen[bytes], asking: list[str], environment: Mapping[str, str]) -> None:
    until_s = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < until_s and server.poll() is None:
        asked = subprocess.run(asking, env=environment, capture_output=True, check=False)  # noqa: S603
        if b"stage" in asked.stdout:
            return
        time.sleep(0.02)
    raise DeviceError("gives no sink", subject="PulseAudio", mend="See whether `pulseaudio -n -v` starts by itself.")


def _program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise DeviceError(f"{name} is not installed", subject=name, mend=f"apt install {package}")
    return found


def _ended(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
