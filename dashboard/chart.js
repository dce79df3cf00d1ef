// Vega-Lite charts: specs/*.json (shared with `mfo chart`) drawn by the bundle vega.js, which arrives after the first paint.

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
  background: "transparent",
  font: "inherit",
  view: { stroke: null },
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
};

/*
 * The spec as it stands is what `mfo chart` draws, in light colours. Here each `<name>_colour` parameter becomes the CSS
 * variable --<name>, so a change of theme repaints the marks without drawing them again.
 */
function prepared(spec, { rows, width, values }) {
  const copy = structuredClone(spec);
  const pane = Math.max(160, Math.floor(width - AXIS));
  copy.params = (copy.params ?? []).map((param) => {
    if (param.name.endsWith("_colour")) return { ...param, value: `var(--${param.name.slice(0, -7).replaceAll("_", "-")})` };
    return param.name in values ? { ...param, value: values[param.name] } : param;
  });
  if (copy.vconcat) copy.vconcat = copy.vconcat.filter((part) => !part.name || rows.some((row) => isNumber(row[part.name])));
  for (const part of copy.vconcat ?? [copy]) part.width = pane;
  copy.config = CONFIG;
  copy.datasets = { rows };
  return copy;
}

const OPTIONS = {
  mode: "vega-lite",
  renderer: "svg",
  actions: false,
  tooltip: false,
  // What a strict content security policy needs: no Function() for expressions, no style element.
  ast: true,
  defaultStyle: false,
};

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
      const [embed, source] = await Promise.all([loadLibrary(), loadSpec(spec)]);
      if (!box.isConnected) return;
      width = Math.floor(box.clientWidth);
      const next = await embed(figure, prepared(source, { rows, width, values }), OPTIONS);
      drawn?.finalize();
      drawn = next;
      box.dataset.drawn = "yes";
      ready?.(drawn.view, box);
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
