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

// A field that finds an option by the beginning of its value, else by any word of its text; Enter or leaving it chooses.
export function search({ label, options, choose }) {
  const id = `options-${(groups += 1)}`;
  const input = h("input", { type: "search", list: id, placeholder: "Find", "aria-label": label, autocomplete: "off", spellcheck: "false" });
  const find = () => {
    const asked = input.value.trim().toLowerCase();
    if (!asked) return;
    const [found] = options.find(([value]) => value.toLowerCase() === asked) ?? options.find(([value]) => value.toLowerCase().startsWith(asked)) ?? options.find(([, text]) => text.toLowerCase().includes(asked)) ?? [];
    input.setCustomValidity(found ? "" : "No such symbol");
    if (!found) return void input.reportValidity();
    input.value = "";
    choose(found);
  };
  input.addEventListener("change", find);
  input.addEventListener("input", () => input.setCustomValidity(""));
  return h("span", { class: "choice find" }, input, h("datalist", { id }, options.map(([value, text]) => h("option", { value }, text))));
}
