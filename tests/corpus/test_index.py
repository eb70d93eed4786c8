"""Opening the corpus: nothing is embedded needlessly, damage is recognised, a missing embedder is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from corpus.answer import ask
from corpus.embed import find_embedder
from corpus.errors import CorpusError
from corpus.index import SOURCES, STORED, Corpus, build_corpus
from corpus.retrieve import HybridRetriever
from corpus.vectors import read, save

QUESTION = "When was Genie 3 announced?"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with two of the shipped sources and the shipped embeddings."""
    for name in ("genie3-2025.md", "seal-2025.md", STORED.name):
        shutil.copy(SOURCES / name, tmp_path / name)
    return tmp_path


def test_a_shipped_corpus_embeds_nothing_at_opening(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = build_corpus(own=False)
    assert opened.embedder is not None
    before = len(opened._known)
    assert opened.vectors.shape == (len(opened.passages), 384)
    assert np.allclose(np.linalg.norm(opened.vectors, axis=1), 1, atol=2e-3)
    assert len(opened._known) == before
    assert "_model" not in opened.embedder.__dict__, "the embedder was loaded although nothing needed it"


def test_only_a_changed_passage_is_embedded(small: Path) -> None:
    path = small / "seal-2025.md"
    path.write_text(
        path.read_text() + "\nSEAL was also praised by a reader who built a small copy of it at home.\n"
    )
    opened = build_corpus(small, own=False)
    before = len(opened._known)
    assert opened.vectors.shape[0] == len(opened.passages)
    assert len(opened._known) - before == 1


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "text"])
def test_a_damaged_embeddings_file_is_named_and_rebuilt(small: Path, corpus: Corpus, damage: str) -> None:
    path = small / STORED.name
    data = path.read_bytes()
    flipped = data[:-1000] + bytes([data[-1000] ^ 0x40]) + data[-999:]
    path.write_bytes({"cut": data[: len(data) // 2], "flip": flipped, "empty": b"", "text": b"hello"}[damage])
    opened = build_corpus(small, own=False)
    assert f"{STORED.name} is damaged" in opened.notice
    assert opened._known == {}
    answer = ask(QUESTION, opened)
    assert answer.notice == opened.notice
    assert answer.sentences[0].text == ask(QUESTION, corpus).sentences[0].text


def test_another_models_embeddings_are_not_used(small: Path) -> None:
    model = find_embedder().hash
    save(small / STORED.name, read(STORED, model), "0" * 64)
    opened = build_corpus(small, own=False)
    assert "another embedder" in opened.notice
    assert opened._known == {}


def test_a_rebuilt_vector_equals_the_stored_one(corpus: Corpus) -> None:
    passage = corpus.passages[0]
    assert corpus.embedder is not None
    fresh = corpus.embedder.encode([f"{corpus.sources[passage.source_id].title}. {passage.text}"])[0]
    assert np.abs(fresh - corpus.vectors[0]).max() < 1e-3


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
    monkeypatch.setattr("corpus.embed.WEIGHTS_SHA256", "0" * 64)
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
    vector = corpus.embedder.encode(["why do planners exploit a wrong model?"])[0]
    found = [d.id for d in corpus.store.similarity_search_by_vector(vector.tolist(), k=10)]
    exact = [corpus.passages[i].id for i in np.argsort(-(corpus.vectors @ vector))[:10]]
    assert len(set(found) & set(exact)) >= 9


def test_it_is_a_langchain_retriever(corpus: Corpus) -> None:
    documents = HybridRetriever(corpus=corpus, top_k=3).invoke("What is model collapse?")
    assert documents[0].metadata["source_id"] == "model-collapse-2024"
    source = corpus.sources["model-collapse-2024"]
    assert (
        source.text[documents[0].metadata["start"] : documents[0].metadata["end"]]
        == documents[0].page_content
    )
