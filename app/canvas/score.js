// What is recorded of a model: how often it succeeds, between its floor and its ceiling, or in a world that costs what it
// costs beside other rules; each with its interval and its protocol.
import { h, percent } from "/canvas/dom.js";

const ROLE = { random: "floor", oracle: "ceiling" };

export function createScore() {
  const root = h("section", { class: "score card", hidden: true });
  let wanted = "";
  return { root, show };

  async function show(model) {
    wanted = model;
    const found = await (await fetch(`/api/plan/recorded?${new URLSearchParams({ model })}`)).json();
    if (wanted !== model) return;
    root.hidden = !found.rows && !found.error;
    root.replaceChildren(...(found.error ? [h("p", { class: "error" }, found.error)] : found.rows ? draw(found) : []));
  }
}

// How a row is read: `of` a row its value, `at` a value its place on the bar (0 to 1), `say` a value in words.
const RATE = { title: "How often it succeeds", intervals: "95 % Wilson intervals", of: (row) => row.success, at: (x) => x, say: percent };
function costs(rows) {
  const most = 1.05 * Math.max(...rows.map((row) => row.high));
  return { title: "What it costs", intervals: "95 % intervals; less is better", of: (row) => row.cost, at: (x) => x / most, say: (x) => x.toFixed(0) };
}

function draw(found) {
  const measure = "cost" in found.rows[0] ? costs(found.rows) : RATE;
  return [
    h("h2", {}, measure.title),
    h("p", { class: "rule" }, `${found.model} with ${found.planner} in ${found.world}: ${found.rule}`),
    h("ul", { class: "rates" }, found.rows.map((row) => rate(row, found, measure))),
    h("p", { class: "protocol" }, protocol(found, measure)),
    h("p", { class: "again" }, h("span", {}, "Make it again: "), h("code", { tabindex: "0" }, found.command)),
  ];
}

function rate(row, found, { of, at, say }) {
  const name = row.name === "model" ? found.model : row.name, role = "cost" in row ? null : ROLE[row.name];
  const bar = h("span", { class: "bar-track", "aria-hidden": "true" },
    h("i", { class: "interval", style: `left:${100 * at(row.low)}%;width:${100 * at(row.high - row.low)}%` }),
    h("i", { class: "point", style: `left:${100 * at(of(row))}%` }));
  return h("li", { class: row.name === "model" ? "rate model" : "rate" },
    h("span", { class: "name" }, name, role && h("small", {}, role)), bar,
    h("span", { class: "value" }, h("b", {}, say(of(row))), h("small", {}, `${say(row.low)} to ${say(row.high)} · n ${row.n}`)));
}

function protocol(found, measure) {
  const ms = typeof found.ms_per_plan === "number" ? `${found.ms_per_plan.toFixed(1)} ms a plan` : null;
  return [measure.intervals, seeds(found.seeds ?? [], measure), ms, found.machine, found.date].filter(Boolean).join(" · ");
}

// One model is trained per seed; each has its own result, and the one shipped is among them.
function seeds(list, { of, say }) {
  if (!list.length) return null;
  const one = (s) => (typeof s === "object" ? `${s.seed}: ${say(of(s))}, n ${s.n}` : String(s));
  return `training seeds ${list.map(one).join(", ")}`;
}
