"""A contrast as one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

from html import escape

from agents.contrast.answerers import Guess
from agents.contrast.run import Contrast
from agents.trace import sprite_sheet
from agents.worlds import LEGENDS

_STYLE = """
:root{color-scheme:light dark;--line:#94a3b8;--said:#0072B2;--wrong:#B45309}
@media(prefers-color-scheme:dark){:root{--said:#56B4E9;--wrong:#E69F00}}
body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1rem;margin:0 0 .3rem}
.films,.answers{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0}figcaption{font-weight:600}
.film{width:256px;height:256px;background-size:auto 256px;image-rendering:pixelated;border:1px solid var(--line)}
.step{display:flex;gap:.6rem;align-items:center;flex-wrap:wrap}input{flex:1 1 10rem;max-width:32rem}output{min-width:9rem}
.answers section{flex:1 1 15rem;border:1px solid var(--line);border-radius:.5rem;padding:.8rem}
.right{color:var(--said)}.wrong{color:var(--wrong)}.faint{opacity:.75;font-size:.9rem}.faint,h1,h2{overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:1fr 4rem 3rem;gap:.2rem .6rem;align-items:center;margin:.4rem 0}dd{margin:0}
dl .true{font-weight:700}meter{width:100%;height:.7rem}dd+dd{text-align:right}
"""
_SCRIPT = """
const slider=document.querySelector('input'),told=document.querySelector('output');
const show=()=>{const step=+slider.value;
 document.querySelectorAll('.film').forEach(f=>f.style.backgroundPositionX=-256*step+'px');
 told.value='step '+step+' of '+slider.max+(step<+slider.dataset.shown?', seen':', foreseen')};
slider.addEventListener('input',show);show();
"""


def page(contrast: Contrast) -> str:
    """Question, films on one slider, what came true, and what each of them said."""
    scenario = contrast.scenario
    films = {"What really happened": contrast.real}
    if contrast.imagined is not None:
        films["What the model imagined"] = contrast.imagined
    figures = "".join(
        f"<figure><figcaption>{title}</figcaption><div class='film' role='img' aria-label='{title}' "
        f"style=\"background-image:url('data:image/png;base64,{sprite_sheet(frames)}')\"></div></figure>"
        for title, frames in films.items()
    )
    last, world = len(contrast.real) - 1, scenario["world"].split(":")[0]
    happened = escape(scenario["options"][contrast.answer])
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<title>{escape(scenario['question'])}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(scenario['question'])}</h1><p>{escape(scenario['scene'])}</p>"
        f"<div class='films'>{figures}</div><p class='faint'>{escape(LEGENDS.get(world, ''))}</p>"
        f"<p class='step'><label for='step'>Step</label> <input id='step' type='range' min='0' max='{last}' value='{last}' "
        f"data-shown='{scenario['shown']}'> <output for='step'></output></p>"
        f"<p><strong>What happened: {happened}.</strong></p>"
        f"<div class='answers'>{''.join(_answer(contrast, guess) for guess in contrast.guesses)}</div>"
        f"<p class='faint'>Made by <code>orrery contrast --world {escape(world)} --seed {scenario['seed']}</code>. "
        "A Brier score of 0 is certain and right; 2 is certain and wrong.</p>"
        f"<script>{_SCRIPT}</script></body></html>"
    )


def _answer(contrast: Contrast, guess: Guess) -> str:
    """What one of them said: right or wrong, a chance for every option, and what it rests on."""
    right, who = (
        contrast.right(guess),
        {"you": "You", "text": "Text from the sources"}.get(guess.who, guess.who),
    )
    verdict = "abstained" if right is None else "right" if right else "wrong"
    rows = "".join(
        f"<dt class='{'true' if i == contrast.answer else ''}'>{escape(option)}</dt><dd><meter max='1' value='{chance:.3f}'>"
        f"</meter></dd><dd>{chance:.0%}</dd>"
        for i, (option, chance) in enumerate(zip(contrast.scenario["options"], guess.chances or (), strict=False))
    )  # fmt: skip
    brier = contrast.brier(guess)
    score = "" if brier is None else f"Brier score {brier:.2f}. "
    return (
        f"<section><h2>{escape(who)}: <span class='{verdict}'>{verdict}</span></h2>{f'<dl>{rows}</dl>' if rows else ''}"
        f"<p class='faint'>{score}{escape(guess.why)}</p></section>"
    )
