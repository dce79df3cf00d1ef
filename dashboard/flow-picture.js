// Who gives and who takes: two columns with bands between them. A giver never takes in the same window, so nothing cycles.

import { h, svg } from "./dom.js";
import { isNumber, usd } from "./format.js";

const BAR = 12;
const GAP = 30; // room for two lines of label beside the thinnest node
const TOP = 26;
const BOTTOM = 14;
const LETTER = 8; // width of a letter of a node's name

function clipped(text, most) {
  const name = String(text);
  return name.length > most ? `${name.slice(0, most - 1)}…` : name;
}

// Places a column of nodes; heights are the artifact's own excess figures on one scale for both columns.
function column(nodes, scale, height) {
  const used = nodes.reduce((total, node) => total + Math.max(2, Math.abs(node.excess_usd) * scale), 0);
  let y = TOP + Math.max(0, (height - TOP - BOTTOM - used - GAP * (nodes.length - 1)) / 2);
  return new Map(
    nodes.map((node) => {
      const place = { node, y, size: Math.max(2, Math.abs(node.excess_usd) * scale), next: y };
      y += place.size + GAP;
      return [node.node, place];
    }),
  );
}

function ribbon(left, right, from, to, size) {
  const middle = (left + right) / 2;
  return (
    `M${left} ${from}C${middle} ${from} ${middle} ${to} ${right} ${to}` +
    `L${right} ${to + size}C${middle} ${to + size} ${middle} ${from + size} ${left} ${from + size}Z`
  );
}

function label(place, x, anchor, verb, most) {
  const middle = place.y + place.size / 2;
  return svg(
    "g",
    { "text-anchor": anchor },
    svg("title", {}, place.node.node),
    svg("text", { class: "flow-name", x, y: middle - 2 }, clipped(place.node.node, most)),
    svg("text", { class: "flow-figure", x, y: middle + 12 }, `${verb}${usd(Math.abs(place.node.excess_usd))}`),
  );
}

function drawing(nodes, flows, colours, width, height, point) {
  const givers = nodes.filter((node) => node.excess_usd < 0).sort((a, b) => a.excess_usd - b.excess_usd);
  const takers = nodes.filter((node) => node.excess_usd > 0).sort((a, b) => b.excess_usd - a.excess_usd);
  const largest = (side) => side.reduce((total, node) => total + Math.abs(node.excess_usd), 0);
  const room = height - TOP - BOTTOM - GAP * (Math.max(givers.length, takers.length) - 1);
  const scale = room / Math.max(largest(givers), largest(takers));
  const from = column(givers, scale, height);
  const to = column(takers, scale, height);
  const isNarrow = width < 480;
  const most = isNarrow ? 12 : 18;
  // a narrow picture gives each side the room of its own longest name, and the rest to the bands
  const roomFor = (side) => (isNarrow ? Math.max(72, 18 + LETTER * Math.max(0, ...side.map((node) => Math.min(most, String(node.node).length)))) : 132);
  const left = roomFor(givers) + BAR;
  const right = width - roomFor(takers) - BAR;

  const bands = svg("g", {});
  for (const flow of [...flows].sort((a, b) => b.flow_usd - a.flow_usd)) {
    const giver = from.get(flow.from);
    const taker = to.get(flow.to);
    if (!giver || !taker || !isNumber(flow.flow_usd)) continue;
    const size = Math.max(1, flow.flow_usd * scale);
    const d = ribbon(left, right, giver.next, taker.next, size);
    giver.next += size;
    taker.next += size;
    bands.append(svg("path", { class: `band ${colours.get(flow.from)}`, d, on: { pointerenter: () => point(flow), pointerleave: () => point(null) }, "data-flow": `${flow.from}>${flow.to}` }));
  }
  const bars = (places, x) =>
    [...places.values()].map((place) => svg("rect", { class: `node ${colours.get(place.node.node)}`, x, y: place.y, width: BAR, height: place.size }));
  return svg(
    "svg",
    { class: "flow-drawing", viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true", focusable: "false" },
    svg("text", { class: "flow-head", x: left, y: 12, "text-anchor": "end" }, "From (gives)"),
    svg("text", { class: "flow-head", x: right, y: 12 }, "To (takes)"),
    bands,
    bars(from, left - BAR),
    bars(to, right),
    [...from.values()].map((place) => label(place, left - BAR - 8, "end", isNarrow ? "" : "gives ", most)),
    [...to.values()].map((place) => label(place, right + BAR + 8, "start", isNarrow ? "" : "takes ", most)),
  );
}

/*
 * nodes: [{node, excess_usd, ...}], flows: [{from, to, flow_usd}]. Returns the picture with its readout; arrow keys walk
 * the bands from the largest down.
 */
export function flowPicture({ nodes, flows, label: name, rest, draw = drawing, isMap = false }) {
  const colours = new Map(nodes.map((node, position) => [node.node, `node-${(position % 8) + 1}`]));
  const ranked = flows.filter((flow) => isNumber(flow.flow_usd)).sort((a, b) => b.flow_usd - a.flow_usd);
  const readout = h("p", { class: "readout", "aria-live": "polite" }, rest);
  const box = h("div", { class: `flow-picture ${isMap ? "is-map" : ""}`, role: "group", tabindex: "0", "aria-label": name });
  let at = null;

  function point(flow) {
    at = flow ? ranked.indexOf(flow) : null;
    readout.textContent = flow ? `${flow.from} → ${flow.to}: ${usd(flow.flow_usd)}, estimated` : rest;
    box.classList.toggle("is-pointing", Boolean(flow));
    for (const band of box.querySelectorAll(".band")) {
      band.classList.toggle("is-pointed", Boolean(flow) && band.dataset.flow === `${flow.from}>${flow.to}`);
    }
  }

  box.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") point(null);
    if (!step || ranked.length === 0) return;
    event.preventDefault();
    const next = at === null ? (step > 0 ? 0 : ranked.length - 1) : Math.min(ranked.length - 1, Math.max(0, at + step));
    point(ranked[next]);
  });
  box.addEventListener("blur", () => point(null));

  let width = 0;
  new ResizeObserver(() => {
    const next = Math.floor(box.clientWidth);
    if (next === 0 || next === width) return;
    width = next;
    box.replaceChildren(draw(nodes, ranked, colours, width, box.clientHeight, point));
  }).observe(box);
  return h("div", {}, box, readout);
}
