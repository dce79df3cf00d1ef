// One kind of table for the whole page: rows on wide panels, stacked cards on narrow ones (parts.css).

import { h } from "./dom.js";
import { NONE } from "./format.js";

/*
 * columns: { label, cell(row) -> node or text, number?, head?, code?, prose?, whole? }; prose may break anywhere, whole not at all.
 * `isWide` tables are stacked already on a tablet.
 * Roles are spelt out, because browsers drop a table's meaning once CSS turns its rows into blocks.
 */
export function table({ caption, hideCaption = false, isWide = false, columns, rows }) {
  const kind = (column) => [column.number && "number", column.prose && "prose", column.whole && "whole"].filter(Boolean).join(" ") || null;
  const heads = columns.map((column) => h("th", { scope: "col", role: "columnheader", class: kind(column) }, column.label));
  const cell = (column, row) => {
    const content = column.cell(row);
    const inside = h("span", { class: column.code ? "code" : null }, content);
    if (column.head) return h("th", { scope: "row", role: "rowheader", class: kind(column) }, inside);
    const classes = [kind(column), inside.textContent === NONE && "is-none"].filter(Boolean).join(" ") || null;
    return h("td", { role: "cell", class: classes, "data-label": column.label }, inside);
  };
  return h(
    "table",
    { class: isWide ? "stacks is-wide" : "stacks", role: "table" },
    h("caption", { class: hideCaption ? "for-ears" : null }, caption),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads)),
    h("tbody", { role: "rowgroup" }, rows.map((row) => h("tr", { role: "row" }, columns.map((column) => cell(column, row))))),
  );
}

// The figures behind a chart, made only when somebody opens them: four hundred rows cost nothing until then.
export function tableBehind(summary, make, label = summary) {
  const box = h("div", { class: "table-box is-tall", tabindex: "0", role: "region", "aria-label": label });
  const opened = () => {
    if (box.childElementCount === 0) box.append(make());
  };
  return h("details", { on: { toggle: opened } }, h("summary", {}, summary), box);
}

export function folded(summary, ...content) {
  return h("details", {}, h("summary", {}, summary), content);
}
