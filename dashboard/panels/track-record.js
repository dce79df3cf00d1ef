// How calls turned out, by fixed rule: n, hit rate, 95 % interval and base rate stand together or not at all.

import { h, said } from "../dom.js";
import { date, fixed, isNumber, percent, range, share, words } from "../format.js";
import { emptyState, footFor } from "../panel.js";
import { table, folded } from "../table.js";
import { intervalPicture } from "../small-pictures.js";
import { stance } from "./recommendations.js";

const PATH = "data/track-record.json";

function recordTable(rows) {
  return table({
    caption: "Hit rates by model, stance and horizon",
    isWide: true,
    hideCaption: true,
    columns: [
      { label: "Calls of", head: true, cell: (row) => [said(row.model), row.scope && row.scope !== "default" ? [" ", h("span", { class: "quiet" }, said(row.scope))] : null, row.kind === "replay" ? h("span", { class: "quiet" }, " (replay)") : null] },
      { label: "Stance", whole: true, cell: (row) => [stance(row.stance), h("span", { class: "quiet" }, ` ${words(row.horizon)} sessions`)] },
      { label: "n (independent)", number: true, cell: (row) => `${words(row.n)} (${words(row.n_eff)})` },
      { label: "Hit rate", number: true, cell: (row) => share(row.hit_rate) },
      { label: "95 % interval", number: true, cell: (row) => range(row.interval_low, row.interval_high, share) },
      { label: "Base rate", number: true, cell: (row) => share(row.base_rate) },
      { label: "0 to 100 %", cell: (row) => intervalPicture(0, 1, row.interval_low, row.interval_high, row.hit_rate, row.base_rate) },
      { label: "Mean excess", number: true, cell: (row) => [percent(row.mean_excess_pct, 2, true), h("span", { class: "quiet" }, isNumber(row.excess_low) ? ` (${range(row.excess_low, row.excess_high, (value) => percent(value, 2, true))})` : "")] },
      { label: "Brier (skill)", number: true, cell: (row) => `${fixed(row.brier, 3)} (${fixed(row.brier_skill, 2)})` },
      { label: "Voids", number: true, cell: (row) => words(row.voids) },
      { label: "In words", prose: true, cell: (row) => said(words(row.words)) },
    ],
    rows,
  });
}

function recentTable(rows) {
  return table({
    caption: "Settled last",
    isWide: true,
    hideCaption: true,
    columns: [
      { label: "Symbol", head: true, cell: (row) => said(row.symbol) },
      { label: "Stance", cell: (row) => [stance(row.stance), h("span", { class: "quiet" }, ` ${words(row.horizon)} sessions`)] },
      { label: "Calls of", cell: (row) => said(row.model) },
      { label: "For", cell: (row) => date(row.for_date) },
      { label: "Entry", cell: (row) => date(row.entry_date) },
      { label: "Exit", cell: (row) => date(row.exit_date) },
      { label: "Confidence", number: true, cell: (row) => share(row.confidence) },
      { label: "Excess return", number: true, cell: (row) => percent(row.excess_return_pct, 2, true) },
      { label: "Hit", cell: (row) => (row.is_hit === null || row.is_hit === undefined ? "void" : row.is_hit ? "✓ yes" : "✕ no") },
    ],
    rows,
  });
}

export async function drawTrackRecord(panel, publication) {
  const artifact = await publication.load(PATH);
  const rows = artifact.rows ?? [];
  const recent = artifact.recent ?? [];
  const pending = artifact.pending;
  const waiting = isNumber(pending) ? `${pending} call${pending === 1 ? "" : "s"} not due yet. ` : "";
  panel.say(`${waiting}The interval is Wilson's on calls that do not overlap; the base rate is how often the stance would have been right anyway.`);
  panel.show(
    rows.length
      ? h("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": "Table of settled calls" }, recordTable(rows))
      : emptyState("No call has been settled yet, so there is no record to judge by."),
    rows.length ? h("p", { class: "quiet small legend" }, h("span", {}, "● hit rate"), h("span", {}, "━ 95 % interval"), h("span", {}, "│ base rate")) : null,
    recent.length ? folded(`The last ${recent.length} settled calls`, h("div", { class: "table-box" }, recentTable(recent))) : null,
  );
  panel.foot(...footFor(publication, artifact, [PATH]));
}
