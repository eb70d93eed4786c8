// What takes many episodes: a line tells how far it is, and the button that began it gives it up.
import { lines } from "/canvas/prose.js";

export function createErrand(button, said) {
  let going = null, label = "";
  return { run, stop };

  // The last line that the server told, or null where it was given up. `opening`: what is said until it tells something;
  // `telling`: what stands before each step that it tells.
  async function run(path, settings, opening, telling = "") {
    if (going) { stop(); said.textContent = "Cancelled."; return null; }
    const mine = (going = new AbortController());
    let last = {};
    label = button.textContent;
    button.textContent = "Cancel";
    said.textContent = opening;
    try {
      const reply = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(settings), signal: mine.signal });
      for await (const line of lines(reply)) {
        if (mine !== going) return null;
        last = line;
        if (line.place) said.textContent = `Waiting: ${line.place} before you.`;
        if (line.progress) said.textContent = `${telling}${line.progress}`;
      }
    } catch {
      last = { error: "The server does not answer." };
    }
    if (mine !== going) return null;
    stop();
    return last.place || last.progress ? { error: "The server stopped before it had an answer." } : last;
  }
  function stop() {
    if (!going) return;
    going.abort();
    going = null;
    button.textContent = label;
  }
}
