// The working of an answer: every passage with its places and scores, and why it was used or not. And its exports.
import { h } from "/canvas/dom.js";

export function drawWorking(working) {
  const rank = (n) => (n === null ? "–" : String(n));
  return h("section", { class: "working" },
    h("p", { class: "faint" }, [working.read_as && `Read as “${working.read_as}”.`, working.guide && `An editor put these sentences together for “${working.guide}”.`, working.confidence !== null && `The sentences answer it with a probability of ${working.confidence.toFixed(2)}; at least ${working.caution.toFixed(2)} is asked for.`, `Nearness counts ${working.measure}.`].filter(Boolean).join(" ")),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Passages found" }, h("table", {}, h("thead", {}, h("tr", {}, ["", "Passage", "BM25", "MiniLM", "Both", "A question it answers", "Why"].map((t) => h("th", { scope: "col" }, t)))),
      h("tbody", {}, working.rows.map((row) => h("tr", { class: row.used ? "used" : null }, h("td", {}, row.place),
        h("th", { scope: "row", title: row.text }, row.title, row.heading && h("span", { class: "faint" }, ` · ${row.heading}`)),
        h("td", { title: "rank and score" }, `${rank(row.bm25_rank)} (${row.bm25_score.toFixed(1)})`), h("td", { title: "rank and cosine" }, `${rank(row.dense_rank)} (${row.cosine.toFixed(2)})`), h("td", {}, row.score.toFixed(2)), h("td", { title: "the most like yours, and how like in the learned metric" }, row.answers ? `${row.answers} (${row.likeness.toFixed(2)})` : "–"), h("td", {}, row.why)))))));
}

export function drawExport({ export: text, format }) {
  const name = `orrery-answer.${{ markdown: "md", bibtex: "bib", json: "json" }[format]}`;
  const area = h("textarea", { readonly: true, rows: 10, "aria-label": `The answer as ${format}` });
  area.value = text;
  const link = h("a", { download: name, href: `data:text/plain;charset=utf-8,${encodeURIComponent(text)}` }, `Download ${name}`);
  return h("section", { class: "export" }, area, h("p", {}, link));
}
