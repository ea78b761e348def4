"""TCP sockets as all that listens here opens them."""

from __future__ import annotations

import socket

from engine.errors import DeviceError

_IDLE_S, _PROBE_S, _PROBES = 10, 5, 3  # a machine that was switched off is noticed within half a minute


def listening(host: str, port: int, backlog: int, *, what: str, setting: str) -> socket.socket:
    """A socket that listens and never waits. Raises DeviceError, which names `what` and the show's `setting`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise DeviceError(
            f"no such address ({error})", subject=f"{what} {host}", mend="Say 127.0.0.1 in the show."
        ) from error
    try:
        # Or a show that begins again would have to wait for the connections of the one before.
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(backlog)
        opened.setblocking(False)
    except OSError as error:
        opened.close()
        raise DeviceError(
            f"cannot listen there ({error.strerror or error})",
            subject=f"{what} {host}:{port}",
            mend=f"Close the program that listens there, or choose another port in the show: {setting}.",
        ) from error
    return opened


def keep_alive(connection: socket.socket) -> None:
    """Send at once, and notice a machine that is gone."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for option, value in (("TCP_KEEPIDLE", _IDLE_S), ("TCP_KEEPINTVL", _PROBE_S), ("TCP_KEEPCNT", _PROBES)):
        if hasattr(socket, option):  # not everywhere
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
