"""How the app looks to gradio: one orange accent on slate neutrals, in light and dark.

The accent is the colour of the dot that acts in the worlds. Our own styles are in `canvas/*.css`;
this file only brings gradio's controls in line with them.
"""

from __future__ import annotations

from typing import Any

FONT = ("Inter Variable", "system-ui", "-apple-system", "Segoe UI", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "DejaVu Sans Mono", "monospace")

HEAD = """
<meta name="color-scheme" content="light dark">
<link rel="preload" href="/canvas/fonts/inter-latin.woff2" as="font" type="font/woff2" crossorigin>
<link rel="stylesheet" href="/canvas/base.css">
<link rel="stylesheet" href="/canvas/ask.css">
<link rel="stylesheet" href="/canvas/plan.css">
<link rel="stylesheet" href="/canvas/contrast.css">
<link rel="stylesheet" href="/canvas/dream.css">
<link rel="stylesheet" href="/canvas/trends.css">
<link rel="stylesheet" href="/canvas/lab.css">
"""
FIRST = [
    "header",
    "dom",
    "choices",
    "ask",
    "answer",
    "documents",
    "line",
    "sources",
    "span",
    "working",
    "stance",
    "talk",
]
"""The modules of what is seen first: fetched while gradio starts, instead of one after the other when it has."""
HEAD += "".join(f'<link rel="modulepreload" href="/canvas/{name}.js">\n' for name in FIRST)


def make_theme() -> Any:
    """A `gradio.themes.Base`. Plain font names only: gradio would ask an outside host for a `GoogleFont`."""
    from gradio.themes import Base, colors, sizes

    theme = Base(
        primary_hue=colors.orange,
        secondary_hue=colors.slate,
        neutral_hue=colors.slate,
        radius_size=sizes.radius_md,
        font=FONT,
        font_mono=MONO,
    )
    return theme.set(
        body_background_fill="#f8fafc",
        body_background_fill_dark="#0b1120",
        body_text_color="#0f172a",
        body_text_color_dark="#e2e8f0",
        body_text_color_subdued="#475569",
        body_text_color_subdued_dark="#94a3b8",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#111a2e",
        border_color_primary="#e2e8f0",
        border_color_primary_dark="#1f2b43",
        border_color_accent="#c2410c",
        border_color_accent_dark="#fb923c",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_border_width_dark="0px",
        block_shadow="none",
        block_shadow_dark="none",
        block_padding="0",
        block_title_text_color="#475569",
        block_title_text_color_dark="#94a3b8",
        block_title_text_size="0.8rem",
        block_title_text_weight="550",
        block_info_text_color="#475569",
        block_info_text_color_dark="#94a3b8",
        block_label_text_color="#475569",
        block_label_text_color_dark="#94a3b8",
        input_background_fill="#ffffff",
        input_background_fill_dark="#0f1829",
        input_border_width="1px",
        input_border_color="#cbd5e1",
        input_border_color_dark="#2a3853",
        input_border_color_focus="#c2410c",
        input_border_color_focus_dark="#fb923c",
        slider_color="#c2410c",
        slider_color_dark="#fb923c",
        checkbox_background_color_selected="#c2410c",
        checkbox_background_color_selected_dark="#ea580c",
        checkbox_border_color_selected="#c2410c",
        checkbox_border_color_selected_dark="#fb923c",
        checkbox_border_color_focus="#c2410c",
        checkbox_border_color_focus_dark="#fb923c",
        checkbox_label_background_fill="#ffffff",
        checkbox_label_background_fill_dark="#0f1829",
        checkbox_label_background_fill_selected="#fff7ed",
        checkbox_label_background_fill_selected_dark="#2a1c14",
        checkbox_label_border_color="#cbd5e1",
        checkbox_label_border_color_dark="#2a3853",
        checkbox_label_border_color_selected="#c2410c",
        checkbox_label_border_color_selected_dark="#fb923c",
        checkbox_label_padding="7px 12px",
        checkbox_label_text_color="#0f172a",
        checkbox_label_text_color_dark="#e2e8f0",
        button_primary_background_fill="#c2410c",
        button_primary_background_fill_hover="#9a3412",
        button_primary_text_color="#ffffff",
        button_primary_background_fill_dark="#fb923c",
        button_primary_background_fill_hover_dark="#fdba74",
        button_primary_text_color_dark="#1c0f06",
        button_primary_border_color="transparent",
        button_primary_border_color_dark="transparent",
        button_large_text_weight="600",
        error_text_color="#b91c1c",
        error_text_color_dark="#fca5a5",
    )
