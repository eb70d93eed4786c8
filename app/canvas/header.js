// The header: name, one sentence, what is still warming up, and the light switch.
import { openShared } from "/canvas/choices.js";
import { h, keep, store } from "/canvas/dom.js";

const MARK = `<svg viewBox="0 0 32 32" width="30" height="30" aria-hidden="true" focusable="false">
<g fill="none" stroke="currentColor" stroke-width="1.2" opacity=".5"><circle cx="16" cy="16" r="7.4"/><circle cx="16" cy="16" r="13.4"/></g>
<circle cx="16" cy="16" r="3.2" fill="currentColor"/><g class="orbit inner"><circle cx="16" cy="8.6" r="1.9" fill="currentColor"/></g>
<g class="orbit outer"><circle cx="29.4" cy="16" r="2.6" class="dot"/></g></svg>`;

export function mount({ element }) {
  const mark = h("span", { class: "mark" });
  mark.innerHTML = MARK;
  const ready = h("span", { class: "ready", role: "status" });
  const toggle = h("button", { class: "ghost", type: "button", onclick: () => setDark(!isDark(), true) });
  const root = h("header", { class: "top" },
    mark, h("h1", {}, "Orrery"), h("p", {}, "Ask it in words, then watch it happen."), ready, toggle);
  keep(element, root);

  function setDark(dark, chosen = false) {
    document.body.classList.toggle("dark", dark);
    document.body.style.background = "var(--body-background-fill)";
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    toggle.textContent = dark ? "Light" : "Dark";
    toggle.setAttribute("aria-label", dark ? "Switch to light colours" : "Switch to dark colours");
    if (chosen) store.set("orrery-dark", dark ? "1" : "0");
    dispatchEvent(new Event("orrery:theme"));
  }
  const system = matchMedia("(prefers-color-scheme: dark)");
  const wanted = () => ({ 1: true, 0: false })[store.get("orrery-dark")] ?? system.matches;
  system.addEventListener("change", () => setDark(wanted()));
  setDark(wanted());
  watchReady(ready);
  openShared();
}

export const isDark = () => document.body.classList.contains("dark");

const WARMING = { corpus: "opening the sources", model: "loading the model" };

async function watchReady(line) {
  for (;;) {
    try {
      const state = await (await fetch("/api/ready")).json();
      const bad = Object.values(state).filter((v) => v !== "ready" && v !== "warming");
      const warming = Object.keys(state).filter((k) => state[k] === "warming");
      line.classList.toggle("busy", warming.length > 0);
      line.classList.toggle("bad", bad.length > 0);
      line.textContent = bad[0] ?? (warming.length ? `Warming up: ${warming.map((k) => WARMING[k] ?? k).join(", ")} …` : "Ready");
      if (!warming.length) return;
    } catch { /* the server is restarting or gone: ask again */ }
    await new Promise((go) => setTimeout(go, 1000));
  }
}
