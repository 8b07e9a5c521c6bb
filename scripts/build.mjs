// Builds dist/. It contains a bundle of the command line and its workers, split so that a command loads only the code
// that it uses; the libraries, without their npm dependencies; and the type declarations of the libraries. `npm ci`
// runs this script ("prepare").
//
// dist/ has no subfolders for code. A source file one folder deep (cli/x.ts) can therefore use the same relative URL in
// the bundle and in the source, for example new URL("../schema/scenario.schema.json", import.meta.url).
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

// If esbuild is not installed, this script does nothing and succeeds: npm also runs "prepare" for `npm ci --omit=dev`
// and for an `npx zabsim` before the first `npm ci`, and a failure would leave npx with a broken cache.
const { build } = await import("esbuild").catch(() => {
  console.error(
    "build: esbuild is not installed; dist/ is unchanged. Run `npm ci`, which installs esbuild and builds.",
  );
  process.exit(0);
});

const root = fileURLToPath(new URL("..", import.meta.url));
const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

// The build goes to another folder that then replaces dist/, so that a running zabsim never sees half a build.
const fresh = `.dist-${process.pid}`;
process.on("exit", () => rmSync(join(root, fresh), { recursive: true, force: true }));

const programs = { cli: "cli/main.ts", bench: "bench/main.ts", ...workers("campaign", "bench") };
const libraries = {
  index: "lib/index.ts",
  protocol: "protocol/index.ts",
  sim: "sim/index.ts",
  fuzz: "lib/fuzz.ts",
  vitest: "lib/vitest.ts",
};

const common = {
  absWorkingDir: root,
  outdir: fresh,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  legalComments: "none",
  logLevel: "warning",
};

await build({
  ...common,
  entryPoints: existing(programs),
  chunkNames: "cli-[name]-[hash]",
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: false,
  // Piscina is not bundled, because it starts worker threads from its own files.
  external: [...Object.keys(devDependencies), "piscina"],
  // The build for Node would use the CommonJS files of yaml. The ES modules of yaml start twice as fast.
  alias: { yaml: join(root, "node_modules", "yaml", "browser", "index.js") },
  // Bundled CommonJS packages call require() for Node's own modules; an ES module has no require.
  banner: {
    js: [
      'import { createRequire as __createRequire } from "node:module";',
      "const require = __createRequire(import.meta.url);",
    ].join(""),
  },
});

await build({
  ...common,
  entryPoints: existing(libraries),
  chunkNames: "lib-[name]-[hash]",
  packages: "external",
  sourcemap: true,
});

if (Object.values(libraries).some((file) => existsSync(join(root, file)))) {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const { status, stdout } = spawnSync(
    process.execPath,
    [tsc, "-p", "tsconfig.build.json", "--outDir", `${fresh}/types`],
    { cwd: root, encoding: "utf8" },
  );
  // A type error does not stop the build, because the JavaScript works anyway. `npm run typecheck` reports type errors.
  if (status !== 0) console.error(`build: type errors in the declarations (npm run typecheck):\n${stdout.trimEnd()}`);
}

rmSync(join(root, "dist"), { recursive: true, force: true });
renameSync(join(root, fresh), join(root, "dist"));

/** Finds entry points of worker threads: campaign/campaign-worker.ts becomes dist/campaign-worker.js. */
function workers(...folders) {
  const found = {};
  for (const folder of folders.filter((name) => existsSync(join(root, name)))) {
    for (const file of readdirSync(join(root, folder)).filter((name) => name.endsWith("worker.ts"))) {
      found[basename(file, ".ts")] = `${folder}/${file}`;
    }
  }
  return found;
}

function existing(entries) {
  const missing = Object.values(entries).filter((file) => !existsSync(join(root, file)));
  if (missing.length > 0) console.error(`build: skipped, no such file: ${missing.join(", ")}`);
  return Object.fromEntries(Object.entries(entries).filter(([, file]) => !missing.includes(file)));
}
