// Puts the page together: opens the publication, makes the panels, shows them at once, then lets the charts begin.

import { h, said } from "./dom.js";
import { hasChanged, openPublication } from "./data.js";
import { fileLink, isOneFile } from "./files.js";
import { useTimeZone } from "./format.js";
import { createPanel, fillPanel } from "./panel.js";
import { startCharts } from "./chart.js";
import * as state from "./state.js";
import { demoBanner, fillMasthead, stoppedBanner } from "./panels/masthead.js";
import { drawTiles } from "./panels/tiles.js";
import { METHOD, setUpPressure } from "./panels/flows.js";
import { setUpPrice } from "./panels/price.js";
import { setUpCorrelations } from "./panels/correlations.js";
import { setUpMacro } from "./panels/macro.js";
import { drawInternals } from "./panels/internals.js";
import { drawStats, setUpOrderBook } from "./panels/crypto.js";
import { setUpRecommendations } from "./panels/recommendations.js";
import { drawTrackRecord } from "./panels/track-record.js";
import { drawHypotheses } from "./panels/hypotheses.js";
import { drawSources } from "./panels/sources.js";
import { drawQuality } from "./panels/quality.js";
import { drawPipeline } from "./panels/pipeline.js";

// How long the first picture may wait for its files; what comes later appears in place, in panels that keep its room.
const PATIENCE = 1500;
const LOOK_EVERY = 60000;
const AT_WORK = 20000;

const once = (draw) => async (panel, publication) => () => fillPanel(panel, () => draw(panel, publication));

// [id, title, name in the list of panels, unit, width, set up (panel, publication) -> draw(), the choices that redraw it]
const PANELS = [
  ["today", "The day at a glance", "Today", "", "tiles", once(drawTiles), []],
  ["regions", "Buying pressure by region, estimated", "Regions", "", "span-6", (panel, data) => setUpPressure(panel, data, "regions"), ["window"]],
  ["assets", "Buying pressure by asset class, estimated", "Asset classes", "", "span-6", (panel, data) => setUpPressure(panel, data, "assets"), ["window"]],
  ["recommendations", "The day's note and its calls", "Note and calls", "", "", setUpRecommendations, ["note"]],
  ["track-record", "Track record", "Track record", "", "", once(drawTrackRecord), []],
  ["price", "Price and indicators", "Price", "USD", "span-8", setUpPrice, ["symbol", "range", "interval"]],
  ["correlations", "Correlations", "Correlations", "Pearson's r", "span-4", setUpCorrelations, ["days"]],
  ["macro", "Macro and net liquidity", "Macro", "Each series in its own unit", "span-8", setUpMacro, ["series"]],
  ["internals", "Internals and regime", "Internals", "Watchlist and equity funds, per US session", "span-4", once(drawInternals), []],
  ["order-book", "Order book", "Order book", "", "span-4", setUpOrderBook, ["book"]],
  ["stats-24h", "Crypto, last 24 hours and 60 minutes", "Crypto", "USDT; volume is the quote volume", "span-8", once(drawStats), []],
  ["hypotheses", "Hypotheses", "Hypotheses", "Percent", "", once(drawHypotheses), []],
  ["sources", "Sources", "Sources", "Age and status are judged now, in this browser", "", once(drawSources), []],
  ["quality", "Data quality, gaps, revisions", "Quality", "Checks of this publication; counts are rows", "span-6", once(drawQuality), []],
  ["pipeline", "Pipeline runs", "Runs", "", "span-6", once(drawPipeline), []],
];

async function start(panel, publication, setUp, keys) {
  await fillPanel(panel, async () => {
    const draw = await setUp(panel, publication);
    await draw();
    if (keys.length) state.onChange(keys, draw);
  });
}

function contents(panels) {
  return h("nav", { class: "contents", "aria-label": "Panels" }, h("ul", {}, panels.slice(1).map((panel) => h("li", {}, h("a", { href: `#${panel.id}` }, panel.name)))));
}

const TAKE_ALONG = [
  ["feed.xml", "the notes as a feed"],
  ["digest.html", "the day as a mail"],
  ["digest.md", "as Markdown"],
  ["digest.png", "as a picture"],
  ["data/parquet/asset_prices_latest.parquet", "prices"],
  ["data/parquet/regional_data_latest.parquet", "regions as Parquet"],
];

function colophon(manifest) {
  const schema = manifest.schema_version ?? "unknown";
  document.getElementById("colophon").append(
    h("p", {}, `Buying pressure is ${METHOD}.`),
    h("p", {}, "Research output of a batch job. Not investment advice."),
    h("p", {}, "mfo ", said(manifest.version), ", run ", said(manifest.run_id), `, schema ${schema}, times in `, said(manifest.timezone ?? "UTC"), ". ", isOneFile ? "This page holds its data and needs no network." : [fileLink("data/manifest.json", "All files"), "."]),
    ...(isOneFile ? [] : [h("p", {}, "To take along: ", TAKE_ALONG.map(([path, text], position) => [position ? ", " : "", fileLink(path, text)]), ".")]),
  );
}

function wait(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

// A page that stays open shows what is published now: choices stand in the address, the browser keeps the place.
function followPublication(publication) {
  let touchedAt = 0;
  const touched = () => (touchedAt = Date.now());
  for (const kind of ["pointerdown", "keydown"]) window.addEventListener(kind, touched, { passive: true });
  const look = async () => {
    // nobody is looking, or somebody is reading a figure just now
    if (document.hidden || Date.now() - touchedAt < AT_WORK) return;
    if (await hasChanged(publication)) window.location.reload();
  };
  setInterval(look, LOOK_EVERY);
  document.addEventListener("visibilitychange", look);
}

// Masthead and panels appear in one step: what was never on the screen cannot jump.
function reveal() {
  document.getElementById("boot").remove();
  document.getElementById("masthead").hidden = false;
  document.getElementById("content").hidden = false;
}

async function open() {
  const content = document.getElementById("content");
  let publication;
  try {
    publication = await openPublication();
  } catch (problem) {
    const message = h("div", { class: "boot-message", role: "alert", id: "no-publication" });
    message.append(h("p", {}, h("strong", {}, "The list of published files could not be read, so nothing is shown.")), h("p", {}, said(problem.message)));
    content.replaceChildren(message);
    reveal();
    return;
  }
  const { manifest } = publication;
  useTimeZone(manifest.timezone ?? "UTC");
  const panels = PANELS.map(([id, title, name, unit, width]) => createPanel({ id, title, name, unit, width }));
  const filled = PANELS.map(([, , , , , setUp, keys], position) => start(panels[position], publication, setUp, keys));
  await Promise.race([Promise.allSettled(filled), wait(PATIENCE)]);

  fillMasthead(publication);
  content.replaceChildren(
    ...[manifest.demo ? demoBanner() : null, stoppedBanner(manifest)].filter(Boolean),
    contents(panels),
    h("div", { class: "panels" }, panels.map((panel) => panel.element)),
  );
  colophon(manifest);
  reveal();
  document.documentElement.dataset.ready = "yes";
  const anchor = window.location.hash.slice(1);
  // The browser looked for the anchor before the panels were there.
  if (anchor && !anchor.includes("=")) document.getElementById(anchor)?.scrollIntoView();
  startCharts();
  if (!isOneFile) followPublication(publication);
}

open();
