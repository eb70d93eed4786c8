// The Ask tab: the conversation on the left, what it rests on to the right.
import { createDocuments } from "/canvas/documents.js";
import { h, keep, store } from "/canvas/dom.js";
import { createSources } from "/canvas/sources.js";
import { drawExport, drawWorking } from "/canvas/working.js";
import { drawRoute, drawStance } from "/canvas/stance.js";

export function mount({ element, props, trigger, watch }) {
  const sources = createSources();
  const documents = createDocuments(sources.root, props.value ?? {});
  const log = h("div", { class: "log", role: "log", "aria-label": "Conversation", tabindex: "0" });
  const input = h("textarea", { id: "question", rows: 1, placeholder: "Ask about world models …", "aria-label": "Your question" });
  const send = h("button", { class: "primary", type: "submit" }, "Ask");
  const form = h("form", { class: "composer" }, input, send);
  const caution = createCaution(props.value?.caution);
  const root = h("section", { class: "ask" }, h("div", { class: "talk card" }, log, caution.root, form), sources.root);
  keep(element, root);

  const waiting = new Map();
  let turns = 0;
  const empty = emptyState(props.value?.examples ?? [], submit);
  log.append(empty);

  function submit(question) {
    question = question.trim();
    if (!question || send.disabled) return;
    empty.remove();
    const body = h("div", { class: "answer" }, thinking("Reading the sources"));
    const turn = h("article", { class: "turn" }, h("p", { class: "question" }, question), body);
    log.append(turn);
    waiting.set(++turns, body);
    send.disabled = true;
    input.value = "";
    grow();
    toTop(turn);
    trigger("submit", { question, turn: turns, caution: caution.value() });
  }
  addEventListener("orrery:ask", (event) => submit(event.detail));

  // What belongs to an earlier answer: its working, or the same in another format.
  function more(number, wanted, body) {
    waiting.set(++turns, body);
    trigger("submit", { turn: turns, about: number, wanted });
  }

  watch("value", () => {
    keep(element, root);
    const reply = props.value ?? {};
    const body = waiting.get(reply.turn);
    if (!body) return;
    if (reply.place) return body.replaceChildren(thinking(`Waiting: ${reply.place} before you`));
    if (reply.answer && !reply.done) return drawTurn(body, reply);
    waiting.delete(reply.turn);
    if (reply.working) return body.replaceChildren(drawWorking(reply.working));
    if (reply.export) return body.replaceChildren(drawExport(reply));
    if (body.classList.contains("more")) return body.replaceChildren(h("p", { class: "error", role: "alert" }, reply.error));
    send.disabled = false;
    if (reply.error) body.replaceChildren(h("p", { class: "error", role: "alert" }, reply.error));
    else drawTurn(body, reply);
    toTop(body.parentElement);
    input.focus({ preventScroll: true });
  });
  function drawTurn(body, { answer, stance, route, number, done }) {
    const follow = (n) => (documents.close(), sources.open(answer, n));
    const later = h("div", { class: "more" });
    body.replaceChildren(...drawAnswer(answer, follow, documents.open),
      ...(done ? [drawStance(stance), drawRoute(route, stance), drawTools((wanted) => more(number, wanted, later)), later] : []).filter(Boolean));
    documents.close();
    sources.show(answer);
  }

  // The turn to the top of what scrolls: the log on a wide screen, the page on a phone.
  function toTop(turn) {
    if (log.scrollHeight > log.clientHeight + 1) log.scrollTop = turn.offsetTop - 20;
    else if (getComputedStyle(log).overflowY === "visible") turn.scrollIntoView({ block: "start" });
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
  const slider = h("input", { id: "caution", type: "range", min: "0", max: "1", step: "0.05", value: kept ?? known.default, oninput: told });
  const said = h("span", { class: "faint" });
  const root = h("details", { class: "caution-box" }, h("summary", {}, "How cautious?"), h("label", { for: "caution" }, "Answer only when at least this sure"), slider, said);
  told();
  return { root, value: () => (Number(slider.value) === known.default ? null : Number(slider.value)) };

  function told() {
    store.set("caution", slider.value);
    const at = known.curve.reduce((best, row) => (Math.abs(row.caution - slider.value) < Math.abs(best.caution - slider.value) ? row : best));
    const share = (x) => `${Math.round(100 * x)} %`;
    said.textContent = `${Number(slider.value).toFixed(2)}. On the tuning questions: ${share(at.rightly)} of the answerable answered rightly; of the refusals ${share(at.precision)} were right; ${share(at.recall)} of the unanswerable refused.`;
  }
}

function drawTools(more) {
  return h("p", { class: "tools" }, h("button", { type: "button", class: "plain", onclick: () => more("working") }, "Why these passages?"),
    ["markdown", "bibtex", "json"].map((format) => h("button", { type: "button", class: "plain", onclick: () => more(format) }, { markdown: "Markdown", bibtex: "BibTeX", json: "JSON" }[format])));
}

function drawAnswer(answer, follow, addDocuments) {
  const notice = answer.notice && h("p", { class: "notice" }, answer.notice);
  const read = answer.read_as && h("p", { class: "read-as" }, `Read as: ${answer.read_as}`);
  if (answer.refusal) return [read, drawRefusal(answer, follow, addDocuments), notice].filter(Boolean);
  const numbers = numberCitations(answer);
  const parts = [];
  let last = null;
  for (const sentence of answer.sentences) {
    const source = sentence.citations[0]?.source_id ?? null;
    if (source !== last || !parts.length) parts.push(h("p", {}));
    last = source;
    const chips = sentence.citations.map((c) => {
      const n = numbers.get(citationKey(c));
      return h("button", { type: "button", class: c.caution ? "chip marked" : "chip", "data-n": n, "aria-label": `Citation ${n}${c.caution ? ", marked" : ""}: ${c.title}`, title: c.title, onclick: () => follow(n) }, String(n));
    });
    const kind = sentence.support === "unsupported" ? "sentence unsupported" : "sentence";
    const why = sentence.support === "unsupported" ? "No support was found for this in the cited passage" : null;
    parts.at(-1).append(h("span", { class: kind, title: why }, sentence.text, chips.length ? "\u2060" : null, chips), " ");
  }
  return [read, ...parts, drawCounts(answer), h("p", { class: "support" }, supportLine(answer)), notice].filter(Boolean);
}

// Beside what the sources say of a time: how many titles the bibliography has of it.
function drawCounts({ counts, counted }) {
  if (!counts.length) return null;
  return h("div", { class: "counts" }, h("ul", {}, counts.map(({ text }) => h("li", {}, text))), h("p", { class: "faint" }, `Counted: ${counted}`));
}

function drawRefusal({ refusal }, follow, addDocuments) {
  const covers = refusal.covers.length > 0 && [
    h("p", { class: "faint" }, "What the nearest sources do say:"),
    ...refusal.covers.map((s, i) => h("p", { class: "covers" }, s.text, " ", h("button", { type: "button", class: "chip", "data-n": i + 1, "aria-label": `Citation ${i + 1}: ${s.citations[0].title}`, onclick: () => follow(i + 1) }, String(i + 1))))];
  const nearest = refusal.nearest.length > 0 && [
    h("p", { class: "faint" }, "The nearest sources:"),
    h("ul", {}, refusal.nearest.map((title) => h("li", {}, title)))];
  return h("div", { class: "refusal" }, h("p", {}, refusal.reason), ...(covers || nearest || []),
    h("button", { type: "button", class: "ghost", onclick: addDocuments }, "Add a document that does"));
}

function supportLine(answer) {
  const total = answer.sentences.length;
  const count = (kind) => answer.sentences.filter((s) => s.support === kind).length;
  const unsupported = count("unsupported");
  if (count("verbatim") === total) return "Every sentence is quoted word for word.";
  const checked = `Written by ${answer.writer}, and checked against the sources`;
  return unsupported ? `${checked}: ${unsupported} of ${total} sentences found no support and are struck through.` : `${checked}.`;
}

export const citationKey = (c) => `${c.source_id}:${c.start}-${c.end}`;

export const citationsOf = (answer) => [...answer.sentences, ...(answer.refusal?.covers ?? [])].flatMap((s) => s.citations);

// Map of citation key -> 1, 2, 3 … in the order of first use.
export function numberCitations(answer) {
  const numbers = new Map();
  for (const c of citationsOf(answer)) {
    if (!numbers.has(citationKey(c))) numbers.set(citationKey(c), numbers.size + 1);
  }
  return numbers;
}
