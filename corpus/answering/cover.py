"""Do the sources answer this question? If not, why not, in plain words.

A logistic regression over a few named signals gives the probability that the chosen sentences answer; below the
caller's caution the question is refused, and the reason is the signal that speaks most against it. Where a source leads
of which no questions are known, such as the user's own document, `corpus.answering.strangers` gives the probability.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from corpus.answering.choose import Candidate
from corpus.answering.features import HEADED, coverage, holds
from corpus.answering.judge import verdicts
from corpus.answering.lexicon import same
from corpus.answering.meaning import Meaning
from corpus.answering.question import Question
from corpus.answering.sense import (
    everyday_lead,
    honoured,
    together,
    undefined,
    unheard,
    unnumbered,
    unsaid,
)
from corpus.answering.strangers import read_strangers
from corpus.answering.strangers import signals as plain_signals
from corpus.answering.weights import Weights
from corpus.retrieval.index import Corpus
from corpus.retrieval.words import plain, squash, stem, terms, words

_BOTH = (
    "around",  # share of what is asked that the quoted passages and titles hold, by rarity
    "told",  # nothing is asked but about named things and people, and the share of them that a quoted source is about
    "asked",  # the noun asked for ("how many X") stands in what is quoted, or none is asked for
    "future",  # the question asks what will be, at no time that is quoted
    "undated",  # the question names a year or month that the quoted passages don't
    "margin",  # how far the best is above the tenth
    "joint",  # share of names and of what is asked that the best single passage holds, by rarity
    "honoured",  # share of what is asked that is quoted in letter or in sense
    "together",  # share of the pairs of its rarest words that stand together anywhere in the corpus
    "length",  # how much is asked: the more, the more may be put in other words
)
SIGNALS: dict[str, tuple[str, ...]] = {
    "dense": (
        *_BOTH,
        "cosine",  # of the best chosen sentence and the question
        "meant",  # the same in the learned metric
        "known",  # of the question and the most alike of those that a sentence read is known to answer
        "astray",  # log odds that nothing answers it, by the known questions round about
        "judged",  # log odds that one of the chosen sentences answers, as the judge reads the two together
        "righted",  # probability that one sets the question right rather than any answers it
        "unheard",  # share of its neighbouring words that stand side by side nowhere
        "undefined",  # it asks in a few words what something is or how it works that is unheard of altogether
        "unsaid",  # rarity of the rarest word asked that neither what is quoted holds nor any question it answers
        "unnumbered",  # the question holds a number that no quoted passage does
        "everyday",  # how much nearer it is to a question of everyday life than to any sentence read
        "sort",  # log odds that a question of this sort has an answer, whatever it is asked of
    ),
    "lexical": (
        *_BOTH,
        "section",  # it stands under the heading that the kind is answered under, in a source about the subject
        "elsewhere",  # the question names a proper subject, and the first sentence's source is not about it
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
_KIND_NAMES = {"who": "a name", "when": "a date", "number": "a figure"}
_NEAR = 0.3
"""Cosine above which a sentence tells something about what the question is about."""


def refuse(
    corpus: Corpus,
    question: Question,
    ranked: Sequence[Candidate],
    chosen: Sequence[Candidate],
    weights: Weights,
    caution: float,
    meaning: Meaning | None = None,
) -> tuple[float, str]:
    """(probability that the chosen sentences answer, why the question is refused or empty where it is not)."""
    if question.unknown:
        what = " or ".join(f"“{name}”" for name in question.unknown)
        return 0.0, f"none of them mentions {what}"
    if not question.terms and not question.about:
        return 0.0, "the question names no subject"
    if not chosen:
        return 0.0, "none of their sentences is about it"
    if max(Counter(terms(question.text)).values(), default=0) > 2:
        return 0.0, "the question says one word over and over"
    if meaning and meaning.alike.certain:
        return 0.0, "it is known that none of them tells that"
    sort = weights.sort.log_odds(meaning, corpus.embedder_hash)
    found = signals(corpus, question, ranked, chosen, meaning, sort)
    if corpus.embedder is not None and not corpus.asked.knows(chosen[0].source_id):
        share = round(read_strangers().share(plain_signals(corpus, question, chosen)), 4)
    else:
        share = round(weights.cover.share(found), 4)
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
    meaning: Meaning | None,
    sort: float,
) -> dict[str, float]:
    """The signals by name, most of them in [0, 1]. `chosen` is not empty; `sort` is what `Sort.log_odds` says."""
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
    strange = unheard(corpus, question)
    judged, righted = verdicts(corpus.embedder, question.text, [c.text for c in chosen])
    return {
        "cosine": max(c.feature("cosine") for c in chosen),
        "meant": max(c.feature("meant") for c in chosen),
        "known": max(c.feature("known") for c in ranked),
        "astray": meaning.alike.astray / 10 if meaning else 0.0,
        "judged": judged / 10,
        "righted": righted,
        "unheard": strange,
        "undefined": undefined(question, strange),
        "unsaid": unsaid(corpus, question, chosen) / 10,
        "unnumbered": unnumbered(question, chosen),
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
        "future": question.future
        and not (question.dates and all(date in plain(quoted) for date in question.dates)),
        "undated": any(date.split()[-1] not in dated for date in question.dates),
        "lead": chosen[0].score / 10,
        "margin": (ranked[0].score - tenth) / 10,
        "elsewhere": chosen[0].feature("elsewhere"),
        "apart": question.kind != "compare" and min(map(len, lacks)) / max(len(question.names), 1),
        "joint": max(_joint(corpus, question, c, len(lack)) for c, lack in zip(chosen, lacks, strict=True)),
        "rarest": max((corpus.rarity(t) for t in question.terms if not same(t) & near), default=0.0) / 10,
        "honoured": honoured(corpus, question, chosen),
        "together": together(corpus, question),
        "everyday": everyday_lead(corpus, meaning, ranked),
        "sort": sort,
        "length": len(question.matter) / 10,
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
