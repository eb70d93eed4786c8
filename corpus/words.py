"""Words as the index compares them: lower case, without accents, stemmed."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_WORD = re.compile(r"[^\W_]+(?:[.,]\d+|['’][^\W\d_]+)*(?:-[^\W_]+)*")

STOP = frozenset(
    [
        "a",
        "about",
        "above",
        "after",
        "again",
        "against",
        "all",
        "also",
        "although",
        "am",
        "among",
        "an",
        "and",
        "any",
        "anybody",
        "anyone",
        "anything",
        "are",
        "as",
        "at",
        "be",
        "because",
        "been",
        "before",
        "being",
        "between",
        "both",
        "but",
        "by",
        "can",
        "cannot",
        "could",
        "did",
        "do",
        "does",
        "doing",
        "don",
        "done",
        "down",
        "during",
        "each",
        "either",
        "else",
        "ever",
        "every",
        "exactly",
        "few",
        "for",
        "from",
        "further",
        "get",
        "gets",
        "give",
        "given",
        "go",
        "goes",
        "had",
        "has",
        "have",
        "having",
        "he",
        "her",
        "here",
        "hers",
        "him",
        "his",
        "how",
        "however",
        "i",
        "if",
        "in",
        "into",
        "is",
        "isn",
        "it",
        "its",
        "itself",
        "just",
        "let",
        "like",
        "many",
        "may",
        "me",
        "might",
        "more",
        "most",
        "much",
        "must",
        "my",
        "near",
        "need",
        "neither",
        "no",
        "nor",
        "not",
        "now",
        "of",
        "off",
        "on",
        "once",
        "one",
        "only",
        "or",
        "other",
        "our",
        "out",
        "over",
        "own",
        "per",
        "please",
        "rather",
        "really",
        "s",
        "same",
        "say",
        "says",
        "said",
        "see",
        "shall",
        "she",
        "should",
        "show",
        "shows",
        "since",
        "so",
        "some",
        "someone",
        "something",
        "such",
        "t",
        "take",
        "tell",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "thing",
        "things",
        "think",
        "thinks",
        "this",
        "those",
        "though",
        "through",
        "to",
        "too",
        "toward",
        "towards",
        "under",
        "until",
        "up",
        "upon",
        "us",
        "use",
        "used",
        "uses",
        "using",
        "very",
        "via",
        "want",
        "was",
        "way",
        "we",
        "well",
        "were",
        "what",
        "whatever",
        "when",
        "where",
        "whether",
        "which",
        "while",
        "who",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "within",
        "without",
        "would",
        "yet",
        "you",
        "your",
        "according",
        "actually",
        "explain",
        "describe",
        "called",
        "call",
        "mean",
        "means",
        "meant",
        "people",
    ]
)
"""Words that carry no subject. A question made only of them asks about nothing."""


@cache
def _stemmer():  # type: ignore[no-untyped-def]
    import Stemmer

    return Stemmer.Stemmer("english")


def plain(text: str) -> str:
    """Lower case, accents removed, typographic quotes and dashes made plain."""
    text = unicodedata.normalize("NFKD", text.replace("’", "'").replace("–", "-").replace("—", " - "))
    return "".join(c for c in text if not unicodedata.combining(c)).lower()


def words(text: str) -> list[str]:
    """Plain words in order. `V-JEPA 2` gives v-jepa, 2; a possessive 's is dropped."""
    return [re.sub(r"'s$", "", word) for word in _WORD.findall(plain(text))]


def stem(word: str) -> str:
    return _stemmer().stemWord(word)


def terms(text: str) -> list[str]:
    """Stems for the index, stop words left out; a hyphenated word also gives its parts and its squashed form."""
    found: list[str] = []
    for word in words(text):
        if word in STOP:
            continue
        found.append(stem(word))
        if "-" in word:
            found += [stem(part) for part in word.split("-") if part not in STOP and len(part) > 1]
            found.append(word.replace("-", ""))
    return found


def squash(text: str) -> str:
    """Letters and digits only: `V-JEPA 2`, `vjepa2` and `V JEPA-2` are one name."""
    return re.sub(r"[^a-z0-9]+", "", plain(text))
