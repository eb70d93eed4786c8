// A text with headings, paragraphs, lists, `code`, **strong** and links, as nodes: never as markup.
import { h, safeLink } from "/canvas/dom.js";

export function prose(text) {
  return text.trim().split(/\n\s*\n/).map((block) => {
    const heading = block.match(/^#+\s+(.*)/);
    if (heading) return h("h3", {}, ...inline(heading[1]));
    if (/^[-*] /.test(block)) return h("ul", {}, block.split(/\n(?=[-*] )/).map((item) => h("li", {}, ...inline(item.slice(2)))));
    return h("p", {}, ...inline(block.replace(/\n/g, " ")));
  });
}

function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)\s]+\))/).map((part) => {
    if (/^`/.test(part)) return h("code", {}, part.slice(1, -1));
    if (/^\*\*/.test(part)) return h("b", {}, part.slice(2, -2));
    const link = part.match(/^\[([^\]]+)\]\(([^)\s]+)\)$/);
    if (!link) return part;
    return safeLink(link[2]) ? h("a", { href: link[2], target: "_blank", rel: "noopener noreferrer" }, link[1]) : link[1];
  });
}

const NOT_DRAWN = "script, foreignObject, iframe, animate, set";

// A figure that our server drew. Parsed apart from the page, and what could run or load is taken out.
export function figure(svg) {
  const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  root.querySelectorAll(NOT_DRAWN).forEach((node) => node.remove());
  root.querySelectorAll("style").forEach((node) => /url\(|@import/i.test(node.textContent) && node.remove());
  root.querySelectorAll("image").forEach((node) => !node.getAttribute("href")?.startsWith("data:image/png;") && node.remove());
  for (const node of [root, ...root.querySelectorAll("*")]) {
    for (const { name, value } of [...node.attributes]) if (/^on/i.test(name) || (/href$/i.test(name) && !/^(#|data:image\/png;)/.test(value))) node.removeAttribute(name);
  }
  return h("figure", { class: "figure" }, document.importNode(root, true));
}

// JSON objects, a line each, as they arrive.
export async function* lines(reply) {
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const parts = rest.split("\n");
    rest = parts.pop();
    for (const part of parts) if (part.trim()) yield JSON.parse(part);
  }
}
