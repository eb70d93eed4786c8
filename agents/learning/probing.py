"""Probe a checkpoint: what can be read from its latent, in numbers and as a map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from agents.errors import AgentError
from agents.figures import CIVIDIS
from agents.learning.collect import collect
from agents.learning.recipes import recipe
from agents.learning.training import HELD_OUT_SEED
from world_model.checkpoint import check_fits, load
from world_model.data import Episodes
from world_model.probe import Reading, read

PANEL, MARGIN = 230, 30
"""Units of the map's panels."""


@dataclass(frozen=True)
class Probed:
    model: str
    world: str
    """Where the recordings come from: a world, or a file."""
    reading: Reading
    figure: str
    """The map's file, SVG."""

    def to_json(self) -> dict[str, Any]:
        return {"model": self.model, "world": self.world, "figure": self.figure, **self.reading.to_json()}


def probe(
    model: str,
    world: str = "",
    data: Path | None = None,
    episodes: int = 300,
    out: Path = Path("runs/probe"),
    report: Callable[[str], None] = lambda line: None,
) -> Probed:
    """Probes learn from `episodes` recordings and are measured on a third as many others; the model saw neither.

    The recordings are made in `world`, or in the one the model learned; or they are those of the file `data`, every
    fourth of which is kept to measure on.
    """
    if not 10 <= episodes <= 10_000:
        raise AgentError(f"episodes is {episodes}; it must lie between 10 and 10000")
    checkpoint = load(model, world or None)
    passport = checkpoint.passport
    if data:
        learn, held_out = Episodes.load(data).split(every=4)
    else:
        world, steps = world or passport.world, recipe(passport.world).steps
        report(f"recording {episodes} + {episodes // 3} episodes of {steps} steps in {world}")
        learn = collect(world, episodes, steps, HELD_OUT_SEED + 2_000)
        held_out = collect(world, max(episodes // 3, 1), steps, HELD_OUT_SEED + 3_000)
    check_fits(passport, learn)
    if not learn.facts:
        raise AgentError(f"{data} holds no facts (arrays named fact_...), so there is nothing to read")
    report(f"reading {len(learn.facts)} facts from {learn.obs.shape[0] * learn.obs.shape[1]} states")
    reading = read(checkpoint.model, learn, held_out)
    out.mkdir(parents=True, exist_ok=True)
    figure = out / f"{passport.name}-map.svg"
    figure.write_text(latent_map(reading, f"{passport.name}: the latent on its two principal axes"))
    return Probed(model, str(data) if data else world, reading, str(figure))


def latent_map(reading: Reading, title: str) -> str:
    """SVG: the same sample of states in every panel, coloured by one fact each, dark for low and light for high."""
    panels = [
        (name if values.shape[1] == 1 else f"{name} {'xyz'[k] if values.shape[1] <= 3 else k}", values[:, k])
        for name, values in reading.values.items()
        for k in range(values.shape[1])
    ]
    low, high = reading.map.min(0), reading.map.max(0)
    spot = MARGIN / 2 + (reading.map - low) / np.maximum(high - low, 1e-9) * (PANEL - MARGIN)
    columns = min(3, max(1, len(panels)))
    rows = -(-len(panels) // columns)
    drawn = []
    for index, (name, value) in enumerate(panels):
        x, y = PANEL * (index % columns), 30 + (PANEL + 24) * (index // columns)
        drawn.append(
            f'<g transform="translate({x},{y})"><text x="{MARGIN // 2}" y="12">{escape(name)}: '
            f"{value.min():.1f} to {value.max():.1f}</text>{_points(spot, value)}</g>"
        )
    width, height = PANEL * columns, 34 + (PANEL + 24) * rows
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'style="font:12px system-ui,sans-serif"><title>{escape(title)}</title>'
        "<style>text{fill:#0f172a}@media(prefers-color-scheme:dark){text{fill:#e6ebf3}}</style>"
        f'<text x="{MARGIN // 2}" y="18" font-weight="600">{escape(title)}</text>{"".join(drawn)}</svg>'
    )


def _points(spot: np.ndarray, value: np.ndarray) -> str:
    level = (value - value.min()) / max(float(np.ptp(value)), 1e-9) * (len(CIVIDIS) - 1)
    below = np.minimum(level.astype(int), len(CIVIDIS) - 2)
    part = (level - below)[:, None]
    colour = ((1 - part) * CIVIDIS[below] + part * CIVIDIS[below + 1]).astype(int)
    return "".join(
        f'<circle cx="{x:.1f}" cy="{y + 16:.1f}" r="2.2" fill="#{r:02x}{g:02x}{b:02x}"/>'
        for (x, y), (r, g, b) in zip(spot, colour, strict=True)
    )
