"""What every loader does to text before offsets are counted in it."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_BULLET = re.compile(r"^\s*(?:[•●◦▪‣·*+-]|\d{1,2}[.)])\s+")
_FENCE = re.compile(r"^\s*(```|~~~)")


def sha256(text: str) -> str:
    """Hexadecimal sha256 of the text in UTF-8."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def slug(text: str, limit: int = 48) -> str:
    """Lower-case ASCII letters and digits joined by hyphens, for ids and file names."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:limit].strip("-") or "document"


def clean(text: str) -> str:
    """Without invisible and control characters, which can hide words from a reader but not from an index."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n").replace("\t", " ")
    text = unicodedata.normalize("NFC", text).replace("\u00a0", " ")
    return "".join(
        c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )


def join_wrapped(text: str) -> str:
    """Hard-wrapped lines joined into one line a paragraph; headings, bullets and blank lines keep their place.

    A hyphen at the end of a line is dropped only between lower-case letters, where it splits a word.
    """
    blocks: list[str] = []
    open_block = False
    for line in text.split("\n"):
        stripped = line.strip()
        if not stripped or _FENCE.match(stripped):
            open_block = False
            continue
        starts = stripped.startswith("#") or bool(_BULLET.match(line))
        bullet = _BULLET.match(line)
        body = line[bullet.end() :].strip() if bullet else stripped
        if not open_block or starts:
            blocks.append(body)
        elif re.search(r"[a-z]-$", blocks[-1]) and body[:1].islower():
            blocks[-1] = blocks[-1][:-1] + body
        else:
            blocks[-1] += " " + body
        open_block = not stripped.startswith("#")
    return "\n\n".join(re.sub(r" {2,}", " ", block) for block in blocks if block)
