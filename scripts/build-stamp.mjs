// Remembers from which inputs dist/ was built, so that a second build of the same inputs takes no time. The stamp is in
// node_modules, because `npm ci` removes it there and because dist/ is packed.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const STAMP = join("node_modules", ".cache", "zabsim", "build.json");
/** Folders of the repository that the build does not read. */
const UNREAD = new Set([".ci", ".git", "coverage", "dist", "docs", "node_modules", "out", "test"]);

/**
 * Returns a digest of everything that the build reads: the sources, and the names and versions of the npm packages, if
 * npm has installed them.
 */
export function digestOfInputs(root) {
  const hash = createHash("sha256");
  const folders = readdirSync(root, { withFileTypes: true });
  const files = folders.flatMap((entry) => {
    if (entry.isDirectory())
      return UNREAD.has(entry.name) || entry.name.startsWith(".dist-") ? [] : filesIn(root, entry.name);
    return /\.(?:json|ts)$/.test(entry.name) ? [entry.name] : [];
  });
  const packages = join("node_modules", ".package-lock.json");
  if (existsSync(join(root, packages))) files.push(packages);
  for (const file of files.sort()) {
    hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

/** Returns whether dist/ was built from inputs with this digest and has not changed since. */
export function isCurrent(root, inputs) {
  try {
    const stamp = JSON.parse(readFileSync(join(root, STAMP), "utf8"));
    return stamp.inputs === inputs && stamp.dist === digestOfDist(root);
  } catch {
    // There is no stamp or no dist/, or the stamp is damaged.
    return false;
  }
}

/** Writes the stamp of dist/. */
export function writeStamp(root, inputs) {
  const file = join(root, STAMP);
  mkdirSync(dirname(file), { recursive: true });
  const fresh = `${file}-${process.pid}`;
  writeFileSync(fresh, JSON.stringify({ inputs, dist: digestOfDist(root) }));
  renameSync(fresh, file);
}

/** Returns a digest of the names, sizes and times of the files of dist/. */
function digestOfDist(root) {
  const hash = createHash("sha256");
  for (const file of filesIn(root, "dist").sort()) {
    const { mtimeMs, size } = statSync(join(root, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

function filesIn(root, folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
}
