"""Do the sources answer this question? If not, why not, in plain words.

A logistic regression over a few named signals gives the probability that the chosen sentences answer; below the
caller's caution the question is refused, and the reason is the signal that speaks most against it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from corpus.answering.choose import Candidate
from corpus.answering.features import HEADED, RECORD, coverage, holds
from corpus.answering.lexicon import same
from corpus.answering.question import Question
from corpus.answering.sense import everyday_lead, honoured, together
from corpus.answering.weights import Linear
from corpus.retrieval.index import Corpus
from corpus.retrieval.words import squash, stem, terms, words

_BOTH = (
    "around",  # share of what is asked that the quoted passages and titles hold, by rarity
    "told",  # nothing is asked but about named things and people, and the share of them that a quoted source is about
    "asked",  # the noun asked for ("how many X") stands in what is quoted, or none is asked for
    "section",  # it stands under the heading that the kind is answered under, in a source about the subject
    "future",  # the question asks what will be
    "undated",  # the question names a year or month that the quoted passages don't
    "margin",  # how far the best is above the tenth
    "elsewhere",  # the question names a proper subject, and the first sentence's source is not about it
    "joint",  # share of names and of what is asked that the best single passage holds, by rarity
    "honoured",  # share of what is asked that is quoted in letter or in sense
    "together",  # share of the pairs of its rarest words that stand together anywhere in the corpus
)
SIGNALS: dict[str, tuple[str, ...]] = {
    "dense": (
        *_BOTH,
        "cosine",  # of the best chosen sentence and the question
        "least",  # how far the least honoured word is held
        "everyday",  # how much nearer it is to a question of everyday life than to any sentence read
    ),
    "lexical": (
        *_BOTH,
        "covers",  # share of what is asked that the chosen sentences hold, by rarity
        "strange",  # share of what is asked that stands nowhere in the corpus, by rarity
        "missing",  # share of the question's names that the quoted passages don't mention
        "subject",  # a quoted source is about a named subject
        "nameless",  # the question names no subject that has a source
        "thing",  # the first sentences hold the person, date or number asked for
        "no_thing",  # one is asked for, and none of the chosen holds it
        "lead",  # the first sentence's score
        "apart",  # share of the question's names that even the best single passage lacks; 0 in a comparison
        "rarest",  # rarity of what is asked and the quoted passages don't hold, of the rarest such
    ),
}
"""By equipment: with the embedder, what else was tried (those of the other list) did not pay when left out of the fit."""
OPENING = 150
"""Characters in which a source says what it is about, and whose."""
_KIND_NAMES = {"who": "a name", "when": "a date", "number": "a figure"}
_MADE = re.compile(
    r"\b(?:did|does|do|has|have|had) (.{2,60}?) (?:invent|introduce|create|build|make|develop|propose|design|write|publish|"
    r"release|found|launch|invented|introduced|created|built|made|developed|proposed|designed|written|published|released|"
    r"founded|launched)\b(.+)"
)
_NEAR = 0.3
"""Cosine above which a sentence tells something about what the question is about."""


def refuse(
    corpus: Corpus,
    question: Question,
    ranked: Sequence[Candidate],
    chosen: Sequence[Candidate],
    cover: Linear,
    caution: float,
    vector: np.ndarray | None = None,
) -> tuple[float, str]:
    """(probability that the chosen sentences answer, why the question is refused or empty where it is not)."""
    if question.unknown:
        what = " or ".join(f"“{name}”" for name in question.unknown)
        return 0.0, f"none of them mentions {what}"
    if not question.terms and not question.about:
        return 0.0, "the question names no subject"
    if not chosen:
        return 0.0, "none of their sentences is about it"
    found = signals(corpus, question, ranked, chosen, vector)
    share = round(cover.share(found), 4)
    return share, _why(corpus, question, chosen, found) if share < caution else ""


def _why(corpus: Corpus, question: Question, chosen: Sequence[Candidate], found: dict[str, float]) -> str:
    """The plainest of what speaks against the answer."""
    if found["missing"]:
        return f"what they say nearby doesn't mention “{absent(corpus, question, chosen)[0]}”"
    if corpus.embedder is not None and found["cosine"] < _NEAR:
        return "none of their sentences is about it"
    if found["strange"] > 0.5 and found["nameless"]:
        return "its words hardly occur in them"
    if found["no_thing"]:
        return f"none of the nearest sentences gives {_KIND_NAMES[question.kind]} for it"
    if found["future"]:
        return "it asks what will be, and what they say nearby doesn't tell that"
    have = set(terms(" ".join(f"{c.hit.title} {c.hit.passage.text}" for c in chosen)))
    lacking = {term: corpus.rarity(term) for term in question.matter if not same(term) & have}
    for word in words(question.text):
        if lacking and stem(word) == max(lacking, key=lambda term: lacking[term]):
            return f"what they say nearby tells nothing of “{word}”"
    return "what they say nearby doesn't answer just that"


def made_by_another(corpus: Corpus, question: Question, ranked: Sequence[Candidate]) -> Candidate | None:
    """The sentence that says who made the thing, where the question takes for granted that somebody else did.

    "Why did LeCun invent DreamerV3?": the sources about DreamerV3 tell who introduced it, and it isn't LeCun. None
    where the maker is named among its authors, or where it begins, or where nothing tells who made it.
    """
    match = _MADE.search(question.text)
    if not match or not any(word[0].isupper() for word in match.group(1).split()):
        return None
    who, thing = squash(match.group(1).split()[-1]), match.group(2)
    about = {id for _, _, ids in corpus.names.subjects(thing) for id in ids}
    told = [c for c in ranked if c.source_id in about and RECORD.search(c.text) and not c.feature("leans")]
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
    match = _MADE.search(question.text)
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


def nearest(ranked: Sequence[Candidate], first: Candidate | None = None, most: int = 3) -> list[Candidate]:
    """What the sources say that comes nearest to a refused question, one sentence a source; `first` before all."""
    found = [c for c in ranked if not c.feature("leans")]
    found = [c for c in found if c.feature("cosine") >= _NEAR or c.feature("subject")]
    found = ([first] if first else []) + found
    best: dict[str, Candidate] = {}
    for candidate in found:
        best.setdefault(candidate.source_id, candidate)
    return list(best.values())[:most]


def signals(
    corpus: Corpus,
    question: Question,
    ranked: Sequence[Candidate],
    chosen: Sequence[Candidate],
    vector: np.ndarray | None = None,
) -> dict[str, float]:
    """The signals by name, most of them in [0, 1]. `chosen` is not empty; `vector` [d] is the question's."""
    quoted = " ".join(f"{c.text} {' '.join(HEADED.get(c.hit.passage.heading.lower(), ()))}" for c in chosen)
    around = " ".join(dict.fromkeys(f"{c.hit.title}. {c.hit.passage.text}" for c in chosen))
    sources = {c.source_id for c in chosen}
    rarity = [(corpus.rarity(term), not corpus.count(term)) for term in question.terms]
    thing = question.kind in _KIND_NAMES and any(holds(question, c.text) for c in chosen)
    have, near = set(terms(quoted)), set(terms(around))
    lacks = [absent(corpus, question, [c]) for c in chosen]
    tenth = ranked[min(9, len(ranked) - 1)].score
    written = [any(c.source_id in ids for c in chosen) for ids in question.people]
    about = [bool(sources & ids) for ids in question.subjects] + written
    dated = f"{around} {' '.join(corpus.sources[id].published for id in sources)}"
    share, least = honoured(corpus, question, chosen)
    return {
        "cosine": max(c.feature("cosine") for c in chosen),
        "covers": coverage(corpus, question.matter, quoted),
        "around": coverage(corpus, question.matter, around),
        "told": not question.matter and _share(about),
        "strange": sum(r for r, unseen in rarity if unseen) / (sum(r for r, _ in rarity) or 1.0),
        "missing": len(absent(corpus, question, chosen)) / max(len(question.names), 1),
        "subject": bool(sources & question.about),
        "nameless": not question.about,
        "thing": thing,
        "no_thing": question.kind in _KIND_NAMES and not thing,
        "asked": all(same(term) & have for term in question.asked),
        "section": any(c.feature("section") and c.source_id in question.about for c in chosen),
        "future": question.future,
        "undated": any(date.split()[-1] not in dated for date in question.dates),
        "lead": chosen[0].score / 10,
        "margin": (ranked[0].score - tenth) / 10,
        "elsewhere": chosen[0].feature("elsewhere"),
        "apart": question.kind != "compare" and min(map(len, lacks)) / max(len(question.names), 1),
        "joint": max(_joint(corpus, question, c, len(lack)) for c, lack in zip(chosen, lacks, strict=True)),
        "rarest": max((corpus.rarity(t) for t in question.terms if not same(t) & near), default=0.0) / 10,
        "honoured": share,
        "least": least,
        "together": together(corpus, question),
        "everyday": everyday_lead(corpus, question, vector, ranked, chosen[0]),
    }


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else 0.0


def _joint(corpus: Corpus, question: Question, candidate: Candidate, lacking: int) -> float:
    """Names weigh as much as the rarest word; without names and words to find, 1."""
    rarities = [corpus.rarity(term) for term in question.matter]
    named = max(rarities, default=1.0)
    total = sum(rarities) + named * len(question.names)
    held = candidate.feature("around") * sum(rarities) + named * (len(question.names) - lacking)
    return held / total if total else 1.0


def absent(corpus: Corpus, question: Question, chosen: Sequence[Candidate]) -> list[str]:
    """The names of the question that neither the quoted passages nor their sources' titles and authors mention."""
    around = [c.hit.passage for c in chosen]
    text = " ".join(
        f"{p.text} {corpus.sources[p.source_id].title} {' '.join(corpus.sources[p.source_id].authors)}"
        for p in around
    )
    have, squashed = set(terms(text)), squash(text)
    about = {p.source_id for p in around} & question.about
    found = []
    for name in question.names:
        if squash(name).removesuffix("s") in squashed or (about and squash(name) in question.subject_words):
            continue
        last = words(name)[-1]
        if not same(stem(last)) & have or last.isdigit():
            found.append(name)
    return found
