"""The claims: every voice stands in its source, every field is filled, and a wrong file is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from corpus.errors import CorpusError
from corpus.ledger import CLAIMS, claim, claims, read_claim
from corpus.library.passages import passages
from corpus.library.shipped import read_sources
from corpus.loaders.text import sha256
from corpus.topics import topics

SOURCES = {source.id: source for source in read_sources()}
EXPERIMENTS = {
    "drift", "two-bets", "cost-is-the-bottleneck", "planning-harder-hurts", "protocol-dial", "confident-and-wrong",
    "two-uncertainties", "permanence", "collapse", "readable-latents", "fewer-real-steps", "imagination-is-cheap",
    "slow-features", "new-layouts", "domino", "say-or-simulate",
}  # fmt: skip
SEEDS = {"seed-road-2026", "seed-beyond-autoregressive", "seed-next-leap-2025"}
GOOD = {
    "id": "one",
    "statement": "A model that predicts well plans well.",
    "status": "contested",
    "topics": ["planning"],
    "supports": [{"who": "Someone", "source": "dreamerv3-2023", "quote": "DreamerV3"}],
    "would_change": "A comparison.",
}


def test_at_least_70_claims_and_18_with_an_experiment() -> None:
    assert len(claims()) >= 70
    assert sum(bool(c.experiment) for c in claims().values()) >= 18
    assert {c.experiment for c in claims().values()} - {""} == EXPERIMENTS
    assert {c.status for c in claims().values()} == {"bankable", "contested", "thesis"}
    assert len({c.statement.lower() for c in claims().values()}) == len(claims())


def test_every_passage_that_a_claim_cites_exists() -> None:
    known = {p.id: p for source in SOURCES.values() for p in passages(source)}
    for id, found in claims().items():
        assert found.supports, id
        assert len({v.source_id for v in (*found.supports, *found.disputes)}) >= 2, (
            f"{id} rests on one source"
        )
        for voice in (*found.supports, *found.disputes):
            passage = known[voice.passage_id]
            assert passage.start <= voice.start < voice.end <= passage.end, (id, voice.who)
            assert SOURCES[voice.source_id].text[voice.start : voice.end] == voice.quote
            assert sha256(SOURCES[voice.source_id].text) == SOURCES[voice.source_id].hash


def test_the_seeds_speak_and_are_answered() -> None:
    """Each seed article's claims are here, and most of them meet someone who disagrees."""
    for seed in SEEDS:
        theirs = [c for c in claims().values() if any(v.source_id == seed for v in c.supports)]
        assert len(theirs) >= 5, seed
        assert sum(bool(c.disputes) for c in theirs) > len(theirs) / 2, seed


def test_a_claim_can_be_asked_for_by_id() -> None:
    first = next(iter(claims()))
    assert claim(first).id == first
    with pytest.raises(CorpusError, match=f"did you mean {first}"):
        claim(first + "x")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"id": "two"}, "it must be the file's name, 'one'"),
        ({"statement": ""}, "field 'statement' is ''"),
        ({"status": "true"}, "status is 'true'; it must be bankable, contested, thesis"),
        ({"topics": ["joy"]}, "topics is ['joy']; the topics are: jepa"),
        ({"supports": []}, "nobody supports the claim"),
        ({"supports": [{"who": "A", "source": "no-such", "quote": "x"}]}, "no source 'no-such'"),
        ({"supports": [{"who": "A", "quote": "x"}]}, "a voice has who, source and quote"),
        (
            {"supports": [{"who": "A", "source": "dreamerv3-2023", "quote": "JEPA is all"}]},
            "does not say, word for word",
        ),
        ({"experiment": "drift"}, "experiment and if_true come together"),
        ({"verdict": "yes"}, "unknown field 'verdict'"),
    ],
)
def test_a_wrong_claim_is_named_with_its_file(tmp_path: Path, change: dict, says: str) -> None:
    path = tmp_path / "one.yaml"
    path.write_text(yaml.safe_dump(GOOD))
    assert read_claim(path, SOURCES).id == "one"
    path.write_text(yaml.safe_dump({**GOOD, **change}))
    with pytest.raises(CorpusError, match=re.escape(says)) as caught:
        read_claim(path, SOURCES)
    assert str(caught.value).startswith("one.yaml")
    assert "\n" not in str(caught.value)


def test_a_quote_may_not_cross_passages(tmp_path: Path) -> None:
    source = SOURCES["dreamerv3-2023"]
    one, two = passages(source)[:2]
    crossing = source.text[one.end - 20 : two.start + 20]
    path = tmp_path / "one.yaml"
    path.write_text(
        yaml.safe_dump({**GOOD, "supports": [{"who": "A", "source": source.id, "quote": crossing}]})
    )
    with pytest.raises(CorpusError, match="crosses a passage"):
        read_claim(path, SOURCES)


def test_the_files_are_the_claims() -> None:
    assert {path.stem for path in CLAIMS.iterdir()} == set(claims())
    assert {topic for c in claims().values() for topic in c.topics} <= set(topics())
