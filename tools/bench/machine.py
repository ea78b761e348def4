"""The machine that figures come from: without it, none of them means anything."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

from engine.errors import DeviceError
from engine.gl.context import headless_context

_PACKAGES = (
    *("runtime-engine", "numpy", "av", "cramjam", "moderngl", "glfw"),
    *("torch", "torchcodec", "decord", "opencv-python-headless", "imageio", "python-mpv", "flitter-lang"),
)
# What dpkg calls the libraries that are no Python packages.
_DEBIAN = ("libturbojpeg0", "libmpv2", "ffmpeg", "libgl1-mesa-dri")


def machine() -> dict[str, object]:
    """Cores, CPU, memory, load, system, Python, who draws, and the versions of whatever takes part."""
    return {
        "cores": os.cpu_count(),
        "cpu": _cpu(),
        "memory_gib": _memory_gib(),
        "load": _load(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "renderer": _renderer(),
        "versions": _versions(),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (ValueError, OSError):  # a system that does not tell
        return None


def _load() -> float | None:
    """How many programs wanted a core over the last minute: figures of a busy machine are rough."""
    try:
        return round(os.getloadavg()[0], 2)
    except OSError:
        return None


def _renderer() -> str:
    try:
        context = headless_context()
    except DeviceError as error:
        return f"none ({error.what})"
    try:
        return str(context.info["GL_RENDERER"])
    finally:
        context.release()


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found | _debian_versions()


def _debian_versions() -> dict[str, str]:
    program = shutil.which("dpkg-query")
    if program is None:
        return {}
    command = [program, "-W", "-f=${Package} ${Version}\n", *_DEBIAN]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)  # noqa: S603 - no shell
    pairs = (line.split(" ", 1) for line in done.stdout.splitlines())
    return {name: version for name, version in pairs if version}
