"""YAML as plain values, with the line on which each of them stands.

Scalars are read as YAML 1.2's core schema has it (yaml.org/spec/1.2.2, 10.3), decimal numbers only: `no`, `on` and
`1:30` stay text, where YAML 1.1 would make a boolean and ninety of them. Tags are refused, so nothing but
dict, list, str, int, float, bool and None is ever built.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from engine.errors import Problem, ShowError

Place = tuple[str | int, ...]
"""Where a value stands inside a document: keys and zero-based list indices from the top."""

# An alias repeats what it names, so a few lines can stand for more values than memory holds. A large show has
# some thousands.
MAX_VALUES = 100_000
MAX_DEPTH = 32

_INTEGER = re.compile(r"[-+]?[0-9]{1,40}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_UNUSABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
_CONSTANTS: dict[str, float | bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML document: its value, the 1-based line of each place in it, and the mistakes made in its keys.

    Every place has a value of its own: what two aliases name is built twice, so that changing one leaves the other.
    """

    value: Any
    lines: Mapping[Place, int]
    problems: tuple[Problem, ...] = ()

    def line(self, place: Place) -> int:
        """The line of `place`, or of the nearest place around it that has one; 1 for the whole document."""
        for length in range(len(place), 0, -1):
            found = self.lines.get(place[:length])
            if found is not None:
                return found
        return 1


def dotted(place: Place) -> str:
    """`place` as people write it: layers.0.opacity."""
    return ".".join(str(step) for step in place)


def read_yaml(text: str, file: str) -> Document:
    """Read one YAML document; `file` is the name that problems carry. Any thread.

    Raises ShowError with the one problem that stopped it: a mistake of syntax, a tag, more than one document, values
    nested too deeply or, counting what aliases repeat, too many of them.
    """
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
        builder = _Builder(file)
        value = builder.build(node, ()) if node is not None else None
    except yaml.YAMLError as error:
        raise ShowError([_syntax_problem(error, text, file)]) from None
    return Document(value, builder.lines, tuple(builder.problems))


class _Loader(yaml.SafeLoader):
    """Composes nodes only; bounded in depth, since the composer recurses, and deaf to tags."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs leave the parser bare
        if self._depth >= MAX_DEPTH:
            raise _mistake(f"nested more than {MAX_DEPTH} deep", event.start_mark)
        if getattr(event, "tag", None) not in (None, "!"):
            raise _mistake("tags such as !!python are not used in a show", event.start_mark)
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


class _Builder:
    """Turns nodes into values, noting the line of each place."""

    def __init__(self, file: str) -> None:
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self._file = file
        self._count = 0

    def build(self, node: yaml.Node, place: Place) -> Any:
        self._count += 1
        if self._count > MAX_VALUES:
            raise _mistake(f"more than {MAX_VALUES} values, with what aliases repeat", node.start_mark)
        if len(place) > MAX_DEPTH:  # only an alias inside what it names comes here
            raise _mistake(f"nested more than {MAX_DEPTH} deep", node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.lines[(*place, index)] = _line(item.start_mark)
            return [self.build(item, (*place, index)) for index, item in enumerate(node.value)]
        if _UNUSABLE.search(node.value):  # no file name, JSON text or terminal takes them
            raise _mistake("a control character or half of a surrogate pair", node.start_mark)
        plain = isinstance(node, yaml.ScalarNode) and node.style is None
        return _scalar(node.value) if plain else node.value

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = _line(key_node.start_mark)
            if not isinstance(key_node, yaml.ScalarNode) or _UNUSABLE.search(key_node.value):
                self._problem(line, place, "a key must be one word", "write it as key: value")
                continue
            key = (*place, key_node.value)
            if key_node.value in values:
                self._problem(line, key, "is written twice", f"keep one; the other is on line {self.lines[key]}")
                continue
            if key_node.value == "<<" and key_node.style is None:
                self._problem(line, key, "merge keys are not used in a show", "write the settings out")
                continue
            self.lines[key] = line
            values[key_node.value] = self.build(value_node, key)
        return values

    def _problem(self, line: int, place: Place, what: str, mend: str) -> None:
        self.problems.append(Problem(self._file, line, dotted(place), what, mend))


def _scalar(text: str) -> Any:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _line(mark: yaml.Mark | None) -> int:
    return mark.line + 1 if mark is not None else 0


def _mistake(what: str, mark: yaml.Mark | None) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=what, problem_mark=mark)


def _syntax_problem(error: yaml.YAMLError, text: str, file: str) -> Problem:
    if isinstance(error, yaml.MarkedYAMLError):
        # What is left open is noticed only at its end, lines below: there the beginning is the place to look.
        left_open = any(word in (error.context or "") for word in ("flow", "quoted", "simple key"))
        line = _line((left_open and error.context_mark) or error.problem_mark)
        what = ", ".join(part for part in (error.context, error.problem) if part)
        tabs = "'\\t'" in what
        return Problem(
            file, line, "", f"cannot be read as YAML: {what}", "indent with spaces, not with tabs" if tabs else ""
        )
    position = getattr(error, "position", 0)  # a ReaderError: a character that YAML does not allow
    line = text.count("\n", 0, position) + 1
    return Problem(file, line, "", "holds a character that YAML does not allow", "write it as text, without it")
