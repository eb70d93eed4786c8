"""The Trends tab: what is written about when, and what appeared when. Drawn by `canvas/trends.js` from `app.reading`."""

from __future__ import annotations

import gradio as gr

TITLE = "Trends"


def build() -> None:
    """Put the tab's one component on the page; it asks for its data when it is first seen."""
    gr.HTML(
        html_template='<div class="mount"></div>',
        apply_default_css=False,
        js_on_load="import('/canvas/trends.js').then(m => m.mount({element}))",
        elem_id="trends",
    )
