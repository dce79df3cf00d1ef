// Crypto: the newest order book snapshot of a symbol, level by level, and the figures of the last day and hour.

import { h, said, svg } from "../dom.js";
import { age, compact, fixed, instant, isNumber, price, usd, utc } from "../format.js";
import { ageOf } from "../freshness.js";
import { emptyState, fillPanel, footFor, leftOut } from "../panel.js";
import { select } from "../controls.js";
import { table, tableBehind } from "../table.js";
import { chart } from "../chart.js";
import { move } from "./tiles.js";
import * as state from "../state.js";

const STATS = "data/stats-24h.json";
const INTERNALS = "data/internals.json";

function levelTable(rows) {
  return table({
    caption: "Levels, best first",
    hideCaption: true,
    columns: [
      { label: "Side", head: true, cell: (row) => row.side },
      { label: "Price", number: true, cell: (row) => price(row.price) },
      { label: "Quantity", number: true, cell: (row) => fixed(row.quantity, 5) },
    ],
    rows,
  });
}

function basisPoints(value) {
  return isNumber(value) && value > 0 && value < 0.01 ? "under 0.01 bp" : `${fixed(value, 2)} bp`;
}

// Both sides within one per cent as one split bar: where the split stands is the imbalance of the artifact.
function balance(book) {
  const split = isNumber(book.imbalance) ? 50 + 50 * book.imbalance : 50;
  return h(
    "div",
    { class: "balance" },
    svg(
      "svg",
      { class: "balance-bar", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" },
      svg("rect", { class: "bar-in", x: 0, y: 0, width: split, height: 8 }),
      svg("rect", { class: "bar-out", x: split, y: 0, width: 100 - split, height: 8 }),
      svg("line", { class: "bar-zero", x1: 50, x2: 50, y1: 0, y2: 8 }),
    ),
    h(
      "dl",
      { class: "facts-grid" },
      h("div", {}, h("dt", {}, "Bids within 1 %"), h("dd", {}, usd(book.bid_usd_1pct))),
      h("div", {}, h("dt", {}, "Asks within 1 %"), h("dd", {}, usd(book.ask_usd_1pct))),
      h("div", {}, h("dt", {}, "Imbalance, −1 to 1"), h("dd", {}, fixed(book.imbalance, 3))),
      h("div", {}, h("dt", {}, "Middle"), h("dd", {}, price(book.mid))),
      h("div", {}, h("dt", {}, "Spread"), h("dd", {}, `${price(book.spread)} (${basisPoints(book.spread_bps)})`)),
    ),
  );
}

export function setUpOrderBook(panel, publication) {
  const symbols = publication.between("data/order-book/", ".json");
  if (symbols.length === 0) return () => panel.show(emptyState("No order book in this publication."));
  const chosen = () => (symbols.includes(state.get("book")) ? state.get("book") : symbols.includes("BTCUSDT") ? "BTCUSDT" : symbols[0]);
  const picker = select({ label: "Symbol", groups: [["", symbols.map((symbol) => [symbol, symbol])]], value: chosen(), choose: (book) => state.set({ book }) });
  panel.controls.append(picker.element);
  return () =>
    fillPanel(panel, async () => {
      const symbol = chosen();
      picker.set(symbol);
      const path = `data/order-book/${symbol}.json`;
      const book = await publication.load(path);
      if (symbol !== chosen()) return;
      const sides = [
        ["bid", book.bids ?? []],
        ["ask", book.asks ?? []],
      ];
      const rows = sides.flatMap(([side, levels]) => levels.map(([at, quantity]) => ({ side, price: at, quantity })));
      panel.say(`Quantity at each price, in units of the base currency.${book.taken_at ? ` Snapshot, ${age(ageOf(book.taken_at))} old.` : ""}`);
      if (rows.length === 0) panel.show(leftOut(book, `The snapshot of ${symbol} has no levels.`));
      else {
        panel.show(
          balance(book),
          h("p", { class: "quiet small legend" }, h("span", {}, "Bids: solid"), h("span", {}, "Asks: dashed")),
          chart({ spec: "depth", size: "chart-depth", rows, label: `Order book of ${symbol}, ${rows.length} levels` }),
          tableBehind(`Table of these ${rows.length} levels`, () => levelTable(rows)),
        );
      }
      const taken = h("time", { datetime: book.taken_at, title: utc(book.taken_at) }, instant(book.taken_at));
      panel.foot(...footFor(publication, book, [path], { asOf: taken }));
    });
}

// The last hour stands in the internals' file; when that is broken, only this part says so.
async function lastHour(publication) {
  const heading = h("h3", {}, "Last 60 minutes");
  const internals = await publication.load(INTERNALS).catch(() => null);
  const hour = internals?.crypto;
  if (!hour) return h("div", { class: "below" }, heading, h("p", { class: "quiet" }, internals ? "Not part of this publication." : "Its file could not be used."));
  const figure = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
  return h(
    "div",
    { class: "below" },
    heading,
    h(
      "dl",
      { class: "facts-grid" },
      figure("Volume", usd(hour.volume_usd)),
      figure("Taker imbalance, −1 to 1", fixed(hour.taker_imbalance, 3)),
      figure("Symbols", fixed(hour.symbols, 0)),
      figure("To", instant(hour.to_at, true)),
    ),
  );
}

export async function drawStats(panel, publication) {
  const artifact = await publication.load(STATS);
  const rows = artifact.symbols ?? [];
  if (rows.length === 0) panel.show(leftOut(artifact, "No 24-hour figures in this publication."), await lastHour(publication));
  else {
    panel.show(
      h(
        "div",
        { class: "table-box", tabindex: "0", role: "region", "aria-label": "Table of the last 24 hours" },
        table({
          caption: "The 24 hours to the newest final minute",
          isWide: true,
          hideCaption: true,
          columns: [
            { label: "Symbol", head: true, cell: (row) => said(row.symbol) },
            { label: "Price", number: true, cell: (row) => price(row.price) },
            { label: "Change", number: true, cell: (row) => move(row.change_pct) },
            { label: "High", number: true, cell: (row) => price(row.high) },
            { label: "Low", number: true, cell: (row) => price(row.low) },
            { label: "Volume", number: true, cell: (row) => usd(row.quote_volume) },
            { label: "Trades", number: true, cell: (row) => compact(row.trades) },
            { label: "Taker imbalance", number: true, cell: (row) => fixed(row.taker_imbalance, 3) },
            { label: "Minutes", number: true, cell: (row) => fixed(row.minutes, 0) },
            { label: "To", whole: true, cell: (row) => instant(row.to_at, true) },
          ],
          rows,
        }),
      ),
      await lastHour(publication),
    );
  }
  panel.foot(...footFor(publication, artifact, publication.has(INTERNALS) ? [STATS, INTERNALS] : [STATS]));
}

