"""What the words of a conversation stand for: whom "he" means, which two "the two" are, what "the second" was."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.answering.features import PERSON
from corpus.answering.lexicon import STOP
from corpus.answering.names import Names
from corpus.records import Answer
from corpus.retrieval.index import Corpus
from corpus.retrieval.words import plain

ORDER = ("first", "second", "third", "fourth", "fifth", "sixth")
LEAD = re.compile(
    r"^(?:(?:what|which|who|how|when|where|why)(?: (?:much|many|well|fast|long|far|often|big|large))?(?:'s)?|(?:tell me|say more|more) about)?"
    r"\s*(?:is|are|was|were|do|does|did|can|could|has|have|will|would|should)?\b\s*",
    re.I,
)
_ITEM = r"(?:[\w'’-]+ ){0,3}[\w'’-]+"
_SERIES = re.compile(
    rf"(?:[:;]|\b(?:called|named|namely|are|were|is|into|terms|parts)) ((?:{_ITEM}, )+{_ITEM},? and {_ITEM})"
)


def cited(answer: Answer | None) -> list[str]:
    """Ids of the sources it cites, the first sentence's first."""
    return list(dict.fromkeys(c.source_id for s in answer.sentences for c in s.citations)) if answer else []


def named_in(text: str) -> list[str]:
    """Capitalised words in mid-sentence and words with a digit or an inner capital, next ones joined."""
    pattern = r"(?<=\w )(?!I\b)[A-Z][\w-]*(?: (?:[A-Z][\w-]*|\d[\w.]*))*|\b\w*[A-Z]\w*\d[\w.]*|\b[A-Z]{2,}\w*"
    return re.findall(pattern, text)


def subjects_in(text: str, names: Names) -> list[str]:
    """The names in the text that the corpus knows, as they are written, in order."""
    tokens = list(re.finditer(r"[^\W_]+", text))
    return [
        text[tokens[a].start() : tokens[b - 1].end()]
        for _, (a, b), _ in names.subjects(text)
        if b <= len(tokens)
    ]


def nth_item(order: str, history: Sequence[Answer]) -> str:
    """The item of that place in the first series that a question or its answer tells; empty where there is none."""
    place = -1 if order == "last" else ORDER.index(order)
    start = max((i for i, answer in enumerate(history) if not answer.read_as), default=0)
    for answer in history[start:]:
        for text in (answer.question, *(s.text for s in answer.sentences)):
            for series in _SERIES.findall(text):
                items = [LEAD.sub("", item) for item in re.split(r",? and |, ", series)]
                items = [
                    re.split(r" (?:in|on|of|for|to|with|by|from|that|which)\b", item)[0] for item in items
                ]
                if place < len(items) > 2:
                    return items[place].strip()
    return ""


def the_two(history: Sequence[Answer], names: Names) -> list[str]:
    """The two things last talked about: of the questions, then of the last answer; the earlier one first."""
    said = [answer.read_as or answer.question for answer in reversed(history)]
    said += [sentence.text for sentence in history[-1].sentences]
    found: dict[frozenset[str], str] = {}
    for text in said:
        for _, (a, b), ids in names.subjects(text):
            tokens = list(re.finditer(r"[^\W_]+", text))
            if b <= len(tokens) and not any(ids & other for other in found):
                found[ids] = text[tokens[a].start() : tokens[b - 1].end()]
    pair = list(found.values())[:2]
    return pair[::-1] if len(pair) == 2 else []


def person(history: Sequence[Answer], corpus: Corpus) -> str:
    """Who was named last: of those whom a cited source knows by name, or else whatever looks like a name."""
    for answer in reversed(history):
        said = [sentence.text for sentence in answer.sentences]
        known = [name for id in cited(answer) for name in corpus.sources[id].people]
        for text in (answer.read_as or answer.question, *said):
            for name in known:
                if re.search(rf"\b{re.escape(name.split()[-1])}\b", text):
                    return name
        for text in (f"by {answer.topic}", *said):
            for match in PERSON.finditer(text):
                found = re.sub(r"^(?:by|from|at|of) ", "", match.group())
                plain_words = {plain(word) for word in found.split()}
                if len(plain_words) > 1 and not plain_words & STOP and not corpus.names.subjects(found):
                    return found
    return ""
