// The price panel: candles with Bollinger bands, volume, RSI and MACD of one symbol, daily or hourly.

import { h, said } from "../dom.js";
import { compact, date, fixed, instant, isNumber, price } from "../format.js";
import { emptyState, fillPanel, footFor } from "../panel.js";
import { radios, search, select } from "../controls.js";
import { table, tableBehind } from "../table.js";
import { chart } from "../chart.js";
import { attachCursor } from "../crosshair.js";
import { move } from "./tiles.js";
import * as state from "../state.js";

const DAY = 86400;
const RANGES = { "1W": 7, "1M": 31, "3M": 92, "6M": 184, "1Y": 366, All: Infinity };
const INTERVALS = ["1d", "1h"];
const METRICS = "data/metrics.json";

function rowsOf(columns) {
  const names = Object.keys(columns);
  return columns.time.map((_, position) => Object.fromEntries(names.map((name) => [name, columns[name][position]])));
}

function within(rows, range) {
  const last = rows.at(-1)?.time ?? 0;
  return rows.filter((row) => row.time > last - RANGES[range] * DAY);
}

function whenOf(row, interval) {
  return interval === "1d" ? date(new Date(row.time * 1000).toISOString()) : instant(row.time * 1000, true);
}

function figure(name, value) {
  return h("span", { class: "reading" }, h("span", { class: "quiet" }, `${name} `), value);
}

// The readout: one line of figures for the row under the cursor, the last row when there is none.
function reading(row, interval) {
  return [
    h("strong", { class: "reading" }, whenOf(row, interval)),
    figure("O", price(row.open)),
    figure("H", price(row.high)),
    figure("L", price(row.low)),
    figure("C", price(row.close)),
    figure("Vol", compact(row.volume)),
    figure("Bollinger", `${price(row.bollinger_lower)} / ${price(row.bollinger_middle)} / ${price(row.bollinger_upper)}`),
    figure("RSI", fixed(row.rsi14, 1)),
    figure("MACD", `${fixed(row.macd, 2)} / ${fixed(row.macd_signal, 2)}`),
    isNumber(row.pressure_pct) ? figure("Pressure, est.", fixed(row.pressure_pct, 1, true)) : null,
  ];
}

function candleTable(symbol, rows, interval) {
  const columns = [
    { label: interval === "1d" ? "Date" : "Opened", head: true, cell: (row) => whenOf(row, interval) },
    ...["open", "high", "low", "close"].map((name) => ({ label: name.charAt(0).toUpperCase() + name.slice(1), number: true, cell: (row) => price(row[name]) })),
    { label: "Volume", number: true, cell: (row) => compact(row.volume) },
    { label: "MA 7", number: true, cell: (row) => price(row.ma7) },
    { label: "MA 30", number: true, cell: (row) => price(row.ma30) },
    { label: "RSI 14", number: true, cell: (row) => fixed(row.rsi14, 1) },
    { label: "MACD", number: true, cell: (row) => fixed(row.macd, 2) },
    { label: "Signal", number: true, cell: (row) => fixed(row.macd_signal, 2) },
  ];
  return table({ caption: `${symbol}, newest first`, hideCaption: true, columns, rows: [...rows].reverse() });
}

function symbolGroups(symbols, metrics) {
  const about = new Map((metrics?.symbols ?? []).map((entry) => [entry.symbol, entry]));
  const text = (symbol) => [symbol, about.get(symbol)?.name ? `${symbol} · ${about.get(symbol).name}` : symbol];
  const kinds = { equity: "Equities and funds", crypto: "Crypto" };
  const groups = Object.entries(kinds).map(([kind, name]) => [name, symbols.filter((symbol) => about.get(symbol)?.kind === kind).map(text)]);
  const others = symbols.filter((symbol) => !(about.get(symbol)?.kind in kinds)).map(text);
  return [...groups, ["", others]].filter(([, options]) => options.length > 0);
}

// The last day, or the last bar where the chart is of hours: a price of yesterday above them would contradict it.
function headline(symbol, metrics, hour) {
  const latest = hour ?? (metrics?.metrics ?? []).find((row) => row.symbol === symbol);
  if (!latest) return null;
  const name = (metrics?.symbols ?? []).find((entry) => entry.symbol === symbol)?.name;
  return h(
    "p",
    { class: "headline" },
    h("strong", {}, said(symbol), " "),
    name ? h("span", { class: "quiet" }, said(name), " ") : null,
    h("strong", { class: "headline-value" }, price(latest.close)),
    " ",
    hour ? null : move(latest.return_pct),
    h("span", { class: "quiet" }, hour ? `in the hour from ${instant(hour.time * 1000)}` : ` on ${date(latest.trade_date)}`),
  );
}

export async function setUpPrice(panel, publication) {
  const daily = publication.between("data/candles/", "/1d.json");
  const hourly = publication.between("data/candles/", "/1h.json");
  const symbols = [...new Set([...daily, ...hourly])];
  const metrics = publication.has(METRICS) ? await publication.load(METRICS).catch(() => null) : null;
  if (symbols.length === 0) return () => panel.show(emptyState("No prices in this publication."));

  const intervalsOf = (symbol) => INTERVALS.filter((interval) => (interval === "1d" ? daily : hourly).includes(symbol));
  const picker = select({ label: "Symbol", groups: symbolGroups(symbols, metrics), value: state.oneOf("symbol", symbols), choose: (symbol) => state.set({ symbol }) });
  const intervals = radios({ legend: "Interval", options: INTERVALS.map((name) => [name, name]), value: "1d", choose: (interval) => state.set({ interval }) });
  const ranges = radios({ legend: "Range", options: Object.keys(RANGES).map((name) => [name, name]), value: "6M", choose: (range) => state.set({ range }) });
  const finder = search({ label: "Find a symbol", options: symbolGroups(symbols, metrics).flatMap(([, options]) => options), choose: (symbol) => state.set({ symbol }) });
  panel.controls.append(finder, picker.element, intervals.element, ranges.element);

  return () =>
    fillPanel(panel, async () => {
      const symbol = state.oneOf("symbol", symbols);
      const interval = state.oneOf("interval", intervalsOf(symbol));
      const range = state.oneOf("range", Object.keys(RANGES));
      picker.set(symbol);
      intervals.allow(intervalsOf(symbol));
      intervals.set(interval);
      ranges.set(range);
      const path = `data/candles/${symbol}/${interval}.json`;
      const artifact = await publication.load(path);
      if (symbol !== state.oneOf("symbol", symbols) || interval !== state.oneOf("interval", intervalsOf(symbol))) return;
      const rows = within(rowsOf(artifact.columns), range);
      panel.say(`${artifact.unit_price ?? "USD"}, ${interval === "1d" ? "daily, split-adjusted" : "hourly"}; ▯ hollow closed up, ▮ filled closed down. Bollinger 20, 2 σ.`);
      if (rows.length === 0) {
        panel.show(emptyState(artifact.withheld?.[0] ?? `No bars of ${symbol} in this range.`));
        panel.foot(...footFor(publication, artifact, [path]));
        return;
      }
      const readout = h("p", { class: "readout readings", "aria-live": "polite" }, reading(rows.at(-1), interval));
      const say = (row) => readout.replaceChildren(...reading(row, interval).filter(Boolean));
      panel.show(
        headline(symbol, metrics, interval === "1h" ? rows.at(-1) : null),
        readout,
        chart({
          spec: "price",
          size: rows.some((row) => isNumber(row.pressure_pct)) ? "chart-price" : "chart-price-hours",
          rows,
          label: `${symbol}, ${rows.length} bars. Arrow keys move from bar to bar, Page keys by 21, Home and End to the ends.`,
          ready: (view, box) => attachCursor({ view, box, rows, key: "time", say, rest: rows.at(-1) }),
        }),
        tableBehind(`Table of these ${rows.length} bars`, () => candleTable(symbol, rows, interval)),
      );
      panel.foot(...footFor(publication, artifact, metrics ? [path, METRICS] : [path], { asOf: whenOf(rows.at(-1), interval) }));
    });
}
