"""Which names the corpus knows: of systems, people and concepts, and which sources each belongs to."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Generic, TypeVar

from corpus.library.passages import sentences
from corpus.records import Source
from corpus.retrieval.words import plain, squash

T = TypeVar("T")

_TOKEN = re.compile(r"[^\W_]+")
_SUBJECT = re.compile(
    r"^(?:The |A |An )?(.{2,70}?)(?:, (?:or|often called|also called|short for) ([^,]{2,40}),)? (?:is|are|was|were) "
)
LONGEST = 12
"""Tokens in the longest name that is looked for."""

ALIAS, PROPER, AUTHOR = "alias", "proper", "author"
Forms = dict[str, tuple[int, int]]
"""Squashed word, or words that stand together as a name -> how often it is written with a capital in
mid-sentence, and how often without."""


class Lookup(Generic[T]):
    """Keys looked up where they are kept, each once."""

    def __init__(self, find: Callable[[str], T | None]) -> None:
        self._find = lru_cache(maxsize=20_000)(find)

    def __contains__(self, key: str) -> bool:
        return bool(self._find(key))

    def __getitem__(self, key: str) -> T:
        found = self._find(key)
        if found is None:
            raise KeyError(key)
        return found


class Names:
    """The names of a library as it is now; looked up when a question asks for them."""

    def __init__(self, connection: Callable[[], sqlite3.Connection], heard: Collection[str] = ()) -> None:
        """`heard`: plain words by which people ask for what the sources tell, as VLA, though no source writes them."""

        def kinds(name: str) -> dict[str, frozenset[str]]:
            found: dict[str, set[str]] = {}
            query = "select kind, d.name from names n join documents d on d.id = n.document where n.name = ?"
            for kind, source_id in connection().execute(query, (name,)):
                found.setdefault(kind, set()).add(source_id)
            return {kind: frozenset(ids) for kind, ids in found.items()}

        def form(word: str) -> tuple[int, int] | None:
            query = "select capital, lower from forms where form = ?"
            return connection().execute(query, (word,)).fetchone() or ((0, 0) if word in heard else None)

        kept = lru_cache(maxsize=20_000)(kinds)

        def capitalised(word: str) -> bool:
            capital, lower = form(word) or (0, 0)
            return capital > 4 * lower and not word.isdigit() and len(word) > 1

        self.aliases = Lookup(lambda name: kept(name).get(ALIAS) if len(name) > 1 else None)
        """Squashed name -> ids of the sources about it."""
        self.proper = Lookup(lambda name: kept(name).get(PROPER))
        """Those aliases that are proper names, not concepts such as 'model collapse'."""
        self.authors = Lookup(lambda name: kept(name).get(AUTHOR))
        """Squashed last name -> ids of the sources written by that person."""
        self.capitalised = Lookup(capitalised)
        """Plain words that the corpus writes with a capital in mid-sentence, nearly always."""
        self.vocabulary = Lookup(form)
        """Plain words, and squashed runs of up to three that stand together as a name, of anywhere in the corpus; and what
        is `heard`."""

    def subjects(self, question: str) -> list[tuple[str, tuple[int, int], frozenset[str]]]:
        """(alias, token range, source ids) of the names in the question, longest first, none overlapping."""
        tokens = _TOKEN.findall(plain(question))
        found: list[tuple[str, tuple[int, int], frozenset[str]]] = []
        taken: set[int] = set()
        for size in range(min(LONGEST, len(tokens)), 0, -1):
            for i in range(len(tokens) - size + 1):
                if taken.isdisjoint(range(i, i + size)):
                    alias = "".join(tokens[i : i + size])
                    alias = alias if alias in self.aliases else _singular(alias)
                    if alias in self.aliases:
                        found.append((alias, (i, i + size), self.aliases[alias]))
                        taken |= set(range(i, i + size))
        return sorted(found, key=lambda hit: hit[1])


def names_in(source: Source) -> set[tuple[str, str]]:
    """(squashed name, kind) of what the source is about and of who wrote it."""
    found: set[tuple[str, str]] = set()
    for name, is_proper in _own_names(source):
        found.add((squash(name), ALIAS))
        if is_proper:
            found.add((squash(name), PROPER))
    for system in source.systems[:1]:
        found.add((squash(system), ALIAS))
        if _is_proper(system):
            found.add((squash(system), PROPER))
    for author in source.authors:
        if author.split() and author != "unknown":
            found.add((squash(author.split()[-1]), AUTHOR))
    return {(name, kind) for name, kind in found if name}


def forms_in(source: Source) -> Forms:
    """Every word of the title, the authors and the text, and runs of two or three that stand together as a name.

    They do where hyphens join them or each begins with a capital or holds a digit: V-JEPA 2, Genie 3.
    """
    found: dict[str, list[int]] = {}
    for text in (source.title, " ".join(source.authors), source.text):
        tokens = list(_TOKEN.finditer(text))
        for i, first in enumerate(tokens):
            form, named, end = _form(first.group()), _namelike(first.group()), first.end()
            found.setdefault(form, [0, 0])
            for following in tokens[i + 1 : i + 3]:
                between, named = text[end : following.start()], named and _namelike(following.group())
                if between != "-" and not (named and between == " "):
                    break
                form, end = form + _form(following.group()), following.end()
                found.setdefault(form, [0, 0])
    for a, b in sentences(source.text):
        for word in _TOKEN.findall(source.text[a:b])[1:]:
            found.setdefault(_plain(word), [0, 0])[0 if word[0].isupper() else 1] += 1
    found.pop("", None)
    return {form: (capital, lower) for form, (capital, lower) in found.items()}


@lru_cache(maxsize=50_000)
def _form(token: str) -> str:
    return squash(token)


@lru_cache(maxsize=50_000)
def _plain(word: str) -> str:
    return plain(word)


def _namelike(token: str) -> bool:
    return token[0].isupper() or any(c.isdigit() for c in token)


def _own_names(source: Source) -> list[tuple[str, bool]]:
    """(name, whether it is a proper name) of what the source is about."""
    found = [(source.title, True)]
    head = re.split(r"[:?]", source.title)[0].strip()
    if head != source.title and len(head.split()) <= 4:
        found.append((head, _is_proper(head)))
    spans = sentences(source.text)
    if spans and (match := _SUBJECT.match(source.text[slice(*spans[0])])):
        for name in filter(None, match.groups()):
            if len(name.split()) <= 6:
                found.append((name, _is_proper(name)))
    for system in source.systems[:1]:
        for match in re.finditer(
            rf"(?:The |A |An )?([A-Za-z][\w -]{{6,50}}), or {re.escape(system)},", source.text
        ):
            found.append((match.group(1), False))
    stem = re.sub(r"-\d{4}$", "", source.id)
    pattern = r"(?<=\w )" + r"[\s-]*".join(map(re.escape, stem.replace("-", ""))) + r"(?!\w)"
    for match in re.finditer(pattern, source.text, re.IGNORECASE):
        if _is_proper(match.group()):
            found.append((match.group(), True))
            break
    return found


def _is_proper(name: str) -> bool:
    """A digit, or a capital past the first letter, or every long word capitalised."""
    return bool(
        re.search(r"\d|[^\W\d_][A-Z]", name)
        or (
            all(w[0].isupper() for w in name.split() if len(w) > 3)
            and name[0].isupper()
            and len(name.split()) > 1
        )
    )


def _singular(alias: str) -> str:
    return alias[:-1] if alias.endswith("s") else alias + "s"
