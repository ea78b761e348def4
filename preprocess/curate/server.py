"""The curation page served: on loopback, until it is stopped."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from engine.errors import DeviceError
from preprocess.curate.access import Gate
from preprocess.curate.api import make_app
from preprocess.curate.desk import Desk

HOST = "127.0.0.1"
_SHUTDOWN_S = 2


def serve(library: Path, port: int, opened: Callable[[str, str], None]) -> None:
    """Serve a library's page on `port` (0: any that is free) of loopback until a signal ends it. Main thread.

    `opened(address, single)` is called once requests are taken: an address that opens the page, and one that does so
    once only. Ends by KeyboardInterrupt after SIGINT, when the catalogue is closed. Raises LibraryError where the
    library cannot be opened for writing, DeviceError where the port is taken.
    """
    with Desk(library) as desk, _listening(port) as listening:
        bound: int = listening.getsockname()[1]
        gate = Gate(make_app(desk), bound)
        config = uvicorn.Config(
            gate,
            log_config=None,
            access_log=False,  # it would log the token
            lifespan="off",
            server_header=False,
            proxy_headers=False,
            ws="none",
            timeout_graceful_shutdown=_SHUTDOWN_S,
        )
        server = uvicorn.Server(config)
        page = f"http://{HOST}:{bound}/?token="
        listening.listen()  # what connects from now on is answered
        opened(page + gate.token, page + gate.single_use)
        server.run(sockets=[listening])


def _listening(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise DeviceError(
            f"cannot be listened on ({error.strerror})", subject=f"port {port}", mend="name another with --port"
        ) from error
    return listening
