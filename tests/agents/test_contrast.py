"""Scenarios settled by the true simulator, and who answers them."""

import json
import re
from collections import Counter, defaultdict

import numpy as np
import pytest

from agents.bench.contrast import IDEA, SEED, SIMULATOR, Asked, scores, winners
from agents.contrast.answerers import Guess, from_text, imagined, text, yours
from agents.contrast.run import Contrast, contrast, fresh
from agents.errors import AgentError
from agents.scenarios import TEMPLATES, facts, futures, scenarios, truth
from agents.worlds import make_world
from corpus.records import Answer, Refusal, Sentence

MANY = 150


@pytest.fixture(scope="module")
def made():
    return {world: scenarios(world, 24, 5) for world in TEMPLATES}


@pytest.mark.parametrize("world", TEMPLATES)
def test_a_seed_makes_the_same_scenarios_again(world, made):
    again = scenarios(world, 24, 5)
    assert [s.to_json() for s in again] == [s.to_json() for s in made[world]]
    assert all((a.start == b.start).all() for a, b in zip(again, made[world], strict=True))
    assert scenarios(world, 4, 6)[0].scene != made[world][0].scene


@pytest.mark.parametrize("world", TEMPLATES)
def test_scenarios_are_fresh_and_no_answer_is_the_usual_one(world, made):
    asked = {(s.scene, s.question) for s in made[world]}
    assert len(asked) >= 0.95 * len(made[world])
    counts = defaultdict(Counter)
    for scenario in made[world]:
        counts[scenario.kind][int(truth(scenario).argmax())] += 1
    for kind, count in counts.items():
        total = sum(count.values())
        options = len(next(s for s in made[world] if s.kind == kind).options)
        assert max(count.values()) <= 0.75 * total, (kind, count)
        assert len(count) >= min(2, options)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [7, SEED])
@pytest.mark.parametrize("world", TEMPLATES)
def test_a_hundred_and_fifty_fresh_ones_come_from_one_seed(world, seed):
    many = scenarios(world, MANY, seed)
    assert len({(s.scene, s.question) for s in many}) >= 0.97 * MANY


@pytest.mark.parametrize("world", TEMPLATES)
def test_the_answer_is_what_the_true_world_does(world, made):
    simulator = make_world(made[world][0].world)
    for scenario in made[world][:6]:
        state = scenario.start[None]
        states = [state]
        for action in scenario.actions:
            state = simulator.step(state, action[None])
            states.append(state)
        assert (np.concatenate(states) == futures(scenario)[0]).all()
        settled = scenario.settle(facts(simulator, np.stack(states, 1)))
        likely = truth(scenario)
        assert likely.sum() == pytest.approx(1)
        assert likely[settled[0]] > 0
        if world != "supply-chain":
            assert likely.max() == 1


def test_a_push_through_the_door_ends_in_the_other_room():
    """Settled by hand: along the door's own row nothing is in the way; two rows of pixels past it the wall is."""
    scenario = next(s for s in scenarios("two-rooms", 30, 1) if s.kind == "a straight push")
    start = scenario.start.copy()
    start[:4] = [10, 30, 32, 30]
    open_way = {"actions": np.tile(np.float32([1, 0]), (15, 1)), "start": start}
    through = type(scenario)(**{**vars(scenario), **open_way})
    start_beside = start.copy()
    start_beside[1] = 40
    beside = type(scenario)(**{**vars(through), "start": start_beside})
    world = make_world(scenario.world)

    def where(s):
        gap = facts(world, futures(s))["position"][0, -1, 0] - 32
        return gap

    assert where(through) > 4.5
    assert where(beside) < -4


def test_what_the_model_is_shown_is_no_more_than_the_frames_that_are_seen(made):
    """The same first frame and actions give the same dream, whatever truly follows."""
    scenario = made["two-rooms"][0]
    dream = imagined(scenario, "two-rooms-random-jepa")
    other = type(scenario)(
        **{**vars(scenario), "settle": lambda found: np.zeros(len(found["position"]), int)}
    )
    assert (imagined(other, "two-rooms-random-jepa").frames == dream.frames).all()
    assert sum(dream.guess.chances) == pytest.approx(1)
    assert dream.frames.shape == (len(scenario.actions) + 1, 64, 64, 3)
    assert imagined(scenario, "two-rooms-random-jepa").guess == dream.guess


def test_the_shipped_model_answers_better_than_chance():
    asked = [s for s in scenarios("two-rooms", 45, 11) if s.kind == "two pushes"]
    right = [imagined(s, "two-rooms-random-jepa").guess.choice == truth(s).argmax() for s in asked]
    assert np.mean(right) >= 0.6  # one in four by chance


def answered(*sentences: str) -> Answer:
    said = tuple(Sentence(text, (), "verbatim") for text in sentences)
    refusal = None if sentences else Refusal("My sources don't answer this.")
    return Answer("?", said, refusal, (), "extractive", "", "", "")


def test_text_that_names_one_option_takes_it_and_else_abstains():
    options = ("in the left room", "in the doorway", "in the right room")
    named = from_text("Where is it?", options, answered("The dot stops in the doorway."))
    assert named.choice == 1
    assert sum(named.chances) == pytest.approx(1)
    assert from_text("Where is it?", options, answered("A robot moved.")).choice is None
    both = from_text("Where is it?", options, answered("From the left room it got as far as the doorway."))
    assert both.choice is None
    refused = from_text("Where is it?", options, answered())
    assert refused.choice is None
    assert "don't answer" in refused.why


def test_an_option_that_only_repeats_the_question_is_not_named():
    guess = from_text("Is the ball red or blue?", ("red", "blue"), answered("The ball is red."))
    assert guess.choice is None


@pytest.mark.parametrize("world", TEMPLATES)
def test_text_that_abstains_quotes_what_the_sources_say_of_the_idea_behind_the_scene(world, made, corpus):
    for kind in dict.fromkeys(s.kind for s in made[world]):
        scenario = next(s for s in made[world] if s.kind == kind)
        guess = text(scenario.question, scenario.options, corpus, scenario.idea)
        assert guess.choice is None
        quote, title = re.search(r"“(.+)” \((.+)\)$", guess.why).groups()
        assert any(quote in source.text for source in corpus.sources.values() if source.title == title)


def test_a_guess_must_be_one_of_the_options_and_as_sure_as_can_be():
    assert yours(1, ("a", "b", "c"), 0.5).chances == (0.25, 0.5, 0.25)
    with pytest.raises(AgentError, match="options are 1 to 3"):
        yours(3, ("a", "b", "c"))
    with pytest.raises(AgentError, match=r"sure is 1\.2"):
        yours(0, ("a", "b"), 1.2)


@pytest.fixture(scope="module")
def found(corpus) -> Contrast:
    return contrast(fresh("two-rooms", 3), guess=0, sure=0.6, corpus=corpus)


def test_a_contrast_holds_everyones_answer_and_says_who_was_right(found):
    assert [guess.who for guess in found.guesses] == ["you", "text", "two-rooms-random-jepa"]
    record = json.loads(json.dumps(found.to_json()))
    assert record["answer"] == found.answer
    assert set(record["sheets"]) == {"real", "imagined"}
    for row, guess in zip(record["guesses"], found.guesses, strict=True):
        assert row["right"] in (True, False, None)
        assert (row["brier"] is None) == (guess.chances is None)
    you = found.guesses[0]
    expected = sum((p - (i == found.answer)) ** 2 for i, p in enumerate(you.chances))
    assert found.brier(you) == pytest.approx(expected)
    assert found.scenario["options"][found.answer] in found.summary()


def test_a_page_to_keep_needs_no_other_file(found, tmp_path):
    html, record = found.write(tmp_path)
    text = html.read_text()
    assert not re.search(r"(src|href)=", text)
    assert "http" not in text
    assert text.count("data:image/png;base64,") == 2
    assert json.loads(record.read_text())["summary"] == found.summary()


@pytest.mark.parametrize(
    ("world", "seed", "kind", "message"),
    [("mars", 0, "", "two-rooms"), ("two-rooms", -1, "", "seed is -1"), ("two-rooms", 0, "joy", "straight")],
)
def test_what_can_not_be_asked_is_refused_in_one_line(world, seed, kind, message):
    with pytest.raises(AgentError, match=message) as caught:
        fresh(world, seed, kind)
    assert "\n" not in str(caught.value)


def test_scores_count_abstentions_apart():
    sure, none = Guess("a", (0.9, 0.1), ""), Guess("a", None, "")
    rows = scores(
        [Asked("w", "k", 0, 2, (sure,)), Asked("w", "k", 1, 2, (sure,)), Asked("w", "k", 0, 2, (none,))]
    )
    (row,) = rows
    assert (row.n, row.abstained, row.accuracy, row.right) == (3, 1, 0.5, 1)
    assert row.brier == pytest.approx((0.02 + 1.62) / 2)
    (silent,) = scores([Asked("", IDEA, 0, 2, (none,))])
    assert (silent.abstained, silent.right) == (1, 0)


def test_the_better_one_to_ask_is_told_where_intervals_part_and_nowhere_else():
    def questions(kind: str, said: int, seen: int) -> list[Asked]:
        """Forty with two options; text answers the first `said` of them rightly and abstains on the others."""
        right, wrong, none = (0.9, 0.1), (0.1, 0.9), None
        return [
            Asked("", kind, 0, 2, (
                Guess("text", right if i < said else none, ""),
                Guess("chance", (0.5, 0.5), ""),
                Guess(SIMULATOR, right if i < seen else wrong, ""),
            ))
            for i in range(40)
        ]  # fmt: skip

    asked = [
        *questions("ideas", 36, 0), *questions("pushes", 0, 38), *questions("even", 36, 38),
        *questions("guessed", 0, 22),
    ]  # fmt: skip
    won = {row.kind: row for row in winners(scores(asked))}
    assert {kind: row.better for kind, row in won.items()} == {
        "ideas": "text", "pushes": "simulation", "even": "neither", "guessed": "neither",
    }  # fmt: skip
    assert won["ideas"].words.startswith(
        "Text wins on ideas: text 90% right, abstaining on 4 of 40; simulation 0%"
    )
    assert "text 0% right, abstaining on 40 of 40; simulation 95%" in won["pushes"].words
