"""Figures as plain SVG text: lines and bars with intervals, pictures of a room, tables in colour.

A value is a number, or (value, low, high) where it has an interval. Colours are those of Okabe and Ito (2008), which
colour-blind people can tell apart; text takes the page's colour, and in a file of its own follows the reader's light or
dark.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")
DASHES = ("", "7 3", "2 3", "9 3 2 3", "12 4", "4 2")
CIVIDIS = np.array([[0, 32, 77], [65, 77, 107], [124, 123, 120], [187, 175, 113], [255, 234, 70]], float)
"""Dark to light, for who sees all colours and who doesn't (Nunez, Anderton and Renslow 2018)."""
WIDE = 640
"""Units of every figure's width."""
POINTS = 240
"""Points drawn of a line at most: longer ones are averaged in as many stretches."""
STYLE = (
    ".f{color:var(--o-text,#0f172a);font:12px system-ui,sans-serif}"
    "@media(prefers-color-scheme:dark){.f{color:var(--o-text,#e6ebf3)}}"
    ".f text{fill:currentColor}.f .h{font-weight:600;font-size:14px}.f .m{text-anchor:middle}.f .e{text-anchor:end}"
    ".f .b{fill:none;stroke:#fff;stroke-width:1.5;stroke-dasharray:4 3}"
    ".f .l{fill:#fff;stroke:#000;stroke-width:3px;paint-order:stroke;font-size:11px}"
    ".f .a{stroke:currentColor;stroke-opacity:.25;fill:none}.f .v{stroke:currentColor;stroke-width:1.5;fill:none}"
)


def lines(
    title: str,
    x_label: str,
    y_label: str,
    xs: Sequence[float],
    series: Mapping[str, Sequence[Any]],
    *,
    log: bool = False,
    log_x: bool = False,
) -> str:
    """A line for each of `series`, with a band where its values have intervals, through those of `xs` at which it isn't nan;
    `log`: y on a logarithmic axis."""
    drawn = {name: _thinned(np.array([_triple(v) for v in values])) for name, values in series.items()}
    across = _thinned(np.repeat(np.array(xs, float)[:, None], 3, 1))[:, 0]
    x_axis = _Axis(across, 60, WIDE - 20, log_x)
    y_axis = _Axis(np.concatenate(list(drawn.values())), 250, 44 + 18 * math.ceil(len(drawn) / 2), log)
    body = [_y_axis(y_axis, y_label, 60, WIDE - 20), _x_axis(x_axis, x_label, 250)]
    for k, (name, values) in enumerate(drawn.items()):
        colour, dash = COLOURS[k % len(COLOURS)], DASHES[k % len(DASHES)]
        known = np.isfinite(values[:, 0])
        values, at = values[known], [x_axis(x) for x in across[known]]
        if (values[:, 1] != values[:, 2]).any():
            edge = [*zip(at, values[:, 2], strict=True), *reversed([*zip(at, values[:, 1], strict=True)])]
            band = " ".join(f"{x:.1f},{y_axis(y):.1f}" for x, y in edge)
            body.append(f'<polygon points="{band}" fill="{colour}" fill-opacity=".2"/>')
        path = " ".join(f"{x:.1f},{y_axis(y):.1f}" for x, y in zip(at, values[:, 0], strict=True))
        look = f'stroke="{colour}" stroke-width="2" fill="none" stroke-dasharray="{dash}"'
        body.append(f'<polyline points="{path}" {look}/>')
        left, top = 60 + 290 * (k % 2), 40 + 18 * (k // 2)
        body.append(f'<path d="M{left} {top}h26" {look}/>{_text(left + 32, top + 4, name)}')
    return _svg(title, 292, body)


def bars(
    title: str,
    label: str,
    names: Sequence[Any],
    series: Mapping[str, Sequence[Any]],
    *,
    log: bool = False,
) -> str:
    """A group of bars for each of `names`, in it a bar for each of `series`; `label` says what is measured."""
    table = {name: np.array([_triple(v) for v in values]) for name, values in series.items()}
    every = np.concatenate(list(table.values()))
    thick, several = (14 if len(table) > 1 else 18), len(table) > 1
    group = thick * len(table) + 10
    left = 20 + 6.8 * min(40, max(len(str(name)) for name in names))
    top = 36 + (18 * math.ceil(len(table) / 3) if several else 0)
    axis = _Axis(np.append(every, every.min() / 2 if log else 0.0), left, WIDE - 64, log)
    bottom = top + group * len(names)
    body = [_x_axis(axis, label, bottom, top)]
    zero = left if log else axis(0)
    for k, (name, values) in enumerate(table.items()):
        colour = COLOURS[k % len(COLOURS)]
        if several:
            x, y = 20 + 205 * (k % 3), 32.0 + 18 * (k // 3)
            body.append(
                f'<rect x="{x}" y="{y}" width="14" height="10" fill="{colour}"/>{_text(x + 20, y + 9, name)}'
            )
        for row, (value, low, high) in enumerate(values):
            y = top + group * row + thick * k + 5
            ends = sorted((zero, axis(value)))
            body.append(
                f'<rect x="{ends[0]:.1f}" y="{y:.1f}" width="{max(ends[1] - ends[0], 1):.1f}" height="{thick - 3}" '
                f'fill="{colour}"/>'
            )
            if low != high:
                middle = y + (thick - 3) / 2
                body.append(f'<path class="v" d="M{axis(low):.1f} {middle:.1f}H{axis(high):.1f}"/>')
            body.append(_text(max(axis(high), ends[1]) + 5, y + thick - 5, _number(value)))
    for row, name in enumerate(names):
        body.append(_text(left - 8, top + group * row + group / 2 + 4, str(name), "e"))
    return _svg(title, bottom + 42, body)


def pictures(
    title: str,
    panels: Mapping[str, np.ndarray],
    notes: Mapping[str, str] | None = None,
    boxes: Mapping[str, tuple[float, float, float, float]] | None = None,
) -> str:
    """Arrays [H, W] side by side, each from its least (dark) to its largest number (light); nan is left empty. A note of
    up to two lines stands below its panel. `boxes` are outlined and named in every panel: left, right, top, bottom, as
    shares of its width and height."""
    gap, across = 16, min(4, len(panels))
    side = width = min(200.0, (WIDE - 40 - gap * (across - 1)) / across)
    body = []
    for k, (name, values) in enumerate(panels.items()):
        x, y = 20 + (width + gap) * (k % across), 44 + (side + 56) * (k // across)
        tall, wide = values.shape
        box = f'x="{x:.1f}" y="{y:.1f}" width="{side:.1f}" height="{side * tall / wide:.1f}"'
        body.append(_text(x, y - 6, name))
        body.append(
            f'<image {box} style="image-rendering:pixelated" href="data:image/png;base64,{_png(values)}"/>'
        )
        high = side * tall / wide
        for label, (left, right, top, bottom) in (boxes or {}).items():
            body.append(
                f'<rect class="b" x="{x + side * left:.1f}" y="{y + high * top:.1f}" width="{side * (right - left):.1f}" '
                f'height="{high * (bottom - top):.1f}"/><text class="l" x="{x + side * left + 5:.1f}" '
                f'y="{y + high * top + 14:.1f}">{escape(label)}</text>'
            )
        for row, line in enumerate((notes or {}).get(name, "").split("\n")):
            body.append(_text(x, y + side * tall / wide + 16 * (row + 1), line))
    return _svg(title, 44 + (side + 56) * math.ceil(len(panels) / across), body)


def table(
    title: str,
    x_label: str,
    y_label: str,
    xs: Sequence[Any],
    ys: Sequence[Any],
    values: Sequence[Sequence[Any]],
) -> str:
    """`values` [len(ys)][len(xs)] of shares in [0, 1] as cells in colour, each with its number and its interval."""
    left, top = 90, 60
    wide, tall = (WIDE - left - 20) / len(xs), 34
    body = [_text(left, 44, x_label), _text(20, top - 6, y_label)]
    for row, y in enumerate(ys):
        body.append(_text(left - 8, top + 18 + tall * (row + 0.5), y, "e"))
        for column in range(len(xs)):
            value, low, high = _triple(values[row][column])
            ink = "#000" if value > 0.42 else "#fff"
            x, at = left + wide * column, top + 14 + tall * row
            body.append(
                f'<rect x="{x:.1f}" y="{at}" width="{wide - 2:.1f}" height="{tall - 2}" fill="{_colour(value)}"/>'
                f'<text class="m" x="{x + wide / 2:.1f}" y="{at + 15}" style="fill:{ink}">{value:.0%}</text>'
            )
            if low != high:
                body.append(
                    f'<text class="m" x="{x + wide / 2:.1f}" y="{at + 27}" style="fill:{ink};font-size:9px">'
                    f"{low:.0%} to {high:.0%}</text>"
                )
    for column, x in enumerate(xs):
        body.append(_text(left + wide * (column + 0.5), top + 8, x, "m"))
    return _svg(title, top + 24 + tall * len(ys), body)


def stack(title: str, parts: Sequence[str]) -> str:
    """Figures one below the other, as one; `title` is read out and not drawn."""
    tops, heights = [0.0], [float(part.split('viewBox="0 0 ')[1].split('"')[0].split()[1]) for part in parts]
    for height in heights:
        tops.append(tops[-1] + height + 10)
    inner = "".join(
        part.replace("<svg ", f'<svg y="{top:.0f}" width="{WIDE}" height="{height:.0f}" ', 1)
        for part, top, height in zip(parts, tops, heights, strict=False)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {tops[-1]:.0f}" role="img" '
        f'aria-label="{escape(title)}">{inner}</svg>'
    )


class _Axis:
    """Numbers to units of the figure, and where its ticks are."""

    def __init__(self, values: np.ndarray, start: float, end: float, log: bool):
        found = values[np.isfinite(values) & ((values > 0) | (not log))]
        low, high = (float(found.min()), float(found.max())) if found.size else (0.1, 1.0)
        if log:
            low, high = 10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(high) + 1e-9)
            self.ticks = [10.0**k for k in range(round(math.log10(low)), round(math.log10(high)) + 1)]
        else:
            step = _nice((high - low or abs(high) or 1.0) / 5)
            low, high = step * math.floor(low / step), step * math.ceil(high / step)
            high = high if high > low else low + step
            self.ticks = [low + step * k for k in range(round((high - low) / step) + 1)]
        self.low, self.high, self.start, self.end, self.log = low, high, start, end, log

    def __call__(self, value: float) -> float:
        value = min(max(value, self.low), self.high)
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def _y_axis(axis: _Axis, label: str, left: float, right: float) -> str:
    parts = [f'<path class="a" d="M{left} {axis(t):.1f}H{right}"/>' for t in axis.ticks]
    parts += [_text(left - 6, axis(t) + 4, _number(t), "e") for t in axis.ticks]
    middle = (axis.start + axis.end) / 2
    return (
        "".join(parts)
        + f'<text class="m" transform="translate(14 {middle:.0f}) rotate(-90)">{escape(label)}</text>'
    )


def _x_axis(axis: _Axis, label: str, bottom: float, top: float | None = None) -> str:
    up = "" if top is None else f"V{top:.1f}"
    parts = [f'<path class="a" d="M{axis(t):.1f} {bottom + 4:.1f}{up or "v-4"}"/>' for t in axis.ticks]
    parts += [_text(axis(t), bottom + 18, _number(t), "m") for t in axis.ticks]
    return "".join(parts) + _text((axis.start + axis.end) / 2, bottom + 35, label, "m")


def _text(x: float, y: float, text: Any, kind: str = "") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(str(text))}</text>'


def _svg(title: str, height: float, body: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="f" viewBox="0 0 {WIDE} {height:.0f}" role="img" '
        f'aria-label="{escape(title)}"><style>{STYLE}</style><text class="h" x="20" y="20">{escape(title)}</text>'
        f"{''.join(body)}</svg>"
    )


def _triple(value: Any) -> tuple[float, float, float]:
    return (value, value, value) if np.isscalar(value) else tuple(value)


def _thinned(values: np.ndarray) -> np.ndarray:
    if len(values) <= POINTS:
        return values
    return np.array([part.mean(0) for part in np.array_split(values, POINTS)])


def _nice(step: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(step))
    return next(power * k for k in (1, 2, 2.5, 5, 10) if power * k >= step * (1 - 1e-9))


def _number(value: float) -> str:
    if abs(value) >= 1e6:
        return f"{value / 1e6:,.3g} M"
    if value and abs(value) < 1e-3:
        return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _colour(share: float) -> str:
    return "#" + "".join(f"{round(v):02x}" for v in _ramp(np.array(share)))


def _ramp(share: np.ndarray) -> np.ndarray:
    """[...] in [0, 1] -> [..., 3] in [0, 255]."""
    at = np.linspace(0, 1, len(CIVIDIS))
    return np.stack([np.interp(share, at, channel) for channel in CIVIDIS.T], -1)


def _png(values: np.ndarray) -> str:
    from PIL import Image

    known = np.isfinite(values)
    low, high = (values[known].min(), values[known].max()) if known.any() else (0, 1)
    share = np.where(known, (values - low) / (high - low or 1), 0)
    pixels = np.concatenate([_ramp(share), 255.0 * known[..., None]], -1).round().astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()
