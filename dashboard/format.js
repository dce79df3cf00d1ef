// Numbers, dates and ages as words. The page computes nothing: it only rounds and names what the artifacts hold.

export const NONE = "–";
const MINUS = "\u2212";
const THIN = "\u202f"; // narrow no-break space before a per cent sign
const SPACE = "\u00a0";
const SCALES = [
  [1e12, "tn"],
  [1e9, "bn"],
  [1e6, "m"],
  [1e3, "k"],
];
const formats = new Map();

let zone = "UTC";

export function useTimeZone(name) {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: name });
    zone = name;
  } catch {
    zone = "UTC"; // a zone that this browser does not know
  }
}

function decimals(value, least, most) {
  const key = `${least}-${most}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.NumberFormat("en-US", { minimumFractionDigits: least, maximumFractionDigits: most }));
  }
  return formats.get(key).format(value);
}

export function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

// `signed` is for changes and pressure only; a level never gets a plus.
function withSign(value, magnitude, signed) {
  const isZero = !/[1-9]/.test(magnitude);
  if (isZero) return magnitude;
  if (value < 0) return MINUS + magnitude;
  return signed ? `+${magnitude}` : magnitude;
}

export function fixed(value, digits = 2, signed = false) {
  if (!isNumber(value)) return NONE;
  return withSign(value, decimals(Math.abs(value), digits, digits), signed);
}

export function percent(value, digits = 2, signed = false) {
  return isNumber(value) ? `${fixed(value, digits, signed)}${THIN}%` : NONE;
}

// A share between 0 and 1 as per cent.
export function share(value, digits = 0) {
  return isNumber(value) ? percent(value * 100, digits) : NONE;
}

function scaled(value) {
  const size = Math.abs(value);
  for (const [unit, name] of SCALES) {
    // 999.6 m would round to 1,000 m: such a value belongs to the next unit.
    if (size >= unit * 0.9995) {
      const part = size / unit;
      const digits = part < 9.995 ? 2 : part < 99.95 ? 1 : 0;
      return `${decimals(part, digits, digits)}${SPACE}${name}`;
    }
  }
  return decimals(size, 0, size < 10 ? 2 : 0);
}

export function compact(value, signed = false) {
  return isNumber(value) ? withSign(value, scaled(value), signed) : NONE;
}

export function usd(value, signed = false) {
  return isNumber(value) ? withSign(value, `$${scaled(value)}`, signed) : NONE;
}

// Prices keep what a trader reads: two decimals, more below one.
export function price(value) {
  if (!isNumber(value)) return NONE;
  const size = Math.abs(value);
  const most = size === 0 || size >= 1 ? 2 : Math.min(8, 3 - Math.floor(Math.log10(size)));
  return withSign(value, decimals(size, 2, most), false);
}

// A value with the unit that its artifact names.
export function withUnit(value, unit, signed = false) {
  if (!isNumber(value)) return NONE;
  const word = String(unit ?? "").trim();
  if (/^(usd|dollars?|u\.s\. dollars?)$/i.test(word)) {
    return Math.abs(value) < 1e5 ? withSign(value, `$${price(Math.abs(value))}`, signed) : usd(value, signed);
  }
  if (/^(%|pct|percent)$/i.test(word)) return percent(value, 2, signed);
  const number = Math.abs(value) >= 1e6 ? compact(value, signed) : fixed(value, Math.abs(value) >= 1000 ? 0 : 2, signed);
  return word === "" || /^(index|ratio|count|number|-100 to 100)$/i.test(word) ? number : `${number} ${word}`;
}

const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

// A session's date: no zone shifts it.
export function date(text) {
  const when = new Date(`${String(text).slice(0, 10)}T00:00:00Z`);
  return text && !Number.isNaN(when.getTime()) ? DATE.format(when) : NONE;
}

// `brief` leaves the zone out, for tables; the foot of the page names it.
export function instant(value, brief = false) {
  const when = typeof value === "number" ? new Date(value) : new Date(value ?? NaN);
  if (Number.isNaN(when.getTime())) return NONE;
  const parts = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" };
  return new Intl.DateTimeFormat("en-GB", { ...parts, hourCycle: "h23", timeZone: zone, ...(brief ? {} : { timeZoneName: "short" }) }).format(when);
}

export function utc(value) {
  const when = new Date(value ?? NaN);
  return Number.isNaN(when.getTime()) ? NONE : `${when.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

export function age(milliseconds) {
  if (!isNumber(milliseconds)) return "age unknown";
  const minutes = Math.max(0, Math.floor(milliseconds / 60000));
  if (minutes < 1) return "under 1 min";
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h`;
  return `${Math.floor(hours / 24)} days`;
}

export function words(text) {
  return text === null || text === undefined || text === "" ? NONE : String(text);
}

export function range(low, high, told) {
  return isNumber(low) && isNumber(high) ? `${told(low)} to ${told(high)}` : NONE;
}
