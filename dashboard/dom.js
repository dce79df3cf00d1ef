// Elements without markup: text always becomes a text node, so nothing that a source or a model wrote can become code.

const SVG = "http://www.w3.org/2000/svg"; // a name, not an address: nothing is fetched from it

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

export function svg(tag, properties, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

// Text from outside: isolated, so that a stray right-to-left mark in it cannot turn its neighbours around.
export function said(text) {
  return h("bdi", { class: "said" }, text ?? "–");
}

export function badge({ shape, word, tone }, extra) {
  return h("span", { class: `badge ${tone}` }, h("span", { class: "shape", "aria-hidden": "true" }, shape), h("span", {}, word), extra);
}

// A link out of the page, only where the data hold a web address: anything else (javascript:, data:) stays text.
export function linkOut(address, text) {
  let url = null;
  try {
    url = new URL(address);
  } catch {
    return said(text);
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return said(text);
  return h("a", { href: url.href, rel: "noopener noreferrer" }, said(text));
}
