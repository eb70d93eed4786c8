// Which model dreams: first its world, then one of those that learned there. Many ship, and their names say little at first.
import { h } from "/canvas/dom.js";

const FAMILY = { jepa: "JEPA", pixel: "pixels" };
const PLAIN = "jepa"; // the plainest family comes first

// `chosen(name, anew)` is told whenever another model is picked, the first included; `anew`: it lives in another world.
export function createModels(chosen) {
  const worlds = h("div", { class: "worlds", role: "radiogroup", "aria-label": "World" });
  const pick = h("select", { id: "dream-model", onchange: () => chosen(pick.value, false) });
  const what = h("p", { class: "faint" });
  const field = h("label", { class: "pick", for: "dream-model" }, "Model ", pick);
  const root = h("div", { class: "models" }, worlds, field, what);
  let models = [], said = {}, legends = {};
  return { root, load };

  function load(found) {
    [models, said, legends] = [found.models, found.worlds, found.legends ?? {}];
    const bases = Object.keys(said).filter((name) => models.some((m) => base(m) === name));
    worlds.replaceChildren(...bases.map((name, i) => h("label", {}, h("input", { type: "radio", name: "dream-world", value: name, checked: i === 0, onchange: () => show(name) }), " ", name)));
    if (bases.length) show(bases[0]);
    return bases.length > 0;
  }
  function show(world) {
    const mine = models.filter((m) => base(m) === world).sort((a, b) => parts(a).length - parts(b).length || rank(a) - rank(b) || a.name.localeCompare(b.name));
    pick.replaceChildren(...mine.map((m) => h("option", { value: m.name }, [FAMILY[m.family] ?? m.family, ...parts(m)].join(" · "))));
    field.hidden = mine.length < 2;
    what.textContent = `${said[world].charAt(0).toUpperCase()}${said[world].slice(1)}. ${legends[world] ?? ""}`;
    chosen(pick.value, true);
  }
}

const base = ({ world }) => world.split(":")[0];
const parts = ({ world }) => world.split(":").slice(1);
const rank = ({ family }) => (family === PLAIN ? 0 : 1);
