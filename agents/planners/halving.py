"""iCEM that imagines no more than it needs: successive halving (Karnin, Koren and Somekh 2013, "Almost Optimal Exploration
in Multi-Armed Bandits") within every round."""

from __future__ import annotations

import torch
from torch import Tensor

from agents.config import NUM_ELITES
from agents.objectives import Mind
from agents.planners.cem import ICEM

GAIN = 0.05
"""Share of the way to the goal that an episode's candidates must come nearer within a piece, else they have arrived."""


class Halving(ICEM):
    """As many candidates and rounds, and as far at the most, but not every candidate to its end. They are imagined piece by
    piece: one knot, then each time as far again as they have come. After each piece the worse half of an episode's
    candidates is given up, as long as enough are left to refit to; and an episode whose candidates came no nearer to the
    goal is imagined no further in that round.

    What is given up is judged by how it began. So it suits an objective that falls all along a good way, as a distance in
    steps does; by a distance as the crow flies, a way around a wall looks bad at first.
    """

    def score(self, mind: Mind, state: Tensor, goal: Tensor, knots: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """As every planner's; a candidate that was given up costs infinity, and is shown waiting where it was."""
        actions = knots.repeat_interleave(self.config.hold, 2)
        batch, samples, horizon, _ = actions.shape
        cost = state.new_empty(batch, samples)
        states = state.new_empty(batch, samples, horizon, state.shape[-1])
        # of the episodes that go on, and of their candidates that are left
        who, alive = torch.arange(batch), torch.arange(samples).expand(batch, -1)
        now, acts = state[:, None].expand(-1, samples, -1), actions
        along, far = state.new_empty(batch, samples, 0), state.new_empty(0)
        begin, end = 0, self.config.hold
        while True:
            piece = acts[:, :, begin:end].flatten(0, 1)
            imagined = mind.rollout(now.flatten(0, 1), piece).unflatten(0, alive.shape)
            rows = who[:, None], alive
            states[*rows, begin:end], states[*rows, end:] = imagined, imagined[:, :, -1:]
            along = torch.cat([along, self.objective.along(mind, imagined, goal[who])], 2)
            found = self.objective.over(along)
            cost[who] = torch.inf
            cost[rows] = found
            if end == horizon:
                break
            nearer = along[..., :begin].amin((1, 2)) - along[..., begin:].amin((1, 2)) if begin else torch.inf
            far = far if begin else along[..., 0].amin(1)
            going = torch.nonzero(nearer > GAIN * far)[:, 0]
            if not len(going):
                break
            best = found[going].topk(max(NUM_ELITES, alive.shape[1] // 2), largest=False).indices
            few = going[:, None], best
            who, far, alive = who[going], far[going], alive[few]
            now, acts, along = imagined[:, :, -1][few], acts[few], along[few]
            begin, end = end, min(2 * end, horizon)
        return cost, states, actions
