// What analysts say of a note, in their own words: text from outside, beside the note and never inside it.

import { h, said } from "../dom.js";
import { instant, utc, words } from "../format.js";

function entry(comment) {
  const when = h("time", { datetime: comment.written_at, title: utc(comment.written_at) }, instant(comment.written_at, true));
  return h("li", {}, h("p", { class: "comment-head" }, h("strong", {}, said(words(comment.author))), h("span", { class: "quiet small" }, when)), h("p", { class: "comment-text" }, said(comment.text)));
}

export function comments(note) {
  const all = note.comments ?? [];
  if (!all.length) return h("p", { class: "quiet small below" }, "No comment on this note. ", h("code", {}, `mfo comment ${note.for_date} "…"`), " adds one, and the next export shows it.");
  const title = all.length === 1 ? "One comment" : `${all.length} comments`;
  return h("section", { class: "comments", "aria-label": "Comments on this note" }, h("h3", {}, title, h("span", { class: "quiet small" }, "The analysts' own words, not verified")), h("ol", {}, all.map(entry)));
}
