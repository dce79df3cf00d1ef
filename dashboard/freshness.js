// Age is judged here, in the reader's browser: a static page whose job died would otherwise look fresh for ever.

import { badge } from "./dom.js";

const HOUR = 3600000;

// `?now=2026-11-20T06:00:00Z` sets the clock, so that a test (or a doubter) can see the page as it will look then.
const override = Date.parse(new URLSearchParams(window.location.search).get("now") ?? "");
const opened = Date.now();

export function now() {
  return Number.isNaN(override) ? Date.now() : override + (Date.now() - opened);
}

export function ageOf(iso) {
  const when = Date.parse(iso ?? "");
  return Number.isNaN(when) ? null : now() - when;
}

const VERDICTS = {
  fresh: { shape: "●", word: "fresh", tone: "good", rank: 3 },
  late: { shape: "▲", word: "late", tone: "warn", rank: 2 },
  stale: { shape: "■", word: "stale", tone: "bad", rank: 1 },
  failed: { shape: "✕", word: "failed", tone: "bad", rank: 0 },
  skipped: { shape: "◇", word: "skipped", tone: "idle", rank: 4 },
  unused: { shape: "○", word: "not used", tone: "idle", rank: 5 },
  unknown: { shape: "◇", word: "no due time", tone: "idle", rank: 4 },
};

/*
 * A source is late from the instant at which its next data were due, and stale when one more of its cadences has passed.
 * What the job itself reported (failed, late, skipped) can only make that worse.
 */
export function judge(source) {
  if (!source) return VERDICTS.unknown;
  if (source.status === "unused" || source.status === "skipped") return VERDICTS[source.status];
  const due = Date.parse(source.expected_next_at ?? "");
  const cadence = Math.max(1, Number(source.cadence_hours) || 24) * HOUR;
  const overdue = now() - due;
  if (overdue > cadence) return VERDICTS.stale;
  if (source.status === "failed") return VERDICTS.failed;
  if (overdue > 0 || source.status === "late") return VERDICTS.late;
  // A stand-in is due only when it is needed: without a due time nobody can call its data fresh or late.
  return Number.isNaN(due) ? VERDICTS.unknown : VERDICTS.fresh;
}

// The mark of a value that was too old for its cadence when it was published.
export function oldMark(file, name) {
  const entry = (file?.old ?? []).find((one) => one.name === name);
  return entry ? badge({ shape: "▲", word: `${entry.age_days} days old`, tone: "warn old" }) : null;
}
