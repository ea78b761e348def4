"""The doctor's checks: what is absent is found, named with its mend, and neither hangs nor ends the rest."""

from __future__ import annotations

import importlib.util
import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import doctor
from tools.doctor import Check


def test_a_probe_that_hangs_is_given_up() -> None:
    found = doctor.probe("codecs", timeout_s=0.001)
    assert found == {"absent": "did not answer within 0.001 s", "mend": ""}


def test_a_probe_that_breaks_is_told_with_its_last_words() -> None:
    assert doctor.probe("nonsense")["absent"] == "KeyError: 'nonsense'"


def test_a_probe_imports_nothing_from_the_folder_it_is_run_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tools.py").write_text("raise SystemExit('imported from there')\n")
    assert doctor.probe("nonsense")["absent"] == "KeyError: 'nonsense'"


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_probe_that_crashes_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crashing = tmp_path / "python"
    crashing.write_text("#!/bin/sh\nkill -SEGV $$\n")
    crashing.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(crashing))
    assert doctor.probe("gl")["absent"] == "ended with status -11"
    (check,) = doctor._gl()
    assert not check.ok
    assert "libegl1" in check.mend or sys.platform != "linux"


def test_a_missing_package_is_named_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "aubio" else real(name))
    (check,) = doctor._packages()
    assert (check.severity, check.ok) == ("needed", False)
    assert check.found.endswith("missing: aubio-ledfx")
    assert check.mend.endswith("-m pip install aubio-ledfx")


def test_a_missing_codec_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {
        "decoders": {"there": ["h264"], "missing": ["hap"]},
        "encoders": {"there": ["ffv1"], "missing": []},
    }
    monkeypatch.setattr(doctor, "probe", lambda name: answer)
    decoders, encoders = doctor._codecs()
    assert (decoders.ok, decoders.found) == (False, "h264; missing: hap")
    assert encoders.ok


def test_every_codec_that_the_engine_uses_is_in_the_wheel() -> None:
    assert [check.found for check in doctor._codecs() if not check.ok] == []


def test_a_taken_osc_port_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        monkeypatch.setattr(doctor, "_OSC_PORT", other.getsockname()[1])
        (check,) = doctor._osc()
        assert not check.ok
        assert f"sport = :{doctor._OSC_PORT}" in check.mend
    (check,) = doctor._osc()
    assert check.ok


def test_a_disk_is_measured(tmp_path: Path) -> None:
    found = doctor.probe("disk", str(tmp_path))
    assert found["write_mb_s"] > 1
    assert found["read_mb_s"] > 1
    assert not list(tmp_path.iterdir())
    (check,) = doctor._disk(tmp_path / "nowhere")
    assert not check.ok
    assert "No such file or directory" in check.found


def test_a_check_that_breaks_leaves_the_others_alone() -> None:
    def broken() -> list[Check]:
        raise RuntimeError("a driver's mood")

    (check,) = doctor._looked(broken)
    assert not check.ok
    assert "a driver's mood" in check.found


@pytest.mark.parametrize(
    ("check", "plain", "stage"),
    [
        (Check("thing", "needed", False, "what was found", "the mend"), 1, 1),
        (Check("thing", "stage", False, "what was found", "the mend"), 0, 1),
        (Check("thing", "nice", False, "what was found", "the mend"), 0, 0),
        (Check("thing", "needed", True, "what was found"), 0, 0),
    ],
)
def test_the_exit_code_is_the_verdict(
    check: Check, plain: int, stage: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda folder: [check])
    assert doctor.main([]) == plain
    table = capsys.readouterr().out
    assert "what was found" in table
    assert ("mend: the mend" in table) is not check.ok
    assert table.splitlines()[-1].startswith("go" if plain == 0 else "no-go")
    assert doctor.main(["--stage", "--json"]) == stage
    assert json.loads(capsys.readouterr().out)["go"] is (stage == 0)


@pytest.mark.parametrize(
    ("there", "severity", "said", "mended_by"),
    [
        ((True, True, True), "nice", "S3TC, RGTC, BPTC taken as they are", ""),
        ((True, True, False), "nice", "S3TC, RGTC taken as they are; not taken: BPTC", "Hap Q instead of Hap R"),
        ((False, True, True), "stage", "RGTC, BPTC taken as they are; not taken: S3TC", "--codec mjpeg"),
        ((False, False, False), "stage", "none taken as they are; not taken: S3TC, RGTC, BPTC", "--codec mjpeg"),
    ],
)
def test_the_kinds_of_hap_that_the_driver_takes(
    there: tuple[bool, ...], severity: str, said: str, mended_by: str
) -> None:
    check = doctor._blocks(dict(zip(("S3TC", "RGTC", "BPTC"), there, strict=True)))
    assert (check.severity, check.ok, check.found) == (severity, all(there), said)
    assert mended_by in check.mend
    assert bool(check.mend) is not all(there)


@pytest.mark.parametrize(
    ("look", "name", "severity", "mended_by"),
    [
        (doctor._effects, "sound effects", "stage", "-m pip install pedalboard"),
        (doctor._oscquery, "oscquery", "stage", "-m pip install websockets zeroconf"),
        (doctor._clocks, "link", "nice", "-m pip install 'runtime-engine[link]'"),
        (doctor._clocks, "ltc", "nice", "libltc"),
    ],
)
def test_what_controls_clocks_and_sound_lean_on_is_named_with_its_mend(
    look: Callable[[], list[Check]], name: str, severity: str, mended_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = next(check for check in look() if check.name == name)
    assert there.severity == severity
    assert bool(there.mend) is not there.ok
    monkeypatch.setattr(doctor, "probe", lambda *_arguments: {"absent": "it is not there", "mend": ""})
    (lost,) = (check for check in look() if check.name == name)
    assert (lost.ok, lost.found) == (False, "it is not there")
    assert mended_by in lost.mend


def test_an_import_that_fails_is_told_in_pythons_words() -> None:
    check = doctor._imported("thing", "nice", "a thing", no_such_module="a-package")
    assert check.found == "ModuleNotFoundError: No module named 'no_such_module'"
    assert check.mend.endswith("-m pip install a-package")
    check = doctor._imported("thing", "nice", "numbers", numpy="numpy")
    assert (check.ok, check.mend) == (True, "")
    assert check.found.endswith(": numbers")
