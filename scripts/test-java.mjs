// Asks ZooKeeper's own classes and zabsim the same questions, and compares the answers (test/java/README.md).
//
//   node scripts/test-java.mjs [--release R] [--kind K] [--seed N] [--inputs N] [--long] [--cases FILE]
//
// The exit code is 0 if all answers agree, 1 if one differs, and 70 if the questions could not be asked.
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const bundle = join(root, "test", "java", "out", "main.mjs");
await build({
  absWorkingDir: root,
  entryPoints: ["test/java/main.ts"],
  outfile: bundle,
  bundle: true,
  format: "esm",
  platform: "node",
  packages: "external",
  logLevel: "warning",
});
const { main } = await import(pathToFileURL(bundle));
try {
  process.exitCode = await main(root, process.argv.slice(2));
} catch (error) {
  console.error(`test:java: ${error.message}`);
  process.exitCode = 70;
}
