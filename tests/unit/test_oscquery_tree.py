"""The tree as OSCQuery describes it, checked against what the proposal says of each attribute and error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.inputs.oscquery_tree import ATTRIBUTES, EXTENSIONS, Answer, QueryTree
from engine.model.parameters import Kind
from engine.model.tree import ParameterTree
from tests.osc_support import Stage
from tests.world_support import world

HOST = {"NAME": "the show"}
STAGE = Stage()
TREE = QueryTree(STAGE.world.tree)
STEPS = ["layer", "echo", "opacity", "clip", "fire", "onset", "kick", "go", "", "..", "%2e", "%zz", "é", "*", "\x00"]


def ask(target: str, stage: Stage = STAGE) -> Answer:
    return TREE.answer(target, stage.latest, HOST)


def told(target: str, stage: Stage = STAGE) -> dict[str, Any]:
    answer = ask(target, stage)
    assert answer.status is HTTPStatus.OK
    assert isinstance(answer.content, dict)
    return answer.content


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("CONTENTS", {}).values():
        yield from nodes(below)


def test_the_whole_tree_has_every_path_once_under_its_name() -> None:
    found = {node["FULL_PATH"]: node for node in nodes(told("/"))}
    assert {path for path, node in found.items() if "TYPE" in node} == set(STAGE.world.tree.parameters)
    for path, node in found.items():
        for name, below in node.get("CONTENTS", {}).items():
            assert below["FULL_PATH"] == f"{path.rstrip('/')}/{name}"
    assert json.loads(json.dumps(told("/"), allow_nan=False)) == told("/")


def test_a_number_an_index_a_switch_and_an_action() -> None:
    stage = Stage()
    stage.play(0.0, {"/lock": 1, "/layer/echo/opacity": 0.25})
    stage.at(5.0)
    opacity = told("/layer/echo/opacity", stage)
    assert opacity.pop("DESCRIPTION")
    assert opacity == {
        "FULL_PATH": "/layer/echo/opacity",
        "TYPE": "f",
        "ACCESS": 3,
        "VALUE": [0.25],
        "RANGE": [{"MIN": 0.0, "MAX": 1.0}],
        "CLIPMODE": ["both"],
    }
    index = told("/movement/index", stage)
    assert (index["TYPE"], index["ACCESS"], index["VALUE"]) == ("i", 3, [0])
    assert index["RANGE"] == [{"MIN": 0, "MAX": 998}]
    assert all(type(number) is int for number in (*index["VALUE"], *index["RANGE"][0].values()))
    lock = told("/lock", stage)
    assert (lock["TYPE"], lock["ACCESS"], lock["VALUE"]) == ("T", 3, [True])
    assert lock["RANGE"] == [{"VALS": [False, True]}]
    go = told("/go", stage)
    assert (go["TYPE"], go["ACCESS"], go["VALUE"]) == ("I", 2, [None])
    assert "RANGE" not in go


def test_units_are_those_of_the_proposals_list() -> None:
    assert told("/tempo/bpm")["UNIT"] == ["time.bpm"]
    assert told("/show/position")["UNIT"] == ["time.second"]
    assert told("/layer/echo/rotation")["UNIT"] == ["angle.degree"]
    assert "UNIT" not in told("/layer/echo/speed")


def test_a_container_has_contents_and_no_value() -> None:
    layer = told("/layer")
    assert layer["ACCESS"] == 0
    assert set(layer) == {"FULL_PATH", "ACCESS", "CONTENTS"}
    assert set(layer["CONTENTS"]) == {"base", "echo"}


def test_an_action_that_also_holds_others_is_a_container_to_clients() -> None:
    onset = told("/onset")
    assert (onset["TYPE"], onset["ACCESS"], set(onset["CONTENTS"])) == ("I", 0, {"kick"})
    assert "VALUE" not in onset


def test_a_clip_is_not_listed_but_there() -> None:
    assert "CONTENTS" not in told("/layer/echo/clip")
    assert told("/layer/echo/clip")["RANGE"] == [{"MIN": 0, "MAX": 1}]
    assert told("/layer/echo/clip/fire")["ACCESS"] == 2
    assert ask("/layer/echo/clip/snow").status is HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("target", "content"),
    [
        ("/layer/echo/opacity?VALUE", {"VALUE": [1.0]}),
        ("/layer/echo/opacity?TYPE", {"TYPE": "f"}),
        ("/layer/echo/opacity?ACCESS", {"ACCESS": 3}),
        ("/layer/echo/opacity?RANGE", {"RANGE": [{"MIN": 0.0, "MAX": 1.0}]}),
        ("/layer/echo/opacity?DESCRIPTION", {"DESCRIPTION": "0 clear, 1 full."}),
        ("/layer/echo/opacity?CLIPMODE", {"CLIPMODE": ["both"]}),
        ("/layer/echo/opacity?UNIT", {}),  # the proposal: an empty object where the node has not got it
        ("/layer?TYPE", {}),
        ("/go?CONTENTS", {}),
        ("/layer/echo/opacity/?VALUE", {"VALUE": [1.0]}),
        ("/layer/echo/opacity?VALUE=&TYPE", {"VALUE": [1.0], "TYPE": "f"}),
        ("/layer%2Fecho%2fopacity?TYPE#whatever?VALUE", {"TYPE": "f"}),
        ("?HOST_INFO", HOST),  # as Chataigne may ask
        ("/nowhere?HOST_INFO", HOST),  # the proposal: the path is irrelevant
    ],
)
def test_attributes_are_told_alone(target: str, content: dict[str, Any]) -> None:
    assert told(target) == content


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/go?VALUE", HTTPStatus.NO_CONTENT),  # it can be written only
        ("/layer?VALUE", HTTPStatus.NO_CONTENT),
        ("/?VALUE", HTTPStatus.NO_CONTENT),
        ("/layer/echo/clip/fire?VALUE", HTTPStatus.NO_CONTENT),
        ("/layer/echo/opacity?COLOUR", HTTPStatus.BAD_REQUEST),
        ("/layer/echo/opacity?HTML", HTTPStatus.BAD_REQUEST),
        ("/layer/echo/opacity?value", HTTPStatus.BAD_REQUEST),
        ("/bazzzzz?TYPE", HTTPStatus.NOT_FOUND),
        ("/layer//echo", HTTPStatus.NOT_FOUND),
        ("//layer", HTTPStatus.NOT_FOUND),
        ("/layer/echo/opacity/x", HTTPStatus.NOT_FOUND),
        ("/layer/*", HTTPStatus.NOT_FOUND),
    ],
)
def test_what_cannot_be_told_says_so(target: str, status: HTTPStatus) -> None:
    assert ask(target).status is status


def test_a_value_that_there_is_not_just_now_is_null_in_a_node_and_nothing_alone() -> None:
    stage = Stage(world(clips=[]))  # the layer shows nothing
    tree = QueryTree(stage.world.tree)
    content = tree.answer("/layer/base/position", stage.latest, HOST).content
    assert isinstance(content, dict)
    assert content["VALUE"] == [None]
    assert tree.answer("/layer/base/position?VALUE", stage.latest, HOST) == Answer(HTTPStatus.OK, {})


def test_before_the_show_has_begun_there_are_no_values() -> None:
    content = TREE.answer("/layer/echo/opacity", None, HOST).content
    assert isinstance(content, dict)
    assert content["VALUE"] == [None]


def test_extensions_name_all_that_is_told() -> None:
    required = {"FULL_PATH", "CONTENTS", "TYPE"}
    assert {name for name in ATTRIBUTES if name not in required} | {"LISTEN", "PATH_CHANGED"} == {
        name for name, there in EXTENSIONS.items() if there
    }


def test_every_parameter_says_its_type_and_range() -> None:
    kinds = {Kind.NUMBER: "f", Kind.INDEX: "i", Kind.SWITCH: "T", Kind.ACTION: "I"}
    for path, entry in STAGE.world.tree.parameters.items():
        node = told(path)
        assert node["TYPE"] == kinds[entry.kind]
        assert ("RANGE" in node) == (entry.kind is not Kind.ACTION)


def test_an_empty_tree_has_its_master_only() -> None:
    bare = QueryTree(ParameterTree(STAGE.world.loaded.show))
    assert bare.answer("/layer/echo/clip/fire", None, HOST).status is HTTPStatus.NOT_FOUND


paths = st.lists(st.sampled_from(STEPS) | st.text(max_size=6), max_size=6).map(lambda steps: "/" + "/".join(steps))
queries = st.lists(st.sampled_from([*ATTRIBUTES, "HOST_INFO", "HTML", "", "=", "&"]) | st.text(max_size=6), max_size=4)


@given(paths | st.text(max_size=40), queries)
def test_any_target_is_answered_with_json_or_a_reason(path: str, query: list[str]) -> None:
    answer = ask(f"{path}?{'&'.join(query)}" if query else path)
    assert answer.status in (HTTPStatus.OK, HTTPStatus.NO_CONTENT, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)
    if answer.status is HTTPStatus.OK:
        json.dumps(answer.content, allow_nan=False)
    elif answer.status is not HTTPStatus.NO_CONTENT:
        assert isinstance(answer.content, str)
        assert answer.content.isprintable()
