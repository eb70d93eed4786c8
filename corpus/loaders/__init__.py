"""Bytes in, `Source` out: one file a format."""

from __future__ import annotations

from pathlib import Path

from corpus.errors import CorpusError
from corpus.records import Source

SUPPORTED = (".md", ".txt", ".pdf")
MAX_BYTES = 50 * 1024 * 1024
"""Largest file that is read. Above it a document is more likely a mistake than something to ask about."""


def load(path: Path) -> Source:
    """One document, whatever its format. Raises CorpusError, naming the file, when it can't be read."""
    path = Path(path)
    if path.is_dir():
        raise CorpusError(f"{path} is a folder; name the files in it ({', '.join(SUPPORTED)})")
    if not path.is_file():
        raise CorpusError(f"{path} does not exist")
    suffix = path.suffix.lower()
    if suffix not in SUPPORTED:
        raise CorpusError(
            f"{path.name}: can't read '{suffix or 'no suffix'}'; supported: {', '.join(SUPPORTED)}"
        )
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise CorpusError(f"{path.name} is {size / 2**20:.0f} MB; the limit is {MAX_BYTES // 2**20} MB")
    if suffix == ".pdf":
        from corpus.loaders import pdf

        return pdf.load(path)
    from corpus.loaders import markdown

    return markdown.load(path)
