"""Violation of expectation: is a model more surprised by what cannot be than by what can?

A clip is watched with the eyes open; what is scored is how far each look was from what was expected. Legal and impossible
clips come in quadruples that hold the same frames and the same frame-to-frame changes (`agents.worlds.violations`), so a
model without memory can tell nothing.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from agents.errors import AgentError
from agents.judging.score import auroc, wilson
from agents.learning.collect import collect
from agents.worlds.violations import KINDS, Quadruples, quadruples
from world_model import checkpoint
from world_model.data import to_tensor
from world_model.models.remembering import Remembering
from world_model.train import one_thread

SETTLED = 4
"""Looks before the first that counts: how fast a ball flies takes a few frames to see."""


@dataclass(frozen=True)
class Violation:
    """What one kind of violation, in n quadruples, does to a model and to its untrained twin."""

    kind: str
    n: int
    """Quadruples, four clips each."""
    paired: float
    """Share of quadruples whose two impossible clips together surprise more than its two legal ones."""
    paired_low: float
    paired_high: float
    """The 95 % Wilson interval."""
    single: float
    """AUROC: the chance that any impossible clip surprises more than any legal one, whichever quadruple they are from."""
    single_low: float
    single_high: float
    """95 % interval, bootstrapped over quadruples."""
    null_paired: float
    null_single: float
    """The same for networks that see as it does and never learned to remember, mean over NULLS seeds."""


@dataclass(frozen=True)
class Surprises:
    """What `surprises` returns and a passport keeps."""

    model: str
    seed: int
    score: str
    """How a clip is scored, in words."""
    violations: tuple[Violation, ...]

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


NULLS = 3
"""Untrained networks that the null is a mean over."""
POWER = 2
"""Of each look's error. The largest counts most, but it is a sum over looks: who remembers nothing, whose errors depend
on neighbouring frames alone, is as surprised by the legal half of a quadruple as by the other."""
USUAL_EPISODES, USUAL_STEPS, USUAL_SEED, LEAST = 150, 44, 19_000, 1e-5
"""Ordinary recordings, as long as those it learned from, that tell how far off each number usually is, and the least variance it is divided by. Numbers that
nobody can foresee, such as how the soft edges of things fall on pixels, would else drown the few that tell a ball."""
SCORE = (
    f"the sum over looks after the first {SETTLED} of the mean squared error of what was expected to be seen, each number's over "
    f"its own on {USUAL_EPISODES} ordinary recordings, to the power of {POWER}"
)


def surprises(model: str, n: int = 100, seed: int = 20_000) -> Surprises:
    """Shows a model of peekaboo `n` quadruples of each kind of violation.

    Raises AgentError for a model that has no memory, WorldModelError for one that doesn't exist.
    """
    found = checkpoint.load(model)
    if not isinstance(found.model, Remembering):
        raise AgentError(
            f"model {model!r} is a {found.passport.family!r}, which remembers nothing; surprise needs a 'tracker'"
        )
    nulls = [untrained(found.passport, found.model, k) for k in range(NULLS)]
    rows = []
    with one_thread():
        ordinary = collect("peekaboo", USUAL_EPISODES, USUAL_STEPS, USUAL_SEED)
        looks, action = ordinary.encoded(found.model.latent), torch.from_numpy(ordinary.action)
        watching = [(model, usual(model, looks, action)) for model in (found.model, *nulls)]
        for kind in KINDS:
            shown = quadruples(kind, np.random.default_rng(seed), n)
            latent = latents(found.model, shown)
            scored = [score(model, shown, latent, its) for model, its in watching]
            rows.append(_row(kind, scored[0], scored[1:], seed))
    return Surprises(model, seed, SCORE, tuple(rows))


def untrained(passport: checkpoint.Passport, trained: Remembering, seed: int) -> Remembering:
    """A network of the same shape that sees with the same encoder, all else with the weights it was born with."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        null = type(trained)(**passport.arguments)
    null.encoder.load_state_dict(trained.encoder.state_dict())
    return null.requires_grad_(False).eval()


@torch.no_grad()
def latents(model: Remembering, shown: Quadruples) -> Tensor:
    """[4 n, T, L]: what each look of each clip tells, which is the same to a model and to its untrained twins."""
    flat = to_tensor(shown.frames.reshape(-1, *shown.frames.shape[3:]))
    return model.latent(flat).view(4 * len(shown.frames), shown.frames.shape[2], -1)


@torch.no_grad()
def usual(model: Remembering, latent: Tensor, action: Tensor) -> Tensor:
    """Ordinary recordings' latents [N, T + 1, L] and actions [N, T, A] -> [L]: mean squared error of each number expected."""
    off = latent - model.follow(latent, action).expected
    return off[:, SETTLED:].square().mean((0, 1)) + LEAST


@torch.no_grad()
def errors(model: Remembering, shown: Quadruples, latent: Tensor, usual: Tensor) -> Tensor:
    """[n, 4, T]: the mean squared error of the latent expected at each look, in units of what is `usual` [L]."""
    followed = model.follow(latent, torch.from_numpy(shown.action).repeat_interleave(4, 0))
    off = (latent - followed.expected).square() / usual
    return off.mean(-1).view(-1, 4, latent.shape[1])


def score(model: Remembering, shown: Quadruples, latent: Tensor, usual: Tensor) -> np.ndarray:
    """[n, 4]: how much each clip surprises."""
    return errors(model, shown, latent, usual)[..., SETTLED:].double().pow(POWER).sum(-1).numpy()


def _row(kind: str, scored: np.ndarray, nulls: list[np.ndarray], seed: int) -> Violation:
    n, hits = len(scored), paired(scored)
    low, high = wilson(int(hits.sum()), n)
    rng = np.random.default_rng(seed)
    again = np.sort([single(scored[rng.integers(0, n, n)]) for _ in range(400)])
    return Violation(
        kind,
        n,
        float(hits.mean()),
        low,
        high,
        single(scored),
        float(again[10]),
        float(again[-11]),
        float(np.mean([paired(null).mean() for null in nulls])),
        float(np.mean([single(null) for null in nulls])),
    )


def paired(scored: np.ndarray) -> np.ndarray:
    """[n, 4] -> [n] in 0, 0.5, 1: whether the impossible two surprise more than the legal two; a tie is half."""
    gap = scored[:, 2:].sum(1) - scored[:, :2].sum(1)
    return (gap > 0) + 0.5 * (gap == 0)


def single(scored: np.ndarray) -> float:
    """[n, 4] -> AUROC of all 2n impossible clips against all 2n legal ones."""
    return auroc(scored[:, 2:].ravel(), scored[:, :2].ravel())
