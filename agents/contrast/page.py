"""A contrast as one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

from html import escape

from agents.contrast.run import Contrast
from agents.trace import sprite_sheet

_STYLE = """
:root{color-scheme:light dark;--line:#94a3b8;--good:#0072B2;--bad:#B45309}
body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}figure{display:inline-block;margin:0 1rem 1rem 0}figcaption{font-weight:600}
.film{width:256px;height:256px;background-size:auto 256px;image-rendering:pixelated;border:1px solid var(--line)}
table{border-collapse:collapse}td,th{padding:.3rem .8rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
.right{color:var(--good);font-weight:600}.wrong{color:var(--bad);font-weight:600}input{width:16rem}
"""
_SCRIPT = """
const slider=document.querySelector('input');
const show=()=>document.querySelectorAll('.film').forEach(f=>f.style.backgroundPositionX=-256*slider.value+'px');
slider.addEventListener('input',show);show();
"""


def page(contrast: Contrast) -> str:
    """Question, films on one slider, who said what, and what came true."""
    scenario = contrast.scenario
    options = [escape(option) for option in scenario["options"]]
    films = {"What really happened": contrast.real}
    if contrast.imagined is not None:
        films["What the model imagined"] = contrast.imagined
    figures = "".join(
        f"<figure><figcaption>{title}</figcaption><div class='film' role='img' aria-label='{title}' "
        f"style=\"background-image:url('data:image/png;base64,{sprite_sheet(frames)}')\"></div></figure>"
        for title, frames in films.items()
    )
    rows = []
    for guess in contrast.guesses:
        right = contrast.right(guess)
        said = "abstained" if guess.choice is None else options[guess.choice]
        verdict = "" if right is None else "right" if right else "wrong"
        chances = "" if guess.chances is None else ", ".join(
            f"{option} {chance:.0%}" for option, chance in zip(options, guess.chances, strict=True)
        )  # fmt: skip
        brier = contrast.brier(guess)
        rows.append(
            f"<tr><th scope='row'>{escape(guess.who)}</th><td>{said}</td><td class='{verdict}'>{verdict}</td>"
            f"<td>{chances}</td><td>{'' if brier is None else f'{brier:.2f}'}</td><td>{escape(guess.why)}</td></tr>"
        )
    last = len(contrast.real) - 1
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<title>{escape(scenario['question'])}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(scenario['question'])}</h1><p>{escape(scenario['scene'])}</p>"
        f"<p>Options: {'; '.join(options)}.</p>{figures}"
        f"<p><label>Step <input type='range' min='0' max='{last}' value='{last}'></label> "
        f"The first {scenario['shown']} of {last + 1} frames were shown to the model.</p>"
        f"<p><strong>{escape(contrast.summary())}</strong></p>"
        "<table><thead><tr><th>who</th><th>said</th><th></th><th>chances</th><th>Brier score</th><th>resting on</th></tr>"
        f"</thead><tbody>{''.join(rows)}</tbody></table>"
        f"<p>Made by <code>orrery contrast --world {escape(scenario['world'].split(':')[0])} --seed {scenario['seed']}</code>. "
        "A Brier score of 0 is certain and right; 2 is certain and wrong.</p>"
        f"<script>{_SCRIPT}</script></body></html>"
    )
