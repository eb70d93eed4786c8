// The error curve, which is also the scrubber: drag it, or focus it and use the arrow keys.
import { h } from "/canvas/dom.js";

export function createTimeline(seek, toggle) {
  const canvas = h("canvas", { tabindex: "0", role: "slider", "aria-label": "Step of the episode, with the error of the imagined position", "aria-valuemin": "0", "aria-valuemax": "0", "aria-valuenow": "0" });
  const root = h("div", { class: "timeline" },
    h("p", { class: "legend" }, "Distance between imagined and real, in pixels",
      h("span", { class: "key with" }, "looking again"), h("span", { class: "key without" }, "never looked again"), h("span", { class: "key look" }, "looked")),
    canvas);
  let trace = null, time = 0, box = null;

  canvas.addEventListener("keydown", (event) => {
    if (!trace) return;
    const jump = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 5, PageDown: -5 }[event.key];
    if (jump) seek(Math.floor(time) + jump);
    else if (event.key === "Home") seek(0);
    else if (event.key === "End") seek(trace.steps);
    else if (event.key === " ") toggle();
    else return;
    event.preventDefault();
  });
  const drag = (event) => {
    if (!trace || !box) return;
    const x = (event.clientX - canvas.getBoundingClientRect().left - box.left) / box.width;
    seek(x * trace.steps);
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    drag(event);
  });
  canvas.addEventListener("pointermove", (event) => canvas.hasPointerCapture(event.pointerId) && drag(event));

  function load(next) {
    trace = next;
    canvas.setAttribute("aria-valuemax", trace.steps);
  }

  function draw(at) {
    time = at.time;
    const colours = palette(canvas);
    const width = canvas.clientWidth, height = canvas.clientHeight, ratio = devicePixelRatio;
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    const g = canvas.getContext("2d");
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, width, height);
    box = { left: 30, top: 8, width: width - 44, height: height - 30 };
    const top = niceTop(Math.max(4, ...trace.error, ...trace.blind_error));
    const x = (k) => box.left + (box.width * k) / Math.max(1, trace.steps);
    const y = (v) => box.top + box.height * (1 - v / top);
    axes(g, box, top, trace, x, y, colours);
    curve(g, trace.blind_error, time, x, y, colours.without);
    curve(g, trace.error, time, x, y, colours.with);
    cursor(g, box, x(time), colours);
    dot(g, x(time), y(value(trace.blind_error, time)), colours.without);
    dot(g, x(time), y(value(trace.error, time)), colours.with);
    canvas.setAttribute("aria-valuenow", at.step);
    canvas.setAttribute("aria-valuetext", `Step ${at.step} of ${trace.steps}: ${trace.error[at.step].toFixed(1)} pixels off looking again, ${trace.blind_error[at.step].toFixed(1)} never looking again`);
  }
  return { root, load, draw };
}

function palette(canvas) {
  const style = getComputedStyle(canvas);
  const read = (name) => style.getPropertyValue(name).trim();
  return { with: read("--o-accent"), without: read("--o-faint"), line: read("--o-line"), text: read("--o-faint"), look: read("--o-look"), ink: read("--o-text") };
}

const niceTop = (v) => [4, 6, 8, 12, 16, 20, 30, 40, 60, 90].find((t) => t >= v) ?? v;

function value(list, time) {
  const k = Math.min(Math.floor(time), list.length - 1), next = Math.min(k + 1, list.length - 1);
  return list[k] + (list[next] - list[k]) * (time - k);
}

function axes(g, box, top, trace, x, y, colours) {
  g.font = '11px "Inter Variable", system-ui, sans-serif';
  g.fillStyle = colours.text;
  g.strokeStyle = colours.line;
  g.lineWidth = 1;
  g.textAlign = "right";
  g.textBaseline = "middle";
  for (const v of [0, top / 2, top]) {
    const at = Math.round(y(v)) + 0.5;
    g.beginPath();
    g.moveTo(box.left, at);
    g.lineTo(box.left + box.width, at);
    g.stroke();
    g.fillText(String(v), box.left - 8, at);
  }
  g.textAlign = "center";
  g.textBaseline = "top";
  const every = trace.steps > 60 ? 20 : trace.steps > 24 ? 10 : 5;
  for (let k = 0; k <= trace.steps; k += every) g.fillText(String(k), x(k), box.top + box.height + 10);
  g.fillStyle = colours.look;
  for (const k of trace.looks) {
    g.beginPath();
    g.arc(x(k), box.top + box.height, 2.6, 0, 2 * Math.PI);
    g.fill();
  }
}

// What has been played is drawn full, what is to come faint.
function curve(g, list, time, x, y, colour) {
  const stroke = (points, alpha, width) => {
    g.beginPath();
    points.forEach(([k, v], i) => (i ? g.lineTo(x(k), y(v)) : g.moveTo(x(k), y(v))));
    g.strokeStyle = colour;
    g.globalAlpha = alpha;
    g.lineWidth = width;
    g.lineJoin = "round";
    g.stroke();
    g.globalAlpha = 1;
  };
  const all = list.map((v, k) => [k, v]);
  stroke(all, 0.3, 1.5);
  stroke([...all.filter(([k]) => k <= time), [time, value(list, time)]], 1, 2);
}

function cursor(g, box, at, colours) {
  g.strokeStyle = colours.ink;
  g.globalAlpha = 0.55;
  g.lineWidth = 1;
  g.beginPath();
  g.moveTo(at, box.top - 4);
  g.lineTo(at, box.top + box.height + 5);
  g.stroke();
  g.globalAlpha = 1;
}

function dot(g, x, y, colour) {
  g.beginPath();
  g.arc(x, y, 3.6, 0, 2 * Math.PI);
  g.fillStyle = colour;
  g.fill();
}
