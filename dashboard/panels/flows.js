// Both flow panels, regions and asset classes: the same shapes with other names, so the same code.

import { h, said } from "../dom.js";
import { date, isNumber, percent, share, usd } from "../format.js";
import { emptyState, fillPanel, footFor } from "../panel.js";
import { radios } from "../controls.js";
import { table } from "../table.js";
import { flowPicture } from "../flow-picture.js";
import { drawMap, placeOf } from "../flow-map.js";
import { netBars } from "../small-pictures.js";
import * as state from "../state.js";

const WINDOWS = ["1D", "1W", "1M", "3M", "1Y"];
export const METHOD = "signed turnover estimated from prices and volumes and matched proportionally, not a record of transfers";

const KINDS = {
  regions: { folder: "global-flow", nodes: "regions", flows: "flows", noun: "Region", views: [["picture", "Picture"], ["map", "Map"], ["table", "Table"]] },
  assets: { folder: "asset-flow", nodes: "asset_classes", flows: "edges", noun: "Asset class", views: [["net", "Net"], ["picture", "Flows"], ["table", "Table"]] },
};

function nodeTable(kind, nodes) {
  return table({
    caption: `${kind.noun} figures`,
    columns: [
      { label: kind.noun, head: true, cell: (node) => [said(node.node), " ", h("span", { class: "quiet small" }, said(node.symbol))] },
      { label: "Net flow", number: true, cell: (node) => usd(node.net_flow_usd, true) },
      { label: "of turnover", number: true, cell: (node) => percent(node.net_flow_pct, 2, true) },
      { label: "Turnover", number: true, cell: (node) => usd(node.turnover_usd) },
      { label: "Excess", number: true, cell: (node) => usd(node.excess_usd, true) },
      { label: "Return", number: true, cell: (node) => percent(node.return_pct, 2, true) },
      { label: "Volatility", number: true, cell: (node) => percent(node.volatility_pct, 1) },
      { label: "Intensity", number: true, cell: (node) => share(node.intensity) },
    ],
    rows: nodes,
  });
}

function besideTable(kind, nodes) {
  const rows = nodes.flatMap((node) => (node.beside ?? []).map((symbol) => ({ ...symbol, node: node.node })));
  if (rows.length === 0) return null;
  return table({
    caption: "Symbols shown beside, not summed",
    columns: [
      { label: "Symbol", head: true, cell: (row) => said(row.symbol) },
      { label: kind.noun, cell: (row) => said(row.node) },
      { label: "Net flow", number: true, cell: (row) => usd(row.net_flow_usd, true) },
      { label: "of turnover", number: true, cell: (row) => percent(row.net_flow_pct, 2, true) },
      { label: "Turnover", number: true, cell: (row) => usd(row.turnover_usd) },
      { label: "Return", number: true, cell: (row) => percent(row.return_pct, 2, true) },
    ],
    rows,
  });
}

function flowTable(flows) {
  return table({
    caption: "Matched flows",
    columns: [
      { label: "From", head: true, cell: (flow) => said(flow.from) },
      { label: "To", cell: (flow) => said(flow.to) },
      { label: "Flow", number: true, cell: (flow) => usd(flow.flow_usd) },
    ],
    rows: flows,
  });
}

function unplaced(nodes) {
  const names = nodes.filter((node) => !isNumber(node.excess_usd)).map((node) => node.node);
  return names.length ? h("p", { class: "quiet small" }, "Not placed for lack of figures: ", said(names.join(", ")), ".") : null;
}

function map(kind, nodes, flows) {
  const absent = nodes.filter((node) => isNumber(node.excess_usd) && !placeOf(node.node)).map((node) => node.node);
  const label = `${kind.noun}s that give and take, on a map, ${flows.length} bands. Arrow keys walk the bands; the table view holds all figures.`;
  const rest = "A band is wide where money leaves and ends in a point where it arrives. Point at one, or use the arrow keys, to read it.";
  return [
    flowPicture({ nodes, flows, label, rest, draw: drawMap, isMap: true }),
    absent.length ? h("p", { class: "quiet small" }, "Not on the map: ", said(absent.join(", ")), ".") : null,
    unplaced(nodes),
  ];
}

function content(kind, view, nodes, flows) {
  if (view === "table") return [nodeTable(kind, nodes), flows.length ? flowTable(flows) : null, besideTable(kind, nodes)].map((part) => part && h("div", { class: "table-box" }, part));
  if (view === "net") return [netBars(nodes.map((node) => ({ name: node.node, value: node.net_flow_usd }))), unplaced(nodes)];
  if (flows.length === 0) return [emptyState("No flows in this window: no node gave or took more than its share, or a node has no figures. The table shows each node.")];
  if (view === "map") return map(kind, nodes, flows);
  const label = `${kind.noun}s that give and take, ${flows.length} bands. Arrow keys walk the bands; the table view holds all figures.`;
  const rest = "Width of a band: the estimated flow. Point at a band, or use the arrow keys, to read it.";
  return [flowPicture({ nodes, flows, label, rest }), unplaced(nodes)];
}

export function setUpFlows(panel, publication, key) {
  const kind = KINDS[key];
  const views = kind.views.map(([name]) => name);
  const offered = WINDOWS.filter((name) => publication.has(`data/${kind.folder}/${name}.json`));
  const windows = radios({ legend: "Window", options: WINDOWS.map((name) => [name, name]), value: state.oneOf("window", WINDOWS), choose: (window) => state.set({ window }) });
  const shown = radios({ legend: "View", options: kind.views, value: state.oneOf(key, views), choose: (view) => state.set({ [key]: view }) });
  panel.controls.append(windows.element, shown.element);
  windows.allow(offered.length ? offered : WINDOWS);

  return () =>
    fillPanel(panel, async () => {
      const window = state.oneOf("window", WINDOWS);
      const view = state.oneOf(key, views);
      windows.set(window);
      shown.set(view);
      const path = `data/${kind.folder}/${window}.json`;
      const artifact = await publication.load(path);
      if (window !== state.oneOf("window", WINDOWS)) return; // a later choice overtook this answer
      const nodes = artifact[kind.nodes];
      panel.say(`USD, ${window}: ${artifact.sessions} session${artifact.sessions === 1 ? "" : "s"}, ${date(artifact.from_date)} to ${date(artifact.anchor_date)}. Estimated: ${METHOD}.`);
      if (nodes.length === 0) panel.show(emptyState("No nodes in this publication."));
      else panel.show(...content(kind, view, nodes, artifact[kind.flows] ?? []));
      panel.foot(...footFor(publication, artifact, [path], { asOf: `the session of ${date(artifact.anchor_date)}` }));
    });
}

