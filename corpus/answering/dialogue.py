"""Conversation: a follow-up is made whole from what was asked and answered before, without a language model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.answering.lexicon import GENERIC, STOP
from corpus.answering.referents import LEAD, ORDER, cited, named_in, nth_item, person, subjects_in, the_two
from corpus.records import Answer
from corpus.retrieval.index import Corpus
from corpus.retrieval.words import plain, squash, terms, words

_FRESH = re.compile(
    r"^(?:now |ok,? )?(?:something else|another question|a different question|new topic)\s*[:,.-]?\s*", re.I
)
_OPENER = re.compile(r"^(?:(?:and|but|so|ok|okay|then|also|well|now)\b[,:; ]*)+", re.I)
_ABOUT = re.compile(
    r"^(?:and|but|what about|how about|and what about|and how about)\b[, ]*(.+?)[ ?.!]*$", re.I
)
_ASKS = re.compile(
    r"^(?:who|whose|whom|what|which|when|where|why|how|is|are|was|were|do|does|did|can|could|has|have|will|would|"
    r"should|by|since|in which|on which|any|tell|say|show|name|list|explain)\b",
    re.I,
)
_PERSONAL = re.compile(r"\b(he|she|him|her|his|hers)\b", re.I)
_TWO = re.compile(r"\b(the two|both|the both of them|these two|those two)\b", re.I)
_DEFINES = re.compile(
    r"^(?:so |and )?(?:what(?:'s| is| are| was| were)|define|explain) (?:an? )?((?:the )?(?:[\w'’-]+ ?){1,5}?)\??$",
    re.I,
)
_NTH = re.compile(rf"\bthe (?:({'|'.join(ORDER)}|last))(?: one| point| sentence)?\b", re.I)
_AGAIN = re.compile(
    r"^(?:please )?(?:tell me more|say more|more|go on|elaborate|in (?:more )?detail|at length|continue)(?: please)?[ ?.!]*$",
    re.I,
)
_THEY_DIFFER = re.compile(r"\b(difference|differ|compare)\b", re.I)
_BESIDE = re.compile(
    r"\b(?:changed?|different|differ|improve[ds]?) (?:\w+ ){0,2}(?:from|than|to|over|on|with)\b|\b(?:better|worse|faster|slower|"
    r"bigger|larger|smaller|cheaper) than\b|\bcompared? (?:to|with|against)\b|\bagainst\b|\bunlike\b",
    re.I,
)
"""What is named after these is what the talk's thing is held against."""
_OWN = re.compile(r"^(?:its|their|his|her) (.+)", re.I)
_AUXILIARY = re.compile(r"^(?:is|are|was|were|do|does|did|can|could|has|have|will|would|should|must)\b", re.I)
_SO = re.compile(r"\b(?:do|does|did|done|manage|achieve) (?:it|that|this|so)[ ?.!]*$", re.I)
_BARE = re.compile(r"^(why|how|when|who|where|how so|why not|says who|really)[ ?!.]*$", re.I)
_PHRASE = re.compile(r"^(in|on|at|with|for|by|of|from|under|since|after|before|without)\b", re.I)


@dataclass(frozen=True)
class Asked:
    """A question, and how it is read."""

    question: str
    """As it was typed."""
    text: str
    """As it stands alone."""
    focus: frozenset[str] = frozenset()
    """Ids of the sources that the conversation is about, for a follow-up."""
    topic: str = ""
    """What the conversation is still about; empty where the question has moved on."""
    others: tuple[str, ...] = ()
    """What else it may mean; tried where the first reading is not clearly answered."""


def resolve(question: str, history: Sequence[Answer], corpus: Corpus) -> str:
    """The question as it stands alone: "who proposed it?" after "What is JEPA?" is "who proposed JEPA?"."""
    return follow(question, history, corpus).text


def follow(question: str, history: Sequence[Answer], corpus: Corpus) -> Asked:
    """How a question is read after the answers before it; by itself where it stands alone."""
    fresh = _FRESH.sub("", question)
    if not history or fresh != question:
        return Asked(question, fresh or question)
    last = history[-1]
    before = last.read_as or last.question
    names = corpus.names
    told = next((answer for answer in reversed(history) if answer.sentences), None)
    focus = frozenset(cited(told)[:2])
    topic = last.topic

    def still(text: str) -> Asked:
        return Asked(question, text, focus, topic)

    bare = _OPENER.sub("", question) or question

    if _AGAIN.match(bare):
        return still(f"{before.rstrip(' ?.!')}, in detail?")
    if _BARE.match(bare):
        wh = bare.strip(" ?!.").lower()
        wh = {"how so": "how", "why not": "why not:", "says who": "who says", "when": "when did"}.get(wh, wh)
        rest = before if _AUXILIARY.match(before) else LEAD.sub("", before)
        return still(f"{wh} {rest.strip(' ?')}?")
    if (nth := _NTH.search(bare)) and (item := nth_item(nth.group(1).lower(), history)):
        text = _put(bare, nth, item)
        return still(_about(text if _ASKS.match(text) else f"tell me more about {text}", topic))
    about = _ABOUT.match(question)
    if about and not _ASKS.match(about.group(1)):
        if (part := _OWN.match(about.group(1))) and topic:
            if part.group(1).rstrip("s") == "successor":
                return still(f"what came after {topic}?")
            return still(f"what is {topic}'s {part.group(1)}?")
        text, moved = _instead(about.group(1), before, corpus)
        if not moved:
            return still(text)
        within = f"{_without(before, topic)}, {about.group(1)}, about {topic}?"
        return Asked(question, text, others=(within,) if topic else ())
    own = subjects_in(bare, names) or named_in(bare)
    if (_TWO.search(bare) or (_THEY_DIFFER.search(bare) and not own)) and (pair := the_two(history, names)):
        both = " and ".join(pair)
        return still(_TWO.sub(both, bare, count=1) if _TWO.search(bare) else f"how do {both} differ?")
    if _SO.search(bare) and own:
        return Asked(question, _instead(own[0], before, corpus)[0])
    if (who := _PERSONAL.search(bare)) and (him := person(history, corpus)):
        return still(_put(bare, who, f"{him}'s" if who.group(1).lower() in ("his", "her", "hers") else him))
    it = _it(bare)
    if (it and names.subjects(topic)) or (it and named_in(f"x {topic}")):
        return still(_put(bare, it, f"{topic}'s" if it.group(1).lower() in ("its", "their") else topic))
    if not it and own:
        if _BESIDE.search(bare) and len(own) == 1 and squash(topic) != squash(own[0]):
            return still(_about(bare, topic))
        return Asked(question, bare)
    text = _about(bare, topic)
    asked = " ".join(w for w in words(LEAD.sub("", before)) if w not in STOP)
    return Asked(
        question, text, focus, topic, (_about(bare, asked),) if plain(asked) not in plain(text) else ()
    )


def topic_of(text: str, chosen: Sequence[str], corpus: Corpus) -> str:
    """What a question that stands alone is about, as a follow-up may say it. `chosen`: ids of the sources cited.

    "What is X?" is about X. Else it is about the first thing it names that has a source; or about what the source that
    answered it is about; or about its content words.
    """
    if match := _DEFINES.match(text):
        return match.group(1)
    if named := subjects_in(text, corpus.names):
        return named[0]
    named = [name for name in named_in(text) if name not in GENERIC]
    lead = chosen[0] if chosen and 2 * chosen.count(chosen[0]) >= len(chosen) else ""
    systems = corpus.sources[lead].systems if lead else ()
    if systems and (not named or any(squash(name) in squash(systems[0]) for name in named)):
        return systems[0]
    if named:
        return named[0]
    return " ".join(w for w in words(LEAD.sub("", text)) if w not in STOP)


def _it(text: str) -> re.Match[str] | None:
    """A pronoun that stands for something said before."""
    for match in re.finditer(r"\b(its?|they|them|their|this|that|these|those)\b(?! own\b)", text, re.I):
        after = text[match.end() :].strip(" ?")
        if (
            match.group().lower() in ("that", "this", "these", "those")
            and re.match(r"[a-z]+", after)
            and not _verb(after)
        ):
            continue  # "that research", "that it works": no pronoun by itself
        return match
    return None


def _verb(text: str) -> bool:
    return bool(
        re.match(
            r"(is|are|was|were|does|do|did|can|could|has|have|will|would|certain|true|work|happen|hold|still)\b",
            text,
        )
    )


def _put(text: str, match: re.Match[str], instead: str) -> str:
    return f"{text[: match.start()]}{instead}{text[match.end() :]}"


_AMOUNT = re.compile(r"^(?:and )?how (?:many|much) [\w-]+[ ?.!]*$", re.IGNORECASE)
"""Leaves out the verb too: how many parameters?"""


def _about(text: str, topic: str, *said: str) -> str:
    """The question with what it is about behind it, unless that is said already."""
    if not topic or plain(topic) in plain(text):
        return text
    if _AMOUNT.match(text):
        return f"{text.rstrip(' ?.!')} does {topic} have?"
    return f"{text.rstrip(' ?.!')}, about {topic}?"


def _without(before: str, topic: str) -> str:
    """The question before, without what a follow-up had put behind it."""
    return re.sub(rf",? about {re.escape(topic)}\??$", "", before).rstrip(" ?")


def _instead(new: str, before: str, corpus: Corpus) -> tuple[str, bool]:
    """("how many parameters does GAIA-2 have?", True) from "GAIA-2" and what was asked of GAIA-1; and whether the
    talk has moved to another named thing."""
    names = corpus.names
    named = subjects_in(before, names) or named_in(before)
    if phrase := _PHRASE.match(new):
        old = re.search(rf"\b{phrase.group(1)}\b [^,?]+", before, re.I)
        text = _put(before, old, new) if old else f"{before.rstrip(' ?')} {new}?"
        return text, False
    if names.subjects(new) or named_in(f"x {new}"):
        if named:
            return re.sub(rf"[\w-]*{re.escape(named[0])}[\w-]*", lambda _: new, before, count=1), True
        return f"{before.rstrip(' ?')}, about {new}?", True
    head = words(new)[-1] if words(new) else ""
    if head and (old := re.search(rf"\b(?:the |a |an )?[\w-]+ {re.escape(head)}\b", before, re.I)):
        return _put(before, old, new), False
    for pair in re.finditer(r"(?=\b([\w-]+) ([\w-]+))", before) if len(new.split()) == 1 else ():
        first, second = pair.groups()
        if plain(first) not in STOP and _stand_together(corpus, new, second):
            return before[: pair.start()] + new + before[pair.start() + len(first) :], False
    return f"{before.rstrip(' ?')}, {new}?", False


def _stand_together(corpus: Corpus, one: str, other: str) -> bool:
    """Whether some passage has the two words side by side: epistemic uncertainty."""
    pair = terms(f"{one} {other}")
    if len(pair) != 2 or not all(map(corpus.count, pair)):
        return False
    query = "select 1 from words where words match ? limit 1"
    return corpus.store.db.execute(query, (f'"{pair[0]} {pair[1]}"',)).fetchone() is not None
