// Correlations as a coloured table: the figure is in every cell, its colour (11 steps) only helps to scan.

import { h, said } from "../dom.js";
import { date, fixed, isNumber, NONE } from "../format.js";
import { emptyState, fillPanel, footFor } from "../panel.js";
import { radios } from "../controls.js";
import * as state from "../state.js";

const PATH = "data/correlations.json";
const DAYS = ["30", "90", "252"];

function shade(r) {
  if (!isNumber(r)) return "r-none";
  const step = Math.round(Math.abs(r) * 5);
  return step === 0 ? "r-0" : `r-${r < 0 ? "n" : "p"}${step}`;
}

// On a phone ten columns have no room for the zero before each point; CSS takes it away there.
function coefficient(r) {
  const [, sign, decimals] = /^(\u2212?)0(\..+)$/.exec(fixed(r, 2)) ?? [];
  return decimals ? [sign, h("span", { class: "leading" }, "0"), decimals] : fixed(r, 2);
}

function matrix(window) {
  const heads = window.symbols.map((symbol) => h("th", { scope: "col" }, h("span", { class: "upright" }, said(symbol))));
  const rows = window.symbols.map((symbol, i) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, said(symbol)),
      window.r[i].map((r, j) =>
        h("td", { class: `r ${shade(r)}`, title: `${symbol} and ${window.symbols[j]}: n = ${window.n?.[i]?.[j] ?? "unknown"}` }, i === j && r === 1 ? "1" : coefficient(r)),
      ),
    ),
  );
  return h(
    "table",
    { class: "matrix" },
    h("caption", { class: "for-ears" }, `Correlations over ${window.days} common dates`),
    h("thead", {}, h("tr", {}, h("td", {}), heads)),
    h("tbody", {}, rows),
  );
}

function scale() {
  const steps = ["n5", "n4", "n3", "n2", "n1", "0", "p1", "p2", "p3", "p4", "p5"];
  return h(
    "p",
    { class: "matrix-scale quiet small", "aria-hidden": "true" },
    "−1 ",
    h("span", { class: "matrix-steps" }, steps.map((step) => h("span", { class: `r-${step}` }))),
    " 1",
  );
}

export function setUpCorrelations(panel, publication) {
  const days = radios({ legend: "Days", options: DAYS.map((name) => [name, `${name} d`]), value: state.oneOf("days", DAYS), choose: (value) => state.set({ days: value }) });
  panel.controls.append(days.element);
  return () =>
    fillPanel(panel, async () => {
      const chosen = state.oneOf("days", DAYS);
      days.set(chosen);
      const artifact = await publication.load(PATH);
      const window = artifact.windows.find((entry) => String(entry.days) === chosen);
      panel.say(`Pearson's r of total log returns, last ${chosen} common dates; n of a pair stands in its cell's title. ${NONE}: not full yet.`);
      if (!window || window.symbols.length === 0) panel.show(emptyState(`No correlations over ${chosen} days in this publication.`));
      else panel.show(h("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": `Table of correlations, ${chosen} days` }, matrix(window)), scale());
      panel.foot(...footFor(publication, artifact, [PATH], { asOf: `the session of ${date(artifact.anchor_date)}` }));
    });
}
