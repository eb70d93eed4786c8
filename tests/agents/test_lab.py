"""The lab: thresholds stand in code, verdicts come from numbers, and what ships can be made again."""

import inspect
import json
import re
import xml.etree.ElementTree as ElementTree
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from agents.contrast.answerers import DREAMS
from agents.errors import AgentError
from agents.lab import EXPERIMENTS
from agents.lab import run as lab
from agents.lab.base import Criterion, Reading
from agents.lab.intervals import bootstrap, difference, mean, over_seeds, ratio, share
from agents.lab.table import BEGIN, END, markdown
from corpus.ledger import claims
from corpus.retrieval.fast import processor_flags

RECORDED = [name for name in EXPERIMENTS if lab.recorded(name)]
ALL_CRITERIA = [(name, criterion) for name in EXPERIMENTS for criterion in lab.experiment(name).criteria]


def beyond(criterion: Criterion, by: float) -> Reading:
    """A reading that lies `by` on the side of the threshold that the claim expects; 0: across it."""
    middle = criterion.threshold + by * (1 if criterion.above else -1)
    return Reading(middle, middle - 0.1, middle + 0.1, 100)


@pytest.mark.parametrize(("name", "criterion"), ALL_CRITERIA, ids=lambda x: getattr(x, "name", x))
def test_a_criterion_says_yes_no_or_nothing_by_its_interval_alone(name, criterion):
    assert criterion.judge(beyond(criterion, 0.2)) == "supported"
    assert criterion.judge(beyond(criterion, -0.2)) == "contradicted"
    assert criterion.judge(beyond(criterion, 0.0)) == "inconclusive"
    wide = Reading(criterion.threshold + 5, criterion.threshold - 1, criterion.threshold + 9, 3)
    assert criterion.judge(wide) == "inconclusive"


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_decides_its_claims_from_readings_on_both_sides(name):
    experiment = lab.experiment(name)

    def verdicts(by: float, claim: str = "", controls: float = 0.2):
        return experiment.verdicts({
            c.name: beyond(c, controls if not c.claim else by if c.claim == claim or not claim else 0.2)
            for c in experiment.criteria
        })  # fmt: skip

    assert set(verdicts(0.2).values()) == {"supported"}
    assert set(verdicts(-0.2).values()) == {"contradicted"}
    assert set(verdicts(0.0).values()) == {"inconclusive"}
    for claim in verdicts(0.2):
        assert {c: v for c, v in verdicts(-0.2, claim).items() if v != "supported"} == {claim: "contradicted"}
        assert {c: v for c, v in verdicts(0.0, claim).items() if v != "supported"} == {claim: "inconclusive"}
    if any(not c.claim for c in experiment.criteria):
        assert set(verdicts(0.2, controls=0.0).values()) == {"inconclusive"}, (
            "a control that fails decides nothing"
        )
        assert set(verdicts(-0.2, controls=-0.2).values()) == {"inconclusive"}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_tests_claims_that_name_it_and_says_what_it_leaves_open(name):
    experiment = lab.experiment(name)
    tested = {criterion.claim for criterion in experiment.criteria if criterion.claim}
    assert tested
    assert experiment.id == name
    assert all(claims()[claim].experiment == name for claim in tested)
    assert len(experiment.cannot_show) > 60
    for budget in (experiment.quick, experiment.full):
        assert len(budget["seeds"]) >= 3


@pytest.mark.parametrize("name", RECORDED)
def test_what_is_recorded_is_judged_again_from_its_numbers(name):
    verdict, experiment = lab.need(name), lab.experiment(name)
    assert verdict.budget == "full"
    assert verdict.verdicts == experiment.verdicts(verdict.readings)
    declared = {c.name: (c.threshold, c.above, c.claim) for c in experiment.criteria}
    kept = {c["name"]: (c["threshold"], c["above"], c["claim"]) for c in verdict.criteria}
    assert kept == declared, "a threshold that moves after the run needs a new run"
    assert len(verdict.seeds) >= 3
    assert verdict.command == f"orrery lab {name} --budget full"
    assert {"python", "torch", "numpy", "orrery"} <= set(verdict.versions)


@pytest.mark.parametrize("name", RECORDED)
def test_the_text_of_an_experiment_takes_its_numbers_from_the_record(name):
    words = lab.text(lab.need(name))
    assert 150 <= len(words.split()) <= 400
    assert "{" not in words
    source = (lab.TEXTS / f"{name}.md").read_text()
    bare = re.sub(r"\{[^}]*\}", "", source)
    assert not re.search(r"\d\.\d|\d ?%|\d percent", bare), "a measured number must come from the record"
    for claim in lab.need(name).verdicts:
        assert f"`{claim}`" in words
    told = bare.split("**Where to read on.")[0]  # beyond it stand years of papers
    code = re.sub(r"(?<=\d)_(?=\d)", "", inspect.getsource(import_module(EXPERIMENTS[name]))) + str(DREAMS)
    settings = set(re.findall(r"(?<![\w.])\d+(?!\w)", told.replace(",", "")))
    assert settings <= set(re.findall(r"\d+", code)), (
        "a setting that the text names must be one of the experiment's"
    )


@pytest.mark.parametrize("name", RECORDED)
def test_a_figure_is_drawn_from_the_record(name):
    figure = ElementTree.fromstring(lab.draw(lab.need(name)))
    assert figure.tag.endswith("svg")
    assert figure.get("aria-label")


def test_a_quick_run_is_judged_recorded_and_drawn(tmp_path):
    lines = []
    verdict = lab.run("drift", "quick", lines.append)
    assert lines
    assert set(verdict.verdicts) == {"errors-compound", "looking-again-regrounds"}
    assert lab.run("drift", "quick").readings == verdict.readings
    record, figure = lab.write(verdict, tmp_path)
    assert lab.Verdict.from_json(json.loads(record.read_text())).readings == verdict.readings
    assert ElementTree.fromstring(figure.read_text()).tag.endswith("svg")


def test_a_run_can_be_stopped():
    said = []
    with pytest.raises(lab.Cancelled, match="stopped"):
        lab.run("drift", "quick", said.append, cancelled=lambda: bool(said))
    assert len(said) == 1


def test_an_experiment_that_does_not_exist_is_refused_in_one_line():
    with pytest.raises(AgentError, match="drift") as caught:
        lab.run("alchemy")
    assert "\n" not in str(caught.value)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(0)
    held = {"mean": 0, "ratio": 0, "seeds": 0, "share": 0}
    for _ in range(200):
        x, y = rng.normal(2, 1, 60), rng.normal(4, 1, 60)
        held["mean"] += mean(x).low <= 2 <= mean(x).high
        held["ratio"] += ratio(y, x).low <= 2 <= ratio(y, x).high
        few = over_seeds(rng.normal(2, 1, 3))
        held["seeds"] += few.low <= 2 <= few.high
        hits = share(rng.random(60) < 0.7)
        held["share"] += hits.low <= 0.7 <= hits.high
    assert all(178 <= count <= 199 for count in held.values()), held


def test_a_paired_difference_is_surer_than_an_unpaired_one():
    rng = np.random.default_rng(1)
    hard = rng.normal(0, 3, 100)
    one, other = hard + 1, hard + rng.normal(0, 0.1, 100)
    paired = difference(one, other)
    assert 0.9 < paired.low < paired.high < 1.1
    assert mean(one).low < 0.9 or mean(one).high > 1.1
    assert bootstrap(lambda a, b: a.mean(-1) - b.mean(-1), one, other).value == pytest.approx(paired.value)


def test_the_readme_holds_the_table_that_the_records_make():
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert readme.count(BEGIN) == readme.count(END) == 1, (
        f"the README's table of the lab stands between {BEGIN} and {END}"
    )
    held = readme.split(BEGIN)[1].split(END)[0].strip()
    assert held == markdown(), "paste what `orrery lab --markdown` prints"


def test_the_table_tells_each_record_with_its_figures():
    rows = markdown().splitlines()[4:]
    assert len(rows) == len(RECORDED)
    for name, row in zip(RECORDED, rows, strict=True):
        verdict = lab.need(name)
        claim = next(iter(verdict.verdicts))
        assert f"`{name}`" in row
        assert claims()[claim].statement in row
        assert row.endswith(f"| {verdict.verdicts[claim]} |")
        numbers = re.search(
            r": (-?[\d.]+) \[(-?[\d.]+), (-?[\d.]+)\], n = (\d+) \(asked: [<>] (-?[\d.]+)\)", row
        )
        told = [float(number) for number in numbers.groups()]
        kept = [[c["value"], c["low"], c["high"], c["n"], c["threshold"]] for c in verdict.criteria]
        assert any(told == pytest.approx(figures, rel=0.05, abs=0.006) for figures in kept)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fewer-real-steps", "slow-features"])
def test_the_longest_quick_runs_take_a_minute_of_processor_time_at_most(name):
    verdict = lab.run(name, "quick")
    wide = (
        "avx512f" in processor_flags()
    )  # without it the same products take about one and a half times as long
    assert verdict.cpu_seconds <= (60 if wide else 120)
    assert set(verdict.verdicts) == {c.claim for c in lab.experiment(name).criteria if c.claim}
