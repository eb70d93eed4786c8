"""The user's own documents: ingested, asked, unchanged for free, replaced, removed, damaged."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import numpy as np
import pytest

from corpus.answering.answer import ask
from corpus.errors import CorpusError
from corpus.library.ingesting import Document
from corpus.library.library import ingest, list_documents, remove
from corpus.loaders import load
from corpus.retrieval.embed import Embedder
from corpus.retrieval.index import close_corpus, open_corpus

pytestmark = pytest.mark.usefixtures("ready_home")
PDF = Path(__file__).parents[2].parent / "shared" / "data" / "documents" / "dvd-jepa.pdf"
TEXT = "The Quagmar engine is a gearbox for sailing robots. Quagmar was built by Ada Brink in Oslo in 1987."
QUESTION = "Who built Quagmar?"


def pdf(pages: list[str], *, extra: bytes = b"") -> bytes:
    """A small PDF: one line of text a page."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    kids = []
    for text in pages:
        stream = f"BT /F1 12 Tf 20 700 Td ({text}) Tj ET".encode()
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    out, offsets = b"%PDF-1.4\n", []
    for i, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (i, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R %s>>\n" % (len(objects) + 1, extra)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%s%sstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1,
        table,
        trailer,
        len(out),
    )


def test_a_pdf_is_ingested_and_answers_with_its_page(tmp_path: Path) -> None:
    path = tmp_path / "quagmar.pdf"
    path.write_bytes(pdf(["The Zib is a small boat with two masts.", TEXT]))
    [document] = ingest([path])
    assert (document.change, document.pages) == ("added", 2)
    opened = open_corpus()
    answer = ask(QUESTION, opened)
    cited = answer.sentences[0].citations[0]
    assert "Ada Brink" in cited.quote
    assert cited.page == 2
    assert opened.sources[cited.source_id].text[cited.start : cited.end] == cited.quote
    assert opened.sources[cited.source_id].id == document.id


def changes(documents: list[Document]) -> dict[str, str]:
    return {Path(document.path).name: document.change for document in documents}


def test_unchanged_is_free_changed_replaces_and_removed_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text(TEXT)
    [first] = ingest([path])
    generation = open_corpus().generation
    [again] = ingest([path])
    assert (again.change, again.id) == ("unchanged", first.id)
    assert open_corpus().generation == generation, "an unchanged file was written again"

    path.write_text(TEXT.replace("Ada Brink", "Bo Lind"))
    [changed] = ingest([path])
    assert changed.change == "updated"
    assert [d.id for d in list_documents()] == [changed.id]
    assert "Bo Lind" in ask(QUESTION).sentences[0].text

    remove(changed.id)
    assert list_documents() == []
    assert ask(QUESTION).refusal


def test_a_change_within_one_time_stamp_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text(TEXT)
    stamp = path.stat().st_mtime_ns
    ingest([path])
    path.write_text(TEXT.replace("Ada Brink", "Eva Brink"))
    os.utime(path, ns=(stamp, stamp))
    assert changes(ingest([path])) == {"notes.md": "updated"}


def test_an_old_file_that_was_only_touched_is_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text(TEXT)
    for age in (1000, 500):
        os.utime(path, (time.time() - age, time.time() - age))
        [document] = ingest([path])
    assert document.change == "unchanged"
    entry = next(open_corpus().store.rows("origin = 'own'")).entry
    assert entry.mtime == path.stat().st_mtime_ns, "the next run need not read it"


def test_a_changed_document_embeds_its_changed_passages_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "notes.md"
    paragraphs = [
        f"Paragraph {i} tells of gears. " + "The wind turns a wheel slowly. " * 15 for i in range(5)
    ]
    path.write_text("# Gears\n\n" + "\n\n".join(paragraphs))
    [document] = ingest([path])
    assert document.passages >= 5
    counted: list[int] = []
    plain = Embedder.encode_many

    def counting(self: Embedder, texts: list[str]) -> np.ndarray:
        counted.append(len(texts))
        return plain(self, texts)

    monkeypatch.setattr(Embedder, "encode_many", counting)
    paragraphs[2] = paragraphs[2].replace("gears", "sails")
    path.write_text("# Gears\n\n" + "\n\n".join(paragraphs))
    assert changes(ingest([path])) == {"notes.md": "updated"}
    assert sum(counted) == 1


def test_a_folder_is_walked_kept_inside_and_followed_as_it_changes(tmp_path: Path) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    for path in (folder / "deep", folder / ".hidden", outside):
        path.mkdir(parents=True)
    for path in (folder / "a.md", folder / "deep" / "b.txt", folder / ".hidden" / "c.md", folder / ".d.md"):
        path.write_text(f"{path.name} holds a text of its own about the Quagmar engine.")
    (folder / "picture.png").write_bytes(b"no text")
    (outside / "secret.md").write_text("The secret text.")
    (folder / "link.md").symlink_to(outside / "secret.md")
    (folder / "linked").symlink_to(outside)
    (folder / "inner.md").symlink_to(folder / "a.md")
    documents = ingest([folder])
    assert changes(documents) == {"a.md": "added", "b.txt": "added", "link.md": "failed", "linked": "failed"}
    assert all("leads out of the folder" in d.problem for d in documents if d.change == "failed")
    assert "secret" not in " ".join(
        source.text for source in open_corpus().sources.values() if source.id[:4] == "own-"
    )

    for name in ("link.md", "linked"):
        (folder / name).unlink()
    (folder / "deep" / "b.txt").unlink()
    (folder / "e.md").write_text("A fifth text.")
    assert changes(ingest([folder])) == {"a.md": "unchanged", "b.txt": "removed", "e.md": "added"}
    (folder / "a.md").rename(folder / "moved.md")
    assert changes(ingest([folder])) == {"e.md": "unchanged", "moved.md": "added", "a.md": "removed"}
    assert sorted(Path(d.path).name for d in list_documents()) == ["e.md", "moved.md"]


def test_a_folder_that_is_gone_takes_nothing_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.md").write_text(TEXT)
    ingest([folder])
    folder.rename(tmp_path / "away")
    [document] = ingest([folder])
    assert document.change == "failed"
    assert "does not exist" in document.problem
    assert len(list_documents()) == 1


def test_a_dry_run_says_what_would_be_done_and_does_nothing(tmp_path: Path) -> None:
    for name in ("stays.md", "changes.md", "goes.md"):
        (tmp_path / name).write_text(f"{name}: {TEXT}")
    ingest([tmp_path])
    before = [(d.id, d.path) for d in list_documents()]
    (tmp_path / "changes.md").write_text(TEXT + " More.")
    (tmp_path / "goes.md").unlink()
    (tmp_path / "new.md").write_text(TEXT)
    expected = {"stays.md": "unchanged", "changes.md": "updated", "goes.md": "removed", "new.md": "added"}
    assert changes(ingest([tmp_path], dry_run=True)) == expected
    assert [(d.id, d.path) for d in list_documents()] == before
    assert changes(ingest([tmp_path])) == expected


def test_two_files_of_one_name_and_text_are_two_documents(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "notes.md").write_text(TEXT)
    documents = ingest([tmp_path])
    assert len({document.id for document in documents}) == 2
    assert [d.change for d in ingest([tmp_path])] == ["unchanged", "unchanged"]


def test_progress_tells_rate_and_remaining_time(tmp_path: Path) -> None:
    for i in range(40):
        paragraphs = (
            f"Note {i} on gear {j} says this. " + "The wind turns a wheel slowly. " * 15 for j in range(12)
        )
        (tmp_path / f"{i:02}.md").write_text("\n\n".join(paragraphs))
    lines: list[str] = []
    ingest([tmp_path], report=lines.append)
    told = re.compile(r"[\d,]+ passages, \d+ a second, about \d+ s left")
    assert any(told.fullmatch(line) for line in lines), lines


def test_ask_sees_a_document_at_once_in_the_same_process(tmp_path: Path) -> None:
    assert ask(QUESTION).refusal
    path = tmp_path / "notes.txt"
    path.write_text(TEXT)
    ingest([path])
    assert "Ada Brink" in ask(QUESTION).sentences[0].text


def test_one_unreadable_file_is_named_and_the_rest_go_on(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.md", tmp_path / "bad.pdf"
    good.write_text(TEXT)
    bad.write_bytes(pdf([TEXT])[:200])
    documents = ingest([bad, tmp_path / "none.md", good])
    assert changes(documents) == {"bad.pdf": "failed", "none.md": "failed", "good.md": "added"}
    for document in documents[:2]:
        assert Path(document.path).name in document.problem
        assert "\n" not in document.problem
    assert "Ada Brink" in ask(QUESTION).sentences[0].text


def test_a_changed_file_that_cannot_be_read_keeps_its_last_good_text(tmp_path: Path) -> None:
    path = tmp_path / "notes.pdf"
    path.write_bytes(pdf([TEXT]))
    ingest([path])
    path.write_bytes(pdf([TEXT])[:200])
    assert changes(ingest([path])) == {"notes.pdf": "failed"}
    assert "Ada Brink" in ask(QUESTION).sentences[0].text


def test_documents_indexed_without_an_embedder_get_their_vectors_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes.md").write_text(TEXT)
    with monkeypatch.context() as patch:
        patch.setenv("ORRERY_EMBEDDER", str(tmp_path))
        ingest([tmp_path / "notes.md"])
        assert "Ada Brink" in ask(QUESTION).sentences[0].text
        close_corpus()
    (tmp_path / "more.md").write_text("Another text.")
    ingest([tmp_path / "more.md"])
    corpus = open_corpus()
    assert corpus.embedder is not None
    assert len(corpus.store.vectors(range(1, 10**5), corpus.embedder.key)) == corpus.size
    assert next(hit for hit in ask(QUESTION).hits if hit.used).dense_rank is not None


def test_removing_what_is_not_there_names_what_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text(TEXT)
    [document] = ingest([path])
    with pytest.raises(CorpusError, match=document.id):
        remove("nothing")


@pytest.mark.parametrize(("content", "says"), [(pdf([""]), "holds no text"), (pdf(["Hi."])[:200], "damaged")])
def test_a_pdf_without_text_or_half_of_one_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=says):
        load(path)


def test_an_encrypted_pdf_is_refused(tmp_path: Path) -> None:
    from pypdf import PdfReader, PdfWriter

    plain, path = tmp_path / "plain.pdf", tmp_path / "locked.pdf"
    plain.write_bytes(pdf(["Secret words here."]))
    writer = PdfWriter(clone_from=PdfReader(plain))
    writer.encrypt("password", algorithm="RC4-128")
    writer.write(path)
    with pytest.raises(CorpusError, match=r"locked\.pdf is encrypted"):
        load(path)


def test_a_real_paper_is_ingested_and_cited_by_page(tmp_path: Path) -> None:
    if not PDF.is_file():
        pytest.skip("the sample documents are not beside this repository")
    [document] = ingest([PDF])
    assert document.pages >= 2
    opened = open_corpus()
    answer = ask("What is DVD-JEPA?", opened)
    cited = [c for s in answer.sentences for c in s.citations if c.source_id == document.id]
    assert cited
    for citation in cited:
        assert opened.sources[document.id].text[citation.start : citation.end] == citation.quote
        assert citation.page is not None
        assert 1 <= citation.page <= document.pages
