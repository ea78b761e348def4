"""All that a person can do to a catalogue, as values that are checked: `preprocess.catalogue.edits` does them."""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints

from engine.model.part import Name, Part, Seconds
from preprocess.catalogue.values import Mark, TextKind

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def _text(value: str) -> str:
    """A person's text as it is kept: line ends as newlines, nothing that no terminal should get."""
    plain = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if _CONTROLS.search(plain):
        raise ValueError("holds control characters")
    return plain


def _tag(value: str) -> str:
    """A tag as it is kept: lower case, single blanks. `normalize` brings it to the vocabulary's word."""
    plain = " ".join(_text(value).casefold().split())
    if not plain:
        raise ValueError("is empty")
    return plain


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
PersonText = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_text)]
TagText = Annotated[str, StringConstraints(max_length=64), AfterValidator(_tag)]


class SetText(Part):
    """Write a caption or description."""

    do: Literal["set_text"] = "set_text"
    slug: Slug
    kind: TextKind
    text: PersonText


class ReleaseText(Part):
    """Give a caption or description back to the steps: their newest text holds again."""

    do: Literal["release_text"] = "release_text"
    slug: Slug
    kind: TextKind


class SetTag(Part):
    """Give a tag (true), take one away for good (false), or leave it to the steps (null)."""

    do: Literal["set_tag"] = "set_tag"
    slug: Slug
    tag: TagText
    value: bool | None


class SetMark(Part):
    """Say that a clip is black, static, a duplicate or left out (true), that it is not (false), or nothing (null)."""

    do: Literal["set_mark"] = "set_mark"
    slug: Slug
    mark: Mark
    value: bool | None


class Place(Part):
    """Pin a clip to a movement, ban it from one, or leave that to `assign` (null)."""

    do: Literal["place"] = "place"
    slug: Slug
    movement: Name
    kind: Literal["pin", "ban"] | None


class Move(Part):
    """Move a clip: pinned to one movement, banned from the one that it left, where one is named."""

    do: Literal["move"] = "move"
    slug: Slug
    to_movement: Name
    from_movement: Name | None = None


class Row(Part):
    """A row of a schedule: `duration_s` of the movement's time, filled with a clip from `in_s` on, or a gap (null)."""

    layer: Name
    slug: Slug | None
    duration_s: float = Field(gt=0, le=86_400)
    in_s: Seconds = 0.0
    out_s: Seconds | None = None
    transition_s: float = Field(0.0, ge=0, le=60)
    hint: Annotated[str, StringConstraints(max_length=1000), AfterValidator(_text)] = ""
    transition: Annotated[str, StringConstraints(max_length=255), AfterValidator(_text)] = ""


class SetSchedule(Part):
    """Give a movement these rows, in their order, in place of all that it had."""

    do: Literal["set_schedule"] = "set_schedule"
    movement: Name
    rows: tuple[Row, ...] = Field(max_length=20_000)


class MoveRow(Part):
    """Take a row out and put it in at `to_index`, counted without it.

    `keep_cuts`: the cuts of its layer stay where they are, on the music; the clips change places. Else each row
    takes its duration along.
    """

    do: Literal["move_row"] = "move_row"
    movement: Name
    row_index: int = Field(ge=0)
    to_index: int = Field(ge=0)
    keep_cuts: bool = True


class AddRow(Part):
    """Put a row in at `row_index`."""

    do: Literal["add_row"] = "add_row"
    movement: Name
    row_index: int = Field(ge=0)
    row: Row


class RemoveRow(Part):
    """Take a row out; with `keep_gap` a gap stays, and the later rows keep their instants."""

    do: Literal["remove_row"] = "remove_row"
    movement: Name
    row_index: int = Field(ge=0)
    keep_gap: bool = False


class ReplaceRow(Part):
    """Put another row in place of one."""

    do: Literal["replace_row"] = "replace_row"
    movement: Name
    row_index: int = Field(ge=0)
    row: Row


class ReleaseSchedule(Part):
    """Give a movement's schedule back to `schedule`: what a run proposed since holds, else the next run makes one."""

    do: Literal["release_schedule"] = "release_schedule"
    movement: Name


RowEdit: TypeAlias = MoveRow | AddRow | RemoveRow | ReplaceRow
ClipEdit: TypeAlias = SetText | ReleaseText | SetTag | SetMark | Place | Move
ScheduleEdit: TypeAlias = SetSchedule | RowEdit | ReleaseSchedule
Edit: TypeAlias = Annotated[ClipEdit | ScheduleEdit, Field(discriminator="do")]
