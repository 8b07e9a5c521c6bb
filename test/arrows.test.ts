/**
 * The arrows between the rooms, read off every import statement. biome.json says the same in the editor; this test resolves
 * paths and knows types from values, and it is the one that cannot be silenced by a comment.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ROOMS = ["protocol", "sim", "scenarios", "reports", "live", "cli", "bench", "test"] as const;
type Room = (typeof ROOMS)[number];

interface Arrows {
  /** Files a room may import, from the root of the repository. */
  readonly files: RegExp;
  /** Files it may import with `import type` only. */
  readonly types?: RegExp;
  readonly packages: RegExp;
  /** As told to whoever breaks it. */
  readonly allowed: string;
}

const NOTHING = /^$/;
const ANYTHING = /^/;
const ALL: Omit<Arrows, "allowed"> = { files: ANYTHING, packages: ANYTHING };
const ARROWS: Readonly<Record<Room, Arrows>> = {
  protocol: { files: /^protocol\//, packages: NOTHING, allowed: "protocol -> (nothing), no package, no node: module" },
  sim: { files: /^sim\//, packages: /^seedrandom(\/|$)/, allowed: "sim -> (nothing), package seedrandom" },
  scenarios: {
    files: /^(scenarios|protocol|sim|schema)\//,
    packages: /^(yaml|fast-check|pure-rand)(\/|$)/,
    allowed: "scenarios -> protocol, sim; packages yaml, fast-check, pure-rand; files of schema/",
  },
  reports: {
    files: /^reports\//,
    types: /^(sim|protocol|scenarios)\//,
    packages: /^(chalk|cli-table3|junit-report-builder)$/,
    allowed:
      "reports -> types of sim, protocol, scenarios (`import type`); packages chalk, cli-table3, junit-report-builder",
  },
  live: {
    files: /^(live|protocol)\/|^sim\/trace(-[^/]*)?(\.ts$|\/)/,
    packages: /^node:/,
    allowed: "live -> protocol, sim/trace; node: modules",
  },
  cli: { ...ALL, allowed: "cli -> all" },
  bench: { ...ALL, allowed: "bench -> all" },
  test: { ...ALL, allowed: "test -> all" },
};

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** Every static import, re-export, import() and import("…") type of a source text. */
function importsOf(source: string): Import[] {
  const code = withoutComments(source);
  const found: Import[] = [];
  const statement =
    /(?:^|[;}])[ \t]*(import|export)\b(?!\s*\()(\s+type\b(?!\s*(?:,|from\b)))?(?:[^;"'`=()]*?\bfrom)?\s*(["'])([^"'\n]+)\3/gm;
  for (const [, keyword, type, , specifier] of code.matchAll(statement)) {
    if (keyword && specifier) found.push({ specifier, typeOnly: type !== undefined });
  }
  for (const [, specifier] of code.matchAll(/\b(?:import|require)\s*\(\s*["'`]([^"'`]+)["'`]/g)) {
    if (specifier) found.push({ specifier, typeOnly: false });
  }
  return found;
}

/** Comments blanked out; strings are stepped over, so that a "//" in one stays. */
function withoutComments(source: string): string {
  const token = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return source.replace(token, (text) => (text.startsWith("//") || text.startsWith("/*") ? " " : text));
}

/** What is wrong with one import of a file; null when the arrows allow it. */
function violation(file: string, { specifier, typeOnly }: Import): string | null {
  const room = file.split("/")[0] as Room;
  const { files, types, packages, allowed } = ARROWS[room];
  const told = `${file} imports "${specifier}". Allowed: ${allowed}.`;
  if (!specifier.startsWith(".")) return packages.test(specifier) ? null : told;
  const target = relative(ROOT, resolve(ROOT, dirname(file), specifier))
    .split(sep)
    .join("/");
  if (files.test(target)) return null;
  return typeOnly && types?.test(target) ? null : told;
}

function sourcesOf(room: Room): string[] {
  const folder = join(ROOT, room);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.[cm]?[jt]s$/.test(name))
    .map((name) => `${room}/${name.split(sep).join("/")}`)
    .sort();
}

describe("the arrows between the rooms", () => {
  test.each(ROOMS)("%s imports what it may, and nothing else", (room) => {
    const violations = sourcesOf(room).flatMap((file) =>
      importsOf(readFileSync(join(ROOT, file), "utf8")).flatMap((found) => violation(file, found) ?? []),
    );
    expect(violations).toEqual([]);
  });

  test("there is something to check", () => {
    const counted = sourcesOf("protocol").flatMap((file) => importsOf(readFileSync(join(ROOT, file), "utf8")));
    expect(counted.length).toBeGreaterThan(10);
  });

  test.each([
    ["protocol/zxid.ts", 'import { World } from "../sim/world.ts";'],
    ["protocol/zxid.ts", 'import type { World } from "../sim/world.ts";'],
    ["protocol/zxid.ts", 'export * from "../sim/world.ts";'],
    ["protocol/zxid.ts", 'import seedrandom from "seedrandom";'],
    ["protocol/zxid.ts", 'import { readFileSync } from "node:fs";'],
    ["protocol/zxid.ts", 'type W = import("../sim/world.ts").World;'],
    ["protocol/nested/x.ts", 'import "../../sim/world.ts";'],
    ["protocol/zxid.ts", 'const later = import("../sim/world.ts");'],
    ["sim/world.ts", 'import { Peer } from "../protocol/peer.ts";'],
    ["sim/search/swarm.ts", 'import type { Peer } from "../../protocol/peer.ts";'],
    ["sim/world.ts", 'import { parse } from "yaml";'],
    ["scenarios/load.ts", 'import { table } from "../reports/table.ts";'],
    ["scenarios/load.ts", 'import { readFileSync } from "node:fs";'],
    ["reports/table.ts", 'import { World } from "../sim/world.ts";'],
    ["reports/table.ts", 'import { type World } from "../sim/world.ts";'],
    ["reports/table.ts", 'import type, { World } from "../sim/world.ts";'],
    ["reports/table.ts", 'import type from "../sim/world.ts";'],
    ["reports/table.ts", 'import "../sim/world.ts";'],
    ["reports/table.ts", 'export { NAMES } from "../protocol/packets.ts";'],
    ["reports/table.ts", 'import {\n  A,\n  B,\n} from "../protocol/packets.ts";'],
    ["reports/table.ts", 'import type { Main } from "../cli/main.ts";'],
    ["live/server.ts", 'import { World } from "../sim/world.ts";'],
    ["live/server.ts", 'import chalk from "chalk";'],
  ])("%s may not say %s", (file, source) => {
    const violations = importsOf(source).flatMap((found) => violation(file, found) ?? []);
    expect(violations).toHaveLength(1);
    expect(violations[0]).toContain(`Allowed: ${file.split("/")[0]} -> `);
  });

  test.each([
    ["protocol/zxid.ts", 'import { makeTxn } from "./history.ts";\nimport type { Vote } from "./vote.ts";'],
    ["protocol/nested/x.ts", 'import { makeTxn } from "../history.ts";'],
    ["protocol/zxid.ts", '// import { World } from "../sim/world.ts";\n/* import "../sim/world.ts"; */'],
    ["sim/random.ts", 'import { alea } from "seedrandom";'],
    ["sim/random.ts", 'import alea from "seedrandom/lib/alea.js";'],
    ["scenarios/load.ts", 'import { parse } from "yaml";\nimport { Peer } from "../protocol/peer.ts";'],
    ["scenarios/schema.ts", 'import schema from "../schema/scenario.schema.json" with { type: "json" };'],
    ["reports/table.ts", 'import type { World } from "../sim/world.ts";\nimport chalk from "chalk";'],
    ["reports/table.ts", 'export type { World } from "../sim/world.ts";'],
    ["live/server.ts", 'import { Trace } from "../sim/trace.ts";\nimport { connect } from "node:net";'],
    ["live/server.ts", 'import { Trace } from "../sim/trace/event.ts";'],
    ["cli/main.ts", 'import { Command } from "commander";'],
  ])("%s may say %s", (file, source) => {
    const found = importsOf(source);
    expect(found.flatMap((one) => violation(file, one) ?? [])).toEqual([]);
    if (!source.startsWith("//")) expect(found.length).toBe(source.split("\n").length);
  });
});
