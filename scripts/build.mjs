// Builds dist/: a bundle of the command line, its workers and the libraries, split into files so that each command and
// each library loads only what it uses, and the type declarations of the libraries. Does nothing if dist/ is the build
// of the same inputs, unless --force is given.
//
// npm calls this script after `npm ci` in a checkout, because it is the script "dependencies" in package.json. The name
// is not "prepare", because npm 11 treats "prepare" as an install script of a packed zabsim.
//
// dist/ has no subfolders for code. A source file one folder deep (cli/x.ts) can therefore use the same relative URL in
// the bundle and in the source, for example new URL("../schema/scenario.schema.json", import.meta.url).
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { digestOfInputs, isCurrent, writeStamp } from "./build-stamp.mjs";

// If esbuild is not installed, this script does nothing and succeeds. npm also runs this script for `npm ci --omit=dev`
// and for `npx zabsim` before the first `npm ci`, and a failure would leave npx with a broken cache.
const { build, transform, transformSync } = await import("esbuild").catch(() => {
  console.error(
    "build: esbuild is not installed; dist/ is unchanged. Run `npm ci`, which installs esbuild and builds.",
  );
  process.exit(0);
});

const root = fileURLToPath(new URL("..", import.meta.url));
const inputs = digestOfInputs(root);
if (!process.argv.includes("--force") && isCurrent(root, inputs)) process.exit(0);

const { default: typescript } = await import("typescript");
const { dependencies, devDependencies, exports, peerDependencies } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
);

// The build writes to another folder, which then replaces dist/, so that a running zabsim never reads an incomplete
// build.
const fresh = `.dist-${process.pid}`;
process.on("exit", () => rmSync(join(root, fresh), { recursive: true, force: true }));

const AROUND_THE_CORE = [
  "campaign",
  "cli",
  "cluster",
  "confirm",
  "decide",
  "doctor",
  "formats",
  "fuzz",
  "invariants",
  "lib",
  "proxy",
  "reconstruct",
  "reports",
  "roll",
  "scenarios",
];

const published = {
  cli: "cli/main.ts",
  ...workers("campaign"),
  index: "lib/index.ts",
  protocol: "protocol/index.ts",
  sim: "sim/index.ts",
  fuzz: "lib/fuzz.ts",
  vitest: "lib/vitest.ts",
};
const unpublished = { bench: "bench/main.ts", "bench-view": "bench/view.ts", ...workers("bench") };

// Bundled CommonJS packages call require() for Node's own modules, but an ES module has no require. An import of
// node:module is not used, because zabsim/protocol and zabsim/sim would then not work outside of Node.
const REQUIRE = "const require = (name) => process.getBuiltinModule(name);";

const common = {
  absWorkingDir: root,
  outdir: fresh,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  logLevel: "warning",
  plugins: [
    { name: "omit-react-devtools", setup: omitReactDevtools },
    { name: "minify-packages", setup: minifyPackages },
    { name: "remove-comments", setup: removeComments },
  ],
  // For Node, esbuild would choose the CommonJS files of yaml. Its ES modules start twice as fast.
  alias: { yaml: join(root, "node_modules", "yaml", "browser", "index.js") },
  banner: { js: REQUIRE },
  // React contains a second version for development.
  define: { "process.env.NODE_ENV": '"production"' },
};

// The command line and the libraries share chunks. Without source maps, a stack trace is readable only if the code
// keeps its names and lines, so only npm packages are minified.
const { metafile } = await build({
  ...common,
  entryPoints: existing(published),
  chunkNames: "chunk-[name]-[hash]",
  external: installedPackages(),
  metafile: true,
});
keepRequireWhereUsed(Object.keys(metafile.outputs));

// package.json leaves bench* out of the npm package.
await build({
  ...common,
  entryPoints: existing(unpublished),
  chunkNames: "bench-[name]-[hash]",
  external: [...installedPackages(), ...Object.keys(devDependencies)],
});

const page = await buildPage("view/page/main.tsx", "zabsim");
const editor = await buildScript("view/playground/playground.ts");
writeFileSync(join(root, fresh, "playground.js"), editor.script);
writeFileSync(join(root, fresh, "view.html"), page.html);
writeFileSync(
  join(root, fresh, "THIRD-PARTY-LICENSES.txt"),
  licensesOf({ ...metafile.inputs, ...page.inputs, ...editor.inputs }),
);

const tsc = join(root, "node_modules", "@typescript", "native", "bin", "tsc");
const { status, stdout } = spawnSync(
  process.execPath,
  [tsc, "-p", "tsconfig.build.json", "--outDir", `${fresh}/types`],
  { cwd: root, encoding: "utf8" },
);
// A type error does not stop the build, because the JavaScript works. `npm run typecheck` reports type errors.
if (status !== 0) console.error(`build: type errors in the declarations (npm run typecheck):\n${stdout.trimEnd()}`);
removeUnreachable(join(root, fresh, "types"), Object.values(exports));
removeInternalComments(join(root, fresh, "types"));

rmSync(join(root, "dist"), { recursive: true, force: true });
renameSync(join(root, fresh), join(root, "dist"));
if (status === 0) writeStamp(root, inputs);

/**
 * Returns the packages that npm installs along with zabsim and that the bundle imports. The bundle contains every other
 * package. It also contains chalk, although npm installs chalk for the type declarations, because zabsim then starts
 * faster.
 */
function installedPackages() {
  return Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => name !== "chalk");
}

/**
 * Builds a page of view/page: one HTML file with its scripts and styles inside. The script is packed
 * (view/page/packed.ts), so that the page stays small. `zabsim view` puts the packed scenario in the place of the mark
 * in the element `data` (view/page/page-data.ts).
 */
async function buildPage(entry, title) {
  const { inputs, script, style } = await buildScript(entry, "view/page/style.css");
  const loader = await buildScript("view/page/loader.ts");
  const html = [
    "<!doctype html>",
    '<html lang="en">',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${title}</title>`,
    // The page needs no network, and this policy makes sure that it uses none.
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; " +
      "style-src 'unsafe-inline'; img-src data: blob:\">",
    `<style>${style}</style>`,
    '<div id="app">Loading…<noscript> The page needs JavaScript.</noscript></div>',
    '<script id="data" type="application/gzip">__ZABSIM_PAGE_DATA__</script>',
    `<script type="application/gzip" data-run>${gzipSync(script, { level: 9 }).toString("base64")}</script>`,
    // A module runs after the whole file is read, so also after the packed scripts that a playground adds.
    `<script type="module">${loader.script}</script>`,
    "</html>",
    "",
  ].join("\n");
  return { html, inputs };
}

/** Builds a script for a browser. */
async function buildScript(...entryPoints) {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: "page",
    bundle: true,
    format: "iife",
    platform: "browser",
    target: "es2022",
    minify: true,
    legalComments: "none",
    write: false,
    metafile: true,
    jsx: "automatic",
    jsxImportSource: "preact",
    alias: common.alias,
    logLevel: "warning",
  });
  const text = (extension) => outputFiles.find(({ path }) => path.endsWith(extension))?.text ?? "";
  return { script: text(".js"), style: text(".css"), inputs: metafile.inputs };
}

/** Removes the banner with `require` from each file that does not need it. */
function keepRequireWhereUsed(files) {
  for (const file of files.map((name) => join(root, name))) {
    const text = readFileSync(file, "utf8");
    if (!text.includes("typeof require")) writeFileSync(file, text.replace(`${REQUIRE}\n`, ""));
  }
}

/** Minifies the npm packages of a bundle, file by file. */
function minifyPackages({ onLoad }) {
  onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path }) => {
    const { code } = await transform(readFileSync(path, "utf8"), { minify: true, legalComments: "none" });
    return { contents: code, loader: "js" };
  });
}

/**
 * Removes the comments of zabsim's own code, which esbuild keeps in classes and functions. In the folders around the
 * core, also gives short names to everything that is not exported and is no method, because these folders are
 * large. Stack traces of the core and the simulator keep all names.
 */
function removeComments({ onLoad }) {
  const compilerOptions = { module: "esnext", target: "esnext", removeComments: true, verbatimModuleSyntax: true };
  onLoad({ filter: /\.ts$/ }, ({ path }) => {
    const { outputText } = typescript.transpileModule(readFileSync(path, "utf8"), { compilerOptions });
    const minifyIdentifiers = AROUND_THE_CORE.includes(relative(root, path).split(sep)[0]);
    const { code } = transformSync(outputText, { minifyIdentifiers });
    return { contents: code, loader: "js" };
  });
}

/** Replaces Ink's connection to a debugger of React, which Ink loads only with DEV=true, by an empty module. */
function omitReactDevtools({ onLoad }) {
  onLoad({ filter: /[\\/]ink[\\/]build[\\/]devtools\.js$/ }, () => ({ contents: "" }));
}

/** Returns the licenses of the bundled packages, because the MIT and ISC licenses require a copy of their text. */
function licensesOf(inputs) {
  const folders = Object.keys(inputs).flatMap((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []);
  return [...new Set(folders)]
    .sort()
    .map((folder) => {
      const { license, name, version } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
      const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file === undefined ? "" : `\n${readFileSync(join(root, folder, file), "utf8").trim()}\n`;
      return `${name} ${version}: ${license}\n${text}`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}

/** Removes the declarations of private code, which no declaration of an entry point imports. */
function removeUnreachable(folder, entryPoints) {
  const reachable = new Set();
  const visit = (file) => {
    if (reachable.has(file) || !existsSync(file)) return;
    reachable.add(file);
    for (const [, specifier] of readFileSync(file, "utf8").matchAll(/(?:from|import\(|import) ?"(\.[^"]+)\.[jt]s"/g)) {
      visit(join(dirname(file), `${specifier}.d.ts`));
    }
  };
  for (const { types } of entryPoints) if (types) visit(join(root, types.replace("./dist", fresh)));
  for (const name of readdirSync(folder, { recursive: true })) {
    const file = join(folder, name);
    if (file.endsWith(".d.ts") && !reachable.has(file)) rmSync(file);
  }
}

/**
 * Returns the entry points of worker threads. For example, campaign/campaign-worker.ts becomes dist/campaign-worker.js.
 */
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

/**
 * Removes the comments of files and of private members from the declarations. An editor shows neither to the users of
 * the libraries.
 */
function removeInternalComments(folder) {
  const ofFile = /^\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n(?=import )/;
  const ofPrivateMember = /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*(?=private )/g;
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".d.ts")) continue;
    const file = join(folder, name);
    writeFileSync(file, readFileSync(file, "utf8").replace(ofFile, "").replace(ofPrivateMember, ""));
  }
}
