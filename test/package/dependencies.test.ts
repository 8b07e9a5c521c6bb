/**
 * Checks the dependencies between packages in every import statement. biome.json reports the same violations in the
 * editor. In addition, this test resolves paths, distinguishes types from values, and covers every source file.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { sourceFolders } from "../source-folders.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

interface Dependencies {
  /** Files that the package may import, as paths from the root of the repository. */
  readonly files: RegExp;
  /** Files that the package may import only with `import type`. */
  readonly types?: RegExp;
  readonly packages: RegExp;
  /** The rule in words, for the message of a violation. */
  readonly allowed: string;
}

const NOTHING = /^$/;
const ANYTHING = /^/;
const ALL: Omit<Dependencies, "allowed"> = { files: ANYTHING, packages: ANYTHING };
const DEPENDENCIES: Readonly<Record<string, Dependencies>> = {
  protocol: { files: /^protocol\//, packages: NOTHING, allowed: "protocol -> nothing" },
  sim: { files: /^sim\//, packages: /^seedrandom(\/|$)/, allowed: "sim -> nothing; npm package seedrandom" },
  cluster: { files: /^(cluster|protocol|sim)\//, packages: NOTHING, allowed: "cluster -> protocol, sim" },
  invariants: {
    files: /^(invariants|protocol)\/|^cluster\/records\.ts$/,
    packages: NOTHING,
    allowed: "invariants -> protocol, cluster/records.ts",
  },
  scenarios: {
    files: /^(scenarios|cluster|invariants|protocol|sim|schema)\//,
    packages: /^yaml$/,
    allowed: "scenarios -> cluster, invariants, protocol, sim, schema; npm package yaml",
  },
  logs: { files: /^(logs|protocol)\//, packages: NOTHING, allowed: "logs -> protocol" },
  decide: { files: /^(decide|logs|protocol)\//, packages: NOTHING, allowed: "decide -> logs, protocol" },
  explain: {
    files: /^(explain|decide|logs|protocol)\/|^fuzz\/known-bugs\.ts$/,
    packages: NOTHING,
    allowed: "explain -> decide, logs, protocol, fuzz/known-bugs.ts",
  },
  jute: { files: /^jute\//, packages: NOTHING, allowed: "jute -> nothing" },
  formats: {
    files: /^(formats|jute)\/|^protocol\/(zxid|releases)\.ts$/,
    packages: NOTHING,
    allowed: "formats -> jute, protocol/zxid.ts, protocol/releases.ts",
  },
  datatree: {
    files: /^(datatree|formats|jute)\/|^protocol\/releases\.ts$/,
    packages: NOTHING,
    allowed: "datatree -> formats, jute, protocol/releases.ts",
  },
  wire: {
    files: /^(wire|formats|jute|protocol)\//,
    packages: NOTHING,
    allowed: "wire -> formats, jute, protocol",
  },
  probe: {
    files: /^(probe|wire|decide|protocol)\//,
    packages: /^node:/,
    allowed: "probe -> wire, decide, protocol; node: modules",
  },
  doctor: {
    files:
      /^(doctor|formats|scenarios|cluster|invariants|protocol|sim)\/|^decide\/zoo-cfg\.ts$|^roll\/read-ensemble\.ts$/,
    packages: /^node:/,
    allowed:
      "doctor -> formats, scenarios, cluster, invariants, protocol, sim, roll/read-ensemble.ts, decide/zoo-cfg.ts; " +
      "node: modules",
  },
  traffic: {
    files: /^(traffic|wire|formats|jute|protocol)\//,
    packages: /^node:/,
    allowed: "traffic -> wire, formats, jute, protocol; node: modules",
  },
  proxy: {
    files: /^(proxy|traffic|wire|formats|jute|scenarios|cluster|invariants|protocol|sim)\//,
    packages: /^node:/,
    allowed: "proxy -> traffic, wire, formats, jute, scenarios, cluster, invariants, protocol, sim; node: modules",
  },
  confirm: {
    files: new RegExp(
      "^(confirm|traffic|wire|datatree|formats|jute|scenarios|cluster|invariants|protocol|sim)/|" +
        "^reports/export/run-events\\.ts$",
    ),
    packages: /^node:/,
    allowed:
      "confirm -> traffic, wire, datatree, formats, jute, scenarios, cluster, invariants, protocol, sim, " +
      "reports/export/run-events.ts; node: modules",
  },
  roll: {
    files: /^(roll|scenarios|cluster|invariants|protocol|sim)\/|^decide\/zoo-cfg\.ts$/,
    packages: NOTHING,
    allowed: "roll -> scenarios, cluster, invariants, protocol, sim, decide/zoo-cfg.ts",
  },
  fuzz: {
    files: /^(fuzz|scenarios|cluster|invariants|protocol|sim)\//,
    packages: /^(fast-check|pure-rand)(\/|$)/,
    allowed: "fuzz -> scenarios, cluster, invariants, protocol, sim; npm packages fast-check, pure-rand",
  },
  reports: {
    files: /^(reports|logs)\/|^protocol\/(zxid|packets|leader\/sync-rules|election\/notification-wire)\.ts$/,
    types: new RegExp(
      "^(campaign|confirm|decide|doctor|explain|formats|fuzz|probe|proxy|reconstruct|roll|scenarios|cluster|" +
        "invariants|protocol|sim)/",
    ),
    packages: /^(chalk|cli-table3|string-width|xmlbuilder)$/,
    allowed:
      "reports -> logs, values of protocol's zxid.ts, packets.ts, sync-rules.ts and notification-wire.ts, types of " +
      "every package below campaign; " +
      "npm packages chalk, cli-table3, string-width, xmlbuilder",
  },
  reconstruct: {
    files: new RegExp(
      "^(reconstruct|explain|logs|scenarios|cluster|invariants|protocol|sim)/|^reports/zklog/|" +
        "^doctor/(data-directory|histories|start-state|zxid-set)\\.ts$",
    ),
    packages: NOTHING,
    allowed:
      "reconstruct -> explain, logs, scenarios, cluster, invariants, protocol, sim, reports/zklog, doctor's " +
      "data-directory.ts, histories.ts, start-state.ts and zxid-set.ts",
  },
  view: {
    files: /^(view|reports|fuzz|scenarios|cluster|invariants|protocol|sim|schema)\//,
    types: /^explain\//,
    packages: /^(preact|@preact\/signals|@codemirror\/[a-z-]+|@lezer\/highlight)(\/|$)/,
    allowed:
      "view -> reports, fuzz, scenarios, cluster, invariants, protocol, sim, schema, types of explain; " +
      "npm packages preact, @preact/signals, @codemirror/*, @lezer/highlight",
  },
  campaign: {
    files: /^(campaign|reports|fuzz|scenarios|cluster|invariants|protocol|sim)\//,
    packages: /^(node:|piscina$)/,
    allowed:
      "campaign -> reports, fuzz, scenarios, cluster, invariants, protocol, sim; node: modules, npm package piscina",
  },
  lib: {
    files: /^(lib|campaign|reports|fuzz|scenarios|cluster|invariants|protocol|sim)\//,
    packages: /^(node:|vitest$)/,
    allowed: "lib -> every package but cli, bench and test; node: modules, npm package vitest",
  },
  live: {
    files:
      /^(live|wire|datatree|doctor|formats|jute|scenarios|cluster|invariants|protocol|sim)\/|^roll\/read-ensemble\.ts$/,
    packages: /^node:/,
    allowed: "live -> doctor and all that it imports, wire, datatree, jute, roll/read-ensemble.ts; node: modules",
  },
  cli: { ...ALL, files: /^(?!bench\/|test\/|lib\/)/, allowed: "cli -> every package but lib, bench and test" },
  bench: { ...ALL, allowed: "bench -> everything" },
  test: { ...ALL, allowed: "test -> everything" },
  scripts: { ...ALL, allowed: "scripts -> everything" },
  bin: { files: /^dist\//, packages: /^node:/, allowed: "bin -> dist; node: modules" },
  "vitest.config.ts": {
    files: /^test\/compiled-sources\.ts$/,
    packages: /^vitest\//,
    allowed: "vitest.config.ts -> test/compiled-sources.ts; npm package vitest",
  },
};
const PACKAGES = Object.keys(DEPENDENCIES);

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** Returns every static import, re-export, import() and import("…") type of a source text. */
function importsOf(source: string): Import[] {
  const code = withoutComments(source);
  const found: Import[] = [];
  const statement = new RegExp(
    [
      /(?:^|[;}])[ \t]*(import|export)\b(?!\s*\()(\s+type\b(?!\s*(?:,|from\b)))?/,
      /(?:[^;"'`=()]*?\bfrom)?\s*(?<quote>["'])([^"'\n]+)\k<quote>/,
    ]
      .map(({ source }) => source)
      .join(""),
    "gm",
  );
  for (const [, keyword, type, , specifier] of code.matchAll(statement)) {
    if (keyword && specifier) found.push({ specifier, typeOnly: type !== undefined });
  }
  for (const [, specifier] of code.matchAll(/\b(?:import|require)\s*\(\s*["'`]([^"'`]+)["'`]/g)) {
    if (specifier) found.push({ specifier, typeOnly: false });
  }
  return found;
}

/** Replaces each comment by a space. Strings stay as they are, even if they contain "//". */
function withoutComments(source: string): string {
  const token = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return source.replace(token, (text) => (text.startsWith("//") || text.startsWith("/*") ? " " : text));
}

/** Describes the violation in one import of a file. Returns null if the import is allowed. */
function violation(file: string, { specifier, typeOnly }: Import): string | null {
  const { files, types, packages, allowed } = dependenciesOf(file);
  const message = `${file} imports "${specifier}". Allowed: ${allowed}.`;
  if (!specifier.startsWith(".")) return packages.test(specifier) ? null : message;
  const target = relative(ROOT, resolve(ROOT, dirname(file), specifier))
    .split(sep)
    .join("/");
  if (files.test(target)) return null;
  return typeOnly && types?.test(target) ? null : message;
}

function dependenciesOf(file: string): Dependencies {
  const found = DEPENDENCIES[file.split("/")[0] as string];
  if (found === undefined) throw new Error(`${file} belongs to no package. Packages: ${PACKAGES.join(", ")}.`);
  return found;
}

/** Returns every source file of the repository, committed or not, as a path from the root. */
function sourceFiles(): string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return listed.split("\n").filter((file) => /\.[cm]?[jt]sx?$/.test(file));
}

describe("the dependencies between packages", () => {
  const files = sourceFiles();

  test("every source file belongs to a package", () => {
    for (const file of files) expect(dependenciesOf(file)).toBeDefined();
    expect(files.length).toBeGreaterThan(200);
  });

  test("tsconfig.json names every package, so that the types of each file are checked", () => {
    const text = readFileSync(join(ROOT, "tsconfig.json"), "utf8").replace(/^ *\/\/.*/gm, "");
    const { include } = JSON.parse(text) as { readonly include: readonly string[] };
    expect(include.map((path) => path.split("/")[0])).toEqual(expect.arrayContaining(sourceFolders()));
  });

  test.each(PACKAGES)("%s imports only what its rule allows", (name) => {
    const violations = files
      .filter((file) => file.split("/")[0] === name && existsSync(join(ROOT, file)))
      .flatMap((file) =>
        importsOf(readFileSync(join(ROOT, file), "utf8")).flatMap((found) => violation(file, found) ?? []),
      );
    expect(violations).toEqual([]);
  });

  test.each([
    ["protocol/zxid.ts", 'import { World } from "../sim/world.ts";'],
    ["protocol/zxid.ts", 'import type { World } from "../sim/world.ts";'],
    ["protocol/zxid.ts", 'export * from "../sim/world.ts";'],
    ["protocol/zxid.ts", 'import seedrandom from "seedrandom";'],
    ["protocol/zxid.ts", 'import { existsSync, readFileSync } from "node:fs";'],
    ["protocol/zxid.ts", 'type W = import("../sim/world.ts").World;'],
    ["protocol/nested/x.ts", 'import "../../sim/world.ts";'],
    ["protocol/zxid.ts", 'const later = import("../sim/world.ts");'],
    ["sim/world.ts", 'import { Peer } from "../protocol/peer.ts";'],
    ["sim/search/swarm.ts", 'import type { Peer } from "../../protocol/peer.ts";'],
    ["sim/world.ts", 'import { parse } from "yaml";'],
    ["scenarios/load.ts", 'import { table } from "../reports/table.ts";'],
    ["scenarios/load.ts", 'import { existsSync, readFileSync } from "node:fs";'],
    ["reports/table.ts", 'import { World } from "../sim/world.ts";'],
    ["reports/table.ts", 'import { type World } from "../sim/world.ts";'],
    ["reports/table.ts", 'import type, { World } from "../sim/world.ts";'],
    ["reports/table.ts", 'import type from "../sim/world.ts";'],
    ["reports/table.ts", 'import "../sim/world.ts";'],
    ["reports/table.ts", 'export { NAMES } from "../protocol/peer.ts";'],
    ["reports/table.ts", 'import {\n  A,\n  B,\n} from "../protocol/peer.ts";'],
    ["reports/table.ts", 'import type { Main } from "../cli/main.ts";'],
    ["view/session/session.ts", 'import { readFileSync } from "node:fs";'],
    ["live/server.ts", 'import { runReport } from "../reports/run-report.ts";'],
    ["live/server.ts", 'import chalk from "chalk";'],
  ])("in %s, %s is a violation", (file, source) => {
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
  ])("in %s, %s is allowed", (file, source) => {
    const found = importsOf(source);
    expect(found.flatMap((one) => violation(file, one) ?? [])).toEqual([]);
    if (!source.startsWith("//")) expect(found.length).toBe(source.split("\n").length);
  });
});
