/**
 * Checks that no source file imports itself, directly or through other files. Imports of types count, too. sim/ is left
 * out, because a node and its world refer to each other there.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { sourceFiles, sourceFolders } from "../source-folders.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const RELATIVE_IMPORT = /^(?:import|export)\b[^;]*?from\s+"(\.[^"]+)"/gm;

type ImportGraph = ReadonlyMap<string, readonly string[]>;

function importGraph(files: readonly string[]): ImportGraph {
  return new Map(files.map((file) => [file, importsOf(file, readFileSync(join(ROOT, file), "utf8"))]));
}

function importsOf(file: string, text: string): string[] {
  return [...text.matchAll(RELATIVE_IMPORT)].map((match) => join(dirname(file), match[1] as string));
}

/** Returns the files of the first cycle that the search finds. Returns undefined if there is no cycle. */
function findCycle(graph: ImportGraph): string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const target of graph.get(file) ?? []) {
      const cycle = visit(target, [...path, file]);
      if (cycle !== undefined) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

describe("import cycles", () => {
  it("there is none", () => {
    const graph = importGraph(
      sourceFolders()
        .filter((name) => name !== "sim")
        .flatMap(sourceFiles),
    );
    expect(graph.size).toBeGreaterThan(600);
    expect(findCycle(graph)?.join(" -> ")).toBeUndefined();
  });

  it("the test finds a cycle, through imports of types and through exports", () => {
    const text = 'import {\n  type A,\n  b,\n} from "./b.ts";\nexport * from "../c.ts";\nimport fs from "node:fs";\n';
    expect(importsOf("x/a.ts", text)).toEqual(["x/b.ts", "c.ts"]);
    const graph = new Map([
      ["a", ["b"]],
      ["b", ["c", "d"]],
      ["c", []],
      ["d", ["b"]],
    ]);
    expect(findCycle(graph)).toEqual(["b", "d", "b"]);
  });
});
