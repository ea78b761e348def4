"""The parameter tree as OSCQuery describes it: nodes with attributes, and answers to questions about them. Pure.

From the OSCQuery proposal (github.com/Vidvox/OSCQueryProposal). Where it leaves a choice, docs/decisions/oscquery.md
says which was taken and why.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import unquote

from engine.model.parameters import Kind, Parameter
from engine.model.tree import ParameterTree
from engine.model.world import World

HOST_INFO = "HOST_INFO"
ATTRIBUTES = ("FULL_PATH", "CONTENTS", "TYPE", "ACCESS", "VALUE", "RANGE", "DESCRIPTION", "UNIT", "CLIPMODE")
# What HOST_INFO says of all that the proposal leaves open. The tree changes only where the show's file was changed
# while it plays, and then as a whole.
EXTENSIONS = {
    **dict.fromkeys(("ACCESS", "VALUE", "RANGE", "DESCRIPTION", "UNIT", "CLIPMODE", "LISTEN", "PATH_CHANGED"), True),
    **dict.fromkeys(("TAGS", "EXTENDED_TYPE", "CRITICAL", "OVERLOADS", "HTML"), False),
    **dict.fromkeys(("PATH_RENAMED", "PATH_REMOVED", "PATH_ADDED"), False),
}

_NOTHING, _READ, _WRITE = 0, 1, 2
_UNITS = {
    "s": "time.second",
    "ms": "time.ms",
    "Hz": "time.hz",
    "bpm": "time.bpm",
    "dB": "gain.db",
    "deg": "angle.degree",
}
_TYPES = {Kind.NUMBER: "f", Kind.INDEX: "i", Kind.SWITCH: "T", Kind.ACTION: "I"}
_AT_ONCE = 16  # values looked up before other threads have their turn: a tenth of a millisecond


class Latest(Protocol):
    """The latest tick of the show (engine.app.published)."""

    @property
    def world(self) -> World: ...

    def value(self, path: str) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What an HTTP request is answered: a JSON object, or a line of text that says why there is none."""

    status: HTTPStatus
    content: Mapping[str, Any] | str = ""


@dataclass(slots=True)
class _Node:
    """A name in the tree. `attributes` are those that stay as they are; `entry` is None for what only holds others."""

    path: str
    entry: Parameter | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    below: dict[str, _Node] = field(default_factory=dict)


class QueryTree:
    """Answers requests about a show's tree. Built once; any thread may ask it."""

    def __init__(self, tree: ParameterTree) -> None:
        self._tree = tree
        self._root = _Node("/")
        for entry in tree.parameters.values():
            node = self._root
            for name in entry.path[1:].split("/"):
                path = f"{node.path.rstrip('/')}/{name}"
                node = node.below.setdefault(name, _Node(path))
            node.entry = entry
        _describe_all(self._root)

    def answer(self, target: str, latest: Latest | None, host_info: Mapping[str, Any]) -> Answer:
        """The answer to a request's target, `/path?ATTRIBUTE`; values are those of `latest`.

        200 with an object: the node and all below it, or only the attributes asked for, empty where the node has not
        got them. 204 for the VALUE of what cannot be read, 400 for attributes that this server does not know, 404
        for paths that are not there.
        """
        path, _, query = target.partition("#")[0].partition("?")
        asked = [unquote(part.partition("=")[0]) for part in query.split("&") if part]
        if HOST_INFO in asked:
            return Answer(HTTPStatus.OK, host_info)
        unknown = [name for name in asked if name not in ATTRIBUTES]
        if unknown:
            known = ", ".join((*ATTRIBUTES, HOST_INFO))
            return Answer(HTTPStatus.BAD_REQUEST, f"{unknown[0][:100]!a} is no attribute here; there are {known}.")
        node = self._find(unquote(path))
        if node is None:
            return Answer(HTTPStatus.NOT_FOUND, f"{path[:200]!a} is no path of this show; / has them all.")
        if "VALUE" in asked and not node.attributes["ACCESS"] & _READ:
            return Answer(HTTPStatus.NO_CONTENT)
        if not asked:
            return Answer(HTTPStatus.OK, _described(node, _Values(latest)))
        return Answer(HTTPStatus.OK, _attributes(node, asked, _Values(latest)))

    def has(self, path: str) -> bool:
        """Whether there is something at a path, a clip among it."""
        return self._find(path) is not None

    def _find(self, path: str) -> _Node | None:
        inner = path.removeprefix("/").removesuffix("/")
        node = self._root
        for name in inner.split("/") if inner else ():
            below = node.below.get(name)
            if below is None:
                return self._find_clip(path)
            node = below
        return node

    def _find_clip(self, path: str) -> _Node | None:
        """Clips are not listed, but each is there."""
        clip = self._tree.find(path)
        return None if clip is None else _Node(path, clip, _static(clip, holds_others=False))


def _describe_all(node: _Node) -> None:
    for below in node.below.values():
        _describe_all(below)
    if node.entry is None:
        node.attributes = {"FULL_PATH": node.path, "ACCESS": _NOTHING}
    else:
        node.attributes = _static(node.entry, holds_others=bool(node.below))


def _static(entry: Parameter, *, holds_others: bool) -> dict[str, Any]:
    """All of a parameter's attributes but its value and contents."""
    attributes: dict[str, Any] = {
        "FULL_PATH": entry.path,
        "DESCRIPTION": entry.doc,
        "TYPE": _TYPES[entry.kind],
        "ACCESS": _READ | _WRITE,
    }
    if entry.kind is Kind.ACTION:
        # Clients take what has contents for a container, and some refuse one that also takes messages.
        attributes["ACCESS"] = _NOTHING if holds_others else _WRITE
    elif entry.kind is Kind.SWITCH:
        attributes["RANGE"] = [{"VALS": [False, True]}]
    else:
        low, high = json_value(entry, entry.low), json_value(entry, entry.high)
        attributes["RANGE"] = [{"MIN": low, "MAX": high}]
        attributes["CLIPMODE"] = ["both"]
    if entry.unit in _UNITS:
        attributes["UNIT"] = [_UNITS[entry.unit]]
    return attributes


class _Values:
    """Looks values up for one answer, giving other threads their turn."""

    def __init__(self, latest: Latest | None) -> None:
        self._latest = latest
        self._count = 0

    def of(self, entry: Parameter) -> float | int | bool | None:
        """The value as JSON has it; None where there is none just now."""
        self._count += 1
        if self._count % _AT_ONCE == 0:
            time.sleep(0)
        value = None if self._latest is None else self._latest.value(entry.path)
        return None if value is None else json_value(entry, value)


def json_value(entry: Parameter, value: float) -> float | int | bool:
    """A value as OSCQuery writes one of this parameter's TYPE."""
    if entry.kind is Kind.SWITCH:
        return bool(value)
    return round(value) if entry.kind is Kind.INDEX else float(value)


def _described(node: _Node, values: _Values) -> dict[str, Any]:
    """A node with all its attributes, and all nodes below it."""
    described = dict(node.attributes)
    if node.attributes["ACCESS"] and node.entry is not None:
        # null where there is none: an impulse has no other, and some clients refuse a node that can be set without one.
        described["VALUE"] = [values.of(node.entry)]
    if node.below:
        described["CONTENTS"] = _contents(node.below.items(), values)
    return described


def _contents(nodes: Iterable[tuple[str, _Node]], values: _Values) -> dict[str, Any]:
    return {name: _described(node, values) for name, node in nodes}


def _attributes(node: _Node, asked: Sequence[str], values: _Values) -> dict[str, Any]:
    """Those of the asked attributes that the node has."""
    found: dict[str, Any] = {name: node.attributes[name] for name in asked if name in node.attributes}
    if "VALUE" in asked and node.entry is not None:
        value = values.of(node.entry)
        if value is not None:
            found["VALUE"] = [value]
    if "CONTENTS" in asked and node.below:
        found["CONTENTS"] = _contents(node.below.items(), values)
    return found
