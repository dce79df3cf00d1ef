// Reads the published files. One file, one promise, one failure: a problem reaches only the panels that asked for it.

import { file } from "./files.js";

export class DataProblem extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind; // "absent": not part of this publication; "broken": it should be there and cannot be used
  }
}

async function read(path) {
  let answer;
  try {
    answer = await file(path);
  } catch {
    throw new DataProblem("broken", `${path} could not be reached.`);
  }
  if (!answer.ok) throw new DataProblem("broken", `${path} could not be read (HTTP ${answer.status}).`);
  try {
    return await answer.json();
  } catch {
    throw new DataProblem("broken", `${path} is not valid JSON.`);
  }
}

export async function openPublication() {
  const manifest = await read("data/manifest.json");
  if (!manifest || !Array.isArray(manifest.artifacts) || !manifest.run_id) {
    throw new DataProblem("broken", "data/manifest.json does not have the expected shape.");
  }
  const listed = manifest.artifacts.map((artifact) => String(artifact.path));
  const known = new Set(listed);
  const asked = new Map();

  async function check(path) {
    if (!known.has(path)) throw new DataProblem("absent", `${path} is not part of this publication.`);
    const artifact = await read(path);
    if (!artifact || typeof artifact !== "object") throw new DataProblem("broken", `${path} does not have the expected shape.`);
    // Figures of two runs side by side would contradict each other without a word: rather show none.
    if (artifact.run_id !== manifest.run_id) {
      throw new DataProblem("broken", `${path} belongs to run ${artifact.run_id}, the page to run ${manifest.run_id}. Reload the page.`);
    }
    if (Boolean(artifact.demo) !== Boolean(manifest.demo)) {
      throw new DataProblem("broken", `${path} mixes demo and real figures, so it is not shown.`);
    }
    return artifact;
  }

  return {
    manifest,
    has: (path) => known.has(path),
    // The middles of the listed paths between a prefix and a suffix, e.g. the symbols that have candles.
    between: (prefix, suffix) =>
      listed.filter((path) => path.startsWith(prefix) && path.endsWith(suffix)).map((path) => path.slice(prefix.length, -suffix.length)),
    load(path) {
      if (!asked.has(path)) asked.set(path, check(path));
      return asked.get(path);
    },
    source: (name) => (manifest.sources ?? []).find((source) => source.name === name),
  };
}
