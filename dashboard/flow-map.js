// The same flows on a small map: each band is wide where it leaves and ends in a point where it arrives.

import { svg } from "./dom.js";
import { isNumber, usd } from "./format.js";

// Land in steps of 4 degrees, from 76 north and 132 west: a row of 72 places is 18 hexadecimal digits.
const LAND = (
  "00003ff0000003f800 01ff1fe003801fffff ffe78f180fffffffff ffc00c003fffffffff ffc3800009fffffff0 fff7e0009fffffffe0 7fff80007ffffffff8 " +
  "3fffc0007ffffffff0 3ffe0001cfffffff88 3ffc000108fffffe80 1ffc0001f03ffffe20 0ff80003ffbffffe00 07800003fffdfffe00 03880007ffdf1ef800 " +
  "00e00007ffde1cf000 00300007ffe8083100 000bc003fffc081100 0003f001fff8000000 0007f0001ff0004400 0007fc001fe0002d20 0007ff000fe0000018 " +
  "0007ff000fe0000000 0003fe000fe0000068 0001fe000fc80001f8 0001fe0007c80007fc 0001f80007800003fe 0001f00007800003fe 0001e000020000023e"
).split(" ");
const STEP = 4;
const NORTH = 76;
const WEST = -132; // dots stand in the middle of their step
const COLUMNS = 72;
const TALL = 1.15; // degrees of latitude are drawn a little longer, as in most maps

// Longitude and latitude of the places that a region may be named after; any other name is in the table and the picture.
const PLACES = {
  usa: [-98, 39], us: [-98, 39], "united states": [-98, 39], canada: [-105, 56], mexico: [-102, 23], brazil: [-52, -10],
  "latin america": [-60, -12], europe: [10, 49], eurozone: [8, 47], uk: [-2, 54], africa: [20, 3], india: [78, 21], china: [104, 35],
  japan: [139, 37], korea: [128, 36], taiwan: [121, 24], australia: [134, -25],
};

export function placeOf(name) {
  return PLACES[String(name).toLowerCase()] ?? null;
}

function land(scale, left, top) {
  let d = "";
  LAND.forEach((digits, row) => {
    const bits = BigInt(`0x${digits}`).toString(2).padStart(COLUMNS, "0");
    for (let column = 0; column < COLUMNS; column += 1) {
      if (bits[column] === "1") d += `M${(left + column * STEP * scale).toFixed(1)} ${(top + row * STEP * scale * TALL).toFixed(1)}h0`;
    }
  });
  return svg("path", { class: "land", d, "stroke-width": (STEP * scale * 0.62).toFixed(1) });
}

function bend(from, to, width) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  const [nx, ny] = [-dy / length, dx / length];
  const lift = Math.min(0.25 * length, 70) * (dx > 0 ? -1 : 1); // always over the north
  const middle = (side) => `${((from.x + to.x) / 2 + nx * (lift + side)).toFixed(1)} ${((from.y + to.y) / 2 + ny * (lift + side)).toFixed(1)}`;
  const start = (side) => `${(from.x + nx * side).toFixed(1)} ${(from.y + ny * side).toFixed(1)}`;
  const half = width / 2;
  return `M${start(half)}Q${middle(half / 2)} ${to.x.toFixed(1)} ${to.y.toFixed(1)}Q${middle(-half / 2)} ${start(-half)}Z`;
}

// The first of four sides of a node at which its words stand in the drawing and on no other words.
function labelled(place, taken, width, height, lines) {
  const wide = Math.max(...lines.map((line) => line.length)) * 6.8;
  const tall = lines.length * 14;
  const gap = place.size + 4;
  const sides = [
    { x: place.x, y: place.y + gap + 11, anchor: "middle", left: place.x - wide / 2, top: place.y + gap },
    { x: place.x, y: place.y - gap - tall + 11, anchor: "middle", left: place.x - wide / 2, top: place.y - gap - tall },
    { x: place.x + gap, y: place.y - tall / 2 + 11, anchor: "start", left: place.x + gap, top: place.y - tall / 2 },
    { x: place.x - gap, y: place.y - tall / 2 + 11, anchor: "end", left: place.x - gap - wide, top: place.y - tall / 2 },
  ];
  const isFree = (side) =>
    side.left >= 0 && side.left + wide <= width && side.top >= 0 && side.top + tall <= height &&
    taken.every((box) => side.left > box.right || side.left + wide < box.left || side.top > box.bottom || side.top + tall < box.top);
  const side = sides.find(isFree) ?? sides[0];
  taken.push({ left: side.left, right: side.left + wide, top: side.top, bottom: side.top + tall });
  return svg("g", { "text-anchor": side.anchor, class: "map-label" }, lines.map((line, row) => svg("text", { class: row ? "flow-figure" : "flow-name", x: side.x, y: side.y + row * 14 }, line)));
}

export function drawMap(nodes, flows, colours, width, height, point) {
  const rows = LAND.length;
  const scale = Math.min(width / (COLUMNS * STEP), height / (rows * STEP * TALL));
  const left = (width - COLUMNS * STEP * scale) / 2;
  const top = (height - rows * STEP * scale * TALL) / 2;
  const largest = Math.max(...nodes.map((node) => Math.abs(node.excess_usd ?? 0)), 1);
  const most = Math.min(16, 6 + width / 70);
  const places = new Map(
    nodes
      .filter((node) => isNumber(node.excess_usd) && placeOf(node.node))
      .map((node) => {
        const [longitude, latitude] = placeOf(node.node);
        const size = Math.max(3, most * Math.sqrt(Math.abs(node.excess_usd) / largest));
        return [node.node, { node, size, x: left + (longitude - WEST) * scale, y: top + (NORTH - latitude) * scale * TALL }];
      }),
  );
  const bands = flows
    .filter((flow) => places.has(flow.from) && places.has(flow.to))
    .map((flow) => {
      const d = bend(places.get(flow.from), places.get(flow.to), Math.max(2, (2 * most * flow.flow_usd) / largest));
      return svg("path", { class: `band ${colours.get(flow.from)}`, d, on: { pointerenter: () => point(flow), pointerleave: () => point(null) }, "data-flow": `${flow.from}>${flow.to}` });
    });
  const circles = [...places.values()].map((place) => svg("circle", { class: `node ${colours.get(place.node.node)}`, cx: place.x, cy: place.y, r: place.size }));
  const taken = [...places.values()].map((place) => ({ left: place.x - place.size, right: place.x + place.size, top: place.y - place.size, bottom: place.y + place.size }));
  const words = (node) => (width < 480 ? [node.node] : [node.node, `${node.excess_usd < 0 ? "gives" : "takes"} ${usd(Math.abs(node.excess_usd))}`]).map(String);
  const labels = [...places.values()].map((place) => labelled(place, taken, width, height, words(place.node)));
  return svg(
    "svg",
    { class: "flow-drawing", viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true", focusable: "false" },
    land(scale, left + (STEP * scale) / 2, top + (STEP * scale) / 2),
    bands,
    circles,
    labels,
  );
}
