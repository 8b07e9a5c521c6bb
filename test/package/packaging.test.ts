/**
 * Tests the npm package in the form in which a user gets it: the test packs it, installs it into an empty folder,
 * imports it, checks its types without skipLibCheck, and uses it in a vitest of that folder. The test needs no network,
 * because npm installs the dependencies from copies in node_modules, with an empty cache. Before you run only this
 * test, build zabsim. `npm run lint:package` checks the same package with publint and attw.
 */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PACKED_BYTES_MAX = 1_300_000;
/** Scripts that npm runs when it installs a package. */
const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare", "prepublish"];

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

const MANIFEST = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
const README = readFileSync(join(ROOT, "README.md"), "utf8");
const LIBRARY = readFileSync(join(ROOT, "docs", "library.md"), "utf8");
const JOBS = readFileSync(join(ROOT, "docs", "jobs.md"), "utf8");
const ENTRY_POINTS = Object.keys(MANIFEST.exports).map((key) => key.replace(/^\./, "zabsim"));
const CODE_ENTRY_POINTS = ENTRY_POINTS.filter((name) => !/schema|json/.test(name));

const folder = mkdtempSync(join(tmpdir(), "zabsim-user-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let packed: Packed;
let install: ReturnType<typeof run>;

beforeAll(() => {
  const output = run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], ROOT).stdout;
  packed = (JSON.parse(output) as Packed[])[0] as Packed;
  const local = Object.keys(MANIFEST.dependencies).map((name) => [name, `file:${join(ROOT, "node_modules", name)}`]);
  const dependencies = { zabsim: `file:${join(folder, packed.filename)}`, ...Object.fromEntries(local) };
  write("package.json", JSON.stringify({ name: "user", private: true, type: "module", dependencies }));
  const offline = ["--offline", "--cache", join(folder, "cache"), "--install-links", "--omit=optional"];
  install = run("npm", ["install", ...offline, "--no-audit", "--no-fund", "--foreground-scripts"]);
  // The user of this test has these packages installed.
  for (const name of ["vitest", "@types/node", "undici-types"]) {
    const link = join(folder, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), link);
  }
});

function write(file: string, text: string): void {
  writeFileSync(join(folder, file), text);
}

function run(command: string, args: readonly string[], cwd: string = folder) {
  const { FORCE_COLOR: _, ...inherited } = process.env;
  const env = { ...inherited, NO_COLOR: "1" };
  return spawnSync(command, args, { cwd, encoding: "utf8", env });
}

function node(...args: readonly string[]) {
  return run(process.execPath, args);
}

/** Returns the code blocks of a page in this language. */
function examplesIn(page: string, language: string): string[] {
  return [...page.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map(([, code]) => code ?? "");
}

describe("the packed files", () => {
  it(`have less than ${PACKED_BYTES_MAX} bytes`, () => {
    expect(packed.size).toBeLessThan(PACKED_BYTES_MAX);
  });

  it("are those that a user needs: no source maps, sources, golden files or benchmarks", () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => /\.map$|\.golden|bench|(?<!\.d)\.ts$/.test(path))).toEqual([]);
    expect(paths).toContain("dist/THIRD-PARTY-LICENSES.txt");
    for (const file of paths.filter((path) => path.endsWith(".js"))) {
      expect(readFileSync(join(ROOT, file), "utf8"), file).not.toContain("sourceMappingURL");
    }
  });

  it.each(["protocol", "sim"])("of zabsim/%s import no module of Node and no npm package", (name) => {
    const files = new Set([`${name}.js`]);
    for (const file of files) {
      const code = readFileSync(join(ROOT, "dist", file), "utf8");
      for (const [, specifier = ""] of code.matchAll(/(?:\bfrom|^import) ?"([^"]+)"/gm)) {
        expect(specifier, file).toMatch(/^\.\//);
        files.add(specifier.slice(2));
      }
    }
    expect(files.size).toBeGreaterThan(1);
  });

  it("contain each file of an entry point", () => {
    const files = Object.values(MANIFEST.exports).flatMap((entry) =>
      typeof entry === "string" ? [entry] : Object.values(entry),
    );
    for (const file of files) expect(existsSync(join(folder, "node_modules/zabsim", file)), file).toBe(true);
  });
});

describe("the manifest", () => {
  it("has no script that npm runs for a user", () => {
    expect(Object.keys(MANIFEST.scripts).filter((name) => INSTALL_SCRIPTS.includes(name))).toEqual([]);
  });

  it("has exact versions of the packages that turn a seed into a plan", () => {
    for (const name of ["fast-check", "pure-rand"]) expect(MANIFEST.dependencies[name]).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it("has addresses that a browser can open, or none", () => {
    const addresses = ["homepage", "bugs", "repository"].flatMap((field) => JSON.stringify(MANIFEST[field]) ?? []);
    for (const address of addresses) expect(address).toMatch(/"(git\+)?https:\/\//);
  });
});

describe("installed into an empty folder", () => {
  it("npm succeeds, runs no script of zabsim and warns of none", () => {
    expect(install.status, install.stderr).toBe(0);
    expect(install.stdout + install.stderr).not.toMatch(/warn|script|build/i);
  });

  it.each(CODE_ENTRY_POINTS.filter((name) => name !== "zabsim/vitest"))("import(%j) works", (name) => {
    const { status, stderr, stdout } = node(
      "--input-type=module",
      "-e",
      `const exported = Object.keys(await import(${JSON.stringify(name)})); console.log(exported.length > 5);`,
    );
    expect(stderr).toBe("");
    expect(stdout).toBe("true\n");
    expect(status).toBe(0);
  });

  it("the schemas and package.json can be imported", () => {
    const names = ENTRY_POINTS.filter((name) => !CODE_ENTRY_POINTS.includes(name));
    expect(names).toHaveLength(readdirSync(join(ROOT, "schema")).length + 1);
    const imports = names.map((name) => `await import(${JSON.stringify(name)}, { with: { type: "json" } });`).join("");
    expect(node("--no-warnings", "--input-type=module", "-e", imports).stderr).toBe("");
  });

  it("the command line runs a scenario and a campaign", () => {
    const bin = join(folder, "node_modules/zabsim/bin/zabsim.js");
    expect(node(bin, "run", "follower-ahead-trunc").status).toBe(0);
    // One of these seeds fails, and its plan shrinks in few runs.
    const campaign = node(bin, "fuzz", "--seeds", "470..533", "--workers", "1", "--json", "--out", "out");
    expect(campaign.stdout).toContain('"runs":64');
  });

  it("a consumer of every entry point passes tsc without skipLibCheck", () => {
    const imports = CODE_ENTRY_POINTS.map((name, i) => `import * as m${i} from ${JSON.stringify(name)};`);
    const names = CODE_ENTRY_POINTS.map((_, i) => `m${i}`).join(", ");
    write(
      "consumer.ts",
      `${imports.join("\n")}\nexport const all = [${names}];\n${examplesIn(README, "ts").join("\n")}`,
    );
    const compilerOptions = {
      target: "es2022",
      module: "nodenext",
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      skipLibCheck: false,
      types: ["node"],
    };
    write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
    const { status, stdout } = node(join(ROOT, "node_modules/@typescript/native/bin/tsc"), "-p", ".");
    expect(stdout).toBe("");
    expect(status).toBe(0);
  });

  it("the examples of docs/library.md run", () => {
    write("late-follower.yaml", /```yaml\n# late-follower\.yaml\n([\s\S]*?)```/.exec(JOBS)?.[1] ?? "");
    const examples = examplesIn(LIBRARY, "js");
    expect(examples.length).toBeGreaterThan(2);
    for (const example of examples) expect(node("--input-type=module", "-e", example).stderr, example).toBe("");
  });

  it("the campaign of README.md runs in the user's vitest", () => {
    const [example = ""] = examplesIn(README, "ts");
    expect(example).toContain("campaign(");
    write("campaign.test.js", example);
    write("upgrade.yaml", "servers: 3\n");
    const vitest = join(folder, "node_modules/vitest/vitest.mjs");
    const { status, stderr, stdout } = node(vitest, "run", "--root", folder, "--reporter=default");
    expect(stdout + stderr).toContain("1 passed");
    expect(status).toBe(0);
  });
});
