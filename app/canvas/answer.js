// An answer: its sentences, each with the chips of what it was taken from; or a refusal, and what the sources do say.
import { h } from "/canvas/dom.js";

export function drawAnswer(answer, follow, addDocuments) {
  const notice = answer.notice && h("p", { class: "notice" }, answer.notice);
  const read = answer.read_as && h("p", { class: "read-as" }, `Read as: ${answer.read_as}`);
  if (answer.refusal) return [read, drawRefusal(answer, follow, addDocuments), notice].filter(Boolean);
  return [read, ...drawSentences(answer, follow), drawCounts(answer), h("p", { class: "support" }, supportLine(answer)), notice].filter(Boolean);
}

// Paragraphs, a new one where the source changes. What cites and finds no support is struck through; a sentence without
// any citation, which only a language model with tools may write, is marked as not checked.
export function drawSentences(answer, follow) {
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
    const [kind, why] = DOUBT[doubt(sentence)] ?? ["sentence", null];
    parts.at(-1).append(h("span", { class: kind, title: why }, sentence.text, chips.length ? "\u2060" : null, chips), " ");
  }
  return parts;
}

const DOUBT = {
  unsupported: ["sentence unsupported", "No support was found for this in the cited passage"],
  unchecked: ["sentence unchecked", "This cites no passage, so it was not checked"],
};

// What is wrong with a sentence: nothing (empty), no support in what it cites, or nothing cited.
export const doubt = ({ support, citations }) => (support !== "unsupported" ? "" : citations.length ? "unsupported" : "unchecked");

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
    (covers || nearest) && h("button", { type: "button", class: "ghost", onclick: addDocuments }, "Add a document that does"));
}

function supportLine(answer) {
  const total = answer.sentences.length;
  const count = (kind) => answer.sentences.filter((s) => s.support === kind).length;
  const unsupported = count("unsupported");
  if (count("verbatim") === total) return "Every sentence is quoted word for word.";
  const checked = `Written by ${answer.writer}, and checked against the sources`;
  return unsupported ? `${checked}: ${unsupported} of ${total} sentences found no support and are struck through.` : `${checked}.`;
}

const citationKey = (c) => `${c.source_id}:${c.start}-${c.end}`;

const citationsOf = (answer) => [...answer.sentences, ...(answer.refusal?.covers ?? [])].flatMap((s) => s.citations);

// Map of citation key -> 1, 2, 3 … in the order of first use.
export function numberCitations(answer) {
  const numbers = new Map();
  for (const c of citationsOf(answer)) {
    if (!numbers.has(citationKey(c))) numbers.set(citationKey(c), numbers.size + 1);
  }
  return numbers;
}
