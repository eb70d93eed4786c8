"""Which names the corpus knows: of systems, people and concepts, and which sources each belongs to."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache

from corpus.index import Corpus
from corpus.passages import sentences
from corpus.records import Source
from corpus.words import plain, squash

_TOKEN = re.compile(r"[^\W_]+")
_SUBJECT = re.compile(
    r"^(?:The |A |An )?(.{2,70}?)(?:, (?:or|often called|also called|short for) ([^,]{2,40}),)? (?:is|are|was|were) "
)
LONGEST = 12
"""Tokens in the longest name that is looked for."""


@dataclass(frozen=True, eq=False)
class Names:
    """Built once for a corpus."""

    aliases: dict[str, frozenset[str]]
    """Squashed name -> ids of the sources about it."""
    proper: frozenset[str]
    """Those aliases that are proper names, not concepts such as 'model collapse'."""
    authors: dict[str, frozenset[str]]
    """Squashed last name -> ids of the sources written by that person."""
    capitalised: frozenset[str]
    """Plain words that the corpus writes with a capital in mid-sentence, nearly always."""
    vocabulary: frozenset[str]
    """Plain words and squashed runs of up to three tokens that occur anywhere in the corpus."""

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


@lru_cache(maxsize=4)
def names_of(corpus: Corpus) -> Names:
    """The names in all titles, first sentences, ids, author lists and texts."""
    aliases: defaultdict[str, set[str]] = defaultdict(set)
    proper: set[str] = set()
    authors: defaultdict[str, set[str]] = defaultdict(set)
    capital: Counter[str] = Counter()
    lower: Counter[str] = Counter()
    vocabulary: set[str] = set()
    for source in corpus.sources.values():
        for name, is_proper in _own_names(source):
            aliases[squash(name)].add(source.id)
            if is_proper:
                proper.add(squash(name))
        for author in source.authors:
            if author.split() and author != "unknown":
                authors[squash(author.split()[-1])].add(source.id)
        for text in (source.title, " ".join(source.authors), source.text):
            tokens = _TOKEN.findall(plain(text))
            for size in (1, 2, 3):
                vocabulary |= {"".join(tokens[i : i + size]) for i in range(len(tokens) - size + 1)}
        for a, b in sentences(source.text):
            for word in _TOKEN.findall(source.text[a:b])[1:]:
                (capital if word[0].isupper() else lower)[plain(word)] += 1
    return Names(
        {alias: frozenset(ids) for alias, ids in aliases.items() if len(alias) > 1},
        frozenset(proper),
        {name: frozenset(ids) for name, ids in authors.items()},
        frozenset(w for w, n in capital.items() if n > 4 * lower[w] and not w.isdigit() and len(w) > 1),
        frozenset(vocabulary),
    )


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
