"""What a model costs beside the world it imagines."""

import pytest

from agents.bench.speed import models
from world_model.checkpoint import load
from world_model.errors import WorldModelError


def test_a_row_tells_the_checkpoints_own_numbers_and_rates_that_fit_each_other():
    (row,) = models(["two-rooms-jepa"], batch=64, seconds=0.1)
    model = load("two-rooms-jepa").model
    assert row.parameters == sum(values.numel() for values in model.parameters())
    assert row.kilobytes < 1000
    assert row.imagined_per_second > 100_000
    assert row.drawn_per_second < row.real_per_second
    assert min(row.encode_us, row.predict_us, row.decode_us) > 0
    assert row.predict_us < row.encode_us < row.decode_us


def test_an_unknown_model_is_refused():
    with pytest.raises(WorldModelError, match="unknown model 'none'"):
        models(["none"])
