"""What tells whether a sentence answers a question: a handful of named numbers, most of them in [0, 1].

`corpus.answering.weights` says how much each counts, fitted on questions whose answers are known.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from corpus.answering.lexicon import STOP, same
from corpus.answering.question import Question
from corpus.records import Hit
from corpus.retrieval.index import Corpus
from corpus.retrieval.words import plain, squash, stem, terms, words

FEATURES = (
    "cosine",  # of the sentence and the question
    "bare",  # of the sentence and the question without the names in it
    "stands_out",  # how far that is above the mean of its source's sentences, in standard deviations
    "familiar",  # it is known which questions its source answers; of one of which it isn't, the next two are 0
    "meant",  # cosine of the sentence and the question in the learned metric (`corpus.retrieval.metric`)
    "known",  # of the question and those that the sentence is known to answer, the most alike; 0 if it has none
    "passage",  # cosine of its passage and the question
    "found",  # the passage's fused score
    "covers",  # share of what is asked that the sentence holds, by rarity
    "around",  # the same of its passage and title
    "verbatim",  # share of the question's words that stand in it as they are
    "subject",  # its source is about a named subject
    "elsewhere",  # the question names a proper subject, and its source is not about it
    "foreign",  # and neither the sentence nor its source's title names what the question names
    "people",  # a named person wrote its source
    "names",  # share of the question's names in the sentence
    "missing",  # share of those that its passage doesn't hold either
    "thing",  # it has the person, date or number asked for
    "unit",  # and in the unit asked for
    "asked",  # share of the noun asked for: "how many X", "which X"
    "record",  # who published when, where a name or a date is asked
    "off_record",  # the same where it isn't
    "reason",  # gives a reason, where one is asked
    "mechanism",  # tells how, where that is asked
    "defines",  # "X is a ...", where that is asked
    "opens",  # the first sentence of its source, where a definition or a demonstration is asked
    "section",  # stands under the heading that its kind of question is answered under
    "off_section",  # stands under 'who disagrees' or limits, where neither is asked
    "both",  # names two of the things that are compared
    "third",  # holds one of the compared things against something else
    "later",  # tells what came after, where that is asked
    "dates",  # share of the question's dates in the sentence
    "leans",  # begins with "it" or "this": needs the one before
    "short",  # fewer than six words
    "length",  # logarithm of its number of words
    "series",  # counts things up, where a list is asked
)
KNOWN = ("familiar", "meant", "known")
"""Those that are 0 where no questions of a source are known."""
INDEX = {name: i for i, name in enumerate(FEATURES)}

DANGLING = re.compile(
    r"^(It|Its|This|That|They|Their|Them|These|Those|He|His|She|Her|Such|Here|There|But|However|So|Thus|"
    r"Therefore|Then|Also|Yet|And|Or|Both|Neither|Instead|Moreover|Furthermore|Similarly|Otherwise|As a result|"
    r"In contrast|By contrast|For example|For instance|In other words|The (?:former|latter|same|other|second|first) \w+)\b"
)
_YEAR = r"(?:1[89]\d\d|20\d\d)"
_DATE = re.compile(rf"\b{_YEAR}\b")
_NUMBER = re.compile(
    r"(?<![\w.-])[$€£]?\d[\d,.]*(?:\s?%|x\b|×)?|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"fifteen|twenty|thirty|forty|fifty|hundreds?|thousands?|millions?|billions?|half|dozens?|single|once|no|few|several|one)\b",
    re.IGNORECASE,
)
PERSON = re.compile(r"\b[A-Z][\w'’.-]+ (?:[a-z]{1,3} )?[A-Z][\w'’-]+|\b(?:by|from|at|of) [A-Z]\w+")
_TITLE = re.compile(r'["“][^"”]+["”]')
_REASON = re.compile(
    r"\b(because|since|so that|as a result|therefore|reason|due to|in order to|argues?|means that|so|want(?:s|ed)?|"
    r"to (?:ask|show|settle|find out) (?:whether|that|a|how))\b"
)
RECORD = re.compile(
    r"\b(?:was|were) (?:introduced|announced|released|published|posted|presented|written|proposed|founded|"
    r"named|coined|devised|developed|demonstrated|formulated|defended)\b"
    r"|\b(?:introduced|announced|released|published|posted|wrote|proposed|founded)\b.*\b" + _YEAR
)
_AGAINST = re.compile(
    r"\b(?:differs?|unlike|differed|in contrast|compared (?:to|with))\b|\bthan\b|\bagainst\b"
)
_LATER = re.compile(
    r"\b(later|successors?|follow(?:s|ed|-up)|moved (?:away|on)|newer|revised|replace[sd]?|next|update[sd]?|went further)\b"
)
_MECHANISM = re.compile(
    r"\b(works? (?:by|with|through|in)|by \w+ing|comes? from|plans with|uses?|using|consists? of|steps?)\b"
)
_SERIES = re.compile(
    r"\w[^,;:]{2,70}, [^,;:]{2,70},? (?:and|or) \w|\b(?:First|Second|Third|Fourth|Another)\b"
)
_ASIDE = re.compile(r"not show|limit|disagree|critic", re.IGNORECASE)
_DEFINES = re.compile(
    r"(.{2,80}?)(?:, (?:or|also called|often called) ([^,]+),|,[^,]+,)? (?:(?:is|are|was|were) (?:an?|the|one|[A-Z]\w+'s)|means|stands for) "
    r"|(.{2,40}?),? (?:is )?short for "
)
HEADED = {"what it does not show": same("limit"), "who disagrees": same("critic")}
"""What every sentence under a heading says, whether or not it says so."""


@dataclass(frozen=True)
class Near:
    """How near a sentence is to the question by the embedder; 0 without one."""

    cosine: float
    bare: float
    stands_out: float
    meant: float
    known: float


def coverage(corpus: Corpus, wanted: Sequence[str], text: str) -> float:
    """Share of the wanted stems that occur in the text, weighted by rarity; 1 where nothing is wanted."""
    if not wanted:
        return 1.0
    have = _terms(text)
    total = sum(map(corpus.rarity, wanted))
    got = sum(
        corpus.rarity(term) * (1.0 if term in have else 0.7 * bool(same(term) & have)) for term in wanted
    )
    return got / total


def describe(corpus: Corpus, question: Question, hit: Hit, start: int, text: str, near: Near) -> np.ndarray:
    """[len(FEATURES)] float32 of one sentence of a hit's passage that begins at `start` of its source."""
    passage, kind = hit.passage, question.kind
    source = corpus.sources[passage.source_id]
    squashed, here = squash(text), plain(text)
    around = _around(source.title, " ".join(source.authors), passage.text)
    names = [squash(name).removesuffix("s") for name in question.names]
    have = _terms(text) | set(re.findall(r"[%$]", text))
    thing = holds(question, text)
    aside = bool(_ASIDE.search(passage.heading))
    section = bool(question.section and re.search(question.section, passage.heading, re.IGNORECASE))
    record = bool(RECORD.search(text))
    about = passage.source_id in question.about
    compared = sum(name in squashed for name in question.subject_words)
    stands_first = start == first_sentence(source.text)
    found = {
        "cosine": near.cosine,
        "bare": near.bare,
        "stands_out": near.stands_out,
        "familiar": corpus.asked.knows(passage.source_id),
        "meant": near.meant,
        "known": near.known,
        "passage": hit.cosine,
        "found": hit.score,
        "covers": coverage(corpus, question.matter, text),
        "around": coverage(corpus, question.matter, f"{source.title}. {passage.text}"),
        "verbatim": _verbatim(question, text),
        "subject": about,
        "elsewhere": question.proper and not about,
        "foreign": question.proper
        and not about
        and not any(name in f"{squashed} {squash(source.title)}" for name in names),
        "people": any(passage.source_id in ids for ids in question.people),
        "names": _share([name in squashed for name in names]),
        "missing": _share([name not in around for name in names]),
        "thing": kind in ("who", "when", "number", "disagree") and thing,
        "unit": bool(question.units & have) and thing,
        "asked": _share([bool(same(term) & have) for term in question.asked]),
        "record": kind in ("who", "when") and record,
        "off_record": kind not in ("who", "when", "trend", "disagree") and record,
        "reason": kind == "why" and bool(_REASON.search(text)),
        "mechanism": kind == "how" and bool(_MECHANISM.search(text)),
        "defines": kind in ("definition", "demo") and defines(question, text),
        "opens": kind in ("definition", "demo", "compare") and stands_first,
        "section": section,
        "off_section": aside and not section,
        "both": kind == "compare" and compared > 1,
        "third": kind == "compare" and bool(_AGAINST.search(text)) and compared < 2,
        "later": kind == "trend" and bool(_LATER.search(text)),
        "dates": _share([all(part in here for part in date.split()) for date in question.dates]),
        "leans": bool(DANGLING.match(text)),
        "short": len(text.split()) < 6,
        "length": math.log(1 + len(text.split())),
        "series": kind == "list" and not record and bool(_SERIES.search(text)),
    }
    return np.array([found[name] for name in FEATURES], np.float32)


def holds(question: Question, text: str) -> bool:
    """Whether the text holds the person, date or number asked for. Kinds without such a form always do."""
    if question.kind in ("who", "disagree"):
        return bool(PERSON.search(_TITLE.sub("", text)))
    if question.kind == "when":
        return bool(_DATE.search(text))
    if question.kind == "number":
        bare = re.sub(rf"\b(?:in|of|since|by|\w+) {_YEAR}\b", "", _without_names(text))
        return bool(_NUMBER.search(bare))
    return True


def defines(question: Question, text: str) -> bool:
    """'X is a ...' or 'Y, or X, is a ...' where X is the question's subject."""
    match = _DEFINES.match(text)
    if not match:
        return False
    asked = {stem(w) for w in words(question.text) if w not in STOP}
    heads = ({stem(w) for w in words(name) if w not in STOP} for name in match.groups() if name)
    return any(head and head <= asked for head in heads)


def _verbatim(question: Question, text: str) -> float:
    """'announced' is not 'announcement'."""
    asked = {w for w in words(question.text) if w not in STOP}
    return len(asked & set(words(text))) / len(asked) if asked else 0.0


def _share(found: Sequence[bool]) -> float:
    """Of nothing, 0."""
    return sum(found) / len(found) if found else 0.0


def _without_names(text: str) -> str:
    """Names with their numbers taken out: the 2 of V-JEPA 2 counts nothing."""
    return re.sub(r"\b[A-Z][\w-]*(?: \d+(?:\.\d+)?)?\b(?! ?%)|\b\w*[A-Z]\w*-?\d[\w.-]*", " ", text)


@lru_cache(maxsize=8192)
def _terms(text: str) -> frozenset[str]:
    return frozenset(terms(text))


@lru_cache(maxsize=2048)
def _around(title: str, authors: str, text: str) -> str:
    return squash(f"{text} {title} {authors}")


@lru_cache(maxsize=512)
def first_sentence(text: str) -> int:
    """Where the first sentence begins."""
    from corpus.library.passages import sentences

    return next(iter(sentences(text)), (0, 0))[0]
