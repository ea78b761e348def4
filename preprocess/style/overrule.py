"""A style with some settings overruled, as command lines do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from engine.errors import Problem, ShowError
from preprocess.style.model import Style


def overruled(style: Style, section: str, said: Mapping[str, Any]) -> Style:
    """The style with these settings of a section in place of its own.

    Raises ShowError with every one that cannot be.
    """
    if not said:
        return style
    before = getattr(style, section)
    try:
        settings = type(before).model_validate({**before.model_dump(), **said})
    except ValidationError as error:
        raise ShowError(
            [
                Problem("command line", 0, ".".join([section, *map(str, one["loc"])]), one["msg"])
                for one in error.errors(include_input=False, include_url=False)
            ]
        ) from None
    return style.model_copy(update={section: settings})
