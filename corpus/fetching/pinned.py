"""One request over a connection that goes to addresses already checked, and that ends when its time does."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpcore

from corpus.errors import CorpusError
from corpus.fetching.addresses import Place
from corpus.fetching.references import INSTEAD
from corpus.loaders.text import shown

_HEADERS = {
    "User-Agent": "orrery (reads a document that its user named)",
    "Accept": "*/*",
    "Accept-Encoding": "gzip",
    "Connection": "close",
}
_ROOM_FOR_HEADERS = 2**20


@dataclass(frozen=True)
class Response:
    """What a server answers. `chunks` is the body as it was sent, packed or not."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    chunks: Iterator[bytes]


@contextmanager
def request(
    place: Place, addresses: list[str], tls: ssl.SSLContext | None, ends: float, max_bytes: int
) -> Iterator[Response]:
    """GET `place` from one of `addresses`, done before `ends` (of `time.monotonic`). The certificate is checked
    against the host's name, not the address; `tls` is for https alone. Raises CorpusError, one line, also while the
    body is read.
    """
    network = _Pinned(addresses, ends, max_bytes + _ROOM_FOR_HEADERS, place.host)
    url = httpcore.URL(scheme=place.scheme, host=place.host, port=place.port, target=place.target)
    headers: list[tuple[bytes | str, bytes | str]] = [("Host", place.authority), *_HEADERS.items()]
    try:
        with (
            httpcore.ConnectionPool(ssl_context=tls, network_backend=network) as pool,
            pool.stream("GET", url, headers=headers) as response,
        ):
            said = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in response.headers}
            yield Response(response.status, said, iter(response.iter_stream()))
    except (httpcore.TimeoutException, TimeoutError):
        raise network.late() from None
    except (httpcore.NetworkError, OSError) as error:
        raise CorpusError(f"can't reach {place.host} ({_plain(error)}); {INSTEAD}") from None
    except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        raise CorpusError(f"{place.host} broke off, or sent what is no web page ({_plain(error)})") from None


class _Pinned(httpcore.NetworkBackend):
    """Connects to the checked addresses, whatever host is asked for."""

    def __init__(self, addresses: list[str], ends: float, max_bytes: int, host: str) -> None:
        self._addresses, self._ends, self._room, self._host = addresses, ends, max_bytes, host

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.NetworkStream:
        problem: Exception = OSError("it has no address")
        for address in self._addresses[:3]:
            try:
                stream = httpcore.SyncBackend().connect_tcp(address, port, timeout=min(10.0, self.left()))
                return _Stream(stream, self)
            except (httpcore.NetworkError, httpcore.TimeoutException) as error:
                problem = error
        raise problem

    def left(self) -> float:
        """Seconds that are left. Raises CorpusError when there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise self.late()
        return left

    def late(self) -> CorpusError:
        """The line for a server that takes too long."""
        return CorpusError(f"{self._host} takes too long to answer; {INSTEAD}")

    def took(self, size: int) -> None:
        """Count what came in, headers and all."""
        self._room -= size
        if self._room < 0:
            raise CorpusError(f"{self._host} sends more than is read")


class _Stream(httpcore.NetworkStream):
    """A connection whose every read and write ends with the time of the whole."""

    def __init__(self, stream: httpcore.NetworkStream, network: _Pinned) -> None:
        self._stream, self._network = stream, network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        content = self._stream.read(max_bytes, self._network.left())
        self._network.took(len(content))
        return content

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._network.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._network.left())
        return _Stream(stream, self._network)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _plain(error: Exception) -> str:
    """The library's words, in one short line."""
    words = re.sub(r"\[[^\]]*\]|\([^)]*\.c:\d+\)", "", str(error)).strip(" .")
    return shown(words, 90) if words else type(error).__name__
