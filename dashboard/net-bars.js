// Net flows as bars to both sides of zero: the side, the sign and the shape say the direction, the colour only repeats it.

import { h, svg, said } from "./dom.js";
import { isNumber, usd } from "./format.js";

export function netBars(rows) {
  const largest = Math.max(...rows.map((row) => (isNumber(row.value) ? Math.abs(row.value) : 0)), 1);
  const bar = (row) => {
    const length = isNumber(row.value) ? (50 * Math.abs(row.value)) / largest : 0;
    const isIn = row.value >= 0;
    return svg(
      "svg",
      { class: "net-bar", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" },
      svg("rect", { class: isIn ? "bar-in" : "bar-out", x: isIn ? 50 : 50 - length, y: 1, width: length, height: 8 }),
      svg("line", { class: "bar-zero", x1: 50, x2: 50, y1: 0, y2: 10 }),
    );
  };
  return h(
    "div",
    { class: "net-bars" },
    h("dl", {}, rows.map((row) => h("div", { class: "net-row" }, h("dt", {}, said(row.name)), h("dd", {}, bar(row), h("span", { class: "number" }, usd(row.value, true)))))),
    h("p", { class: "quiet small net-axis", "aria-hidden": "true" }, h("span", {}, "◀ outflow"), h("span", {}, "inflow ▶")),
  );
}
