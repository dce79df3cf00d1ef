// The masthead: as-of and age, the theme, and every source as shape, word and age; the banners below it.

import { h, said, badge } from "../dom.js";
import { age, instant, utc } from "../format.js";
import { ageOf, judge, now } from "../freshness.js";
import { radios } from "../controls.js";

function theme() {
  const { element } = radios({
    legend: "Theme",
    options: [
      ["light", "Light"],
      ["dark", "Dark"],
      ["auto", "Auto"],
    ],
    value: window.mfoTheme.choice,
    choose: window.mfoTheme.choose,
  });
  return element;
}

export function sourceAge(source) {
  const since = ageOf(source.newest);
  return since === null ? "nothing yet" : `newest ${age(since)} ago`;
}

function chip(source) {
  const verdict = judge(source);
  const since = ageOf(source.newest);
  const told = `${verdict.word}${since === null ? "" : `, ${age(since)}`}`;
  return h(
    "li",
    { class: verdict.tone === "idle" ? "is-idle" : null },
    h(
      "span",
      { class: `badge ${verdict.tone}`, title: `newest data: ${utc(source.newest)}; due: ${utc(source.expected_next_at)}` },
      h("span", { class: "shape", "aria-hidden": "true" }, verdict.shape),
      h("span", {}, said(source.title ?? source.name), `: ${told}`),
    ),
  );
}

function overall(sources, old) {
  const verdicts = sources.map(judge).filter((verdict) => verdict.tone !== "idle");
  const behind = verdicts.filter((verdict) => verdict.tone !== "good");
  if (behind.length === 0) return old.length ? badge({ shape: "▲", word: `Old values: ${old.length}`, tone: "warn" }) : badge({ shape: "●", word: "Up to date", tone: "good" });
  const worst = behind.some((verdict) => verdict.tone === "bad") ? "bad" : "warn";
  return badge({ shape: worst === "bad" ? "■" : "▲", word: `${behind.length} of ${verdicts.length} sources behind`, tone: worst });
}

export function fillMasthead(publication) {
  const { manifest } = publication;
  const sources = [...(manifest.sources ?? [])].sort((a, b) => judge(a).rank - judge(b).rank);
  const when = h("time", { datetime: manifest.as_of, title: utc(manifest.as_of) }, h("strong", {}, instant(manifest.as_of)));
  const asOf = h("p", { class: "as-of" });
  const strip = h("ul", { class: "source-strip", "aria-label": "Sources and the age of their newest data" });
  const tell = () => {
    asOf.replaceChildren(
      h("span", {}, "As of ", when, ` · ${age(ageOf(manifest.as_of))} ago`),
      overall(sources, manifest.old ?? []),
      manifest.reconstructed ? badge({ shape: "◆", word: "Reconstructed", tone: "warn" }) : "",
    );
    const idle = sources.filter((source) => judge(source).tone === "idle").length;
    // On a phone the sources that nothing waits for are one link, so that the day's figures stand higher.
    const others = h("li", { class: "others" }, h("a", { href: "#sources" }, `${idle} more, not in use or without a due time`));
    strip.replaceChildren(...sources.map(chip), ...(idle ? [others] : []));
  };
  tell();
  setInterval(tell, 60000); // an open tab ages too
  document.getElementById("masthead").firstElementChild.append(asOf, theme(), strip);
}

// Not closable: a picture of this page, cropped to any panel row, should still be recognised by its readers.
export function demoBanner() {
  return h(
    "div",
    { class: "banner banner-demo", role: "note", id: "demo-banner" },
    h("strong", {}, "Demo: made-up numbers."),
    "Nothing on this page is market data.",
  );
}

// When every source is overdue, the job itself has most likely stopped: say that before any figure is read.
export function stoppedBanner(manifest) {
  const judged = (manifest.sources ?? []).map(judge).filter((verdict) => verdict.tone !== "idle");
  if (judged.length === 0 || judged.some((verdict) => verdict.tone === "good")) return null;
  const isStale = judged.every((verdict) => verdict.tone === "bad");
  return h(
    "div",
    { class: `banner ${isStale ? "banner-stale" : "banner-late"}`, role: "note", id: "stopped-banner" },
    h("strong", {}, `${isStale ? "■" : "▲"} Nothing new for ${age(now() - Date.parse(manifest.as_of))}.`),
    "Every source is overdue, so the daily run may have stopped. The figures below are the last ones published.",
  );
}
