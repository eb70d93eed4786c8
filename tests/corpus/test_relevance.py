"""The learned judge: what it prefers, what it does when its file is not right, and that training teaches it."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.embed import Embedder, find_embedder
from corpus.errors import CorpusError
from corpus.relevance import ADAPTER, Relevance, open_relevance
from corpus.relevance_bench import Pool, auroc, curve, figures, risks
from corpus.relevance_data import TEST, TUNE, Article, deal, pairs, read_squad

SQUAD = Path(__file__).parents[2].parent / "shared" / "data" / "squad2" / "dev-v2.0.json.gz"

PREFERENCES = (
    (
        "Who built the lighthouse?",
        "The lighthouse was built by Anna Meer.",
        "The lighthouse stands on a rock.",
    ),
    (
        "When was the bridge opened?",
        "The bridge was opened to traffic in 1932.",
        "The bridge was opened by the mayor and a large crowd.",
    ),
    (
        "How many people live in the valley?",
        "About 4,000 people live in the valley.",
        "Most people in the valley live from farming.",
    ),
    (
        "Why did the mill close?",
        "The mill closed because the river that drove it ran dry.",
        "The mill closed on a Monday, and its doors were painted green.",
    ),
    (
        "What does the valve prevent?",
        "The valve prevents steam from flowing back into the boiler.",
        "The valve is made of brass and weighs two kilograms.",
    ),
    (
        "What causes the lake to freeze early?",
        "Cold wind from the glacier makes the lake freeze early.",
        "In summer the lake is a place for rowing and swimming.",
    ),
)
"""Question, a text that answers it, and one on the same subject that doesn't; from no data set."""


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return find_embedder()


@pytest.fixture(scope="module")
def relevance(embedder: Embedder) -> Relevance:
    return Relevance(embedder)


def test_what_answers_beats_what_is_only_about_the_same_thing(relevance: Relevance) -> None:
    """It has learned who, when, how many and what causes; for why and for what a thing does it tells no difference."""
    better = [relevance.score(question, [beside, answer]) for question, answer, beside in PREFERENCES]
    assert sum(answer > 1.2 * beside for beside, answer in better) >= 4


def test_another_subject_is_no_answer(relevance: Relevance) -> None:
    answers = [answer for _, answer, _ in PREFERENCES]
    found = [int(relevance.score(question, answers).argmax()) for question, *_ in PREFERENCES]
    assert sum(i == best for i, best in enumerate(found)) >= 5


def test_scores_are_chances_and_the_same_again(embedder: Embedder, relevance: Relevance) -> None:
    texts = ["", "No.", "word " * 400, *(answer for _, answer, _ in PREFERENCES), "∮ 数 \x00 �"]
    for question in ("Who built the lighthouse?", "why " * 300, "?"):
        found = relevance.score(question, texts)
        assert found.shape == (len(texts),)
        assert found.dtype == np.float32
        assert ((found >= 0) & (found <= 1)).all()
        assert found.tobytes() == relevance.score(question, texts).tobytes()
        assert found.tobytes() == Relevance(embedder).score(question, texts).tobytes()
    assert relevance.score("Who?", []).shape == (0,)


def test_company_hardly_matters(relevance: Relevance) -> None:
    texts = [text for _, *both in PREFERENCES for text in both] * 3
    alone = np.array([relevance.score(PREFERENCES[0][0], [text])[0] for text in texts[:12]])
    assert np.abs(relevance.score(PREFERENCES[0][0], texts)[:12] - alone).max() < 0.03


def test_bfloat16_judges_as_float32_does(embedder: Embedder, relevance: Relevance) -> None:
    exact = Relevance(Embedder(embedder.folder, embedder.hash, plain=True))
    texts = [text for _, *both in PREFERENCES for text in both]
    for question, *_ in PREFERENCES:
        assert np.abs(relevance.score(question, texts) - exact.score(question, texts)).max() < 0.05


def test_a_file_that_is_not_right_is_one_line_and_no_judge(embedder: Embedder, tmp_path: Path) -> None:
    def opened(adapter: Path) -> str:
        judge, notice = open_relevance(embedder, adapter)
        assert judge is None
        assert notice.startswith("Sentences are chosen without the learned judge: ")
        assert "\n" not in notice
        return notice

    copy = tmp_path / ADAPTER.name
    assert "relevance.safetensors is missing" in opened(copy)
    shutil.copy(ADAPTER, copy)
    assert "relevance.json is missing" in opened(copy)
    beside = copy.with_suffix(".json")
    shutil.copy(ADAPTER.with_suffix(".json"), beside)
    assert open_relevance(embedder, copy)[1] == ""
    raw = bytearray(copy.read_bytes())
    raw[-1] ^= 1
    copy.write_bytes(raw)
    assert "does not match its hash" in opened(copy)
    shutil.copy(ADAPTER, copy)
    known = json.loads(beside.read_text())
    beside.write_text(json.dumps(known | {"embedder": "0" * 64}))
    assert "another embedder" in opened(copy)
    beside.write_text("{")
    assert "damaged" in opened(copy)
    assert open_relevance(None)[0] is None


def test_the_passport_says_what_it_came_from() -> None:
    known = json.loads(ADAPTER.with_suffix(".json").read_text())
    assert ADAPTER.stat().st_size < 2**20
    assert "CC BY-SA 4.0" in known["licence"]
    parts = [set(known["data"][name]) for name in ("training", "tuning", "test")]
    assert all(parts)
    assert sum(map(len, parts)) == len(set.union(*parts))
    assert known["figures"]["questions"] > 0
    assert known["seconds"] > 0


@pytest.fixture
def articles(tmp_path: Path) -> list[Article]:
    """Nine small articles in SQuAD 2.0's form; each asks of towns when they were founded, and one question too many."""
    made = []
    for n in range(TUNE + TEST + 4):
        held = []
        for k in range(6):
            town, year = f"Town{chr(65 + n)}{chr(97 + k)}", 1500 + 10 * n + k
            text = f"{town} lies by a river. {town} was founded in {year}. Its market is held on Mondays."
            held.append(
                {
                    "context": text,
                    "qas": [
                        {
                            "question": f"When was {town} founded?",
                            "is_impossible": False,
                            "answers": [{"text": str(year), "answer_start": text.index(str(year))}],
                        },
                        {
                            "question": f"When was {town} flooded?",
                            "is_impossible": True,
                            "answers": [],
                            "plausible_answers": [{"text": str(year), "answer_start": text.index(str(year))}],
                        },
                    ],
                }
            )
        made.append({"title": f"Region_{n}", "paragraphs": held})
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"data": made}))
    return read_squad(path)


def test_no_article_is_dealt_twice_and_the_deal_is_one(articles: list[Article]) -> None:
    parts = deal(articles)
    titles = [article.title for part in parts for article in part]
    assert sorted(titles) == [article.title for article in articles]
    assert [len(part) for part in parts] == [4, TUNE, TEST]
    assert deal(articles) == parts
    with pytest.raises(CorpusError, match="too few"):
        deal(articles[:3])


def test_a_pair_answers_only_where_its_span_stands_in_the_text(articles: list[Article]) -> None:
    made = pairs(articles, random.Random(0))
    assert made == pairs(articles, random.Random(0))
    assert {pair.answers for pair in made} == {True, False}
    for pair in made:
        assert pair.answers == (pair.span is not None)
        if pair.span:
            assert pair.text[slice(*pair.span)].isdigit()
            assert "founded" in pair.question
            assert pair.question.split()[2] in pair.text


def test_a_file_that_is_no_squad_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("[1]")
    for path in (tmp_path / "other.json", tmp_path / "none.json"):
        with pytest.raises(CorpusError, match=r"give dev-v2.0.json"):
            read_squad(path)


def test_an_untrained_adapter_changes_nothing_and_a_merged_one_reads_the_same(embedder: Embedder) -> None:
    import torch

    from corpus.relevance_model import Rank, Reader, collate, load_encoder, tokens

    tokenizer, encoder = load_encoder(embedder.folder)
    batch = collate(
        tokens(tokenizer, ["Who built it?"] * 2, ["Anna did.", "It stands on a rock by the sea."])
    )
    inputs = {"input_ids": batch.ids, "token_type_ids": batch.types, "attention_mask": batch.mask}
    with torch.no_grad():
        before = encoder(**inputs).last_hidden_state
        reader = Reader(encoder, Rank(4, 8.0))
        assert torch.equal(encoder(**inputs).last_hidden_state, before)
        draw = torch.Generator().manual_seed(0)
        for parameter in reader.trained().values():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=draw))
        apart = reader(batch)[0]
        reader.merge()
        assert torch.allclose(reader(batch)[0], apart, atol=1e-3)
        assert apart.abs().max() > 0.01


@pytest.mark.slow
def test_training_teaches_and_a_stopped_run_ends_as_a_whole_one(
    embedder: Embedder, articles: list[Article], tmp_path: Path
) -> None:
    from corpus.train_relevance import Recipe, train

    lines: list[str] = []

    def stopping(line: str) -> None:
        if lines and line.startswith("step 100"):
            raise KeyboardInterrupt
        lines.append(line)

    recipe = Recipe(tmp_path / "none", tmp_path / "made.safetensors", epochs=4, batch=4)
    with pytest.raises(KeyboardInterrupt):
        train(embedder, deal(articles)[0], recipe, stopping)
    stopped = train(embedder, deal(articles)[0], recipe, lines.append).trained()
    assert [line.split()[1] for line in lines][:2] == ["50", "100"]
    whole = train(embedder, deal(articles)[0], recipe, lambda _: None).trained()
    assert all(np.array_equal(whole[name].numpy(), stopped[name].numpy()) for name in whole)
    losses = [float(line.split("loss ")[1].split(",")[0]) for line in lines]
    assert losses[-1] < losses[0]
    assert not list(tmp_path.glob("*.part"))


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.booleans()), min_size=2, max_size=30))
def test_figures_are_what_their_words_say(cases: list[tuple[float, bool]]) -> None:
    scores, yes = np.array([s for s, _ in cases]), np.array([y for _, y in cases])
    found = risks(scores, yes)
    assert found[-1] == pytest.approx(1 - yes.mean())
    if 0 < yes.sum() < len(yes):
        wins = [(a > b) + 0.5 * (a == b) for a in scores[yes] for b in scores[~yes]]
        assert auroc(scores, yes) == pytest.approx(np.mean(wins))


@pytest.mark.slow
@pytest.mark.skipif(not SQUAD.is_file(), reason="SQuAD 2.0 is not beside the repository")
def test_on_articles_it_never_saw_it_refuses_better_than_cosine_and_bm25(
    embedder: Embedder, relevance: Relevance
) -> None:
    """It does not choose the sentence better than they do; see the passport's figures."""
    test = deal(read_squad(SQUAD))[2]
    assert [article.title for article in test] == relevance.passport["data"]["test"]
    pool = Pool(test, embedder, every=5)
    found = figures(relevance, pool)
    for other in ("cosine", "bm25"):
        assert found["judge"]["auroc"][0] > found[other]["auroc"][0]
        assert found["judge"]["aurc"][0] < found[other]["aurc"][0]
    always = curve(pool.cases, [np.ones_like(case.cosine) for case in pool.cases])
    assert always["auroc"][0] == 0.5
