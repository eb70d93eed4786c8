"""An encoder that tells a frame in few numbers: of each colour, how much of it shows, and where."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from world_model.data import to_tensor
from world_model.errors import WorldModelError

BINS = 32
"""Levels per channel that colours are told apart by."""
SOFTNESS = 20.0
"""Grey levels: how far apart two colours are that a pixel between them is shared by."""
ENOUGH = 8.0
"""Pixels of a colour from which it surely shows."""
MOMENTS = ((1, 0), (2, 0), (3, 0), (4, 0), (0, 1), (0, 2))
"""Legendre polynomials along x and along y whose means over a thing's pixels say where it is: (1, 0) is the mean x. Four
along x, for edges; two along y."""
PLACE_SCALE = 3.0
"""Places lie in minus to plus this."""
TRIES, ROUNDS, SAMPLE = 8, 10, 20
"""Candidates for each first colour; rounds of k-means; pixels that make a colour worth a look."""
CHUNK = 256


class Palette(nn.Module):
    """Frames [N, 3, 64, 64] uint8 -> [N, size]. Found from recorded frames in a second, not learned by gradients, so
    nothing can collapse.

    k-means with k-means++ seeds (Arthur and Vassilvitskii 2007) finds the `colours`. What never shows together in one
    episode is taken for one thing in different paint: a ball is orange here and blue there. Of each thing the latent holds
    how much of it shows (0 where it is out of sight) and where, as means of Legendre polynomials over its pixels; and of
    each colour how much. The `size` numbers that vary most over the recordings are kept.
    """

    palette: Tensor
    """[colours, 3] red, green, blue."""
    things: Tensor
    """[colours, colours], 1 where a colour (column) belongs to a thing (row); as many rows are empty as colours are shared."""
    usual: Tensor
    """[colours]: square root of the pixels that a colour has where it shows."""
    kept: Tensor
    """[size]: which of all numbers."""
    along: Tensor
    """[5, 64]: P0 to P4 at each pixel."""

    def __init__(self, obs_shape: tuple[int, ...], size: int, colours: int = 12):
        super().__init__()
        if tuple(obs_shape) != (3, 64, 64):
            raise WorldModelError(
                f"this family sees colours, so it takes frames of (3, 64, 64), not {tuple(obs_shape)}; train another, such as rssm"
            )
        numbers = colours * (2 + len(MOMENTS))
        if size > numbers:
            raise WorldModelError(f"components is {size}; {colours} colours give {numbers} numbers at most")
        self.colours = colours
        self.register_buffer("palette", torch.zeros(colours, 3))
        self.register_buffer("things", torch.eye(colours))
        self.register_buffer("usual", torch.ones(colours))
        self.register_buffer("kept", torch.arange(size, dtype=torch.float32))
        place = (torch.arange(64) + 0.5 - 32) / 32
        self.register_buffer("along", _legendre(place), persistent=False)
        self._shares: tuple[Tensor, Tensor] | None = None

    @torch.no_grad()
    def fit(self, obs: np.ndarray, rng: np.random.Generator) -> None:
        """To episodes' frames [E, T, 64, 64, 3] uint8."""
        flat = obs.reshape(-1, *obs.shape[2:])
        self.palette.copy_(torch.from_numpy(_main_colours(flat, self.colours, rng)).half())
        shown = self._raw(flat)[..., 0]
        self.usual.copy_(torch.stack([_usual(column) for column in shown.unbind(1)]).half())
        self.things.copy_(_things(shown.view(*obs.shape[:2], -1)))
        told = torch.cat([self._told(part) for part in self._raw(flat).split(CHUNK)])
        self.kept.copy_(told.std(0).topk(len(self.kept)).indices.sort().values)

    def forward(self, obs: Tensor) -> Tensor:
        parts = [self._told(self._moments(some))[:, self.kept.long()] for some in obs.split(CHUNK)]
        return torch.cat(parts)

    def _raw(self, frames: np.ndarray) -> Tensor:
        """[N, 64, 64, 3] -> [N, colours, 1 + moments]."""
        return torch.cat([self._moments(some) for some in to_tensor(frames).split(CHUNK)])

    def _moments(self, obs: Tensor) -> Tensor:
        """[N, 3, 64, 64] -> of each colour its pixels, and the sums of MOMENTS over them, [N, colours, 1 + moments]."""
        level = obs.movedim(1, -1).int() * BINS // 256
        index = (level[..., 0] * BINS + level[..., 1]) * BINS + level[..., 2]
        share = F.embedding(index, self._table())
        columns, rows = share.sum(1), share.sum(2)
        amount = columns.sum(1)
        sums = [torch.einsum("nck,c->nk", columns if x else rows, self.along[x or y]) for x, y in MOMENTS]
        return torch.stack([amount, *sums], -1)

    def _told(self, moments: Tensor) -> Tensor:
        """[N, colours, 1 + moments] -> all numbers [N, colours * (2 + moments)]."""
        amount = moments[..., 0]
        thing = torch.einsum("gk,nkm->ngm", self.things, moments)
        much = thing[..., :1] + ENOUGH
        largest = (self.things / self.usual).amax(1)
        strength = thing[..., 0] / much[..., 0].sqrt() * largest
        place = PLACE_SCALE * thing[..., 1:] / much
        painted = amount / (amount + ENOUGH).sqrt() / self.usual
        return torch.cat([strength, place.flatten(1), painted], 1)

    def _table(self) -> Tensor:
        """[BINS ** 3, colours]: to which colours a pixel belongs, and how much; made once for a palette."""
        if self._shares is None or not torch.equal(self._shares[0], self.palette):
            level = (torch.arange(BINS) + 0.5) * 256 / BINS
            every = torch.cartesian_prod(level, level, level)
            near = 2 * every @ self.palette.T - self.palette.square().sum(1)
            self._shares = self.palette.clone(), torch.softmax(near / (2 * SOFTNESS**2), -1)
        return self._shares[1]


def _legendre(x: Tensor) -> Tensor:
    """[n] in -1 to 1 -> [5, n], P0 to P4."""
    found = [torch.ones_like(x), x]
    for k in range(1, 4):
        found.append(((2 * k + 1) * x * found[k] - k * found[k - 1]) / (k + 1))
    return torch.stack(found)


def _main_colours(frames: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """[N, 64, 64, 3] -> [count, 3]. A colour counts by the square root of its pixels, so that a ball is not lost in a wall."""
    level = frames.reshape(-1, 3).astype(np.int64) * BINS // 256
    seen = np.bincount((level[:, 0] * BINS + level[:, 1]) * BINS + level[:, 2], minlength=BINS**3)
    bins = np.flatnonzero(seen > SAMPLE)
    pixel = np.stack([bins // BINS**2, bins // BINS % BINS, bins % BINS], 1) * (256 / BINS) + 128 / BINS
    weight = np.sqrt(seen[bins])
    middle = pixel[rng.choice(len(pixel), 1, p=weight / weight.sum())]
    gap = ((pixel - middle) ** 2).sum(1)
    for _ in range(count - 1):
        # where there are fewer colours than places for them, some are there twice
        chance = weight * gap + 1e-9
        tried = rng.choice(len(pixel), TRIES, p=chance / chance.sum())
        left = [np.minimum(gap, ((pixel - pixel[t]) ** 2).sum(1)) for t in tried]
        best = int(np.argmin([(weight * one).sum() for one in left]))
        middle, gap = np.concatenate([middle, pixel[tried[best : best + 1]]]), left[best]
    for _ in range(ROUNDS):
        nearest = ((pixel[:, None] - middle) ** 2).sum(-1).argmin(1)
        for k in range(count):
            mine = nearest == k
            if mine.any():
                middle[k] = np.average(pixel[mine], 0, weight[mine])
    return middle.astype(np.float32)


def _usual(amount: Tensor) -> Tensor:
    """Pixels of one colour [N] -> the root of their mean where it shows, at least 1."""
    some = amount[amount > ENOUGH]
    return some.mean().sqrt().clamp_min(1.0) if len(some) else torch.tensor(ENOUGH).sqrt()


def _things(amount: Tensor) -> Tensor:
    """Pixels of each colour [E, T, colours] -> `things`: the commonest colours first, each joined to the first thing none
    of whose colours shows in the same episodes (save one in fifty)."""
    there = (amount.amax(1) > ENOUGH).float()
    together, count = there.T @ there, there.sum(0)
    groups: list[list[int]] = []
    for colour in amount.mean((0, 1)).argsort(descending=True).tolist():
        for group in groups:
            if all(together[colour, k] <= 0.02 * min(count[colour], count[k]) for k in group):
                group.append(colour)
                break
        else:
            groups.append([colour])
    things = torch.zeros(amount.shape[2], amount.shape[2])
    for row, group in enumerate(groups):
        things[row, group] = 1
    return things
