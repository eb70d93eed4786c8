// The Ask tab: the conversation on the left, what it rests on to the right.
import { drawAnswer } from "/canvas/answer.js";
import { createDocuments } from "/canvas/documents.js";
import { h, keep, store } from "/canvas/dom.js";
import { createLine } from "/canvas/line.js";
import { createSources } from "/canvas/sources.js";
import { drawExport, drawWorking } from "/canvas/working.js";
import { drawRoute, drawStance } from "/canvas/stance.js";
import { createSwitch, drawTalk } from "/canvas/talk.js";

export function mount({ element, props, trigger, watch }) {
  const sources = createSources();
  const documents = createDocuments(sources.root, props.value ?? {});
  const log = h("div", { class: "log", role: "log", "aria-label": "Conversation", tabindex: "0" });
  const input = h("textarea", { id: "question", rows: 1, placeholder: "Ask about world models …", "aria-label": "Your question" });
  const send = h("button", { class: "primary", type: "submit" }, "Ask");
  const stop = h("button", { class: "ghost stop", type: "button", hidden: true, onclick: halt }, "Stop");
  const form = h("form", { class: "composer" }, input, stop, send);
  const caution = createCaution(props.value?.caution);
  const known = props.value?.tools, tools = createSwitch(known);
  const root = h("section", { class: "ask" }, h("div", { class: "talk card" }, log, caution.root, tools.root, form), sources.root);
  keep(element, root);

  const waiting = new Map(), examples = props.value?.examples ?? [], asked = new Set();
  const line = createLine((message) => trigger("submit", message), (turn) => finish(turn, { error: "The server does not answer. Ask again once it does." }));
  let turns = 0;
  const empty = emptyState(examples, submit);
  log.append(empty);

  function submit(question) {
    question = question.trim();
    if (!question || send.disabled) return;
    empty.remove();
    asked.add(question);
    const body = h("div", { class: "answer" }, tools.on() ? drawTalk({ calls: [], seconds: 0 }, known) : thinking("Reading the sources"));
    const turn = h("article", { class: "turn" }, h("p", { class: "question" }, question), body);
    log.append(turn);
    waiting.set(++turns, body);
    busy(true);
    input.value = "";
    grow();
    toTop(turn);
    line.send({ question, turn: turns, caution: caution.value(), tools: tools.on() });
  }
  function busy(on) {
    send.disabled = on;
    stop.hidden = !on || !known; // only what a language model writes takes long enough to be stopped
  }
  function halt() {
    const [turn, body] = [...waiting].findLast(([, body]) => !body.classList.contains("more")) ?? [];
    waiting.delete(turn);
    if (line.leave(turn)) trigger("stop");
    body?.querySelector(".thinking")?.replaceWith(h("p", { class: "support" }, "Stopped."));
    busy(false);
    input.focus({ preventScroll: true });
  }
  addEventListener("orrery:ask", (event) => submit(event.detail));

  // What belongs to an earlier answer: its working, or the same in another format.
  function more(number, wanted, body) {
    waiting.set(++turns, body);
    line.send({ turn: turns, about: number, wanted });
  }

  watch("value", () => {
    keep(element, root);
    const reply = props.value ?? {};
    const body = waiting.get(reply.turn);
    if (!body) return;
    line.heard();
    if (reply.place) return body.replaceChildren(thinking(`Waiting: ${reply.place} before you`));
    if (reply.told && !reply.done) return body.replaceChildren(...drawTalk(reply.told, known)), toEnd(body);
    if (reply.answer && !reply.done) return drawTurn(body, reply);
    finish(reply.turn, reply);
  });
  function finish(turn, reply) {
    const body = waiting.get(turn);
    waiting.delete(turn);
    line.leave(turn);
    if (reply.working || reply.export) {
      body.replaceChildren(reply.working ? drawWorking(reply.working) : drawExport(reply));
      return body.scrollIntoView({ block: "nearest" });
    }
    if (body.classList.contains("more")) return body.replaceChildren(h("p", { class: "error", role: "alert" }, reply.error));
    busy(false);
    if (reply.error) body.replaceChildren(h("p", { class: "error", role: "alert" }, reply.error));
    else if (reply.told) drawTold(body, reply);
    else drawTurn(body, reply);
    (reply.told ? toEnd : toTop)(body.parentElement);
    input.focus({ preventScroll: true });
  }
  function drawTold(body, { told, number }) {
    const later = h("div", { class: "more" });
    body.replaceChildren(...drawTalk(told, known, (n) => (documents.close(), sources.open(told, n))),
      drawTools((wanted) => more(number, wanted, later), false), later);
    documents.close();
    sources.show(told);
  }
  function drawTurn(body, { answer, stance, route, number, done }) {
    const follow = (n) => (documents.close(), sources.open(answer, n));
    const later = h("div", { class: "more" });
    body.replaceChildren(...drawAnswer(answer, follow, documents.open),
      ...(done ? [drawStance(stance), ...(answer.kind === "manners" ? [] : [drawRoute(route, stance), drawTools((wanted) => more(number, wanted, later)), later])] : []).filter(Boolean));
    if (answer.refusal && done) body.querySelector(".refusal").append(h("p", { class: "faint" }, answer.refusal.nearest.length ? "Or ask what they do answer:" : "For example:"),
      h("div", { class: "examples" }, (answer.refusal.instead.length ? answer.refusal.instead : examples.filter((text) => !asked.has(text)).slice(0, 2)).map((text) => h("button", { type: "button", onclick: () => submit(text) }, text))));
    documents.close();
    sources.show(answer);
  }

  // The turn to the top of what scrolls: the log on a wide screen, the page on a phone.
  function toTop(turn) {
    if (log.scrollHeight > log.clientHeight + 1) log.scrollTop = turn.offsetTop - 20;
    else if (getComputedStyle(log).overflowY === "visible") turn.scrollIntoView({ block: "start" });
  }
  // The calls come before the reply: what came last is what one wants to see.
  function toEnd(node) {
    node.scrollIntoView({ block: "end" });
  }
  function grow() {
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, 160)}px`;
  }
  input.addEventListener("input", grow);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit(input.value);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(input.value);
  });
}

const thinking = (words) => h("p", { class: "thinking" }, words, h("i"), h("i"), h("i"));

function emptyState(examples, submit) {
  return h("div", { class: "empty" },
    h("h2", {}, "What would you like to know about world models?"),
    h("p", {}, "Every sentence of an answer is taken from a source and numbered. Follow a number to read it where it stands. What the sources don’t cover is refused."),
    h("div", { class: "examples" }, examples.map((text) => h("button", { type: "button", onclick: () => submit(text) }, text))));
}

// How sure it must be before it answers. The default was chosen on questions apart from those that test it.
function createCaution(known) {
  if (!known) return { root: null, value: () => null };
  const kept = store.get("caution");
  const slider = h("input", { id: "caution", type: "range", min: "0", max: "1", step: "0.025", value: kept ?? known.default, oninput: () => (store.set("caution", slider.value), told()) });
  const said = h("span", { class: "faint" });
  const root = h("details", { class: "caution-box" }, h("summary", {}, "How cautious?"), h("label", { for: "caution" }, "Answer only when at least this sure"), slider, said);
  told();
  return { root, value: () => (Number(slider.value) === known.default ? null : Number(slider.value)) };

  function told() {
    const at = known.curve.reduce((best, row) => (Math.abs(row.caution - slider.value) < Math.abs(best.caution - slider.value) ? row : best));
    const share = (x) => `${Math.round(100 * x)} %`;
    said.textContent = `${Number(slider.value).toFixed(3)}. On the tuning questions: ${share(at.rightly)} of the answerable answered rightly; of the refusals ${share(at.precision)} were right; ${share(at.recall)} of the unanswerable refused.`;
  }
}

// What else there is of an answer; one that the language model reached with tools shows its working already, call by call.
function drawTools(more, working = true) {
  return h("p", { class: "tools" }, working && h("button", { type: "button", class: "plain", onclick: () => more("working") }, "Why these passages?"),
    ["markdown", "bibtex", "json"].map((format) => h("button", { type: "button", class: "plain", onclick: () => more(format) }, { markdown: "Markdown", bibtex: "BibTeX", json: "JSON" }[format])));
}
