// Conditions that analysts wrote down before they tested them: what followed their signals, and how many were tried.

import { h, said, svg } from "../dom.js";
import { date, instant, isNumber, NONE, percent, words } from "../format.js";
import { footFor, leftOut } from "../panel.js";
import { table, folded } from "../table.js";

const PATH = "data/hypotheses.json";
const PERIODS = { discovery: "Discovery", later: "Later data", live: "Since written down", all: "All" };

// The edge from −most to most: its interval as a bar, the edge as a dot, no edge as a tick.
function edgePicture(found, most) {
  const at = (value) => 50 + 47 * Math.max(-1, Math.min(1, value / most));
  const parts = [svg("line", { class: "interval-room", x1: 2, x2: 98, y1: 8, y2: 8 })];
  if (isNumber(found.low_pct) && isNumber(found.high_pct)) parts.push(svg("line", { class: "interval-part", x1: at(found.low_pct), x2: at(found.high_pct), y1: 8, y2: 8 }));
  parts.push(svg("line", { class: "interval-base", x1: 50, x2: 50, y1: 1, y2: 15 }));
  if (isNumber(found.edge_pct)) parts.push(svg("circle", { class: "interval-dot", cx: at(found.edge_pct), cy: 8, r: 3.5 }));
  return svg("svg", { class: "interval", viewBox: "0 0 100 16", "aria-hidden": "true", focusable: "false" }, parts);
}

function range(found) {
  return isNumber(found.low_pct) && isNumber(found.high_pct) ? `${percent(found.low_pct, 2, true)} to ${percent(found.high_pct, 2, true)}` : NONE;
}

const whole = (hypothesis) => (hypothesis.periods ?? []).find((found) => found.period === "all") ?? {};

function overview(hypotheses) {
  const most = Math.max(0.01, ...hypotheses.flatMap((one) => [whole(one).low_pct, whole(one).high_pct, whole(one).edge_pct]).filter(isNumber).map(Math.abs));
  return table({
    caption: "Hypotheses and what followed their signals",
    isWide: true,
    hideCaption: true,
    columns: [
      { label: "Hypothesis", head: true, prose: true, cell: (one) => [said(one.name), h("span", { class: "code quiet condition" }, said(one.condition))] },
      { label: "Horizon", number: true, cell: (one) => `${words(one.horizon)} bars` },
      { label: "Written down", cell: (one) => [h("span", { class: "whole" }, date(one.added_at)), h("span", { class: "quiet" }, " by ", said(words(one.author)))] },
      { label: "Signals", number: true, cell: (one) => words(whole(one).n) },
      { label: "Mean after", number: true, cell: (one) => percent(whole(one).mean_pct, 2, true) },
      { label: "Base", number: true, cell: (one) => percent(whole(one).base_pct, 2, true) },
      { label: "Edge", number: true, cell: (one) => percent(whole(one).edge_pct, 2, true) },
      { label: "95 % interval", number: true, cell: (one) => range(whole(one)) },
      { label: `±${percent(most, 1)}`, cell: (one) => edgePicture(whole(one), most) },
      { label: "In words", prose: true, cell: (one) => said(one.words ?? "not tested yet") },
    ],
    rows: hypotheses,
  });
}

function byPeriod(hypotheses) {
  return table({
    caption: "Each period of each hypothesis",
    isWide: true,
    hideCaption: true,
    columns: [
      { label: "Hypothesis", head: true, cell: ({ one }) => said(one.name) },
      { label: "Period", cell: ({ found }) => said(PERIODS[found.period] ?? words(found.period)) },
      { label: "Signals", number: true, cell: ({ found }) => words(found.n) },
      { label: "Mean after", number: true, cell: ({ found }) => percent(found.mean_pct, 2, true) },
      { label: "Base", number: true, cell: ({ found }) => percent(found.base_pct, 2, true) },
      { label: "Edge", number: true, cell: ({ found }) => percent(found.edge_pct, 2, true) },
      { label: "95 % interval", number: true, cell: ({ found }) => range(found) },
      { label: "Split", cell: ({ one }) => date(one.split) },
      { label: "Tested", cell: ({ one }) => `${instant(one.tested_at, true)} (${words(one.tests)})` },
    ],
    rows: hypotheses.flatMap((one) => (one.periods ?? []).map((found) => ({ one, found }))),
  });
}

// The newest warning counts the most tries, and says what they mean for each that looks good.
function tried(hypotheses) {
  const warned = [...hypotheses].sort((a, b) => (b.tries ?? 0) - (a.tries ?? 0))[0]?.warning;
  return warned ? h("p", { class: "section-line" }, h("strong", {}, "▲ Many tries: "), said(`${warned}.`)) : null;
}

export async function drawHypotheses(panel, publication) {
  const artifact = await publication.load(PATH);
  const hypotheses = artifact.hypotheses ?? [];
  const tested = hypotheses.filter((one) => (one.periods ?? []).length);
  const tries = isNumber(artifact.tries) ? ` ${artifact.tries} condition${artifact.tries === 1 ? "" : "s"} tried so far.` : "";
  panel.say(`Written down before they are tested. Percent: log total return after a signal, against the mean of all windows of the same symbols.${tries}`);
  const none = h("span", {}, "None is written down yet. ", h("code", {}, 'mfo hypothesis add NAME "CONDITION"'), " writes one down, and the next export shows it.");
  panel.show(
    hypotheses.length ? h("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": "Table of hypotheses" }, overview(hypotheses)) : leftOut(artifact, none),
    tested.length ? h("p", { class: "quiet small legend" }, h("span", {}, "● edge: mean after a signal less the base"), h("span", {}, "━ 95 % interval"), h("span", {}, "│ no edge")) : null,
    tried(hypotheses),
    tested.length ? folded("In discovery, in later data and since it was written down", h("div", { class: "table-box" }, byPeriod(tested))) : null,
  );
  panel.foot(...footFor(publication, artifact, [PATH]));
}
