// The Lab tab: claims on a board; each opens to its voices, its experiment, the recorded verdict, and a run of one's own.
import { h, keep, store } from "/canvas/dom.js";
import { figure, lines, prose } from "/canvas/prose.js";

const STATUSES = ["", "contested", "thesis", "bankable"];

export function mount({ element }) {
  const find = h("input", { id: "lab-find", type: "search", placeholder: "Find a claim", "aria-label": "Find a claim", oninput: draw });
  const status = h("div", { class: "choices", role: "radiogroup", "aria-label": "Status" }, STATUSES.map((name, i) => h("label", {}, h("input", { type: "radio", name: "lab-status", value: name, checked: i === 0, onchange: draw }), " ", name || "all")));
  const tested = h("input", { id: "lab-tested", type: "checkbox", checked: true, onchange: draw });
  const verdicts = h("input", { id: "lab-verdicts", type: "checkbox", checked: store.get("lab-verdicts") === "1", onchange: () => { store.set("lab-verdicts", verdicts.checked ? "1" : "0"); draw(); } });
  const count = h("p", { class: "faint", "aria-live": "polite" });
  const list = h("ul", { class: "board" });
  const page = h("article", { class: "card page", tabindex: "-1" }, h("h2", {}, "Pick a claim, then put it to the test"), h("p", {}, "Each opens to those who say so, those who disagree, and what would change their minds. Where it has an experiment you guess first; then a toy version runs here, against a threshold that was set before."));
  const root = h("section", { class: "lab" },
    h("div", { class: "card index" }, find, status, h("label", { class: "only" }, tested, " only those with an experiment"), h("label", { class: "only" }, verdicts, " verdicts before I have guessed"), count, list), page);
  keep(element, root);
  let data = null, open = null, running = null;

  new IntersectionObserver((seen, watcher) => {
    if (!seen.some((entry) => entry.isIntersecting)) return;
    watcher.disconnect();
    load();
  }).observe(root);
  addEventListener("orrery:claim", (event) => show(event.detail));
  addEventListener("orrery:experiment", async (event) => {
    if (!data) await load();
    const claim = data.claims.find((c) => c.experiment === event.detail);
    if (claim) show(claim.id);
  });

  async function load() {
    const found = await (await fetch("/api/lab")).json();
    if (found.error) { count.textContent = found.error; return; }
    data = found;
    data.byId = Object.fromEntries(data.experiments.map((e) => [e.id, e]));
    draw();
    if (!open) page.append(tally());
    root.dataset.ready = "1";
  }
  const verdictOf = (claim) => data.byId[claim.experiment]?.verdicts[claim.id] ?? "";

  function draw() {
    if (!data) return;
    const wanted = find.value.trim().toLowerCase().split(/\s+/), chosen = root.querySelector("[name=lab-status]:checked").value;
    const shown = data.claims.filter((c) => (!chosen || c.status === chosen) && (!tested.checked || data.byId[c.experiment]) && wanted.every((word) => `${c.statement} ${c.id} ${c.experiment} ${c.topics.join(" ")}`.toLowerCase().includes(word)));
    count.textContent = `${shown.length} of ${data.claims.length} claims`;
    list.replaceChildren(...shown.map((claim) => h("li", {}, h("button", { type: "button", "aria-current": open === claim.id ? "true" : null, onclick: () => show(claim.id) },
      h("span", { class: "marks" }, h("span", { class: `status ${claim.status}` }, claim.status), h("span", { class: "faint" }, `${claim.for} for, ${claim.against} against`), verdictOf(claim) && (verdicts.checked || store.get(`guess:${claim.id}`) ? badge(verdictOf(claim)) : h("span", { class: "verdict" }, "guess first"))),
      h("span", {}, claim.statement)))));
  }
  // How the recorded experiments came out, one line an outcome.
  function tally() {
    const outcomes = data.claims.filter((c) => data.byId[c.experiment]).map((c) => verdictOf(c) || "not run yet");
    const rows = ["supported", "contradicted", "inconclusive", "not run yet"].map((name) => [name, outcomes.filter((o) => o === name).length]).filter(([, n]) => n);
    return h("section", { class: "tally" }, h("h3", {}, `What the ${outcomes.length} tested claims came to`),
      h("ul", {}, rows.map(([name, n]) => h("li", {}, h("span", { class: `verdict ${name}` }, name), h("span", { class: "track", "aria-hidden": "true" }, h("i", { class: name.split(" ")[0], style: `width:${(100 * n) / outcomes.length}%` })), h("b", {}, n)))),
      h("p", { class: "faint" }, "A toy can contradict a claim in a toy world. What it cannot show is said beside each."));
  }
  const badge = (outcome) => h("span", { class: `verdict ${outcome}` }, outcome);

  async function show(id) {
    if (!data) await load();
    open = id;
    draw();
    const { claim, error } = await (await fetch(`/api/lab/claim/${encodeURIComponent(id)}`)).json();
    if (open !== id) return;
    if (error) { page.replaceChildren(h("p", { class: "error" }, error)); return; }
    const bench = h("section", { class: "bench" });
    page.replaceChildren(
      h("p", { class: "marks" }, h("span", { class: `status ${claim.status}` }, claim.status), h("span", { class: "faint" }, claim.topics.join(", "))),
      h("h2", { class: "statement" }, claim.statement), bench,
      h("div", { class: "camps" }, camp("For", claim.supports), camp("Against", claim.disputes)),
      h("h3", {}, "What would change it"), h("p", {}, claim.would_change));
    page.focus({ preventScroll: true });
    if (matchMedia("(max-width: 900px)").matches) page.scrollIntoView({ block: "start" });
    if (data.byId[claim.experiment]) showBench(bench, claim);
    else if (claim.experiment) bench.append(h("p", { class: "faint" }, "Its experiment is not built yet."));
  }
  function camp(name, voices) {
    return h("section", { class: "camp" }, h("h3", {}, `${name} (${voices.length})`), voices.length ? voices.map((v) => h("blockquote", {}, h("p", {}, `“${v.quote}”`), h("footer", {}, h("b", {}, v.who), " · ", v.source_id))) : h("p", { class: "faint" }, "No published voice was found."));
  }

  async function showBench(bench, claim) {
    const found = await (await fetch(`/api/lab/experiment/${claim.experiment}`)).json();
    if (found.error) { bench.replaceChildren(h("p", { class: "error" }, found.error)); return; }
    const live = h("div", { class: "live", "aria-live": "polite" });
    const guess = h("div", { class: "guess", role: "group", "aria-label": "Your guess" }, "Your guess first: ", ["supported", "contradicted", "inconclusive"].map((name) => h("button", { type: "button", class: "ghost", "aria-pressed": "false", onclick: (event) => guessed(event.currentTarget, name) }, name)));
    const go = h("button", { class: "primary", type: "button", onclick: () => (running ? running.abort() : start(claim, live, go)) }, "Run it now");
    const record = h("details", { class: "record", open: Boolean(store.get(`guess:${claim.id}`)) }, h("summary", {}, "The recorded result"), found.verdict ? told(found, claim.id) : h("p", { class: "faint" }, "Nothing is recorded yet."));
    const known = store.get(`guess:${claim.id}`);
    if (known) press(guess, known);
    bench.replaceChildren(h("h3", {}, found.title), h("p", {}, found.question),
      h("ul", { class: "criteria" }, found.criteria.map((c) => h("li", {}, c.statistic, " ", h("b", {}, `${c.above ? "above" : "below"} ${c.threshold}`), c.claim ? "" : " (a control)"))),
      guess, h("div", { class: "bar" }, go, h("span", { class: "faint" }, "a small version, about a minute; ", h("code", {}, `orrery lab ${claim.experiment} --budget quick`))), live, record);

    function guessed(button, name) {
      press(guess, name);
      store.set(`guess:${claim.id}`, name);
      draw();
      record.open = true;
    }
  }
  function press(guess, name) {
    guess.querySelectorAll("button").forEach((b) => b.setAttribute("aria-pressed", b.textContent === name));
  }
  function told({ verdict, figure: svg, text }, claimId) {
    const outcome = verdict.verdicts[claimId] ?? Object.values(verdict.verdicts)[0];
    const number = (x) => (Math.abs(x) >= 100 ? x.toFixed(0) : x.toFixed(Math.abs(x) >= 10 ? 1 : 3));
    return h("div", { class: "told" }, h("p", { class: "marks" }, badge(outcome), h("span", { class: "faint" }, `${verdict.budget} run, ${verdict.date}, ${verdict.seeds.length} seeds, ${Math.round(verdict.seconds)} s on ${verdict.machine}`)),
      svg && figure(svg),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "The numbers" }, h("table", {}, h("thead", {}, h("tr", {}, ["Measured", "Value", "95 % interval", "n", "Threshold", "Says"].map((t) => h("th", { scope: "col" }, t)))),
        h("tbody", {}, verdict.criteria.map((c) => h("tr", {}, h("th", { scope: "row" }, c.statistic), h("td", {}, number(c.value)), h("td", {}, `${number(c.low)} to ${number(c.high)}`), h("td", {}, c.n), h("td", {}, `${c.above ? ">" : "<"} ${c.threshold}`), h("td", {}, c.outcome)))))),
      text && h("div", { class: "prose" }, prose(text)),
      h("p", {}, h("b", {}, "What it cannot show. "), verdict.cannot_show),
      h("p", { class: "faint" }, "Made by ", h("code", {}, verdict.command)));
  }

  async function start(claim, live, go) {
    running = new AbortController();
    go.textContent = "Cancel";
    const progress = h("pre", { class: "progress", tabindex: "0", "aria-label": "Progress" });
    const head = h("p", { class: "thinking" }, "Running …");
    live.replaceChildren(head, progress);
    const begun = performance.now();
    const clock = setInterval(() => { head.textContent = `Running for ${Math.round((performance.now() - begun) / 1000)} s …`; }, 1000);
    try {
      const reply = await fetch(`/api/lab/run/${claim.experiment}`, { method: "POST", signal: running.signal });
      for await (const line of lines(reply)) {
        if (line.place) progress.textContent = `Another run is on; you are number ${line.place} in the queue.\n`;
        if (line.progress) { progress.append(`${line.progress}\n`); progress.scrollTop = progress.scrollHeight; }
        if (line.error) live.replaceChildren(h("p", { class: "error" }, line.error));
        if (line.verdict) live.replaceChildren(h("h3", {}, "Your run"), told(line, claim.id));
      }
    } catch (error) {
      live.replaceChildren(h("p", { class: "faint" }, error.name === "AbortError" ? "Cancelled." : "The server does not answer."));
    } finally {
      clearInterval(clock);
      running = null;
      go.textContent = "Run it now";
    }
  }
}
