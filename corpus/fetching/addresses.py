"""Which network addresses are public, and which host a web address really names."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from corpus.errors import CorpusError
from corpus.loaders.text import clean, shown

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NOT_PUBLIC: tuple[tuple[str, str], ...] = (
    ("168.63.129.16/32", "a cloud's metadata service"),
    ("169.254.169.254/32", "a cloud's metadata service"),
    ("100.100.100.200/32", "a cloud's metadata service"),
    ("192.0.0.192/32", "a cloud's metadata service"),
    ("fd00:ec2::254/128", "a cloud's metadata service"),
    ("fd20:ce::254/128", "a cloud's metadata service"),
    ("127.0.0.0/8", "this machine itself"),
    ("::1/128", "this machine itself"),
    ("0.0.0.0/8", "no address of a host"),
    ("::/128", "no address of a host"),
    ("10.0.0.0/8", "a private network"),
    ("172.16.0.0/12", "a private network"),
    ("192.168.0.0/16", "a private network"),
    ("100.64.0.0/10", "a provider's inner network"),
    ("fc00::/7", "a private network"),
    ("fec0::/10", "a private network"),
    ("169.254.0.0/16", "the local link"),
    ("fe80::/10", "the local link"),
    ("224.0.0.0/4", "a multicast group"),
    ("ff00::/8", "a multicast group"),
    ("192.0.0.0/24", "reserved"),
    ("192.0.2.0/24", "reserved for examples"),
    ("198.51.100.0/24", "reserved for examples"),
    ("203.0.113.0/24", "reserved for examples"),
    ("198.18.0.0/15", "reserved for measurements"),
    ("192.88.99.0/24", "a tunnel"),
    ("240.0.0.0/4", "reserved"),
    ("2002::/16", "a tunnel"),
    ("2001::/23", "a tunnel or reserved"),
    ("2001:db8::/32", "reserved for examples"),
    ("3fff::/20", "reserved for examples"),
)
_NETWORKS = tuple((ipaddress.ip_network(network), what) for network, what in _NOT_PUBLIC)
_GLOBAL = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|\d+)$")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_INNER = ("localhost", "local", "internal", "home.arpa")
_PORTS = {"http": 80, "https": 443}
_SAFE = "/%:=&?~+!$,;'@()*[]"


@dataclass(frozen=True)
class Place:
    """A web address taken apart by the one parser that is used here, so that no other can read it differently."""

    scheme: str
    host: str
    """Lower-case ASCII; an IPv6 address without its brackets."""
    port: int
    target: str
    """Path and query, percent-encoded."""

    @property
    def authority(self) -> str:
        """Host and port, the port left out where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address written out, without a fragment."""
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def literal(self) -> IPAddress | None:
        """The address, where the host is written as one."""
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None


def why_not_public(address: IPAddress) -> str:
    """What an address that must not be fetched from is, in a few words; empty for a public one.

    IPv4 addresses written in IPv6 (mapped, NAT64) are judged by what they carry; tunnels (6to4, Teredo, ISATAP),
    which could carry anything, are refused.
    """
    for network, what in _NETWORKS:
        if address.version == network.version and address in network:
            return what
    if isinstance(address, ipaddress.IPv4Address):
        return "" if address.is_global else "reserved"
    if address.ipv4_mapped:
        return why_not_public(address.ipv4_mapped)
    if address in _NAT64:
        return why_not_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    if address not in _GLOBAL or not address.is_global:
        return "reserved"
    return "a tunnel" if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP else ""


def place_of(url: str) -> Place:
    """The parts of an http(s) address. Raises CorpusError for anything that could be read in two ways."""
    said = shown(url, 100)
    if len(url) > 2000:
        raise CorpusError(f"{said} is {len(url)} characters long; a web address has at most 2000")
    if re.search(r"[\x00-\x20\x7f\\]", url) or clean(url) != url:
        raise CorpusError(
            f"{said} holds spaces, backslashes or invisible characters; write the address without them"
        )
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise CorpusError(f"{said} is not a web address") from None
    if parts.scheme not in ("http", "https"):
        raise CorpusError(
            f"{said}: only http and https addresses are fetched, not '{shown(parts.scheme, 20)}'"
        )
    if "@" in parts.netloc:
        raise CorpusError(
            f"{said.split('//')[0]}//… holds a user name or password; write the address without it"
        )
    if not host:
        raise CorpusError(f"{said} names no host")
    if port is None and parts.netloc.endswith(":"):
        raise CorpusError(f"{said} is not a web address")
    path, query = quote(parts.path or "/", safe=_SAFE), quote(parts.query, safe=_SAFE)
    port = _PORTS[parts.scheme] if port is None else port
    return Place(parts.scheme, _host(host, said), port, path + (f"?{query}" if query else ""))


def _host(host: str, said: str) -> str:
    """In the form that is resolved, checked and asked for. IPv4 is taken only as four plain decimal numbers."""
    if ":" in host:
        try:
            return str(ipaddress.IPv6Address(host)) if "%" not in host else _refuse(said)
        except ValueError:
            _refuse(said)
    if not host.isascii():
        import idna

        try:
            host = idna.encode(host, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            raise CorpusError(f"{said}: '{shown(host, 60)}' is not a valid host name") from None
    host = host.lower().removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise CorpusError(f"{said}: '{shown(host, 60)}' is not a valid host name")
    if _NUMERIC.fullmatch(labels[-1]):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            _refuse(said)
    if len(labels) == 1 or host.endswith(tuple(f".{name}" for name in _INNER)):
        raise CorpusError(
            f"{said}: '{shown(host, 60)}' is a name of this machine or its network; only public sites are fetched"
        )
    return host


def _refuse(said: str) -> str:
    raise CorpusError(f"{said} spells a network address in an unusual way; write the site's name")
