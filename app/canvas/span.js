// Dated things on a line of years, in lanes so that names don't overlap; the same things as a list beneath.
import { h } from "/canvas/dom.js";

const LANE = 19;

export function createSpan(title, open) {
  const chart = h("div", { class: "span", role: "group", tabindex: "0" });
  const list = h("ul", { class: "spanlist" });
  const root = h("div", {}, h("p", { class: "faint" }, title), chart, h("details", {}, h("summary", {}, "As a list"), list));
  let items = [];
  new ResizeObserver(() => place()).observe(chart);
  return { root, draw };

  function draw(next) {
    items = next;
    chart.setAttribute("aria-label", `${items.length} systems from ${items[0]?.date ?? "no date"} to ${items.at(-1)?.date ?? "no date"}; the list below names them.`);
    list.replaceChildren(...items.map((item) => h("li", {}, h("button", { class: "plain", type: "button", onclick: () => open(item.id) }, item.name), ` ${item.date}. ${item.more}`)));
    place();
  }
  function place() {
    const width = chart.clientWidth;
    if (!width) return;
    const day = (date) => Date.parse(date.length === 4 ? `${date}-07-01` : date.length === 7 ? `${date}-15` : date);
    const from = Math.max(Date.parse("2016-01-01"), Math.min(...items.map((i) => day(i.date)))), to = Math.max(...items.map((i) => day(i.date))) + 2e9;
    const x = (date) => Math.max(0, ((day(date) - from) / (to - from)) * (width - 120));
    const ends = [];
    const dots = items.map((item) => {
      const left = x(item.date), wide = item.named ? 20 + 6.4 * item.name.length : 11;
      let lane = ends.findIndex((end) => end < left);
      if (lane < 0) lane = ends.length;
      ends[lane] = left + wide;
      return h("button", { class: item.named ? "mark" : "mark small", type: "button", tabindex: "-1", "aria-hidden": "true", title: `${item.name}, ${item.date}: ${item.more}`, style: `left:${left}px;top:${24 + lane * LANE}px`, onclick: () => open(item.id) }, item.named ? item.name : "");
    });
    const years = [];
    for (let year = new Date(from).getUTCFullYear() + 1; Date.parse(`${year}-01-01`) < to; year++) years.push(h("span", { class: "year", style: `left:${x(`${year}-01-01`)}px` }, year));
    chart.style.height = `${30 + ends.length * LANE}px`;
    chart.replaceChildren(...years, ...dots);
  }
}
