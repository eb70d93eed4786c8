"""The language-model writer over HTTP: against a real model on llama.cpp's server, and against servers that misbehave."""

from __future__ import annotations

import itertools
import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from llm_server import Server, configured

from corpus.answering import gguf
from corpus.answering.answer import ask
from corpus.answering.verify import parse_reply
from corpus.answering.writer_llm import stream
from corpus.records import Answer
from corpus.retrieval.index import Corpus

QUESTION = "When was Genie 3 announced?"
KEY = "sk-very-secret-key"
TRUE = "Genie 3 was announced by Google DeepMind on 5 August 2025 [1]."


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with configured(monkeypatch, KEY) as made:
        yield made


@pytest.fixture(scope="module")
def extractive(corpus: Corpus) -> Answer:
    """The answer without a model, made before any is configured."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("ORRERY_LLM", raising=False)
        return ask(QUESTION, corpus)


def stands(answer: Answer, extractive: Answer, why: str) -> None:
    """The extractive answer stands, and one line says why."""
    assert answer.writer == "extractive"
    assert answer.sentences == extractive.sentences
    assert why in answer.notice
    assert "\n" not in answer.notice


def test_a_true_sentence_is_verified_and_invented_ones_are_not(server: Server, corpus: Corpus) -> None:
    server.reply = (
        f"{TRUE} Genie 3 was announced with 900 billion parameters. [1] "
        "Genie 3 was announced by Elon Musk on 5 August 2025 [1]. Genie 3 was announced in August [99]. "
        "Genie 3 was not announced by Google DeepMind on 5 August 2025 [1]."
    )
    answer = ask(QUESTION, corpus)
    assert answer.writer == "openai:tiny"
    assert [s.support for s in answer.sentences] == ["verified"] + 4 * ["unsupported"]
    assert answer.sentences[0].citations[0].source_id == "genie3-2025"
    for sentence in answer.sentences:
        assert "[" not in sentence.text
        for cited in sentence.citations:
            assert corpus.sources[cited.source_id].text[cited.start : cited.end] == cited.quote
    prompt = json.dumps(server.requests[0])
    assert QUESTION in prompt
    assert "never instructions" in prompt


def test_sentences_come_one_by_one_each_checked(server: Server, corpus: Corpus, extractive: Answer) -> None:
    server.reply = f"<think>[1] or [2]? Perhaps.</think>{TRUE} It was shown on the Moon [1]. {TRUE}"
    grown = list(stream(extractive, corpus))
    assert [len(answer.sentences) for answer in grown] == [1, 2, 3]
    for earlier, later in itertools.pairwise(grown):
        assert later.sentences[: len(earlier.sentences)] == earlier.sentences
    assert [s.support for s in grown[-1].sentences] == ["verified", "unsupported", "verified"]


def test_a_real_model_writes_and_is_checked(
    smollm: Path, corpus: Corpus, extractive: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model of 135 million parameters says much that isn't so: what counts is that nothing passes unchecked."""
    monkeypatch.setenv("ORRERY_LLM", f"gguf:{smollm}")
    monkeypatch.setenv("ORRERY_LLM_TIMEOUT", "120")
    grown = list(stream(extractive, corpus))
    last = grown[-1]
    assert str(smollm.parent) not in json.dumps(last.to_json())
    if last.writer == "extractive":
        stands(last, extractive, "held up")
    else:
        assert last.writer == f"gguf:{smollm.name}"
        assert {s.support for s in last.sentences} <= {"verified", "unsupported"}
        assert "verified" in {s.support for s in last.sentences}
    assert all(s.support in ("verified", "unsupported") for answer in grown[:-1] for s in answer.sentences)
    assert [a.to_json() for a in stream(extractive, corpus)][-1] == last.to_json()


def test_a_real_model_reached_as_a_server(
    server: Server, smollm: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the proxy, to show that the faults below break a stream that is otherwise good."""
    server.behind = gguf.address(smollm, 60)
    monkeypatch.setenv("ORRERY_LLM_TIMEOUT", "120")
    answer = ask(QUESTION, corpus)
    assert "broke off" not in answer.notice
    assert "failed" not in answer.notice
    server.fault = "die"
    assert "broke off" in ask(QUESTION, corpus).notice
    assert server.requests[0]["stream"] is True


@pytest.mark.parametrize("fault", ["hang", "drip", "drip-headers"])
def test_no_server_outlasts_the_time_limit(
    server: Server, corpus: Corpus, extractive: Answer, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setenv("ORRERY_LLM_TIMEOUT", "1")
    server.fault = fault
    began = time.monotonic()
    answer = list(stream(extractive, corpus))[-1]
    assert time.monotonic() - began < 3
    stands(answer, extractive, "")
    assert answer.notice


@pytest.mark.parametrize(("fault", "why"), [("die", "broke off"), ("garbage", "failed")])
def test_a_broken_stream_leaves_the_extractive_answer(
    server: Server, corpus: Corpus, extractive: Answer, fault: str, why: str
) -> None:
    server.reply, server.fault = TRUE * 3, fault
    stands(list(stream(extractive, corpus))[-1], extractive, why)


def test_an_endless_reply_is_cut(server: Server, corpus: Corpus, extractive: Answer) -> None:
    server.reply = "bananas " * 100_000
    stands(list(stream(extractive, corpus))[-1], extractive, "held up")


@pytest.mark.parametrize("status", [401, 500])
def test_an_error_tells_no_key(
    server: Server, corpus: Corpus, extractive: Answer, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    server.status, server.error = status, f"bad key {KEY}"
    answer = ask(QUESTION, corpus)
    stands(answer, extractive, "openai:tiny failed")
    assert KEY not in json.dumps(answer.to_json())
    assert KEY not in " ".join(record.getMessage() for record in caplog.records)


def test_a_server_that_repeats_the_key_is_not_believed(
    server: Server, corpus: Corpus, extractive: Answer
) -> None:
    server.reply = f"{TRUE} Your key is {KEY} [1]. And so on [1]."
    grown = list(stream(extractive, corpus))
    assert KEY not in json.dumps([answer.to_json() for answer in grown])
    stands(grown[-1], extractive, "repeated a key")


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ("I cannot answer.", "found no answer"),
        ("Bananas are yellow [1].", "held up"),
        ("Genie 3 was announced on 5 August 2025.", "held up"),
        ("   ", "empty reply"),
        ("<think>What now?", "empty reply"),
    ],
)
def test_a_useless_reply_leaves_the_extractive_answer(
    server: Server, corpus: Corpus, extractive: Answer, reply: str, says: str
) -> None:
    server.reply = reply
    stands(ask(QUESTION, corpus), extractive, says)


def test_ollama(server: Server, corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("langchain_ollama")
    monkeypatch.setenv("ORRERY_LLM", "ollama:tiny")
    monkeypatch.setenv("ORRERY_LLM_BASE_URL", server.url)
    server.reply = TRUE
    answer = ask(QUESTION, corpus)
    assert (answer.writer, [s.support for s in answer.sentences]) == ("ollama:tiny", ["verified"]), (
        answer.notice
    )
    assert server.requests[0]["options"]["num_predict"] == 400


@pytest.mark.parametrize(
    ("name", "why"),
    [("nobody:nothing", "nobody:nothing failed"), ("gguf:/absent.gguf", "no model file absent")],
)
def test_what_is_not_there_is_a_notice(
    corpus: Corpus, extractive: Answer, monkeypatch: pytest.MonkeyPatch, name: str, why: str
) -> None:
    if name.startswith("gguf"):
        pytest.importorskip("xllamacpp")
    monkeypatch.setenv("ORRERY_LLM", name)
    stands(ask(QUESTION, corpus), extractive, why)


def test_a_file_that_is_no_model_is_a_notice(
    corpus: Corpus, extractive: Answer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("xllamacpp")
    (tmp_path / "a.gguf").write_bytes(b"no model")
    monkeypatch.setenv("ORRERY_LLM", f"gguf:{tmp_path / 'a.gguf'}")
    stands(ask(QUESTION, corpus), extractive, "a.gguf could not be loaded")


def test_a_refused_question_is_not_sent(server: Server, corpus: Corpus) -> None:
    assert ask("What is the capital of France?", corpus).refusal
    assert server.requests == []


@pytest.mark.parametrize(
    "form", ["A is so [1, 2]. B is [3].", "A is so. [1, 2] B is. [3]", "A is so [1][2]. B is [3]."]
)
def test_references_are_read_wherever_they_stand(form: str) -> None:
    found: Callable[[str], list] = parse_reply
    assert [refs for _, refs in found(form.replace("B is", "B is it"))] == [(1, 2), (3,)]
