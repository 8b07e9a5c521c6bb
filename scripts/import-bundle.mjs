// Bundles TypeScript of this project and imports the bundle, for scripts that call the code without a build.
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

/** The folder of the project. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Bundles the module `entry` to `outfile` and imports it. Both paths are relative to the folder of the project. The
 * bundle must be as deep in the project as code that finds files relative to its own folder expects. If ZABSIM_BUNDLED
 * is 1, `outfile` is current: the script runs itself in several processes.
 */
export async function importBundle(entry, outfile) {
  const bundle = join(root, outfile);
  if (process.env.ZABSIM_BUNDLED === "1") return import(pathToFileURL(bundle));
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: bundle,
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
    logLevel: "warning",
  });
  return import(pathToFileURL(bundle));
}
