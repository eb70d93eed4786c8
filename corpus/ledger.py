"""The claims: one YAML file each in `claims/`, every voice resolved to the span of the source it quotes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, get_args

from corpus.errors import CorpusError
from corpus.library.passages import passages
from corpus.records import Claim, Source, Status, Voice
from corpus.topics import topics

CLAIMS = Path(__file__).parent / "claims"
_FIELDS = {
    "id",
    "statement",
    "status",
    "topics",
    "supports",
    "disputes",
    "would_change",
    "experiment",
    "if_true",
    "asked",
}
_cut = lru_cache(maxsize=512)(passages)  # a source is quoted by many claims


@cache
def claims() -> dict[str, Claim]:
    """The shipped claims by id, in order of id. Raises CorpusError naming the file and what is wrong in it."""
    from corpus.library.shipped import read_sources

    sources = {source.id: source for source in read_sources()}
    return {path.stem: read_claim(path, sources) for path in sorted(CLAIMS.glob("*.yaml"))}


def claim(id: str) -> Claim:
    """Raises CorpusError naming the nearest ids when there is no such claim."""
    if id not in claims():
        import difflib

        near = difflib.get_close_matches(id, claims(), 3, 0.3)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; list them with: orrery claims"
        raise CorpusError(f"no claim '{id}'{hint}")
    return claims()[id]


def matching(topic: str = "", status: str = "", experiment: str = "") -> list[Claim]:
    """The claims of a topic, a status, an experiment; an empty one is any. Raises CorpusError naming what there is."""
    experiments = sorted({claim.experiment for claim in claims().values()} - {""})
    for name, wanted, known in (
        ("topic", topic, list(topics())),
        ("status", status, list(get_args(Status))),
        ("experiment", experiment, experiments),
    ):
        if wanted and wanted not in known:
            raise CorpusError(f"no {name} '{wanted}'; there are: {', '.join(known)}")
    return [
        claim
        for claim in claims().values()
        if (not topic or topic in claim.topics)
        and status in ("", claim.status)
        and experiment in ("", claim.experiment)
    ]


def read_claim(path: Path, sources: Mapping[str, Source]) -> Claim:
    """One file. Every quote must stand, word for word, within one passage of its source."""
    import yaml

    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        fields: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path.name}: not valid YAML ({type(error).__name__})") from None
    if not isinstance(fields, dict):
        raise CorpusError(f"{path.name}: must be 'field: value' lines")
    if strange := set(fields) - _FIELDS:
        raise CorpusError(
            f"{path.name}: unknown field '{min(strange)}'; the fields are: {', '.join(sorted(_FIELDS))}"
        )

    def text(name: str, required: bool = True) -> str:
        value = fields.get(name, "")
        if not isinstance(value, str) or (required and not value.strip()):
            raise CorpusError(f"{path.name}: field '{name}' is {value!r}; it must be text")
        return value.strip()

    if text("id") != path.stem or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", path.stem):
        raise CorpusError(
            f"{path.name}: field 'id' is '{text('id')}'; it must be the file's name, '{path.stem}'"
        )
    if text("status") not in get_args(Status):
        raise CorpusError(
            f"{path.name}: status is '{text('status')}'; it must be {', '.join(get_args(Status))}"
        )
    about = fields.get("topics")
    if not isinstance(about, list) or not about or set(map(str, about)) - set(topics()):
        raise CorpusError(f"{path.name}: topics is {about!r}; the topics are: {', '.join(topics())}")
    asked = fields.get("asked", [])
    if not isinstance(asked, list) or not all(isinstance(question, str) and question for question in asked):
        raise CorpusError(f"{path.name}: field 'asked' is {asked!r}; it must be a list of questions")
    if bool(text("experiment", False)) != bool(text("if_true", False)):
        raise CorpusError(f"{path.name}: experiment and if_true come together, or neither does")

    def voices(name: str) -> tuple[Voice, ...]:
        listed = fields.get(name) or []
        if not isinstance(listed, list) or not all(isinstance(voice, dict) for voice in listed):
            raise CorpusError(f"{path.name}: field '{name}' must be a list of who, source, quote")
        return tuple(_voice(path.name, voice, sources) for voice in listed)

    if not (supports := voices("supports")):
        raise CorpusError(f"{path.name}: nobody supports the claim; name who says so")
    return Claim(
        id=path.stem,
        statement=text("statement"),
        status=fields["status"],
        topics=tuple(about),
        supports=supports,
        disputes=voices("disputes"),
        would_change=text("would_change"),
        experiment=text("experiment", False),
        if_true=text("if_true", False),
        asked=tuple(asked),
    )


def _voice(name: str, fields: dict[str, Any], sources: Mapping[str, Source]) -> Voice:
    if set(fields) != {"who", "source", "quote"} or not all(
        isinstance(v, str) and v for v in fields.values()
    ):
        raise CorpusError(
            f"{name}: a voice has who, source and quote, each of them text; got {sorted(fields)}"
        )
    source = sources.get(fields["source"])
    if source is None:
        raise CorpusError(f"{name}: no source '{fields['source']}'")
    quote = fields["quote"].strip()
    start = source.text.find(quote)
    if start < 0:
        raise CorpusError(f"{name}: {source.id} does not say, word for word: {quote[:80]!r}")
    end = start + len(quote)
    for passage in _cut(source):
        if passage.start <= start and end <= passage.end:
            return Voice(fields["who"], source.id, quote, start, end, passage.id)
    raise CorpusError(f"{name}: the quote {quote[:80]!r} crosses a passage of {source.id}; shorten it")
