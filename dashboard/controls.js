// Real radios and selects: arrow keys, names and states come from the browser.

import { h } from "./dom.js";

let groups = 0;

export function radios({ legend, options, value, choose }) {
  const name = `choice-${(groups += 1)}`;
  const inputs = options.map(([key]) =>
    h("input", { type: "radio", name, value: key, checked: key === value, on: { change: () => choose(key) } }),
  );
  const labels = options.map(([, text], position) => h("label", {}, inputs[position], h("span", {}, text)));
  const element = h("fieldset", { class: "segments" }, h("legend", { class: "for-ears" }, legend), labels);
  return {
    element,
    set(next) {
      for (const input of inputs) input.checked = input.value === next;
    },
    allow(keys) {
      for (const input of inputs) input.disabled = !keys.includes(input.value);
    },
  };
}

// `groups` is [[label, [[value, text], ...]], ...]; an empty label means no group around its options.
export function select({ label, groups: parts, value, choose }) {
  const option = ([key, text]) => h("option", { value: key, selected: key === value }, text);
  const element = h("select", { on: { change: () => choose(element.value) } });
  for (const [name, options] of parts) {
    element.append(...(name ? [h("optgroup", { label: name }, options.map(option))] : options.map(option)));
  }
  return {
    element: h("label", { class: "choice" }, h("span", {}, label), element),
    set(next) {
      element.value = next;
    },
  };
}
