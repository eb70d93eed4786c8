"""A document that is handed over instead of named: a file sent to the app, or text that was pasted.

It is known by its name alone. The same content under the name again is unchanged; other content replaces it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from corpus.errors import CorpusError
from corpus.loaders.files import MAX_BYTES
from corpus.loaders.text import one_line, shown


@dataclass(frozen=True)
class Upload:
    """Content and the name it goes by; never written under that name, so a name can lead nowhere."""

    name: str
    content: bytes


def uploaded(name: str, content: bytes) -> Upload:
    """A file as it was sent. Raises CorpusError where it is larger than a file may be."""
    name = shown(re.sub(r"[/\\]", "-", name))
    if len(content) > MAX_BYTES:
        raise CorpusError(f"{name} is larger than a file may be: the limit is {MAX_BYTES // 2**20} MB")
    return Upload(name, content)


def pasted(title: str, text: str) -> Upload:
    """Text with a title; captions (WebVTT, SubRip) keep their times. Raises CorpusError for text that isn't there,
    or is only an address."""
    from corpus.fetching.references import is_reference

    title, body = one_line(title, 100), text.strip()
    if not title:
        raise CorpusError("the text has no title; give it one, so that you can find it again")
    if not body:
        raise CorpusError(f"{title} holds no text; paste some")
    if "\n" not in body and is_reference(body):
        raise CorpusError(f"{title} is an address, not text; open it and paste what it says")
    suffix = _captions(body)
    if not suffix:  # a title in front, so that a heading of the text doesn't take its place
        body = f"---\ntitle: {json.dumps(title, ensure_ascii=False)}\n---\n{body}"
    return uploaded(f"{title}{suffix or '.txt'}", body.encode("utf-8", "replace"))


def _captions(text: str) -> str:
    if re.match(r"WEBVTT(\s|$)", text):
        return ".vtt"
    return ".srt" if re.match(r"\d+\s*\n\d\d:\d\d:\d\d[,.]\d", text) else ""
