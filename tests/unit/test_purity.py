"""The model and the core decide: no graphics, sound, MIDI, video or file room may come along with them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
DEVICES = {"aubio", "av", "cramjam", "glfw", "mido", "moderngl", "pythonosc", "rtmidi", "simplejpeg", "sounddevice"}
ROOMS = {f"engine.{room}" for room in ("app", "analysis", "audio", "formats", "gl", "inputs", "media", "outputs")}

# Imports every module of a package and prints the names of all modules that are then in the process.
IMPORT_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(found.name)
print("\\n".join(sys.modules))
"""


def modules_that_come_with(package: str) -> set[str]:
    command = [sys.executable, "-c", IMPORT_ALL, package]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("package", "known"), [("engine.model", "engine.model.show"), ("engine.core", "engine.core.inbox")]
)
def test_decisions_come_alone(package: str, known: str) -> None:
    modules = modules_that_come_with(package)
    assert known in modules
    assert modules & (DEVICES | ROOMS) == set()


def test_the_check_sees_a_device() -> None:
    assert "moderngl" in modules_that_come_with("engine.gl")
