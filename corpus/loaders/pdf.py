"""PDF: the text of its pages, with the offset where each page starts."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from corpus.errors import CorpusError
from corpus.loaders.text import clean, join_wrapped, sha256, slug
from corpus.records import Source

MAX_PAGES = 2000
_REFERENCES = re.compile(r"^\s*references\s*$", re.IGNORECASE | re.MULTILINE)


def load(path: Path) -> Source:
    """The document's text; `pages[i]` is the offset of page i + 1. Encrypted, damaged and text-free
    (scanned) files are each refused in one line. The list of references, which answers nothing, is dropped.
    """
    from pypdf import PdfReader
    from pypdf.errors import FileNotDecryptedError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its repairs are no user's concern
    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise CorpusError(f"{path.name} is encrypted; save a copy without a password")
        if len(reader.pages) > MAX_PAGES:
            raise CorpusError(f"{path.name} has {len(reader.pages)} pages; the limit is {MAX_PAGES}")
        raw_pages = [clean(page.extract_text()) for page in reader.pages]
        info = reader.metadata
        title, author = (info.title or "", info.author or "") if info else ("", "")
    except CorpusError:
        raise
    except FileNotDecryptedError:
        raise CorpusError(f"{path.name} is encrypted; save a copy without a password") from None
    except Exception as error:  # pypdf raises many kinds for a damaged file, some not its own
        raise CorpusError(f"{path.name} is damaged or not a PDF ({type(error).__name__})") from None
    text, pages = _join(_without_references(raw_pages))
    if not text.strip():
        raise CorpusError(f"{path.name} holds no text; it may be a scan, which needs text recognition first")
    title = title.strip() or _first_line(text) or path.stem
    return Source(
        id=f"{slug(title)}-{sha256(text)[:8]}",
        title=title,
        authors=tuple(name.strip() for name in re.split(r"[;,]", author) if name.strip()),
        published="",
        kind="document",
        url="",
        topics=(),
        camp="neutral",
        text=text,
        hash=sha256(text),
        pages=tuple(pages),
    )


def _join(raw_pages: list[str]) -> tuple[str, list[int]]:
    """Pages as paragraphs, joined; a page break always ends a paragraph, so a span has one page."""
    text, starts = "", []
    for raw in raw_pages:
        starts.append(len(text))
        body = join_wrapped(raw)
        text += body + "\n\n" if body else ""
    return text, starts


def _without_references(raw_pages: list[str]) -> list[str]:
    """Everything from a line 'References' in the second half of the document to its end, left out."""
    for i in range(len(raw_pages) // 2, len(raw_pages)):
        if match := _REFERENCES.search(raw_pages[i]):
            return [*raw_pages[:i], raw_pages[i][: match.start()]] + [""] * (len(raw_pages) - i - 1)
    return raw_pages


def _first_line(text: str) -> str:
    line = text.lstrip().split("\n", 1)[0].strip()
    return line if len(line) <= 120 else ""
