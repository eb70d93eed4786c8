"""The Dream tab: play inside the model with the keyboard, the true world as a ghost. Drawn by `canvas/dream.js` over
the WebSocket of `app.dream`."""

from __future__ import annotations

import gradio as gr

TITLE = "Dream"


def build() -> None:
    """Put the tab's one component on the page; all of its life is in the WebSocket."""
    gr.HTML(
        html_template='<div class="mount"></div>',
        apply_default_css=False,
        js_on_load="import('/canvas/dream.js').then(m => m.mount({element}))",
        elem_id="dream",
    )
