"""The retriever's working, shown and measured: the inspector's record, BEIR files, the figures' formulas."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.answering.answer import ask
from corpus.answering.explain import explain
from corpus.bench.beir import interval, ndcg, read_dataset, recall
from corpus.bench.retrieval import bench_retrieval
from corpus.errors import CorpusError
from corpus.retrieval.index import Corpus
from corpus.retrieval.retrieve import RRF, HybridRetriever

DOCUMENTS = [
    {"_id": "a", "title": "Tides", "text": "The tides of the sea follow the moon. Spring tides come at full moon."},
    {"_id": "b", "title": "Bread", "text": "Bread rises because yeast makes gas in the dough. Salt slows the yeast."},
    {"_id": "c", "title": "Bees", "text": "Bees dance to tell where flowers are. The dance points away from the sun."},
    {"_id": "d", "title": "Steel", "text": "Steel is iron with a little carbon. More carbon makes it harder."},
]  # fmt: skip
QUERIES = [
    {"_id": "1", "text": "Why does dough rise?"},
    {"_id": "2", "text": "How do bees show the way to flowers?"},
    {"_id": "3", "text": "never judged"},
]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    with gzip.open(tmp_path / "corpus.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in DOCUMENTS)
    (tmp_path / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in QUERIES))
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n1\tb\t1\n2\tc\t2\n2\ta\t0\n")
    return tmp_path


def test_every_method_is_measured_on_one_collection(dataset: Path) -> None:
    result = bench_retrieval(dataset)
    assert (result.documents, result.questions, result.passages) == (4, 2, 4)
    methods = {row.method: row for row in result.rows}
    assert {"bm25", "dense", "rrf", "scaled"} <= set(methods)
    for row in methods.values():
        assert row.ndcg == row.recall == 1.0
        assert row.ms_median > 0
    assert json.loads(json.dumps(result.to_json()))["dataset"] == dataset.name


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("queries.jsonl", '{"_id": "1"}\nnonsense\n', "queries.jsonl, line 2: not JSON"),
        ("queries.jsonl", '{"text": "x"}\n', "queries.jsonl, line 1: no field '_id'"),
        ("qrels/test.tsv", "1 b 1\n", "test.tsv, line 1"),
        ("qrels/test.tsv", "1\tzzz\t1\n", "no question of the folder"),
    ],
)
def test_a_wrong_collection_is_told_in_a_line(dataset: Path, file: str, text: str, why: str) -> None:
    (dataset / file).write_text(text)
    with pytest.raises(CorpusError, match=why):
        read_dataset(dataset)


def test_no_collection_at_all(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no folder"):
        read_dataset(tmp_path / "absent")
    with pytest.raises(CorpusError, match=r"holds no corpus\.jsonl"):
        read_dataset(tmp_path)


def test_ndcg_by_hand() -> None:
    assert ndcg(["x", "a"], {"a": 1}) == pytest.approx(1 / math.log2(3))
    assert ndcg(["b", "a"], {"a": 3, "b": 1}) == pytest.approx(
        (1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3))
    )
    assert recall(["a", "x"], {"a": 1, "b": 1}) == 0.5


@given(st.lists(st.sampled_from("abcdefgh"), unique=True), st.sets(st.sampled_from("abcdefgh"), min_size=1))
def test_ndcg_is_a_share_and_one_for_the_ideal(ranked: list[str], wanted: set[str]) -> None:
    gains = dict.fromkeys(wanted, 1)
    assert 0 <= ndcg(ranked, gains) <= 1 + 1e-9
    assert ndcg(sorted(wanted), gains) == pytest.approx(1)


def test_the_bootstrap_is_seeded_and_about_right() -> None:
    values = np.random.default_rng(3).random(400).tolist()
    low, high = interval(values)
    assert (low, high) == interval(values)
    assert high - low == pytest.approx(2 * 1.96 * np.std(values) / 20, rel=0.15)


def test_reciprocal_ranks_are_added(corpus: Corpus) -> None:
    for hit in HybridRetriever(corpus=corpus, fusion="rrf").hits("What is a world model?"):
        ranks = [rank for rank in (hit.bm25_rank, hit.dense_rank) if rank]
        assert hit.score == pytest.approx(sum(1 / (RRF + rank) for rank in ranks), abs=1e-4)


@pytest.mark.parametrize("question", ["When was Genie 3 announced?", "What is the capital of France?"])
def test_the_inspector_tells_why_of_every_passage(corpus: Corpus, question: str) -> None:
    answer = ask(question, corpus)
    record = explain(answer, corpus)
    assert len(record.rows) == len(answer.hits)
    assert [row.place for row in record.rows] == list(range(1, len(record.rows) + 1))
    assert all(row.why.endswith(".") for row in record.rows)
    assert {row.passage_id for row in record.rows if row.why.startswith("Quoted")} == {
        hit.passage.id for hit in answer.hits if hit.used
    }
    assert bool(record.refused) == bool(answer.refusal)
    for row in record.rows:
        assert row.best_sentence in row.text
        assert -1 <= row.best_cosine <= 1.0001
    assert json.loads(json.dumps(record.to_json()))["measure"] == "cosine"
