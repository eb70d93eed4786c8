// The configured language model with the tools of this house: the switch that asks for it, each call as it is made, and the
// reply with what of it holds up. What is shown is the record that `orrery assistant --json` prints.
import { doubt, drawSentences } from "/canvas/answer.js";
import { h, store } from "/canvas/dom.js";

const STATE = { running: "running …", done: "", failed: "failed", refused: "refused" };

// `known`: the model's name and limits, or nothing where none is configured; then there is no switch.
export function createSwitch(known) {
  if (!known) return { root: null, on: () => false };
  const box = h("input", { type: "checkbox", id: "use-tools", checked: store.get("use-tools") === "1", onchange: () => store.set("use-tools", box.checked ? "1" : "0") });
  const root = h("div", { class: "switch" }, h("label", { for: "use-tools" }, box, ` Let ${known.name} use the tools`),
    h("span", { class: "faint" }, `search, ask, contrast, plan, lab: at most ${known.steps} calls in ${known.seconds} s, each shown`));
  return { root, on: () => box.checked };
}

export function drawTalk(told, known, follow) {
  const calls = told.calls.length > 0 && h("ol", { class: "calls", "aria-label": "Calls of tools" }, told.calls.map(drawCall));
  const read = told.read_as && h("p", { class: "read-as" }, `Read as: ${told.read_as}`);
  if (!told.ended) return [read, calls, progress(told, known)].filter(Boolean);
  return [read, calls, ...drawSentences(told, follow), told.sentences.length > 0 && h("p", { class: "support" }, supportLine(told)),
    told.notice && h("p", { class: "notice" }, told.notice)].filter(Boolean);
}

function drawCall({ tool, arguments: given, state, result, seconds }) {
  const words = Object.entries(given).map(([name, value]) => `${name}: ${value}`).join(", ");
  const how = [STATE[state] ?? state, state === "running" ? "" : `${seconds.toFixed(1)} s`].filter(Boolean).join(", ");
  return h("li", { class: `call ${state}` }, h("code", {}, tool), " ", h("span", { class: "given" }, words), h("span", { class: "how" }, how),
    result && h("p", { class: "found" }, result.replace(/\*\*|`/g, "")));
}

// How far it has come within its limits, counted on between what the server tells.
function progress(told, known) {
  const clock = h("span", {}), began = performance.now() - 1000 * told.seconds;
  const count = () => { clock.textContent = `${Math.round((performance.now() - began) / 1000)} of ${known.seconds} s`; };
  const timer = setInterval(() => (clock.isConnected ? count() : clearInterval(timer)), 1000);
  count();
  return h("p", { class: "thinking" }, `${told.calls.length} of ${known.steps} calls, `, clock, h("i"), h("i"), h("i"));
}

function supportLine({ sentences, writer, seconds, calls }) {
  const count = (kind) => sentences.filter((sentence) => doubt(sentence) === kind).length;
  const [bad, open] = [count("unsupported"), count("unchecked")];
  return [`Written by ${writer} in ${seconds.toFixed(0)} s with ${calls.length} ${calls.length === 1 ? "call" : "calls"}. ${sentences.length - bad - open} of ${sentences.length} sentences hold up against what they cite`,
    open && `${open} cite nothing and were not checked (dotted)`, bad && `${bad} found no support (struck through)`].filter(Boolean).join("; ") + ".";
}
