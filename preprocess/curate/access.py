"""Who may talk to the curation page: whoever has the address that the terminal showed, in a browser on this machine.

The page edits a library, and any web site that the same browser shows may send requests to loopback. So: a cookie
that no other site's request carries, given for a token in the address; a Host header that names loopback, against
names that are rebound to it; and a policy under which the page runs nothing but its own files.
"""

from __future__ import annotations

import hmac
import secrets
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_REFUSED = "This page opens with the address that runtime-preprocess curate showed in the terminal.\n"
_NO_STORE = "no-store"


class Gate:
    """The ASGI middleware that lets nobody else in. One for a server that listens on `port` of loopback.

    `token` opens the page for as long as the server runs; `single_use` once, for an address that other users of the
    machine may see among the processes.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.token = secrets.token_urlsafe(32)
        self.single_use = secrets.token_urlsafe(32)
        self._secret = secrets.token_urlsafe(32)
        self._cookie = f"curate_{port}"  # a browser sends cookies to every port of a host
        self._hosts = {f"{host}:{port}" for host in ("127.0.0.1", "localhost", "[::1]")}
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", _NO_STORE)
            await send(message)

        answer = self._answer(scope) or self._app
        await answer(scope, receive, guarded)

    def _answer(self, scope: Scope) -> Response | None:
        """What a request gets in place of what it asked for; None where it may go on."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host not in self._hosts:
            return PlainTextResponse("This server answers to loopback only.\n", 421)
        if headers.get("origin", f"http://{host}") != f"http://{host}":
            return PlainTextResponse("Not from another page.\n", 403)
        given = QueryParams(scope["query_string"]).get("token")
        if given is not None and scope["path"] == "/":
            return self._opened(given)
        return None if self._is_known(headers) else PlainTextResponse(_REFUSED, 403)

    def _opened(self, given: str) -> Response:
        if _same(given, self.single_use):
            self.single_use = secrets.token_urlsafe(32)
        elif not _same(given, self.token):
            return PlainTextResponse(_REFUSED, 403)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(self._cookie, self._secret, path="/", httponly=True, samesite="strict")
        return answer

    def _is_known(self, headers: Headers) -> bool:
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return False
        mine = cookies.get(self._cookie)
        return mine is not None and _same(mine.value, self._secret)


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())
