"""Nothing is lost: killed at any moment, two writers at once, a full disk, a damaged or foreign Chroma."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from nursery import Nursery, nursery

from corpus.answering.answer import ask
from corpus.errors import CorpusError
from corpus.home import home
from corpus.library.library import ingest, list_documents, remove
from corpus.library.store import Store
from corpus.retrieval.index import Corpus, close_corpus, open_corpus

pytestmark = pytest.mark.usefixtures("ready_home")
TEXT = "The Quagmar engine is a gearbox for sailing robots. Quagmar was built by Ada Brink in Oslo in 1987."
QUESTION = "Who built Quagmar?"


@pytest.fixture(scope="module")
def children() -> Iterator[Nursery]:
    with nursery() as found:
        yield found


def check(path: Path) -> set[str]:
    """The library holds whole documents and nothing else; the paths of the user's own."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        ask = lambda query: db.execute(query).fetchall()  # noqa: E731
        assert ask("pragma integrity_check") == [("ok",)]
        db.execute("insert into words(words) values('integrity-check')")
        numbers = dict(ask("select key, value from meta"))
        assert ask("select count(*), coalesce(sum(passages), 0) from documents") == [
            (numbers["documents"], numbers["passages"])
        ]
        wrong = """select name from documents d where passages != (select count(*) from passages
            join vectors on passage = id join words on words.rowid = id where document = d.id)
            or not exists (select 1 from texts where document = d.id)"""
        assert ask(wrong) == []
        for table, column, owner in (
            ("passages", "document", "documents"),
            ("texts", "document", "documents"),
            ("names", "document", "documents"),
            ("shingles", "document", "documents"),
            ("vectors", "passage", "passages"),
        ):
            assert ask(f"select * from {table} where {column} not in (select id from {owner})") == []
        assert ask("select rowid from words where rowid not in (select id from passages)") == []
        return {path for (path,) in ask("select path from documents where origin = 'own'")}


WORDS = [
    "wind",
    "gear",
    "robot",
    "river",
    "stone",
    "paper",
    "light",
    "engine",
    "window",
    "garden",
    "letter",
    "music",
    "winter",
    "bridge",
    "silver",
    "table",
]


def write(folder: Path, name: str, seed: int) -> None:
    """A document of two passages, all its own."""
    draw = random.Random(f"{name} {seed}")
    paragraphs = (" ".join(draw.choices(WORDS, k=70)).capitalize() + "." for _ in range(2))
    (folder / name).write_text(f"# {name} {seed}\n\n" + "\n\n".join(paragraphs))


def kill_at_random_moments(children: Nursery, folder: Path, log: Path, times: int) -> None:
    """Each time some files are new, changed and gone. Half of the moments are any, half while it writes."""
    draw, killed = random.Random(7), 0
    folder.mkdir()

    def change(round: int) -> int:
        for i in draw.sample(range(30), 15):
            write(folder, f"{i}.md", round)
        (folder / f"{draw.randrange(30)}.md").unlink(missing_ok=True)
        return children.start("ingest", str(home()), str(log), "wait", str(folder))

    began = time.monotonic()
    assert children.wait(change(0)) == 0
    usual = time.monotonic() - began
    for round in range(1, 4 * times):
        before = generation()
        id = change(round)
        if round % 2:
            time.sleep(draw.uniform(0, usual))
        else:
            end = time.monotonic() + 60
            while generation() == before and time.monotonic() < end:
                time.sleep(0.001)
            time.sleep(draw.uniform(0, 0.15))
        killed += children.kill(id) == -signal.SIGKILL
        check(home() / "library.db")
        if killed == times:
            break
    assert killed == times, "too many had ended before they were to be killed"
    assert children.wait(children.start("ingest", str(home()), str(log), "wait", str(folder))) == 0
    assert log.read_text().endswith("done\n")
    assert check(home() / "library.db") == {str(path) for path in folder.iterdir()}
    everything_is_found(open_corpus())


def generation() -> int:
    with contextlib.closing(sqlite3.connect(home() / "library.db")) as db:
        return int(db.execute("select value from meta where key = 'generation'").fetchone()[0])


def everything_is_found(corpus: Corpus) -> None:
    """Chroma holds each vector of the library and no other, and each own passage finds itself."""
    assert corpus.nearest is not None
    assert corpus.embedder is not None
    assert not corpus.nearest.behind()
    assert not corpus.nearest.problem
    ids = {row[0] for row in corpus.store.db.execute("select passage from vectors")}
    assert corpus.nearest._ids(corpus.nearest.chroma) == ids
    for id, vector in corpus.store.vectors(sorted(ids)[-40:], corpus.embedder.key).items():
        assert id in corpus.nearest.near(vector, 3)


def test_killed_at_random_moments_the_library_is_whole_and_the_next_run_ends_the_job(
    children: Nursery, tmp_path: Path
) -> None:
    kill_at_random_moments(children, tmp_path / "folder", tmp_path / "log", 12)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_at_sixty_random_moments(children: Nursery, tmp_path: Path) -> None:
    kill_at_random_moments(children, tmp_path / "folder", tmp_path / "log", 60)


def test_a_second_ingest_waits_and_says_for_whom(children: Nursery, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text(TEXT)
    log, held = tmp_path / "log", tmp_path / "held"
    open_corpus()  # the shipped digests are in before anyone holds the lock
    holder = children.start("hold", str(home()), str(held))
    while not held.exists():
        time.sleep(0.02)
    second = children.start("ingest", str(home()), str(log), "wait", str(tmp_path / "notes.md"))
    while not log.exists() or not log.read_text():
        time.sleep(0.02)
    assert f"process {holder} since 20" in log.read_text()
    with pytest.raises(CorpusError, match=f"process {holder} since") as caught:
        ingest([tmp_path / "notes.md"], wait=False)
    assert "\n" not in str(caught.value)
    assert ask("What is Genie 3?").sentences, "reading needs no lock"
    assert children.kill(holder) == -signal.SIGKILL
    assert children.wait(second) == 0
    assert log.read_text().endswith("done\n")
    assert "Ada Brink" in ask(QUESTION).sentences[0].text


def test_two_ingests_at_once_both_end(children: Nursery, tmp_path: Path) -> None:
    ids = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        for i in range(10):
            write(tmp_path / name, f"{name}{i}.md", 0)
        ids.append(
            children.start("ingest", str(home()), str(tmp_path / f"{name}.log"), "wait", str(tmp_path / name))
        )
    assert [children.wait(id) for id in ids] == [0, 0]
    assert len(check(home() / "library.db")) == 20
    everything_is_found(open_corpus())


def test_a_reader_sees_what_another_process_writes(children: Nursery, tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text(TEXT)
    assert ask(QUESTION).refusal
    for name in ("Ada Brink", "Bo Lind"):
        path.write_text(TEXT.replace("Ada Brink", name))
        assert (
            children.wait(children.start("ingest", str(home()), str(tmp_path / "log"), "wait", str(path)))
            == 0
        )
        answer = ask(QUESTION)
        assert name in answer.sentences[0].text
        assert next(hit for hit in answer.hits if hit.used).dense_rank is not None
    path.unlink()
    assert (
        children.wait(children.start("ingest", str(home()), str(tmp_path / "log"), "wait", str(tmp_path)))
        == 0
    )
    assert ask(QUESTION).refusal


@pytest.mark.parametrize("damage", ["gone", "emptied", "cut", "garbage", "fewer", "foreign"])
def test_a_damaged_vector_index_is_made_again_without_embedding(tmp_path: Path, damage: str) -> None:
    (tmp_path / "notes.md").write_text(TEXT)
    ingest([tmp_path / "notes.md"])
    close_corpus()
    folder = home() / "chroma"
    if damage == "gone":
        shutil.rmtree(folder)
    elif damage == "fewer":
        corpus = open_corpus()
        corpus.nearest.chroma._collection.delete(ids=["1", "2", "3"])
        corpus.nearest.chroma._collection.upsert(ids=["999999"], embeddings=[[1.0] * 384], documents=[""])
        close_corpus()
    elif damage == "foreign":
        with contextlib.closing(sqlite3.connect(home() / "library.db")) as db, db:
            db.execute("update meta set value = 'anotherlibry' where key = 'id'")
    else:
        for path in [path for path in folder.rglob("*") if path.is_file()]:
            content = path.read_bytes()
            path.write_bytes(
                {"emptied": b"", "cut": content[: len(content) // 3], "garbage": b"\x5a" * len(content)}[
                    damage
                ]
            )
    corpus = open_corpus()
    everything_is_found(corpus)
    assert "model" not in corpus.embedder.__dict__, "something was embedded"
    assert "Ada Brink" in ask(QUESTION).sentences[0].text


def test_ids_that_only_chroma_knows_are_ignored_and_cleaned_at_the_next_write(tmp_path: Path) -> None:
    corpus = open_corpus()
    vector = next(iter(corpus.store.vectors([1], corpus.embedder.key).values()))
    corpus.nearest.chroma._collection.upsert(ids=["999999"], embeddings=[vector], documents=[""])
    assert 999999 in corpus.nearest.near(vector, 5)
    assert ask("What is Genie 3?").sentences
    (tmp_path / "notes.md").write_text(TEXT)
    ingest([tmp_path / "notes.md"])
    everything_is_found(open_corpus())


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture
def chroma_server(tmp_path: Path) -> Iterator[str]:
    """The URL of a real `chroma run`."""
    port = free_port()
    command = [
        str(Path(sys.executable).parent / "chroma"),
        "run",
        "--path",
        str(tmp_path / "server"),
        "--port",
        str(port),
    ]
    with (tmp_path / "server.log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        for _ in range(600):
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def test_a_chroma_server_serves_in_place_of_the_embedded_one(
    chroma_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORRERY_CHROMA_URL", chroma_server)
    shutil.rmtree(home() / "chroma")
    (tmp_path / "notes.md").write_text(TEXT)
    [document] = ingest([tmp_path / "notes.md"])
    answer = ask(QUESTION)
    assert "Ada Brink" in answer.sentences[0].text
    assert next(hit for hit in answer.hits if hit.used).dense_rank is not None
    assert not (home() / "chroma").exists()
    everything_is_found(open_corpus())
    remove(document.id)
    everything_is_found(open_corpus())


@pytest.mark.parametrize(("url", "says"), [("", "can't be used"), ("chroma.example", "is not a web address")])
def test_a_chroma_server_that_is_not_there_is_one_line(
    monkeypatch: pytest.MonkeyPatch, url: str, says: str
) -> None:
    url = url or f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("ORRERY_CHROMA_URL", url)
    with pytest.raises(CorpusError, match=says) as caught:
        ask(QUESTION)
    assert url in str(caught.value)
    assert "\n" not in str(caught.value)


FULL = """
import os, sys
os.environ["ORRERY_HOME"] = home = sys.argv[1]
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from corpus.answering.answer import ask
from corpus.errors import CorpusError
from corpus.retrieval.index import close_corpus
from corpus.library.library import ingest, list_documents
first, many = Path(sys.argv[3]), Path(sys.argv[4])
print(ingest([first])[0].change)
free = os.statvfs(home).f_bavail * os.statvfs(home).f_frsize
Path(home, "other").write_bytes(b"x" * max(free - 1_500_000, 0))
try:
    ingest([many])
    print("not full")
except CorpusError as error:
    print(error)
print(len(list_documents()) >= 1, "Ada Brink" in ask("Who built Quagmar?").sentences[0].text)
close_corpus()
with open(Path(home, "ballast"), "wb", buffering=0) as file:  # what is left
    try:
        while file.write(b"x" * 512):
            pass
    except OSError:
        pass
print("Ada Brink" in ask("Who built Quagmar?").sentences[0].text)
Path(home, "ballast").unlink()
"""


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_the_old_index_answers(tmp_path: Path) -> None:
    small, many = tmp_path / "small", tmp_path / "many"
    small.mkdir()
    many.mkdir()
    (tmp_path / "notes.md").write_text(TEXT)
    for i in range(200):
        write(many, f"{i}.md", i)
    (tmp_path / "child.py").write_text(FULL)
    arguments = [str(small), str(Path(__file__).parents[2]), str(tmp_path / "notes.md"), str(many)]
    mount = f"mount -t tmpfs -o size=24m tmpfs {small}"
    if subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True).returncode:
        pytest.skip("a small disk can't be mounted here")
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", f'{mount} && exec "$@"', "sh", sys.executable, str(tmp_path / "child.py"), *arguments],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    change, problem, answers, again = done.stdout.splitlines()
    assert change == "added"
    assert "full" in problem
    assert answers == "True True"
    assert again == "True"


def test_listing_and_removing(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text(TEXT)
    [document] = ingest([tmp_path / "notes.md"])
    assert [d.id for d in list_documents()] == [document.id]
    with pytest.raises(CorpusError, match=document.id):
        remove("nothing")
    assert remove(document.id).change == "removed"
    assert list_documents() == []
    assert Store(home() / "library.db").meta("documents") == len(open_corpus().sources)
