"""An OpenAI-compatible server: where it is, and one request to it, by the chat completions protocol.

The key is read from the environment when a run begins, is sent in the one header that it belongs in, and is taken out
of whatever the server says before that is shown to anybody.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.message import Message
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import urlsplit

from engine.errors import DeviceError
from preprocess.describe.prompts import SCHEMA
from preprocess.describe.settings import DescribeSettings, check_server

_MOST_BYTES = 1 << 20
_CHUNK = 1 << 14
_TRY_LATER = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529))
_SECRET = re.compile(r"\b(?:sk|key|Bearer)[-_ ][A-Za-z0-9._*-]{6,}")


class BusyError(Exception):
    """The server may answer another time: it is busy, broken, slow or gone; `wait_s` if it asked for a wait."""

    def __init__(self, what: str, wait_s: float | None = None) -> None:
        super().__init__(what)
        self.wait_s = wait_s


class RefusedFormError(Exception):
    """The server does not take this form of request; another one may do."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered, and the tokens that the server counted (0 where it did not)."""

    text: str
    tokens_in: int
    tokens_out: int


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a server wants to be asked; servers differ in what they know."""

    form: Literal["json_schema", "json_object", "plain"] = "json_schema"
    length_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    temperature: float | None = None

    def body(self, model: str, messages: Sequence[Mapping[str, str]], most_tokens: int) -> dict[str, Any]:
        """The request."""
        body: dict[str, Any] = {"model": model, "messages": list(messages), self.length_field: most_tokens}
        if self.temperature is not None:
            body["temperature"] = self.temperature
        if self.form == "json_schema":
            schema = {"name": "clip_description", "strict": True, "schema": SCHEMA}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif self.form == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body

    def other(self, refused: str) -> Dialect | None:
        """The dialect to try after this one was refused with these words; None where nothing is left."""
        if "max_completion_tokens" in refused and self.length_field == "max_tokens":
            return replace(self, length_field="max_completion_tokens")
        if "temperature" in refused and self.temperature is not None:
            return replace(self, temperature=None)
        if self.form == "json_schema":
            return replace(self, form="json_object")
        return replace(self, form="plain") if self.form == "json_object" else None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A key goes to the server that was named, and to no other."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Server:
    """Where a language model is asked, and by which name. Any thread. Its repr has no key."""

    url: str
    model: str
    timeout_s: float
    key_variable: str
    key: str = field(default="", repr=False)

    def ask(self, body: Mapping[str, Any]) -> Reply:
        """Send one request and wait for its answer, `timeout_s` at most.

        Raises BusyError, RefusedFormError where the form of the request is refused, or DeviceError where no request
        will be answered: a wrong key, no such model, no credit left, another address.
        """
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(  # noqa: S310 - http and https only: see connect
            f"{self.url}/chat/completions", json.dumps(body).encode(), headers, method="POST"
        )
        try:
            return self._reply(self._exchange(request))
        except urllib.error.HTTPError as error:
            with error:
                raise self._refusal(error) from None
        except urllib.error.URLError as error:
            raise BusyError(self.without_key(f"does not answer: {error.reason}")) from None
        except (OSError, http.client.HTTPException) as error:
            what = "answers too slowly" if isinstance(error, TimeoutError) else f"broke off: {type(error).__name__}"
            raise BusyError(what) from None

    def _exchange(self, request: urllib.request.Request) -> bytes:
        until_s = time.monotonic() + self.timeout_s
        opener = urllib.request.build_opener(_NoRedirect)
        with opener.open(request, timeout=self.timeout_s) as response:
            parts, size = [], 0
            while part := response.read1(_CHUNK):
                parts.append(part)
                size += len(part)
                if size > _MOST_BYTES:
                    raise BusyError("answers more than a megabyte")
                if time.monotonic() > until_s:
                    raise TimeoutError
            if response.length:  # fewer bytes came than were promised
                raise http.client.IncompleteRead(b"", response.length)
        return b"".join(parts)

    def _reply(self, content: bytes) -> Reply:
        try:
            answer = json.loads(content)
            choice = answer["choices"][0]
            text, reason = choice["message"]["content"], choice.get("finish_reason")
            usage = answer.get("usage") or {}
            tokens = [_count(usage.get(name)) for name in ("prompt_tokens", "completion_tokens")]
        except (ValueError, LookupError, TypeError, AttributeError):
            raise BusyError("answers something else than a chat completion") from None
        # An answer that was cut off or refused is malformed, and counts as one.
        return Reply(text if isinstance(text, str) and reason != "length" else "", *tokens)

    def _refusal(self, error: urllib.error.HTTPError) -> Exception:
        said, code = self._said(error)
        if error.code == 429 and code == "insufficient_quota":
            return DeviceError(f"refuses: {said}", subject=self.url, mend="top up the account, or name another server")
        if error.code in _TRY_LATER:
            return BusyError(f"answers {error.code}{f': {said}' if said else ''}", _asked_wait_s(error.headers))
        if error.code in (400, 415, 422):
            return RefusedFormError(said)
        mends = {
            401: f"put the right key into the environment variable {self.key_variable}",
            403: f"check what the key in {self.key_variable} may do",
            404: "check describe.server (most end in /v1) and describe.model",
        }
        what = f"answers {error.code}{f': {said}' if said else ''}"
        return DeviceError(what, subject=self.url, mend=mends.get(error.code, "check describe.server"))

    def _said(self, error: urllib.error.HTTPError) -> tuple[str, str]:
        """(the server's message on one line, its code), without the key."""
        try:
            content = error.read(_CHUNK)
            told = json.loads(content)["error"]
            message, code = (str(told["message"]), str(told.get("code"))) if isinstance(told, dict) else (str(told), "")
        except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
            return "", ""
        return self.without_key(message), code

    def without_key(self, text: str) -> str:
        """One line of 300 characters at most, without anything that looks like a key."""
        line = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()
        if self.key:
            line = line.replace(self.key, "…")
        return _SECRET.sub("…", line)[:300]


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 10**9 else 0


def _asked_wait_s(headers: Message[str, str]) -> float | None:
    """What Retry-After asks for: seconds, or an instant (RFC 9110, 10.2.3)."""
    asked = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", asked):
        return float(asked)
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def connect(settings: DescribeSettings, environment: Mapping[str, str] = os.environ) -> Server:
    """The server that settings and environment name; nothing is sent.

    Raises DeviceError where none is named, no model is, or a key would travel unencrypted to another machine.
    """
    url = (settings.server or environment.get("OPENAI_BASE_URL", "")).rstrip("/")
    model = settings.model or environment.get("OPENAI_MODEL", "")
    key = environment.get(settings.key_variable, "").strip()
    if not url:
        mend = "set describe.server in the style, or the environment variable OPENAI_BASE_URL"
        raise DeviceError("no server of a language model is named", subject="describe", mend=mend)
    try:
        check_server(url)
    except ValueError as error:
        raise DeviceError("cannot be the address of a server", subject="OPENAI_BASE_URL", mend=str(error)) from None
    if not model:
        mend = "set describe.model in the style, or the environment variable OPENAI_MODEL"
        raise DeviceError("no language model is named", subject=url, mend=mend)
    if not re.fullmatch(r"[\x21-\x7e]*", key):
        raise DeviceError("holds no key", subject=settings.key_variable, mend="a key is one word of plain characters")
    if key and urlsplit(url).scheme == "http" and not _is_this_machine(urlsplit(url).hostname or ""):
        mend = f"use https, or unset {settings.key_variable} for a server that wants no key"
        raise DeviceError("the key would travel unencrypted", subject=url, mend=mend)
    return Server(url, model, settings.timeout_s, settings.key_variable, key)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
