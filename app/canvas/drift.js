// The line of drift: the last few hundred beats, with a mark at every look.
import { h } from "/canvas/dom.js";

const SHOWN = 360;

export function createDrift() {
  const canvas = h("canvas", { class: "drift", role: "img", "aria-label": "Drift in pixels over the last steps" });
  let values = [], marks = [];
  new ResizeObserver(draw).observe(canvas);
  const drift = { canvas, last: -1, clear() { values = []; marks = []; drift.last = -1; draw(); }, push };
  return drift;

  function push(value, looked) {
    values.push(value);
    marks.push(looked);
    if (values.length > SHOWN) { values.shift(); marks.shift(); }
    draw();
  }
  function draw() {
    const width = canvas.clientWidth, height = canvas.clientHeight, ratio = devicePixelRatio;
    if (!width) return;
    if (canvas.width !== Math.round(width * ratio)) { canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio); }
    const g = canvas.getContext("2d"), style = getComputedStyle(canvas);
    const colour = (name) => style.getPropertyValue(name).trim();
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, width, height);
    const top = Math.max(8, ...values) * 1.1, x = (i) => 24 + ((width - 30) * i) / SHOWN, y = (v) => height - 6 - ((height - 14) * v) / top;
    g.font = '11px "Inter Variable", system-ui, sans-serif';
    g.fillStyle = colour("--o-faint");
    g.strokeStyle = colour("--o-line");
    for (const v of [0, top / 2.2]) {
      g.beginPath();
      g.moveTo(24, y(v));
      g.lineTo(width - 6, y(v));
      g.stroke();
      g.fillText(v.toFixed(0), 4, y(v) + 4);
    }
    g.fillStyle = colour("--o-look");
    marks.forEach((looked, i) => looked && g.fillRect(x(i) - 1, 4, 2, height - 10));
    g.beginPath();
    values.forEach((v, i) => (i ? g.lineTo(x(i), y(v)) : g.moveTo(x(i), y(v))));
    g.strokeStyle = colour("--o-accent");
    g.lineWidth = 2;
    g.lineJoin = "round";
    g.stroke();
  }
}
