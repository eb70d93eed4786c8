"""Word lists: how English asks for things, and words that say the same in a question about a source.

Stems are those of the English Snowball stemmer.
"""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["who", "when", "number", "definition", "why", "how", "general"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STOP = _words(
    """
    a about above after again against all also although am among an and any anybody anyone anything
    are as at be because been before being between both but by can cannot could did do does doing
    don done down during each either else ever every exactly few for from further get gets give
    given go goes had has have having he her here hers him his how however i if in into is isn it
    its itself just let like many may me might more most much must my near need neither no nor not
    now of off on once one only or other our out over own per please rather really s same say says
    said see shall she should show shows since so some someone something such t take tell than that
    the their them then there these they thing things think thinks this those though through to too
    toward towards under until up upon us use used uses using very via want was way we well were
    what whatever when where whether which while who whom whose why will with within without would
    yet you your according actually explain describe called call mean means meant people
    """
)
"""Words that carry no subject. A question made only of them asks about nothing."""

KINDS: tuple[tuple[Kind, str], ...] = (
    (
        "who",
        r"\b(who|whose|whom)\b|\b(which|what) (person|people|researchers?|scientists?|authors?|company|lab|team)\b",
    ),
    ("who", r"\bauthors? of\b"),
    ("when", r"\bwhen\b(?! (a|an|the) )|\b(what|which) (year|date|month|day)\b"),
    (
        "number",
        r"\bhow (many|much|fast|long|large|big|often|far|high|accurate|quickly|expensive|old|tall|wide)\b"
        r"|\b(what|which) (percentage|fraction|share|score|resolution|rate|number|size|accuracy|"
        r"success rate|frame rate|speed|price)\b|\bwhat (is|was) the (score|resolution|number|size|accuracy|"
        r"price|cost|population|success rate|frame rate|parameter count|percentage)\b",
    ),
    ("why", r"\bwhy\b|\bwhat (is|was) the reason\b|\breasons? (for|behind|why)\b|\bhow come\b"),
    ("definition", r"^(please )?(tell me|what do you know|explain|describe)\b(?!.* (how|why)\b)"),
    (
        "definition",
        r"^(so |and |ok |please )?(what('s| is| are| was)|define|who or what is|what does .* (stand for|mean))\b",
    ),
    ("how", r"\bhow\b"),
)
COMPARE = re.compile(
    r"\b(differ|differs|different|difference|differences|versus|vs|compare[ds]?|comparison|unlike)\b"
)

UNITS = {
    "fast": "hz fps frame second millisecond minut speed faster per",
    "quickly": "second millisecond minut hour step frame",
    "long": "second minut hour day week month year frame step",
    "large": "paramet million billion size gb mb pixel layer",
    "big": "paramet million billion size gb mb pixel layer",
    "far": "step metr meter kilomet percent frame",
    "old": "year month age",
    "expensive": "dollar cost $ usd euro price",
    "accurate": "percent % accuraci score",
    "often": "percent % time case second",
}
"""What may stand beside the number that answers 'how fast' and the like."""
FORM_WORDS = {
    "number": _words(
        "many much fast long large big often far high accurate quickly expensive old tall wide number"
    ),
    "who": _words(
        "person people researcher researchers scientist scientists author authors company lab team"
    ),
    "when": _words("year date month day"),
    "why": _words("reason reasons come"),
}
"""Words that only say which kind of thing is asked for; no answer need repeat them."""
ANY = _words(
    """
    kind type sort name idea point purpose goal aim main role problem argument system model method
    paper source part way reason difference meaning definition evidence claim view opinion approach
    example agent project relation relationship importance advantage benefit key core central basic
    first best new experiment study test thing
    """
)
"""Nouns that a right answer need not repeat."""

_SYNONYMS = (
    "introduc publish releas announc propos present made make built build develop invent creat wrote write author launch post describ came come behind",
    "disagre critic criticis criticiz object oppos reject disput doubt question sceptic skeptic answer repli argu",
    "limit weak weakness fail failur shortcom drawback cannot lack",
    "accuraci score success succeed perform result percent",
    "big large size paramet",
    "job employ worker work labour labor",
    "predict forecast anticip",
    "robot arm",
    "cost expens price",
    "quick fast speed rapid",
    "begin start",
    "problem failur danger risk harm worri",
    "choos pick select search decid",
    "hardwar gpu tpu gpus tpus h100",
    "optimis optim optimiz",
    "find found discov",
    "know knew known",
    "teach taught learn",
    "run ran",
    "show shown demonstr prove",
    "win won best highest top lead beat strongest",
    "claim argu conclud report believ state opinion view posit",
    "data dataset video footag clip",
    "remember memori recal forget",
    "differ unlik versus compar",
)
SAME: dict[str, frozenset[str]] = {}
for _group in _SYNONYMS:
    for _word in _group.split():
        SAME[_word] = SAME.get(_word, frozenset()) | _words(_group)


def same(term: str) -> frozenset[str]:
    """The stem and those that say the same in a question about a source."""
    return SAME.get(term, frozenset()) | {term}
