// One picture of an episode: a frame enlarged without smoothing, and what we know drawn over it.
import { h } from "/canvas/dom.js";

const SIZE = 64;
const ACCENT = "#ea580c", INK = "15, 23, 42", LOOK = "#2563eb";

export async function loadSheet(base64) {
  const image = new Image();
  image.src = `data:image/png;base64,${base64}`;
  await image.decode();
  return image;
}

export function createPicture(title, caption, small = false) {
  const canvas = h("canvas", { role: "img", "aria-label": title });
  const root = h("figure", { class: small ? "picture small" : "picture" },
    h("figcaption", {}, h("b", {}, title), " ", h("span", {}, caption)), canvas);
  return { root, describe: (text) => canvas.setAttribute("aria-label", `${title}. ${text}`), draw };

  // `at`: {trace, time, step, look}. `path`: positions [T + 1][2] of the agent in this picture.
  function draw(at, sheet, path, { candidates = false, looks = false, truth = false }) {
    const { context: g, scale: s } = fit(canvas);
    const { trace, time, step } = at;
    frame(g, sheet, step, time - step, s);
    if (candidates) fan(g, s, at);
    if (truth) trail(g, s, trace.positions, time, `rgba(${INK}, .18)`, new Map());
    goal(g, s, trace.goal_position, time);
    const seen = looks ? correctionsOf(trace) : new Map();
    trail(g, s, path, time, small ? `rgba(${INK}, .6)` : ACCENT, seen);
    if (!small) ring(g, s, between(path, time, seen), 4.2, ACCENT, 1);
    if (looks) flash(g, s, at);
  }
}

// Backing pixels follow the size on screen, so lines stay sharp.
function fit(canvas) {
  const side = Math.round(canvas.clientWidth * devicePixelRatio) || SIZE;
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.lineJoin = context.lineCap = "round";
  return { context, scale: side / SIZE };
}

// The frame of `step`, the next one fading in by `part` of the way.
function frame(g, sheet, step, part, s) {
  const count = sheet.width / SIZE;
  const blit = (k) => g.drawImage(sheet, Math.min(k, count - 1) * SIZE, 0, SIZE, SIZE, 0, 0, SIZE * s, SIZE * s);
  blit(step);
  if (part > 0.02 && step + 1 < count) {
    g.globalAlpha = part;
    blit(step + 1);
    g.globalAlpha = 1;
  }
}

// Look -> where the agent then saw itself. A path holds what was expected before that look: it jumps there.
function correctionsOf(trace) {
  return new Map(trace.looks.map((k, i) => [k, trace.candidates[i]?.[0]?.[0] ?? trace.positions[k]]));
}

function between(path, time, seen) {
  const k = Math.min(Math.floor(time), path.length - 1);
  const from = seen.get(k) ?? path[k], to = path[Math.min(k + 1, path.length - 1)];
  return k === path.length - 1 ? path[k] : [0, 1].map((i) => from[i] + (to[i] - from[i]) * (time - k));
}

function line(g, s, points, style, width, dash = []) {
  if (points.length < 2) return;
  g.beginPath();
  points.forEach(([x, y], i) => (i ? g.lineTo(x * s, y * s) : g.moveTo(x * s, y * s)));
  g.strokeStyle = style;
  g.lineWidth = width * s;
  g.setLineDash(dash.map((d) => d * s));
  g.stroke();
  g.setLineDash([]);
}

// The way so far, broken where the model was corrected.
function trail(g, s, path, time, style, seen) {
  const now = Math.min(Math.floor(time), path.length - 1);
  const cuts = [...new Set([0, ...seen.keys()])].filter((k) => k <= now);
  cuts.forEach((from, i) => {
    const last = i + 1 === cuts.length;
    const points = [seen.get(from) ?? path[from], ...path.slice(from + 1, (last ? now : cuts[i + 1]) + 1)];
    if (last) points.push(between(path, time, seen));
    g.globalAlpha = last ? 0.95 : 0.5;
    line(g, s, points, style, 0.7);
  });
  g.globalAlpha = 1;
}

// The plans considered at the last look: all faint, the chosen one dashed ahead of the dot.
function fan(g, s, { trace, time, look }) {
  const plans = trace.candidates[look] ?? [];
  const age = time - trace.looks[look];
  const fade = Math.max(0.25, 1 - age / 6);
  plans.slice(1).forEach((plan) => line(g, s, plan, `rgba(${INK}, ${0.17 * fade})`, 0.42));
  if (plans[0]) line(g, s, plans[0].slice(Math.floor(age)), `rgba(${INK}, .75)`, 0.5, [1.1, 1.3]);
}

function ring(g, s, [x, y], radius, style, alpha, width = 0.65) {
  g.beginPath();
  g.arc(x * s, y * s, radius * s, 0, 2 * Math.PI);
  g.globalAlpha = alpha;
  g.strokeStyle = style;
  g.lineWidth = width * s;
  g.stroke();
  g.globalAlpha = 1;
}

function goal(g, s, at, time) {
  const breath = 0.35 * Math.sin(time * 0.55);
  ring(g, s, at, 4 + breath, `rgb(${INK})`, 0.8, 0.55);
  ring(g, s, at, 1.1, `rgb(${INK})`, 0.8, 0.55);
}

// For a step and a half after each look the picture's edge lights up.
function flash(g, s, { trace, time, look }) {
  if (look < 0) return;
  const strength = 1 - (time - trace.looks[look]) / 1.8;
  if (strength <= 0) return;
  g.globalAlpha = strength;
  g.strokeStyle = LOOK;
  g.lineWidth = 2 * s;
  g.strokeRect(0, 0, SIZE * s, SIZE * s);
  g.globalAlpha = 1;
  ring(g, s, correctionsOf(trace).get(trace.looks[look]), 4.2 + 5 * (1 - strength), LOOK, strength, 0.8);
}
