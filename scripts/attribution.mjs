// Writes docs/attribution.md, the known bugs that explain the failures of the kept scenarios. `npm run golden` calls
// this script.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
// The code finds the scenarios relative to its own folder, so the bundle is one folder deep.
const bundle = join(root, "out", "attribution-page.mjs");
await build({
  absWorkingDir: root,
  entryPoints: ["test/fuzz/attribution-page.ts"],
  outfile: bundle,
  bundle: true,
  format: "esm",
  platform: "node",
  packages: "external",
  logLevel: "warning",
});
const { pageOfKeptFindings } = await import(pathToFileURL(bundle));
writeFileSync(join(root, "docs", "attribution.md"), pageOfKeptFindings());
