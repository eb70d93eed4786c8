"""An answer to take away: markdown with references, BibTeX, or the record as JSON.

Each holds what makes the answer again: the hashes of the corpus and of the models, and the settings. No date, so the
same question to the same corpus with the same settings gives the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Literal, get_args

from corpus.errors import CorpusError
from corpus.records import Answer, Citation, Source
from corpus.retrieval.index import Corpus

Format = Literal["markdown", "bibtex", "json"]

_SETTINGS = ("read_as", "top_k", "caution")
_MODELS = {"embedder": "embedder_hash"}
_TEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    c: f"\\{c}" for c in "&%$#_{}"
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def export(answer: Answer, format: str, corpus: Corpus) -> str:
    """The answer as text ending in a newline. Raises CorpusError for a format there is none of."""
    makers: dict[str, Callable[[Answer, Corpus], str]] = {
        "markdown": markdown,
        "bibtex": bibtex,
        "json": as_json,
    }
    if format not in makers:
        raise CorpusError(f"no format '{format}'; there are: {', '.join(get_args(Format))}")
    return makers[format](answer, corpus).rstrip("\n") + "\n"


def made_from(answer: Answer) -> dict[str, Any]:
    """What gives the same answer again: writer, corpus, models by their hashes, and the settings that were used."""
    models = {name: getattr(answer, field, "") for name, field in _MODELS.items()}
    settings = {
        name: getattr(answer, name) for name in _SETTINGS if getattr(answer, name, "") not in ("", None)
    }
    return {
        "question": answer.question,
        "writer": answer.writer,
        "corpus": answer.corpus_hash,
        **{name: hash for name, hash in models.items() if hash},
        **settings,
    }


def markdown(answer: Answer, corpus: Corpus) -> str:
    """The sentences with numbered references, each reference with its quoted span."""
    lines = [f"# {_plain(answer.question)}", ""]
    if answer.notice:
        lines += [f"*{_plain(answer.notice)}*", ""]
    if answer.refusal:
        lines += [_plain(answer.refusal.reason), ""]
        lines += [f"- {_plain(title)}" for title in answer.refusal.nearest]
        for said in answer.refusal.covers:
            where = ", ".join(_plain(citation.title) for citation in said.citations)
            lines += ["", f"They do say: “{_plain(said.text)}” ({where})"]
        if answer.refusal.instead:
            lines += ["", "They do answer:", "", *(f"- {_plain(text)}" for text in answer.refusal.instead)]
    cited = _cited(answer)
    parts = []
    for sentence in answer.sentences:
        text = _plain(sentence.text)
        if sentence.support == "unsupported":
            text = (
                f"~~{text}~~ (not supported)"
                if sentence.citations
                else f"{text} (cites nothing, not checked)"
            )
        parts.append(text + "".join(f" [{cited.index(citation) + 1}]" for citation in sentence.citations))
    if parts:
        lines += [" ".join(parts), ""]
        lines += [f"- {_plain(count.text)}" for count in answer.counts]
        lines += ["", f"Counted: {_plain(answer.counted)}.", ""] if answer.counts else []
        lines += ["## References", ""]
    for number, citation in enumerate(cited, 1):
        source = corpus.sources[citation.source_id]
        authors = f"{_plain(_names(_known(source)))}. " if _known(source) else ""
        link = f" <{_url(citation.url)}>" if _url(citation.url) else ""
        lines.append(
            f"{number}. {authors}*{_plain(citation.title)}* ({citation.published or 'no date'}).{link}"
        )
        lines.append(f"   “{_plain(citation.quote)}”")
        lines.append(f"   ({_where(citation)}; source sha256 {citation.source_hash[:16]})")
    lines += ["", "## Made from", ""]
    lines += [f"- {name}: {_plain(str(value))}" for name, value in made_from(answer).items()]
    return "\n".join(lines)


def bibtex(answer: Answer, corpus: Corpus) -> str:
    """An entry for each cited source, in the order of the answer; of a refused question, a comment that says so."""
    head = [f"% {line}" for line in (answer.question, json.dumps(made_from(answer), ensure_ascii=False))]
    if answer.refusal:
        return "\n".join([*head, f"% {answer.refusal.reason}"])
    entries = []
    for id in dict.fromkeys(citation.source_id for citation in _cited(answer)):
        entries.append(_entry(corpus.sources[id], [c for c in _cited(answer) if c.source_id == id]))
    return "\n".join(head) + "\n\n" + "\n\n".join(entries)


def as_json(answer: Answer, corpus: Corpus) -> str:
    """The whole record, with what it was made from on top."""
    return json.dumps({"made_from": made_from(answer), **answer.to_json()}, ensure_ascii=False, indent=2)


def _cited(answer: Answer) -> list[Citation]:
    return list(dict.fromkeys(citation for sentence in answer.sentences for citation in sentence.citations))


def _entry(source: Source, cited: list[Citation]) -> str:
    year, _, rest = source.published.partition("-")
    fields = {
        "title": f"{{{_tex(source.title)}}}",
        "author": " and ".join(_author(name) for name in _known(source)),
    }
    fields["year"] = year
    if arxiv := re.search(r"arxiv\.org/(?:abs|pdf)/([\w.-]+?/?\d+)(?:v\d+)?(?:\.pdf)?$", source.url):
        fields |= {"eprint": arxiv.group(1), "archiveprefix": "arXiv"}
    fields["url"] = _url(source.url)
    fields["note"] = "; ".join(f"quoted: {_where(citation)}" for citation in cited)
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    if rest[:2].isdigit() and 1 <= int(rest[:2]) <= 12:
        lines.append(f"  month = {_MONTHS[int(rest[:2]) - 1]},")
    return "\n".join([f"@misc{{{re.sub(r'[^A-Za-z0-9-]', '-', source.id)},", *lines, "}"])


def _where(citation: Citation) -> str:
    page = f"page {citation.page}, " if citation.page else ""
    at = (
        f"{int(citation.seconds) // 60}:{int(citation.seconds) % 60:02d}, "
        if citation.seconds is not None
        else ""
    )
    return f"{page}{at}characters {citation.start} to {citation.end}"


def _known(source: Source) -> tuple[str, ...]:
    return tuple(name for name in source.authors if name != "unknown")


def _names(authors: tuple[str, ...]) -> str:
    return ", ".join(authors) if len(authors) <= 3 else f"{authors[0]} and others"


def _author(name: str) -> str:
    """A name with a stop word or a digit is an organisation's: braces keep BibTeX from taking it apart."""
    organisation = len(name.split()) == 1 or bool(
        re.search(r"\d|&|\b(?:and|of|the|for|AI|Labs?|Inc)\b", name)
    )
    return f"{{{_tex(name)}}}" if organisation else _tex(name)


def _tex(text: str) -> str:
    return "".join(_TEX.get(c, c) for c in " ".join(text.split()))


def _url(url: str) -> str:
    """A web address without what could end its brackets, or nothing."""
    return re.sub(r"[\s<>{}\\]", "", url) if re.match(r"https?://", url) else ""


def _plain(text: str) -> str:
    """One line that markdown shows as it is: a source's text may hold anything."""
    text = re.sub(r"([\\`*_\[\]<>#|~])", r"\\\1", " ".join(text.split()))
    return re.sub(r"&(?=#?\w+;)", r"\\&", text)
