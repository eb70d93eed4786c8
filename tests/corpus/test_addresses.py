"""Every spelling of an address that is not a public page, and names that lead to one: refused before a connection."""

from __future__ import annotations

import ipaddress

import pytest

from corpus.errors import CorpusError
from corpus.fetching.addresses import why_not_public
from corpus.fetching.fetch import Door


def line_of(error: pytest.ExceptionInfo[CorpusError]) -> str:
    said = str(error.value)
    assert "\n" not in said
    assert "Traceback" not in said
    assert len(said) < 500
    return said


def unasked(host: str) -> list[str]:
    raise AssertionError(f"{host} was resolved")


SPELLINGS = {
    "another scheme": ("ftp://example.org/a", "only http and https"),
    "a file": ("file:///etc/passwd", "only http and https"),
    "gopher": ("gopher://example.org/_x", "only http and https"),
    "user and password": ("https://user:secret@example.org/", "holds a user name or password"),
    "an @ that hides the host": ("https://example.org@127.0.0.1/", "holds a user name or password"),
    "a backslash": ("https://example.org\\@127.0.0.1/", "spaces, backslashes or invisible"),
    "a line break": ("https://example.org/\r\nHost: other", "spaces, backslashes or invisible"),
    "a zero-width space": ("https://exam\u200bple.org/", "spaces, backslashes or invisible"),
    "no host": ("https:///path", "names no host"),
    "another port": ("http://example.org:22/", "only ports 80 and 443"),
    "a port that is none": ("http://example.org:99999/", "is not a web address"),
    "very long": ("https://example.org/" + "a" * 3000, "characters long"),
    "loopback": ("http://127.0.0.1/", "this machine itself"),
    "loopback, another": ("http://127.9.9.9/", "this machine itself"),
    "loopback as one number": ("http://2130706433/", "unusual way"),
    "loopback in hexadecimal": ("http://0x7f000001/", "unusual way"),
    "loopback in octal": ("http://0177.0.0.1/", "unusual way"),
    "loopback shortened": ("http://127.1/", "unusual way"),
    "loopback half hexadecimal": ("http://127.0x0.0.1/", "unusual way"),
    "loopback in full-width digits": ("http://\uff11\uff12\uff17.0.0.1/", "this machine itself"),
    "loopback with ideographic stops": ("http://127\u30020\u30020\u30021/", "this machine itself"),
    "loopback in circled digits": ("http://\u2460\u2461\u2466.0.0.1/", "this machine itself"),
    "loopback, percent-encoded": ("http://127%2e0%2e0%2e1/", "not a valid host name"),
    "zero": ("http://0/", "unusual way"),
    "unspecified": ("http://0.0.0.0/", "no address of a host"),
    "private 10": ("http://10.1.2.3/", "a private network"),
    "private 172": ("http://172.31.255.1/", "a private network"),
    "private 192": ("http://192.168.0.1/", "a private network"),
    "provider's network": ("http://100.64.0.1/", "a provider's inner network"),
    "link-local": ("http://169.254.1.1/", "the local link"),
    "metadata": ("http://169.254.169.254/latest/meta-data/", "metadata service"),
    "metadata, another cloud": ("http://168.63.129.16/", "metadata service"),
    "metadata, IPv6": ("http://[fd00:ec2::254]/", "metadata service"),
    "multicast": ("http://224.0.0.1/", "a multicast group"),
    "broadcast": ("http://255.255.255.255/", "reserved"),
    "reserved": ("http://240.0.0.1/", "reserved"),
    "examples": ("http://192.0.2.1/", "reserved for examples"),
    "IPv6 loopback": ("http://[::1]/", "this machine itself"),
    "IPv6 unspecified": ("http://[::]/", "no address of a host"),
    "IPv6 link-local": ("http://[fe80::1]/", "the local link"),
    "IPv6 with a zone": ("http://[fe80::1%25eth0]/", "unusual way"),
    "IPv6 private": ("http://[fd12:3456::1]/", "a private network"),
    "IPv6 multicast": ("http://[ff02::1]/", "a multicast group"),
    "IPv4 mapped": ("http://[::ffff:127.0.0.1]/", "this machine itself"),
    "IPv4 mapped, hexadecimal": ("http://[::ffff:7f00:1]/", "this machine itself"),
    "IPv4 compatible": ("http://[::127.0.0.1]/", "reserved"),
    "6to4": ("http://[2002:7f00:1::]/", "a tunnel"),
    "NAT64": ("http://[64:ff9b::a9fe:a9fe]/", "metadata service"),
    "Teredo": ("http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", "a tunnel"),
    "ISATAP": ("http://[2600::5efe:7f00:1]/", "a tunnel"),
    "localhost": ("http://localhost/", "a name of this machine"),
    "localhost with a stop": ("http://LOCALHOST./", "a name of this machine"),
    "under localhost": ("http://a.localhost/", "a name of this machine"),
    "one label": ("http://intranet/", "a name of this machine"),
    "internal": ("http://metadata.google.internal/", "a name of this machine"),
    "a name that is none": ("http://exa mple.org/", "spaces, backslashes"),
    "empty label": ("http://a..example.org/", "not a valid host name"),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_an_address_that_is_not_a_public_page_is_refused_before_any_name_is_resolved(name: str) -> None:
    url, says = SPELLINGS[name]
    with pytest.raises(CorpusError, match=says) as error:
        Door(resolve=unasked).get(url)
    assert "secret" not in line_of(error)


RESOLVED = {
    "private": ["10.0.0.1"],
    "public and private": ["93.184.215.14", "127.0.0.1"],
    "private last, IPv6": ["93.184.215.14", "2606:2800:21f::1", "::1"],
    "metadata": ["169.254.169.254"],
    "mapped": ["::ffff:10.0.0.1"],
    "NAT64": ["64:ff9b::7f00:1"],
    "no address": ["not an address"],
}


@pytest.mark.parametrize("name", RESOLVED)
def test_a_name_that_leads_to_any_inner_address_is_refused(name: str) -> None:
    with pytest.raises(CorpusError, match=r"site\.example leads to") as error:
        Door(resolve=lambda host: RESOLVED[name]).get("http://site.example/")
    line_of(error)


def test_public_addresses_pass_the_rule() -> None:
    for text in (
        "93.184.215.14",
        "8.8.8.8",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2a00:1450::1",
    ):
        assert why_not_public(ipaddress.ip_address(text)) == ""
