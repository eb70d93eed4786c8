"""Opening the corpus: nothing is embedded needlessly, damage is recognised, a missing embedder is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from corpus.answering.answer import ask
from corpus.errors import CorpusError
from corpus.library.shipped import SOURCES, VECTORS, embedded_texts, read_sources
from corpus.loaders.text import sha256
from corpus.retrieval.compared import Compared
from corpus.retrieval.embed import find_embedder
from corpus.retrieval.index import Corpus, build_corpus
from corpus.retrieval.retrieve import HybridRetriever
from corpus.retrieval.vectors import read, save

QUESTION = "When was Genie 3 announced?"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with two of the shipped sources and their vectors."""
    (tmp_path / VECTORS).mkdir()
    for name in ("genie3-2025", "seal-2025"):
        for file in (f"{name}.md", f"{VECTORS}/{name}.safetensors"):
            shutil.copy(SOURCES / file, tmp_path / file)
    return tmp_path


def embedded(opened: Corpus) -> int:
    """How many vectors had to be made."""
    return len(opened.library._made)


def test_a_shipped_corpus_embeds_nothing_at_opening() -> None:
    opened = build_corpus(own=False)
    assert opened.embedder is not None
    if all(sha256(t) in opened.library.known for t in embedded_texts(read_sources())):
        assert embedded(opened) == 0
        assert "model" not in opened.embedder.__dict__, "the embedder was loaded although nothing needed it"
    vectors = opened.store.vectors(range(1, opened.size + 1), opened.embedder.key)
    assert len(vectors) == len(opened.passages) == opened.size
    assert np.allclose(np.linalg.norm(list(vectors.values()), axis=1), 1, atol=2e-3)


def test_only_a_changed_passage_is_embedded(small: Path) -> None:
    path = small / "seal-2025.md"
    path.write_text(
        path.read_text() + "\nSEAL was also praised by a reader who built a small copy of it at home.\n"
    )
    assert embedded(build_corpus(small, own=False)) == 1


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "text"])
def test_a_damaged_embeddings_file_is_named_and_rebuilt(small: Path, corpus: Corpus, damage: str) -> None:
    path = small / VECTORS / "seal-2025.safetensors"
    data = path.read_bytes()
    flipped = data[:-1000] + bytes([data[-1000] ^ 0x40]) + data[-999:]
    path.write_bytes({"cut": data[: len(data) // 2], "flip": flipped, "empty": b"", "text": b"hello"}[damage])
    opened = build_corpus(small, own=False)
    assert f"{path.name} is damaged" in opened.notice
    whole = len(read(small / VECTORS / "genie3-2025.safetensors", opened.embedder.hash))
    assert len(opened.library.known) == whole, "the other file's vectors are used"
    answer = ask(QUESTION, opened)
    assert answer.notice == opened.notice
    assert answer.sentences[0].text == ask(QUESTION, corpus).sentences[0].text


def test_another_models_embeddings_are_not_used(small: Path) -> None:
    model = find_embedder().hash
    for path in (small / VECTORS).iterdir():
        save(path, read(path, model), "0" * 64)
    opened = build_corpus(small, own=False)
    assert "another embedder" in opened.notice
    assert opened.library.known == {}


def test_a_rebuilt_vector_equals_the_stored_one(corpus: Corpus) -> None:
    passage = corpus.passages[0]
    assert corpus.embedder is not None
    fresh = corpus.embedder.encode([f"{corpus.sources[passage.source_id].title}. {passage.text}"])[0]
    [stored] = corpus.store.vectors([1], corpus.embedder.key).values()
    assert fresh @ stored > 0.999


def test_without_an_embedder_answers_come_from_bm25_and_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORRERY_EMBEDDER", str(tmp_path))
    opened = build_corpus(own=False)
    answer = ask(QUESTION, opened)
    assert "BM25 alone" in answer.notice
    assert "ORRERY_EMBEDDER" in answer.notice
    assert answer.embedder_hash == ""
    assert "5 August 2025" in answer.sentences[0].text
    assert all(hit.dense_rank is None for hit in answer.hits)
    assert ask("What is the capital of France?", opened).refusal
    assert ask("How do I bake bread?", opened).refusal


def test_wrong_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.retrieval.embed.WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(CorpusError, match="not the published ones"):
        find_embedder()


def test_hits_are_ranked_scaled_and_marked(corpus: Corpus) -> None:
    hits = HybridRetriever(corpus=corpus, top_k=12).hits("latent overshooting in PlaNet")
    assert len(hits) == 12
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    assert all(0 <= h.score <= 1 for h in hits)
    assert hits[0].passage.source_id == "planet-2018"
    assert 1 in {h.bm25_rank for h in hits}
    assert 1 in {h.dense_rank for h in hits}


def test_chroma_finds_what_a_full_comparison_finds(corpus: Corpus) -> None:
    assert corpus.embedder is not None
    assert corpus.nearest is not None
    vector = corpus.embedder.encode(["why do planners exploit a wrong model?"])[0]
    found, exact = corpus.nearest.near(vector, 10), Compared(corpus.store, corpus.embedder).near(vector, 10)
    assert not corpus.nearest.problem
    assert len(set(found) & set(exact)) >= 9


def test_a_digest_that_changes_is_indexed_again_and_one_that_goes_is_taken_out(small: Path) -> None:
    first = build_corpus(small)
    generation, hash = first.generation, first.hash
    assert build_corpus(small).generation == generation, "an unchanged folder was written again"
    (small / "genie3-2025.md").unlink()
    path = small / "seal-2025.md"
    path.write_text(path.read_text() + "\nThe Quagmar prize went to SEAL in Oslo.\n")
    opened = build_corpus(small)
    assert list(opened.sources) == ["seal-2025"]
    assert opened.hash != hash
    assert "Quagmar" in HybridRetriever(corpus=opened).hits("the Quagmar prize")[0].passage.text


def test_a_home_that_cannot_be_used_leaves_the_shipped_sources(
    tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("ORRERY_HOME", str(tmp_path / "file"))
    opened = build_corpus(small)
    assert "Your own documents are left out" in opened.notice
    assert "5 August 2025" in ask(QUESTION, opened).sentences[0].text


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_damaged_library_is_named(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setenv("ORRERY_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "library.db").write_bytes(content)
    opened = build_corpus(small)
    assert "library.db is damaged" in opened.notice
    assert "5 August 2025" in ask(QUESTION, opened).sentences[0].text


def test_it_is_a_langchain_retriever(corpus: Corpus) -> None:
    documents = HybridRetriever(corpus=corpus, top_k=3).invoke("What is model collapse?")
    assert documents[0].metadata["source_id"] == "model-collapse-2024"
    source = corpus.sources["model-collapse-2024"]
    assert (
        source.text[documents[0].metadata["start"] : documents[0].metadata["end"]]
        == documents[0].page_content
    )
