"""Markdown and plain text: optional front matter between `---` lines, then the body."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

from corpus.errors import CorpusError
from corpus.loaders.document import DATE, document
from corpus.loaders.text import clean, decode, join_wrapped, sha256
from corpus.records import Source
from corpus.topics import CAMPS, topics

KINDS = ("paper", "report", "blog", "article", "video")
READ = ("original", "secondary")
REQUIRED = ("id", "title", "authors", "published", "kind", "url", "topics", "camp", "systems", "people")
MAY_BE_EMPTY = ("published", "url", "systems", "people")
"""Present in every source, but empty where none is known."""

_FRONT = re.compile(r"\A---[ ]*\n(.{0,20000}?)\n---[ ]*(?:\n|\Z)", re.DOTALL)


def parse(content: bytes, name: str, url: str = "") -> Source:
    """A user's file, with or without front matter. What it claims to be is taken only where it makes sense."""
    fields, body = _front_matter(clean(decode(content, name)), name, required=False)
    text = join_wrapped(body)
    heading = re.search(r"^#+ +(.+)$", text, re.MULTILINE)
    camp = _scalar(fields.get("camp"))
    return document(
        name,
        text,
        title=_scalar(fields.get("title")) or (heading.group(1) if heading else ""),
        authors=_strings(fields.get("authors") or fields.get("author")),
        published=_scalar(fields.get("published") or fields.get("date")),
        kind=_scalar(fields.get("kind")),
        url=url or _scalar(fields.get("url")),
        topics=_strings(fields.get("topics") or fields.get("tags")),
        camp=camp if camp in CAMPS else "neutral",
    )


def read_digest(path: Path) -> Source:
    """A source that ships: every field present and right. Raises CorpusError naming the file and the field.

    It is ours, so it is read in this process; a user's file goes through `corpus.loaders.load`.
    """
    fields, body = _front_matter(clean(decode(path.read_bytes(), path.name)), path.name, required=True)
    text = body.strip()
    if not text:
        raise CorpusError(f"{path.name} holds no text")
    _check(fields, path)
    return Source(
        id=fields["id"],
        title=str(fields["title"]).strip(),
        authors=_strings(fields["authors"]),
        published=_scalar(fields["published"]),
        kind=fields["kind"],
        url=str(fields["url"]),
        topics=_strings(fields["topics"]),
        camp=fields["camp"],
        text=text,
        hash=sha256(text),
        read=str(fields.get("read") or "original"),
        systems=_strings(fields.get("systems")),
        people=_strings(fields.get("people")),
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
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError) as error:
        if not required:
            return {}, content
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
        if fields.get(field) is None or (fields[field] in ("", []) and field not in MAY_BE_EMPTY):
            raise CorpusError(f"{path.name}: field '{field}' is missing or empty")
    for field in ("authors", "topics", "systems", "people"):
        if not isinstance(fields[field], list) or not all(isinstance(x, str) for x in fields[field]):
            raise wrong(field, "a list of names")
    if fields["id"] != path.stem:
        raise wrong("id", f"the file's name, '{path.stem}'")
    if fields["published"] and not DATE.fullmatch(_scalar(fields["published"])):
        raise wrong("published", "YYYY, YYYY-MM or YYYY-MM-DD")
    for field, allowed in (("kind", KINDS), ("camp", CAMPS), ("read", READ)):
        if fields.get(field, "original") not in allowed:
            raise wrong(field, f"one of {', '.join(allowed)}")
    if strange := set(fields["topics"]) - set(topics()):
        raise wrong("topics", f"of {', '.join(topics())}; not {min(strange)}")
    if fields["url"] and not re.match(r"https?://\S+$", str(fields["url"])):
        raise wrong("url", "a web address")


def _scalar(value: Any) -> str:
    """Text, number or date as text; nothing else: a list that holds itself a million times is never written out."""
    if isinstance(value, datetime.date):
        return value.isoformat()[:10]
    if isinstance(value, bool) or (isinstance(value, int) and value.bit_length() > 64):
        return ""
    return str(value) if isinstance(value, str | int | float) else ""


def _strings(value: Any) -> tuple[str, ...]:
    items = value[:1000] if isinstance(value, list) else [value]
    return tuple(text for item in items if (text := _scalar(item)))
