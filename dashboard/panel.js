// The frame of every panel: title, unit, body, as-of, source and its age, the file behind it; and its own failures.

import { h, said } from "./dom.js";
import { instant, utc } from "./format.js";
import { judge } from "./freshness.js";
import { DataProblem } from "./data.js";
import { fileLink } from "./files.js";
import { meanings } from "./meanings.js";
import { folded } from "./table.js";

export function createPanel({ id, title, name, unit, width = "" }) {
  const controls = h("div", { class: "controls" });
  const unitLine = h("p", { class: "panel-unit" }, unit);
  const body = h("div", { class: "panel-body" }, h("p", { class: "state state-loading" }, "Loading…"));
  const foot = h("footer", { class: "panel-foot" });
  const element = h(
    "section",
    { class: `panel ${width}`, id, "aria-labelledby": `${id}-title`, tabindex: "-1" },
    h("div", { class: "panel-head" }, h("h2", { id: `${id}-title` }, title), controls),
    unitLine,
    body,
    foot,
  );
  return {
    id,
    name,
    element,
    controls,
    body,
    say: (text) => unitLine.replaceChildren(text),
    show: (...content) => body.replaceChildren(...content.filter(Boolean)),
    foot: (...content) => foot.replaceChildren(...content),
  };
}

function stateFor(problem) {
  if (problem instanceof DataProblem && problem.kind === "absent") {
    return h("p", { class: "state" }, "Nothing to show. ", said(problem.message));
  }
  const reason = problem instanceof DataProblem ? problem.message : `It has a shape that this page does not know (${problem.message}).`;
  return h("p", { class: "state state-error", role: "alert" }, h("strong", {}, "This panel could not be shown."), said(reason));
}

export function emptyState(text) {
  return h("p", { class: "state" }, text);
}

// Why there is nothing: what a public site leaves out says so itself.
export function leftOut(artifact, otherwise) {
  const why = artifact.withheld ?? [];
  return emptyState(why.length ? said(why.join("\n")) : otherwise);
}

// Whatever goes wrong inside stays inside: the panel says it, the others stand.
export async function fillPanel(panel, draw) {
  try {
    await draw();
  } catch (problem) {
    panel.show(stateFor(problem));
    panel.foot();
    if (!(problem instanceof DataProblem)) console.warn(`${panel.id}: ${problem.stack}`);
  }
}

// As-of, sources with their age, and the files: `paths` are what the panel's figures were read from.
export function footFor(publication, artifact, paths, { asOf } = {}) {
  const when = asOf ?? h("time", { datetime: artifact.as_of, title: utc(artifact.as_of) }, instant(artifact.as_of));
  const sources = (artifact.sources ?? []).map((source, position) => {
    // Owners of a series (S&P, Cboe) are named for their terms; only who was asked has an age.
    const asked = publication.source(source.source);
    const verdict = asked ? judge(asked) : null;
    return [position ? ", " : "", said(source.title ?? source.source), verdict ? ` (${verdict.shape} ${verdict.word})` : ""];
  });
  const withheld = artifact.withheld ?? [];
  return [
    h("span", {}, "As of ", when),
    sources.length ? h("span", {}, "Source: ", sources) : null,
    h("span", {}, paths.map((path) => [fileLink(path, paths.length > 1 ? path.replace(/^data\//, "") : "JSON"), " "])),
    artifact.reconstructed ? h("strong", {}, "Reconstructed") : null,
    withheld.length ? folded(`${withheld.length} left out of this public site`, h("ul", { class: "plain-list" }, withheld.map((what) => h("li", {}, said(what))))) : null,
    meanings(publication, paths),
  ].filter(Boolean);
}
