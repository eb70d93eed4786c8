"""False premises: a question that takes for granted that somebody made what they did not make, or what is denied."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from corpus.answering.choose import Candidate
from corpus.answering.features import PERSON, RECORD
from corpus.answering.judge import SETS_RIGHT, judge_of
from corpus.answering.lexicon import same
from corpus.answering.question import Question
from corpus.retrieval.index import Corpus
from corpus.retrieval.words import squash, terms

READ, LIKELY = 8, 0.5
"""Best sentences that are read for one that denies what is asked, or sets it right; and how likely the judge must find
that it does."""
MOST = 0.6
"""Share of what a withheld thing is called that a question for it holds."""
HALF, ALIKE = 0.5, 0.45
"""Share of what is asked that a denial must hold, and its cosine to the question."""
OPENING = 150
"""Characters in which a source says what it is about, and whose."""
_MADE = (
    re.compile(
        r"\b(?:did|does|do) (.{2,60}?) (?:invent|introduce|create|build|make|develop|propose|design|write|publish|release|"
        r"found|launch)\b(.+)"
    ),
    re.compile(
        r"\b(?:has|have|had) (.{2,60}?) (?:invented|introduced|created|built|made|developed|proposed|designed|written|"
        r"published|released|founded|launched)\b(.+)"
    ),
)


_WITHHELD = re.compile(
    r"\b(?:disclos|publish|releas|report|nam|giv|gave|stat|reveal|shar|announc)\w* (?:no|neither|without)\b([^.;]*)"
)
_THINGS = re.compile(r",|\b(?:and|or|nor|no|neither|for|of|but)\b")
"""Between the things that were withheld."""
_WHETHER = re.compile(r"^(?:did|does|do|has|have|is|are|was|were)\b", re.IGNORECASE)
_DENIES = re.compile(r"\b(?:no|not|never|none|nothing|neither|without|cannot)\b")


def _makes(question: Question) -> re.Match[str] | None:
    """Who (1) made what (2), as the question takes for granted."""
    return next((match for pattern in _MADE if (match := pattern.search(question.text))), None)


def denial(question: Question, ranked: Sequence[Candidate]) -> Candidate | None:
    """The sentence about a subject of the question that denies some of what is asked, nearest first; None without.

    "Which datasets did OpenAI film for Sora?": OpenAI disclosed no dataset. A refusal shows it before all else.
    """
    if not question.matter:
        return None
    found = [
        c
        for c in ranked
        if c.feature("subject")
        and not c.feature("leans")
        and c.feature("covers") >= HALF
        and c.feature("cosine") >= ALIKE
        and _DENIES.search(c.text)
    ]
    return max(found, key=lambda c: c.feature("covers") + c.feature("cosine"), default=None)


def set_right(corpus: Corpus, question: Question, ranked: Sequence[Candidate]) -> Candidate | None:
    """Of the best sentences the one that most likely sets right what a refused question takes for granted; None if none is
    likely to. "Why did AlphaZero lose to Stockfish?": it won 28 games, drew 72, and lost none.
    """
    judge = judge_of(corpus.embedder)
    read = [c for c in ranked[:READ] if not c.feature("leans")]
    if judge is None or not read or _WHETHER.match(question.text):
        return None
    likely = judge.read(question.text, [c.text for c in read])[:, SETS_RIGHT]
    best = int(likely.argmax())
    return read[best] if likely[best] >= math.log(LIKELY) else None


def withheld(question: Question, ranked: Sequence[Candidate]) -> Candidate | None:
    """The sentence that says that what is asked for was never told; None without, or where just that is asked.

    "Which videos was Sora trained on?": OpenAI disclosed no parameter count, no dataset and no benchmark comparison.
    """
    if question.kind == "who" or _WHETHER.match(question.text):
        return None
    asked, all_asked = (
        frozenset[str]().union(*map(same, part)) for part in (question.asked, question.matter)
    )
    for place, c in enumerate(ranked):
        match = None if c.feature("leans") or not c.feature("subject") else _WITHHELD.search(c.text)
        if match and asked & set(terms(match.group(1))):
            return c
        for thing in map(terms, _THINGS.split(match.group(1)) if match and place < READ else ()):
            if thing and sum(term in all_asked for term in thing) >= MOST * len(thing):
                return c
    return None


def made_by_another(corpus: Corpus, question: Question, ranked: Sequence[Candidate]) -> Candidate | None:
    """The sentence that says who made the thing, where the question takes for granted that somebody else did.

    "Why did LeCun invent DreamerV3?": the sources about DreamerV3 tell who introduced it, and it isn't LeCun. None
    where the maker is named among its authors, or where it begins, or where nothing tells who made it.
    """
    match = _makes(question)
    if not match or not any(word[0].isupper() for word in match.group(1).split()):
        return None
    who, thing = squash(match.group(1).split()[-1]), match.group(2)
    about = {id for _, _, ids in corpus.names.subjects(thing) for id in ids}
    told = [
        c
        for c in ranked
        if c.source_id in about and RECORD.search(c.text) and PERSON.search(c.text) and not c.feature("leans")
    ]
    told.sort(key=lambda c: -c.feature("verbatim"))
    for id in {c.source_id for c in told}:
        source = corpus.sources[id]
        opening = source.text[: source.text.find(".", OPENING)]
        if who in squash(f"{' '.join(source.authors)} {opening} {' '.join(c.text for c in told)}"):
            return None
    return told[0] if told else None


def never_made(corpus: Corpus, question: Question, ranked: Sequence[Candidate]) -> bool:
    """Whether the question takes for granted that somebody made a thing, and nothing read for it names both at once.

    "Why did LeCun invent the transformer?": LeCun and transformers are spoken of, never in one sentence. For a thing
    that is the subject of a source, `made_by_another` knows better.
    """
    match = _makes(question)
    if not match or not match.group(1).split()[-1][0].isupper() or corpus.names.subjects(match.group(2)):
        return False
    if re.search(r"\b(?:make|made)\b", match.group()):
        return False  # who makes progress makes no thing
    who = squash(match.group(1).split()[-1])
    thing = [term for term in terms(match.group(2)) if term in question.matter]
    if not thing:
        return False
    rarest = max(thing, key=corpus.rarity)
    return not any(who in squash(c.text) and same(rarest) & set(terms(c.text)) for c in ranked)
