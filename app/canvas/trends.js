// The Trends tab: titles by topic and time as a table that is its own chart, then systems and claims by date.
import { h, keep, safeLink } from "/canvas/dom.js";
import { createSpan } from "/canvas/span.js";

export function mount({ element }) {
  const topic = h("select", { id: "trends-topic", onchange: load }, h("option", { value: "" }, "All topics"));
  const since = h("input", { id: "trends-since", type: "month", min: "2018-03", max: "2026-07", onchange: load });
  const numbers = h("button", { class: "ghost", type: "button", "aria-pressed": "true", onclick: showNumbers }, "Numbers");
  const changed = h("button", { class: "ghost", type: "button", onclick: compare }, "What changed since then?");
  const grid = h("div", { class: "grid", tabindex: "0", role: "region", "aria-label": "Titles by topic and time" });
  const facts = h("p", { class: "faint" });
  const detail = h("div", { class: "detail", "aria-live": "polite" }, h("h2", {}, "Read where it comes from"), h("p", { class: "faint" }, "Pick a number, a system or a claim: its titles or its source open here. Or choose a month under Since, and ask what changed."));
  const systems = createSpan("By the date of the first source here that is about them. Named: those with two sources or more.", openSource);
  const claims = h("ol", { class: "claims" });
  const root = h("section", { class: "trends" },
    h("div", { class: "card controls" }, h("label", { for: "trends-topic" }, "Topic"), topic, h("label", { for: "trends-since" }, "Since"), since, changed, numbers),
    h("div", { class: "split" },
      h("div", { class: "main" },
        h("section", { class: "card" }, h("h2", {}, "Titles on world models, by topic"), facts, grid),
        h("section", { class: "card" }, h("h2", {}, "Systems"), systems.root),
        h("section", { class: "card" }, h("h2", {}, "Claims, by the date of their first source here"), claims)),
      h("aside", { class: "card" }, detail)));
  keep(element, root);
  let data = null, known = false;

  new IntersectionObserver((seen, watcher) => {
    if (!seen.some((entry) => entry.isIntersecting)) return;
    watcher.disconnect();
    load();
  }).observe(root);
  matchMedia("(max-width: 720px)").addEventListener("change", () => data && draw());

  async function ask(path, fields) {
    const given = Object.entries(fields).filter(([, value]) => value);
    const reply = await (await fetch(`${path}?${new URLSearchParams(given)}`)).json();
    if (reply.error) detail.replaceChildren(h("p", { class: "error" }, reply.error));
    return reply.error ? null : reply;
  }
  async function load() {
    const found = await ask("/api/trends", { topic: topic.value, since: since.value });
    if (!found) return;
    data = found;
    if (!known) topic.append(...Object.entries(data.topics).map(([id, name]) => h("option", { value: id }, name)));
    known = true;
    draw();
  }

  function draw() {
    const { months, counts, total, untold } = data.timeline;
    // Years for a long time, quarters for a few years, months for one.
    const period = months.length > 42 || matchMedia("(max-width: 720px)").matches ? (m) => m.slice(0, 4) : months.length > 15 ? (m) => `${m.slice(0, 4)} Q${Math.ceil(+m.slice(5) / 3)}` : (m) => m;
    const periods = [...new Set(months.map(period))];
    const add = (row) => periods.map((p) => row.reduce((sum, n, i) => sum + (period(months[i]) === p ? n : 0), 0));
    const all = add(total);
    const most = Math.max(1, ...Object.values(counts).flatMap((row) => add(row).map((n, i) => n / Math.max(8, all[i]))));
    const head = h("tr", {}, h("th", { scope: "col" }, "Topic"), periods.map((p, i) => h("th", { scope: "col", class: "when" }, label(p, periods[i - 1]))), h("th", { scope: "col" }, "All"));
    const rows = Object.entries(counts).map(([id, row]) => {
      const sums = add(row);
      return h("tr", {}, h("th", { scope: "row" }, data.topics[id]), sums.map((n, i) => cell(id, periods[i], n, n / Math.max(8, all[i]) / most)), h("td", { class: "sum" }, row.reduce((a, b) => a + b, 0)));
    });
    grid.replaceChildren(h("table", {}, h("thead", {}, head), h("tbody", {}, rows, h("tr", { class: "total" }, h("th", { scope: "row" }, "All titles"), all.map((n) => h("td", {}, n)), h("td", { class: "sum" }, all.reduce((a, b) => a + b, 0))))));
    facts.textContent = `${total.reduce((a, b) => a + b, 0)} titles from ${months[0]} to ${months.at(-1)}, by their arXiv month. Stronger colour: a larger share of that time's titles. A title may count under several topics; ${untold} match none. Titles show what people write about, not what works.`;
    systems.draw(data.systems.map((s) => ({ name: s.system, date: s.published, id: s.source_id, named: s.sources > 1 || data.systems.length < 60, more: `${s.title}; ${s.sources} ${s.sources === 1 ? "source" : "sources"}` })));
    claims.replaceChildren(...data.claims.map((c) => h("li", {}, h("button", { type: "button", onclick: () => openClaim(c) }, h("span", { class: "when" }, c.published), h("span", { class: `status ${c.status}` }, c.status), h("span", {}, c.statement)))));
    root.dataset.ready = "1";
  }
  const label = (p, before) => (p.length === 4 ? `’${p.slice(2)}` : p.includes("Q") ? (before?.slice(0, 4) === p.slice(0, 4) ? p.slice(6) : `${p.slice(0, 4)}`) : p);
  function cell(id, period, n, depth) {
    const name = `${data.topics[id]}, ${period}: ${n} ${n === 1 ? "title" : "titles"}`;
    if (!n) return h("td", {});
    return h("td", {}, h("button", { type: "button", title: name, "aria-label": name, style: `--depth: ${Math.round(8 + 42 * Math.sqrt(depth))}%`, onclick: () => openPapers(id, period) }, String(n)));
  }
  function showNumbers() {
    const on = root.classList.toggle("bare");
    numbers.setAttribute("aria-pressed", !on);
  }

  async function openPapers(id, period) {
    const quarter = period.match(/^(\d{4}) Q(\d)$/);
    const months = quarter ? [1, 2, 3].map((k) => `${quarter[1]}-${String(3 * (quarter[2] - 1) + k).padStart(2, "0")}`) : [period];
    const found = (await Promise.all(months.map((month) => ask("/api/trends/papers", { month, topic: id })))).flatMap((reply) => reply?.papers ?? []);
    detail.replaceChildren(h("h2", {}, `${data.topics[id]}, ${period}`), h("p", { class: "faint" }, `${found.length} titles. A link leads to arXiv, outside this machine.`),
      h("ul", {}, found.map((p) => h("li", {}, link(p.url, p.title), " ", h("span", { class: "faint" }, p.published)))));
  }
  const link = (url, text) => (safeLink(url) ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text) : h("span", {}, text));
  async function openSource(id) {
    const reply = await fetch(`/api/source/${encodeURIComponent(id)}`);
    if (!reply.ok) return;
    const source = await reply.json();
    detail.replaceChildren(h("h2", {}, source.title), h("p", { class: "faint" }, [source.published, source.authors?.slice?.(0, 3).join(", ")].filter(Boolean).join(" · ")), safeLink(source.url) && h("p", {}, link(source.url, "The original")), h("div", { class: "text" }, source.text.split("\n\n").map((part) => h("p", {}, part.replace(/^#+ /, "")))));
    detail.parentElement.scrollTop = 0;
  }
  function openClaim(claim) {
    detail.replaceChildren(h("h2", {}, claim.statement), h("p", { class: "faint" }, `${claim.status}, first said here in ${claim.published}`), h("p", {}, h("button", { class: "ghost", type: "button", onclick: () => openSource(claim.source_id) }, "Read that source")), h("p", { class: "faint" }, `orrery claims ${claim.claim_id}`));
  }
  async function compare() {
    if (!since.value) { // the last year that is known
      const last = data.timeline.months.at(-1);
      since.value = `${last.slice(0, 4) - 1}${last.slice(4)}`;
      await load();
    }
    const found = await ask("/api/trends/changed", { since: since.value });
    if (!found) return;
    const share = (n, total) => `${((100 * n) / Math.max(1, total)).toFixed(1)} %`;
    detail.replaceChildren(h("h2", {}, `Since ${since.value}`), h("p", { class: "faint" }, `Share of the titles since then, beside as many months before: ${found.changes[0].total_before} titles, then ${found.changes[0].total_after}.`),
      h("table", { class: "changes" }, h("thead", {}, h("tr", {}, ["Topic", "Before", "Since"].map((t) => h("th", { scope: "col" }, t)))),
        h("tbody", {}, found.changes.map((c) => h("tr", {}, h("th", { scope: "row" }, data.topics[c.topic]), h("td", {}, share(c.before, c.total_before)), h("td", { class: c.growth > 0 ? "up" : "down" }, `${c.growth > 0 ? "▲" : "▼"} ${share(c.after, c.total_after)}`))))),
      h("h2", {}, "New systems"), data.systems.length ? h("ul", {}, data.systems.map((s) => h("li", {}, h("button", { class: "plain", type: "button", onclick: () => openSource(s.source_id) }, s.system), " ", h("span", { class: "faint" }, s.published)))) : h("p", { class: "faint" }, "None in these sources."));
  }
}
