// A line of recent values without axes. It only shows a direction: the figures stand in the panel that the tile names.

import { svg } from "./dom.js";
import { isNumber } from "./format.js";

const WIDTH = 120;
const HEIGHT = 32;
const EDGE = 2;

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
