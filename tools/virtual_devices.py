"""Devices for a machine that has none: MIDI ports by JACK's dummy driver, and a display that draws into memory.

Each runs for the length of a `with` block under a name of its own, beside whatever else runs on the machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from engine.errors import DeviceError

RATE_HZ = 48_000
_TIMEOUT_S = 15.0


@contextmanager
def jack_server() -> Iterator[dict[str, str]]:
    """JACK's dummy driver; the environment that leads its clients to it. Raises DeviceError without jackd."""
    jackd, jack_wait = _program("jackd", "jackd2"), _program("jack_wait", "jackd2")
    name = f"runtime-{os.getpid()}"
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
