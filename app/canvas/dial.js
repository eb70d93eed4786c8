// The protocol dial: one checkpoint, and how far its success moves with nothing but the way it is tested. What it shows is
// the record that `orrery dial` prints.
import { h, percent } from "/canvas/dom.js";
import { createErrand } from "/canvas/errand.js";
import { figure } from "/canvas/prose.js";

const RULES = { any: "at any step", held: "held for a while", end: "at the last step" };
const GOALS = { all: "all goals", near: "near goals", middle: "goals in between", far: "far goals" };

export function createDial(choices) {
  const go = h("button", { class: "ghost", type: "button", onclick: measure }, "Turn the dial");
  const said = h("p", { class: "faint", "aria-live": "polite" });
  const board = h("div", { class: "dialled" });
  const errand = createErrand(go, said);
  const root = h("section", { class: "dial card" },
    h("h2", {}, "The protocol dial"),
    h("p", { class: "faint" }, "The same checkpoint can be made to look good or bad by the way it is tested. Every task is played once for each replanning interval; all other readings come from the same episodes."),
    h("div", { class: "bar" }, go, said), board);
  return { root, clear };

  function clear() {
    errand.stop();
    board.replaceChildren();
    said.textContent = "";
  }
  async function measure() {
    board.replaceChildren();
    const found = await errand.run("/api/plan/dial", choices.settings(), "Playing the tasks …");
    if (!found) return;
    said.textContent = found.dial ? found.summary : found.error;
    if (found.dial) board.replaceChildren(...drawn(found));
  }
}

function drawn({ dial, figure: svg }) {
  const at = { ...dial.headline };
  const value = h("b", { class: "reading" }), range = h("span", { class: "faint" });
  const track = h("span", { class: "bar-track", "aria-hidden": "true" }, h("i", { class: "interval" }), h("i", { class: "point" }));
  const every = (key) => [...new Set(dial.settings.map((s) => s[key]))];
  const knob = (key, label, say) => h("fieldset", {}, h("legend", {}, label), every(key).map((option) => h("label", {},
    h("input", { type: "radio", name: `dial-${key}`, value: option, checked: option === at[key], onchange: () => { at[key] = option; read(); } }), " ", say(option))));
  const extremes = h("p", { class: "bar" }, jump("The most flattering", dial.headline), jump("The most humbling", dial.humbling));
  const knobs = h("div", { class: "knobs" },
    knob("distance", "Which goals", (d) => GOALS[d] ?? d), knob("steps", "Steps allowed", String), knob("rule", "Counted when reached", (r) => RULES[r] ?? r), knob("look_every", "Steps between plans", String));
  read();
  return [h("div", { class: "dial-value", "aria-live": "polite" }, value, track, range), extremes, knobs,
    dial.swings.some((s) => s.least < s.greatest) && h("p", { class: "faint" }, "And by how many episodes are counted: ", dial.swings.map((s) => `tests of ${s.n} would have said ${percent(s.least)} to ${percent(s.greatest)}`).join("; "), "."),
    h("details", {}, h("summary", {}, "All readings as a figure"), figure(svg)),
    h("p", { class: "again" }, h("span", {}, "Make it again: "), h("code", { tabindex: "0" }, dial.command))].filter(Boolean);

  function jump(words, setting) {
    return h("button", { class: "ghost", type: "button", onclick: () => { Object.assign(at, setting); knobs.querySelectorAll("input").forEach((input) => { input.checked = input.value === String(at[input.name.slice(5)]); }); read(); } }, `${words}: ${percent(setting.success)}`);
  }
  function read() {
    const found = dial.settings.find((s) => s.distance === at.distance && s.steps === at.steps && s.rule === at.rule && s.look_every === at.look_every);
    value.textContent = percent(found.success);
    range.textContent = `95 % interval ${percent(found.low)} to ${percent(found.high)}, n ${found.n}`;
    track.firstChild.style = `left:${100 * found.low}%;width:${100 * (found.high - found.low)}%`;
    track.lastChild.style = `left:${100 * found.success}%`;
  }
}
