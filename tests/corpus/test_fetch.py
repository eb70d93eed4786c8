"""The door to the network: what it refuses, and that it connects to what it checked. The servers are real and local;
the door is given a resolver and a rule that lets them through, and the usual door is shown to refuse them."""

from __future__ import annotations

import gzip
import json
import shutil
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator

import pytest
from local_site import Site, certificate, drip, ok, redirect, site
from test_addresses import line_of
from test_references import watch_page

from corpus.errors import CorpusError
from corpus.fetching.addresses import IPAddress, why_not_public
from corpus.fetching.fetch import Door, fetch
from corpus.fetching.references import captions
from corpus.loaders import load_bytes

HERE = "127.0.0.1"


def but_for_this_machine(address: IPAddress) -> str:
    """The usual rule, with one address let through: where the tests' servers are."""
    return "" if str(address) == HERE else why_not_public(address)


def resolver(**names: str | list[str]) -> Callable[[str], list[str]]:
    """`a_test="1.2.3.4"` makes a.test lead there; any other name leads to this machine."""

    def resolve(host: str) -> list[str]:
        found = names.get(host.replace(".", "_"), HERE)
        return [found] if isinstance(found, str) else found

    return resolve


def door(server: Site, **change: object) -> Door:
    usual = {
        "resolve": resolver(),
        "refused": but_for_this_machine,
        "ports": (80, 443, server.port),
        "seconds": 10.0,
    }
    return Door(**{**usual, **change})  # type: ignore[arg-type]


@pytest.fixture
def server() -> Iterator[Site]:
    with site() as made:
        yield made


def test_the_usual_door_refuses_the_server_that_the_tests_use(server: Site) -> None:
    server.pages["/"] = ok(b"inside")
    for port in ((80, 443), (server.port,)):
        with pytest.raises(CorpusError, match=r"only ports 80 and 443|this machine itself"):
            Door(ports=port).get(f"http://{HERE}:{server.port}/")
    with pytest.raises(CorpusError, match=r"leads to 127\.0\.0\.1"):
        Door(ports=(server.port,), resolve=lambda host: [HERE]).get(f"http://site.example:{server.port}/")
    assert server.seen == []


def test_a_page_comes_with_its_type_and_name_and_without_cookies_or_proxies(
    server: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    server.pages["/a"] = (
        b"HTTP/1.1 302 Go\r\nSet-Cookie: id=1\r\nLocation: /papers/A%20paper.txt?x=1\r\nContent-Length: 0\r\n\r\n"
    )
    server.pages["/papers/A%20paper.txt?x=1"] = ok(b"Words.")
    got = door(server).get(f"http://site.example:{server.port}/a#part")
    assert (got.content, got.media_type, got.name) == (b"Words.", "text/plain; charset=utf-8", "A paper.txt")
    assert got.url == f"http://site.example:{server.port}/papers/A%20paper.txt?x=1"
    assert f"Host: site.example:{server.port}" in server.seen[1]
    assert not any("cookie" in head.lower() for head in server.seen)


def test_a_name_is_resolved_once_so_it_cannot_lead_elsewhere_after_the_check(server: Site) -> None:
    server.pages["/"] = ok(b"Words.")
    answers = iter([[HERE], ["10.0.0.1"]])
    asked: list[str] = []

    def turns(host: str) -> list[str]:
        asked.append(host)
        return next(answers)

    assert door(server, resolve=turns).get(f"http://site.example:{server.port}/").content == b"Words."
    assert asked == ["site.example"]


REDIRECTS = {
    "to this machine by number": ("http://127.0.0.2/", "this machine itself"),
    "to metadata": ("http://169.254.169.254/latest/", "metadata service"),
    "to a name that leads inside": ("http://inner.example:{port}/", "inner.example leads to 10.0.0.7"),
    "to a file": ("file:///etc/passwd", "only http and https"),
    "to a script": ("javascript:alert(1)", "only http and https"),
    "to another port": ("http://site.example:6379/", "only ports"),
    "with a password": ("http://a:b@site.example:{port}/", "user name or password"),
    "in an unusual spelling": ("http://0x7f.1/", "unusual way"),
    "to another scheme's host": ("//127.0.0.3/", "this machine itself"),
    "to what is no address": ("http://[::1/", "not a web address"),
}


@pytest.mark.parametrize("name", REDIRECTS)
def test_a_redirect_is_checked_like_the_first_address(server: Site, name: str) -> None:
    to, says = REDIRECTS[name]
    server.pages["/"] = redirect(to.format(port=server.port))
    with pytest.raises(CorpusError, match=says) as error:
        door(server, resolve=resolver(inner_example="10.0.0.7")).get(f"http://site.example:{server.port}/")
    line_of(error)
    assert len(server.seen) == 1


def test_redirects_in_a_ring_and_to_nowhere_end(server: Site) -> None:
    server.pages |= {
        "/": redirect("/b"),
        "/b": redirect("/"),
        "/no": b"HTTP/1.1 301 Go\r\nContent-Length: 0\r\n\r\n",
    }
    with pytest.raises(CorpusError, match="redirects more than 5 times"):
        door(server).get(f"http://site.example:{server.port}/")
    assert len(server.seen) == 6
    with pytest.raises(CorpusError, match="redirects to nowhere"):
        door(server).get(f"http://site.example:{server.port}/no")


def packed(content: bytes, encoding: str) -> bytes:
    return ok(content, extra=f"Content-Encoding: {encoding}\r\n")


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
SERVERS: dict[str, tuple[bytes | Callable[[socket.socket], None], str]] = {
    "says it is huge": (ok(b"x", length=10**12), "sends more than 1 MB"),
    "is huge without saying": (drip(HEAD + b"\r\n", b"x" * 65536, 0), "sends more than 1 MB"),
    "is huge in chunks": (
        drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n", 0),
        "sends more than 1 MB",
    ),
    "drips its body": (drip(HEAD + b"\r\n", b"x"), "takes too long"),
    "drips its headers": (drip(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"), "takes too long"),
    "drips interim answers": (drip(b"", b"HTTP/1.1 103 Early\r\n\r\n"), "takes too long"),
    "says nothing": (drip(b"", b""), "takes too long"),
    "sends endless headers": (
        drip(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"b" * 8000 + b"\r\n", 0),
        "broke off, or sent what is no web page",
    ),
    "floods interim answers": (
        drip(b"", b"HTTP/1.1 103 Early\r\nX: " + b"y" * 9000 + b"\r\n\r\n", 0),
        "sends more than is read",
    ),
    "packs a bomb": (
        packed(gzip.compress(b"\0" * 50_000_000), "gzip"),
        "expands more than|sends more than 1 MB",
    ),
    "packs a bomb twice": (
        packed(gzip.compress(gzip.compress(b"\0" * 10_000_000)), "gzip, gzip"),
        "was not asked for",
    ),
    "packs in brotli": (packed(b"\x0b\x02\x80hello\x03", "br"), "was not asked for"),
    "packs with deflate": (packed(zlib.compress(b"hello"), "deflate"), "was not asked for"),
    "says it packs and does not": (packed(b"hello there", "gzip"), "damaged answer"),
    "packs two things": (packed(gzip.compress(b"one") + gzip.compress(b"two"), "gzip"), "damaged answer"),
    "packs half a thing": (packed(gzip.compress(bytes(range(256)) * 50)[:-20], "gzip"), "broke off"),
    "breaks off": (ok(b"half of it", length=100), "broke off"),
    "is no web server": (b"SSH-2.0-OpenSSH_9.6\r\n", "no web page"),
    "closes at once": (b"", "broke off"),
    "answers not found": (b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", r"no such page \(404\)"),
    "answers forbidden": (b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "programs may not read it"),
    "fails": (b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", r"with an error \(500\)"),
    "sends a part": (b"HTTP/1.1 206 Part\r\nContent-Length: 1\r\n\r\nx", r"with an error \(206\)"),
    "sends two lengths": (HEAD + b"Content-Length: 1\r\nContent-Length: 5\r\n\r\nhello", "no web page"),
}


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_that_behaves_badly_gets_one_line_in_time(server: Site, name: str) -> None:
    server.pages["/"], says = SERVERS[name]
    began = time.monotonic()
    with pytest.raises(CorpusError, match=says) as error:
        door(server, seconds=1.0, max_bytes=2**20).get(f"http://site.example:{server.port}/")
    assert time.monotonic() - began < 4
    line_of(error)


def test_a_packed_page_is_unpacked(server: Site) -> None:
    server.pages["/"] = packed(gzip.compress(b"<html>Words. " * 500), "gzip")
    assert door(server).get(f"http://site.example:{server.port}/").content == b"<html>Words. " * 500


def test_a_resolver_that_hangs_or_fails_and_a_closed_port_get_one_line(server: Site) -> None:
    url = f"http://site.example:{server.port}/"
    stop = threading.Event()
    with pytest.raises(CorpusError, match="not resolved in time"):
        door(server, resolve=lambda host: [str(stop.wait(30))], seconds=0.3).get(url)
    stop.set()

    def fails(host: str) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(CorpusError, match=r"no network, or no such site.*ingest that"):
        door(server, resolve=fails).get(url)
    with socket.create_server((HERE, 0)) as taken:
        free = taken.getsockname()[1]
    with pytest.raises(CorpusError, match=r"can't reach site\.example"):
        door(server, ports=(free,)).get(f"http://site.example:{free}/")


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not here to make a certificate")
    trusted, tls = certificate(tmp_path_factory.mktemp("tls"), "arxiv.org", "www.youtube.com", "site.example")
    with site(tls) as made:
        yield made, trusted


def tls_door(secure: tuple[Site, str], **change: object) -> Door:
    server, trusted = secure
    return door(server, trusted=trusted, **change)


def test_the_certificate_is_checked_against_the_name_though_the_address_is_pinned(
    secure: tuple[Site, str],
) -> None:
    server, _ = secure
    server.pages["/"] = ok(b"Words.")
    assert tls_door(secure).get(f"https://site.example:{server.port}/").content == b"Words."
    with pytest.raises(CorpusError, match=r"can't reach other\.example .*[Hh]ostname mismatch"):
        tls_door(secure).get(f"https://other.example:{server.port}/")
    with pytest.raises(CorpusError, match=r"can't reach site\.example .*certificate verify failed"):
        door(server).get(f"https://site.example:{server.port}/")


def test_a_redirect_from_https_to_http_is_refused(secure: tuple[Site, str], server: Site) -> None:
    secure[0].pages["/down"] = redirect(f"http://site.example:{server.port}/")
    with pytest.raises(CorpusError, match="from https to http"):
        tls_door(secure, ports=(secure[0].port, server.port)).get(
            f"https://site.example:{secure[0].port}/down"
        )
    assert server.seen == []


def test_an_arxiv_id_becomes_its_paper() -> None:
    with pytest.raises(CorpusError, match=r"arxiv\.org leads to 10\.9\.8\.7"):
        fetch("arXiv:2301.04104v2", Door(resolve=lambda host: ["10.9.8.7"]))


def test_without_a_network_one_line_says_what_to_do_instead() -> None:
    def offline(host: str) -> list[str]:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    for reference, says in (
        ("https://example.org/post", "paste its text into a .txt file"),
        ("2301.04104", "save it as a PDF"),
        (
            "https://youtu.be/dQw4w9WgXcQ",
            "open its transcript and save the text as .txt, or its captions as .vtt or .srt",
        ),
    ):
        with pytest.raises(CorpusError, match="no network") as error:
            fetch(reference, Door(resolve=offline))
        assert says in line_of(error)


def test_a_video_becomes_a_transcript_with_times(secure: tuple[Site, str]) -> None:
    """The whole way over TLS, with the sites' own names and ports moved to a local server."""
    server, _ = secure
    server.pages["/watch?v=dQw4w9WgXcQ"] = ok(
        watch_page([{"baseUrl": "/api/timedtext?v=1", "languageCode": "en"}], "A talk &amp; more"),
        "text/html",
    )
    server.pages["/api/timedtext?v=1&fmt=json3"] = ok(
        json.dumps(
            {
                "events": [
                    {"tStartMs": 0, "segs": [{"utf8": "\n"}]},
                    {
                        "tStartMs": 61500,
                        "dDurationMs": 900,
                        "segs": [{"utf8": "World models"}, {"utf8": " plan."}],
                    },
                ]
            }
        ).encode(),
        "application/json",
    )
    page = tls_door(secure).get(f"https://www.youtube.com:{server.port}/watch?v=dQw4w9WgXcQ")
    found = captions(page.content)
    assert found is not None
    assert found.title == "A talk & more"
    track = tls_door(secure).get(f"https://www.youtube.com:{server.port}{found.url}")
    source = load_bytes(track.content, "A talk.json", track.media_type, page.url)
    assert (source.text, source.times, source.title) == ("World models plan.", ((0, 61.5),), "A talk")
