"""Reading a question: what kind of thing it asks for, about what, in which words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.answering.kinds import ANY, FORM_WORDS, KINDS, UNITS, WANTS, Kind
from corpus.answering.lexicon import GENERIC, STOP
from corpus.answering.names import Names
from corpus.errors import CorpusError
from corpus.retrieval.words import plain, stem, words

MAX_CHARACTERS = 4000

_MORE = re.compile(
    r"\b(in (more |full )?detail|more about|at length|tell me everything|elaborate|long answer)\b"
)
_DATE = re.compile(
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december)? ?(?:19|20)\d\d\b"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_FUTURE = re.compile(
    r"^(?!.*\b(says?|said|thinks?|believes?|predicts?|expects?|forecasts?|according to)\b).*"
    r"\b(will|going to|next (year|month|decade|week)|tomorrow|upcoming)\b"
)


@dataclass(frozen=True)
class Question:
    """A checked question and what can be told from its form."""

    text: str
    bare: str
    """The text without the names of what has a source: the same question could be asked of another thing."""
    kind: Kind
    terms: tuple[str, ...]
    """Stems of its content words, those of the subjects' names and those that only tell the kind left out."""
    matter: tuple[str, ...]
    """The terms without the words of names: what is asked about them."""
    asked: tuple[str, ...]
    """For 'how many X', 'which X' and 'what is the X of': the stems of X. Empty otherwise."""
    units: frozenset[str]
    """For 'how fast' and the like: stems of which one must stand beside the number."""
    dates: tuple[str, ...]
    """The years and months it names, in small letters: '2026', 'march 2026'."""
    future: bool
    """Whether it asks what will be."""
    more: bool
    """Whether it asks for more than a short answer."""
    subjects: tuple[frozenset[str], ...]
    """For each name in the question: ids of the sources about it."""
    subject_words: frozenset[str]
    """The subjects' names, squashed."""
    proper: bool
    """Whether a subject is a proper name: then the answer must be about it."""
    focus: frozenset[str]
    """Ids of the sources that the conversation is about."""
    people: tuple[frozenset[str], ...]
    """For each author named: ids of the sources they wrote."""
    names: tuple[str, ...]
    """Names as the question writes them, that sources should mention."""
    unknown: tuple[str, ...]
    """Names that no source mentions."""

    @property
    def about(self) -> frozenset[str]:
        """Ids of all the sources about a subject."""
        return self.focus.union(*self.subjects)

    @property
    def section(self) -> str:
        """A pattern for the headings under which its kind is answered, or empty."""
        return WANTS.get(self.kind, "")


def checked(text: str) -> str:
    """The question as one clean line, or CorpusError: empty, too long, or not text."""
    if not isinstance(text, str):
        raise CorpusError(f"the question must be text, not {type(text).__name__}")
    if len(text) > MAX_CHARACTERS:
        raise CorpusError(
            f"the question has {len(text):,} characters; the limit is {MAX_CHARACTERS:,}; ask a shorter one"
        )
    strange = [c for c in text if unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") and c not in "\n\r\t"]
    if strange or "\ufffd" in text:
        found = f"U+{ord(strange[0]):04X}" if strange else "U+FFFD"
        raise CorpusError(f"the question holds binary or control characters ({found}); type it as plain text")
    text = " ".join("".join(c for c in text if unicodedata.category(c) != "Cf").split())
    if not text:
        raise CorpusError("the question is empty; ask something, for example: What is a world model?")
    if not any(c.isalnum() for c in text):
        raise CorpusError("the question has no words; ask something, for example: What is a world model?")
    return text


def parse(text: str, names: Names, focus: frozenset[str] = frozenset()) -> Question:
    """What the question asks, from its form and the names the corpus knows. `text` is already `checked`.

    `focus`: ids of the sources that the conversation is about, for a follow-up.
    """
    low = plain(text)
    cased = bool(re.search(r"(?<=\w )[A-Z]", text))
    hits = [hit for hit in names.subjects(text) if not (cased and _plain_word(hit[0], text, names))]
    kind = kind_of(text, len(hits))
    in_subject = {i for _, (a, b), _ in hits for i in range(a, b)}
    tokens = re.findall(r"[^\W_]+", low)
    subject_words = {tokens[i] for i in in_subject}
    form = FORM_WORDS.get(kind, frozenset()) | (
        {"more", "detail", "length", "elaborate"} if _MORE.search(low) else set()
    )
    content = [
        w for w in words(text) if w not in STOP and w not in form and not set(w.split("-")) <= subject_words
    ]
    adjective = re.search(r"\bhow (\w+)", low)
    units = (
        frozenset(UNITS.get(adjective.group(1), "").split())
        if adjective and kind == "number"
        else frozenset()
    )
    named, unknown = _named(text, names, subject_words, cased)
    in_names = {part for name in named for word in words(name) for part in (word, *word.split("-"))}
    return Question(
        text=text,
        bare=_bare(text, [span for _, span, _ in hits]),
        kind=kind,
        terms=tuple(dict.fromkeys(stem(w) for w in content)),
        matter=tuple(dict.fromkeys(stem(w) for w in content if w not in in_names)),
        asked=tuple(t for t in _asked(low, kind, subject_words) if t not in {stem(w) for w in form}),
        units=units,
        dates=tuple(dict.fromkeys(d.strip() for d in _DATE.findall(low))),
        future=bool(_FUTURE.search(low)),
        more=bool(_MORE.search(low)),
        subjects=tuple(ids for _, _, ids in hits),
        subject_words=frozenset(alias for alias, _, _ in hits),
        proper=bool(focus) or any(alias in names.proper for alias, _, _ in hits),
        focus=focus,
        people=tuple(
            names.authors[w] for w in dict.fromkeys(tokens) if w in names.authors and w in names.capitalised
        ),
        names=tuple(named),
        unknown=tuple(unknown),
    )


def kind_of(text: str, subjects: int = 1) -> Kind:
    """The first kind whose form the question has; two things beside each other without a verb are compared."""
    low = plain(text).strip(" ?!.")
    return next((kind for kind, pattern in KINDS if re.search(pattern, low)), "general")


def _plain_word(alias: str, text: str, names: Names) -> bool:
    """Written small in a question that does use capitals: a diamond, not DIAMOND."""
    return alias in names.proper and alias.isalpha() and bool(re.search(rf"\b{alias}\b", text))


def _bare(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text without the tokens of these ranges, and without an "about" that is left with nothing."""
    tokens = list(re.finditer(r"[^\W_]+", text))
    for a, b in reversed(spans):
        if b <= len(tokens):
            text = text[: tokens[a].start()] + text[tokens[b - 1].end() :]
    text = re.sub(r"(?<!\w)(?:['’]s\b|-)|,? about ?(?=\?|$)", "", text)
    return " ".join(text.split()).replace(" ?", "?")


def _asked(low: str, kind: Kind, subject_words: set[str]) -> tuple[str, ...]:
    """'how many training videos did ...' -> (video,); 'what batch size was' -> (batch, size); 'who funded' -> (fund,)."""
    if kind == "number" and (
        match := re.search(r"\b(?:how (?:many|much)|number of) ((?:[\w%-]+ ?){1,4})", low)
    ):
        return _noun(match.group(1), subject_words)[-1:]
    if kind == "who" and (match := re.search(r"\bwho (?:first |originally )?([a-z]+)", low)):
        return () if match.group(1) in STOP else (stem(match.group(1)),)
    if kind in ("who", "when", "why"):
        return ()
    if match := re.match(
        r"(?:in |on |at |with |by )?(?:what|which) ((?:[\w-]+ ){1,3}?)(?:is|are|was|were|do|does|did|has|have|can|will)\b",
        low,
    ):
        return _noun(match.group(1), subject_words)
    if match := re.match(r"what(?:'s| is| was| are| were) the ((?:[\w-]+ ){1,3}?)(?:of|for|in|on)\b", low):
        return _noun(match.group(1), subject_words)
    return ()


def _noun(phrase: str, subject_words: set[str]) -> tuple[str, ...]:
    """Stems of the phrase's content words up to the first stop word; empty for nouns that ask for anything."""
    found: list[str] = []
    for word in words(phrase):
        if word in STOP or word in subject_words:
            break
        found.append(word)
    if found[-1:] == ["rate"] and found[:-1] and found[-2] in ("success", "error", "failure"):
        found.pop()  # a success rate is told as "succeeds in 65 percent"
    return tuple(stem(w) for w in found if w not in ANY and w.removesuffix("s") not in ANY)


def _named(text: str, names: Names, subject_words: set[str], cased: bool) -> tuple[list[str], list[str]]:
    """Runs of capitalised words and numbers, and lower-case words the corpus writes with a capital."""
    raw = re.findall(r"[^\W_]+(?:['’-][^\W_]+)*|[?.!:;,]", text)
    letters = [w for w in raw[1:] if w[0].isalpha()]
    shouting = len(letters) > 2 and sum(w[0].isupper() for w in letters) > 0.7 * len(letters)
    runs: list[list[str]] = []
    last = -2
    for i, token in enumerate(raw):
        word = re.sub(
            r"['’](?:s|m|d|ve|ll|re)$|-(?:like|style|based|type|made|generated|written|driven|free|specific|wide|powered|trained)$",
            "",
            token,
        )
        low = plain(word)
        starts = i == 0 or raw[i - 1] in "?.!:"
        inner = bool(re.search(r"[A-Z].*[A-Z]|^[^\W\d_].*\d", word)) and not shouting
        is_name = (
            (low in names.capitalised and not cased)
            or inner
            or (word[0].isupper() and not starts and not shouting)
        )
        if low in STOP or word in GENERIC or not word[0].isalnum():
            continue
        if word.isdigit() and not _YEAR.fullmatch(word) and last == i - 1 and runs:
            runs[-1].append(word)
            last = i
        elif is_name and not word.isdigit():
            if last == i - 1 and runs:
                runs[-1].append(word)
            else:
                runs.append([word])
            last = i
    named, unknown = [], []
    for run in runs:
        named.append(" ".join(run))
        if not _known(run, names, subject_words):
            unknown.append(" ".join(run))
    return named, unknown


def _known(run: list[str], names: Names, subject_words: set[str]) -> bool:
    """A name with a number must occur whole; of several words, each that is not a part of a subject."""
    parts = [re.sub(r"[^a-z0-9]", "", plain(word)) for word in run]
    if any(part.isdigit() for part in parts[1:]):
        at = next(i for i in range(1, len(parts)) if parts[i].isdigit())
        if parts[at - 1] + parts[at] not in names.vocabulary:
            return False

    def has(part: str) -> bool:
        forms = (part, part.removesuffix("s"), part + "s", part + "n", part + "an")  # Europe: European
        return any(form in names.vocabulary for form in forms)

    return all(part in subject_words or has(part) for part in parts if not part.isdigit())
