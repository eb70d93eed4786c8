"""A language model that foresees: what it is told, what is read from its reply, and what becomes of its failures."""

import json
from collections.abc import Iterator

import pytest
from llm_server import Server, configured

from agents.contrast.page import page
from agents.contrast.run import contrast, fresh
from agents.contrast.talker import named_option, parse_chances, talker

KEY = "sk-not-a-real-key-but-long"
OPTIONS = ("in the left room", "in the doorway", "in the right room")
SCENE, ASKED = "A dot at x = 10.", "Where is it then?"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with configured(monkeypatch, KEY) as made:
        yield made


def test_it_is_told_the_scene_the_question_and_the_options_and_gives_each_a_chance(server):
    server.reply = '<think>{"1": 1}</think>I say {"1": 0.1, "2": 0.2, "3": 0.7}'
    guess = talker(SCENE, ASKED, OPTIONS)
    assert guess.who == "openai:tiny"
    assert guess.chances == pytest.approx((0.1, 0.2, 0.7))
    assert guess.choice == 2
    prompt = json.dumps(server.requests[0])
    assert all(part in prompt for part in (SCENE, ASKED, "1. in the left room", "3. in the right room"))


def test_none_is_asked_where_none_is_configured(monkeypatch):
    monkeypatch.delenv("ORRERY_LLM", raising=False)
    assert talker(SCENE, ASKED, OPTIONS) is None


@pytest.mark.parametrize(
    ("reply", "chances"),
    [
        ('I think: {"1": 0.5, "2": 1.5}', (0.25, 0.75)),
        ('{"1": "80 %", "2": 20}', (0.8, 0.2)),
        ('{"No": 0.9, "yes": 0.1}', (0.9, 0.1)),
        ('{"1": 1} no, rather {"2": 1}', (0, 1)),
        ("", None),
        ("left, surely", None),
        ('{"1": -1, "2": 2}', None),
        ('{"a": 1}', None),
        ('{"3": 1}', None),
        ('{"1": NaN, "2": 1}', None),
        ("{1: }", None),
        ('{"1": 0, "2": 0}', None),
        ('{"1": [0.5], "2": 0.5}', None),
    ],
)
def test_chances_are_read_from_a_reply_or_not_at_all(reply, chances):
    found = parse_chances(reply, ("no", "yes"))
    assert found is None if chances is None else found == pytest.approx(chances)


@pytest.mark.parametrize(
    ("reply", "choice"),
    [
        ("2. In the doorway, since the door is open.", 1),
        ("The dot is in the doorway.", 1),
        ("1. in the left room\n2. in the doorway\n3. in the right room", None),
        ("It leaves the left room; it is in the doorway, then in the right room.", None),
        ("4. elsewhere", None),
        ("25 steps are many.", None),
        ("left, surely", None),
        ("", None),
    ],
)
def test_a_reply_without_chances_counts_where_it_names_one_option(server, reply, choice):
    assert named_option(reply, OPTIONS) == choice
    if choice is not None:
        server.reply = reply
        assert talker(SCENE, ASKED, OPTIONS).chances == pytest.approx((0.1, 0.8, 0.1))


@pytest.mark.parametrize(
    ("fault", "reply", "why"),
    [
        ("hang", "", "took more than 1 s"),
        ("drip", "", "took more than 1 s"),
        ("die", '{"1": 1}' * 20, "broke off"),
        ("garbage", "", "failed"),
        ("", "It goes left.", "Neither chances nor one option can be read from its reply: It goes left."),
        ("", f"the key is {KEY}", "repeated a key"),
    ],
)
def test_what_fails_abstains_and_says_why_in_one_line(server, monkeypatch, fault, reply, why):
    monkeypatch.setenv("ORRERY_LLM_TIMEOUT", "1")
    server.fault, server.reply = fault, reply
    guess = talker(SCENE, ASKED, OPTIONS)
    assert guess.chances is None
    assert why in guess.why
    assert "\n" not in guess.why
    assert KEY not in guess.why


def test_it_stands_in_the_contrast_beside_the_others_and_its_words_are_escaped_on_the_page(server, corpus):
    server.reply = '<b onclick=x>hm</b> {"1": 0.2, "2": 0.8}'
    found = contrast(fresh("key-door", 3, "does it have the key"), corpus=corpus)
    assert [guess.who for guess in found.guesses] == ["text", "openai:tiny", "key-door-tiles"]
    assert found.brier(found.guesses[1]) == pytest.approx(2 * 0.2**2 if found.answer == 1 else 2 * 0.8**2)
    drawn = page(found)
    assert "<b onclick" not in drawn
    assert "&lt;b onclick" in drawn


@pytest.mark.slow
def test_a_real_model_on_a_real_server_gives_chances_or_abstains(corpus, smollm, monkeypatch):
    """SmolLM2 is far too small to foresee anything; what counts is that whatever it says is shown for what it is."""
    monkeypatch.setenv("ORRERY_LLM", f"gguf:{smollm}")
    monkeypatch.setenv("ORRERY_LLM_TIMEOUT", "120")
    found = contrast(fresh("two-rooms", 1), corpus=corpus)
    guess = found.guesses[1]
    assert guess.who == f"gguf:{smollm.name}"
    assert "failed" not in guess.why
    assert str(smollm.parent) not in json.dumps(found.to_json())
