"""How captions become descriptions and tags: the section `describe` of a style."""

from __future__ import annotations

import re
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from engine.model.part import Part


class DescribeSettings(Part):
    """How descriptions and tags are made."""

    by: Literal["rules", "language_model"] = Field("rules", description="From rules, or by a language model.")
    server: str = Field(
        "",
        max_length=400,
        description="Language model: the base URL of an OpenAI-compatible server; empty: that of OPENAI_BASE_URL.",
    )
    model: str = Field(
        "", max_length=200, description="Language model: its name at the server; empty: that of OPENAI_MODEL."
    )
    key_variable: str = Field(
        "OPENAI_API_KEY",
        description="Language model: the name of the environment variable that holds the key. Never the key itself.",
    )
    file_names: bool = Field(False, description="Language model: whether it is told the names of the source files.")
    only_vocabulary: bool = Field(True, description="Language model: tags that the vocabulary lacks are dropped.")
    temperature: float | None = Field(None, ge=0, le=2, description="Language model: as the server takes it.")
    most_tokens: int = Field(500, ge=50, le=8000, description="Language model: tokens of an answer, at most.")
    at_once: int = Field(4, ge=1, le=64, description="Language model: requests at a time.")
    timeout_s: float = Field(60, gt=0, le=3600, description="Language model: an answer has to be whole by then.")
    tries: int = Field(5, ge=1, le=20, description="Language model: how often a clip is asked for.")
    backoff_s: float = Field(1, ge=0, le=60, description="Language model: wait before the second try; then twice it…")
    longest_wait_s: float = Field(
        120, ge=0, le=3600, description="Language model: a server may ask for no longer wait."
    )
    price_in: float = Field(0, ge=0, le=10_000, description="Language model: price of a million tokens sent.")
    price_out: float = Field(0, ge=0, le=10_000, description="Language model: price of a million tokens answered.")
    currency: str = Field("USD", pattern=r"^[A-Z]{3}$", description="Language model: of the prices.")
    cap_requests: int | None = Field(
        None, ge=0, description="Language model: each of describe and regenerate sends no more requests in a run."
    )
    cap_money: float | None = Field(
        None, ge=0, description="Language model: each of describe and regenerate spends no more in a run."
    )

    @field_validator("key_variable")
    @classmethod
    def _no_key(cls, name: str) -> str:
        # Not a pattern: the complaint about one would repeat what may be the key itself.
        if not re.fullmatch(r"[A-Z_][A-Z0-9_]{0,99}", name):
            raise ValueError("the name of an environment variable, in capitals, and never the key itself")
        return name

    @field_validator("server")
    @classmethod
    def _plain_address(cls, server: str) -> str:
        check_server(server)
        return server

    @model_validator(mode="after")
    def _money_needs_prices(self) -> Self:
        if self.cap_money is not None and not (self.price_in or self.price_out):
            raise ValueError("cap_money needs price_in and price_out")
        return self


def check_server(server: str) -> None:
    """Raise ValueError unless this is empty or a base URL that says no more than where the server is."""
    if not server:
        return
    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a base URL such as http://127.0.0.1:8080/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("a base URL without user, password or query: keys come from the environment")
