"""Markdown and plain text: optional front matter between `---` lines, then the body."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

from corpus.errors import CorpusError
from corpus.loaders.text import clean, join_wrapped, sha256, slug
from corpus.records import Source

KINDS = ("paper", "report", "blog", "article", "video")
CAMPS = ("abstraction", "generative", "model-based-rl", "language", "skeptic", "neutral")
READ = ("original", "secondary")
REQUIRED = ("id", "title", "authors", "published", "kind", "url", "topics", "camp")
MAY_BE_EMPTY = ("published", "url")
"""Present in every source, but empty where no date or address is known."""

_FRONT = re.compile(r"\A---[ ]*\n(.*?)\n---[ ]*(?:\n|\Z)", re.DOTALL)
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


def load(path: Path, *, shipped: bool = False) -> Source:
    """A markdown or text file. `shipped` sources must have every field; a user's file may have none."""
    raw = path.read_bytes()
    if b"\0" in raw:
        raise CorpusError(f"{path.name} is binary, not text")
    try:
        content = clean(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path.name} is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    fields, body = _front_matter(content, path.name, required=shipped)
    text = body.strip() if shipped else join_wrapped(body)
    if not text:
        raise CorpusError(f"{path.name} holds no text")
    if shipped:
        _check(fields, path)
    elif (published := str(fields.get("published", ""))) and not _DATE.fullmatch(published):
        fields["published"] = ""
    heading = re.search(r"^#+ +(.+)$", text, re.MULTILINE)
    title = str(fields.get("title") or (heading.group(1) if heading else path.stem))
    return Source(
        id=str(fields.get("id") or f"{slug(title)}-{sha256(text)[:8]}"),
        title=title.strip(),
        authors=_strings(fields.get("authors")),
        published=_iso(fields.get("published", "")),
        kind=str(fields.get("kind") or "document"),
        url=str(fields.get("url") or ""),
        topics=_strings(fields.get("topics")),
        camp=str(fields.get("camp") or "neutral"),
        text=text,
        hash=sha256(text),
        read=str(fields.get("read") or "original"),
    )


def _front_matter(content: str, name: str, *, required: bool) -> tuple[dict[str, Any], str]:
    """The fields and the body. A user's file without (readable) front matter is all body."""
    import yaml

    match = _FRONT.match(content)
    if not match:
        if required:
            raise CorpusError(f"{name}: no front matter; start the file with '---', the fields, and '---'")
        return {}, content
    try:
        fields = yaml.load(match.group(1), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError) as error:
        where = getattr(getattr(error, "problem_mark", None), "line", None)
        line = f" (line {where + 2})" if where is not None else ""
        raise CorpusError(f"{name}: front matter is not valid YAML{line}") from None
    if not isinstance(fields, dict):
        if required:
            raise CorpusError(f"{name}: front matter must be 'field: value' lines")
        return {}, content
    return fields, content[match.end() :]


def _check(fields: dict[str, Any], path: Path) -> None:
    """Every field of a shipped source, named with its value when it is wrong."""

    def wrong(field: str, wanted: str) -> CorpusError:
        return CorpusError(f"{path.name}: field '{field}' is {fields.get(field)!r}; it must be {wanted}")

    for field in REQUIRED:
        if fields.get(field) in (None, []) or (fields[field] == "" and field not in MAY_BE_EMPTY):
            raise CorpusError(f"{path.name}: field '{field}' is missing or empty")
    for field in ("authors", "topics"):
        if not isinstance(fields[field], list) or not all(isinstance(x, str) for x in fields[field]):
            raise wrong(field, "a list of names")
    if fields["id"] != path.stem:
        raise wrong("id", f"the file's name, '{path.stem}'")
    if fields["published"] and not _DATE.fullmatch(_iso(fields["published"])):
        raise wrong("published", "YYYY, YYYY-MM or YYYY-MM-DD")
    for field, allowed in (("kind", KINDS), ("camp", CAMPS), ("read", READ)):
        if fields.get(field, "original") not in allowed:
            raise wrong(field, f"one of {', '.join(allowed)}")
    if fields["url"] and not re.match(r"https?://\S+$", str(fields["url"])):
        raise wrong("url", "a web address")


def _iso(value: Any) -> str:
    return value.isoformat()[:10] if isinstance(value, datetime.date) else str(value or "")


def _strings(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(item) for item in value) if isinstance(value, list) else (str(value),)
