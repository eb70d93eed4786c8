"""Mending what is misspelled: words that neither the corpus nor a list of English know, when a known one is near.

Ordinary English is left alone, however rare in the corpus: a cello is no cell, and who sewed gave no seed.
"""

from __future__ import annotations

import re
from functools import cache

from corpus.answering.kinds import FORM_WORDS
from corpus.answering.lexicon import STOP
from corpus.retrieval.index import Corpus
from corpus.retrieval.words import plain, stem

SHORTEST = 5
"""Letters; a shorter word has too many neighbours."""
LONG = 8
"""From so many letters on, two may be wrong."""
_BRITISH = (("is", "iz"), ("our", "or"), ("ogue", "og"))
"""How British and American spellings differ; the list has the American ones."""
_OWN = frozenset().union(STOP, *FORM_WORDS.values())


def mended(text: str, corpus: Corpus) -> str:
    """The question with each unknown word that is one slip away from a known one (two, if long) put right.

    Names, with a capital in mid-sentence, are held to one slip: the next name may be another one.
    """

    def put_right(match: re.Match[str]) -> str:
        word = match.group()
        low = plain(word)
        if len(low) < SHORTEST or not low.isascii() or low in _OWN or low in corpus.names.vocabulary:
            return word
        if corpus.count(stem(low)) or _is_english(low):
            return word
        named = word[0].isupper() and match.start() > 0
        slips = 1 if named or len(low) < LONG else 2
        found = _nearest(low, slips, corpus)
        return found[:1].upper() + found[1:] if word[0].isupper() and found else found or word

    text = re.sub(r"\b(what|who|how|where|when)s\b", r"\1's", text, flags=re.IGNORECASE)
    return re.sub(r"(?<![\w'’-])[^\W\d_]+(?![\w'’-])", put_right, text)


def _is_english(word: str) -> bool:
    return any(form in _english() for form in (word, *(word.replace(a, b) for a, b in _BRITISH)))


@cache
def _english() -> frozenset[str]:
    """160,000 words with their inflected forms; read at the first word that the corpus does not know."""
    from spellchecker import SpellChecker

    return frozenset(SpellChecker(language="en").word_frequency.words())


def _nearest(word: str, slips: int, corpus: Corpus) -> str:
    """The known word with the same first letter that is nearest, of equals the one in most documents; or empty."""
    query = """select form, documents from forms where form >= ? and form < ?
        and length(form) between ? and ?"""
    first = word[0]
    near = (first, chr(ord(first) + 1), len(word) - slips, len(word) + slips)
    known = dict(corpus.store.db.execute(query, near).fetchall())
    known |= {own: 1_000_000 for own in _OWN if own[0] == first and abs(len(own) - len(word)) <= slips}
    found = [
        (distance(word, form, slips), -documents, form) for form, documents in known.items() if form.isalpha()
    ]
    best = min(found, default=(slips + 1, 0, ""))
    return best[2] if best[0] <= slips else ""


def distance(one: str, other: str, most: int) -> int:
    """Letters added, dropped, changed or swapped with the next (optimal string alignment); past `most`, most + 1."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            value = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                value = min(value, before[j - 2] + 1)
            row.append(value)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)
