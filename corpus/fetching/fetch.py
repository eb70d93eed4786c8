"""The only door to the network: a page or a paper by its address, an arXiv id or a link to a video.

A name is resolved once, every address that it has is checked, and the connection goes to exactly the address that
was checked; every redirect goes through the same. No cookies, no proxies, no credentials. Ports 80 and 443 only.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urljoin

from corpus.errors import CorpusError
from corpus.fetching.addresses import IPAddress, Place, place_of, why_not_public
from corpus.fetching.references import INSTEAD, arxiv_id, captions, is_reference, video_id
from corpus.loaders.files import MAX_BYTES
from corpus.loaders.text import one_line, shown

__all__ = ["Door", "Fetched", "fetch", "is_reference"]

_RATIO = 200
"""Most bytes out of a byte in. Real pages stay under 30; a bomb of zeros reaches 1,000."""


@dataclass(frozen=True)
class Fetched:
    """What came through the door."""

    url: str
    """Where it came from in the end; for an arXiv paper its abstract's page, for a video the video's."""
    content: bytes
    media_type: str
    """As the server says it, charset and all."""
    name: str
    """A file name for it."""


def fetch(reference: str, door: Door | None = None) -> Fetched:
    """The document that a reference names. Raises CorpusError, which says what to do without a network."""
    reference, door = reference.strip(), door or Door()
    if id := arxiv_id(reference):
        paper = door.get(f"https://arxiv.org/pdf/{id}")
        return Fetched(
            f"https://arxiv.org/abs/{id}", paper.content, paper.media_type, f"{id.replace('/', '-')}.pdf"
        )
    if id := video_id(reference):
        return _captions_of(id, door)
    return door.get(reference)


def _captions_of(id: str, door: Door) -> Fetched:
    url = f"https://www.youtube.com/watch?v={id}"
    instead = (
        "open its transcript and save the text as .txt, or its captions as .vtt or .srt, and ingest that file"
    )
    try:
        found = captions(door.get(url).content)
        if found is None:
            raise CorpusError("it offers none to programs")
        track = door.get(_joined(url, found.url))
        if not track.content.strip():
            raise CorpusError("the site sent none")
    except CorpusError as error:
        why = str(error).split(";")[0]
        raise CorpusError(f"can't get the captions of {url} ({why}); {instead}") from None
    title = shown(found.title or id).replace("/", "-")
    return Fetched(url, track.content, "application/json", f"{title}.json")


def system_resolver(host: str) -> list[str]:
    """Every address of a name, as the system knows them. Raises OSError."""
    return list(
        dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    )


@dataclass(frozen=True)
class Door:
    """How the network is reached, and what one document may cost."""

    resolve: Callable[[str], list[str]] = system_resolver
    refused: Callable[[IPAddress], str] = why_not_public
    """Why an address is not connected to; empty where it may be."""
    ports: tuple[int, ...] = (80, 443)
    seconds: float = 60.0
    """For everything together: names, redirects and a server that sends a byte a second."""
    max_bytes: int = MAX_BYTES
    """Of the document, packed and unpacked."""
    redirects: int = 5
    trusted: str | None = None
    """A file of certificates to trust; the system's and certifi's where there is none."""

    def get(self, url: str) -> Fetched:
        """The document at an http(s) address, redirects followed. Raises CorpusError, one line."""
        ends = time.monotonic() + self.seconds
        place = place_of(url)
        for _ in range(self.redirects + 1):
            answer = self._ask(place, ends)
            if isinstance(answer, Fetched):
                return answer
            old, place = place, place_of(_joined(place.url, answer))
            if old.scheme == "https" and place.scheme == "http":
                raise CorpusError(f"{old.host} redirects from https to http; {INSTEAD}")
        raise CorpusError(f"{shown(url, 100)} redirects more than {self.redirects} times")

    def _ask(self, place: Place, ends: float) -> Fetched | str:
        """The document, or where the server redirects to."""
        from corpus.fetching.pinned import request

        addresses = self._checked(place, ends)
        tls = self._tls if place.scheme == "https" else None
        with request(place, addresses, tls, ends, self.max_bytes) as response:
            if response.status in (301, 302, 303, 307, 308):
                if "location" not in response.headers:
                    raise CorpusError(f"{place.host} redirects to nowhere")
                return response.headers["location"].encode("latin-1").decode("utf-8", "replace")
            if response.status != 200:
                raise CorpusError(f"{place.host} answered {_status(response.status)}; {INSTEAD}")
            content = self._body(response.chunks, response.headers, place.host)
        media_type = one_line(response.headers.get("content-type", ""), 150)
        return Fetched(place.url, content, media_type, _name(place))

    def _checked(self, place: Place, ends: float) -> list[str]:
        """The addresses of the host, all of them public. One that is not is enough to refuse: names that mix both
        are how a checker is made to look at one and connect to another."""
        if place.port not in self.ports:
            allowed = " and ".join(map(str, self.ports))
            raise CorpusError(f"{place.host}:{place.port}: only ports {allowed} are asked")
        found = [str(place.literal)] if place.literal else self._resolved(place.host, ends)
        for text in found:
            try:
                why = self.refused(ipaddress.ip_address(text))
            except ValueError:
                why = "no address"
            if why:
                where = text if place.literal else f"{place.host} leads to {text}, which"
                raise CorpusError(f"{where} is {why}; only public sites are fetched")
        return found

    def _resolved(self, host: str, ends: float) -> list[str]:
        """In a thread of its own, since a resolver can't be told how long to take."""
        answer: list[Any] = []

        def ask() -> None:
            try:
                answer.append(self.resolve(host))
            except (OSError, UnicodeError) as error:
                answer.append(error)

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(max(0.0, ends - time.monotonic()))
        if not answer:
            raise CorpusError(f"can't reach {host} (its name is not resolved in time); {INSTEAD}")
        if isinstance(answer[0], Exception) or not answer[0]:
            raise CorpusError(
                f"can't reach {host} (its name can't be resolved: no network, or no such site); {INSTEAD}"
            )
        return answer[0]

    def _body(self, chunks: Iterable[bytes], said: dict[str, str], host: str) -> bytes:
        """The content, unpacked as far as the caps allow."""
        packing = said.get("content-encoding", "").strip().lower()
        if packing not in ("", "identity", "gzip", "x-gzip"):
            raise CorpusError(
                f"{host} sent its answer packed as '{shown(packing, 40)}', which was not asked for"
            )
        declared = said.get("content-length", "")
        if declared.isdigit() and len(declared) < 20 and int(declared) > self.max_bytes:
            raise self._too_large(host)
        unpack = zlib.decompressobj(31) if packing.endswith("gzip") else None
        taken, out = 0, bytearray()
        for chunk in chunks:
            taken += len(chunk)
            most = min(self.max_bytes, _RATIO * taken + 2**20)
            try:
                out += unpack.decompress(chunk, most + 1 - len(out)) if unpack else chunk
            except zlib.error:
                raise CorpusError(f"{host} sent a damaged answer (its packing can't be undone)") from None
            if len(out) > self.max_bytes or taken > self.max_bytes:
                raise self._too_large(host)
            if len(out) > most:
                raise CorpusError(f"{host} sent what expands more than {_RATIO} times, as a bomb does")
            if unpack and unpack.unused_data:
                raise CorpusError(f"{host} sent a damaged answer (something follows what is packed)")
        if unpack and taken and not unpack.eof:
            raise CorpusError(f"{host} broke off before its answer was whole")
        return bytes(out)

    def _too_large(self, host: str) -> CorpusError:
        return CorpusError(
            f"{host} sends more than {self.max_bytes / 2**20:.0f} MB, the limit for one document"
        )

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        if self.trusted:
            return ssl.create_default_context(cafile=self.trusted)
        import certifi

        context = ssl.create_default_context()
        context.load_verify_locations(certifi.where())
        return context


def _joined(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError:
        return location  # which `place_of` then refuses


def _name(place: Place) -> str:
    """The last part of the path, else the host."""
    last = unquote(PurePosixPath(place.target.split("?")[0]).name).replace("/", "-")
    return shown(last) if last else place.host


def _status(status: int) -> str:
    """A server's refusal in words."""
    known = {
        401: "that one must sign in",
        403: "that programs may not read it",
        404: "that there is no such page",
        410: "that the page is gone",
        429: "that it is asked too often",
    }
    return f"{known.get(status, 'with an error')} ({status})"
