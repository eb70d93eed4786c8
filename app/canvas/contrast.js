// The Contrast tab: guess first; then text, imagined and real, who was right, and the running score.
import { h, keep, openTab, store } from "/canvas/dom.js";
import { createErrand } from "/canvas/errand.js";
import { createFilm } from "/canvas/film.js";

const SCORE = "contrast-score";

async function call(path) {
  try { return await (await fetch(`/api/contrast/${path}`)).json(); } catch { return { error: "The server does not answer." }; }
}

export function mount({ element }) {
  const free = h("input", { id: "contrast-question", type: "text", maxlength: "400", placeholder: "Or ask in your own words …", "aria-label": "A question in your own words" });
  const sent = h("form", { class: "free", onsubmit: (event) => { event.preventDefault(); route(); } }, free, h("button", { class: "ghost", type: "submit" }, "Where can I watch it?"));
  const routed = h("div", { class: "routed", "aria-live": "polite" });
  const worlds = h("div", { class: "choices", role: "radiogroup", "aria-label": "World" });
  const next = h("button", { class: "ghost", type: "button", onclick: () => draw(world) }, "Another question");
  const scene = h("p", { class: "scene" }), asked = h("h2", { class: "asked", tabindex: "-1" });
  const options = h("div", { class: "options", role: "radiogroup", "aria-label": "Your guess" });
  const sure = h("input", { id: "contrast-sure", type: "range", min: "50", max: "100", value: "80", oninput: () => { percent.textContent = `${sure.value} %`; } });
  const percent = h("output", { for: "contrast-sure" }, "80 %");
  const reveal = h("button", { class: "primary", type: "button", disabled: true, onclick: () => settle(true) }, "Show what happens");
  const skip = h("button", { class: "ghost", type: "button", onclick: () => settle(false) }, "Show without a guess");
  const onwards = h("button", { class: "primary", type: "button", hidden: true, onclick: () => draw(world) }, "Next question");
  const doubt = h("div", { class: "bar" }, h("label", { for: "contrast-sure" }, "How sure?"), sure, percent);
  const said = h("p", { class: "summary", "aria-live": "polite" });
  const film = createFilm(), legend = h("p", { class: "faint legend" });
  const answers = h("div", { class: "answers" }), score = h("div", { class: "scores" });
  const root = h("section", { class: "contrast" },
    h("div", { class: "card controls" }, worlds, next, sent, routed),
    h("div", { class: "card stage" }, h("div", { class: "ask-side" }, asked, scene, options, said, doubt, h("div", { class: "bar" }, reveal, skip, onwards)), h("div", {}, film.root, legend), answers),
    h("div", { class: "card" }, score));
  const errand = createErrand(reveal, said);
  keep(element, root);
  let world = "two-rooms", now = null, chosen = null, legends = {};

  new IntersectionObserver((seen, watcher) => {
    if (!seen.some((entry) => entry.isIntersecting)) return;
    watcher.disconnect();
    begin();
  }).observe(root);
  addEventListener("orrery:scenario", (event) => draw(event.detail.world, event.detail.kind));

  const get = (path, fields) => call(`${path}?${new URLSearchParams(fields)}`);
  async function begin() {
    const { worlds: found = {}, legends: told = {} } = await get("worlds", {});
    legends = told;
    worlds.replaceChildren(...Object.entries(found).map(([name, what]) => h("label", { title: what }, h("input", { type: "radio", name: "contrast-world", value: name, checked: name === world, onchange: () => draw(name) }), " ", name)));
    drawScore();
    await draw(world);
    root.dataset.ready = "1";
  }

  async function draw(name, kind = "") {
    world = name;
    worlds.querySelectorAll("input").forEach((input) => { input.checked = input.value === name; });
    const seed = Math.floor(Math.random() * 1e9);
    const found = await get("scenario", { world, seed, kind });
    if (found.error) { said.textContent = found.error; return; }
    errand.stop();
    now = { ...found.scenario, ask: { world, seed, kind } };
    chosen = null;
    reveal.disabled = true;
    settled(false);
    asked.textContent = now.question;
    scene.textContent = now.scene;
    legend.textContent = legends[world] ?? "";
    said.textContent = "";
    answers.replaceChildren();
    options.replaceChildren(...now.options.map((option, i) => h("label", {}, h("input", { type: "radio", name: "contrast-option", value: i, onchange: () => { chosen = i; reveal.disabled = false; } }), " ", option)));
    film.load([{ title: found.frames > 1 ? "What is seen" : "The start", caption: "", sheet: found.sheet, words: now.scene },
      { title: "And then?", caption: "", sheet: null, words: "Guess first. Then the model’s imagination and the real world play here, side by side." }], now.mark);
  }

  async function settle(guessed) {
    if (!now) return;
    const ask = now.ask, body = { ...ask, guess: guessed ? chosen : null, sure: +sure.value / 100 };
    const found = await errand.run("/api/contrast/settle", body, "Imagining …");
    if (!found || now?.ask !== ask) return;
    if (found.error) { said.textContent = found.error; return; }
    settled(true);
    const model = found.guesses.at(-1);
    said.textContent = found.summary.replace(/(^|[.] )([a-z])/g, (all, before, first) => before + first.toUpperCase());
    options.querySelectorAll("input").forEach((input) => { input.disabled = true; });
    options.children[found.answer].classList.add("true");
    film.load([
      { title: "Imagined", caption: model?.who ?? "", sheet: found.sheets.imagined, words: found.sheets.imagined ? `what ${model?.who} imagines` : model?.why ?? "No model imagines this." },
      { title: "Real", caption: "what the world does", sheet: found.sheets.real, words: found.scenario.options[found.answer] }], found.scenario.mark);
    answers.replaceChildren(...found.guesses.map((g) => answer(g, found)));
    const link = `/api/contrast/page?${new URLSearchParams(Object.entries(body).filter(([, v]) => v !== null))}`;
    answers.append(h("p", { class: "keepit" }, h("a", { href: link, download: "" }, "Keep this as a page"), h("span", { class: "faint" }, ` or run: orrery contrast --world ${ask.world} --seed ${ask.seed}`)));
    count(found);
    asked.focus({ preventScroll: true });
  }
  // Once it is settled there is nothing left to guess, and one thing to do next.
  function settled(on) {
    root.classList.toggle("settled", on);
    for (const part of [doubt, reveal, skip]) part.hidden = on;
    onwards.hidden = !on;
  }
  function answer(g, found) {
    const verdict = g.right === null || g.right === undefined ? "abstained" : g.right ? "right" : "wrong";
    return h("section", { class: `answer ${verdict}` }, h("h3", {}, name(g.who), " ", h("span", { class: `verdict ${g.right ? "supported" : g.right === false ? "contradicted" : ""}` }, verdict)),
      g.chances && h("ul", {}, g.chances.map((p, i) => h("li", { class: i === found.answer ? "true" : null }, h("span", {}, found.scenario.options[i]), h("span", { class: "track" }, h("i", { style: `width:${Math.round(100 * p)}%` })), h("b", {}, `${Math.round(100 * p)} %`)))),
      h("p", { class: "faint" }, g.why.length > 320 ? `${g.why.slice(0, 320)} …` : g.why));
  }
  const name = (who) => ({ you: "You", text: "Text from the sources" })[who] ?? who;

  function count(found) {
    const kept = JSON.parse(store.get(SCORE) ?? "{}");
    for (const g of found.guesses) {
      const row = (kept[g.who] ??= { right: 0, answered: 0, abstained: 0, brier: 0 });
      if (g.right === null || g.right === undefined) row.abstained += 1;
      else { row.answered += 1; row.right += g.right ? 1 : 0; row.brier += g.brier; }
    }
    store.set(SCORE, JSON.stringify(kept));
    drawScore();
  }
  function drawScore() {
    const kept = Object.entries(JSON.parse(store.get(SCORE) ?? "{}"));
    score.replaceChildren(h("h2", {}, "The score so far"), kept.length ? h("table", {}, h("thead", {}, h("tr", {}, ["", "Right", "Abstained", "Brier score"].map((t) => h("th", { scope: "col" }, t)))),
      h("tbody", {}, kept.map(([who, row]) => h("tr", {}, h("th", { scope: "row" }, name(who)), h("td", {}, row.answered ? `${row.right} of ${row.answered}` : "–"), h("td", {}, row.abstained), h("td", {}, row.answered ? (row.brier / row.answered).toFixed(2) : "–"))))) : h("p", { class: "faint" }, "Nobody has answered yet."),
      h("p", { class: "faint" }, "Brier score: 0 is sure and right, 2 is sure and wrong. A few questions tell little: the lab has the scores over many. ", kept.length ? h("button", { class: "ghost", type: "button", onclick: () => { store.set(SCORE, "{}"); drawScore(); } }, "Start anew") : ""));
  }

  async function route() {
    const question = free.value.trim();
    if (!question) return;
    routed.replaceChildren("Thinking …");
    const found = await get("route", { question });
    if (found.error) { routed.replaceChildren(h("p", { class: "error" }, found.error)); return; }
    routed.replaceChildren(h("p", {}, found.reason), h("div", { class: "bar" }, h("button", { class: "ghost", type: "button", onclick: () => openTab("Ask", "orrery:ask", question) }, "Ask the sources"), found.offers.map((offer) => go(offer))));
  }
  function go(offer) {
    const [what, id] = offer.target.split(":");
    if (what === "scenario") return h("button", { class: "ghost", type: "button", onclick: () => draw(id, offer.kind ?? "") }, `Try it in ${id}`);
    if (what === "experiment") return h("button", { class: "ghost", type: "button", onclick: () => openTab("Lab", "orrery:experiment", id) }, `Experiment: ${id}`);
    return null;
  }
}
