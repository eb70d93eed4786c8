// What a plan is made with: model, world and its options, planner, objective, budget, looks, seed. The address of the page
// holds them all, so that a link brings them back.
import { h } from "/canvas/dom.js";

const FIRST = "two-rooms"; // the plainest world
const PART = { layout: "Layout", background: "Background", change: "Changed", chain: "Chain" };

export function createChoices(run, chosen) {
  const model = h("select", { id: "plan-model", onchange: fit });
  const parts = h("span", { class: "parts" });
  const planner = h("select", { id: "plan-planner" }), objective = h("select", { id: "plan-objective" });
  const budget = h("select", { id: "plan-budget" });
  const look = h("input", { id: "plan-look", title: "Steps between looks", type: "number", min: "1", max: "64", value: "4" });
  const seed = h("input", { id: "plan-seed", type: "number", min: "0", step: "1", value: "0" });
  const run_button = h("button", { id: "plan-run", class: "primary", type: "submit" }, "Run");
  const field = (label, control) => h("label", { class: "field" }, h("span", {}, label), control);
  const root = h("form", { id: "plan-controls", class: "card choices", onsubmit: (event) => { event.preventDefault(); go(); } },
    field("Model", model), parts, field("Planner", planner), field("Objective", objective), field("Budget", budget), field("Looks every", look), field("Seed", seed), run_button);
  let known = null;
  return { root, load, settings, link, go };

  async function load() {
    known = await (await fetch("/api/plan/options")).json();
    const worlds = [...new Set(known.models.map((m) => m.world.split(":")[0]))].sort((a, b) => (b === FIRST) - (a === FIRST));
    model.replaceChildren(...worlds.map((base) => h("optgroup", { label: base }, known.models.filter((m) => m.world.split(":")[0] === base).map((m) => h("option", { value: m.name }, m.name)))));
    objective.replaceChildren(h("option", { value: "" }, "as it suits"), ...known.objectives.map((name) => h("option", { value: name }, name)));
    budget.replaceChildren(...Object.entries(known.budgets).map(([name, [samples, rounds]]) => h("option", { value: name, selected: name === "medium" }, `${name}: ${samples} × ${rounds}`)));
    const shared = new URLSearchParams(location.hash.slice(1));
    if (known.models.some((m) => m.name === shared.get("model"))) model.value = shared.get("model");
    else if (known.models.some((m) => m.name === "two-rooms-jepa")) model.value = "two-rooms-jepa";
    fit();
    if (shared.get("model") === model.value) restore(shared);
  }
  function now() {
    return known.models.find((m) => m.name === model.value);
  }

  function fit() {
    const { world, options, planners, cost } = now();
    run_button.disabled = cost;
    run_button.title = cost ? "Judged by what it costs: there is no goal to walk to" : "";
    const [, ...on] = world.split(":");
    parts.replaceChildren(...Object.entries(options).map(([part, names]) => {
      const none = part === "change" ? [h("option", { value: "" }, "nothing")] : [];
      return field(PART[part] ?? part, h("select", { "data-part": part, id: `plan-${part}` }, none, names.map((name, i) => h("option", { value: name, selected: on.includes(name) || (part !== "change" && i === 0 && !names.some((n) => on.includes(n))) }, name))));
    }));
    planner.replaceChildren(h("option", { value: "" }, "as it suits"), ...planners.map((name) => h("option", { value: name }, name)));
    chosen(model.value, cost);
  }

  function settings() {
    const { world, options } = now();
    const base = world.split(":")[0];
    const picked = [...parts.querySelectorAll("select")].map((select) => [select.dataset.part, select.value]).filter(([part, value]) => value && (part === "change" || value !== options[part][0])).map(([, value]) => value);
    const [num_samples, iterations] = known.budgets[budget.value];
    const all = { model: model.value, world: [base, ...picked].join(":"), planner: planner.value, objective: objective.value, look_every: Math.max(0, Math.floor(+look.value)), seed: Math.max(0, Math.floor(+seed.value)) };
    const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
    return budget.value === "medium" ? kept : { ...kept, num_samples, iterations };
  }
  function link() {
    const fields = { model: model.value, planner: planner.value, objective: objective.value, budget: budget.value, look: look.value, seed: seed.value };
    parts.querySelectorAll("select").forEach((select) => { fields[select.dataset.part] = select.value; });
    return `${location.origin}/#${new URLSearchParams({ tab: "plan", ...fields })}`;
  }
  function restore(shared) {
    for (const [name, control] of Object.entries({ planner, objective, budget, look, seed })) take(control, shared.get(name));
    parts.querySelectorAll("select").forEach((select) => take(select, shared.get(select.dataset.part)));
    go();
  }
  // A link may be old, or somebody's joke: what can't be chosen is left as it is.
  function take(control, value) {
    if (value === null || (control.options && ![...control.options].some((option) => option.value === value))) return;
    control.value = value;
  }
  function go() {
    if (known && !now().cost) run(settings());
  }
}

// A link to a plan opens its tab.
export function openShared() {
  if (new URLSearchParams(location.hash.slice(1)).get("tab") !== "plan") return;
  const find = () => [...document.querySelectorAll("[role=tab]")].find((tab) => tab.textContent.trim() === "Plan");
  const wait = setInterval(() => { if (find()) { clearInterval(wait); find().click(); } }, 100);
}
