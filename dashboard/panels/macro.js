// Macro: net liquidity over time beside every series' latest value, with one chosen series drawn.

import { h, said } from "../dom.js";
import { date, fixed, isNumber, NONE, usd, withUnit, words } from "../format.js";
import { oldMark } from "../freshness.js";
import { emptyState, fillPanel, footFor } from "../panel.js";
import { select } from "../controls.js";
import { table, tableBehind } from "../table.js";
import { chart } from "../chart.js";
import { attachCursor } from "../crosshair.js";
import { sparkline } from "../small-pictures.js";
import * as state from "../state.js";

const PATH = "data/macro.json";

// One line chart with its readout: rows are {date, value}.
function lineChart({ rows, label, told, number_format, old }) {
  const last = rows.findLast((row) => isNumber(row.value)) ?? rows.at(-1);
  const readout = h("p", { class: "readout", "aria-live": "polite" });
  const say = (row) => readout.replaceChildren(h("strong", {}, told(row)), ` ${date(row.date)}`, ...(old && row === last ? [" ", old] : []));
  say(last);
  const drawing = chart({
    spec: "line",
    size: "chart-line",
    rows,
    values: { number_format },
    label: `${label}, ${rows.length} points. Arrow keys move from point to point.`,
    ready: (view, box) => {
      const placed = rows.map((row) => ({ ...row, at: Date.parse(`${row.date}T00:00:00Z`) }));
      const cursor = { signal: (name, value) => view.signal(name, placed.find((row) => row.at === value)?.date ?? null), scale: (name) => view.scale(name), origin: () => view.origin() };
      attachCursor({ view: cursor, box, rows: placed, key: "at", say, rest: last });
    },
  });
  return [readout, drawing];
}

function liquidity(artifact) {
  const points = artifact.net_liquidity?.points ?? [];
  const heading = h("h3", {}, "Net liquidity, Wednesdays");
  if (points.length === 0) return h("div", {}, heading, emptyState("No net liquidity in this publication."));
  const latest = points.at(-1);
  const rows = points.map((point) => ({ date: point.date, value: point.net_liquidity_usd }));
  const part = (name, value, day) => h("div", {}, h("dt", {}, name), h("dd", {}, usd(value), " ", h("span", { class: "quiet small whole" }, date(day))));
  return h(
    "div",
    {},
    heading,
    lineChart({ rows, label: "Net liquidity", told: (row) => usd(row.value), number_format: "$~s", old: oldMark(artifact, "net_liquidity") }),
    h(
      "dl",
      { class: "facts-row" },
      part("Fed assets (WALCL)", latest.walcl_usd, latest.date),
      part(["− Treasury's account (", said(latest.treasury_series), ")"], latest.treasury_usd, latest.date),
      part("− Reverse repo (RRPONTSYD)", latest.rrpontsyd_usd, latest.rrpontsyd_date),
    ),
    tableBehind("Table of net liquidity", () =>
      table({
        caption: "Net liquidity, newest first",
        hideCaption: true,
        columns: [
          { label: "Date", head: true, cell: (point) => date(point.date) },
          { label: "Net liquidity", number: true, cell: (point) => usd(point.net_liquidity_usd) },
          { label: "WALCL", number: true, cell: (point) => usd(point.walcl_usd) },
          { label: "Treasury", number: true, cell: (point) => usd(point.treasury_usd) },
          { label: "Account series", cell: (point) => said(point.treasury_series) },
          { label: "RRPONTSYD", number: true, cell: (point) => usd(point.rrpontsyd_usd) },
        ],
        rows: [...points].reverse(),
      }),
    ),
  );
}

// In the series' own unit, which stands beside it: "6.57 m" millions of dollars would be read wrongly.
function value(number, level, signed = false) {
  return isNumber(number) ? fixed(number, Math.abs(level) >= 1e4 ? 0 : 2, signed) : NONE;
}

function seriesTable(artifact, all) {
  return table({
    caption: "Series, latest values",
    hideCaption: true,
    columns: [
      { label: "Series", head: true, code: true, cell: (series) => said(series.series_id) },
      { label: "Name", prose: true, cell: (series) => said(series.title) },
      { label: "Value", number: true, cell: (series) => value(series.value, series.value) },
      { label: "Change", number: true, cell: (series) => value(series.change, series.value, true) },
      { label: "Unit", prose: true, cell: (series) => said(words(series.unit)) },
      { label: "Date", number: true, cell: (series) => [h("span", { class: "whole" }, date(series.date)), " ", oldMark(artifact, series.series_id)] },
      { label: "Last 120", cell: (series) => sparkline((series.points ?? []).map((point) => point[1]), { size: "sparkline sparkline-cell" }) },
    ],
    rows: all,
  });
}

function oneSeries(artifact, all, chosen) {
  const series = all.find((entry) => entry.series_id === chosen);
  const rows = (series.points ?? []).map(([at, number]) => ({ date: at, value: number }));
  if (rows.length === 0) return emptyState(`No values of ${series.series_id} in this publication.`);
  return h(
    "div",
    {},
    lineChart({ rows, label: String(series.title), told: (row) => withUnit(row.value, series.unit), number_format: "~s", old: oldMark(artifact, series.series_id) }),
    tableBehind(`Table of ${series.series_id}`, () =>
      table({
        caption: "Values, newest first",
        hideCaption: true,
        columns: [
          { label: "Date", head: true, cell: (row) => date(row.date) },
          { label: "Value", number: true, cell: (row) => withUnit(row.value, series.unit) },
        ],
        rows: [...rows].reverse(),
      }),
    ),
  );
}

export async function setUpMacro(panel, publication) {
  const artifact = await publication.load(PATH);
  const all = artifact.series ?? [];
  const ids = all.map((series) => series.series_id);
  const first = ids.includes("DGS10") ? "DGS10" : ids[0];
  const chosen = () => (ids.includes(state.get("series")) ? state.get("series") : first);
  const picker = select({ label: "Series", groups: [["", all.map((series) => [series.series_id, `${series.series_id} · ${series.title}`])]], value: chosen(), choose: (series) => state.set({ series }) });
  const drawn = h("div", {});
  const draw = () =>
    fillPanel(panel, () => {
      picker.set(chosen());
      if (ids.length) drawn.replaceChildren(oneSeries(artifact, all, chosen()));
    });
  if (ids.length === 0 && !(artifact.net_liquidity?.points ?? []).length) {
    panel.show(emptyState("No macro series in this publication."));
    panel.foot(...footFor(publication, artifact, [PATH]));
    return () => {};
  }
  const list = h("div", { class: "table-box is-tall series-list", tabindex: "0", role: "region", "aria-label": "Series, latest values" }, seriesTable(artifact, all));
  panel.show(h("div", { class: "two-columns" }, liquidity(artifact), h("div", {}, h("div", { class: "sub-head" }, h("h3", {}, "One series"), picker.element), drawn)), list);
  panel.foot(...footFor(publication, artifact, [PATH]));
  return draw;
}
