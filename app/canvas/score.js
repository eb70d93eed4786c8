// The recorded success rates: the model between its floor and its ceiling, each with its interval and its protocol.
import { h, percent } from "/canvas/dom.js";

const ROLE = { random: "floor", oracle: "ceiling" };

export function createScore() {
  const root = h("section", { class: "score card", hidden: true });
  return { root, show };

  async function show(model) {
    const found = await (await fetch(`/api/plan/recorded?${new URLSearchParams({ model })}`)).json();
    root.hidden = !found.rows && !found.error;
    root.replaceChildren(...(found.error ? [h("p", { class: "error" }, found.error)] : found.rows ? draw(found) : []));
  }
}

function draw(found) {
  return [
    h("h2", {}, "How often it succeeds"),
    h("p", { class: "rule" }, `${found.model} with ${found.planner} in ${found.world}: ${found.rule}`),
    h("ul", { class: "rates" }, found.rows.map((row) => rate(row, found))),
    h("p", { class: "protocol" }, protocol(found)),
    h("p", { class: "again" }, h("span", {}, "Make it again: "), h("code", { tabindex: "0" }, found.command)),
  ];
}

function rate(row, found) {
  const name = row.name === "model" ? found.model : row.name;
  const range = `${percent(row.low)} to ${percent(row.high)}`;
  const bar = h("span", { class: "bar-track", "aria-hidden": "true" });
  const at = (cls, style) => bar.append(Object.assign(h("i", { class: cls }), { style }));
  at("interval", `left:${100 * row.low}%;width:${100 * (row.high - row.low)}%`);
  at("point", `left:${100 * row.success}%`);
  return h("li", { class: row.name === "model" ? "rate model" : "rate" },
    h("span", { class: "name" }, name, ROLE[row.name] && h("small", {}, ROLE[row.name])), bar,
    h("span", { class: "value" }, h("b", {}, percent(row.success)), h("small", {}, range, ` · n ${row.n}`)));
}

function protocol(found) {
  const ms = typeof found.ms_per_plan === "number" ? `${found.ms_per_plan.toFixed(1)} ms a plan` : null;
  return ["95 % Wilson intervals", seeds(found.seeds ?? []), ms, found.machine, found.date].filter(Boolean).join(" · ");
}

// One model is trained per seed; each has its own rate, and the one shipped is among them.
function seeds(list) {
  if (!list.length) return null;
  const one = (s) => (typeof s === "object" ? `${s.seed}: ${percent(s.success)} of ${s.n}` : String(s));
  return `training seeds ${list.map(one).join(", ")}`;
}
