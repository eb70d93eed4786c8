"""The Contrast tab: guess first; then what the text says, what a model imagines and what happens. Drawn by
`canvas/contrast.js` from `app.contrast`."""

from __future__ import annotations

import gradio as gr

TITLE = "Contrast"


def build() -> None:
    """Put the tab's one component on the page; it asks for a scenario when it is first seen."""
    gr.HTML(
        html_template='<div class="mount"></div>',
        apply_default_css=False,
        js_on_load="import('/canvas/contrast.js').then(m => m.mount({element}))",
        elem_id="contrast",
    )
