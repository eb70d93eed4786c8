"""What a language model wrote, held against the passages it was given: sentence by sentence, without another model.

A sentence stands as `verified` if it cites, if its names, numbers and negation are those of what it cites, and if it
is close in meaning to a sentence there. That finds inventions; it can't find a true name put in a wrong role.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.answering.citing import cited
from corpus.answering.lexicon import STOP
from corpus.library.passages import sentences
from corpus.records import Citation, Hit, Sentence
from corpus.retrieval.index import Corpus
from corpus.retrieval.words import plain, squash, terms, words

MIN_COSINE = 0.5
"""Between a written sentence and the sentence it cites. Below it the citation is about something else."""
MIN_SHARE = 0.5
"""Without an embedder: the share of the written sentence's stems that the cited one holds."""

_REFERENCE = re.compile(r"\s*\[(\d+(?:\s*,\s*\d+)*)\]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NUMBER_WORDS = frozenset(
    [
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "fifteen",
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "hundred",
        "thousand",
        "million",
        "billion",
        "trillion",
        "half",
        "third",
        "quarter",
        "twice",
        "double",
        "triple",
        "percent",
    ]
)
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|cannot|without|fail(?:s|ed)?)\b|n't\b"
)


def parse_reply(reply: str) -> list[tuple[str, tuple[int, ...]]]:
    """(sentence without its references, the numbers it cites). References may stand before or after the stop."""
    text = re.sub(r"([.!?])((?:\s*\[\d[\d,\s]*\])+)", r"\2\1", " ".join(reply.split()))
    found: list[tuple[str, tuple[int, ...]]] = []
    for a, b in sentences(text) or [(0, len(text))]:
        refs = tuple(int(n) for group in _REFERENCE.findall(text[a:b]) for n in group.split(","))
        bare = _REFERENCE.sub("", text[a:b]).strip()
        if bare:
            found.append((bare, tuple(dict.fromkeys(refs))))
    return found


def check(sentence: str, refs: Sequence[int], hits: Sequence[Hit], corpus: Corpus) -> Sentence:
    """The written sentence with the spans it rests on, `verified` or `unsupported`. `refs` count from 1."""
    cited = [hits[n - 1] for n in refs if 1 <= n <= len(hits)]
    quotes = [_nearest(sentence, hit, corpus) for hit in cited]
    citations = tuple(citation for citation, _ in quotes)
    if not cited or len(cited) < len(refs):
        return Sentence(sentence, citations, "unsupported")
    text = " ".join(f"{hit.title}. {hit.passage.text}" for hit in cited)
    closest, near = max(quotes, key=lambda quote: quote[1])
    holds = (
        near >= (MIN_COSINE if corpus.embedder is not None else MIN_SHARE)
        and _numbers(sentence) <= _numbers(text)
        and all(squash(name) in squash(text) for name in _names(sentence))
        and bool(_NEGATION.search(plain(sentence))) == bool(_NEGATION.search(plain(closest.quote)))
    )
    return Sentence(sentence, citations, "verified" if holds else "unsupported")


def _nearest(sentence: str, hit: Hit, corpus: Corpus) -> tuple[Citation, float]:
    """The sentence of the passage that is closest to the written one, and how close it is."""
    passage = hit.passage
    source = corpus.sources[passage.source_id]
    spans = sentences(source.text, passage.start, passage.end) or [(passage.start, passage.end)]
    if corpus.embedder is not None:
        vector = corpus.embedder.encode([sentence])[0]
        near = [float(x) for x in corpus.embed([source.text[a:b] for a, b in spans]) @ vector]
    else:
        wanted = set(terms(sentence))
        near = [len(wanted & set(terms(source.text[a:b]))) / max(len(wanted), 1) for a, b in spans]
    best = max(range(len(spans)), key=near.__getitem__)
    start, end = spans[best]
    return cited(source, start, end, passage), near[best]


def _numbers(text: str) -> set[str]:
    """Figures without their thousands' commas, and the words of number but "one"."""
    return {n.replace(",", "") for n in _NUMBER.findall(text)} | (set(words(text)) & _NUMBER_WORDS)


def _names(sentence: str) -> list[str]:
    """Capitalised words; the first counts only where it has a second capital or a digit, as DreamerV3 has."""
    found = re.findall(r"[^\W_]+(?:-[^\W_]+)*", sentence)
    return [
        word
        for i, word in enumerate(found)
        if ((i and word[0].isupper()) or re.search(r".[A-Z]|[A-Z].*\d", word)) and set(words(word)) - STOP
    ]
