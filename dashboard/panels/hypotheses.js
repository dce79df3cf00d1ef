// Conditions that analysts wrote down before they tested them: what followed their signals, and how many were tried.

import { h, said } from "../dom.js";
import { date, instant, isNumber, percent, range, words } from "../format.js";
import { footFor, leftOut } from "../panel.js";
import { intervalPicture } from "../small-pictures.js";
import { table, folded } from "../table.js";

const PATH = "data/hypotheses.json";
const PERIODS = { discovery: "Discovery", later: "Later data", live: "Since written down", all: "All" };

const signed = (value) => percent(value, 2, true);

// The columns that both tables share, of one period each.
const figures = (of) => [
  { label: "Signals", number: true, cell: (row) => words(of(row).n) },
  { label: "Mean after", number: true, cell: (row) => signed(of(row).mean_pct) },
  { label: "Base", number: true, cell: (row) => signed(of(row).base_pct) },
  { label: "Edge", number: true, cell: (row) => signed(of(row).edge_pct) },
  { label: "95 % interval", number: true, cell: (row) => range(of(row).low_pct, of(row).high_pct, signed) },
];

const whole = (hypothesis) => (hypothesis.periods ?? []).find((found) => found.period === "all") ?? {};

function overview(hypotheses) {
  const most = Math.max(0.01, ...hypotheses.flatMap((one) => [whole(one).low_pct, whole(one).high_pct, whole(one).edge_pct]).filter(isNumber).map(Math.abs));
  return table({
    caption: "Hypotheses and what followed their signals",
    isWide: true,
    hideCaption: true,
    columns: [
      { label: "Hypothesis", head: true, prose: true, cell: (one) => [said(one.name), h("span", { class: "code quiet condition" }, said(one.condition))] },
      { label: "Horizon", number: true, cell: (one) => `${words(one.horizon)} sessions` },
      { label: "Written down", cell: (one) => [h("span", { class: "whole" }, date(one.added_at)), h("span", { class: "quiet" }, " by ", said(words(one.author)))] },
      ...figures(whole),
      { label: `±${percent(most, 1)}`, cell: (one) => intervalPicture(-most, most, whole(one).low_pct, whole(one).high_pct, whole(one).edge_pct, 0) },
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
      ...figures(({ found }) => found),
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
    tested.length ? folded("In discovery, in later data and since it was written down", h("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": "Table of periods" }, byPeriod(tested))) : null,
  );
  panel.foot(...footFor(publication, artifact, [PATH]));
}
