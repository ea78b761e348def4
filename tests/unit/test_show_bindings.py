"""What a show says of its controls, waits, cues and mappings: each mistake with its line and its mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.formats.show_resolve import Surroundings
from tests.show_support import BLENDS, load, surroundings

LINES = 14  # of what stands before what is tried
BARE = """library: clips
layers:
  - name: base
  - name: echo
movements:
  - {name: one, duration_s: 5}
detectors:
  - name: kick
levels:
  - name: loud
cues:
  - {name: dark, fires: [{path: /master/fade, value: 0}]}
modifiers:
  shift: {key: z}
"""


def problems(text: str, folder: Path, around: Surroundings | None = None) -> list[tuple[int, str]]:
    """The line of each problem, and its text."""
    _, found = load(BARE + text, folder, around or surroundings())
    return [(problem.line, str(problem)) for problem in found]


def of_binding(binding: str, folder: Path) -> list[str]:
    return [text for _, text in problems(f"bindings:\n  - {{{binding}}}\n", folder)]


@pytest.mark.parametrize(
    "binding",
    [
        "midi: {note: 1}, to: /layer/echo/jump, quantise: {to: beat, every: 4, at_most_s: 2, then: drop}",
        "midi: {note: 1}, scrub: /layer/echo, value: 0.5, quantise: {to: kick}",
        "midi: {cc: 1}, to: /layer/echo/opacity, takeover: pickup, curve: s_curve, dead_zone: 0.02, invert: true",
        "midi: {cc: 1}, to: /layer/echo/opacity, press: toggle, modifier: shift, page: 3",
        "midi: {cc: 1, relative: sign_bit}, to: /layer/echo/opacity, steps: 64, invert: true",
        "midi: {program: 1}, to: /layer/echo/slice, value: 2, press: toggle",
        "midi: {pitch: true}, to: /layer/echo/speed, range: [2, -2], dead_zone: 0.1",
        "key: a, to: /layer/echo/opacity, press: momentary, range: [0.2, 1], value: 0.8, invert: true",
        "osc: /x, to: /onset/kick, press: trigger",
        "osc: /x, to: /cue/dark",
        "osc: /x, to: /level/loud",
    ],
)
def test_what_goes_together_is_let_through(binding: str, tmp_path: Path) -> None:
    assert of_binding(binding, tmp_path) == []


@pytest.mark.parametrize(
    ("binding", "key", "said"),
    [
        ("key: a, to: /layer/ehco/opacity", "to", "did you mean /layer/echo/opacity?"),
        ("key: a, to: /layer/echo/clip/wal", "to", "the library has no clip wal (did you mean wall?)"),
        ("key: a, scrub: /master", "scrub", "/master cannot be scrubbed"),
        ("key: a, scrub: /show", "scrub", "/show cannot be scrubbed"),
        ("key: a, to: /master/fade, value: -1", "value", "-1 is outside of /master/fade, which takes 0 to 1"),
        ("midi: {cc: 1}, to: /master/fade, range: [0, 2]", "range", "2 is outside of /master/fade"),
        ("key: a, to: /go, modifier: shfit", "modifier", "there is no modifier shfit (did you mean shift?)"),
        ("key: a, to: /go, quantise: {to: kik}", "quantise.to", "there is no detector kik (did you mean kick?)"),
        ("key: a, to: /go, quantise: {to: beet}", "quantise.to", "did you mean beat?"),
        ("key: a, to: /master/fade, value: 0, quantise: {to: beat}", "quantise", "cannot wait: its value glides"),
        ("key: a, to: /go, quantise: {to: kick, every: 2}", "quantise.every", "counts beats and bars"),
        ("key: a, to: /go, quantise: {to: kick, then: drop}", "quantise.then", "add at_most_s"),
        ("key: a, to: /master/fade, takeover: pickup", "takeover", "a key stands nowhere"),
        ("midi: {note: 1}, to: /master/fade, takeover: scale", "takeover", "a note stands nowhere"),
        ("midi: {program: 1}, to: /master/fade, takeover: scale", "takeover", "a program change stands nowhere"),
        ("midi: {cc: 1}, to: /go, takeover: pickup", "takeover", "that a parameter follows"),
        ("midi: {cc: 1}, to: /master/fade, press: gate, takeover: pickup", "takeover", "that a parameter follows"),
        ("midi: {cc: 1, relative: sign_bit}, to: /master/fade, takeover: pickup", "takeover", "nothing to take over"),
        ("midi: {cc: 1, relative: sign_bit}, to: /go", "to", "it turns both ways"),
        ("midi: {cc: 1, relative: sign_bit}, to: /master/fade, value: 1", "value", "no value of its own"),
        (
            "midi: {cc: 1, relative: sign_bit}, scrub: /layer/echo, quantise: {to: beat}",
            "quantise",
            "steps cannot wait",
        ),
        ("midi: {cc: 1, relative: sign_bit}, to: /master/fade, press: toggle", "press", "encoder cannot be pressed"),
        (
            "midi: {cc: 1, relative: sign_bit}, to: /master/fade, dead_zone: 0.1",
            "dead_zone",
            "an endless encoder has no",
        ),
        ("midi: {cc: 1}, to: /master/fade, steps: 64", "steps", "add relative to midi"),
        ("midi: {pitch: true}, to: /master/fade, press: gate", "press", "pitch bend cannot be pressed"),
        ("midi: {cc: 1, bits: 14}, to: /master/fade, press: gate", "press", "14 bits cannot be pressed"),
        ("midi: {nrpn: 1}, to: /master/fade, press: gate", "press", "14 bits cannot be pressed"),
        ("midi: {pressure: true}, to: /master/fade, press: gate", "press", "pressure cannot be pressed"),
        ("midi: {aftertouch: 1}, to: /master/fade, press: gate", "press", "pressure cannot be pressed"),
        ("midi: {program: 1}, to: /master/fade, press: gate", "press", "never let go"),
        ("key: a, to: /go, press: toggle", "press", "an action only fires: there is nothing to toggle"),
        ("key: a, to: /master/fade, dead_zone: 0.1", "dead_zone", "a key has no travel"),
        ("midi: {note: 1}, to: /master/fade, dead_zone: 0.1", "dead_zone", "a note has no travel"),
        ("midi: {pitch: true}, to: /master/fade, dead_zone: 0.35", "dead_zone", "0.3 at most"),
        ("midi: {pitch: true}, to: /go", "midi", "it would fire without being touched"),
        ("key: a, to: /master/fade, value: 1, range: [0, 1]", "range", "keep value or range"),
        ("key: a, to: /go, invert: true", "invert", "nothing to turn round"),
        ("key: a, to: /master/fade, value: 1, curve: s_curve", "curve", "the value is fixed"),
    ],
)
def test_what_does_not_go_together_is_said_at_its_key(binding: str, key: str, said: str, tmp_path: Path) -> None:
    (text,) = of_binding(binding, tmp_path)
    assert f"bindings.0.{key}: " in text
    assert said in text


TWICE = (
    "its control plays /master/fade already, on line 16 (keep one of them, or give them different pages or modifiers)"
)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("midi: {cc: 1}, to: /master/fade", "midi: {cc: 1}, to: /master/fade, range: [1, 0]"),
        ("midi: {cc: 1}, to: /master/fade", "midi: {cc: 1, channel: 3}, to: /master/fade"),
        ("midi: {cc: 1, port: nano}, to: /master/fade", "midi: {cc: 1, port: NanoKontrol}, to: /master/fade"),
        ("key: a, to: /master/fade, page: 2", "key: a, to: /master/fade, page: 2, press: toggle"),
        ("osc: /x, to: /master/fade, modifier: shift", "osc: /x, to: /master/fade, modifier: shift"),
    ],
)
def test_a_control_that_plays_a_path_twice_is_said_with_both_lines(first: str, second: str, tmp_path: Path) -> None:
    ((line, text),) = problems(f"bindings:\n  - {{{first}}}\n  - {{{second}}}\n", tmp_path)
    assert line == LINES + 3
    assert TWICE in text


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("midi: {cc: 1}, to: /master/fade", "midi: {cc: 1}, to: /master/volume"),
        ("midi: {cc: 1}, to: /master/fade", "midi: {cc: 1, bits: 14}, to: /master/fade"),
        ("midi: {cc: 1, channel: 1}, to: /master/fade", "midi: {cc: 1, channel: 2}, to: /master/fade"),
        ("midi: {cc: 1, port: left}, to: /master/fade", "midi: {cc: 1, port: right}, to: /master/fade"),
        ("key: a, to: /master/fade, page: 1", "key: a, to: /master/fade, page: 2"),
        ("key: a, to: /master/fade", "key: a, to: /master/fade, modifier: shift"),
    ],
)
def test_a_control_may_play_several_things(first: str, second: str, tmp_path: Path) -> None:
    assert problems(f"bindings:\n  - {{{first}}}\n  - {{{second}}}\n", tmp_path) == []


def test_what_was_set_aside_is_no_second_binding(tmp_path: Path) -> None:
    found = problems("bindings:\n  - {kye: x, to: /go}\n  - {key: x, to: /go}\n", tmp_path)
    assert [line for line, _ in found] == [LINES + 2, LINES + 2]  # the key, and that it binds no control


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("quantise:\n  /layer/ehco/jump: {to: beat}\n", 16, "did you mean /layer/echo/jump?"),
        ("quantise:\n  /layer/echo/opacity: {to: beat}\n", 16, "/layer/echo/opacity cannot wait"),
        ("quantise:\n  /go:\n    to: snare\n", 17, "there is no detector snare (there are onset, beat, bar"),
        ("mappings:\n  - {level: lod, to: /master/fade}\n", 16, "there is no level lod (did you mean loud?)"),
        ("mappings:\n  - {level: loud, to: /master/fad}\n", 16, "did you mean /master/fade?"),
        ("mappings:\n  - {level: loud, to: /movement/position}\n", 16, "a level cannot drive /movement/position"),
        ("mappings:\n  - {level: loud, to: /go}\n", 16, "a level cannot drive /go"),
    ],
)
def test_waits_and_mappings_are_checked(text: str, line: int, said: str, tmp_path: Path) -> None:
    ((found, words),) = problems(text, tmp_path)
    assert found == line
    assert said in words


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("path: /master/fade", "path: /master/fad", 12, "cues.0.fires.0.path: there is no parameter /master/fad"),
        ("value: 0}", "value: 1.5}", 12, "cues.0.fires.0.value: 1.5 is outside of /master/fade"),
        ("path: /master/fade", "path: /go", 12, "a cue cannot play /go"),
        ("path: /master/fade", "path: /cue/dark", 12, "a cue cannot play /cue/dark"),
        ("path: /master/fade", "path: /reset", 12, "0 does not fire /reset"),
        ("name: dark, fires", "name: dark, quantise: {to: onst}, fires", 12, "did you mean onset?"),
        ("name: dark", "name: standby", 12, "standby is the name of /cue/standby"),
        ("- name: kick", "- name: bar", 8, "bar is the name of a moment"),
        ("- name: kick", "- name: kick\n  - name: kick", 9, "rename one; the other is on line 8"),
        ("- name: loud", "- name: loud\n  - name: loud", 11, "loud is the name of two levels"),
        ("- name: echo", "- name: echo\n    on_onset: {action: jump, detector: kik}", 5, "did you mean kick?"),
        (
            "duration_s: 5}", "duration_s: 5, layers: {echo: {on_onset: {detector: hat}}}}", 6,
            "movements.0.layers.echo.on_onset.detector: there is no detector hat (there are kick)",
        ),
    ],
)  # fmt: skip
def test_cues_detectors_and_levels_are_checked(old: str, new: str, line: int, said: str, tmp_path: Path) -> None:
    _, found = load(BARE.replace(old, new), tmp_path, surroundings())
    assert [problem.line for problem in found] == [line]
    assert said in str(found[0])


@pytest.mark.parametrize(
    ("has", "beats"),
    [
        ("clocks: {order: [track, mtc]}", False),
        ("clocks: {order: [track, tap]}", True),
        ("clocks: {order: [link]}", True),
        ("clocks: {order: []}\ntempo: {bpm: 120}", True),
        ("clocks: {order: []}\ntempo: {bpm: fast}", True),  # that is wrong, and it may have been a tempo
    ],
)
def test_a_beat_comes_only_where_something_has_a_tempo(has: str, beats: bool, tmp_path: Path) -> None:
    found = problems(f"quantise: {{/go: {{to: beat}}}}\n{has}\n", tmp_path)
    assert any("the show has no tempo, so a beat never comes" in text for _, text in found) != beats


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    text = """quantise: {/gone: {to: beat}}
bindings:
  - {key: a, to: /gone}
  - {key: b, to: /master/fade, takeover: pickup, dead_zone: 0.1, modifier: none}
  - {key: c, to: /go, quantise: {to: snare}}
"""
    assert [line for line, _ in problems(text, tmp_path)] == [15, 17, 18, 18, 18, 19]


def test_what_may_be_meant_by_something_unread_is_let_through(tmp_path: Path) -> None:
    text = BARE.replace("name: kick", "name: Kick").replace("name: loud", "name: Loud").replace("name: dark", "name: 7")
    text = text.replace("shift:", "Shift:").replace("name: echo", "name: Echo")
    text += """mappings: [{level: loud, to: /layer/echo/opacity}]
quantise: {/layer/echo/jump: {to: kick}, /cue/dark: {to: kick}, /onset/kick: {to: beat}}
bindings:
  - {key: a, to: /level/loud, modifier: shift}
  - {key: b, to: /layer/echo/clip/anything, quantise: {to: kick}}
"""
    _, found = load(text, tmp_path, Surroundings(None, {}, BLENDS))
    assert sorted(problem.line for problem in found) == [4, 8, 10, 12, 14]
