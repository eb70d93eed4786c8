// The user's own documents beside the sources: files or pasted text go in one by one, each with a line that says
// what became of it; below, the list of what is there.
import { h } from "/canvas/dom.js";

const KEPT = {
  here: "They stay on this machine.",
  visit: "Only you can ask about them. They are deleted when you close this page.",
  shared: "Everyone who uses this server can ask about them.",
};
const CHANGED = { added: "Added", updated: "Replaced the one of that name", unchanged: "Unchanged, already here" };

export function createDocuments(root, { limit = 0, formats = [] }) {
  const choose = h("button", { type: "button", class: "ghost choose", onclick: () => files.click() }, "Choose files");
  const files = h("input", { type: "file", multiple: true, hidden: true, accept: formats.join(","), "aria-label": "Files to add", onchange: fromInput });
  const title = h("input", { id: "paste-title", type: "text", maxlength: 100, required: true });
  const text = h("textarea", { id: "paste-text", rows: 4, required: true });
  const paste = h("form", { onsubmit: fromPaste },
    h("label", { for: "paste-title" }, "Title"), title,
    h("label", { for: "paste-text" }, "Text, or captions with their times"), text,
    h("button", { type: "submit", class: "ghost" }, "Add this text"));
  const queue = h("ul", { class: "queue", "aria-label": "What is being added" });
  const heading = h("h3", { tabindex: "-1" }, "In your library");
  const list = h("ul", { class: "held" });
  const said = h("p", { class: "said faint", role: "status" });
  const about = h("p", { class: "faint" });
  const view = h("div", { class: "view", hidden: true },
    h("button", { type: "button", class: "ghost back", onclick: close }, "← Back to the sources"),
    h("h2", {}, "Your documents"),
    about,
    h("div", { class: "drop" }, choose, files,
      h("p", { class: "faint" }, `PDF, web page, text or transcript; several at once${limit ? `, up to ${megabytes(limit)} MB each` : ""}. Or drop them here.`)),
    h("details", { class: "paste" }, h("summary", {}, "Paste text instead"), paste),
    queue, said, heading, list);
  const opener = h("button", { type: "button", class: "ghost", "aria-expanded": "false", onclick: open }, "Add documents");
  const hint = h("span", { class: "faint" }, "Ask about your own");
  root.append(view, h("div", { class: "bar" }, hint, opener));

  const waiting = [];
  let working = false;

  function open() {
    root.classList.add("adding", "open");
    view.hidden = false;
    opener.setAttribute("aria-expanded", "true");
    choose.focus({ preventScroll: true });
    refresh();
  }
  function close() {
    if (view.hidden) return;
    root.classList.remove("adding", "open");
    view.hidden = true;
    opener.setAttribute("aria-expanded", "false");
    if (view.contains(document.activeElement) || document.activeElement === document.body) opener.focus({ preventScroll: true });
  }
  view.addEventListener("keydown", (event) => event.key === "Escape" && close());

  function fromInput() {
    addFiles(files.files);
    files.value = "";
  }
  function fromPaste(event) {
    event.preventDefault();
    add([{ name: title.value, query: `title=${encodeURIComponent(title.value)}`, body: new Blob([text.value]) }]);
    paste.reset();
    title.focus();
  }
  root.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    root.classList.add("over");
  });
  root.addEventListener("dragleave", (event) => root.contains(event.relatedTarget) || root.classList.remove("over"));
  root.addEventListener("drop", (event) => {
    root.classList.remove("over");
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    open();
    addFiles(event.dataTransfer.files);
  });

  const addFiles = (list) => add([...list].map((file) => ({ name: file.name, query: `name=${encodeURIComponent(file.name)}`, body: file })));

  function add(items) {
    if (!items.length) return;
    if (!working) queue.replaceChildren();
    said.textContent = "";
    for (const { name, query, body } of items) {
      const state = h("span", { class: "state" }, "Waiting");
      const line = h("li", {}, h("span", { class: "name" }, name), state);
      queue.append(line);
      const tell = (words, kind) => {
        state.textContent = words;
        line.className = kind;
      };
      waiting.push({ query, body, tell });
    }
    if (!working) work();
  }

  async function work() {
    working = true;
    let added = 0, failed = 0;
    while (waiting.length) {
      const { query, body, tell } = waiting.shift();
      const rest = waiting.length ? `, ${waiting.length} more to come` : "";
      const { document: done, error } = await send(query, body, limit, (words) => {
        tell(words, "busy");
        hint.textContent = `${words}${rest}`;
      });
      const problem = error ?? done.problem;
      tell(problem || `${CHANGED[done.change]}: ${extent(done)}`, problem ? "bad" : "good");
      problem ? failed++ : added++;
      await refresh();
    }
    working = false;
    refresh();
    said.textContent = [added && `${added} ready to ask about`, failed && `${failed} could not be added`].filter(Boolean).join(", ") + ".";
    said.scrollIntoView({ block: "nearest" });
  }

  async function refresh() {
    const { documents, kept, error } = await answer(fetch("/api/documents"));
    about.textContent = `Answers quote them by page or time, beside the shipped sources. ${KEPT[kept] ?? ""}`;
    if (error) return list.replaceChildren(h("li", { class: "error", role: "alert" }, error));
    hint.textContent = working ? hint.textContent : documents.length ? `${plural(documents.length, "document")} of yours` : "Ask about your own";
    heading.hidden = !documents.length;
    list.replaceChildren(...documents.map((item) => h("li", {},
      h("span", { class: "name" }, item.title),
      h("span", { class: "meta" }, [fileName(item), extent(item)].filter(Boolean).join(" · ")),
      h("button", { type: "button", class: "ghost", "aria-label": `Remove ${item.title}`, onclick: () => remove(item) }, "Remove"))));
  }

  async function remove(item) {
    const { error } = await answer(fetch(`/api/documents/${encodeURIComponent(item.id)}`, { method: "DELETE" }));
    said.textContent = error ?? `“${item.title}” is removed.`;
    await refresh();
    (heading.hidden ? choose : heading).focus({ preventScroll: true });
  }
  return { open, close };
}

// Sends one document; `tell` gets each line of progress. Resolves with { document } or { error }.
async function send(query, body, limit, tell) {
  if (limit && body.size > limit) return { error: `${megabytes(body.size)} MB; the limit is ${megabytes(limit)} MB` };
  tell("Reading …");
  let last = {};
  try {
    const response = await fetch(`/api/documents?${query}`, { method: "PUT", body });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let left = ""; ;) {
      const { value, done } = await reader.read();
      const lines = (left + (value ?? "")).split("\n");
      left = lines.pop();
      for (const line of lines) {
        last = JSON.parse(line);
        if (last.progress) tell(last.progress);
      }
      if (done) break;
    }
  } catch {
    return { error: "The server can’t be reached; try again when it is back." };
  }
  return last.document || last.error ? last : { error: "The server stopped before it was added; try again." };
}

async function answer(request) {
  try {
    return await (await request).json();
  } catch {
    return { error: "The server can’t be reached; try again when it is back." };
  }
}

const megabytes = (bytes) => Math.round(bytes / 2 ** 20);

const plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;

// The file's own name, where the title doesn't say it already.
function fileName({ path, title }) {
  const name = path.split("/").filter(Boolean).pop() ?? "";
  return name.replace(/\.\w+$/, "") === title ? "" : name;
}

const extent = (d) => [d.pages && plural(d.pages, "page"), plural(d.passages, "passage")].filter(Boolean).join(", ");
