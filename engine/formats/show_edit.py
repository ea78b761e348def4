"""A binding written into a show.yaml that a person wrote: all else stays as it is, to the byte.

Text is inserted where the document's marks say; what came before and after is never written anew. Why no round trip
through a YAML library: docs/decisions/show-edit.md.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from engine.errors import OutputError, ShowError
from engine.formats.replace_file import replace_file
from engine.formats.show_parse import ParsedShow, parse_show
from engine.model.controls import Binding

_LINE = re.compile("[^\n\r\x85\u2028\u2029]*(?:\r\n|[\n\r\x85\u2028\u2029])|[^\n\r\x85\u2028\u2029]+")  # YAML 1.1, 5.4
_PLAIN = re.compile(r"[a-z/][a-z0-9_/-]*")
_NOT_TEXT = frozenset({"true", "false", "null"})
_BOM = "\ufeff"
_BREAKS = ("\n", "\r", "\x85", "\u2028", "\u2029")


def digest(content: bytes) -> str:
    """What tells one version of a file from another: SHA-256, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def write_binding(file: Path, binding: Binding, expected: str, *, instead_of: int | None = None) -> str:
    """Add `binding` to the show in `file`, or put it in the place of number `instead_of`; the file's new digest.

    `expected` is the digest of the file as it was read. The file is replaced whole; a link stays one. Any thread.
    Raises OutputError where the file is another by now or cannot be written, and ShowError where the result would
    not load; the file is then as it was.
    """
    target = file.resolve()
    try:
        content = target.read_bytes()
    except OSError as error:
        raise OutputError(f"cannot be read ({error.strerror})", subject=file, mend="Put it back.") from error
    if digest(content) != expected:
        raise OutputError(
            "was changed since the show was read",
            subject=file,
            mend="Write it in by hand, or start anew.",
        )
    edited = with_binding(content, binding, str(file), instead_of=instead_of)
    replace_file(target, edited)
    return digest(edited)


def with_binding(content: bytes, binding: Binding, file: str, *, instead_of: int | None = None) -> bytes:
    """The text of a show with `binding` added, or in the place of number `instead_of` (IndexError past the last).

    Pure. Raises ShowError where `content` or the result does not load, and OutputError where it is written in a way
    that cannot be added to; `file` is the name that they carry.
    """
    text = content.decode("utf-8-sig")
    before = _parsed(text, file)
    node = yaml.compose(text, yaml.SafeLoader)
    assert isinstance(node, yaml.MappingNode)  # parse_show took it
    if instead_of is None:
        edited = _added(text, node, binding_text(binding))
    else:
        edited = _replaced(text, node, instead_of, binding_text(binding))
    _check(before, edited, binding, file, instead_of)
    return (_BOM if content.startswith(_BOM.encode()) else "").encode() + edited.encode()


def binding_text(binding: Binding) -> str:
    """The binding as one line of YAML, without what is as it would be anyway: {midi: {cc: 21}, to: /go}."""
    return _flow(binding.model_dump(exclude_defaults=True, exclude_none=True))


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value not in _NOT_TEXT
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return json.dumps(value)


def _parsed(text: str, file: str) -> ParsedShow:
    parsed = parse_show(text, file)
    if parsed.problems or parsed.show is None:
        raise ShowError(parsed.problems)
    return parsed


def _check(before: ParsedShow, edited: str, binding: Binding, file: str, instead_of: int | None) -> None:
    """Refuse a text that says anything but what the old one said and the binding."""
    after = _parsed(edited, file)
    assert before.show is not None
    assert after.show is not None
    bindings = [*before.show.bindings]
    if instead_of is None:
        bindings.append(binding)
    else:
        bindings[instead_of] = binding
    if after.show != before.show.model_copy(update={"bindings": tuple(bindings)}):
        raise OutputError(
            "is written in a way that a binding cannot be added to",
            subject=file,
            mend="Write it in by hand.",
        )


def _added(text: str, root: yaml.MappingNode, item: str) -> str:
    key, bindings = next(((key, value) for key, value in root.value if key.value == "bindings"), (None, None))
    if key is not None and isinstance(bindings, yaml.SequenceNode):
        if bindings.flow_style:
            return _into_flow(text, bindings, item)
        return _after_last(text, bindings, item, behind=key.end_mark.index)
    if root.flow_style:
        return _into_flow(text, root, f"bindings: [{item}]")
    lines = _LINE.findall(text)
    end = _end_line(lines, root)
    indent = " " * root.start_mark.column
    gap = [""] if end and lines[end - 1].strip() else []
    return _inserted(lines, end, [*gap, f"{indent}bindings:", f"{indent}  - {item}"])


def _after_last(text: str, bindings: yaml.SequenceNode, item: str, behind: int) -> str:
    """A line of its own below the last item, at the column of the first dash that stands `behind` the key."""
    dashes = (token for token in yaml.scan(text, yaml.SafeLoader) if isinstance(token, yaml.BlockEntryToken))
    dash = next(token for token in dashes if token.start_mark.index > behind)
    lines = _LINE.findall(text)
    end = _last_content(lines, _end_line(lines, bindings))
    return _inserted(lines, end, [" " * dash.start_mark.column + f"- {item}"])


def _into_flow(text: str, node: yaml.CollectionNode, item: str) -> str:
    """Before the closing bracket; where that stands on a line of its own, on a line before it."""
    close = node.end_mark.index - 1
    place = len(text[:close].rstrip(" "))
    comma = ", " if _needs_comma(text, close) else ""
    if not node.value or not text[:place].endswith(_BREAKS):
        return text[:place] + comma + item + text[place:]
    first = node.value[0] if isinstance(node, yaml.SequenceNode) else node.value[0][0]
    return _inserted(_LINE.findall(text), node.end_mark.line, [" " * first.start_mark.column + comma + item])


def _needs_comma(text: str, close: int) -> bool:
    """Whether what comes before the closing bracket at `close` is an entry without a comma behind it."""
    before: yaml.Token | None = None
    for token in yaml.scan(text, yaml.SafeLoader):
        if token.start_mark.index == close:
            break
        before = token
    opening = (yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken, yaml.FlowEntryToken)
    return not isinstance(before, opening)


def _replaced(text: str, root: yaml.MappingNode, index: int, item: str) -> str:
    bindings = next(value for key, value in root.value if key.value == "bindings")
    node = bindings.value[index]
    start, end = node.start_mark.index, node.end_mark.index
    if not node.flow_style:
        lines = _LINE.findall(text)
        last = _last_content(lines, _end_line(lines, node))
        end = len("".join(lines[:last]).rstrip("".join(_BREAKS)))
        if re.search(r"\s#", text[start:end]):
            raise OutputError(
                "has comments in the binding that would be replaced",
                subject=f"bindings.{index}",
                mend=f"Replace it by hand: - {item}",
            )
    return text[:start] + item + text[end:]


def _end_line(lines: list[str], node: yaml.Node) -> int:
    """The index of the line behind a block; the number of lines where nothing comes behind it."""
    mark = node.end_mark
    return len(lines) if mark.index >= sum(map(len, lines)) else mark.line


def _last_content(lines: list[str], end: int) -> int:
    """The index behind the last line before `end` that is neither blank nor a comment."""
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def _inserted(lines: list[str], at: int, added: list[str]) -> str:
    """`lines` with those `added` before the one at `at`, broken as the line before them is."""
    before = "".join(lines[:at])
    breaks = re.search("(\r\n|[\n\r])$", before) or re.search("(\r\n|[\n\r])", "".join(lines))
    line_break = breaks[1] if breaks else "\n"
    if before and not before.endswith(_BREAKS):
        return before + line_break + line_break.join(added) + "".join(lines[at:])  # no break ended the file before
    return before + "".join(one + line_break for one in added) + "".join(lines[at:])
