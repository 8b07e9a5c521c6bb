/**
 * Checks that biome.json bans the constructs that it must ban. The test writes each banned construct into a temporary
 * project with the real configuration and lints the project once. For each construct, it expects the message that names
 * the replacement.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BIOME = join(ROOT, "node_modules", "@biomejs", "biome", "bin", "biome");
const DETERMINISTIC_PACKAGES = ["protocol", "sim", "cluster", "invariants", "scenarios", "fuzz"];
const GLOBAL = "Do not use the global variable";

/** Globals that are banned by name, each with a word that its message must contain. */
const GLOBALS: Readonly<Record<string, string>> = {
  Date: "World#nowUs",
  performance: "World#nowUs",
  setTimeout: "World#schedule",
  setInterval: "World#schedule",
  setImmediate: "World#schedule",
  queueMicrotask: "World#schedule",
  Promise: "World#schedule",
  crypto: "RandomStreams",
  process: "option",
  console: "trace event",
  fetch: "trace event",
  globalThis: "no module-level state",
  WeakRef: "garbage collection",
};

const LAST_BITS = "Nothing here whose last bits depend on the engine";

/** Constructs that are banned by their syntax, each with the start of its message. */
const CONSTRUCTS: ReadonlyArray<readonly [source: string, message: string]> = [
  ["export const x = Math.random();", "No Math.random here"],
  ['export const x = Math["random"]();', "No Math.random here"],
  ["export const { random } = Math;", "No Math.random here"],
  ...["log", "log2", "exp", "pow", "sin", "atan2", "tanh", "hypot"].map(
    (name) => [`export const x = Math.${name}(y);`, LAST_BITS] as const,
  ),
  ['export const x = Math["log10"](y);', LAST_BITS],
  ["export const { log, floor } = Math;", LAST_BITS],
  ["export const x = 2 ** y;", LAST_BITS],
  ["x **= y;", LAST_BITS],
  ["export async function f() {}", "No async function here"],
  ["/** Documented. */\nexport async function f() {}", "No async function here"],
  ["export default async function () {}", "No async function here"],
  ["export const f = async () => 1;", "No async function here"],
  ["export const f = async function g() {};", "No async function here"],
  ["export class C {\n  async f() {}\n}", "No async function here"],
  ["export class C {\n  static async *f() {\n    yield 1;\n  }\n}", "No async function here"],
  ["export const o = { async f() {} };", "No async function here"],
  ["export const x = await f();", "No await here"],
  ["for await (const x of xs) f(x);", "No for await here"],
  ["for (const key in object) f(key);", "No for...in here"],
  ["export const x = a.localeCompare(b);", "Nothing that depends on the machine's locale"],
];

/** Legal code that resembles the banned constructs. */
const INNOCENT = `
export class Clock {
  #process = 0;
  async() {
    return this.#process;
  }
  process(random: number) {
    return { Date: random, console: this.#process };
  }
}
export function walk(values: readonly number[]): number {
  const performance = values.length;
  for (const value of values) if (value > performance) return Math.max(value, new Clock().process(value).Date);
  for (const value of values) if (value > 9) return Math.floor(Math.sqrt(value)) * Math.LOG2E;
  return new Clock().async();
}
`;

const IMPORTS: ReadonlyArray<readonly [folder: string, source: string, message: string]> = [
  ["protocol", 'import "../sim/world.ts";', "protocol -> nothing"],
  ["protocol", 'import "seedrandom";', "protocol -> nothing"],
  ["protocol", 'import "node:fs";', "protocol -> nothing"],
  ["sim", 'import "../protocol/peer.ts";', "sim -> nothing"],
  ["sim", 'import "yaml";', "sim -> nothing"],
  ["cluster", 'import "../scenarios/scenario.ts";', "cluster -> protocol, sim"],
  ["invariants", 'import "../cluster/cluster.ts";', "invariants -> protocol, cluster/records.ts"],
  ["scenarios", 'import "../reports/table.ts";', "scenarios -> cluster"],
  ["scenarios", 'import "../fuzz/plan.ts";', "scenarios -> cluster"],
  ["scenarios", 'import "chalk";', "scenarios -> cluster"],
  ["fuzz", 'import "../campaign/journal.ts";', "fuzz -> scenarios"],
  ["reconstruct", 'import "../reports/table.ts";', "reconstruct -> explain"],
  ["reports", 'import { World } from "../sim/world.ts";\nnew World();', "Write `import type`"],
  ["reports", 'import { Peer } from "../protocol/peer.ts";\nnew Peer();', "Write `import type`"],
  ["reports", 'export { World } from "../sim/world.ts";', "Write `export type`"],
  ["reports", 'import "../cli/main.ts";', "reports -> protocol's zxid.ts"],
  ["campaign", 'import "../cli/main.ts";', "campaign -> reports"],
  ["lib", 'import "../cli/main.ts";', "lib -> every package"],
  ["live", 'import "../reports/table.ts";', "live -> doctor"],
  ["live", 'import "../fuzz/plan.ts";', "live -> doctor"],
];

interface Diagnostic {
  readonly message: string;
  readonly severity: string;
  readonly location: { readonly path: string };
}

let project = "";
const messages = new Map<string, string[]>();

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "zabsim-bans-"));
  cpSync(join(ROOT, "biome.json"), join(project, "biome.json"));
  cpSync(join(ROOT, "scripts", "lint"), join(project, "scripts", "lint"), { recursive: true });
  for (const folder of [...DETERMINISTIC_PACKAGES, "sim/search"]) {
    for (const name of Object.keys(GLOBALS)) write(`${folder}/global-${name}.ts`, `export const x = ${name};\n`);
    for (const [index, [source]] of CONSTRUCTS.entries()) write(`${folder}/construct-${index}.ts`, `${source}\n`);
    write(`${folder}/innocent.ts`, INNOCENT);
  }
  for (const [index, [folder, source]] of IMPORTS.entries()) write(`${folder}/import-${index}.ts`, `${source}\n`);
  for (const file of ["sim/guard.ts", "test/exempt.ts", "cli/exempt.ts"]) {
    write(file, "export const x = [Date, console, Math.random()];\nexport const y = async () => await x;\n");
  }
  const args = [BIOME, "lint", "--reporter=json", "--max-diagnostics=none", "."];
  const { stdout } = spawnSync(process.execPath, args, { cwd: project, encoding: "utf8", maxBuffer: 1 << 26 });
  for (const { message, severity, location } of (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics) {
    if (severity !== "error") continue;
    const file = location.path.replaceAll("\\", "/").replace(/^\.\//, "");
    messages.set(file, [...(messages.get(file) ?? []), message]);
  }
});

afterAll(() => {
  rmSync(project, { recursive: true, force: true });
});

function write(file: string, source: string): void {
  mkdirSync(dirname(join(project, file)), { recursive: true });
  writeFileSync(join(project, file), source);
}

function messagesOn(file: string): readonly string[] {
  return messages.get(file) ?? [];
}

describe.each([...DETERMINISTIC_PACKAGES, "sim/search"])("in %s/", (folder) => {
  test.each(Object.keys(GLOBALS))("the global %s is an error", (name) => {
    expect(messagesOn(`${folder}/global-${name}.ts`)).toContain(`${GLOBAL} ${name}.`);
  });

  test.each(CONSTRUCTS.map(([source, message], index) => [source, message, index] as const))(
    "%s is an error",
    (_source, message, index) => {
      expect(messagesOn(`${folder}/construct-${index}.ts`)).toContainEqual(expect.stringContaining(message));
    },
  );

  test("legal code that resembles the banned constructs passes", () => {
    expect(messagesOn(`${folder}/innocent.ts`)).toEqual([]);
  });
});

test.each(Object.entries(GLOBALS))("the message for %s names what to use instead", (name, replacement) => {
  const config = JSON.parse(readFileSync(join(ROOT, "biome.json"), "utf8"));
  const options = config.overrides[0].linter.rules.style.noRestrictedGlobals.options;
  expect(options.deniedGlobals[name]).toContain(replacement);
});

test.each(IMPORTS.map(([folder, source, message], index) => [folder, source, message, index] as const))(
  "in %s/, %s is an error",
  (folder, _source, message, index) => {
    expect(messagesOn(`${folder}/import-${index}.ts`)).toContainEqual(expect.stringContaining(message));
  },
);

test.each(["sim/guard.ts", "test/exempt.ts", "cli/exempt.ts"])("%s is exempt from the ban list", (file) => {
  expect(messagesOn(file), basename(file)).toEqual([]);
});
