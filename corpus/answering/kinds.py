"""Kinds of question: how English asks for each, and what each asks for."""

from __future__ import annotations

from typing import Literal

Kind = Literal[
    "demo",
    "disagree",
    "limits",
    "compare",
    "who",
    "when",
    "number",
    "why",
    "trend",
    "definition",
    "yesno",
    "list",
    "how",
    "general",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


KINDS: tuple[tuple[Kind, str], ...] = (
    (
        "demo",
        r"^(please )?(show me|let me (see|try|play|watch)|demonstrate|simulate|run (me )?(a|an|the|your)|can (i|you) (see|watch|try|show))\b|\bdemo\b",
    ),
    (
        "disagree",
        r"\b(disagree|disput|critic|object(s|ed|ing|ions?)? to\b|who objects?\b|objections?\b|oppos(e|es|ed|ition|ing)\b|doubts?\b|"
        r"doubted|doubters|rebut|refut|sceptic|skeptic|reject|counter-?argu|against the (idea|claim|view|argument)|(arguments?|case|evidence|speaks?|said) against|"
        r"argues? against|opposite of|contradict|challenge[sd]? (the|this|that)|repl(y|ied|ies) to|respon(ded|se) to|"
        r"defend(s|ed)?\b.* against|still defends?|(hold|have|has|got) against\b|agree[sd]?|exaggerat\w+|overstated|other side|(not|n't) convinced|unconvinced|opponents?\b|"
        r"argue[sd]? with\b|(spoke|speaks?|spoken) (up |out )?against\b|who (\w+ )?complain(s|ed)?\b|(every(one|body)|any(one|body)|all) (convinced|agrees?|repl(y|ied)|answer(ed)?|respond(ed)?)\b|"
        r"who('s| is| are) against|who (thinks?|says?|said|sees?|explains?) .*\b(wrong|only|not|otherwise|differently|too \w+)\b|who says otherwise)",
    ),
    ("list", r"^(which|what) (are (the )?)?(two|three|four|five|six|seven)\b"),
    (
        "limits",
        r"^(?!(?:so |and |but )?why\b).*\b(limits?|limitations?|limited|weak(ness|nesses)?|shortcomings?|drawbacks?|caveats?|downsides?|flaws?|"
        r"(fall|falls|fell) short|leaves? out|left out|not (good|able|show|prove|cover|tested|measured)|bad at|fails? (at|to)|where (does|do|did) .* (fail|break|struggle)|"
        r"outside the reach|what can (\w+ ){1,4}not|gets? wrong|struggles?|cannot do|can't do|blind spots?|what .*(doesn't|does not|don't|can't|cannot|didn't))\b",
    ),
    (
        "compare",
        r"\b(differ|differs|differed|different|difference|differences|versus|vs|compare[ds]?|comparison|unlike|better than|"
        r"worse than|faster than|compared)\b|\b(?!rather|other)\w+er than\b|\b(more|less) \w+ than\b|\bagainst\b(?=.*\d|\s[A-Z])|\bchange[ds]? .*\bfrom\b.*\bto\b|\b(and|or)\b.*: how\b",
    ),
    ("why", r"^((so|and|but) )?(why|how come)\b"),
    (
        "who",
        r"\b(who|whose|whom)\b|\b(which|what) (person|people|researchers?|scientists?|authors?|company|lab|team|group|economists?|"
        r"university|institute)\b|\bauthors? of\b",
    ),
    (
        "when",
        r"^(\w+ )?when (did|do|does|was|were|will|is|are|has)\b|\b(what|which) (year|date|month|day)\b|\bsince when\b",
    ),
    (
        "number",
        r"\bhow (many|much|fast|long|large|big|often|far|high|accurate|quickly|expensive|old|tall|wide|well|good|small|deep)\b"
        r"|\b(what|which) (percentage|fraction|share|score|resolution|rate|number|size|accuracy|"
        r"success rate|frame rate|speed|price)\b|\bwhat (is|was) the (score|resolution|number|size|accuracy|"
        r"price|cost|population|success rate|frame rate|parameter count|percentage)\b|\bafter how\b"
        r"|^(and |so )?what (does|did|do|would) .*\b(cost|score|earn|weigh)\b",
    ),
    ("why", r"\bwhy\b|\bwhat (is|was) the reason\b|\breasons? (for|behind|why)\b|\bhow come\b"),
    (
        "trend",
        r"\b(what('s| is| has)? (changed|new|happened|happening|recent)|latest|lately|recently|came after|comes after|trends?|"
        r"over (time|the years)|(in|since|during|by) ((january|february|march|april|may|june|july|august|september|october|november|"
        r"december) )?20\d\d)\b",
    ),
    (
        "list",
        r"^(please )?(list|name)\b|\b(which|what) (are )?(the )?(two|three|four|five|six|seven|several|main|different)\b"
        r"|^(which|what|on which|in which) (\w+ ){0,2}\w+s (does|do|did|are|were|can|matter|make|will|should)\b",
    ),
    ("definition", r"^(please )?(tell me|what do you know|explain|describe)\b(?!.* (how|why)\b)"),
    (
        "definition",
        r"\bwhat (does|do) (that|this|it|they|these) mean\b|^(so |and |ok |please )?(what('s| is| are| was)|define|who or what is|what does .* (stand for|mean))\b",
    ),
    ("how", r"\bhow\b"),
    (
        "yesno",
        r"^(so |and |but |ok )?(is|are|was|were|do|does|did|can|could|has|have|had|will|would|should|isn't|aren't|doesn't|"
        r"don't|didn't|can't)\b",
    ),
)
"""The first that matches is the kind of the question."""

WANTS: dict[str, str] = {
    "limits": r"not show|limit|weakness|shortcoming|caveat|discussion",
    "disagree": r"disagree|critic|debate|repl(y|ies)|objection",
    "number": r"figures|results?\b|experiment|evaluation",
}
"""Headings under which a kind of question is answered, whoever wrote the document."""

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
    "limits": _words(
        """limit limits limitation limitations weak weakness weaknesses shortcoming shortcomings drawback drawbacks
        caveat caveats downside downsides flaw flaws fall falls fell short leave leaves left good bad able wrong
        manage outside reach struggle fail fails admit admits doesn't don't can't kinds"""
    ),
    "disagree": _words(
        """otherwise differently explain explains sees objects
        disagree disagrees disagreed dispute disputes disputed critic critics criticise criticised criticises
        criticize criticized criticism object objects objected oppose opposes opposed doubt doubts doubted against
        rebut rebutted rebuttal opponents convinced argued argues argue spoke speaks complained complains complain reject rejects rejected reply replied opposite defended found wrote"""
    ),
    "compare": _words(
        "differ differs differed different difference differences versus vs compare compares compared comparison unlike change changed"
    ),
    "trend": _words("changed change new happened latest recent recently came trend announced bring"),
    "list": _words("list name two three four five six seven several main"),
    "demo": _words("please demo demonstrate simulate run try play watch"),
    "definition": _words("define mean stand"),
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
