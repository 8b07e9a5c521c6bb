// Makes dist/: the command line and its workers as one bundle (split, so that a command loads just what it uses), the
// libraries with their packages left outside, and the libraries' declarations. `npm ci` runs it through "prepare".
//
// Everything in dist/ lies flat. Source files one folder deep (cli/x.ts, scenarios/x.ts) therefore find files of the package
// the same way bundled and not: new URL("../schema/scenario.schema.json", import.meta.url).
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

// Without the development tools there is nothing to build with. That is no failure: npm runs "prepare" also for
// `npm ci --omit=dev` and for an `npx zabsim` before any `npm ci`, and a failing one leaves npx with a broken cache.
const { build } = await import("esbuild").catch(() => {
  console.error("build: esbuild is not installed, dist/ stays as it is. `npm ci` installs it and builds.");
  process.exit(0);
});

const root = fileURLToPath(new URL("..", import.meta.url));
const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

// Built beside and then swapped in: whoever runs zabsim meanwhile keeps the old one.
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
  // Piscina starts worker threads from files of its own.
  external: [...Object.keys(devDependencies), "piscina"],
  // Its ES modules start twice as fast as the CommonJS that a bundle for Node would take.
  alias: { yaml: join(root, "node_modules", "yaml", "browser", "index.js") },
  // Some packages are CommonJS and require Node's own modules.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module";const require = __createRequire(import.meta.url);',
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
  // Errors of type are the business of `npm run typecheck`; the JavaScript works without.
  if (status !== 0) console.error(`build: the declarations have type errors (npm run typecheck):\n${stdout.trimEnd()}`);
}

rmSync(join(root, "dist"), { recursive: true, force: true });
renameSync(join(root, fresh), join(root, "dist"));

/** Entry points of worker threads, by name: campaign/campaign-worker.ts becomes dist/campaign-worker.js. */
function workers(...rooms) {
  const found = {};
  for (const room of rooms.filter((name) => existsSync(join(root, name)))) {
    for (const file of readdirSync(join(root, room)).filter((name) => name.endsWith("worker.ts"))) {
      found[basename(file, ".ts")] = `${room}/${file}`;
    }
  }
  return found;
}

function existing(entries) {
  const missing = Object.values(entries).filter((file) => !existsSync(join(root, file)));
  if (missing.length > 0) console.error(`build: left out, no such file: ${missing.join(", ")}`);
  return Object.fromEntries(Object.entries(entries).filter(([, file]) => !missing.includes(file)));
}
