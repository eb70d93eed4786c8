"""The Lab tab: the claims as a board, each with its voices, its experiment and a run of one's own. Drawn by
`canvas/lab.js` from `app.lab`."""

from __future__ import annotations

import gradio as gr

TITLE = "Lab"


def build() -> None:
    """Put the tab's one component on the page; it asks for its board when it is first seen."""
    gr.HTML(
        html_template='<div class="mount"></div>',
        apply_default_css=False,
        js_on_load="import('/canvas/lab.js').then(m => m.mount({element}))",
        elem_id="lab",
    )
