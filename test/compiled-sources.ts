/**
 * A Vite plugin with which tests import zabsim's sources as JavaScript that Node loads itself. vitest would compile
 * each use of an import to a property of an object, which makes the simulator slower by a third.
 *
 * `npm test` uses the plugin. `npx vitest` and `npm run coverage` do not use it, so that the lines of stack traces and
 * the coverage refer to the TypeScript files.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transformSync } from "esbuild";
import type { Plugin } from "vitest/config";
import { sourceFiles, sourceFolders } from "./source-folders.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Compiles the sources and replaces each import of a source in a test by an import of the compiled file. */
export function compiledSources(): Plugin {
  // vitest leaves modules in node_modules to Node. There, the compiled files also find the packages that they import.
  const folder = join(ROOT, "node_modules", `.zabsim-compiled-${process.pid}`);
  const files = new Set(sourceFolders().flatMap(sourceFiles));
  return {
    name: "compiled-sources",
    enforce: "pre",
    buildStart() {
      process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
      for (const file of files) {
        const compiled = compiledPath(folder, file);
        mkdirSync(dirname(compiled), { recursive: true });
        writeFileSync(compiled, compile(file));
      }
    },
    resolveId(source, importer) {
      if (importer === undefined || !/^\.\.?\//.test(source)) return undefined;
      const file = relative(ROOT, join(dirname(importer), source));
      return files.has(file) ? { id: compiledPath(folder, file), external: true } : undefined;
    },
  };
}

function compiledPath(folder: string, file: string): string {
  return join(folder, file.replace(/\.ts$/, ".mjs"));
}

/** Returns the JavaScript of a source. Its URLs of other files stay those of the source. */
function compile(file: string): string {
  const path = join(ROOT, file);
  const { code } = transformSync(readFileSync(path, "utf8"), {
    loader: "ts",
    format: "esm",
    target: "node20.19",
    sourcefile: path,
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  });
  return code
    .replace(/((?:\bfrom|\bimport\(|^import) ?"\.[^"]*)\.ts"/gm, '$1.mjs"')
    .replace(
      /\bfrom "(\.[^"]*\.json)"/g,
      (_, json) => `from ${JSON.stringify(pathToFileURL(join(dirname(path), json)).href)}`,
    )
    .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href));
}
