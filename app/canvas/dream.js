// The Dream tab: keys go out, beats come in. What is seen is what the model imagines; the true world is a ghost.
import { h, keep } from "/canvas/dom.js";
import { createDrift } from "/canvas/drift.js";
import { createModels } from "/canvas/models.js";

const SIZE = 64, HEADER = 7, INK = "rgba(15, 23, 42, .85)", ACCENT = "#ea580c";
const KEYS = { ArrowUp: 0, KeyW: 0, ArrowRight: 1, KeyD: 1, ArrowDown: 2, KeyS: 2, ArrowLeft: 3, KeyA: 3 };
const ARROWS = ["↑", "→", "↓", "←"], NAMES = ["up", "right", "down", "left"];

export function mount({ element }) {
  const canvas = h("canvas", { tabindex: "0", role: "application", "aria-label": "The dream. Arrow keys move, L looks again, G shows or hides the ghost, T tells, R records, N starts anew." });
  const drift = createDrift();
  const number = h("b", { class: "pixels" }, "0.0"), since = h("span", {}, "steps since the last look: 0");
  const say = h("p", { class: "say", "aria-live": "polite" });
  const models = createModels(choose);
  const button = (label, key, run) => h("button", { class: "ghost", type: "button", onclick: () => { run(); canvas.focus({ preventScroll: true }); } }, label, " ", h("kbd", {}, key));
  const ghost = button("Ghost", "G", toggleGhost), record = button("Record", "R", toggleRecord);
  const pad = h("div", { class: "pad", role: "group", "aria-label": "Move" }, ...ARROWS.map((arrow, i) => padButton(arrow, i)));
  const begin = h("button", { class: "primary begin", type: "button", disabled: true, onclick: () => { start(); canvas.focus({ preventScroll: true }); } }, "Start dreaming");
  const veil = h("div", { class: "veil" }, h("h2", {}, "Play inside the model"),
    h("p", {}, "You steer with the arrow keys, or the arrows below on a phone. Nothing you see is real: each frame is imagined from the last. The real world runs beside it, unseen. How long until you can tell?"), begin);
  const told = h("ol", { class: "told" });
  const root = h("section", { class: "dream card" },
    h("div", { class: "stage" }, canvas, veil),
    h("div", { class: "panel" }, models.root,
      h("p", { class: "reading" }, "drift ", number, " px"), since, drift.canvas, say, pad,
      h("div", { class: "tools" }, button("Look again", "L", look), ghost, button("I can tell", "T", tell), record, button("New start", "N", start)),
      h("p", { class: "faint" }, "Drift is the distance between where the model thinks you are, read from its latent by a probe, and where you really are. The ghost is the real world."), told));
  keep(element, root);

  const held = [0, 0, 0, 0], released = new Set();
  const tiny = h("canvas", { width: SIZE, height: SIZE });
  let socket = null, model = null, telling = 4, pace = 60, goesOn = false, ghosted = false, beat = null, waiting = false, due = 0;
  let first = null, seed = 0, pressed = false, recording = null, frames = 0, counted = performance.now();

  fetch("/api/dream").then((reply) => reply.json()).then((found) => {
    telling = found.telling;
    begin.disabled = !models.load(found);
    if (!model) say.textContent = "No model is shipped that can be dreamed in.";
  }).catch(() => { say.textContent = "The server does not answer."; });

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = KEYS[event.code], act = { KeyL: look, KeyG: toggleGhost, KeyT: tell, KeyR: toggleRecord, KeyN: start }[event.code];
    if (way !== undefined) { if (!event.repeat || !pace) press(way, 1); } else if (act && !event.repeat) act(); else return;
    event.preventDefault();
  });
  canvas.addEventListener("keyup", (event) => { if (KEYS[event.code] !== undefined) press(KEYS[event.code], 0); });
  canvas.addEventListener("blur", () => held.fill(0));
  new ResizeObserver(draw).observe(canvas);

  function padButton(arrow, i) {
    const node = h("button", { class: "ghost", type: "button", "aria-label": `Move ${NAMES[i]}` }, arrow);
    node.addEventListener("pointerdown", (event) => { node.setPointerCapture(event.pointerId); press(i, 1); });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) node.addEventListener(end, () => press(i, 0));
    node.addEventListener("click", (event) => { if (event.detail === 0) { press(i, 1); setTimeout(() => press(i, 0), 160); } });
    return node;
  }
  function press(way, on) {
    if (on) { held[way] = 1; pressed = true; } else if (!pressed) held[way] = 0; else released.add(way);
  }
  function choose(name, anew) {
    model = name;
    if (socket?.readyState !== 1) return;
    if (anew) open(); else send({ switch: name });
  }

  function start() {
    if (!model) return;
    seed = Math.floor(Math.random() * 1e6);
    veil.hidden = true;
    if (socket?.readyState === 1) return open();
    socket?.close();
    socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/dream`);
    socket.binaryType = "arraybuffer";
    socket.onopen = open;
    socket.onmessage = receive;
    socket.onclose = () => { waiting = false; veil.hidden = false; root.dataset.state = "closed"; };
    requestAnimationFrame(tick);
  }
  function open() {
    drift.clear();
    first = null;
    hideGhost();
    send({ start: model, seed });
  }
  function send(message) {
    if (socket?.readyState !== 1) return;
    socket.send(JSON.stringify(message));
    waiting = true;
  }
  function receive({ data }) {
    waiting = false;
    if (typeof data === "string") {
      const message = JSON.parse(data);
      if (message.error) { say.textContent = message.error; refused(); return; }
      pace = message.steps_a_second;
      goesOn = message.goes_on;
      root.dataset.state = "playing";
      say.textContent = `In ${message.world}. ${pace ? "Hold an arrow key." : "One step for each arrow key."}`;
      send({ look: true });
      return;
    }
    show(new Float32Array(data, 0, HEADER), new Uint8Array(data, 4 * HEADER));
  }
  function refused() {
    // a model of another world: begin there
    if (socket?.readyState === 1 && beat) open();
  }

  function show([step, sinceLook, error, x, y, ix, iy], pixels) {
    const looked = sinceLook === 0 && step > 0;
    beat = { step, sinceLook, error, real: [x, y], imagined: [ix, iy], frame: pixels.slice(0, 3 * SIZE * SIZE), truth: pixels.slice(3 * SIZE * SIZE) };
    if (sinceLook === 0) first = null;
    if (first === null && error >= telling) first = sinceLook;
    drift.push(error, looked && step !== drift.last);
    drift.last = step;
    recording?.beats.push({ step, since_look: sinceLook, error, position: [x, y], imagined_position: [ix, iy], held: [...held] });
    number.textContent = error.toFixed(1);
    since.textContent = `steps since the last look: ${sinceLook}`;
    Object.assign(root.dataset, { step, error: error.toFixed(2) });
    draw();
  }
  function tick(now) {
    if (socket?.readyState > 1) return;
    const ready = pace ? now >= due : pressed;
    if (!waiting && beat && ready && canvas.offsetParent !== null && !document.hidden) {
      const moving = pressed || held.some(Boolean);
      if (moving || goesOn) send({ held });
      if (pace) due = now + 1000 / pace - 4;
      if (!pace) held.fill(0);
      released.forEach((way) => { held[way] = 0; }); // a press shorter than a frame counts for one step
      released.clear();
      pressed = false;
    }
    frames += 1;
    if (now - counted >= 500) {
      root.dataset.fps = Math.round((1000 * frames) / (now - counted));
      counted = now;
      frames = 0;
    }
    requestAnimationFrame(tick);
  }

  function look() { send({ look: true }); }
  function toggleGhost() {
    ghosted = !ghosted;
    ghost.setAttribute("aria-pressed", ghosted);
    draw();
  }
  function hideGhost() { if (ghosted) toggleGhost(); }
  function tell() {
    if (!beat) return;
    const { sinceLook, error } = beat;
    const truth = first === null ? `it had not reached ${telling} px yet` : `it first reached ${telling} px after ${first}`;
    say.textContent = `You told after ${sinceLook} steps; the drift was ${error.toFixed(1)} px, and ${truth}.`;
    told.prepend(h("li", {}, `${model}: told after ${sinceLook} steps at ${error.toFixed(1)} px; ${truth}.`));
    if (!ghosted) toggleGhost();
  }
  function toggleRecord() {
    if (!recording) {
      recording = { model, seed, beats: [] };
      say.textContent = "Recording. Press R again to keep it as a file.";
    } else {
      const link = h("a", { href: URL.createObjectURL(new Blob([JSON.stringify(recording)], { type: "application/json" })), download: `dream-${model}-${recording.beats.length}.json` });
      link.click();
      say.textContent = `Kept ${recording.beats.length} beats.`;
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
      recording = null;
    }
    record.setAttribute("aria-pressed", Boolean(recording));
  }

  function draw() {
    if (!beat) return;
    const side = Math.round(canvas.clientWidth * devicePixelRatio);
    if (!side) return;
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const g = canvas.getContext("2d"), s = side / SIZE;
    g.imageSmoothingEnabled = false;
    paint(g, beat.frame, side, 1);
    if (!ghosted) return;
    paint(g, beat.truth, side, 0.35);
    ring(g, beat.real, s, INK, [1.4, 1.4]);
    ring(g, beat.imagined, s, ACCENT, []);
    g.beginPath();
    g.moveTo(beat.real[0] * s, beat.real[1] * s);
    g.lineTo(beat.imagined[0] * s, beat.imagined[1] * s);
    g.strokeStyle = ACCENT;
    g.lineWidth = 0.5 * s;
    g.stroke();
  }
  function paint(g, rgb, side, alpha) {
    const image = new ImageData(SIZE, SIZE);
    for (let i = 0, j = 0; i < rgb.length; i += 3, j += 4) {
      image.data[j] = rgb[i];
      image.data[j + 1] = rgb[i + 1];
      image.data[j + 2] = rgb[i + 2];
      image.data[j + 3] = 255;
    }
    tiny.getContext("2d").putImageData(image, 0, 0);
    g.globalAlpha = alpha;
    g.drawImage(tiny, 0, 0, side, side);
    g.globalAlpha = 1;
  }
}

function ring(g, [x, y], s, style, dash) {
  g.beginPath();
  g.arc(x * s, y * s, 4.2 * s, 0, 2 * Math.PI);
  g.setLineDash(dash.map((d) => d * s));
  g.strokeStyle = style;
  g.lineWidth = 0.65 * s;
  g.stroke();
  g.setLineDash([]);
}
