"""The show announced by mDNS, so that OSCQuery's clients find it by themselves."""

from __future__ import annotations

import ipaddress
import logging
import re
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zeroconf import ServiceInfo, Zeroconf

_log = logging.getLogger(__name__)

QUERY_SERVICE = "_oscjson._tcp.local."
OSC_SERVICE = "_osc._udp.local."
_LONGEST_LABEL = 63  # bytes, by the rules for names in DNS


class Announcement:
    """Announces from a thread of its own, from construction until `close`; the show does not wait for it.

    Only on the interface of `host`: on loopback, nobody but this machine hears it; on all interfaces where `host` is
    0.0.0.0 or ::. A name that another program has already gets a number. Where announcing fails, a line in the log
    says so: clients then need the address.
    """

    def __init__(self, name: str, host: str, query_port: int, osc_port: int) -> None:
        self._name = instance_name(name)
        self._host = host
        self._ports = {QUERY_SERVICE: query_port, OSC_SERVICE: osc_port}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="oscquery-announce", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take the announcement back. Safe to call twice; takes as long as the goodbyes, a quarter of a second."""
        self._over.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        from zeroconf import Error  # noqa: PLC0415 - takes a tenth of a second, which the show does not wait for

        try:
            self._announce()
        except (OSError, Error) as error:
            reason = str(error) or type(error).__name__
            _log.warning("OSCQuery is not announced (%s): tell clients the address, %s", reason, self._address)

    @property
    def _address(self) -> str:
        return f"http://{self._host}:{self._ports[QUERY_SERVICE]}"

    def _announce(self) -> None:
        from zeroconf import InterfaceChoice, IPVersion, Zeroconf  # noqa: PLC0415 - as above

        address = ipaddress.ip_address(socket.getaddrinfo(self._host, None, type=socket.SOCK_DGRAM)[0][4][0])
        version = IPVersion.V4Only if address.version == 4 else IPVersion.V6Only
        everywhere = address.is_unspecified
        zeroconf = Zeroconf(InterfaceChoice.All if everywhere else [str(address)], ip_version=version)
        try:
            addresses = all_addresses(address.version) if everywhere else [str(address)]
            for service in self._ports:
                if not self._over.is_set():
                    self._register(zeroconf, service, addresses)
            self._over.wait()
        finally:
            zeroconf.close()

    def _register(self, zeroconf: Zeroconf, service: str, addresses: list[str]) -> None:
        info = self._info(service, addresses)
        zeroconf.register_service(info, allow_name_change=True)
        _log.info("OSCQuery: announced as %s on %s", info.name, ", ".join(addresses))

    def _info(self, service: str, addresses: list[str]) -> ServiceInfo:
        from zeroconf import ServiceInfo  # noqa: PLC0415 - as above

        return ServiceInfo(
            service,
            f"{self._name}.{service}",
            port=self._ports[service],
            properties={"txtvers": "1"},
            # A host name that is nobody else's: the machine's own may be announced by the system already.
            server=f"runtime-{self._ports[QUERY_SERVICE]}-{_machine()}.local.",
            parsed_addresses=addresses,
        )


def instance_name(name: str) -> str:
    """A name as a single label of DNS: no dots, no control characters, 63 bytes at most with room for a number."""
    plain = " ".join(re.sub(r"[\x00-\x1f\x7f.]", " ", name).split()) or "runtime"
    return plain.encode()[: _LONGEST_LABEL - 4].decode(errors="ignore").strip()


def _machine() -> str:
    """The machine's name, as far as DNS takes it."""
    return re.sub(r"[^a-z0-9-]", "-", socket.gethostname().partition(".")[0].lower())[:40].strip("-") or "host"


def all_addresses(version: int) -> list[str]:
    """This machine's addresses; loopback last, since it means another machine to everybody else."""
    import ifaddr  # noqa: PLC0415 - as above

    found = [one.ip for adapter in ifaddr.get_adapters() for one in adapter.ips]
    texts = [ip if isinstance(ip, str) else ip[0] for ip in found if isinstance(ip, str) == (version == 4)]
    return sorted(texts, key=lambda text: ipaddress.ip_address(text).is_loopback)
