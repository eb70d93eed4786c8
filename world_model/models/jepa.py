"""A joint-embedding predictive architecture (LeCun 2022): predict the next frame's latent, not its pixels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from world_model.losses import vicreg
from world_model.models.base import WorldModel


def mlp(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """Two hidden layers."""
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, outputs)
    )


class Encoder(nn.Module):
    """[N, 3, 64, 64] float in [-1, 1] -> [N, D].

    A patch stem, then one strided convolution: several times faster on a CPU than a stack of them.
    """

    def __init__(self, state_size: int):
        super().__init__()
        self.stem = nn.Conv2d(3, 32, kernel_size=8, stride=8)
        self.conv = nn.Conv2d(32, 32, kernel_size=3, stride=2, padding=1)
        self.head = nn.Sequential(nn.Linear(32 * 4 * 4, 128), nn.ReLU(), nn.Linear(128, state_size))

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv(F.relu(self.stem(x))))
        return self.head(x.flatten(1))


class Viewer(nn.Module):
    """[N, D] -> [N, 3, 64, 64] in [0, 1]: for people's eyes only.

    `room` is what the frames have in common; an MLP paints what differs, in 16 x 16 cells of 4 x 4 pixels.
    """

    def __init__(self, state_size: int, channels: int = 6):
        super().__init__()
        self.channels = channels
        self.cells = nn.Sequential(nn.Linear(state_size, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.grid = nn.Linear(64, channels * 16 * 16)
        self.pixels = nn.Conv2d(channels, 3 * 4 * 4, kernel_size=1)
        self.room = nn.Parameter(torch.zeros(3, 64, 64))

    def forward(self, state: Tensor) -> Tensor:
        grid = F.relu(self.grid(self.cells(state))).view(-1, self.channels, 16, 16)
        return torch.sigmoid(self.room + F.pixel_shuffle(self.pixels(grid), 4))


class JEPA(WorldModel):
    """An encoder and a residual predictor; beside them a viewer and a position probe that nothing depends on."""

    frames = 1

    def __init__(self, state_size: int = 8, action_size: int = 2):
        super().__init__()
        self.state_size, self.action_size = state_size, action_size
        self.encoder = Encoder(state_size)
        self.predictor = mlp(state_size + action_size, 128, state_size)
        self.viewer = Viewer(state_size)
        self.probe = mlp(state_size, 64, 2)

    def encode(self, obs: Tensor) -> Tensor:
        """[B, 1, 3, 64, 64] uint8 -> [B, D]."""
        return self.encoder(obs[:, -1].float() / 127.5 - 1)

    def predict(self, state: Tensor, action: Tensor) -> Tensor:
        return state + self.predictor(torch.cat([state, action], -1))

    def decode(self, state: Tensor) -> Tensor:
        return (self.viewer(state) * 255).round().to(torch.uint8)

    def locate(self, state: Tensor) -> Tensor:
        return 32 + 32 * self.probe(state)


class JEPALoss(nn.Module):
    """The error of an H-step imagined rollout against the encoder's own latents: no stop-gradient, no moving average.

    What keeps the latent from collapsing is VICReg's variance and covariance (Bardes, Ponce, LeCun 2022,
    eq. 1 and 3-4) and inverse dynamics: the action must be readable from two neighbouring latents.
    """

    def __init__(self, model: JEPA):
        super().__init__()
        self.model = model
        self.inverse = mlp(2 * model.state_size, 64, model.action_size)

    def forward(self, obs: Tensor, action: Tensor) -> dict[str, Tensor]:
        """Windows `obs` [B, H + 1, 3, 64, 64] uint8, `action` [B, H, A] -> the parts and their sum, `total`.

        Covariance weighs 1 against 25 for the other two VICReg terms, as in its section 4.2.
        """
        batch, steps = obs.shape[:2]
        state = self.model.encode(obs.flatten(0, 1)[:, None]).view(batch, steps, -1)
        imagined = self.model.rollout(state[:, 0], action)
        variance, covariance = vicreg(state)
        read = self.inverse(torch.cat([state[:, :-1], state[:, 1:]], -1))
        parts = {
            "prediction": F.mse_loss(imagined, state[:, 1:]),
            "variance": variance,
            "covariance": covariance / 25,
            "inverse": F.mse_loss(read, action),
        }
        return {**parts, "total": torch.stack(list(parts.values())).sum()}
