/**
 * Tests `zabsim fuzz`, `zabsim coverage` and `zabsim shrink`: their output and exit codes, shards, and damaged
 * journals. scripts/interruptions.mjs, which CI runs, interrupts campaigns and resumes them.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  EXIT_BAD_INPUT,
  EXIT_FINDING,
  EXIT_INTERRUPTED,
  EXIT_NONDETERMINISM,
  EXIT_OK,
  EXIT_TERMINATED,
} from "../../cli/exit-codes.ts";
import { LAUNCHER, zabsim } from "./zabsim.ts";

const base = mkdtempSync(join(tmpdir(), "zabsim-fuzz-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let folders = 0;
const folder = (): string => join(base, String(++folders));

/** The seeds of a campaign that finds several failures in the newest release. */
const SEEDS = "448..575";

interface Journal {
  readonly blocks: Map<number, { readonly runs: number; readonly failed: Readonly<Record<string, number>> }>;
  readonly findings: readonly { readonly finding: { readonly signature: string }; readonly file: string }[];
}

function journalOf(out: string): Journal {
  const lines = readFileSync(join(out, "campaign.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const blocks = new Map();
  for (const line of lines.filter((one) => "block" in one)) {
    expect(blocks.has(line.block), `block ${line.block} twice`).toBe(false);
    blocks.set(line.block, line);
  }
  return { blocks, findings: lines.filter((one) => "finding" in one) };
}

function lastLine(stdout: string) {
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) as string);
}

/** Returns the runs and failures of each block, in the order of the blocks. */
function sums({ blocks }: Journal): unknown {
  return [...blocks].sort(([a], [b]) => a - b).map(([block, { failed, runs }]) => [block, runs, failed]);
}

const whole = folder();
const run = zabsim(["fuzz", "--seeds", SEEDS, "--json", "--out", whole]);

const wholeJournal = journalOf(whole);
const wholeCoverage = zabsim(["coverage", whole, "--json"]);

const strictFolder = folder();
const strict = zabsim(["fuzz", "--seeds", "440..481", "--strict", "--out", strictFolder]);

describe("zabsim fuzz --json", () => {
  it("prints the whole result as its last line", () => {
    const report = lastLine(run.stdout);
    expect(report).toMatchObject({ runs: 128, interrupted: false });
    for (const name of ["events", "virtualS", "runsPerS", "seconds"]) expect(report[name], name).toBeGreaterThan(0);
    expect(Array.isArray(report.findings)).toBe(true);
    expect(report.coverage.size).toBeGreaterThan(80);
    expect(Object.keys(report.coverage.reached)).toHaveLength(report.coverage.size);
    expect(report.faults.partition).toEqual({ struck: expect.any(Number), effect: expect.any(Number) });
    expect(report.nondeterministic).toEqual([]);
  });

  it("finds only known bugs in the newest release, and exits with 0", () => {
    const { findings } = lastLine(run.stdout);
    expect(findings.length).toBeGreaterThan(0);
    for (const { known } of findings) expect(known.length).toBeGreaterThan(0);
    expect(run.code).toBe(EXIT_OK);
  });

  it("writes for each finding a scenario file that fails as it expects", () => {
    for (const { file, signature } of lastLine(run.stdout).findings) {
      const { code, stdout } = zabsim(["run", file]);
      expect(code, `${signature}: ${file}\n${stdout}`).toBe(EXIT_OK);
    }
  });

  it("reports known bugs in full with --strict, and exits with 1", () => {
    expect(strict.code).toBe(EXIT_FINDING);
    expect(strict.stdout).toContain("replay: npx zabsim replay ");
    expect(strict.stdout).toContain("view: npx zabsim view ");
    expect(strict.stdout).toMatch(/^1\. server/m);
  });

  it("first runs the findings that the folder already has", () => {
    const again = zabsim(["fuzz", "--seeds", "1..1", "--out", whole]);
    expect(again.stdout.split("\n")[0]).toMatch(/^saved finding .*\.yaml: still fails, known bug: open-/);
  });
});

describe("--shard", () => {
  it("runs in two shards the same blocks, with the same failures, as in one campaign", () => {
    const shards = [1, 2].map((shard) => {
      const out = folder();
      zabsim(["fuzz", "--seeds", SEEDS, "--shard", `${shard}/2`, "--json", "--out", out]);
      return journalOf(out);
    });
    const blocks = shards.flatMap((shard) => [...shard.blocks]);
    expect(new Set(blocks.map(([block]) => block)).size).toBe(blocks.length);
    expect(sums({ blocks: new Map(blocks), findings: [] })).toEqual(sums(wholeJournal));
    for (const shard of shards) expect(shard.blocks.size).toBeGreaterThan(0);
  });
});

describe("--resume", () => {
  it("rejects a campaign with other options", () => {
    const other = zabsim(["fuzz", "--seeds", "1..2000", "--resume", "--out", whole]);
    expect(other.code).toBe(EXIT_BAD_INPUT);
    expect(other.stderr).toMatch(/--resume: .*lastSeed.*accepted: the same campaign, or another --out/);
  });

  it("rejects a scenario that was edited since", () => {
    const [out, file] = [folder(), join(base, "edited.yaml")];
    const args = ["fuzz", file, "--seeds", "1..2", "--out", out];
    writeFileSync(file, "servers: 3\n");
    expect(zabsim(args).code).toBe(EXIT_OK);
    expect(zabsim([...args, "--resume"]).code).toBe(EXIT_OK);
    writeFileSync(file, "servers: 5\n");
    const { code, stderr } = zabsim([...args, "--resume"]);
    expect(code).toBe(EXIT_BAD_INPUT);
    expect(stderr).toMatch(
      /^zabsim: --resume: the campaign in .* began with another content of scenario edited: .*\n$/,
    );
  });

  it("rejects a folder without a campaign, and does not create it", () => {
    const out = folder();
    const { code, stderr } = zabsim(["fuzz", "--seeds", "1..1", "--resume", "--out", out]);
    expect([code, existsSync(out)]).toEqual([EXIT_BAD_INPUT, false]);
    expect(stderr).toContain(`--resume: ${out} contains no campaign`);
  });

  it("remembers nondeterminism", () => {
    const out = folder();
    const args = ["fuzz", "--seeds", "64..65", "--out", out, "--reporter", "github"];
    zabsim(args);
    const difference = { nondeterministic: { seed: "64", first: "one event", second: "another" } };
    appendFileSync(join(out, "campaign.jsonl"), `${JSON.stringify(difference)}\n`);
    const { code, stdout } = zabsim([...args, "--resume"]);
    expect(code).toBe(EXIT_NONDETERMINISM);
    expect(stdout).toContain("::error title=zabsim%3A seed 64 gave two different runs::");
  });

  it("names the line of a damaged journal", () => {
    const out = folder();
    const args = ["fuzz", "--seeds", "1..1", "--out", out];
    zabsim(args);
    appendFileSync(join(out, "campaign.jsonl"), '{"finding":{}}\n');
    for (const command of [
      [...args, "--resume"],
      ["coverage", out],
    ]) {
      const { code, stderr } = zabsim(command);
      expect(code).toBe(EXIT_BAD_INPUT);
      expect(stderr).toContain(`${join(out, "campaign.jsonl")}:3: field finding has a value that no campaign writes`);
    }
  });

  it("reports the lines that it had to drop", () => {
    const out = folder();
    const args = ["fuzz", "--seeds", "1..1", "--out", out];
    zabsim(args);
    appendFileSync(join(out, "campaign.jsonl"), '{"block":');
    const { code, stderr } = zabsim([...args, "--resume"]);
    expect(code).toBe(EXIT_OK);
    expect(stderr).toContain("campaign.jsonl: dropped 1 line that a crash cut short or repeated (the first is line 3)");
  });
});

describe("the folder of a campaign", () => {
  it("is locked: a second campaign names the process that has it", async () => {
    const out = folder();
    const first = spawn(process.execPath, [LAUNCHER, "fuzz", "--time", "60s", "--out", out], { stdio: "ignore" });
    while (!existsSync(join(out, "campaign.jsonl"))) await new Promise((resolve) => setTimeout(resolve, 20));
    const { code, stderr } = zabsim(["fuzz", "--seeds", "1..1", "--out", out]);
    first.kill("SIGKILL");
    await once(first, "close");
    expect(code).toBe(EXIT_BAD_INPUT);
    expect(stderr).toContain(`${out}: another campaign uses this folder: process ${first.pid}, since 2`);
    // The process that held the lock has ended, so another campaign can use the folder.
    expect(zabsim(["fuzz", "--seeds", "1..1", "--out", out]).code).toBe(EXIT_OK);
    expect(readdirSync(out).filter((name) => name.includes("lock"))).toEqual([]);
  });
});

describe("a number of seeds that no campaign can run", () => {
  it.each([
    [["--runs", "999999999999999999", "--time", "200ms"]],
    [["--seeds", "0..18446744073709551615", "--time", "200ms"]],
    [["--seeds", "0..18446744073709551615", "--shard", "999999/999999", "--time", "200ms"]],
    [["--seed", "18446744073709551614", "--time", "30s"]],
  ])("%j ends in time", (args) => {
    const { code, stdout } = zabsim(["fuzz", "--zookeeper", "patched", ...args, "--json", "--out", folder()]);
    expect(code).toBe(EXIT_OK);
    expect(lastLine(stdout).runs).toBeGreaterThan(0);
  });
});

describe("Ctrl-C and SIGTERM", () => {
  it.each([
    ["SIGINT", EXIT_INTERRUPTED],
    ["SIGTERM", EXIT_TERMINATED],
  ] as const)("%s ends a campaign with exit code %i, a summary and a journal", async (signal, expected) => {
    const out = folder();
    const args = ["fuzz", "--zookeeper", "patched", "--time", "60s", "--json", "--out", out];
    const { code, stdout } = await killedAfter(args, 1500, signal);
    expect(code).toBe(expected);
    const { interrupted, runs, verdict } = lastLine(stdout);
    expect([interrupted, verdict]).toEqual([true, "interrupted"]);
    const lines = [...journalOf(out).blocks.values()];
    expect(lines.reduce((sum, line) => sum + line.runs, 0)).toBe(runs);
  });
});

describe("the commands that a finding prints", () => {
  it("repeat it from its seed alone, and quote its path for a shell", () => {
    const found = JSON.parse(run.stdout.split("\n").find((line) => line.startsWith('{"finding"')) as string).finding;
    const quoted = join(base, "it's a folder");
    const text = zabsim(["fuzz", "--seeds", `${BigInt(found.seed) - 2n}..${found.seed}`, "--strict", "--out", quoted]);
    const repeat = `npx zabsim fuzz --seeds ${found.seed}..${found.seed} --strict`;
    expect(text.stdout).toContain(`\n  repeat: ${repeat}\n`);
    const replay = text.stdout.split("\n").find((line) => line.startsWith("  replay: ")) ?? "";
    expect(replay).toContain("npx zabsim replay '");
    const file = replay.slice(replay.indexOf("'"));
    const { stdout } = spawnSync("bash", ["-c", `ls ${file}`], { encoding: "utf8" });
    expect(stdout.startsWith(quoted)).toBe(true);
    const { findings } = lastLine(zabsim([...repeat.split(" ").slice(2), "--json", "--out", folder()]).stdout);
    const { known, seed, signature, steps } = found;
    expect(findings).toEqual([expect.objectContaining({ known, seed, signature, steps })]);
  });
});

describe("bad input", () => {
  it.each([
    [["--runs", "0"], "--runs 0: not a count"],
    [["--shard", "5/4"], "--shard 5/4: not a part I/N (accepted: 1/4"],
    [["--faults", "earthquake"], "--faults earthquake: unknown (accepted: partition, "],
    [["--strategy", "luck"], "--strategy luck: unknown (accepted: portfolio, swarm, "],
    [["--reporter", "fax"], "--reporter fax: unknown (accepted: text, json, junit, github, html)"],
    [["--runs", "5", "--seeds", "1..2"], "--seeds cannot be combined with --runs: --seeds already says which seeds"],
    [["--seed", "5", "--seeds", "1..2"], "--seeds cannot be combined with --seed: --seeds already says which seeds"],
    [["--seed", "18446744073709551615", "--runs", "2"], "--runs 2: more runs than seeds"],
    [["--set", "servers=3"], "--set changes a field of a scenario, and no scenario is given"],
    [["--time", "0s"], "--time 0: runs nothing"],
    [["--workers", "1000"], "--workers 1000: too many threads (accepted: 1 to 256)"],
    [["--strategy", "pct", "--faults", "wipe"], "--faults wipe: --strategy pct never draws this fault (accepted: lat"],
    [["--json", "--reporter", "text,junit"], "--json cannot be combined with --reporter text: both write to stdout"],
    [["--reporter", "github,json"], "--reporter json cannot be combined with --reporter github"],
    [["--seeds", "1..2", "--seeds", "3..4"], "--seeds is given twice"],
    [["--seeds", "9..1"], "--seeds 9..1: the start is greater than the end"],
    [["--time", "soon"], "--time soon: not a time"],
    [["no-such-scenario"], "no-such-scenario: no such file or shipped scenario"],
  ])("rejects fuzz %j", (args, message) => {
    const { code, stderr } = zabsim(["fuzz", ...args, "--out", folder()]);
    expect(code).toBe(EXIT_BAD_INPUT);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
  });

  it("rejects a coverage folder without a campaign", () => {
    const { code, stderr } = zabsim(["coverage", folder()]);
    expect(code).toBe(EXIT_BAD_INPUT);
    expect(stderr).toContain("contains no campaign");
  });
});

describe("zabsim coverage", () => {
  it("prints what the campaign reached and what it did not reach", () => {
    const { code, stdout } = wholeCoverage;
    expect(code).toBe(EXIT_OK);
    const { faults, never, reached } = JSON.parse(stdout);
    expect(reached).toContain("rule in-sync");
    expect(reached.filter((one: string) => never.includes(one))).toEqual([]);
    expect(Object.keys(faults).length).toBeGreaterThan(0);
  });
});

describe("zabsim shrink", () => {
  it("shrinks a plan, and a second call continues from the result", () => {
    const name = readdirSync(strictFolder).find((one) => one.endsWith(".yaml"));
    const file = join(strictFolder, name as string);
    const small = join(base, "small.min.yaml");
    const first = zabsim(["shrink", file, "--out", small, "--json"]);
    expect(first.code).toBe(EXIT_FINDING);
    expect(JSON.parse(first.stdout)).toMatchObject({ complete: true, file: small });
    expect(JSON.parse(zabsim(["shrink", file, "--out", small, "--json"]).stdout)).toMatchObject({ complete: true });
    expect(zabsim(["run", small]).code).toBe(0);
  });

  it("reports that a scenario does not fail", () => {
    const file = join(base, "holds.yaml");
    writeFileSync(file, "servers: 3\n");
    const { code, stdout } = zabsim(["shrink", file]);
    expect([code, stdout]).toEqual([EXIT_OK, "holds does not fail with seed 1: nothing to shrink\n"]);
  });
});

it("--reporter html writes a page with the findings, and nothing to stdout", () => {
  const out = join(base, "html");
  const args = [
    "fuzz",
    "--zookeeper",
    "3.6.2",
    "--seeds",
    "3724..3731",
    "--strict",
    "--out",
    out,
    "--reporter",
    "html",
  ];
  const { code, stderr, stdout } = zabsim(args);
  expect([code, stdout]).toEqual([EXIT_FINDING, ""]);
  expect(stderr).toContain(`HTML report: ${join(out, "report.html")}`);
  const page = readFileSync(join(out, "report.html"), "utf8");
  expect(page).toContain("Campaign of ZooKeeper 3.6.2");
  expect(page).toMatch(/trunc-keeps-committed[\s\S]*aria-label="space-time diagram"/);
});

/** Starts zabsim and sends it a signal after `ms` milliseconds. */
function killedAfter(
  args: readonly string[],
  ms: number,
  signal: NodeJS.Signals,
): Promise<{ code: number | null; stdout: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [LAUNCHER, ...args], { stdio: ["ignore", "pipe", "ignore"] });
    let stdout = "";
    child.stdout.on("data", (data) => {
      stdout += String(data);
    });
    const timer = setTimeout(() => child.kill(signal), ms);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, stdout });
    });
  });
}
