// Charts: specs/*.json (shared with `mfo chart`) drawn by Vega, vega.js, which arrives after the first paint.

import { h } from "./dom.js";
import { file, vega } from "./files.js";
import { isNumber } from "./format.js";

const AXIS = 52; // pixels kept right of every pane for its axis, the same in all panes so that they line up
const specs = new Map();
const waiting = [];
let library = null;

function loadLibrary() {
  library ??= vega();
  return library;
}

function loadSpec(name) {
  if (!specs.has(name)) {
    specs.set(
      name,
      file(`specs/${name}.json`).then((answer) => {
        if (!answer.ok) throw new Error(`specs/${name}.json: HTTP ${answer.status}`);
        return answer.json();
      }),
    );
  }
  return specs.get(name);
}

// Charts ask for their turn; nothing of it runs before the page is on the screen.
export function startCharts() {
  const idle = window.requestIdleCallback ?? ((run) => setTimeout(run, 50));
  const start = () => {
    for (const draw of waiting.splice(0)) draw();
    waiting.push = (draw) => (draw(), 0);
  };
  requestAnimationFrame(() => requestAnimationFrame(() => idle(start, { timeout: 1500 })));
}

const CONFIG = {
  axis: {
    labelColor: "var(--quiet)",
    titleColor: "var(--quiet)",
    gridColor: "var(--grid)",
    domainColor: "var(--line)",
    tickColor: "var(--line)",
    labelFontSize: 11,
    titleFontSize: 11,
    labelFont: "inherit",
    titleFont: "inherit",
  },
  title: { color: "var(--quiet)", font: "inherit", fontSize: 11, fontWeight: "normal", anchor: "start", offset: 2 },
  text: { font: "inherit", fill: "var(--quiet)" },
  style: { cell: { stroke: null } },
};

/*
 * The Vega-Lite spec as it stands is what `mfo chart` draws, in light colours; the export compiles it. Here each
 * `<name>_colour` signal becomes the CSS variable --<name>, so a change of theme repaints the marks without drawing them
 * again. A pane that is named after a field is left out where no row has it.
 */
function prepared(spec, { rows, width, values }) {
  const copy = structuredClone(spec);
  const isShown = (mark) => !mark.name?.endsWith("_group") || mark.name.startsWith("concat_") || rows.some((row) => isNumber(row[mark.name.slice(0, -6)]));
  copy.width = Math.max(160, Math.floor(width - AXIS));
  copy.background = null;
  copy.config = CONFIG;
  copy.data.find((one) => one.name === "rows").values = rows;
  copy.marks = copy.marks.filter(isShown);
  for (const signal of copy.signals) {
    if (signal.name.endsWith("_colour")) signal.value = `var(--${signal.name.slice(0, -7).replaceAll("_", "-")})`;
    if (signal.name in values) signal.value = values[signal.name];
  }
  return copy;
}

/*
 * A box of fixed height (`size` is its class in charts.css), so that nothing moves when the chart arrives.
 * `ready(view, box)` is called after each drawing, e.g. to attach a crosshair.
 */
export function chart({ spec, size, rows, values = {}, label, ready }) {
  const figure = h("div", { class: "chart-drawing", "aria-hidden": "true" });
  const box = h("div", { class: `chart ${size}`, role: "group", "aria-label": label }, figure);
  let drawn = null;
  let width = 0;
  let isDrawing = false;

  async function draw() {
    if (isDrawing || !box.isConnected) return;
    isDrawing = true;
    try {
      const [{ parse, View, expressionInterpreter }, source] = await Promise.all([loadLibrary(), loadSpec(spec)]);
      if (!box.isConnected) return;
      width = Math.floor(box.clientWidth);
      // `ast` and the interpreter: a strict content security policy allows no Function() for expressions.
      const runtime = parse(prepared(source, { rows, width, values }), null, { ast: true });
      drawn?.finalize();
      drawn = new View(runtime, { expr: expressionInterpreter, renderer: "svg", container: figure, tooltip: () => {} });
      await drawn.runAsync();
      box.dataset.drawn = "yes";
      ready?.(drawn, box);
    } catch (problem) {
      figure.replaceChildren(h("p", { class: "state" }, "The chart could not be drawn. The table below holds its figures."));
      figure.removeAttribute("aria-hidden");
      console.warn(`chart ${spec}: ${problem.message}`);
    } finally {
      isDrawing = false;
    }
  }

  let later = 0;
  new ResizeObserver(() => {
    if (!drawn || Math.floor(box.clientWidth) === width) return;
    clearTimeout(later);
    later = setTimeout(draw, 120);
  }).observe(box);
  waiting.push(() => requestAnimationFrame(draw));
  return box;
}
