"""New shaders tried in a process of their own: what passes, what is told, and what the trial survives."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import moderngl
import pytest

from engine.core.figures import Figures
from engine.errors import DeviceError
from engine.formats.passed_shaders import PassedShaders
from engine.formats.shader_files import read_shader
from engine.gl import trial_process
from engine.gl.programs import Part, build_program
from engine.gl.shader_store import ShaderStore
from engine.gl.shader_trial import ShaderTrial, TrialResult, trial
from engine.gl.target_pool import TargetPool
from engine.gl.trial_job import SMALL, TrialFrame, TrialJob
from engine.model.shaders import ShaderKind

PLAIN = "void main() { gl_FragColor = vec4(isf_FragNormCoord, fract(TIME), 1.0); }"
# Each round is so long that no driver's own limit of rounds ends it in time.
ENDLESS = """void main() {
    float x = gl_FragCoord.x;
    while (x < 1e9) {
        for (int i = 0; i < 30; i++) x = sin(x + float(i)) + pow(abs(x), 0.3);
    }
    gl_FragColor = vec4(x);
}"""
BUDGET_S = 1.0


@pytest.fixture(scope="module")
def child(shared_context: moderngl.Context) -> Iterator[ShaderTrial]:
    with ShaderTrial() as one:
        yield one


def write(folder: Path, name: str, body: str, **header: object) -> Path:
    file = folder / name
    file.write_text(body if name.endswith(".glsl") else f"/*{json.dumps(header)}*/\n{body}")
    return file


def test_a_shader_that_draws(child: ShaderTrial, tmp_path: Path) -> None:
    result = child.run(write(tmp_path, "plain.fs", PLAIN))
    assert (result.kind, result.compiled, result.drawn, result.error) == (ShaderKind.GENERATOR, True, True, None)
    assert (result.is_blank, result.remarks, result.pictures) == (False, (), ())
    assert result.frame_ms > 0


def test_nothing_is_imported_from_the_folder_of_a_show(
    shared_context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("moderngl", "json", "engine"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported from a show')\n")
    with ShaderTrial() as own:
        assert own.run(write(Path(), "plain.fs", PLAIN)).drawn


def test_it_is_given_what_it_works_on(child: ShaderTrial, tmp_path: Path) -> None:
    """Pictures that differ and move, sound, settings at their ends, events: each is seen in what is drawn."""
    names = {"inputImage": "image", "other": "image", "heard": "audio", "bands": "audioFFT", "hit": "event"}
    inputs: list[dict[str, object]] = [{"NAME": name, "TYPE": kind} for name, kind in names.items()]
    inputs.append({"NAME": "level", "TYPE": "float", "MIN": 0.2, "MAX": 0.8, "DEFAULT": 0.4})
    body = """void main() {
    float x = isf_FragNormCoord.x;
    float y = isf_FragNormCoord.y;
    vec4 colour = x < 0.5 ? IMG_THIS_PIXEL(inputImage) : IMG_THIS_PIXEL(other);
    if (y < 0.25) colour = IMG_NORM_PIXEL(heard, vec2(x, 0.5));
    else if (y < 0.5) colour = IMG_NORM_PIXEL(bands, vec2(x, 0.5));
    else if (y < 0.75) colour = vec4(hit ? 1.0 : 0.0, level, 0.0, 1.0);
    gl_FragColor = vec4(colour.rgb, 1.0);
}"""
    fired = TrialFrame(0.9, fires=True, is_kept=True)
    job = TrialJob(16, 16, (TrialFrame(0.3, is_kept=True), fired, TrialFrame(0.9, settings="low", is_kept=True)))
    first, second, third = child.run(write(tmp_path, "all.fs", body, INPUTS=inputs), job).pictures
    assert first.shape == (16, 16, 4)
    assert (first[:4, :8].std(axis=(0, 1))[:3] > 1).all(), "the picture has structure"
    assert (first[:4] != second[:4]).any(), "and moves"
    assert abs(first[:4, :8].mean() - first[:4, 8:].mean()) > 1, "the other picture is another one"
    assert first[9:11].std() > 1, "there is a spectrum"
    assert (first[13:15] != second[13:15]).any(), "and a sound"
    assert [tuple(one[6, 3, :2]) for one in (first, second, third)] == [(0, 102), (255, 102), (0, 51)]


def test_transitions_go_from_the_one_picture_to_the_other(child: ShaderTrial, tmp_path: Path) -> None:
    text = "vec4 transition(vec2 uv) { return mix(getFromColor(uv), getToColor(uv), progress); }"
    job = TrialJob(16, 9, tuple(TrialFrame(0.0, progress, is_kept=True) for progress in (0.0, 0.5, 1.0)))
    result = child.run(write(tmp_path, "fade.glsl", text), job)
    start, middle, end = (one[:6].astype(int) for one in result.pictures)  # where they are opaque
    assert abs(start - end).max() > 100
    assert abs(middle - (start + end) // 2).max() <= 2


def test_what_is_wrong_is_told_as_the_compiler_told_it(child: ShaderTrial, tmp_path: Path) -> None:
    file = write(tmp_path, "bad.fs", "\nvoid main() {\n    gl_FragColor = colour;\n}")
    result = child.run(file)
    assert (result.compiled, result.drawn) == (False, False)
    assert result.error is not None
    assert result.error.subject == f"{file}:4"
    assert "gl_FragColor = colour;" in result.error.what


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("header.fs", "/*{]*/ void main() {}", "not JSON"),
        ("large.fs", '/*{"PASSES": [{"TARGET": "a", "WIDTH": "$WIDTH * 1000000"}, {}]}*/ void main() {}', "pixels"),
        ("no.glsl", "void main() {}", "no function transition"),
        ("none.fs", None, "not a file"),
    ],
)
def test_what_cannot_be_read(child: ShaderTrial, tmp_path: Path, name: str, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    result = child.run(tmp_path / name)
    assert result.error is not None
    assert said in result.error.what
    assert not result.compiled


@pytest.mark.parametrize("passes", [[], [{"TARGET": "memory", "PERSISTENT": True, "FLOAT": True}, {}]])
def test_numbers_that_are_none_are_remarked_upon(child: ShaderTrial, tmp_path: Path, passes: list[object]) -> None:
    body = "void main() { gl_FragColor = vec4(1.0 / (level - 0.5), 0.0, sqrt(level - 0.5), 1.0); }"
    inputs = [{"NAME": "level", "TYPE": "float", "MIN": 0.5, "MAX": 2, "DEFAULT": 1}]
    header = {"INPUTS": inputs, "PASSES": passes}
    (remark,) = child.run(write(tmp_path, "nan.fs", body, **header)).remarks
    assert "its settings at their lowest: it divides by zero" in remark
    assert child.run(write(tmp_path, "sound.fs", body.replace("0.5)", "0.4)"), **header)).remarks == ()


def test_a_pass_that_grows_too_large_is_remarked_upon(child: ShaderTrial, tmp_path: Path) -> None:
    inputs = [{"NAME": "times", "TYPE": "float", "MIN": 1, "MAX": 1e6, "DEFAULT": 1}]
    passes = [{"TARGET": "a", "WIDTH": "$WIDTH * $times"}, {}]
    result = child.run(write(tmp_path, "grows.fs", PLAIN, INPUTS=inputs, PASSES=passes))
    assert result.error is None
    assert "settings at their highest: a pass wants 64000000 × 36 pixels" in result.remarks[0]


@pytest.mark.parametrize(
    ("body", "is_blank"),
    [
        ("gl_FragColor = vec4(0.0);", True),
        ("gl_FragColor = vec4(0.3, 0.5, 0.1, 1.0);", True),
        ("gl_FragColor = vec4(vec3(TIME < 1.0 ? 0.2 : 0.8), 1.0);", False),
        ("gl_FragColor = vec4(1.0, 1.0, 1.0, isf_FragNormCoord.x < 0.1 ? 1.0 : 0.0);", False),
    ],
)
def test_blank_is_flat_at_all_times(child: ShaderTrial, tmp_path: Path, body: str, is_blank: bool) -> None:
    assert child.run(write(tmp_path, "x.fs", f"void main() {{ {body} }}")).is_blank is is_blank


def test_blank_with_its_own_settings(child: ShaderTrial, tmp_path: Path) -> None:
    body = "void main() { gl_FragColor = vec4(isf_FragNormCoord, 0.0, 1.0) * level; }"
    inputs = [{"NAME": "level", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0}]
    result = child.run(write(tmp_path, "x.fs", body, INPUTS=inputs))
    assert (result.is_blank, result.is_blank_by_default) == (False, True)


def test_an_endless_loop_is_stopped_and_the_next_shader_tried(shared_context: moderngl.Context, tmp_path: Path) -> None:
    endless = write(tmp_path, "endless.fs", ENDLESS)
    heard: list[TrialResult] = []
    results = trial([endless, write(tmp_path, "plain.fs", PLAIN)], budget_s=BUDGET_S, on_done=heard.append)
    assert tuple(heard) == results
    stopped, passed = results
    assert (stopped.kind, stopped.compiled, stopped.drawn) == (ShaderKind.GENERATOR, True, False)
    assert stopped.error is not None
    told = (f"took longer than {BUDGET_S:g} s", f"gave no answer within {3 * BUDGET_S:g} s")  # on a busy machine
    assert stopped.error.what in [f"{one} while drawing its frame at 0.00 s" for one in told]
    assert stopped.error.subject == str(endless)
    assert passed.error is None


def test_a_trial_is_given_up_when_that_is_asked_for(tmp_path: Path) -> None:
    files = [write(tmp_path, name, ENDLESS) for name in ("first.fs", "second.fs")]
    wishes = iter([False, False])
    (stopped,) = trial(files, give_up=lambda: next(wishes, True))
    assert stopped.error is not None
    assert not stopped.drawn


def test_a_loop_that_only_the_driver_ends_is_no_shader_for_a_show(tmp_path: Path) -> None:
    body = "void main() { float x = 0.0; while (x < 1.0 || TIME > -1.0) x += 0.1; gl_FragColor = vec4(x); }"
    with ShaderTrial() as child:  # software GL ends it after 65,536 rounds, at each pixel of each frame
        stopped = child.run(write(tmp_path, "endless.fs", body))
    assert stopped.compiled
    assert stopped.error is not None
    assert stopped.error.mend == "Has it a loop without end? It is left out."


# A child that dies of files called crash, never answers for those called wait, and passes all others.
STAND_IN = """
import json, os, signal, sys, time
print("{}", flush=True)
for line in sys.stdin:
    name = json.loads(line)["file"]
    if "crash" in name:
        print('{"doing": "compiling it", "kind": "filter"}', flush=True)
        print("the driver is sorry", file=sys.stderr)
        os.kill(os.getpid(), signal.SIGSEGV)
    if "wait" in name:
        signal.pause()
    print(json.dumps({"is_done": True, "drawn": True, "remarks": [str(os.getpid())]}), flush=True)
"""


def test_a_child_that_crashes_is_replaced() -> None:
    with ShaderTrial(command=[sys.executable, "-c", STAND_IN]) as child:
        (first,) = child.run(Path("a.fs")).remarks
        assert child.run(Path("b.fs")).remarks == (first,), "one child serves many shaders"
        crashed = child.run(Path("crash.fs"))
        assert crashed.error is not None
        assert "brought the graphics driver down while compiling it (it ended with status -11" in crashed.error.what
        assert "the driver is sorry" in crashed.error.what
        assert crashed.kind is ShaderKind.FILTER
        (second,) = child.run(Path("c.fs")).remarks
        assert second != first


def test_a_child_that_waits_for_a_gpu_is_killed() -> None:
    with ShaderTrial(command=[sys.executable, "-c", STAND_IN], budget_s=0.05) as child:
        result = child.run(Path("wait.fs"))
        assert result.error is not None
        assert "gave no answer within 0.15 s" in result.error.what


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("""print('{"absent": {"what": "no OpenGL", "mend": "apt install it"}}')""", "no OpenGL. apt install it"),
        ("raise SystemExit('no such library')", "does not start .it ended with status 1: no such library"),
    ],
)
def test_where_there_is_no_gl(program: str, said: str) -> None:
    with ShaderTrial(command=[sys.executable, "-c", program]) as child, pytest.raises(DeviceError, match=said):
        child.run(Path("a.fs"))


def test_what_passed_is_not_tried_again(shared_context: moderngl.Context, tmp_path: Path) -> None:
    memory = tmp_path / "passed.json"
    good, bad = write(tmp_path, "good.fs", PLAIN), write(tmp_path, "bad.fs", "void main() { x; }")
    first = trial([good, bad], passed=PassedShaders(memory))
    held = json.loads(memory.read_text())["frame_ms"]
    assert list(held.values()) == [first[0].frame_ms]
    memory.write_text(memory.read_text().replace(str(first[0].frame_ms), "1234.5"))
    again = trial([good, bad], passed=PassedShaders(memory))
    assert (again[0].frame_ms, again[0].drawn) == (1234.5, True), "not tried"
    assert again[1].error is not None, "a mistake is told each time"
    good.write_text(good.read_text().replace("TIME", "TIME * 2.0"))
    assert trial([good], passed=PassedShaders(memory))[0].frame_ms != 1234.5, "changed, so tried"


def test_what_passed_was_compiled_as_it_is_played(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a driver which keeps on disk what it compiled has it when the show asks."""
    compiled: list[str] = []

    def noted(here: moderngl.Context, *stages: Sequence[Part], defines: Sequence[str]) -> moderngl.Program:
        compiled.append(repr((stages, defines)))
        return build_program(here, *stages, defines=defines)

    monkeypatch.setattr("engine.gl.shader_program.build_program", noted)
    monkeypatch.setattr(trial_process, "_watch", lambda *_: None)
    body = "void main() { gl_FragColor = PASSINDEX == 0 ? vec4(TIME) : IMG_THIS_PIXEL(a); }"
    file = write(tmp_path, "two.fs", body, PASSES=[{"TARGET": "a"}, {}])
    answer = trial_process._answer(context, {"file": str(file), "job": asdict(SMALL), "budget_s": 0, "watchdog_s": 0})
    assert "error" not in answer
    in_trial, compiled[:] = set(compiled), []
    store = ShaderStore(context, TargetPool(context, (64, 36)), Figures())
    store.load("two", read_shader(file).as_shader("two"))
    store.release()
    assert len(compiled) == 2
    assert set(compiled) < in_trial
