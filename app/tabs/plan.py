"""The Plan tab: one episode, imagined and real on one scrubber. Drawn by `canvas/plan.js`."""

from __future__ import annotations

from typing import Any

import gradio as gr

TITLE = "Plan"

BUDGETS = {"small": (32, 2), "medium": (64, 3), "large": (128, 5)}
"""Name -> (plans sampled an iteration, iterations)."""

WORLDS, MODELS, PLANNERS = ("two-rooms",), ("two-rooms-jepa",), ("cem",)


def build() -> None:
    """Put the tab's components on the page."""
    with gr.Row(elem_id="plan-controls", elem_classes="card"):
        world = gr.Radio(list(WORLDS), value=WORLDS[0], label="World")
        model = gr.Radio(list(MODELS), value=MODELS[0], label="Model")
        planner = gr.Radio(list(PLANNERS), value=PLANNERS[0], label="Planner")
        budget = gr.Radio(list(BUDGETS), value="medium", label="Budget")
        look = gr.Slider(1, 16, value=4, step=1, label="Looks again every … steps")
        seed = gr.Number(0, label="Seed", precision=0, minimum=0)
        run = gr.Button("Run", variant="primary", elem_id="plan-run")
    stage = gr.HTML(
        value={},
        html_template='<div class="mount"></div>',
        js_on_load="import('/canvas/plan.js').then(m => m.mount({element, props, watch}))",
        elem_id="plan-stage",
    )
    score = gr.HTML(
        value=lambda: recorded(MODELS[0]),
        html_template='<div class="mount"></div>',
        js_on_load="import('/canvas/score.js').then(m => m.mount({element, props, watch}))",
        elem_id="plan-score",
    )
    inputs = [world, model, planner, budget, look, seed]
    hush: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    run.click(None, None, None, js="() => dispatchEvent(new Event('orrery:planning'))", api_visibility="private")
    run.click(run_episode, inputs, stage, concurrency_limit=2, **hush)
    model.change(recorded, model, score, **hush)


def run_episode(
    world: str, model: str, planner: str, budget: str, look_every: int, seed: int | None
) -> dict[str, Any]:
    """The `Trace` as JSON under `trace` with its sentence under `summary`, or one line under `error`."""
    from agents.errors import AgentError
    from agents.loop import plan_episode

    samples, iterations = BUDGETS[budget]
    try:
        trace = plan_episode(
            world=world,
            model=model,
            planner=planner,
            seed=int(seed or 0),
            look_every=int(look_every),
            num_samples=samples,
            iterations=iterations,
        )
    except ValueError as error:  # AgentError and WorldModelError: one line each
        if not isinstance(error, AgentError) and type(error).__name__ != "WorldModelError":
            raise
        return {"error": str(error)}
    return {"trace": trace.to_json(), "summary": trace.summary()}


def recorded(model: str) -> dict[str, Any]:
    """The recorded success rates of `model`, or one line under `error` where there are none."""
    from agents.errors import AgentError
    from agents.evaluate import recorded as read

    try:
        return read(model)
    except AgentError as error:
        return {"error": str(error)}
