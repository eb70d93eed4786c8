"""The Plan tab: one episode, imagined and real on one scrubber. Drawn by `canvas/plan.js`."""

from __future__ import annotations

from typing import Any

import gradio as gr

from agents.config import PlanConfig
from agents.errors import AgentError
from agents.planners import CONTINUOUS, planners_of
from agents.worlds import make_world
from world_model.checkpoint import read_passport, shipped
from world_model.errors import WorldModelError

TITLE = "Plan"

BUDGETS = {"small": (32, 2), "medium": (64, 3), "large": (128, 5)}
"""Name -> (plans sampled an iteration, iterations)."""

MODEL = "two-rooms-jepa"
"""The model chosen at first."""


def build() -> None:
    """Put the tab's components on the page."""
    with gr.Column(elem_id="plan-controls", elem_classes="card"):
        with gr.Row():
            learned = worlds()
            world = gr.Radio(list(learned), value=learned_in(MODEL), label="World")
            model = gr.Radio(shipped() or [MODEL], value=MODEL, label="Model")
            planner = gr.Radio(list(CONTINUOUS), value=next(iter(CONTINUOUS)), label="Planner")
        with gr.Row():
            budget = gr.Radio(list(BUDGETS), value="medium", label="Budget")
            look = gr.Slider(1, 16, value=4, step=1, label="Steps between looks", elem_id="plan-look")
            seed = gr.Number(0, label="Seed", precision=0, minimum=0, elem_id="plan-seed")
            run = gr.Button("Run", variant="primary", elem_id="plan-run")
    stage = gr.HTML(
        value={},
        html_template='<div class="mount"></div>',
        apply_default_css=False,
        js_on_load="import('/canvas/plan.js').then(m => m.mount({element, props, watch}))",
        elem_id="plan-stage",
    )
    score = gr.HTML(
        value=lambda: recorded(MODEL),
        html_template='<div class="mount"></div>',
        apply_default_css=False,
        js_on_load="import('/canvas/score.js').then(m => m.mount({element, props, watch}))",
        elem_id="plan-score",
    )
    hush: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    run.click(None, js="() => { dispatchEvent(new Event('orrery:planning')); }", api_visibility="private")
    run.click(run_episode, [world, model, planner, budget, look, seed], stage, concurrency_limit=2, **hush)
    model.change(recorded, model, score, **hush)
    world.change(suits, world, [model, planner], **hush)


def worlds() -> dict[str, str]:
    """World -> a shipped model of it. Worlds that nothing has learned yet can't be planned in."""
    return {learned_in(name): name for name in reversed(shipped())} or {"two-rooms": MODEL}


def suits(world: str) -> tuple[str, Any]:
    """A model of that world, and the planners that there are for it."""
    names = planners_of(make_world(world))
    return worlds()[world], gr.Radio(names, value=names[0])


def learned_in(model: str) -> str:
    """The world that a shipped model learned."""
    try:
        return read_passport(model).world
    except WorldModelError:
        return "two-rooms"


def run_episode(
    world: str, model: str, planner: str, budget: str, look_every: int, seed: int | None
) -> dict[str, Any]:
    """The `Trace` as JSON under `trace` with its sentence under `summary`, or one line under `error`."""
    from agents.loop import plan_episode

    samples, iterations = BUDGETS[budget]
    try:
        config = PlanConfig(
            world=world,
            model=model,
            planner=planner,
            seed=int(seed or 0),
            look_every=int(look_every),
            num_samples=samples,
            iterations=iterations,
        )
        trace = plan_episode(config)
    except (AgentError, WorldModelError) as error:
        return {"error": str(error)}
    return {"trace": trace.to_json(), "summary": trace.summary()}


def recorded(model: str) -> dict[str, Any]:
    """The recorded success rates of `model`, or one line under `error` where there are none."""
    from agents.evaluate import recorded as read

    try:
        return read(model)
    except (AgentError, WorldModelError) as error:
        return {"error": str(error)}
