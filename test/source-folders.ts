/** The packages of zabsim: the folders of the repository that have TypeScript files, apart from the tests. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Folders of the repository that can have TypeScript files and are no packages. */
const OTHERS: ReadonlySet<string> = new Set(["coverage", "dist", "docs", "node_modules", "out", "scripts", "test"]);

/** Returns the names of the packages, in alphabetical order. */
export function sourceFolders(): string[] {
  return readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !OTHERS.has(entry.name))
    .map(({ name }) => name)
    .filter((name) => sourceFiles(name).length > 0)
    .sort();
}

/** Returns the paths of the TypeScript files of a package, relative to the root of the repository. */
export function sourceFiles(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file));
}
