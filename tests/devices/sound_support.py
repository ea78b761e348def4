"""A sound server that plays into nothing (PulseAudio), an ear on it, and MIDI ports without hardware (JACK)."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.support import absent, need_program
from tools import virtual_devices

RATE_HZ = 48_000
TIMEOUT_S = 15.0
_ALSA_PULSE = "libasound_module_pcm_pulse.so"


def wait_until(holds: Callable[[], bool], what: str, timeout_s: float = TIMEOUT_S) -> None:
    """Look every 5 ms until it holds; fail with `what` after the timeout."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"waited {timeout_s} s for: {what}"
        time.sleep(0.005)


@dataclass
class SoundServer:
    """A private PulseAudio with one null sink, "stage". `environment` leads programs to it."""

    process: subprocess.Popen[bytes]
    environment: dict[str, str]
    command: list[str] = field(default_factory=list)

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(TIMEOUT_S)

    def start_again(self) -> None:
        """The same server anew, after `kill`."""
        self.process = subprocess.Popen(self.command, env=os.environ | self.environment, stderr=subprocess.DEVNULL)

    def unplug(self) -> None:
        """Take the sink away; what played to it is ended by the server."""
        self._pactl("unload-module", "module-null-sink")

    def plug_in(self) -> None:
        self._pactl("load-module", "module-null-sink", "sink_name=stage", f"rate={RATE_HZ}")

    def _pactl(self, *arguments: str) -> None:
        subprocess.run(["pactl", *arguments], env=os.environ | self.environment, check=True, capture_output=True)


def need_sound_server() -> str:
    """The path of PulseAudio; skips where it, its tools or ALSA's way to it are absent."""
    need_program("parec", "pulseaudio-utils")
    if not any(Path("/usr/lib").glob(f"**/alsa-lib/{_ALSA_PULSE}")):
        absent("ALSA's PulseAudio plug-in", "libasound2-plugins")
    return need_program("pulseaudio", "pulseaudio")


@contextmanager
def sound_server() -> Iterator[SoundServer]:
    pulseaudio = need_sound_server()
    # Not pytest's own folder: a socket's path may have 107 letters.
    with tempfile.TemporaryDirectory(prefix="pulse-") as home:
        socket = Path(home) / "native"
        environment = {"PULSE_SERVER": f"unix:{socket}", "PULSE_STATE_PATH": home, "PULSE_RUNTIME_PATH": home}
        environment |= {"XDG_RUNTIME_DIR": home, "HOME": home}
        command = [
            pulseaudio,
            "-n",
            "--daemonize=no",
            "--use-pid-file=no",
            "--exit-idle-time=-1",
            "--log-target=stderr",
        ]
        command += ["-L", f"module-native-protocol-unix socket={socket} auth-anonymous=1"]
        command += ["-L", f"module-null-sink sink_name=stage rate={RATE_HZ}"]
        process = subprocess.Popen(command, env=os.environ | environment, stderr=subprocess.DEVNULL)
        server = SoundServer(process, environment, command)
        try:
            wait_until(lambda: _sink_there(server), "PulseAudio to come up")
            yield server
        finally:
            server.kill()


def _sink_there(server: SoundServer) -> bool:
    assert server.process.poll() is None, "PulseAudio ended by itself"
    asked = subprocess.run(
        ["pactl", "list", "short", "sinks"], env=os.environ | server.environment, capture_output=True, check=False
    )
    return b"stage" in asked.stdout


@dataclass
class Ear:
    """What the sink plays, as it comes: by parec, PulseAudio's own recorder."""

    process: subprocess.Popen[bytes]
    arrived: list[tuple[float, bytes]] = field(default_factory=list)  # (monotonic instant, raw samples)

    def listen(self) -> None:
        assert self.process.stdout is not None
        while block := os.read(self.process.stdout.fileno(), 65_536):
            self.arrived.append((time.monotonic(), block))

    @property
    def heard_s(self) -> float:
        return sum(len(block) for _, block in self.arrived) / 8 / RATE_HZ

    def samples(self) -> npt.NDArray[np.float32]:
        """All that was heard: float32 (n, 2)."""
        raw = b"".join(block for _, block in self.arrived)
        return np.frombuffer(raw[: len(raw) // 8 * 8], np.float32).reshape(-1, 2)

    def instant_of(self, sample: int) -> float:
        """The monotonic instant at which a sample arrived here, from the promptest of all blocks."""
        ends = np.cumsum([len(block) for _, block in self.arrived]) / 8 / RATE_HZ
        instants = np.array([instant for instant, _ in self.arrived])
        return float((instants - ends).min()) + sample / RATE_HZ


@contextmanager
def ear_on(server: SoundServer) -> Iterator[Ear]:
    command = ["parec", "-d", "stage.monitor", "--raw", "--format=float32le", f"--rate={RATE_HZ}", "--channels=2"]
    command += ["--latency-msec=5"]
    process = subprocess.Popen(command, env=os.environ | server.environment, stdout=subprocess.PIPE)
    ear = Ear(process)
    listening = threading.Thread(target=ear.listen, name="ear", daemon=True)
    listening.start()
    try:
        wait_until(lambda: ear.heard_s > 0, "parec to hear anything")
        yield ear
    finally:
        process.terminate()
        process.wait(TIMEOUT_S)
        listening.join(TIMEOUT_S)
        assert process.stdout is not None
        process.stdout.close()


@contextmanager
def jack_server() -> Iterator[dict[str, str]]:
    """JACK's dummy driver under a name of its own; the environment that leads clients to it."""
    need_program("jackd", "jackd2")
    need_program("jack_wait", "jackd2")
    with virtual_devices.jack_server() as environment:
        yield environment
