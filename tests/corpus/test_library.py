"""The user's own documents: ingested, asked, unchanged for free, replaced, removed, damaged."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from corpus.answer import ask
from corpus.errors import CorpusError
from corpus.home import home
from corpus.index import build_corpus
from corpus.library import ingest, list_documents, remove
from corpus.loaders import load

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
    opened = build_corpus()
    answer = ask(QUESTION, opened)
    cited = answer.sentences[0].citations[0]
    assert "Ada Brink" in cited.quote
    assert cited.page == 2
    assert opened.sources[cited.source_id].text[cited.start : cited.end] == cited.quote
    assert opened.sources[cited.source_id].id == document.id


def test_unchanged_is_free_changed_replaces_and_removed_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text(TEXT)
    [first] = ingest([path])
    stamps = {p: p.stat().st_mtime_ns for p in (home() / "documents").iterdir()}
    began = time.perf_counter()
    [again] = ingest([path])
    assert time.perf_counter() - began < 0.5
    assert (again.change, again.id) == ("unchanged", first.id)
    assert {p: p.stat().st_mtime_ns for p in (home() / "documents").iterdir()} == stamps

    path.write_text(TEXT.replace("Ada Brink", "Bo Lind"))
    [changed] = ingest([path])
    assert changed.change == "updated"
    assert [d.id for d in list_documents()] == [changed.id]
    assert "Bo Lind" in ask(QUESTION, build_corpus()).sentences[0].text

    remove(changed.id)
    assert list_documents() == []
    assert list((home() / "documents").iterdir()) == []
    assert ask(QUESTION, build_corpus()).refusal


def test_ask_sees_a_document_at_once_in_the_same_process(tmp_path: Path) -> None:
    assert ask(QUESTION).refusal
    path = tmp_path / "notes.txt"
    path.write_text(TEXT)
    ingest([path])
    assert "Ada Brink" in ask(QUESTION).sentences[0].text


def test_one_unreadable_file_adds_nothing(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.md", tmp_path / "bad.xyz"
    good.write_text(TEXT)
    bad.write_text("x")
    with pytest.raises(CorpusError, match=r"bad\.xyz"):
        ingest([good, bad])
    assert list_documents() == []


def test_a_damaged_record_is_named_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text(TEXT)
    [document] = ingest([path])
    record = home() / "documents" / f"{document.id}.json"
    record.write_text(record.read_text().replace("Ada Brink", "Someone Else"))
    opened = build_corpus()
    assert document.id in opened.notice
    assert document.id not in opened.sources


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
    opened = build_corpus()
    answer = ask("What is DVD-JEPA?", opened)
    cited = [c for s in answer.sentences for c in s.citations if c.source_id == document.id]
    assert cited
    for citation in cited:
        assert opened.sources[document.id].text[citation.start : citation.end] == citation.quote
        assert citation.page is not None
        assert 1 <= citation.page <= document.pages
