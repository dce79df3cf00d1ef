// What the job did: the health of this publication and the last runs.

import { h, said, badge } from "../dom.js";
import { compact, date, instant, words } from "../format.js";
import { emptyState, footFor } from "../panel.js";
import { table } from "../table.js";

const RUNS = "data/pipeline.json";
const HEALTH = "data/health.json";
const STATUS = {
  success: { shape: "●", word: "success", tone: "good" },
  ok: { shape: "●", word: "ok", tone: "good" },
  partial: { shape: "▲", word: "partial", tone: "warn" },
  degraded: { shape: "▲", word: "degraded", tone: "warn" },
  failed: { shape: "■", word: "failed", tone: "bad" },
  late: { shape: "▲", word: "late", tone: "warn" },
  failure: { shape: "■", word: "failure", tone: "bad" },
};

function status(name) {
  return badge(STATUS[name] ?? { shape: "◇", word: words(name), tone: "idle" });
}

// A stage reports one line and what it left undone; anything else is shown as it is.
function stageLine(part) {
  if (part === null || typeof part !== "object") return words(part);
  if (typeof part.line !== "string") return JSON.stringify(part);
  return (part.undone ?? []).length ? `${part.line} (undone: ${part.undone.map(words).join(", ")})` : part.line;
}

function details(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "object") return said(String(value));
  const parts = Object.entries(value).map(([key, part]) => `${key}: ${stageLine(part)}`);
  return said(parts.join("; ") || "–");
}

function healthLine(health) {
  if (!health) return h("p", { class: "quiet" }, "The health file could not be read.");
  const counts = Object.entries(health.counts ?? {}).map(([name, count]) => h("div", {}, h("dt", {}, said(name.replaceAll("_", " "))), h("dd", {}, compact(count))));
  return [
    h("p", {}, status(health.status), ` Pictures stand at the session of ${date(health.anchor_date)}.`),
    h("dl", { class: "facts-grid" }, counts),
    (health.stale ?? []).length ? h("ul", { class: "plain-list" }, health.stale.map((entry) => h("li", {}, "▲ ", h("strong", {}, said(entry.source)), ": ", said(words(entry.why))))) : null,
  ];
}

function runTable(runs) {
  return table({
    caption: "Last runs",
    hideCaption: true,
    columns: [
      { label: "Started, run", head: true, cell: (run) => [h("span", { class: "whole" }, instant(run.run_at, true)), " ", h("span", { class: "code quiet" }, said(run.run_id))] },
      { label: "Status", cell: (run) => status(run.status) },
      { label: "Command", code: true, whole: true, cell: (run) => said(words(run.command)) },
      { label: "Finished", whole: true, cell: (run) => instant(run.finished_at, true) },
      { label: "Details", prose: true, cell: (run) => details(run.details) },
    ],
    rows: runs,
  });
}

export async function drawPipeline(panel, publication) {
  const artifact = await publication.load(RUNS);
  const health = publication.has(HEALTH) ? await publication.load(HEALTH).catch(() => null) : null;
  const runs = artifact.runs ?? [];
  panel.show(
    h("div", {}, healthLine(health)),
    runs.length
      ? h("div", { class: "table-box is-tall is-short", tabindex: "0", role: "region", "aria-label": "Table of the last runs" }, runTable(runs))
      : emptyState("No run is recorded yet."),
  );
  panel.foot(...footFor(publication, { ...artifact, sources: [] }, publication.has(HEALTH) ? [RUNS, HEALTH] : [RUNS]));
}
