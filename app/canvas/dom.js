// Small things every module uses. Text always goes in as text nodes, so nothing from a document is ever markup.

export function h(tag, attrs = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attrs)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// gradio may draw its template again when a value arrives; our root then only needs to be put back.
export function keep(element, root) {
  const mount = element.querySelector(".mount") ?? element;
  if (!mount.contains(root)) mount.replaceChildren(root);
}

// What a user may have set in the browser; private windows may refuse to keep it.
export const store = {
  get(key) { try { return localStorage.getItem(key); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(key, value); } catch { /* not kept */ } },
};

export const safeLink = (url) => (/^https?:\/\//i.test(url ?? "") ? url : null);

export const percent = (x) => `${(100 * x).toFixed(x > 0 && x < 1 ? 1 : 0).replace(/\.0$/, "")} %`;

// Go to another tab and tell it something there, once it listens.
export function openTab(name, event, detail) {
  [...document.querySelectorAll("[role=tab]")].find((tab) => tab.textContent.trim() === name)?.click();
  if (event) setTimeout(() => dispatchEvent(new CustomEvent(event, { detail })), 350);
}
