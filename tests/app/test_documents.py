"""Adding documents over HTTP: known by their name, one line each, progress as it goes, and no door for other sites."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.documents import routes
from app.screenshots import SERVE
from corpus.library.library import list_documents, remove
from corpus.loaders.files import MAX_BYTES

TEXT = b"The Drellic is a lantern. It was made by Una Holt in Bergen."


@pytest.fixture
def client():
    app = FastAPI()
    app.include_router(routes)
    client = TestClient(app)
    yield client
    for document in client.get("/api/documents").json()["documents"]:
        client.delete(f"/api/documents/{document['id']}")


def put(client, content, **query):
    """Every line of the answer; the last says what became of it."""
    reply = client.put("/api/documents", params=query, content=content)
    return [json.loads(line) for line in reply.text.splitlines()]


def test_the_same_upload_is_unchanged_and_another_under_its_name_replaces_it(client):
    assert put(client, TEXT, name="lamp.txt")[-1]["document"]["change"] == "added"
    assert put(client, TEXT, name="lamp.txt")[-1]["document"]["change"] == "unchanged"
    changed = put(client, TEXT.replace(b"Una", b"Ida"), name="lamp.txt")[-1]["document"]  # of the same size
    assert changed["change"] == "updated"
    listed = client.get("/api/documents").json()["documents"]
    assert [(d["id"], d["path"]) for d in listed] == [(changed["id"], "lamp.txt")]


def test_a_name_leads_nowhere(client, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("The password is hunter2.")
    document = put(client, TEXT, name=f"../..{secret}")[-1]["document"]
    assert "/" not in document["path"]
    assert document["passages"] == 1
    assert secret.read_text() == "The password is hunter2."
    from corpus.retrieval.index import open_corpus

    assert "hunter2" not in open_corpus().sources[document["id"]].text


@pytest.mark.parametrize(
    ("content", "query", "words"),
    [
        (b"%PDF-1.7 nothing", {"name": "broken.pdf"}, "broken.pdf"),
        (b"\x89PNG\r\n", {"name": "photo.txt"}, "photo.txt"),
        (b"", {"name": "empty.txt"}, "empty.txt"),
        (b"words", {}, "without a name"),
        (b"  ", {"title": "Nothing"}, "Nothing"),
        (b"https://youtu.be/dQw4w9WgXcQ", {"title": "A talk"}, "paste what it says"),
        (b"x" * (MAX_BYTES + 1), {"name": "huge.txt"}, "50 MB"),
    ],
)
def test_what_cannot_be_added_gets_one_line(client, content, query, words):
    last = put(client, content, **query)[-1]
    line = last.get("error") or last["document"]["problem"]
    assert words in line
    assert "\n" not in line
    assert client.get("/api/documents").json()["documents"] == []


def test_the_title_of_pasted_text_is_its_own_even_above_a_heading(client):
    document = put(client, b"# Something else\n\n" + TEXT, title='Lamps: "old" & new / 灯 🏮')[-1]["document"]
    assert document["title"] == 'Lamps: "old" & new / 灯 🏮'


@pytest.mark.slow
def test_a_long_document_reports_its_rate_and_the_time_left(client):
    """Long enough to take seconds on a fast machine: what takes less than one reports nothing on the way."""
    text = "\n\n".join(
        f"Lamp {i} hangs in street {i * 7 % 401} and burns oil {i % 17}. " * 8 for i in range(1500)
    )
    *told, last = put(client, text.encode(), name="lamps.txt")
    assert last["document"]["passages"] == 1500
    assert any("a second, about" in line["progress"] for line in told)


def test_another_sites_page_may_not_add_or_remove(client):
    for method in ("PUT", "DELETE"):
        asked = client.options(
            "/api/documents/x",
            headers={"Origin": "https://evil.example", "Access-Control-Request-Method": method},
        )
        assert "access-control-allow-origin" not in asked.headers
        assert asked.status_code >= 400


@pytest.mark.parametrize("how", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.slow)])
def test_ending_the_server_in_mid_upload_loses_nothing_that_was_added(how):
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(port)], stdout=-1, stderr=-1, text=True, env=environment
    )
    try:
        assert "Orrery is at" in process.stdout.readline()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=280)
        connection.request("PUT", "/api/documents?name=lamp.txt", TEXT)
        assert b'"added"' in connection.getresponse().read()
        text = "\n\n".join(f"Lamp {i} hangs in street {i * 7 % 401} of town {i}. " * 8 for i in range(6000))
        connection.request("PUT", "/api/documents?name=lamps.txt", text.encode())
        assert b"progress" in connection.getresponse().readline()
        process.send_signal(how)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    if how == signal.SIGINT:
        assert process.returncode == 0
        assert errors == ""
    assert [document.path for document in list_documents()] == ["lamp.txt"]
    remove(list_documents()[0].id)
