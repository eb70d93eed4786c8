"""What `orrery bench answers` and `orrery bench refusal` count, on small sets whose figures are known."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from corpus.answering.strangers import read_strangers
from corpus.bench.answers import Count, measure, read_questions
from corpus.bench.refusal import bench_refusal, figure
from corpus.errors import CorpusError
from corpus.retrieval.index import Corpus

QUESTIONS = """
answerable:
  - {q: "When was Genie 3 announced?", facts: ["August 2025"], source: genie3-2025, kind: when, half: tune}
  - {q: "Who announced Genie 3?", facts: ["no source says this"], source: genie3-2025, kind: who, half: tune}
  - {q: "When was Genie 3 first announced?", facts: ["August 2025"], source: genie3-2025, kind: when, half: test}
unanswerable:
  - {q: "What is the capital of France?", why: off-topic, half: tune}
  - {q: "Who won the football world cup in 1998?", why: off-topic, half: test}
dialogues:
  - {turns: [{q: "When was Genie 3 announced?", facts: ["2025"], source: genie3-2025},
             {q: "What is the capital of France?", refuse: true}], half: tune}
"""
PLACES = ["Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel"]


def test_what_is_right_and_what_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "q.yaml").write_text(QUESTIONS)
    found = measure(read_questions(tmp_path / "q.yaml"), "tune", corpus)
    assert found.right == Count(1, 2)
    assert found.kinds == {"when": Count(1, 1), "who": Count(0, 1)}
    assert found.found == Count(2, 2)
    assert (found.precision, found.recall) == (Count(1, 1), Count(1, 1))
    assert found.reasons == {"off-topic": Count(1, 1)}
    assert (found.dialogues, found.turns) == (Count(1, 1), Count(2, 2))
    assert json.loads(json.dumps(found.to_json()))["right"] == {"right": 1, "n": 2}


@pytest.mark.parametrize("text", ["", "answerable: [1]", "{", "- a"])
def test_a_file_of_something_else_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "q.yaml").write_text(text)
    with pytest.raises(CorpusError, match=r"q\.yaml"):
        read_questions(tmp_path / "q.yaml")


def squad(path: Path) -> Path:
    """Eight articles of two paragraphs; each paragraph with a question that it answers and one that it does not."""
    data = []
    for place in PLACES:
        paragraphs = []
        for year in (1712, 1893):
            text = f"The mill of {place} was built in {year} by the river. It ground rye until the flood took its wheel."
            at = text.index(str(year))
            paragraphs.append(
                {
                    "context": text,
                    "qas": [
                        {"question": f"When was the mill of {place} built?", "is_impossible": False,
                         "answers": [{"text": str(year), "answer_start": at}]},
                        {"question": f"Which bishop crowned the emperor of {place}?", "is_impossible": True,
                         "answers": [], "plausible_answers": []},
                    ],
                }
            )  # fmt: skip
        data.append({"title": place, "paragraphs": paragraphs})
    path.write_text(json.dumps({"data": data}))
    return path


def test_the_curves_of_a_small_squad(tmp_path: Path) -> None:
    result = bench_refusal(squad(tmp_path / "dev.json"), sample=10)
    assert (result.questions, len(result.articles)) == (10, 8)
    assert {curve.name for curve in result.curves} == {"confidence", "best cosine alone", "BM25 alone"}
    for curve in result.curves:
        assert 0 <= curve.auroc <= 1
        assert curve.coverage[-1] == 1
        assert np.all(np.diff(curve.coverage) > 0)
        assert curve.aurc_interval[0] <= curve.aurc <= curve.aurc_interval[1]
        assert curve.risk[-1] == result.curves[0].risk[-1] >= 1 - result.answerable / 10
        assert curve.behind == pytest.approx(curve.aurc - result.curves[0].aurc)
        assert curve.behind_interval[0] <= curve.behind_interval[1]
    assert result.curves[0].behind_interval == (0, 0)
    lines = ElementTree.fromstring(figure(result)).findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 3


def test_articles_that_the_confidence_was_fitted_to_are_not_asked_about(tmp_path: Path) -> None:
    file = squad(tmp_path / "dev.json")
    data = json.loads(file.read_text())
    fitted = read_strangers().articles[0]
    data["data"][0]["title"] = fitted.replace(" ", "_")
    file.write_text(json.dumps(data))
    result = bench_refusal(file, sample=100)
    assert result.left_out == (fitted,)
    assert fitted not in result.articles
    assert (result.questions, result.passages) == (
        4 * 7,
        bench_refusal(squad(tmp_path / "all.json"), 10).passages,
    )


def test_a_file_that_is_not_squad_is_told(tmp_path: Path) -> None:
    (tmp_path / "dev.json").write_text("[]")
    with pytest.raises(CorpusError, match="SQuAD"):
        bench_refusal(tmp_path / "dev.json")
