// The day's note and its calls: what it says, what speaks against it, when it would be wrong, and the facts it rests on.

import { h, said, svg, badge } from "../dom.js";
import { date, instant, isNumber, share, utc, withUnit, words } from "../format.js";
import { emptyState, fillPanel, footFor } from "../panel.js";
import { select } from "../controls.js";
import { table, folded } from "../table.js";
import * as state from "../state.js";

const LATEST = "data/recommendations/latest.json";
const STANCES = {
  overweight: { shape: "▲", word: "Overweight", tone: "up" },
  underweight: { shape: "▼", word: "Underweight", tone: "down" },
  neutral: { shape: "■", word: "Neutral", tone: "quiet" },
};

export function stance(name) {
  const known = STANCES[name] ?? { shape: "◇", word: words(name), tone: "quiet" };
  return h("strong", { class: `stance ${known.tone}` }, h("span", { "aria-hidden": "true" }, `${known.shape} `), said(known.word));
}

// Who wrote it, and what was checked of it. `rules` is a stand-in and is called so.
export function authorBadges(note) {
  const isRules = note.model === "rules" || note.label === "rules";
  return h(
    "span",
    { class: "badges" },
    h("span", { class: `badge ${isRules ? "warn" : "idle"}` }, h("span", { "aria-hidden": "true" }, isRules ? "◆" : "◇"), isRules ? (note.why ? "Written by rules" : "Written by rules, no model") : [h("span", {}, "Written by "), said(note.model)]),
    badge({ shape: note.verified ? "✓" : "✕", word: words(note.checked), tone: note.verified ? "idle" : "bad" }),
    note.kind === "replay" ? badge({ shape: "◆", word: "Replay, written later for a past date", tone: "warn" }) : null,
  );
}

// Why no model wrote it, and whose recommendations the rules carried over.
function because(note) {
  const isCarriedOver = note.recommended_by && note.recommended_by !== note.model;
  return [
    note.why ? h("p", { class: "quiet small" }, "By rules, because ", said(note.why)) : null,
    isCarriedOver ? h("p", { class: "quiet small" }, "Recommendations by ", said(note.recommended_by)) : null,
  ];
}

function confidence(value) {
  const width = isNumber(value) ? Math.max(0, Math.min(1, value)) * 100 : 0;
  return [
    share(value),
    svg(
      "svg",
      { class: "meter", viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" },
      svg("rect", { class: "meter-room", x: 0, y: 0, width: 100, height: 6 }),
      svg("rect", { class: "meter-part", x: 0, y: 0, width, height: 6 }),
    ),
  ];
}

function factTable(facts, caption) {
  return h(
    "div",
    { class: "table-box", tabindex: "0", role: "region", "aria-label": caption },
    table({
      caption,
      hideCaption: true,
      columns: [
        { label: "Fact", head: true, prose: true, cell: (fact) => [h("span", { class: "code quiet" }, said(fact.id)), " ", said(named(fact))] },
        { label: "Value", number: true, cell: (fact) => (isNumber(fact.value) ? withUnit(fact.value, fact.unit) : said(words(fact.value))) },
        { label: "As of", cell: (fact) => said(String(fact.as_of ?? "").length > 10 ? instant(fact.as_of, true) : date(fact.as_of)) },
        { label: "Source", cell: (fact) => said(words(fact.source)) },
      ],
      rows: facts,
    }),
  );
}

// Most names carry their symbol already.
function named(fact) {
  const name = words(fact.name);
  return fact.symbol && !name.includes(fact.symbol) ? `${fact.symbol} ${name}` : name;
}

function citedList(call, facts) {
  const items = (call.facts ?? []).map((id) => {
    const fact = facts.get(id);
    if (!fact) return h("li", {}, h("span", { class: "code" }, said(id)), " is not among this note's facts");
    const value = isNumber(fact.value) ? withUnit(fact.value, fact.unit) : words(fact.value);
    return h("li", {}, said(named(fact)), ": ", h("strong", { class: isNumber(fact.value) ? "whole" : null }, said(value)), h("span", { class: "quiet" }, " ", h("span", { class: "whole" }, `(${String(fact.as_of ?? "").length > 10 ? instant(fact.as_of, true) : date(fact.as_of)})`)));
  });
  return items.length ? h("ul", { class: "cited" }, items) : "None cited";
}

function card(call, facts) {
  const row = (name, ...value) => h("div", {}, h("dt", {}, name), h("dd", {}, ...value));
  return h(
    "article",
    { class: "call" },
    h("header", {}, stance(call.stance), h("strong", { class: "call-symbol" }, said(call.symbol)), h("span", { class: "quiet" }, `${words(call.horizon)} sessions`)),
    h("h3", {}, said(call.title)),
    h("p", {}, said(call.action)),
    h(
      "dl",
      { class: "call-parts" },
      row("Confidence", confidence(call.confidence)),
      row("Against", said(words(call.against))),
      row("Wrong if", said(words(call.wrong_if).replace(/^wrong if\s+/i, ""))),
      row("Measured against", said(words(call.benchmark))),
      row("Rests on", citedList(call, facts)),
    ),
  );
}

// What analysts say of a note, in their own words: text from outside, beside the note and never inside it.
function entry(comment) {
  const when = h("time", { datetime: comment.written_at, title: utc(comment.written_at) }, instant(comment.written_at, true));
  return h("li", {}, h("p", { class: "comment-head" }, h("strong", {}, said(words(comment.author))), h("span", { class: "quiet small" }, when)), h("p", { class: "comment-text" }, said(comment.text)));
}

function comments(note) {
  const all = note.comments ?? [];
  if (!all.length) return h("p", { class: "quiet small below" }, "No comment on this note. ", h("code", {}, `mfo comment ${note.for_date} "…"`), " adds one, and the next export shows it.");
  const title = all.length === 1 ? "One comment" : `${all.length} comments`;
  return h("section", { class: "comments", "aria-label": "Comments on this note" }, h("h3", {}, title, h("span", { class: "quiet small" }, "The analysts' own words, not checked")), h("ol", {}, all.map(entry)));
}

export async function setUpRecommendations(panel, publication) {
  const latest = await publication.load(LATEST);
  const dates = (latest.dates ?? []).map(String).filter((day) => publication.has(`data/recommendations/${day}.json`));
  const newest = String(latest.for_date);
  const choices = [...new Set([newest, ...[...dates].sort().reverse()])];
  const picker = select({ label: "Note of", groups: [["", choices.map((day) => [day, date(day)])]], value: newest, choose: (note) => state.set({ note: note === newest ? "" : note }) });
  if (choices.length > 1) panel.controls.append(picker.element);
  return () =>
    fillPanel(panel, async () => {
      const day = choices.includes(state.get("note")) ? state.get("note") : newest;
      picker.set(day);
      const path = day === newest ? LATEST : `data/recommendations/${day}.json`;
      const note = await publication.load(path);
      if (!note.for_date) {
        panel.show(emptyState("No note is written yet."));
        panel.foot(...footFor(publication, note, [path]));
        return;
      }
      const facts = new Map((note.facts ?? []).map((fact) => [fact.id, fact]));
      const calls = note.recommendations ?? [];
      panel.say(`For ${date(note.for_date)}. Confidence is the stated chance of being right. Not investment advice.`);
      panel.show(
        authorBadges(note),
        ...because(note),
        h("p", { class: "summary" }, said(note.summary)),
        calls.length ? h("div", { class: "calls" }, calls.map((call) => card(call, facts))) : emptyState("This note makes no calls."),
        facts.size ? folded(`All ${facts.size} facts that the note was given`, factTable([...facts.values()], "Facts")) : null,
        note.withheld?.length ? null : comments(note),
      );
      const published = h("time", { datetime: note.published_at, title: utc(note.published_at) }, instant(note.published_at));
      panel.foot(...footFor(publication, note, [path], { asOf: published }));
    });
}
