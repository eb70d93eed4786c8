"""What every loader does to text before offsets are counted in it."""

from __future__ import annotations

import codecs
import hashlib
import re
import unicodedata

from corpus.errors import CorpusError

_BULLET = re.compile(r"^\s*(?:[•●◦▪‣·*+-]|\d{1,2}[.)])\s+")
_FENCE = re.compile(r"^\s*(```|~~~)")
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_PILED = re.compile(f"([{_MARKS}]{{8}})[{_MARKS}]+")
_BREAKS = {"\n": "\n", "\r": "\n", "\v": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n", "\f": "\n\n"}
_BLANKS = "\t\u00a0\u2800"
LONGEST_SLUG = 48
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
"""Drawn as nothing, though Unicode calls them letters or marks: fillers, joiners and variation selectors."""


class _Visible(dict[int, str | int | None]):
    """A table for `str.translate`, filled as characters are met."""

    def __missing__(self, point: int) -> str | int | None:
        char = chr(point)
        if char in _BREAKS:
            self[point] = _BREAKS[char]
        elif char in _BLANKS:
            self[point] = " "
        elif unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn") or _UNSEEN.match(char):
            self[point] = None
        else:
            self[point] = point
        return self[point]


_VISIBLE = _Visible()


def sha256(text: str) -> str:
    """Hexadecimal sha256 of the text in UTF-8."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def slug(text: str) -> str:
    """Lower-case ASCII letters and digits joined by hyphens, for ids and file names."""
    plain = unicodedata.normalize("NFKD", clean(text[:1000])).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].strip("-") or "document"


def clean(text: str) -> str:
    """What a reader sees and nothing else: characters that are invisible, turn the direction of writing, carry
    tags or control a terminal can hide words from a reader but not from an index.

    Piled combining marks are cut first: putting them in order takes time by the square of their number.
    """
    visible = text.replace("\r\n", "\n").translate(_VISIBLE)
    return unicodedata.normalize("NFC", _PILED.sub(r"\1", visible))


def one_line(text: str, limit: int = 200) -> str:
    """Clean, on one line, and cut to `limit` characters: for titles and names."""
    line = " ".join(clean(text[: 8 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def shown(name: str, limit: int = 120) -> str:
    """A file's name as a message shows it, whatever bytes it is made of."""
    return one_line(name, limit) or "a file without a name"


def decode(content: bytes, name: str) -> str:
    """UTF-8, or UTF-16 with its byte order mark. Raises CorpusError for anything else, naming the byte."""
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if not wide and b"\0" in content:
        raise CorpusError(f"{name} is binary, not text")
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        kind = "UTF-16" if wide else "UTF-8"
        raise CorpusError(f"{name} is not {kind} text (byte {error.start}); save it as UTF-8") from None


def join_wrapped(text: str) -> str:
    """Hard-wrapped lines joined into one line a paragraph; headings, bullets and blank lines keep their place.

    A hyphen at the end of a line is dropped only between lower-case letters, where it splits a word.
    """
    blocks: list[list[str]] = []
    open_block = False
    for line in text.split("\n"):
        stripped = line.strip()
        if not stripped or _FENCE.match(stripped):
            open_block = False
            continue
        bullet = _BULLET.match(line)
        starts = stripped.startswith("#") or bool(bullet)
        body = line[bullet.end() :].strip() if bullet else stripped
        if not open_block or starts:
            blocks.append([body])
        elif re.search(r"[a-z]-$", blocks[-1][-1][-2:]) and body[:1].islower():
            blocks[-1][-1] = blocks[-1][-1][:-1]
            blocks[-1].append(body)
        else:
            blocks[-1] += [" ", body]
        open_block = not stripped.startswith("#")
    joined = (re.sub(r" {2,}", " ", "".join(block)) for block in blocks)
    return "\n\n".join(block for block in joined if block)
