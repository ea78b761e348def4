"""The doctor's risky questions, each asked in a process of its own: a driver may hang or crash it.

`python -m tools.doctor_probes NAME [ARGUMENT]` prints what it found as one line of JSON and exits 0; where the
thing is absent it prints {"absent": what, "mend": how} instead.
"""

from __future__ import annotations

import importlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.errors import RuntimeShowError

DECODERS = (
    *("h264", "hevc", "mpeg4", "mpeg2video", "mjpeg", "prores", "hap", "dvvideo", "vp9", "ffv1", "png"),
    *("aac", "mp3", "flac", "vorbis", "opus", "pcm_s16le", "pcm_s24le"),
)
ENCODERS = ("libx264", "prores_ks", "ffv1", "png", "mjpeg", "aac", "pcm_s24le")
_DISK_TEST_BYTES = 32 << 20


def probe_gl() -> dict[str, Any]:
    """Off-screen drawing: version, renderer, whether the CPU draws, whether compressed blocks are taken."""
    from engine.gl.compositor import is_software
    from engine.gl.compressed import BC3, BC4_ALPHA, BC7, takes
    from engine.gl.context import headless_context

    context = headless_context()
    found = {
        "version": str(context.info["GL_VERSION"]),
        "renderer": str(context.info["GL_RENDERER"]),
        "software": is_software(context),
        "blocks": {form.family: takes(context, form) for form in (BC3, BC4_ALPHA, BC7)},
        "largest_texture_px": int(context.info["GL_MAX_TEXTURE_SIZE"]),
    }
    framebuffer = context.framebuffer([context.texture((4, 4), 4)])
    framebuffer.clear(1.0, 0.0, 0.0, 1.0)
    found["draws"] = framebuffer.read(components=4)[:4] == bytes((255, 0, 0, 255))
    return found


def probe_display() -> dict[str, Any]:
    """The monitors, and whether a window with OpenGL 3.3 opens."""
    from engine.outputs.glfw_library import monitors
    from engine.outputs.window import Window

    seen = [f"{monitor.label} {monitor.refresh_hz:g} Hz" for monitor in monitors()]
    window = Window(title="runtime-tools doctor", width=64, height=64, vsync=False)
    renderer = str(window.context.info["GL_RENDERER"])
    window.close()
    return {"monitors": seen, "renderer": renderer}


def probe_audio() -> dict[str, Any]:
    """The names of audio devices, out and in."""
    from engine.audio.devices import list_devices

    outputs, inputs = list_devices("output"), list_devices("input")
    return {"outputs": [device.name for device in outputs], "inputs": [device.name for device in inputs]}


def probe_midi() -> dict[str, Any]:
    """The names of MIDI input ports."""
    from engine.inputs.midi import list_midi_ports

    return {"ports": list(list_midi_ports())}


def probe_ltc() -> dict[str, Any]:
    """Whether libltc is there."""
    from engine.audio.libltc import libltc

    return {"loaded": libltc() is not None}


def probe_imports(*modules: str) -> dict[str, Any]:
    """That these modules can be imported; else the process ends with what Python says."""
    return {"imported": [importlib.import_module(name).__name__ for name in modules]}


def probe_turbojpeg() -> dict[str, Any]:
    """Whether libjpeg-turbo is there."""
    from engine.media.turbojpeg import library

    return {"loaded": library() is not None}


def probe_hap() -> dict[str, Any]:
    """Whether the ffmpeg program that writes HAP is there and can."""
    from preprocess.footage.encoders import hap_program

    program = hap_program()
    listed = subprocess.run([program, "-hide_banner", "-encoders"], capture_output=True, text=True, check=True)
    return {"program": program, "encodes": " hap " in listed.stdout}


def probe_codecs() -> dict[str, Any]:
    """Which of the codecs that the engine and preprocess use PyAV has."""
    from av.codec.codec import Codec, UnknownCodecError

    def there(name: str, mode: Any) -> bool:
        try:
            Codec(name, mode)
        except UnknownCodecError:
            return False
        return True

    found = {}
    for key, names, mode in (("decoders", DECODERS, "r"), ("encoders", ENCODERS, "w")):
        have = [name for name in names if there(name, mode)]
        found[key] = {"there": have, "missing": [name for name in names if name not in have]}
    return found


def probe_disk(folder: str) -> dict[str, Any]:
    """Speed of writing (to the disk, not to memory) and reading a file of 32 MiB, in MB/s; room in GB.

    Where the system cannot be told to forget the file (not Linux) reading it is reading memory.
    """
    content = os.urandom(_DISK_TEST_BYTES)  # some disks compress
    try:
        with tempfile.TemporaryFile(dir=Path(folder), buffering=0) as file:
            started = time.perf_counter()
            file.write(content)
            os.fsync(file.fileno())
            write_s = time.perf_counter() - started
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            file.seek(0)
            started = time.perf_counter()
            file.read()
            read_s = time.perf_counter() - started
    except OSError as error:
        return {"absent": str(error.strerror), "mend": ""}
    return {
        "write_mb_s": _DISK_TEST_BYTES / 1e6 / write_s,
        "read_mb_s": _DISK_TEST_BYTES / 1e6 / read_s,
        "free_gb": shutil.disk_usage(folder).free / 1e9,
    }


def probe_clip(name: str, rate: str = "") -> dict[str, Any]:
    """What a file is and what a seek in it costs; `rate` is that of a sequence of images."""
    from fractions import Fraction

    from engine.formats.image_sequence import is_sequence, probe_sequence
    from engine.formats.movie import FALLBACK_RATE, probe
    from engine.formats.movie_file import open_picture
    from engine.formats.seek_cost import seek_verdict
    from engine.media.seek_trial import seek_cost, try_seeks

    file = Path(name)
    clip = probe_sequence(file, "clip", Fraction(rate or FALLBACK_RATE)) if is_sequence(file) else probe(file, "clip")
    codec, mend = clip.codec.value, f"make a library of it: runtime-preprocess run {shlex.quote(name)} -o LIBRARY"
    if clip.images is not None:
        codec, mend = "images", "make a movie of them, and build that into the library"
    elif clip.table is None:
        container, stream = open_picture(file)
        with container:
            codec = stream.codec_context.name
    cost = seek_cost(clip)
    trial = try_seeks(clip, cost)
    verdict = seek_verdict(cost, trial, float(1000 / clip.rate), mend)
    return {
        "codec": codec,
        "width": clip.width,
        "height": clip.height,
        "frames": clip.frame_count,
        "frames_a_s": round(float(clip.rate), 3),
        "seek_mean_frames": round(cost.mean_frames, 1),
        "seek_worst_frames": cost.worst_frames,
        "seek_median_ms": round(trial.median_ms, 2),
        "seek_worst_ms": round(trial.worst_ms, 2),
        "scrubs": verdict.scrubs,
        "verdict": verdict.words,
        "mend": verdict.mend,
    }


PROBES: dict[str, Callable[..., dict[str, Any]]] = {
    "clip": probe_clip,
    "codecs": probe_codecs,
    "disk": probe_disk,
    "gl": probe_gl,
    "display": probe_display,
    "audio": probe_audio,
    "midi": probe_midi,
    "ltc": probe_ltc,
    "imports": probe_imports,
    "turbojpeg": probe_turbojpeg,
    "hap": probe_hap,
}


def main(argv: list[str]) -> int:
    """Run the probe named and print what it found."""
    try:
        found = PROBES[argv[0]](*argv[1:])
    except RuntimeShowError as error:
        found = {"absent": error.what, "mend": error.mend}
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
