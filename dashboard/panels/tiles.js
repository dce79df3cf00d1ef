// The day in seven tiles. Each figure comes from the file that its panel shows; sparklines are a help and may be missing.

import { h, said } from "../dom.js";
import { date, fixed, isNumber, NONE, percent, price, share, usd, words } from "../format.js";
import { oldMark } from "../freshness.js";
import { footFor } from "../panel.js";
import { sparkline } from "../small-pictures.js";

const DASHBOARD = "data/dashboard.json";
const BIAS = { BULLISH: "▲", BEARISH: "▼", MIXED: "◆" };
const CALM_FIRST = { CALM: "●", NORMAL: "◆", ELEVATED: "▲", STRESSED: "■" };

function capital(text) {
  const word = words(text);
  return word === NONE ? word : word.charAt(0) + word.slice(1).toLowerCase();
}

function tile({ key, label, value, isWord = false, note, trend }) {
  return h(
    "article",
    { class: "tile", "data-tile": key },
    h("h3", {}, label),
    h("p", { class: `tile-value ${isWord ? "is-word" : ""}` }, value),
    h("p", { class: "tile-note" }, note),
    sparkline(trend ?? []),
  );
}

export function move(value, digits = 2) {
  if (!isNumber(value)) return h("span", {}, NONE);
  const tone = value > 0 ? "up" : value < 0 ? "down" : "quiet";
  const shape = value > 0 ? "▲ " : value < 0 ? "▼ " : "";
  return h("span", { class: `whole ${tone}` }, h("span", { "aria-hidden": "true" }, shape), percent(value, digits, true));
}

async function orNothing(promise) {
  try {
    return await promise;
  } catch {
    return null; // the panel of that file says what is wrong with it
  }
}

function quoteTile(quote, metrics) {
  const history = (metrics?.prices ?? []).find((row) => row.symbol === quote.symbol);
  return tile({
    key: quote.symbol,
    label: said(quote.symbol),
    value: price(quote.close),
    note: isNumber(quote.close) ? [move(quote.return_pct), ` ${date(quote.trade_date)}`] : `Last close: ${date(quote.trade_date)}`,
    trend: history?.close,
  });
}

function liquidityTile(macro) {
  const points = macro?.net_liquidity?.points ?? [];
  const latest = points.at(-1);
  const old = oldMark(macro, "net_liquidity");
  return tile({
    key: "net-liquidity",
    label: "Net liquidity",
    value: latest && !old ? usd(latest.net_liquidity_usd) : NONE,
    note: old ?? (latest ? `Wednesday ${date(latest.date)}` : "No figure in this publication"),
    trend: points.map((point) => point.net_liquidity_usd),
  });
}

// The VIX may be of a day before the session; one that is too old for it is not there.
function vixNote(vix) {
  if (!isNumber(vix.value) && !isNumber(vix.percentile)) return `Last VIX: ${date(vix.date)}`;
  return `VIX ${fixed(vix.value, 2)}, percentile ${share(vix.percentile)}, ${date(vix.date)}`;
}

export async function drawTiles(panel, publication) {
  const board = await publication.load(DASHBOARD);
  const [internals, metrics, macro] = await Promise.all(
    ["data/internals.json", "data/metrics.json", "data/macro.json"].map((path) => orNothing(publication.load(path))),
  );
  const trend = (field) => (internals?.history ?? []).map((row) => row[field]);
  const session = date(board.trade_date);
  panel.show(
    tile({
      key: "bias",
      label: "Market bias",
      isWord: true,
      value: `${BIAS[board.market_bias] ?? ""} ${capital(board.market_bias)}`,
      note: `Momentum score ${fixed(board.momentum_score, 2)}, ${session}`,
      trend: trend("momentum_score"),
    }),
    tile({
      key: "regime",
      label: "Volatility regime",
      isWord: true,
      value: `${CALM_FIRST[board.volatility_regime] ?? ""} ${capital(board.volatility_regime)}`,
      note: vixNote(board.vix ?? {}),
      trend: trend("vix"),
    }),
    ...(board.quotes ?? []).map((quote) => quoteTile(quote, metrics)),
    tile({
      key: "pressure",
      label: "Buying pressure",
      value: fixed(board.pressure_pct, 1, true),
      note: `Estimated, −100 to 100, ${session}`,
      trend: trend("pressure_pct"),
    }),
    tile({
      key: "breadth",
      label: "Breadth",
      value: fixed(board.breadth, 2),
      note: `Net advancers, −1 to 1, ${session}`,
      trend: trend("breadth"),
    }),
    liquidityTile(macro),
  );
  panel.foot(...footFor(publication, board, [DASHBOARD]));
}

export { capital };
