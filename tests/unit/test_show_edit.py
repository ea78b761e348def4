"""Bindings written into a show: nothing else changes, and nothing is lost where it cannot be done."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import OutputError, ShowError
from engine.formats.show_edit import binding_text, digest, with_binding, write_binding
from engine.formats.show_parse import parse_show
from engine.model.controls import Binding, MidiControl
from engine.model.cueing import Quantise
from engine.shipped import shipped
from tests.show_support import WHOLE

DEMO = (shipped("schedules") / "demo" / "show.yaml").read_text(encoding="utf-8")
BINDING = Binding(midi=MidiControl(cc=21, channel=1), to="/layer/echo/opacity")
ITEM = "{midi: {cc: 21, channel: 1}, to: /layer/echo/opacity}"
HEAD = "layers: [{name: a}]\nmovements: [{name: m, duration_s: 1}]\n"

# How a list of bindings may be written, and the lines that stand there afterwards in place of it.
ODD = {
    "no bindings": ("seed: 3\n", f"seed: 3\n\nbindings:\n  - {ITEM}\n"),
    "no bindings, no last line break": ("seed: 3", f"seed: 3\n\nbindings:\n  - {ITEM}"),
    "empty": ("bindings: []\nseed: 3\n", f"bindings: [{ITEM}]\nseed: 3\n"),
    "in one line": ("bindings: [ {key: x, to: /go} ] # x\n", f"bindings: [ {{key: x, to: /go}}, {ITEM} ] # x\n"),
    "a comma at the end": ("bindings: [{key: x, to: /go},]\n", f"bindings: [{{key: x, to: /go}},{ITEM}]\n"),
    "brackets on lines of their own": (
        "bindings: [\n    {key: x, to: /go},  # ]\n    {key: y, to: /go}   # , y\n  ]\n",
        f"bindings: [\n    {{key: x, to: /go}},  # ]\n    {{key: y, to: /go}}   # , y\n    , {ITEM}\n  ]\n",
    ),
    "dashes under the key": (
        "bindings:\n- key: x\n  to: /go\n  # x\n\n# seed\nseed: 3\n",
        f"bindings:\n- key: x\n  to: /go\n- {ITEM}\n  # x\n\n# seed\nseed: 3\n",
    ),
    "a comment at the end": (
        "bindings:\n    - key: x   # one\n      to: /go  # two\n    # three",
        f"bindings:\n    - key: x   # one\n      to: /go  # two\n    - {ITEM}\n    # three",
    ),
    "anchors": (
        "bindings: &all\n  - &x {key: x, to: /go}\n  - to: /go\n    midi: &m {cc: 1}\n  - to: /go\n    midi: *m\n",
        "bindings: &all\n  - &x {key: x, to: /go}\n  - to: /go\n    midi: &m {cc: 1}\n  - to: /go\n    midi: *m\n"
        f"  - {ITEM}\n",
    ),
    "a dash alone": (
        "bindings:\n  -\n    key: x\n    to: /go\n",
        f"bindings:\n  -\n    key: x\n    to: /go\n  - {ITEM}\n",
    ),
    "the end of the document": (
        "bindings:\n  - {key: x, to: /go}\n...\n",
        f"bindings:\n  - {{key: x, to: /go}}\n  - {ITEM}\n...\n",
    ),
}  # fmt: skip


def bindings_of(text: str) -> tuple[Binding, ...]:
    parsed = parse_show(text, "show.yaml")
    assert parsed.problems == ()
    assert parsed.show is not None
    return parsed.show.bindings


def added(text: str) -> str:
    return with_binding(text.encode(), BINDING, "show.yaml").decode()


def is_insertion(before: str, after: str) -> bool:
    """Whether `after` is `before` with one stretch of text put in."""
    same = next((at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), len(before))
    return after.endswith(before[same:])


@pytest.mark.parametrize("way", ODD)
def test_however_bindings_are_written_one_is_added_in_that_way(way: str) -> None:
    before, after = (HEAD + tail for tail in ODD[way])
    assert added(before) == after
    assert bindings_of(after) == (*bindings_of(before), BINDING)


@pytest.mark.parametrize("text", [DEMO, WHOLE], ids=["demo", "whole"])
def test_a_show_gains_one_line_and_keeps_every_other_byte(text: str) -> None:
    lines, now = text.splitlines(), added(text).splitlines()
    assert now.count(f"  - {ITEM}") == 1
    now.remove(f"  - {ITEM}")
    assert now == lines


def test_a_show_in_braces_as_json_has_them() -> None:
    text = '{"layers": [{"name": "a"}], "movements": [{"name": "m", "duration_s": 1}]}'
    assert added(text) == text[:-1] + f", bindings: [{ITEM}]}}"


def test_a_byte_order_mark_and_windows_line_ends_stay() -> None:
    before = b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode()
    after = with_binding(before, BINDING, "show.yaml")
    assert after == b"\xef\xbb\xbf" + added(WHOLE).replace("\n", "\r\n").encode()


COMMENTS = st.sampled_from(["", "  # why", "\n\n", "\n# alone\n", "\n  # {key: x}\n", "   "])
ITEMS = st.sampled_from([
    "{key: x, to: /go}", "{ key: \"1\",  to: '/go' }", "key: y\n{}to: /go",
    "to: /layer/a/x\n{}range: [ 0,1 ]\n{}key: z",
    "midi: {{cc: 1,\n{}  channel: 2}}\n{}to: /go", "key: a  # b\n{}# c\n{}to: /go",
])  # fmt: skip


@st.composite
def shows(draw: st.DrawFn) -> str:
    """Shows whose bindings are written in every way that people find, and some that they do not."""
    indent = draw(st.sampled_from(["", " ", "    "]))
    dash = draw(st.sampled_from(["- ", "-   "]))
    inner = indent + " " * len(dash)
    items = draw(st.lists(st.tuples(ITEMS, COMMENTS), max_size=4))
    lines = [
        indent + dash + item.replace("{}", inner).replace("{{", "{").replace("}}", "}") + end for item, end in items
    ]
    bindings = "bindings:" + draw(st.sampled_from(["", "  # all"])) + "\n" + "\n".join(lines) + "\n" if lines else ""
    parts = draw(st.permutations([HEAD, bindings, "seed: +7   # seven\n", "# end\n\n", 'title: "ä: #"\n']))
    text = draw(st.sampled_from(["", "# head\n", "---\n"])) + "".join(parts)
    text = text if draw(st.booleans()) else text.rstrip("\n")
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


@settings(max_examples=300, deadline=None)
@given(shows())
def test_whatever_the_show_adding_is_putting_in_and_no_more(text: str) -> None:
    had = bindings_of(text)
    after = with_binding(text.encode(), BINDING, "show.yaml").decode()
    assert is_insertion(text, after)
    assert bindings_of(after) == (*had, BINDING)


@pytest.mark.parametrize(
    ("binding", "text"),
    [
        (Binding(key="true", to="/go"), '{key: "true", to: /go}'),
        (Binding(key="1", to="/movement/index", value=2), '{key: "1", to: /movement/index, value: 2}'),
        (Binding(key="'", to="/go"), '{key: "\'", to: /go}'),
        (Binding(osc="/Fader/ä", scrub="/movement"), '{osc: "/Fader/ä", scrub: /movement}'),
        (
            Binding(midi=MidiControl(pitch=True, port="a, b"), to="/x", range=(-0.5, 1e-7)),
            '{midi: {pitch: true, port: "a, b"}, to: /x, range: [-0.5, 1e-07]}',
        ),
        (
            Binding(control="nanokontrol2/play", to="/go", quantise=Quantise(to="bar", every=4), feedback=False),
            "{control: nanokontrol2/play, to: /go, quantise: {to: bar, every: 4}, feedback: false}",
        ),
    ],
)
def test_a_binding_reads_back_as_itself(binding: Binding, text: str) -> None:
    assert binding_text(binding) == text
    assert bindings_of(with_binding(HEAD.encode(), binding, "x").decode()) == (binding,)


def test_a_binding_takes_the_place_of_another() -> None:
    block = HEAD + "bindings:\n  - key: x\n    to: /go\n\n  # y\n  - {key: y, to: /go} # why\n"
    first = with_binding(block.encode(), BINDING, "x", instead_of=0).decode()
    assert first == HEAD + f"bindings:\n  - {ITEM}\n\n  # y\n  - {{key: y, to: /go}} # why\n"
    second = with_binding(block.encode(), BINDING, "x", instead_of=1).decode()
    assert second == HEAD + f"bindings:\n  - key: x\n    to: /go\n\n  # y\n  - {ITEM} # why\n"


def test_a_comment_is_not_thrown_away_with_the_binding_that_it_stands_in() -> None:
    text = HEAD + "bindings:\n  - key: x # mine\n    to: /go\n"
    with pytest.raises(OutputError, match="comments"):
        with_binding(text.encode(), BINDING, "x", instead_of=0)


def test_a_show_that_does_not_load_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "show.yaml"
    file.write_text(HEAD + "sed: 3\n")
    with pytest.raises(ShowError, match="did you mean seed"):
        write_binding(file, BINDING, digest(file.read_bytes()))
    assert file.read_text() == HEAD + "sed: 3\n"


def test_what_would_not_load_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "show.yaml"
    file.write_text(HEAD)
    broken = Binding.model_construct(midi=None, control=None, osc=None, key="X", to="/go", scrub=None)
    with pytest.raises(ShowError):
        write_binding(file, broken, digest(file.read_bytes()))
    assert file.read_text() == HEAD


def test_a_file_that_was_changed_meanwhile_is_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "show.yaml"
    file.write_text(HEAD)
    read = digest(file.read_bytes())
    file.write_text(HEAD + "# somebody was here\n")
    with pytest.raises(OutputError, match="was changed since"):
        write_binding(file, BINDING, read)
    assert file.read_text() == HEAD + "# somebody was here\n"
    file.unlink()
    with pytest.raises(OutputError, match="cannot be read"):
        write_binding(file, BINDING, read)


def test_one_after_the_other_through_a_link_rights_kept(tmp_path: Path) -> None:
    (tmp_path / "shows").mkdir()
    file = tmp_path / "shows" / "real.yaml"
    file.write_text(HEAD)
    file.chmod(0o640)
    link = tmp_path / "show.yaml"
    link.symlink_to(file)
    now = write_binding(link, BINDING, digest(file.read_bytes()))
    other = Binding(key="x", to="/go")
    assert write_binding(link, other, now) == digest(file.read_bytes())
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640
    assert bindings_of(file.read_text()) == (BINDING, other)
    assert [path.name for path in file.parent.iterdir()] == ["real.yaml"]
