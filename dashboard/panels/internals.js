// Market internals and the volatility regime, per US session.

import { h } from "../dom.js";
import { date, fixed, share, words } from "../format.js";
import { emptyState, footFor } from "../panel.js";
import { table, tableBehind } from "../table.js";
import { chart } from "../chart.js";
import { attachCursor } from "../crosshair.js";
import { capital } from "./tiles.js";

const PATH = "data/internals.json";

function figure(name, value) {
  return h("div", {}, h("dt", {}, name), h("dd", {}, value));
}

function latestFigures(latest) {
  return h(
    "dl",
    { class: "facts-grid" },
    figure("Market bias", capital(latest.market_bias)),
    figure("Volatility regime", capital(latest.volatility_regime)),
    figure("VIX", `${fixed(latest.vix, 2)} (${date(latest.vix_date)})`),
    figure("VIX percentile, 252 values", share(latest.vix_percentile)),
    figure("Advancers / decliners / unchanged", [latest.advancers, latest.decliners, latest.unchanged].map(words).join(" / ")),
    figure("Advance-decline ratio", fixed(latest.advance_decline_ratio, 2)),
    figure("Breadth", fixed(latest.breadth, 2)),
    figure("Buying pressure, estimated", fixed(latest.pressure_pct, 1, true)),
    figure("Momentum score", fixed(latest.momentum_score, 2)),
    figure("Correlation strength, 60 sessions", fixed(latest.correlation_strength, 2)),
  );
}

const FIELDS = [
  ["Breadth", (row) => fixed(row.breadth, 2)],
  ["Momentum", (row) => fixed(row.momentum_score, 2)],
  ["Pressure, est.", (row) => fixed(row.pressure_pct, 1, true)],
  ["VIX", (row) => fixed(row.vix, 2) + (row.vix_date && row.vix_date !== row.trade_date ? ` (${date(row.vix_date)})` : "")],
  ["Correlation", (row) => fixed(row.correlation_strength, 2)],
];

function history(rows) {
  const readout = h("p", { class: "readout readings", "aria-live": "polite" });
  const say = (row) =>
    readout.replaceChildren(
      h("strong", { class: "reading" }, date(row.trade_date)),
      ...FIELDS.map(([name, told]) => h("span", { class: "reading" }, h("span", { class: "quiet" }, `${name} `), told(row))),
    );
  say(rows.at(-1));
  return [
    readout,
    chart({
      spec: "internals",
      size: "chart-internals",
      rows,
      label: `Internals over ${rows.length} sessions. Arrow keys move from session to session.`,
      ready: (view, box) => attachCursor({ view, box, rows, key: "trade_date", say, rest: rows.at(-1) }),
    }),
    tableBehind("Table of these sessions", () =>
      table({
        caption: "Internals, newest first",
        hideCaption: true,
        columns: [{ label: "Session", head: true, cell: (row) => date(row.trade_date) }, ...FIELDS.map(([label, cell]) => ({ label, number: true, cell }))],
        rows: [...rows].reverse(),
      }),
    ),
  ];
}

export async function drawInternals(panel, publication) {
  const artifact = await publication.load(PATH);
  const rows = artifact.history ?? [];
  if (!artifact.latest) {
    panel.show(emptyState("No session with internals in this publication."));
  } else {
    panel.show(latestFigures(artifact.latest), ...(rows.length ? history(rows) : []));
  }
  const asOf = artifact.latest ? `the session of ${date(artifact.latest.trade_date)}` : undefined;
  panel.foot(...footFor(publication, artifact, [PATH], { asOf }));
}
