"""Answers taken away: the same bytes each time, whole references, and nothing that a source's text could break."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from corpus.answering.answer import ask
from corpus.answering.export import export, made_from
from corpus.errors import CorpusError
from corpus.records import Answer
from corpus.retrieval.index import Corpus

QUESTION = "When was Genie 3 announced?"
_TWICE = """
import sys
from corpus.answering.answer import ask
from corpus.answering.export import export
from corpus.retrieval.index import open_corpus
corpus = open_corpus()
for question in sys.argv[1:]:
    for format in ("markdown", "bibtex", "json"):
        print(export(ask(question, corpus), format, corpus))
"""


@pytest.fixture(scope="module")
def answer(corpus: Corpus) -> Answer:
    return ask(QUESTION, corpus)


def test_two_processes_write_the_same_bytes(ready_home: Path, answer: Answer) -> None:
    questions = [QUESTION, "What is the capital of France?"]
    made = [
        subprocess.run(
            [sys.executable, "-c", _TWICE, *questions],
            env=os.environ | {"PYTHONHASHSEED": seed, "OMP_NUM_THREADS": "1"}, capture_output=True, check=True,
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert made[0] == made[1]
    assert answer.corpus_hash.encode() in made[0]


def test_what_an_answer_was_made_from(answer: Answer, corpus: Corpus) -> None:
    found = made_from(answer)
    assert found["corpus"] == corpus.hash
    assert found["embedder"] == corpus.embedder_hash
    assert found["writer"] == "extractive"
    assert export(answer, "json", corpus).startswith("{")
    assert json.loads(export(answer, "json", corpus))["made_from"] == found
    other = made_from(dataclasses.replace(answer, corpus_hash="0"))
    assert other != found


def test_markdown_cites_every_sentence(answer: Answer, corpus: Corpus) -> None:
    text = export(answer, "markdown", corpus)
    body, references = text.split("## References")
    for number in set(re.findall(r"\[(\d+)\]", body)):
        assert f"\n{number}. " in references
    assert answer.sentences
    for sentence in answer.sentences:
        for citation in sentence.citations:
            assert citation.source_hash[:16] in references
            assert f"<{citation.url}>" in references


def test_bibtex_has_an_entry_for_each_source(answer: Answer, corpus: Corpus) -> None:
    text = export(answer, "bibtex", corpus)
    cited = {citation.source_id for sentence in answer.sentences for citation in sentence.citations}
    assert set(re.findall(r"@misc\{([^,]+),", text)) == cited
    entries = text[text.index("@") :]
    depth = 0
    for before, c in zip(" " + entries, entries, strict=False):
        depth += (c == "{") - (c == "}") if before != "\\" else 0
        assert depth >= 0
    assert depth == 0


def test_every_source_makes_a_bibtex_entry(answer: Answer, corpus: Corpus) -> None:
    cited = answer.sentences[0].citations[0]
    for source in corpus.sources.values():
        one = dataclasses.replace(cited, source_id=source.id, url=source.url)
        sentence = dataclasses.replace(answer.sentences[0], citations=(one,))
        text = export(dataclasses.replace(answer, sentences=(sentence,)), "bibtex", corpus)
        assert ("author = {" in text) == (source.authors not in ((), ("unknown",)))
        assert (f"year = {{{source.published[:4]}}}" in text) == bool(source.published)
        if "arxiv.org/abs/" in source.url:
            assert "archiveprefix = {arXiv}" in text


def test_a_hostile_source_breaks_out_of_nothing(answer: Answer, corpus: Corpus) -> None:
    bad = "<img src=x onerror=alert(1)> [a](javascript:x) `b` *c* _d_ } @misc{evil, &lt; \\end \n# e"
    cited = dataclasses.replace(
        answer.sentences[0].citations[0], quote=bad, title=bad, url="javascript:alert(1)", published=""
    )
    sentence = dataclasses.replace(answer.sentences[0], text=bad, citations=(cited,))
    text = export(dataclasses.replace(answer, sentences=(sentence,)), "markdown", corpus)
    assert not re.search(r"(?<!\\)<img|(?<!\\)\]\(|(?<!\\)`|\n# e|<javascript", text)
    assert "\\<img" in text


def test_a_refusal_cites_nothing(corpus: Corpus) -> None:
    refused = ask("What is the capital of France?", corpus)
    assert refused.refusal
    assert "References" not in export(refused, "markdown", corpus)
    assert "@" not in export(refused, "bibtex", corpus)


def test_what_a_model_made_up_is_struck_through(answer: Answer, corpus: Corpus) -> None:
    doubtful = dataclasses.replace(answer.sentences[0], support="unsupported")
    text = export(
        dataclasses.replace(answer, sentences=(doubtful,), writer="openai:tiny"), "markdown", corpus
    )
    assert "~~ (not supported)" in text
    assert "- writer: openai:tiny" in text


def test_an_unknown_format_is_named(answer: Answer, corpus: Corpus) -> None:
    with pytest.raises(CorpusError, match="no format 'docx'; there are: markdown, bibtex, json"):
        export(answer, "docx", corpus)
