"""What people say to anything that answers, and no source can: hello, thanks, who are you, what can you do.

None of it is a question to the sources, and none of it is about what was asked before, so it is met before a question is
read as a follow-up, and forgotten by the next one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.records import Answer, Refusal
from corpus.retrieval.index import Corpus

EXAMPLE = "Why does LeCun think predicting pixels is the wrong target?"

_LEAD = r"(?:(?:well|ok|okay|oh|so|and|now|please|hey|hi|hello)[,!. ]+)*"
_GREETS = (
    r"(?:hi|hey|hello|hallo|howdy|greetings|yo|hiya)(?: (?:there|again|orrery|all|everyone|friend|you))?|"
    r"good (?:morning|day|afternoon|evening)|how are you(?: doing)?(?: today)?|how do you do|how is it going|how's it going|"
    r"what's up|anybody (?:there|home)|is (?:anybody|anyone|somebody|someone) there|are you there|nice to meet you"
)
_PARTS = (
    r"(?:many )?thanks?(?: you)?(?: (?:a lot|so much|very much|again))?|thx|ty|cheers|(?:that's |very |so )?(?:great|good|cool|nice|"
    r"perfect|awesome|wow|interesting|helpful|amazing)|ok(?:ay)?|i see|got it|understood|alright|all right|(?:good ?)?bye|"
    r"see you(?: later)?|good night|yes|no|never mind|sorry"
)
_ASKS_WHO = (
    r"who (?:are|r) (?:you|u)|what are you|what(?:'s| is) your name|who (?:made|built|wrote|created|programmed) you|"
    r"are you (?:an? )?(?:ai|bot|robot|human|person|real|machine|chatgpt|gpt|claude|gemini|llm|language model|model|alive|conscious)|"
    r"(?:what|which) (?:can|could|do|should) (?:you|i|we) (?:do|ask|know|answer|help with|talk about)(?: you| me| about| here| for me)*|"
    r"(?:how|what) (?:can|could) you help(?: me)?(?: with)?|(?:can|could) you help(?: me)?|help(?: me)?|"
    r"what is (?:this|orrery|this (?:app|page|site|place|thing))(?: for)?|how does (?:this|orrery|this (?:app|page|site|thing)) work|"
    r"how do i use (?:this|it|you)|what do i do(?: here| now)?|tell me about yourself|(?:just )?(?:a )?test(?:ing)?(?: (?:test|123|1 2 3))*"
)


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"{_LEAD}(?:{pattern})(?:[,!. ]+(?:{pattern}|please|then|now))*[ ?!.…:)]*", re.I)


_KINDS = {
    "who": _whole(_ASKS_WHO),
    "greets": _whole(_GREETS),
    "parts": _whole(f"{_PARTS}|{_GREETS}"),
}


def said(text: str) -> str:
    """`who`, `greets` or `parts` where the text is nothing but that; else empty."""
    plain = text.replace("’", "'").strip()
    return next((kind for kind, pattern in _KINDS.items() if pattern.fullmatch(plain)), "")


def asked(history: Sequence[Answer | None]) -> list[Answer]:
    """The answers so far to what was a question."""
    return [answer for answer in history if answer and not said(answer.question)]


def met(text: str, corpus: Corpus) -> Answer | None:
    """The one line that meets it; None for what may be a question."""
    kind = said(text)
    if not kind:
        return None
    line = {
        "greets": f"Hello. Ask something about world models, for example: {EXAMPLE}",
        "parts": "Good. Ask on from where we were, or ask something new.",
        "who": f"This is Orrery. It answers questions about world models from {len(corpus.sources)} sources: each sentence "
        "is quoted from one and numbered, and what they don't cover is refused. You can add documents of your own. "
        f"Ask, for example: {EXAMPLE}",
    }[kind]
    return Answer(
        question=text,
        sentences=(),
        refusal=Refusal(line),
        hits=(),
        writer="extractive",
        notice=corpus.notice,
        corpus_hash=corpus.hash,
        embedder_hash=corpus.embedder_hash,
        kind="manners",
    )
