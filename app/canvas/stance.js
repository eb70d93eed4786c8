// Who says what: the claim that an answer touches, both camps side by side; and where a question can be watched.
import { h, openTab } from "/canvas/dom.js";

const SHOWN = 2;

export function drawStance(stance) {
  if (!stance) return null;
  return h("section", { class: "stance", "aria-label": "The claim this touches" },
    h("p", { class: "marks" }, h("span", { class: `status ${stance.status}` }, stance.status), h("span", { class: "faint" }, stance.status_means)),
    h("h3", {}, stance.statement),
    h("div", { class: "camps" }, side("For", stance.supports), side("Against", stance.disputes)),
    h("p", { class: "faint" }, h("b", {}, "What would change it. "), stance.would_change),
    stance.own.length > 0 && h("p", { class: "faint" }, `From your documents: ${stance.own.map((c) => c.title).join("; ")}. ${stance.own_note}`),
    h("p", { class: "bar" }, stance.experiment && h("button", { type: "button", class: "primary", onclick: () => openTab("Lab", "orrery:claim", stance.claim) }, "Test this"),
      h("button", { type: "button", class: "ghost", onclick: () => openTab("Lab", "orrery:claim", stance.claim) }, "All voices")));
}

function side(name, views) {
  return h("div", {}, h("h4", {}, `${name} (${views.length})`), views.length ? views.slice(0, SHOWN).map((v) => h("blockquote", {}, `“${v.citation.quote}”`, h("footer", {}, h("b", {}, v.who), ` · ${v.camp || "no camp"}, ${v.citation.published || "no date"}`))) : h("p", { class: "faint" }, "No published voice was found."));
}

export function drawRoute(route, stance) {
  const offers = (route?.offers ?? []).filter(({ target }) => /^(scenario|experiment):/.test(target) && !(stance && target === `experiment:${stance.experiment}`));
  if (!offers.length) return null;
  return h("p", { class: "route" }, "Watch it happen: ", offers.map(({ target, title }) => {
    const [what, id] = target.split(":");
    return h("button", { type: "button", class: "ghost", title: route.reason, onclick: () => (what === "scenario" ? openTab("Contrast", "orrery:scenario", { world: id, kind: route.kind }) : openTab("Lab", "orrery:experiment", id)) }, title.replace(/^(the|a) (\w)/, (all, article, first) => first.toUpperCase()));
  }));
}
