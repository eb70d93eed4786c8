"""A visitor's documents are theirs alone, and gone when they leave; the host's own are there for all and safe from all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from app import visits as module
from app.documents import routes
from app.reading import routes as reading
from app.visits import COOKIE, Everyone, Visits, visitor
from corpus.library.library import ingest, list_documents, remove
from corpus.library.uploads import Upload

TEXT = b"The Drellic is a lantern. It was made by Una Holt in Bergen."
HEARTBEAT = "/gradio_api/heartbeat/abc"


def rooms() -> FastAPI:
    app = FastAPI()
    app.include_router(routes)
    app.include_router(reading)

    @app.get("/")
    def page() -> str:
        return "a page"

    @app.get("/found")
    def found(request: Request) -> list[str]:
        """Passages that a question of this visitor's would be answered from."""
        from corpus.retrieval.retrieve import HybridRetriever

        corpus = visitor(request.scope).corpus()
        return [hit.passage.text for hit in HybridRetriever(corpus=corpus).hits("Who made the Drellic?")]

    return app


@pytest.fixture
def layer(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PREFIX", f"orrery-test-{os.getpid()}-")
    visits = Visits(rooms())
    yield visits
    visits.close()
    assert not visits.folder.exists()


def arrive(layer) -> TestClient:
    client = TestClient(layer)
    client.get("/")
    return client


def put(client, content=TEXT, **query):
    reply = client.put("/api/documents", params=query or {"name": "lamp.txt"}, content=content)
    return json.loads(reply.text.splitlines()[-1])


def listed(client):
    return [document["path"] for document in client.get("/api/documents").json()["documents"]]


def test_what_one_adds_another_neither_lists_nor_finds_nor_reads_nor_removes(layer):
    one, other = arrive(layer), arrive(layer)
    document = put(one)["document"]
    assert document["change"] == "added"
    assert (listed(one), listed(other)) == (["lamp.txt"], [])
    assert any("Una Holt" in text for text in one.get("/found").json())
    assert not any("Una Holt" in text for text in other.get("/found").json())
    assert one.get(f"/api/source/{document['id']}").status_code == 200
    assert other.get(f"/api/source/{document['id']}").status_code == 404
    assert "error" in other.delete(f"/api/documents/{document['id']}").json()
    assert put(other, TEXT.replace(b"Una", b"Ida"))["document"]["change"] == "added", (
        "a name is not taken by others"
    )
    assert "Una" in one.get(f"/api/source/{document['id']}").json()["text"]
    assert list_documents() == [], "nothing of it is in the host's library"
    assert one.delete(f"/api/documents/{document['id']}").json()["document"]["change"] == "removed"
    assert (listed(one), listed(other)) == ([], ["lamp.txt"])


def test_a_visit_ends_a_while_after_its_last_page_is_closed_and_takes_its_documents_with_it(
    layer, monkeypatch
):
    monkeypatch.setattr(module, "GRACE", 0.2)
    client = arrive(layer)
    put(client)
    [visit] = layer._known.values()
    visit.pages = 1  # an open page
    time.sleep(0.3)
    layer.sweep()
    assert listed(client) == ["lamp.txt"]
    assert (visit.folder / "library.db").exists()
    visit.pages = 0
    time.sleep(0.3)
    layer.sweep()
    assert listed(client) == []
    assert not visit.folder.exists()


def test_an_open_heartbeat_counts_as_a_page(finish):
    seen = []

    async def app(scope, receive, send):
        seen.append(scope[module.KEY].pages)

    layer = Visits(app)
    try:
        scope = {"type": "http", "path": HEARTBEAT, "method": "GET", "headers": []}
        finish(layer(scope, None, None))
        assert seen == [1]
        assert scope[module.KEY].pages == 0
    finally:
        layer.close()


def test_a_made_up_cookie_opens_nothing(layer):
    one = arrive(layer)
    put(one)
    stranger = TestClient(layer)
    for value in ("", "../..", "0" * 32, one.cookies[COOKIE][:-1] + "g"):
        stranger.cookies.set(COOKIE, value)
        assert listed(stranger) == []


def test_the_hosts_own_documents_are_found_by_all_and_removed_by_none(layer):
    [own] = ingest([Upload("host.txt", TEXT)])
    try:
        client = arrive(layer)
        assert any("Una Holt" in text for text in client.get("/found").json())
        put(client, b"A Zimbar is a drum.", name="drum.txt")
        assert listed(client) == ["drum.txt"]
        assert any("Una Holt" in text for text in client.get("/found").json())
        assert "error" in client.delete(f"/api/documents/{own.id}").json()
        assert [document.id for document in list_documents()] == [own.id]
    finally:
        remove(own.id)


@pytest.mark.parametrize("few", [0, 12], ids=["copied again", "one by one"])
def test_what_the_host_adds_changes_and_removes_later_reaches_who_has_documents_already(
    layer, few, monkeypatch
):
    monkeypatch.setattr("corpus.library.visit.FEW", few)
    client, drum = arrive(layer), b"A Zimbar is a drum."
    mine = put(client, drum, name="drum.txt")["document"]["id"]
    assert not any("Una Holt" in text for text in client.get("/found").json())
    try:
        # The host has the visitor's document too, word for word.
        ingest([Upload("host.txt", TEXT), Upload("drum.txt", drum)])
        assert any("Una Holt" in text for text in client.get("/found").json())
        assert listed(client) == ["drum.txt"]
        assert client.delete(f"/api/documents/{mine}").json()["document"]["change"] == "removed"
        ingest([Upload("host.txt", TEXT.replace(b"Una", b"Ida"))])
        found = client.get("/found").json()
        assert any("Ida Holt" in text for text in found)
        [visit] = layer._known.values()
        held = [row.entry.path for row in visit.documents().store.rows("origin = 'host'")]
        assert sorted(held) == ["drum.txt", "host.txt"], "the host's own drum is still there"
        assert not any("Una Holt" in text for text in found)
    finally:
        for document in list_documents():
            remove(document.id)
    assert not any("Holt" in text or "Zimbar" in text for text in client.get("/found").json())


def test_shared_documents_are_everyones():
    one, other = TestClient(Everyone(rooms())), TestClient(Everyone(rooms()))
    document = put(one)["document"]
    assert listed(other) == ["lamp.txt"]
    assert other.get("/api/documents").json()["kept"] == "shared"
    remove(document["id"])


def test_no_more_documents_than_a_visit_may_have(layer, monkeypatch):
    from corpus.library import visit

    monkeypatch.setattr(visit, "MOST", 1)
    client = arrive(layer)
    put(client)
    assert "as many as one visit may add" in put(client, b"A Zimbar is a drum.", name="drum.txt")["error"]
    assert listed(client) == ["lamp.txt"]


def test_what_a_killed_server_left_is_deleted_by_the_next(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    code = (
        "import time; from app.visits import Visits; print(Visits(None).folder, flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    left = process.stdout.readline().strip()
    second = Visits(None)
    assert os.path.isdir(left), "a running server's folder is left alone"
    second.close()
    process.send_signal(signal.SIGKILL)
    process.wait()
    third = Visits(None)
    assert not os.path.isdir(left)
    third.close()
