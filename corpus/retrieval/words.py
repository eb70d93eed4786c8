"""Words as the index compares them: lower case, without accents, stemmed."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from corpus.answering.lexicon import STOP

_WORD = re.compile(r"[^\W_]+(?:[.,]\d+|['’][^\W\d_]+)*(?:-[^\W_]+)*")
_CONTRACTED = re.compile(r"(?:n't|'(?:s|re|ve|ll|d|m))$")


@cache
def _stemmer():  # type: ignore[no-untyped-def]
    import Stemmer

    return Stemmer.Stemmer("english")


def plain(text: str) -> str:
    """Lower case, accents removed, typographic quotes and dashes made plain."""
    text = text.replace("’", "'").replace("–", "-").replace("—", " - ")
    if text.isascii():  # nearly all is, and letter by letter it takes a hundred times as long
        return text.lower()
    text = unicodedata.normalize("NFKD", text)
    return "".join(c for c in text if not unicodedata.combining(c)).lower()


def words(text: str) -> list[str]:
    """Plain words in order. `V-JEPA 2` gives v-jepa, 2; a possessive 's and what is contracted (n't, 're) are dropped."""
    return [_CONTRACTED.sub("", word) for word in _WORD.findall(plain(text))]


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
