"""A checkpoint is whole or it is refused."""

import json
import shutil

import pytest
import torch

from agents.learning.collect import collect
from world_model.checkpoint import SHIPPED, check_fits, load, shipped
from world_model.errors import WorldModelError

NAME = "two-rooms-jepa"


@pytest.fixture
def copy(tmp_path):
    for suffix in (".safetensors", ".json"):
        shutil.copy(SHIPPED / (NAME + suffix), tmp_path)
    return tmp_path


def test_shipped_weights_are_small():
    assert {NAME, "two-rooms-random-jepa"} <= set(shipped())
    for name in shipped():
        assert (SHIPPED / f"{name}.safetensors").stat().st_size < 1_000_000
        assert load(name).passport.name == name


def test_a_folder_loads_like_a_name(copy):
    one, two = load(NAME).model.state_dict(), load(str(copy)).model.state_dict()
    assert all(torch.equal(one[key], two[key]) for key in one)


def test_one_flipped_byte_is_noticed_and_named(copy):
    path = copy / f"{NAME}.safetensors"
    data = bytearray(path.read_bytes())
    data[-7] ^= 1
    path.write_bytes(data)
    with pytest.raises(WorldModelError, match=r"damaged: two-rooms-jepa\.safetensors .* orrery train"):
        load(str(copy))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "\x00"])
def test_a_damaged_passport_is_named(copy, text):
    (copy / f"{NAME}.json").write_text(text)
    with pytest.raises(WorldModelError, match="passport") as caught:
        load(str(copy))
    assert "\n" not in str(caught.value)


def test_a_missing_passport_is_named(copy):
    (copy / f"{NAME}.json").unlink()
    with pytest.raises(WorldModelError, match="no passport"):
        load(str(copy))


def test_a_model_of_another_world_is_refused(copy):
    with pytest.raises(WorldModelError, match="learned 'two-rooms', not 'push-block'"):
        load(NAME, "push-block")


def test_an_unknown_model_names_those_that_exist(tmp_path):
    for name in ("no-such-model", str(tmp_path)):
        with pytest.raises(WorldModelError, match=NAME):
            load(name)


def test_the_passport_says_how_to_make_it_again():
    passport = load(NAME).passport
    assert passport.command.startswith("orrery train")
    assert passport.training["seed"] == passport.results["shipped_seed"]
    assert passport.data_recipe["seed"] == passport.training["seed"]
    assert json.dumps(passport.results)


def rewrite(folder, **changed):
    path = folder / f"{NAME}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


def test_a_passport_that_does_not_match_its_data_recipe_is_refused(copy):
    recipe = json.loads((copy / f"{NAME}.json").read_text())["data_recipe"]
    rewrite(copy, data_recipe={**recipe, "seed": 77})
    with pytest.raises(WorldModelError, match=r"doesn't match its data: .* train it again: orrery train"):
        load(str(copy))


def test_a_passport_with_another_frame_size_is_refused(copy):
    rewrite(copy, frame_size=96)
    with pytest.raises(WorldModelError, match="says frames of 96, but its model takes 64"):
        load(str(copy))


def test_recordings_that_a_model_cannot_take_are_refused_with_the_reason():
    passport = load(NAME).passport
    check_fits(passport, collect("two-rooms:tv", 2, 3, seed=0))
    with pytest.raises(WorldModelError, match=r"observations of shape \(3, 64, 64\); the recordings have"):
        check_fits(passport, collect("supply-chain", 2, 3, seed=0))
    with pytest.raises(WorldModelError, match="actions of size 2; the recordings have 4"):
        check_fits(passport, collect("key-door", 2, 3, seed=0))


def test_a_path_loads_like_a_name(copy):
    for name in (NAME, f"{NAME}.safetensors"):
        assert load(str(copy / name)).passport.name == NAME
