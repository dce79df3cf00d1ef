// What a panel's figures mean: title, unit and definition of each field, from the schemas of the panel's own files.

import { h, said } from "./dom.js";
import { table, tableBehind } from "./table.js";

// What every file carries says nothing about its figures.
const ENVELOPE = new Set(["schema_version", "as_of", "run_id", "demo", "reconstructed", "sources", "withheld"]);

function gather(schema, found) {
  for (const part of [schema.items, ...(schema.prefixItems ?? [])]) if (part && typeof part === "object") gather(part, found);
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const column = field.items ?? {}; // of an array of plain values its items say what they are
    const description = column.properties ? null : (field.description ?? column.description);
    if (description && !field.properties && !found.has(field.title)) found.set(field.title, { name, unit: field["x-unit"] ?? column["x-unit"], title: field.title, description });
    gather(field, found);
  }
}

async function rows(publication, paths) {
  const schemas = await Promise.all(paths.map((path) => publication.schemaOf(path)));
  const found = new Map();
  for (const schema of schemas.filter(Boolean)) {
    for (const [name, field] of Object.entries(schema.properties ?? {})) if (!ENVELOPE.has(name)) gather({ properties: { [name]: field } }, found);
  }
  return [...found.values()];
}

export function meanings(publication, paths) {
  if (!paths.some((path) => publication.schemaPath(path))) return null;
  const box = h("div", {}, h("p", { class: "quiet" }, "Reading the schema…"));
  const make = () => {
    rows(publication, paths).then(
      (fields) =>
        box.replaceChildren(
          table({
            caption: "What these figures mean",
            hideCaption: true,
            columns: [
              { label: "Figure", head: true, cell: (field) => said(field.title) },
              { label: "Field", code: true, cell: (field) => said(field.name) },
              { label: "Unit", cell: (field) => said((field.unit ?? "").replace("-", "−")) },
              { label: "Definition", prose: true, cell: (field) => said(field.description) },
            ],
            rows: fields,
          }),
        ),
      (problem) => box.replaceChildren(h("p", { class: "state state-error" }, said(problem.message))),
    );
    return box;
  };
  const behind = tableBehind("What these figures mean", make, `What the figures of ${paths.join(", ")} mean`);
  behind.classList.add("meanings");
  return behind;
}
