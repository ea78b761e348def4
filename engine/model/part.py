"""What every part of a show is made of: strictness, and the values that recur."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_NAME = r"^[a-z][a-z0-9_-]*$"
_PATH = r"^(/[a-z][a-z0-9_-]*)+$"
_BLEND = r"^[a-z][a-z0-9_]*$"
_OSC_ADDRESS = r"^/[^ #*,?\[\]{}]+$"
_KEY_NAME = r"^[^A-Z\s]+$"
_CONTROL = r"^[a-z][a-z0-9_-]*/[a-z][a-z0-9_-]*$"
# What each pattern takes, in words: for the messages and the docs.
PATTERNS = {
    _NAME: "a name in lower case: letters, digits, - and _, beginning with a letter",
    _PATH: "a path such as /layer/echo/opacity",
    _BLEND: "the name of a file in shaders/blend: lower-case letters, digits and _",
    _OSC_ADDRESS: "an OSC address such as /fader/1, without blanks and without #*,?[]{}",
    _KEY_NAME: "a key's name in lower case: space, left, f1, a",
    _CONTROL: "a controller and its control, such as nanokontrol2/fader1",
}

Name = Annotated[str, Field(pattern=_NAME, max_length=64)]
Path = Annotated[str, Field(pattern=_PATH)]
BlendName = Annotated[str, Field(pattern=_BLEND)]
OscAddress = Annotated[str, Field(pattern=_OSC_ADDRESS)]
KeyName = Annotated[str, Field(pattern=_KEY_NAME)]
ControlName = Annotated[str, Field(pattern=_CONTROL)]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Unit = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Part(BaseModel):
    """A part of the show: frozen, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
