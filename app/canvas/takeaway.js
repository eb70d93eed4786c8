// What an episode leaves: why it failed, a link, a clip, the trace, and the lines of Python that do the same.
import { h } from "/canvas/dom.js";
import { createErrand } from "/canvas/errand.js";

export function createTakeaway(choices, stream, replay) {
  const said = h("p", { class: "said", "aria-live": "polite" });
  const code = h("pre", { class: "python", tabindex: "0", hidden: true, "aria-label": "Python that plans the same episode" });
  const button = (label, run) => h("button", { class: "ghost", type: "button", onclick: run }, label);
  const why = button("Why did it end so?", explain);
  const root = h("div", { class: "takeaway" }, h("div", { class: "tools" }, why, button("Copy link", share), button("Clip (GIF)", gif), button("Clip (video)", video), button("Trace (JSON)", json), button("Python", python)), said, code);
  let found = null, settings = null;
  const errand = createErrand(why, said);
  return { root, show };

  function show(next) {
    found = next;
    errand.stop();
    settings = choices.settings();
    delete root.dataset.why;
    said.textContent = "";
    code.hidden = true;
    why.textContent = found.trace.success ? "Could it fail?" : "Why did it fail?";
    history.replaceState(null, "", choices.link());
  }
  function keep(blob, name) {
    const link = h("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 5000);
  }
  function stem() {
    return `orrery-${found.trace.world.replaceAll(":", "-")}-seed${found.trace.seed}`;
  }

  async function explain() {
    const found = await errand.run("/api/plan/why", settings, "Trying the task again with true parts swapped in, one at a time …", "Trying the task again with true parts swapped in. Now ");
    if (!found) return;
    const { why: verdict, error } = found;
    said.textContent = verdict ? `${verdict.sentence} (${verdict.rungs.map((r) => `${r.name} ${Math.round(100 * r.success)} %`).join(", ")}; ${verdict.rungs[0].n} tries each)` : error;
    root.dataset.why = verdict ? verdict.limit : "error";
  }
  async function share() {
    const link = choices.link();
    try {
      await navigator.clipboard.writeText(link);
      said.textContent = "The link is copied: it brings back these settings.";
    } catch {
      said.textContent = link;
    }
  }
  async function gif() {
    said.textContent = "Drawing the clip …";
    try {
      const reply = await fetch("/api/plan/clip", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(settings) });
      if (reply.headers.get("content-type") !== "image/gif") { said.textContent = (await reply.json()).error; return; }
      keep(await reply.blob(), `${stem()}.gif`);
      said.textContent = "The clip is kept: real, imagined, goal.";
    } catch {
      said.textContent = "The server does not answer.";
    }
  }
  // The browser films its own canvas: MP4 where it can, WebM where it can't.
  function video() {
    const type = ["video/mp4", "video/webm"].find((t) => window.MediaRecorder?.isTypeSupported(t)), film = type && stream();
    if (!film) { said.textContent = "This browser can't film a canvas; take the GIF."; return; }
    const recorder = new MediaRecorder(film, { mimeType: type }), parts = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.onstop = () => { keep(new Blob(parts, { type }), `${stem()}.${type.slice(6)}`); said.textContent = "The clip is kept: the real world."; };
    recorder.start();
    said.textContent = "Filming …";
    setTimeout(() => recorder.stop(), 1000 * replay() + 400);
  }
  function json() {
    const { images, ...trace } = found.trace;
    keep(new Blob([JSON.stringify(trace)], { type: "application/json" }), `${stem()}.json`);
  }
  function python() {
    code.hidden = !code.hidden;
    code.textContent = `${found.python}\n# or: ${found.command}`;
  }
}
