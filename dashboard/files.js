// The published files: beside the page, or inside it, where `mfo export --single-file` put them.

import { h } from "./dom.js";

const inside = document.getElementById("files");
const kept = inside ? JSON.parse(inside.textContent) : null;

export const isOneFile = kept !== null;

// What fetch would answer, as far as this page uses it. no-cache: ask whether it changed, so that files of two
// publications do not stand side by side.
export async function file(path) {
  if (!kept) return fetch(path, { cache: "no-cache", credentials: "same-origin" });
  return Object.hasOwn(kept, path) ? { ok: true, status: 200, json: async () => kept[path] } : { ok: false, status: 404 };
}

// A link to a file of the publication; a page that is one file has none beside it to link to.
export function fileLink(path, text) {
  return kept ? h("span", { class: "code" }, text === "JSON" ? path : text) : h("a", { href: path }, text);
}

// The charts' library: a module without exports that leaves `vega` on the window.
export async function vega() {
  if (!kept) await import("./vega.js");
  else if (document.readyState !== "complete") await new Promise((resolve) => window.addEventListener("load", resolve, { once: true }));
  return window.vega;
}
