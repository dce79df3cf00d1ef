// Small pictures: a line of recent values, pressure as bars to both sides of zero, an interval.

import { h, svg, said } from "./dom.js";
import { fixed, isNumber } from "./format.js";

const WIDTH = 120;
const HEIGHT = 32;
const EDGE = 2;

// Without axes, it only shows a direction: the figures stand in the panel that the tile names.
export function sparkline(values, { size = "sparkline" } = {}) {
  const picture = svg("svg", { class: size, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" });
  const known = values.filter(isNumber);
  if (known.length < 2) return picture;
  const low = Math.min(...known);
  const high = Math.max(...known);
  const x = (position) => (WIDTH * position) / (values.length - 1);
  const y = (value) => (high === low ? HEIGHT / 2 : EDGE + ((high - value) / (high - low)) * (HEIGHT - 2 * EDGE));
  let path = "";
  let isPenDown = false;
  values.forEach((value, position) => {
    // A missing value breaks the line: joining its neighbours would invent a figure.
    if (isNumber(value)) path += `${isPenDown ? "L" : "M"}${x(position).toFixed(1)} ${y(value).toFixed(1)}`;
    isPenDown = isNumber(value);
  });
  if (low < 0 && high > 0) {
    picture.append(svg("line", { class: "sparkline-zero", x1: 0, x2: WIDTH, y1: y(0), y2: y(0) }));
  }
  picture.append(svg("path", { class: "sparkline-line", d: path }));
  return picture;
}

// The side and the sign say the direction, the colour only repeats it. The longest bar is the window's largest figure.
export function pressureBars(nodes) {
  const largest = Math.max(...nodes.map((node) => Math.abs(node.pressure_pct ?? 0))) || 1;
  const bar = (value) => {
    const length = (50 * Math.abs(value ?? 0)) / largest;
    const isUp = value >= 0;
    return svg(
      "svg",
      { class: "pressure-bar", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" },
      svg("rect", { class: isUp ? "bar-up" : "bar-down", x: isUp ? 50 : 50 - length, y: 1, width: length, height: 8 }),
      svg("line", { class: "bar-zero", x1: 50, x2: 50, y1: 0, y2: 10 }),
    );
  };
  const row = (node) =>
    h("div", { class: "pressure-row" }, h("dt", {}, said(node.node), " ", h("span", { class: "quiet small" }, said(node.symbol))), h("dd", {}, bar(node.pressure_pct), h("span", { class: "number" }, fixed(node.pressure_pct, 1, true))));
  return h("dl", {}, nodes.map(row));
}

// On a scale from least to most: an interval as a bar, the value as a dot, what it is held against as a tick.
export function intervalPicture(least, most, low, high, value, against) {
  const at = (figure) => 2 + 96 * Math.max(0, Math.min(1, (figure - least) / (most - least)));
  const parts = [svg("line", { class: "interval-room", x1: 2, x2: 98, y1: 8, y2: 8 })];
  if (isNumber(low) && isNumber(high)) parts.push(svg("line", { class: "interval-part", x1: at(low), x2: at(high), y1: 8, y2: 8 }));
  if (isNumber(against)) parts.push(svg("line", { class: "interval-base", x1: at(against), x2: at(against), y1: 1, y2: 15 }));
  if (isNumber(value)) parts.push(svg("circle", { class: "interval-dot", cx: at(value), cy: 8, r: 3.5 }));
  return svg("svg", { class: "interval", viewBox: "0 0 100 16", "aria-hidden": "true", focusable: "false" }, parts);
}
