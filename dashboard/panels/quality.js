// Data quality: what was claimed and holds, what is missing, what changed afterwards, what was refused.

import { h, said, badge } from "../dom.js";
import { date, fixed, instant, isNumber, withUnit, words } from "../format.js";
import { emptyState, footFor } from "../panel.js";
import { table, folded } from "../table.js";

const PATH = "data/quality.json";
const PASS = { shape: "●", word: "holds", tone: "good" };

function verdict(check) {
  const hasFailed = check.status ? !/^(pass|passed|ok)$/i.test(check.status) : check.failed_rows > 0;
  if (!hasFailed) return PASS;
  return /warn/i.test(check.severity ?? "") ? { shape: "▲", word: "warning", tone: "warn" } : { shape: "■", word: "fails", tone: "bad" };
}

function at(value) {
  return String(value ?? "").length > 10 ? instant(value, true) : date(value);
}

function checkTable(checks, caption) {
  return table({
    caption,
    hideCaption: true,
    columns: [
      { label: "Result", cell: (check) => badge(verdict(check)) },
      { label: "Claim", head: true, prose: true, cell: (check) => said(check.claim ?? check.check) },
      { label: "Check", code: true, prose: true, cell: (check) => said(check.check) },
      { label: "Rows against it", number: true, cell: (check) => fixed(check.failed_rows, 0) },
    ],
    rows: checks,
  });
}

function gapTable(gaps) {
  return table({
    caption: "Gaps",
    hideCaption: true,
    columns: [
      { label: "Symbol", head: true, cell: (gap) => said(gap.symbol) },
      { label: "What", cell: (gap) => said([gap.dataset, gap.interval].filter(Boolean).join(" ")) },
      { label: "From", cell: (gap) => at(gap.from_at) },
      { label: "To", cell: (gap) => at(gap.to_at) },
      { label: "Missing", number: true, cell: (gap) => fixed(gap.missing, 0) },
      { label: "State", cell: (gap) => said(words(gap.state)) },
      { label: "Why", prose: true, cell: (gap) => said(gap.why) },
      { label: "First seen", cell: (gap) => instant(gap.first_seen_at, true) },
      { label: "Asked again", number: true, cell: (gap) => fixed(gap.asked_again, 0) },
      { label: "Last asked", cell: (gap) => instant(gap.last_asked_at, true) },
    ],
    rows: gaps,
  });
}

function revisionTable(revisions) {
  const value = (number) => (isNumber(number) ? withUnit(number, "") : said(words(number)));
  return table({
    caption: "Revisions",
    hideCaption: true,
    columns: [
      { label: "Symbol", head: true, cell: (row) => [said(row.symbol), row.field ? [" ", h("span", { class: "quiet" }, said(row.field))] : null] },
      { label: "Of", cell: (row) => at(row.at) },
      { label: "Was", number: true, cell: (row) => value(row.old_value) },
      { label: "Is", number: true, cell: (row) => value(row.new_value) },
      { label: "Source", cell: (row) => said(words(row.source)) },
      { label: "Known since", cell: (row) => instant(row.known_at, true) },
    ],
    rows: revisions,
  });
}

function refusedTable(refused) {
  return table({
    caption: "Refused rows",
    hideCaption: true,
    columns: [
      { label: "Symbol", head: true, cell: (row) => said(row.symbol) },
      { label: "What", cell: (row) => said(words(row.dataset)) },
      { label: "Of", cell: (row) => at(row.at) },
      { label: "Reason", prose: true, cell: (row) => said(words(row.reason)) },
      { label: "Source", cell: (row) => said(words(row.source)) },
    ],
    rows: refused,
  });
}

function section(name, rows, make, none) {
  if (rows.length === 0) return h("p", { class: "quiet section-line" }, none);
  return folded(`${name}: ${rows.length}`, h("div", { class: "table-box is-tall", tabindex: "0", role: "region", "aria-label": name }, make(rows)));
}

export async function drawQuality(panel, publication) {
  const artifact = await publication.load(PATH);
  const checks = artifact.checks ?? [];
  const failing = checks.filter((check) => verdict(check) !== PASS);
  const holding = checks.filter((check) => verdict(check) === PASS);
  panel.show(
    checks.length === 0 ? emptyState("No check ran for this publication.") : null,
    failing.length ? h("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": "Checks that do not hold" }, checkTable(failing, "Checks that do not hold")) : null,
    checks.length && !failing.length ? h("p", {}, badge(PASS), ` All ${checks.length} checks hold.`) : null,
    section("Checks that hold", holding, (rows) => checkTable(rows, "Checks that hold"), "No check holds."),
    section("Gaps", artifact.gaps ?? [], gapTable, "Gaps: none. Every expected bar is there."),
    section("Revisions", artifact.revisions ?? [], revisionTable, "Revisions: none seen."),
    section("Refused rows", artifact.refused ?? [], refusedTable, "Refused rows: none."),
  );
  panel.foot(...footFor(publication, { ...artifact, sources: [] }, [PATH]));
}
