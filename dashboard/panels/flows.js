// Both panels of buying pressure, regions and asset classes: the same shapes with other names, so the same code.

import { h, said } from "../dom.js";
import { date, fixed, percent, usd } from "../format.js";
import { emptyState, fillPanel, footFor } from "../panel.js";
import { radios } from "../controls.js";
import { table, tableBehind } from "../table.js";
import { pressureBars } from "../small-pictures.js";
import * as state from "../state.js";

const WINDOWS = ["1D", "1W", "1M", "3M", "1Y"];
export const METHOD = "estimated from prices and volumes, not a record of money that moved";

const KINDS = {
  regions: { folder: "global-flow", nodes: "regions", noun: "Region" },
  assets: { folder: "asset-flow", nodes: "asset_classes", noun: "Asset class" },
};

// A node's other symbols stand below it; they are not summed.
function figures(kind, nodes) {
  const rows = nodes.flatMap((node) => [node, ...(node.beside ?? [])]);
  return table({
    caption: `Below each ${kind.noun.toLowerCase()} its other symbols, not summed`,
    columns: [
      { label: kind.noun, head: true, cell: (row) => [row.node ? [said(row.node), " "] : "", h("span", { class: "quiet small" }, said(row.symbol))] },
      { label: "Pressure, est.", number: true, cell: (row) => fixed(row.pressure_pct, 1, true) },
      { label: "Return", number: true, cell: (row) => percent(row.return_pct, 2, true) },
      { label: "Volatility", number: true, cell: (row) => percent(row.volatility_pct, 1) },
      { label: "Turnover", number: true, cell: (row) => usd(row.turnover_usd) },
    ],
    rows,
  });
}

export function setUpPressure(panel, publication, key) {
  const kind = KINDS[key];
  const offered = WINDOWS.filter((name) => publication.has(`data/${kind.folder}/${name}.json`));
  const windows = radios({ legend: "Window", options: WINDOWS.map((name) => [name, name]), value: state.oneOf("window", WINDOWS), choose: (window) => state.set({ window }) });
  panel.controls.append(windows.element);
  windows.allow(offered.length ? offered : WINDOWS);

  return () =>
    fillPanel(panel, async () => {
      const window = state.oneOf("window", WINDOWS);
      windows.set(window);
      const path = `data/${kind.folder}/${window}.json`;
      const artifact = await publication.load(path);
      if (window !== state.oneOf("window", WINDOWS)) return; // a later choice overtook this answer
      const nodes = artifact[kind.nodes];
      panel.say(`−100 to 100, ${window}: ${artifact.sessions} session${artifact.sessions === 1 ? "" : "s"}, ${date(artifact.from_date)} to ${date(artifact.anchor_date)}. Buying pressure is ${METHOD}.`);
      if (nodes.length === 0) panel.show(emptyState("No nodes in this publication."));
      else panel.show(pressureBars(nodes), tableBehind("Table of these figures", () => figures(kind, nodes), `Table of ${kind.noun.toLowerCase()} figures`));
      panel.foot(...footFor(publication, artifact, [path], { asOf: `the session of ${date(artifact.anchor_date)}` }));
    });
}
