// One message at a time, the next when the one before has had its last reply: gradio shows one value, so two replies that
// arrive together would hide each other. Where nothing is heard, it is asked whether the server is there at all.
const SILENCE = 5000, SETTLE = 100; // milliseconds

// `send` a message, which names its `turn`; `silent(turn)` where the server is gone.
export function createLine(send, silent) {
  const line = [];
  let heard = 0;
  setInterval(async () => {
    const [first] = line;
    if (!first || performance.now() - heard < SILENCE) return;
    try { await fetch("/api/ready"); } catch { if (line[0] === first) silent(first.turn); }
  }, SILENCE);
  function begin() {
    heard = performance.now();
    if (line.length) send(line[0]);
  }
  return {
    heard: () => { heard = performance.now(); },
    send: (message) => { if (line.push(message) === 1) begin(); },
    // Whether it was this one's turn.
    leave(turn) {
      const at = line.findIndex((message) => message.turn === turn);
      if (at >= 0) line.splice(at, 1);
      if (at === 0 && line.length) setTimeout(begin, SETTLE);
      return at === 0;
    },
  };
}
