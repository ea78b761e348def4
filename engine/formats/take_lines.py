"""The lines of a take, from JSON to values, with every mistake of a line named."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeGuard

from pydantic import ValidationError

from engine.formats.take import FORMAT, VERSION, Fingerprints, TakeHeader, TreeEntry
from engine.model.cueing import Quantise
from engine.model.events import Event, EventSource
from engine.model.parameters import PATH_PATTERN, Kind

# No performance is longer than this; a stamp beyond it would ask for a film without end.
MAX_S = 1e7
_LONGEST_TEXT = 1000

_SOURCES = {source.name.lower(): source for source in EventSource}
_FIELDS = {"at_s", "source", "sequence", "path", "value", "late_s", "port", "wait", "origin"}
_ORIGIN_FIELDS = {"address", "value", "at_s"}
_KINDS = {kind.value for kind in Kind}


class Wrong(Exception):  # noqa: N818 - never leaves the reader: it turns into Problems
    """What is wrong with one line, by place within it; `mend` where there is a better one than the reader's."""

    def __init__(self, found: Mapping[str, str], mend: str = "") -> None:
        self.found = found
        self.mend = mend
        super().__init__("; ".join(found.values()))


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value read from JSON is a finite number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def read_header(record: Mapping[str, Any]) -> TakeHeader:
    """The header that a take's first line holds. Raises Wrong."""
    if record.get("format") != FORMAT:
        raise Wrong({"": "is not the header of a take"})
    version = record.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise Wrong({"version": "must be a whole number from 1 on"})
    made_by = _texts(record.get("made_by"))
    if version > VERSION:
        by = f", written by runtime {made_by['runtime']}" if "runtime" in made_by else ""
        what = f"is a take of version {version}{by}; this program reads up to version {VERSION}"
        raise Wrong({"": what}, "use the program that recorded it, or a newer one")
    prints = {name: _sha256(record.get(name)) for name in ("show", "library", "music")}
    wrong = {name: "must have a sha256" for name, found in prints.items() if not found}
    files = record.get("files")
    if files is not None and not (isinstance(files, dict) and all(_is_sha256(one) for one in files.values())):
        wrong["files"] = "must give, for each name, a sha256"
    if not is_seconds(record.get("start_s")):
        wrong["start_s"] = f"must be a number of seconds from 0 to {MAX_S:.0f}"
    if not is_number(record.get("rate")) or not 0 < record["rate"] <= 1000:
        wrong["rate"] = "must be a number of frames a second"
    if not isinstance(record.get("seed"), int):
        wrong["seed"] = "must be a whole number"
    tree = record.get("tree")
    if not isinstance(tree, dict) or not all(_is_entry(entry) for entry in tree.values()):
        wrong["tree"] = "must give, for each path, its kind, low, high, default and smoothing"
    if wrong:
        raise Wrong(wrong)
    return TakeHeader(
        show=_text(record["show"].get("file")),
        fingerprints=Fingerprints(**prints, files=None if files is None else _texts(files)),
        seed=record["seed"],
        recorded_at=_text(record.get("recorded_at")),
        start_s=float(record["start_s"]),
        rate=float(record["rate"]),
        made_by=made_by,
        tree={path: _entry(entry) for path, entry in record["tree"].items()},
        over=_text(record.get("over")),
    )


def read_event(record: Mapping[str, Any], paths: dict[str, str]) -> Event:
    """The event of a line; `paths` keeps one text for each path. Raises Wrong with all that is wrong with it."""
    wrong = dict.fromkeys(record.keys() - _FIELDS, "is not known")
    if not is_seconds(record.get("at_s")):
        wrong["at_s"] = f"must be a number of seconds from 0 to {MAX_S:.0f}"
    if not isinstance(record.get("source"), str) or record["source"] not in _SOURCES:
        wrong["source"] = f"must be one of {', '.join(_SOURCES)}"
    sequence = record.get("sequence")
    if not isinstance(sequence, int) or isinstance(sequence, bool) or not 0 <= sequence < 2**63:
        wrong["sequence"] = "must be a whole number, 0 or more"
    path = record.get("path")
    if not isinstance(path, str) or not _is_path(path):
        wrong["path"] = "must be a path such as /layer/echo/opacity"
    if not is_number(record.get("value")):
        wrong["value"] = "must be a finite number"
    if "late_s" in record and not is_number(record["late_s"]):
        wrong["late_s"] = "must be a number of seconds"
    if not _is_text(record.get("port", "")):
        wrong["port"] = "must be text"
    if "origin" in record:
        wrong.update(_wrong_origin(record["origin"]))
    wait = _wait(record["wait"], wrong) if "wait" in record else None
    if wrong:
        raise Wrong(wrong)
    at_s, value = float(record["at_s"]), float(record["value"])
    address = paths.setdefault(record["path"], record["path"])
    source, port = _SOURCES[record["source"]], record.get("port", "")
    origin = None
    if "origin" in record:
        written = record["origin"]
        control = written.get("address", address)
        control = paths.setdefault(control, control)
        stamp_s, raw = float(written.get("at_s", at_s)), float(written.get("value", value))
        origin = Event(stamp_s, source, record["sequence"], control, raw, port=port)
    return Event(at_s, source, record["sequence"], address, value, origin, port, wait)


def _wrong_origin(written: object) -> dict[str, str]:
    if not isinstance(written, dict):
        return {"origin": "must be an object"}
    wrong = {f"origin.{name}": "is not known" for name in written.keys() - _ORIGIN_FIELDS}
    if not _is_text(written.get("address", "")):
        wrong["origin.address"] = "must be a control's address"
    for name in ("value", "at_s"):
        if not is_number(written.get(name, 0)):
            wrong[f"origin.{name}"] = "must be a finite number"
    return wrong


def _wait(written: object, wrong: dict[str, str]) -> Quantise | None:
    try:
        return Quantise.model_validate(written)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, ("wait", *first["loc"])))
        wrong[place] = first["msg"].lower()
        return None


def is_seconds(value: object) -> TypeGuard[int | float]:
    """Whether a value read from JSON is a show time that can be."""
    return is_number(value) and 0 <= value <= MAX_S


def _sha256(part: object) -> str:
    found = part.get("sha256") if isinstance(part, dict) else None
    return found if _is_sha256(found) else ""


def _is_sha256(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) == 64


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, list) or len(entry) != 5 or not isinstance(entry[0], str):
        return False
    return entry[0] in _KINDS and all(is_number(value) for value in entry[1:])


def _entry(entry: list[Any]) -> TreeEntry:
    kind, low, high, default, smoothing_s = entry
    return kind, float(low), float(high), float(default), float(smoothing_s)


def _is_text(value: object) -> TypeGuard[str]:
    """Whether a value is text that can be written again: JSON may hold halves of characters."""
    return isinstance(value, str) and _is_whole(value)


# A take has few texts, each of them very often.
@lru_cache(4096)
def _is_whole(text: str) -> bool:
    return len(text) <= _LONGEST_TEXT and text.encode(errors="replace").decode() == text


@lru_cache(4096)
def _is_path(text: str) -> bool:
    return len(text) <= _LONGEST_TEXT and PATH_PATTERN.fullmatch(text) is not None


def printable(text: str) -> str:
    """`text`, cut to a length, in a form that does a terminal no harm, whatever a file made of it."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text[:_LONGEST_TEXT])


def _text(value: object) -> str:
    return printable(value) if isinstance(value, str) else ""


def _texts(value: object) -> dict[str, str]:
    return {name: _text(text) for name, text in value.items()} if isinstance(value, dict) else {}
