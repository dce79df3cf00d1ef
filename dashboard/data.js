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

const MANIFEST = "data/manifest.json";
const MAJOR = "1";

// Fields may be added within a major version; another one means that known fields changed their meaning.
function checkVersion(path, file) {
  const version = String(file.schema_version ?? "unknown");
  if (version.split(".")[0] !== MAJOR) {
    throw new DataProblem("broken", `${path} has the schema version ${version}, this page reads ${MAJOR}.x. Reload the page.`);
  }
}

// Tells whether something else is published by now. Who is offline learns nothing new, and ages go on being judged.
export async function hasChanged(publication) {
  const manifest = await read(MANIFEST).catch(() => null);
  return manifest !== null && JSON.stringify(manifest) !== JSON.stringify(publication.manifest);
}

export async function openPublication() {
  const manifest = await read(MANIFEST);
  if (!manifest || !Array.isArray(manifest.artifacts) || !manifest.run_id) {
    throw new DataProblem("broken", "data/manifest.json does not have the expected shape.");
  }
  checkVersion(MANIFEST, manifest);
  const listed = manifest.artifacts.map((artifact) => String(artifact.path));
  const known = new Set(listed);
  const asked = new Map();
  const schemaPath = (path) => manifest.artifacts.find((artifact) => artifact.path === path)?.schema ?? null;

  async function check(path) {
    if (!known.has(path)) throw new DataProblem("absent", `${path} is not part of this publication.`);
    const artifact = await read(path);
    if (!artifact || typeof artifact !== "object") throw new DataProblem("broken", `${path} does not have the expected shape.`);
    checkVersion(path, artifact);
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
      if (!asked.has(path)) {
        const answer = check(path);
        asked.set(path, answer);
        answer.catch(() => asked.delete(path)); // who was offline for a moment may ask again
      }
      return asked.get(path);
    },
    // The schema that says what a file's figures mean; null where the file has none.
    schemaPath,
    schemaOf: (path) => (schemaPath(path) ? read(schemaPath(path)) : null),
    source: (name) => (manifest.sources ?? []).find((source) => source.name === name),
  };
}
