"""runtime-tools doctor: what works on this machine, what does not, and the line that would mend it."""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tools.doctor_check import Check, Severity, probe
from tools.doctor_clips import examine_clips

GO, NO_GO = 0, 1
_OSC_HOST, _OSC_PORT = "127.0.0.1", 9720
_STAGE_READ_MB_S = 100.0  # two 1080p HapQ layers
_STAGE_FREE_GB = 1.0
_STAGE_CORES, _STAGE_MEMORY_GIB = 4, 8.0

# Import name and distribution name of everything that the player cannot do without.
_PACKAGES = {
    "aubio": "aubio-ledfx",
    "av": "av",
    "cramjam": "cramjam",
    "glfw": "glfw",
    "mido": "mido",
    "moderngl": "moderngl",
    "numpy": "numpy",
    "pydantic": "pydantic",
    "pythonosc": "python-osc",
    "rich": "rich",
    "rtmidi": "python-rtmidi",
    "sounddevice": "sounddevice",
    "yaml": "pyyaml",
}

_EXAMPLES = """\
examples:
  runtime-tools doctor                       # can this machine render and play?
  runtime-tools doctor --stage               # and can it go on stage?
  runtime-tools doctor --folder /media/show  # measure the disk that the library lies on
  runtime-tools doctor --show show.yaml      # which of its layers' own sources will scrub?
  runtime-tools doctor film.mp4 stills/      # will these?
  runtime-tools doctor --json

With files or a show, those are looked at and not the machine: one that will not scrub is what a stage would mend.
Each check is "needed" (nothing works without it), "stage" (a live show wants it) or "nice".
Exit codes: 0 go, 1 no-go: a needed check failed, or with --stage one that a stage wants; 2 wrong usage.
"""


def main(argv: Sequence[str]) -> int:
    """`runtime-tools doctor`: 0 go, 1 no-go."""
    options = _parser().parse_args(argv)
    clips = examine_clips(options.files, options.show) if options.files or options.show else []
    checks = [clip.check for clip in clips] or examine(options.folder)
    wanted = {"needed", "stage"} if options.stage else {"needed"}
    go = all(check.ok for check in checks if check.severity in wanted)
    if options.json:
        answer: dict[str, Any] = {"go": go, "checks": [asdict(check) for check in checks]}
        if clips:
            answer["clips"] = [clip.figures for clip in clips]
        print(json.dumps(answer, ensure_ascii=False))
    else:
        _print_table(checks, go)
    return GO if go else NO_GO


def examine(folder: Path) -> list[Check]:
    """Every check, in the order in which a person would mend them. Takes some seconds; never raises or hangs."""
    checks: list[Check] = []
    machine = (_python, _packages, _codecs, _gl, _display, _turbojpeg, _hap, _audio, _effects)
    for look in (*machine, _midi, _osc, _oscquery, _clocks, _machine):
        checks += _looked(look)
    return checks + _looked(lambda: _disk(folder), "disk")


def _looked(look: Callable[[], list[Check]], name: str = "") -> list[Check]:
    try:
        return look()
    except Exception as error:  # a check that breaks is a finding: the others must still be told
        return [Check(name or look.__name__.strip("_"), "needed", False, f"the check broke: {error!r}", "Report it.")]


def _python() -> list[Check]:
    ok = sys.version_info >= (3, 11)
    found = f"{platform.python_version()} on {platform.platform()}"
    return [Check("python", "needed", ok, found, "" if ok else _install(apt="python3.11", brew="python@3.12"))]


def _packages() -> list[Check]:
    missing = [_PACKAGES[name] for name in _PACKAGES if importlib.util.find_spec(name) is None]
    versions = [f"{name} {_version(name)}" for name in _PACKAGES.values() if name not in missing]
    found = ", ".join(versions) + ("; missing: " + ", ".join(missing) if missing else "")
    mend = f"{sys.executable} -m pip install {' '.join(missing)}" if missing else ""
    return [Check("packages", "needed", not missing, found, mend)]


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "(no version)"


def _codecs() -> list[Check]:
    found = probe("codecs")
    mend = f"{sys.executable} -m pip install --force-reinstall --only-binary av av"
    checks = []
    for name in ("decoders", "encoders"):
        if "absent" in found:
            checks.append(Check(name, "needed", False, found["absent"], mend))
            continue
        there, missing = found[name]["there"], found[name]["missing"]
        said = ", ".join(there) + (f"; missing: {', '.join(missing)}" if missing else "")
        checks.append(Check(name, "needed", not missing, said, mend if missing else ""))
    return checks


def _gl() -> list[Check]:
    found = probe("gl")
    # EGL without a screen is a thing of Linux; elsewhere the window is the only way to draw.
    severity: Severity = "needed" if sys.platform == "linux" else "nice"
    mend = _install(apt="libegl1 libgl1 libgl1-mesa-dri") if sys.platform == "linux" else "Play in a window."
    if "absent" in found:
        return [Check("opengl off screen", severity, False, found["absent"], found["mend"] or mend)]
    said = f"{found['version']}, {found['renderer']}, textures to {found['largest_texture_px']} px"
    checks = [Check("opengl off screen", severity, found["draws"], said, "" if found["draws"] else mend)]
    checks.append(_blocks(found["blocks"]))
    by = "the processor draws (software GL)" if found["software"] else found["renderer"]
    mend = "Install the driver of the graphics card; without a card keep the canvas small." if found["software"] else ""
    checks.append(Check("graphics card", "stage", not found["software"], by, mend))
    return checks


def _blocks(there: dict[str, bool]) -> Check:
    """Which of HAP's texture formats the driver takes: S3TC for most, RGTC for alpha apart, BPTC for Hap R."""
    taken = ", ".join(name for name, takes in there.items() if takes)
    missing = ", ".join(name for name, takes in there.items() if not takes)
    said = f"{taken or 'none'} taken as they are" + (f"; not taken: {missing}" if missing else "")
    mend = "Build with --codec mjpeg." if not there["S3TC"] else "Encode Hap Q instead of Hap R." if missing else ""
    return Check("hap blocks", "nice" if there["S3TC"] else "stage", not missing, said, mend)


def _display() -> list[Check]:
    found = probe("display")
    if "absent" in found:
        mend = found["mend"] or _install(apt="libgl1 libglx-mesa0")
        return [Check("display", "stage", False, found["absent"], mend)]
    return [Check("display", "stage", True, f"{'; '.join(found['monitors'])}; {found['renderer']}")]


def _turbojpeg() -> list[Check]:
    found = probe("turbojpeg")
    ok = found.get("loaded", False)
    said = "libjpeg-turbo" if ok else found.get("absent", "libjpeg-turbo is not there: MJPEG decodes more slowly")
    return [Check("turbojpeg", "stage", ok, said, "" if ok else _install(apt="libturbojpeg0", brew="jpeg-turbo"))]


def _hap() -> list[Check]:
    found = probe("hap")
    ok = found.get("encodes", False)
    said = found.get("absent") or (found["program"] if ok else f"{found['program']} has no HAP encoder")
    mend = found.get("mend") or f"{sys.executable} -m pip install imageio-ffmpeg"
    return [Check("hap encoder", "nice", ok, said, "" if ok else mend)]


def _audio() -> list[Check]:
    found = probe("audio")
    return [
        _audio_check("audio output", "stage", found, "outputs", "Plug in a sound device, or start pulseaudio -D"),
        _audio_check("audio input", "nice", found, "inputs", "Plug in a microphone, for onsets from a live input."),
    ]


def _audio_check(name: str, severity: Severity, found: dict[str, Any], key: str, mend: str) -> Check:
    devices = found.get(key, [])
    said = ", ".join(devices) or found.get("absent", "no device")
    if "absent" in found:
        mend = found["mend"] or _install(apt="libportaudio2", brew="portaudio")
    return Check(name, severity, bool(devices), said, "" if devices else mend)


def _effects() -> list[Check]:
    return [_imported("sound effects", "stage", "filters, reverb, compressors", pedalboard="pedalboard")]


def _midi() -> list[Check]:
    found = probe("midi")
    ports = found.get("ports", [])
    said = ", ".join(ports) or found.get("absent", "no input port")
    mend = found.get("mend") or "Plug in a controller, then ask again."
    return [Check("midi", "stage", bool(ports), said, "" if ports else mend)]


def _osc() -> list[Check]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        try:
            listener.bind((_OSC_HOST, _OSC_PORT))
        except OSError as error:
            mend = f"End the program that has it (ss -lunp 'sport = :{_OSC_PORT}'), or set inputs: osc: port: 0"
            return [Check("osc", "stage", False, f"UDP port {_OSC_PORT}: {error.strerror}", mend)]
    return [Check("osc", "stage", True, f"UDP port {_OSC_PORT} on {_OSC_HOST} is free")]


def _oscquery() -> list[Check]:
    return [
        _imported("oscquery", "stage", "the tree for OSCQuery clients", websockets="websockets", zeroconf="zeroconf")
    ]


def _clocks() -> list[Check]:
    found = probe("ltc")
    ok = found.get("loaded", False)
    said = "libltc reads time code from an audio input" if ok else found.get("absent", "libltc is not there")
    ltc = Check("ltc", "nice", ok, said, "" if ok else _install(apt="libltc11", brew="libltc"))
    return [ltc, _imported("link", "nice", "Ableton Link as a clock", aalink="'runtime-engine[link]'")]


def _imported(name: str, severity: Severity, what: str, **packages: str) -> Check:
    """Whether what needs these modules can be had; each with what pip installs it by."""
    found = probe("imports", *packages)
    if "absent" in found:
        mend = f"{sys.executable} -m pip install {' '.join(packages.values())}"
        return Check(name, severity, False, found["absent"], mend)
    versions = ", ".join(f"{package} {_version(package)}" for package in packages)
    return Check(name, severity, True, f"{versions}: {what}")


def _machine() -> list[Check]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    enough = cores >= _STAGE_CORES
    checks = [
        Check("cores", "stage", enough, str(cores), "" if enough else f"{_STAGE_CORES} or more decode several layers.")
    ]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
        enough = gib >= _STAGE_MEMORY_GIB
        mend = "" if enough else "Keep cache_mb in show.yaml well below the memory."
        checks.append(Check("memory", "stage", enough, f"{gib:.1f} GiB", mend))
    return checks


def _disk(folder: Path) -> list[Check]:
    found = probe("disk", str(folder))
    if "absent" in found:
        mend = "Name a folder that can be written: --folder PATH"
        return [Check("disk", "stage", False, f"{folder}: {found['absent']}", mend)]
    said = "{}: writes {write_mb_s:.0f}, reads {read_mb_s:.0f} MB/s, {free_gb:.1f} GB free".format(
        folder.absolute(), **found
    )
    ok = found["read_mb_s"] >= _STAGE_READ_MB_S and found["free_gb"] >= _STAGE_FREE_GB
    return [Check("disk", "stage", ok, said, "" if ok else "Put the library on a local SSD with room on it.")]


def _install(*, apt: str, brew: str = "") -> str:
    if sys.platform == "darwin" and brew:
        return f"brew install {brew}"
    if sys.platform == "linux":
        sudo = "" if os.geteuid() == 0 else "sudo "
        return f"{sudo}apt install {apt}"
    return f"Install {brew or apt}."


def _print_table(checks: Sequence[Check], go: bool) -> None:
    width = max(len(check.name) for check in checks)
    for check in checks:
        mark = "ok" if check.ok else {"needed": "NO", "stage": "--", "nice": "··"}[check.severity]
        print(f"{mark}  {check.name:{width}}  {check.found}")
        if check.mend:
            print(f"    {'':{width}}  mend: {check.mend}")
    lacks = {
        severity: ", ".join(check.name for check in checks if not check.ok and check.severity == severity)
        for severity in ("needed", "stage")
    }
    print()
    print("go" if go else "no-go", end="")
    print(f"; needed and missing: {lacks['needed']}" if lacks["needed"] else "", end="")
    print(f"; a stage would want: {lacks['stage']}" if lacks["stage"] else "")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runtime-tools doctor",
        description="What works on this machine, what does not, and the line that would mend it.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="movies, stills, patterns or folders of numbered images"
    )
    parser.add_argument("--show", type=Path, metavar="SHOW", help="a show file, for the sources of its layers")
    parser.add_argument("--stage", action="store_true", help="no-go also where something lacks that a stage wants")
    parser.add_argument(
        "--folder", type=Path, default=Path(), help="whose disk is measured: the library's (else the current one)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    return parser
