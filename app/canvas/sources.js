// What an answer rests on: a card a citation, and the passage in its source with the span marked.
import { h, openTab, safeLink } from "/canvas/dom.js";

// What a newcomer may do after asking.
const WAYS = [
  ["Contrast", "Guess what happens; then see what text, model and world say."],
  ["Plan", "Watch a model imagine, act, and be corrected."],
  ["Dream", "Play inside a model until you notice."],
  ["Lab", "Put a claim to the test."],
  ["Trends", "See what people write about, and since when."],
];

export function createSources() {
  const root = h("aside", { class: "sources card", "aria-label": "Sources" });
  const cards = h("div", { class: "cards" });
  const reader = h("div", { class: "reader", hidden: true, tabindex: "-1" });
  root.append(cards, reader);
  let opener = null;
  rest();

  function rest() {
    cards.replaceChildren(h("div", { class: "rest" },
      h("h2", {}, "Sources"), h("p", {}, "The quoted passages of an answer appear here, each with its date and its camp."),
      h("h2", {}, "Then watch it happen"),
      h("ul", { class: "ways" }, WAYS.map(([tab, words]) => h("li", {}, h("button", { type: "button", onclick: () => openTab(tab) }, h("b", {}, tab), h("span", {}, words)))))));
  }

  function show(answer) {
    close();
    const list = uniqueCitations(answer);
    if (!list.length) return rest();
    cards.replaceChildren(
      h("h2", {}, list.length === 1 ? "1 citation" : `${list.length} citations`),
      ...list.map((c, i) => h("button", { type: "button", class: "citation", "data-n": i + 1, onclick: () => open(answer, i + 1) },
        h("span", { class: "number" }, String(i + 1)),
        h("span", { class: "title" }, c.title),
        h("span", { class: "meta" }, describe(c)),
        h("span", { class: "quote" }, c.quote),
        caution(c))));
  }

  async function open(answer, n) {
    const citation = uniqueCitations(answer)[n - 1];
    if (root.dataset.answer !== answer.question) show(answer);
    root.dataset.answer = answer.question;
    opener = document.activeElement;
    const body = h("div", { class: "text", tabindex: "0", role: "region", "aria-label": "Text of the source" }, h("p", { class: "faint" }, "Opening …"));
    reader.replaceChildren(
      h("button", { type: "button", class: "ghost back", onclick: close }, "← All citations"),
      h("h2", {}, citation.title), body);
    cards.hidden = true;
    reader.hidden = false;
    root.classList.add("open");
    reader.focus({ preventScroll: true });
    try {
      const response = await fetch(`/api/source/${encodeURIComponent(citation.source_id)}`);
      if (!response.ok) throw new Error("This source is no longer in the corpus.");
      const source = await response.json();
      if (source.hash !== citation.source_hash) throw new Error("This source has changed since the answer was written. Ask again.");
      drawSource(reader, body, source, citation);
    } catch (error) {
      body.replaceChildren(h("p", { class: "error", role: "alert" }, error.message));
    }
  }

  function close() {
    cards.hidden = false;
    reader.hidden = true;
    root.classList.remove("open");
    opener?.focus?.({ preventScroll: true });
    opener = null;
  }
  reader.addEventListener("keydown", (event) => event.key === "Escape" && close());
  return { root, show, open };
}

function drawSource(reader, body, source, citation) {
  const link = safeLink(source.url);
  const facts = [names(source.authors), source.published, source.kind, source.id.startsWith("own-") ? campOf(source.id) : source.camp && `camp: ${source.camp}`,
    place(citation)].filter(Boolean).join(" · ");
  body.before(h("p", { class: "meta" }, facts),
    h("p", { class: "links" },
      link && h("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, "Open the original ↗"),
      source.read === "secondary" && h("span", { class: "faint" }, "Read through accounts of it, not in the original.")));
  const warning = caution(citation);
  if (warning) body.before(warning);
  body.replaceChildren(...blocks(source.text, citation.start, citation.end));
  const mark = body.querySelector("mark");
  if (mark) body.scrollTop = mark.getBoundingClientRect().top - body.getBoundingClientRect().top - body.clientHeight / 3;
}

// The text paragraph by paragraph, what lies in [start, end) inside <mark>. Offsets count code points, as Python does.
function blocks(text, start, end) {
  const points = Array.from(text);
  const out = [];
  for (let from = 0, at = 0; at <= points.length; at++) {
    const ends = at === points.length || (points[at] === "\n" && (points[at + 1] === "\n" || points[at + 1] === "-" || points[at + 1] === "#"));
    if (!ends) continue;
    const block = paragraph(points, from, at, start, end);
    if (block) out.push(block);
    from = at + 1;
  }
  return out;
}

function paragraph(points, from, to, start, end) {
  while (from < to && points[from] === "\n") from++;
  const raw = points.slice(from, to).join("");
  if (!raw.trim()) return null;
  const heading = /^#{1,6}\s+/.exec(raw);
  const bullet = /^-\s+/.exec(raw);
  from += (heading ?? bullet)?.[0].length ?? 0;
  const part = (a, b) => points.slice(Math.max(a, from), Math.max(Math.min(b, to), from)).join("");
  const marked = part(start, end);
  const node = h(heading ? "h3" : "p", { class: bullet ? "bullet" : null });
  node.append(part(from, Math.min(start, to)), marked ? h("mark", {}, marked) : "", start >= to ? "" : part(end, to));
  return node;
}

function uniqueCitations(answer) {
  const seen = new Map();
  for (const c of [...answer.sentences, ...(answer.refusal?.covers ?? [])].flatMap((s) => s.citations)) seen.set(`${c.source_id}:${c.start}-${c.end}`, seen.get(`${c.source_id}:${c.start}-${c.end}`) ?? c);
  return [...seen.values()];
}

const names = (list) => (list.length > 4 ? `${list.slice(0, 3).join(", ")} and ${list.length - 3} more` : list.join(", "));

// The user's own documents belong to no camp.
const campOf = (id, camp) => (id.startsWith("own-") ? "your document" : camp);

const describe = (c) => [c.published, campOf(c.source_id, c.camp), place(c)].filter(Boolean).join(" · ");

// Where in its source a citation stands: a page, or a time.
const place = (c) => (c.page ? `page ${c.page}` : c.seconds != null ? `at ${clock(c.seconds)}` : null);

// 75 -> 1:15, 3675 -> 1:01:15
export function clock(seconds) {
  const s = Math.floor(seconds);
  const two = (n) => String(n).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

// Text that speaks to a reader's tools is shown, and shown as such.
const caution = (c) => c.caution && h("span", { class: "caution", role: "note" }, `Marked: ${c.caution}. Shown as found, not obeyed.`);
