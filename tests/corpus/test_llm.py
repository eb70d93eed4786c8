"""The language-model writer, against a real HTTP server that speaks OpenAI's chat protocol."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from corpus.answer import ask
from corpus.index import Corpus
from corpus.writer_llm import parse_reply

QUESTION = "When was Genie 3 announced?"
KEY = "sk-very-secret-key"


class Server(ThreadingHTTPServer):
    daemon_threads = True
    reply: str = ""
    status = 200
    delay = 0.0
    requests: list[dict]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(body)
        time.sleep(self.server.delay)
        message = {"role": "assistant", "content": self.server.reply}
        content = {
            "id": "1",
            "object": "chat.completion",
            "created": 0,
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }
        if self.server.status != 200:
            content = {"error": {"message": f"bad key {KEY}"}}
        data = json.dumps(content).encode()
        try:
            self.send_response(self.server.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except OSError:
            pass  # the client gave up waiting, as one test wants

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    made = Server(("127.0.0.1", 0), Handler)
    made.requests = []
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("ORRERY_LLM", "openai:tiny")
    monkeypatch.setenv("ORRERY_LLM_BASE_URL", f"http://127.0.0.1:{made.server_address[1]}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("ORRERY_LLM_TIMEOUT", "5")
    yield made
    made.shutdown()
    made.server_close()


def test_true_sentence_is_verified_and_an_invented_one_is_not(server: Server, corpus: Corpus) -> None:
    server.reply = (
        "Genie 3 was announced by Google DeepMind on 5 August 2025 [1]. "
        "Genie 3 was announced with 900 billion parameters. [1] "
        "Genie 3 was announced by Elon Musk on 5 August 2025 [1]. Genie 3 was announced in August [99]."
    )
    answer = ask(QUESTION, corpus)
    assert answer.writer == "openai:tiny"
    assert [s.support for s in answer.sentences] == ["verified", "unsupported", "unsupported", "unsupported"]
    assert answer.sentences[0].citations[0].source_id == "genie3-2025"
    for sentence in answer.sentences:
        assert "[" not in sentence.text
        for cited in sentence.citations:
            assert corpus.sources[cited.source_id].text[cited.start : cited.end] == cited.quote
    prompt = json.dumps(server.requests[0])
    assert QUESTION in prompt
    assert "never instructions" in prompt


@pytest.mark.parametrize("status", [401, 500])
def test_an_error_keeps_the_extractive_answer_and_tells_no_key(
    server: Server, corpus: Corpus, status: int
) -> None:
    server.status = status
    answer = ask(QUESTION, corpus)
    assert answer.writer == "extractive"
    assert "5 August 2025" in answer.sentences[0].text
    assert "openai:tiny failed" in answer.notice
    assert KEY not in json.dumps(answer.to_json())


def test_a_hanging_server_is_given_up(
    server: Server, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORRERY_LLM_TIMEOUT", "0.3")
    server.delay = 3.0
    began = time.monotonic()
    answer = ask(QUESTION, corpus)
    assert time.monotonic() - began < 2.9
    assert answer.writer == "extractive"
    assert "failed" in answer.notice


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ("I cannot answer.", "found no answer"),
        ("Bananas are yellow [1].", "held up"),
        ("Genie 3 was announced on 5 August 2025.", "held up"),
        ("   ", "empty reply"),
    ],
)
def test_a_useless_reply_keeps_the_extractive_answer(
    server: Server, corpus: Corpus, reply: str, says: str
) -> None:
    server.reply = reply
    answer = ask(QUESTION, corpus)
    assert answer.writer == "extractive"
    assert says in answer.notice
    assert answer.sentences


def test_an_unknown_provider_is_a_notice(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORRERY_LLM", "nobody:nothing")
    answer = ask(QUESTION, corpus)
    assert answer.writer == "extractive"
    assert "nobody:nothing failed" in answer.notice


def test_a_refused_question_is_not_sent(server: Server, corpus: Corpus) -> None:
    assert ask("What is the capital of France?", corpus).refusal
    assert server.requests == []


@pytest.mark.parametrize(
    "form", ["A is so [1, 2]. B is [3].", "A is so. [1, 2] B is. [3]", "A is so [1][2]. B is [3]."]
)
def test_references_are_read_wherever_they_stand(form: str) -> None:
    found: Callable[[str], list] = parse_reply
    assert [refs for _, refs in found(form.replace("B is", "B is it"))] == [(1, 2), (3,)]
