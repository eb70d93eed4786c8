"""The Plan tab: one episode, imagined and real on one scrubber. Drawn by `canvas/plan.js` from `app.plan`."""

from __future__ import annotations

import gradio as gr

TITLE = "Plan"


def build() -> None:
    """Put the tab's one component on the page; it asks for what can be chosen when it is first seen."""
    gr.HTML(
        html_template='<div class="mount"></div>',
        apply_default_css=False,
        js_on_load="import('/canvas/plan.js').then(m => m.mount({element}))",
        elem_id="plan",
    )
