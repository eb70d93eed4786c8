"""How a checkpoint's planning is looked into: heat maps, the protocol dial, the alarm."""

from __future__ import annotations

from pathlib import Path

from tyro.conf import OmitArgPrefixes

from agents.config import PlanConfig
from app.commands import app, keep, note, show


@app.command
def heatmap(
    config: OmitArgPrefixes[PlanConfig], out: Path = Path("runs/heatmap.svg"), json: bool = False
) -> None:
    """What each objective makes of every place in the room, beside the length of the true way.

    Args:
        config: The model, and the seed of the task whose goal is drawn.
        out: The file for the figure (SVG).
        json: Print the record.
    """
    from agents.judging.heatmap import heatmap as draw
    from app.printing.planning import print_heatmap

    found = draw(config, note)
    figure = keep(found.figure(), out)
    show({**found.to_json(), "figure": figure}) if json else print_heatmap(found, figure)


@app.command
def dial(
    config: OmitArgPrefixes[PlanConfig],
    episodes: int = 150,
    out: Path = Path("runs/dial.svg"),
    json: bool = False,
) -> None:
    """The protocol dial: one checkpoint's success by goal distance, budget, success rule, replanning interval and n.

    Args:
        config: How to plan; the dial turns the rest.
        episodes: Tasks, each played once for every replanning interval.
        out: The file for the figure (SVG).
        json: Print the record.
    """
    from agents.judging.dial import dial as turn
    from app.printing.planning import print_dial

    found = turn(config, episodes, note)
    figure = keep(found.figure(), out)
    show({**found.to_json(), "figure": figure}) if json else print_dial(found, figure)


@app.command
def alarm(
    config: OmitArgPrefixes[PlanConfig],
    change: str = "door",
    step: int = 0,
    episodes: int = 200,
    out: Path = Path("runs/alarm.svg"),
    json: bool = False,
) -> None:
    """Change the world in mid-episode: how well the alarm notices, and what it is worth against planning on schedule.

    Args:
        config: How to plan; `--alarm` is the threshold, 0 one that is chosen on other episodes.
        change: door, door-moved, no-wall, second-door, blue-dot or big-dot.
        step: After which it happens; 0 draws one for each episode.
        episodes: Tasks, the same for every row.
        out: The file for the figure (SVG).
        json: Print the record.
    """
    from agents.judging.alarm_score import score_alarm
    from app.printing.planning import print_alarm

    found = score_alarm(config, change, step, episodes, note)
    figure = keep(found.figure(), out)
    show({**found.to_json(), "figure": figure}) if json else print_alarm(found, figure)
