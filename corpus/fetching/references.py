"""What a user means by a reference: a web address, an arXiv id, or a link to a video."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

INSTEAD = "save it as a PDF or HTML file, or paste its text into a .txt file, and ingest that"
"""What to do where a reference can't be fetched."""

_NEW_ID = r"\d{4}\.\d{4,5}(?:v\d{1,2})?"
_OLD_ID = r"[a-z][a-z-]{1,12}(?:\.[A-Z]{2})?/\d{7}(?:v\d{1,2})?"
_ARXIV = re.compile(rf"(?:arxiv:\s?)?({_NEW_ID})|arxiv:\s?({_OLD_ID})", re.IGNORECASE)
_ARXIV_PATH = re.compile(rf"/(?:abs|pdf|html)/({_NEW_ID}|{_OLD_ID})(?:\.pdf)?/?", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_VIDEO_HOSTS = (
    "youtube.com",
    "www.youtube.com",
    "m.youtube.com",
    "music.youtube.com",
    "www.youtube-nocookie.com",
)
_VIDEO_ID = re.compile(r"[\w-]{11}")
_VIDEO_PATH = re.compile(r"/(?:shorts|live|embed|v)/([\w-]{11})/?")


@dataclass(frozen=True)
class Captions:
    """A video's caption track, as its page offers it."""

    url: str
    title: str


def is_reference(text: str) -> bool:
    """Whether the text names something on the network rather than a file: `scheme://...` or an arXiv id.

    A file of that name comes first: look for it before asking here.
    """
    text = text.strip()
    return bool(_SCHEME.match(text) or _ARXIV.fullmatch(text))


def arxiv_id(reference: str) -> str:
    """The id in `2301.04104`, `arXiv:2301.04104v2`, `arXiv:cs/0112017` or an arxiv.org address; else empty."""
    reference = reference.strip()
    if match := _ARXIV.fullmatch(reference):
        return match.group(1) or match.group(2)
    parts = _split(reference)
    if parts and parts.hostname in ("arxiv.org", "www.arxiv.org", "export.arxiv.org"):
        match = _ARXIV_PATH.fullmatch(parts.path)
        return match.group(1) if match else ""
    return ""


def video_id(reference: str) -> str:
    """The id of a YouTube video in a watch, short, live, embedded or youtu.be address; else empty."""
    parts = _split(reference.strip())
    if not parts:
        return ""
    found = ""
    if parts.hostname == "youtu.be":
        found = parts.path.strip("/")
    elif parts.hostname in _VIDEO_HOSTS:
        match = _VIDEO_PATH.fullmatch(parts.path)
        found = match.group(1) if match else parse_qs(parts.query).get("v", [""])[0]
    return found if _VIDEO_ID.fullmatch(found) else ""


def captions(page: bytes) -> Captions | None:
    """The best caption track that a video's page offers: English before others, written before recognised."""
    text = page.decode("utf-8", "replace")
    title = re.search(r"<title>(.{0,300}?)(?: - YouTube)?</title>", text, re.DOTALL)
    at = text.find('"captionTracks":')
    if at < 0:
        return None
    try:
        tracks = json.JSONDecoder().raw_decode(text, at + len('"captionTracks":'))[0]
    except (ValueError, RecursionError):
        return None
    usable = (
        [t for t in tracks if isinstance(t, dict) and isinstance(t.get("baseUrl"), str)]
        if isinstance(tracks, list)
        else []
    )
    if not usable:
        return None

    def rank(track: dict[str, Any]) -> tuple[bool, bool]:
        return not str(track.get("languageCode", "")).startswith("en"), track.get("kind") == "asr"

    url = min(usable, key=rank)["baseUrl"]
    return Captions(
        f"{url}{'&' if '?' in url else '?'}fmt=json3", html.unescape(title.group(1)).strip() if title else ""
    )


def _split(reference: str) -> Any:
    try:
        parts = urlsplit(reference)
        return parts if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:
        return None
