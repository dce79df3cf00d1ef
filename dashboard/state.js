// What the reader chose, in the address: #symbol=SPY&range=1M can be sent to a colleague.

const DEFAULTS = { window: "1W", symbol: "SPY", range: "6M", interval: "1d", days: "90", series: "", book: "", note: "" };
const listeners = [];
let current = { ...DEFAULTS };

function readAddress() {
  const hash = window.location.hash.slice(1);
  if (!hash.includes("=")) return null; // a plain anchor to a panel says nothing about choices
  const asked = new URLSearchParams(hash);
  return Object.fromEntries(Object.entries(DEFAULTS).map(([key, value]) => [key, asked.get(key) ?? value]));
}

export function get(key) {
  return current[key];
}

// A choice that the address asks for and the panel does not offer falls back to the default, silently in the address.
export function oneOf(key, allowed) {
  return allowed.includes(current[key]) ? current[key] : allowed.includes(DEFAULTS[key]) ? DEFAULTS[key] : allowed[0];
}

export function set(changes) {
  const keys = Object.keys(changes).filter((key) => changes[key] !== current[key]);
  current = { ...current, ...changes };
  const shown = Object.entries(current).filter(([key, value]) => value !== DEFAULTS[key]);
  const hash = shown.length ? `#${new URLSearchParams(shown)}` : window.location.pathname + window.location.search;
  window.history.replaceState(null, "", hash);
  announce(keys);
}

function announce(keys) {
  for (const listener of listeners) if (listener.keys.some((key) => keys.includes(key))) listener.changed();
}

export function onChange(keys, changed) {
  listeners.push({ keys, changed });
}

current = readAddress() ?? current;
window.addEventListener("hashchange", () => {
  const next = readAddress();
  if (next === null) return;
  const keys = Object.keys(next).filter((key) => next[key] !== current[key]);
  current = next;
  announce(keys);
});
