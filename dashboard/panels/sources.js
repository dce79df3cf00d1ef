// Who was asked, how they did, what is left of the day's quota, and on which terms their figures stand here.

import { h, said, badge, linkOut } from "../dom.js";
import { age, fixed, instant, isNumber, NONE, share, words } from "../format.js";
import { ageOf, judge } from "../freshness.js";
import { emptyState, footFor } from "../panel.js";
import { table, folded } from "../table.js";

const PATH = "data/sources.json";

function quota(item) {
  if (!isNumber(item.per_day)) return "no daily limit";
  return `${fixed(item.used_today, 0)} of ${fixed(item.per_day, 0)}, ${fixed(item.left_today, 0)} left`;
}

function sourceTable(items, terms) {
  const termsOf = new Map(terms.map((entry) => [entry.source, entry]));
  const term = (item) => {
    const entry = termsOf.get(item.source);
    if (!entry) return NONE;
    return [linkOut(entry.terms_url, words(entry.terms)), entry.publishable === false ? h("span", { class: "quiet" }, " (not for redistribution)") : null];
  };
  const sinceNewest = (item) => (ageOf(item.newest) === null ? NONE : age(ageOf(item.newest)));
  return table({
    caption: "Sources",
    isWide: true,
    hideCaption: true,
    columns: [
      { label: "Source", head: true, cell: (item) => said(item.title ?? item.source) },
      { label: "Status", cell: (item) => badge(judge({ ...item, name: item.source })) },
      { label: "Age", number: true, cell: sinceNewest },
      { label: "Next due", whole: true, cell: (item) => instant(item.expected_next_at, true) },
      { label: "Why", prose: true, cell: (item) => [said(words(item.why)), item.last_error ? h("span", { class: "quiet" }, " Last error: ", said(item.last_error)) : null] },
      { label: "Calls today", number: true, cell: quota },
      { label: "Answered", number: true, cell: (item) => share(item.success_share) },
      { label: "Latency", number: true, cell: (item) => (isNumber(item.median_latency_ms) ? `${fixed(item.median_latency_ms, 0)} ms` : NONE) },
      { label: "Terms", prose: true, cell: term },
    ],
    rows: items,
  });
}

export async function drawSources(panel, publication) {
  const artifact = await publication.load(PATH);
  const items = [...(artifact.items ?? [])].sort((a, b) => judge(a).rank - judge(b).rank);
  const closed = artifact.closed ?? [];
  panel.show(
    items.length ? h("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": "Table of sources" }, sourceTable(items, artifact.sources ?? [])) : emptyState("No source was asked yet."),
    closed.length
      ? folded(`${closed.length} sources that other lists name and that give nothing here`, h("ul", { class: "plain-list" }, closed.map((entry) => h("li", {}, h("strong", {}, said(entry.name)), ": ", said(entry.why)))))
      : null,
  );
  panel.foot(...footFor(publication, { ...artifact, sources: [] }, [PATH]));
}
