"""The shipped digests: well formed, in our own words; and errors that name the file and the field."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corpus.errors import CorpusError
from corpus.ledger import claims
from corpus.library.shipped import SOURCES, VECTORS, embedded_texts, read_sources
from corpus.loaders import load, markdown
from corpus.loaders.text import sha256
from corpus.retrieval.index import Corpus
from corpus.retrieval.vectors import read_folder
from corpus.topics import topics

SHARED = Path(__file__).parents[2].parent / "shared"
GOOD = """---
id: one
title: "One"
authors: ["A. Person"]
published: 2024-01-02
kind: paper
url: https://example.org/one
topics: [agi]
camp: neutral
systems: []
people: ["A. Person"]
---

## What it says

One is a model that plans.
"""


def test_at_least_130_sources_each_whole_and_unlike_the_others() -> None:
    sources = read_sources()
    assert len(sources) >= 130
    for unique in ("id", "title"):
        assert len({getattr(s, unique) for s in sources}) == len(sources), unique
    urls = [s.url for s in sources if s.url]
    assert len(set(urls)) == len(urls)
    assert len(sources) - len(urls) <= 2, "only the two seed articles have no address"
    for source in sources:
        assert 250 <= len(source.text.split()) <= 700, source.id
        assert source.hash == sha256(source.text)
        headings = re.findall(r"^## (.+)$", source.text, re.MULTILINE)
        assert headings == ["What it says", "Key figures", "What it does not show", "Who disagrees"], (
            source.id
        )
        assert source.systems or source.people, f"{source.id} names nothing and nobody"
        assert set(source.topics) <= set(topics()), source.id
        year = source.published[:4]
        assert not year or 1945 <= int(year) <= 2026, source.id


def test_no_digest_shares_ten_words_in_a_row_with_what_it_was_made_from() -> None:
    documents = [
        *SHARED.glob("seeds/*.txt"), *SHARED.glob("evidence/*.md"), *SHARED.glob("data/documents/*"),
    ]  # fmt: skip
    if not documents:
        pytest.skip("the documents are not beside this repository")

    def runs(text: str) -> set[tuple[str, ...]]:
        words = re.findall(r"\w+", text.lower())
        return {tuple(words[i : i + 10]) for i in range(len(words) - 9)}

    taken = set().union(*(runs(load(path).text) for path in documents))
    assert {s.id: shared for s in read_sources() if (shared := runs(s.text) & taken)} == {}
    said = {id: c.statement + c.would_change + c.if_true for id, c in claims().items()}
    assert {id: shared for id, text in said.items() if (shared := runs(text) & taken)} == {}


def test_stored_embeddings_cover_every_passage_and_sentence(corpus: Corpus) -> None:
    assert corpus.embedder is not None
    stored, problem = read_folder(SOURCES / VECTORS, corpus.embedder.hash)
    assert problem == ""
    missing = [text for text in embedded_texts(read_sources()) if sha256(text) not in stored]
    assert missing == [], "run: make embeddings"
    said = [text for claim in claims().values() for text in (claim.statement, *claim.asked)]
    assert [text for text in said if sha256(text) not in stored] == [], "run: make embeddings"
    files = {path.stem for path in (SOURCES / VECTORS).iterdir()}
    assert files == {source.id for source in read_sources()} | {"claims", "guides"}
    assert corpus.notice == ""


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("id: one", "id: two"), "field 'id' is 'two'"),
        (("camp: neutral", "camp: left"), "field 'camp' is 'left'; it must be one of"),
        (('title: "One"\n', ""), "field 'title' is missing"),
        (("topics: [agi]", "topics: agi"), "field 'topics' is 'agi'; it must be a list"),
        (("topics: [agi]", "topics: [joy]"), "field 'topics' is ['joy']; it must be of jepa"),
        (("systems: []\n", ""), "field 'systems' is missing"),
        (("2024-01-02", "last year"), "field 'published'"),
        (("https://example.org/one", "example"), "field 'url'"),
        (("topics: [agi]", "topics: [agi"), "not valid YAML"),
        (("---\nid", "id"), "no front matter"),
        ((GOOD.split("---\n\n")[1], ""), "holds no text"),
    ],
)
def test_a_wrong_field_is_named_with_its_file(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    path = tmp_path / "one.md"
    path.write_text(GOOD.replace(*change))
    with pytest.raises(CorpusError, match=re.escape(says)) as caught:
        markdown.read_digest(path)
    assert str(caught.value).startswith("one.md")
    assert "\n" not in str(caught.value)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "one.md"
    path.write_text(GOOD)
    source = markdown.read_digest(path)
    assert (source.id, source.published, source.authors) == ("one", "2024-01-02", ("A. Person",))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.docx", b"x", "supported: .md, .txt, .pdf"),
        ("a.txt", b"", "holds no text"),
        ("a.txt", b"abc\x00def", "is binary"),
        ("a.txt", b"caf\xe9 au lait", "not UTF-8"),
        ("a.pdf", b"not a pdf at all", "damaged or not a PDF"),
        ("a.pdf", b"", "damaged or not a PDF"),
    ],
)
def test_a_file_that_cannot_be_read_gets_one_line(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=re.escape(says)) as caught:
        load(path)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_files_and_folders_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="does not exist"):
        load(tmp_path / "no.md")
    with pytest.raises(CorpusError, match="is a folder"):
        load(tmp_path)
