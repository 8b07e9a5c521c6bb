/**
 * That the ban list of biome.json bites: every banned thing is written into a room of a temporary house with the real
 * configuration, Biome lints the house once, and each must be told with the message that names the replacement.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BIOME = join(ROOT, "node_modules", "@biomejs", "biome", "bin", "biome");
const PURE_ROOMS = ["protocol", "sim", "scenarios"];
const GLOBAL = "Do not use the global variable";

/** What must be banned by name, each with the word its message owes the reader. */
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

/** What no name catches, with the start of its message. */
const CONSTRUCTS: ReadonlyArray<readonly [source: string, message: string]> = [
  ["export const x = Math.random();", "No Math.random here"],
  ['export const x = Math["random"]();', "No Math.random here"],
  ["export const { random } = Math;", "No Math.random here"],
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

/** What looks like it and is none. */
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
  return new Clock().async();
}
`;

const IMPORTS: ReadonlyArray<readonly [room: string, source: string, message: string]> = [
  ["protocol", 'import "../sim/world.ts";', "protocol -> (nothing)"],
  ["protocol", 'import "seedrandom";', "protocol -> (nothing)"],
  ["protocol", 'import "node:fs";', "protocol -> (nothing)"],
  ["sim", 'import "../protocol/peer.ts";', "sim -> (nothing)"],
  ["sim", 'import "yaml";', "sim -> (nothing)"],
  ["scenarios", 'import "../reports/table.ts";', "scenarios -> protocol, sim"],
  ["scenarios", 'import "chalk";', "scenarios -> protocol, sim"],
  ["reports", 'import { World } from "../sim/world.ts";\nnew World();', "Write `import type`"],
  ["reports", 'export { World } from "../sim/world.ts";', "Write `export type`"],
  ["reports", 'import "../cli/main.ts";', "reports -> types of sim, protocol, scenarios"],
  ["live", 'import "../sim/world.ts";', "live -> protocol"],
  ["live", 'import "../scenarios/load.ts";', "live -> protocol"],
];

interface Diagnostic {
  readonly message: string;
  readonly severity: string;
  readonly location: { readonly path: string };
}

let house = "";
const told = new Map<string, string[]>();

beforeAll(() => {
  house = mkdtempSync(join(tmpdir(), "zabsim-bans-"));
  cpSync(join(ROOT, "biome.json"), join(house, "biome.json"));
  cpSync(join(ROOT, "scripts", "lint"), join(house, "scripts", "lint"), { recursive: true });
  for (const room of [...PURE_ROOMS, "sim/search"]) {
    for (const name of Object.keys(GLOBALS)) write(`${room}/global-${name}.ts`, `export const x = ${name};\n`);
    for (const [index, [source]] of CONSTRUCTS.entries()) write(`${room}/construct-${index}.ts`, `${source}\n`);
    write(`${room}/innocent.ts`, INNOCENT);
  }
  for (const [index, [room, source]] of IMPORTS.entries()) write(`${room}/import-${index}.ts`, `${source}\n`);
  for (const file of ["sim/guard.ts", "test/exempt.ts", "cli/exempt.ts"]) {
    write(file, "export const x = [Date, console, Math.random()];\nexport const y = async () => await x;\n");
  }
  const args = [BIOME, "lint", "--reporter=json", "--max-diagnostics=none", "."];
  const { stdout } = spawnSync(process.execPath, args, { cwd: house, encoding: "utf8", maxBuffer: 1 << 26 });
  for (const { message, severity, location } of (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics) {
    if (severity !== "error") continue;
    const file = location.path.replaceAll("\\", "/").replace(/^\.\//, "");
    told.set(file, [...(told.get(file) ?? []), message]);
  }
});

afterAll(() => {
  rmSync(house, { recursive: true, force: true });
});

function write(file: string, source: string): void {
  mkdirSync(dirname(join(house, file)), { recursive: true });
  writeFileSync(join(house, file), source);
}

function messagesOn(file: string): readonly string[] {
  return told.get(file) ?? [];
}

describe.each([...PURE_ROOMS, "sim/search"])("in %s/", (room) => {
  test.each(Object.keys(GLOBALS))("the global %s is an error", (name) => {
    expect(messagesOn(`${room}/global-${name}.ts`)).toContain(`${GLOBAL} ${name}.`);
  });

  test.each(CONSTRUCTS.map(([source, message], index) => [source, message, index] as const))(
    "%s is an error",
    (_source, message, index) => {
      expect(messagesOn(`${room}/construct-${index}.ts`)).toContainEqual(expect.stringContaining(message));
    },
  );

  test("names that only look like it are no error", () => {
    expect(messagesOn(`${room}/innocent.ts`)).toEqual([]);
  });
});

test.each(Object.entries(GLOBALS))("the message for %s names what to use instead", (name, replacement) => {
  const config = JSON.parse(readFileSync(join(ROOT, "biome.json"), "utf8"));
  const options = config.overrides[0].linter.rules.style.noRestrictedGlobals.options;
  expect(options.deniedGlobals[name]).toContain(replacement);
});

test.each(IMPORTS.map(([room, source, message], index) => [room, source, message, index] as const))(
  "in %s/, %s is an error",
  (room, _source, message, index) => {
    expect(messagesOn(`${room}/import-${index}.ts`)).toContainEqual(expect.stringContaining(message));
  },
);

test.each(["sim/guard.ts", "test/exempt.ts", "cli/exempt.ts"])("%s is exempt from the ban list", (file) => {
  expect(messagesOn(file), basename(file)).toEqual([]);
});
