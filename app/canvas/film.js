// Several sprite sheets on one clock: play, pause, scrub. What is drawn is nothing but the frames.
import { h } from "/canvas/dom.js";
import { loadSheet } from "/canvas/picture.js";

const SIZE = 64;

export function createFilm(steps_per_second = 12) {
  const screens = h("div", { class: "screens" });
  const play = h("button", { class: "primary play", type: "button", onclick: toggle }, "Play");
  const slider = h("input", { type: "range", min: "0", max: "0", value: "0", "aria-label": "Step", oninput: () => seek(+slider.value) });
  const readout = h("span", { class: "faint" });
  const root = h("div", { class: "reel" }, screens, h("div", { class: "bar" }, play, slider, readout));
  let reels = [], mark = null, time = 0, last = 0, playing = false, length = 0;
  addEventListener("orrery:theme", draw);
  new ResizeObserver(draw).observe(screens);
  return { root, load, stop };

  // films: [{title, caption, sheet (base64) or null, words}]; place: [x, y, radius] in pixels of a frame, or null
  async function load(films, place = null, start = 0) {
    stop();
    mark = place;
    const images = await Promise.all(films.map((film) => film.sheet && loadSheet(film.sheet)));
    reels = films.map((film, i) => ({ image: images[i], canvas: h("canvas", { role: "img", "aria-label": `${film.title}: ${film.words}` }) }));
    length = Math.max(0, ...images.map((image) => (image ? image.width / SIZE - 1 : 0)));
    screens.replaceChildren(...films.map((film, i) => h("figure", { class: "picture" }, h("figcaption", {}, h("b", {}, film.title), " ", h("span", {}, film.caption)), film.sheet ? reels[i].canvas : h("p", { class: "nothing" }, film.words))));
    slider.max = length;
    root.querySelector(".bar").hidden = length === 0;
    seek(start);
    if (length > start && !matchMedia("(prefers-reduced-motion: reduce)").matches) toggle();
  }
  function stop() {
    playing = false;
    play.textContent = "Play";
  }
  function toggle() {
    if (playing) return stop();
    if (time >= length) time = 0;
    playing = true;
    play.textContent = "Pause";
    last = performance.now();
    requestAnimationFrame(tick);
  }
  function tick(now) {
    if (!playing) return;
    time = Math.min(length, time + ((now - last) / 1000) * steps_per_second);
    last = now;
    draw();
    if (time >= length) stop(); else requestAnimationFrame(tick);
  }
  function seek(step) {
    time = Math.min(length, step);
    draw();
  }
  function draw() {
    const step = Math.floor(time);
    slider.value = step;
    readout.textContent = `step ${step} of ${length}`;
    root.dataset.step = step;
    for (const { image, canvas } of reels) {
      const side = Math.round(canvas.clientWidth * devicePixelRatio);
      if (!image || !side) continue;
      if (canvas.width !== side) canvas.width = canvas.height = side;
      const g = canvas.getContext("2d"), k = Math.min(step, image.width / SIZE - 1);
      g.imageSmoothingEnabled = false;
      g.drawImage(image, k * SIZE, 0, SIZE, SIZE, 0, 0, side, side);
      if (mark) ring(g, mark, side / SIZE);
    }
  }
}

// The place that is spoken of: dashed, so that it is nothing in the world.
function ring(g, [x, y, radius], s) {
  g.beginPath();
  g.arc(x * s, y * s, radius * s, 0, 2 * Math.PI);
  g.setLineDash([1.2 * s, 1.2 * s]);
  g.lineWidth = 0.6 * s;
  g.strokeStyle = "rgb(15, 23, 42)";
  g.stroke();
  g.setLineDash([]);
}
