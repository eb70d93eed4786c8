// The Plan tab: an episode arrives as one bundle and is played here, three pictures and a timeline on one clock.
import { createChoices } from "/canvas/choices.js";
import { createDial } from "/canvas/dial.js";
import { h, keep } from "/canvas/dom.js";
import { createPicture, loadSheet } from "/canvas/picture.js";
import { createScore } from "/canvas/score.js";
import { createTakeaway } from "/canvas/takeaway.js";
import { createTimeline } from "/canvas/timeline.js";

const STEPS_PER_SECOND = 15;
const SPEEDS = [1, 0.5, 0.25, 2];

export function mount({ element }) {
  const choices = createChoices(run, suit), score = createScore(), dial = createDial(choices);
  const pictures = {
    imagined: createPicture("Imagined", "what the model expects"),
    real: createPicture("Real", "what the world does"),
    blind: createPicture("Never looked again", "", true),
    goal: createPicture("Goal", "", true),
  };
  const timeline = createTimeline(seek, togglePlay);
  const play = h("button", { class: "primary play", type: "button", onclick: togglePlay }, "Play");
  const speed = h("button", { class: "ghost", type: "button", onclick: nextSpeed }, "1×");
  const readout = h("p", { class: "readout" });
  const summary = h("p", { class: "summary", "aria-live": "polite" });
  const empty = h("div", { class: "empty-stage" },
    h("h2", {}, "Watch a plan meet the world"),
    h("p", {}, "The model imagines many futures, the planner picks one, and the real world answers."),
    h("button", { class: "primary", type: "button", onclick: () => choices.go() }, "Run an episode"));
  const costly = h("div", { class: "empty-stage", hidden: true },
    h("h2", {}, "No goal to walk to"),
    h("p", {}, "This world is judged by what it costs to run, so there is no episode to watch. What it costs, beside the textbook’s rules, stands below; what happens in it can be watched in Contrast."));
  const film = h("div", { class: "film", hidden: true },
    h("div", { class: "pictures" }, pictures.imagined.root, pictures.real.root,
      h("div", { class: "side" }, pictures.blind.root, pictures.goal.root)),
    h("div", { class: "bar" }, play, speed, readout), timeline.root);
  const takeaway = createTakeaway(choices, () => pictures.real.root.querySelector("canvas").captureStream?.(30), replay);
  film.append(takeaway.root);
  const root = h("section", { class: "plan card" }, summary, empty, costly, film);
  keep(element, h("div", { class: "planning" }, choices.root, root, score.root, dial.root));

  let trace = null, time = 0, playing = false, rate = 0, last = 0, frames = 0, since = 0, arrived = 0;

  new ResizeObserver(draw).observe(film);
  addEventListener("orrery:theme", draw);
  new IntersectionObserver((seen, watcher) => {
    if (!seen.some((entry) => entry.isIntersecting)) return;
    watcher.disconnect();
    choices.load();
  }).observe(root);

  // Another model is chosen: its record is shown; a world that costs has no episode, so none is left standing.
  function suit(model, cost) {
    score.show(model);
    dial.clear();
    if (cost) { pause(); arrived += 1; root.classList.remove("busy", "failed"); summary.textContent = ""; trace = null; film.hidden = true; }
    empty.hidden = cost || !film.hidden;
    costly.hidden = !cost;
    dial.root.hidden = cost;
  }

  async function run(settings) {
    pause();
    root.classList.add("busy");
    root.classList.remove("failed");
    summary.textContent = "Planning …";
    const asked = ++arrived;
    const turn = crypto.getRandomValues(new Uint32Array(4)).join("");
    const slow = setInterval(async () => {
      const { place } = await (await fetch(`/api/plan/place?turn=${turn}`)).json();
      if (asked === arrived && root.classList.contains("busy")) summary.textContent = place ? `Waiting: ${place} before this one …` : "Planning …";
    }, 1000);
    try {
      const reply = await fetch(`/api/plan/run?turn=${turn}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(settings) });
      if (asked === arrived) await show(await reply.json());
    } catch {
      if (asked === arrived) await show({ error: "The server does not answer." });
    } finally {
      clearInterval(slow);
    }
  }

  async function show(found) {
    const { trace: next, summary: sentence, error } = found;
    const mine = arrived;
    root.classList.remove("busy");
    root.classList.toggle("failed", Boolean(error));
    if (error) summary.textContent = error;
    if (!next) return;
    const names = ["imagined", "real", "blind", "goal"];
    const images = await Promise.all(names.map((name) => loadSheet(next.sheets[name])));
    if (mine !== arrived) return;
    trace = next;
    trace.images = Object.fromEntries(names.map((name, i) => [name, images[i]]));
    empty.hidden = true;
    film.hidden = false;
    summary.textContent = sentence;
    root.dataset.steps = trace.steps;
    describe();
    timeline.load(trace);
    takeaway.show(found);
    seek(0);
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) start();
  }

  function describe() {
    const end = trace.success ? "reaches" : "does not reach";
    pictures.real.describe(`The real world, seen from above: the agent ${end} the goal in ${trace.steps} steps.`);
    pictures.imagined.describe(`What the model imagines, corrected at ${trace.looks.length} looks; on average ${mean(trace.error).toFixed(1)} pixels from the truth.`);
    pictures.blind.describe(`The same actions imagined without ever looking again; ${trace.blind_error.at(-1).toFixed(1)} pixels from the truth at the end.`);
    pictures.goal.describe("The picture the planner was given to reach.");
  }

  function replay() {
    pause();
    seek(0);
    start();
    return trace.steps / (STEPS_PER_SECOND * SPEEDS[rate]);
  }
  function start() {
    if (!trace || playing) return;
    if (time >= trace.steps) time = 0;
    playing = true;
    play.textContent = "Pause";
    last = since = performance.now();
    frames = 0;
    requestAnimationFrame(tick);
  }
  function pause() {
    playing = false;
    play.textContent = "Play";
  }
  function togglePlay() {
    if (playing) pause(); else start();
  }
  function nextSpeed() {
    rate = (rate + 1) % SPEEDS.length;
    speed.textContent = `${SPEEDS[rate]}×`;
  }
  function tick(now) {
    if (!playing) return;
    time = Math.min(trace.steps, time + (Math.max(0, now - last) / 1000) * STEPS_PER_SECOND * SPEEDS[rate]);
    last = now;
    frames += 1;
    if (now - since >= 500) {
      root.dataset.fps = Math.round((1000 * frames) / (now - since));
      since = now;
      frames = 0;
    }
    draw();
    if (time >= trace.steps) pause(); else requestAnimationFrame(tick);
  }
  function seek(step) {
    if (!trace) return;
    time = Math.max(0, Math.min(trace.steps, step));
    draw();
  }
  function draw() {
    if (!trace || film.offsetParent === null) return;
    const at = { trace, time, step: Math.floor(time), look: trace.looks.findLastIndex((s) => s <= time) };
    pictures.real.draw(at, trace.images.real, trace.positions, {});
    pictures.imagined.draw(at, trace.images.imagined, trace.imagined_positions, { candidates: true, looks: true });
    pictures.blind.draw(at, trace.images.blind, trace.blind_positions, { truth: true });
    pictures.goal.draw({ ...at, time: 0, step: 0 }, trace.images.goal, [trace.goal_position], {});
    timeline.draw(at);
    root.dataset.step = at.step;
    const px = (list) => `${list[at.step].toFixed(1)} px`;
    readout.replaceChildren(h("b", {}, `Step ${at.step}`), ` of ${trace.steps}`,
      h("span", { class: "with" }, "looking again ", h("b", {}, px(trace.error))),
      h("span", { class: "without" }, "never ", h("b", {}, px(trace.blind_error))));
  }
}

const mean = (list) => list.reduce((sum, x) => sum + x, 0) / list.length;
