/** `zabsim fuzz`, `zabsim coverage` and `zabsim shrink`: output, shards, the journal under kill -9, exit codes. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { EXIT_BAD_INPUT, EXIT_FINDING, EXIT_INTERRUPTED, EXIT_OK } from "../../cli/exit-codes.ts";
import { LAUNCHER, zabsim } from "./zabsim.ts";

const base = mkdtempSync(join(tmpdir(), "zabsim-fuzz-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let folders = 0;
const folder = (): string => join(base, String(++folders));

/** Seeds with which the newest release fails in several ways. */
const SEEDS = "1..1300";

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

describe("zabsim fuzz --json", () => {
  it("prints the whole result as its last line", () => {
    const report = lastLine(run.stdout);
    expect(report).toMatchObject({ runs: 1300, interrupted: false });
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
    const strict = zabsim(["fuzz", "--seeds", "1..1000", "--strict", "--out", folder()]);
    expect(strict.code).toBe(EXIT_FINDING);
    expect(strict.stdout).toContain("replay: zabsim replay ");
    expect(strict.stdout).toMatch(/^1\. server/m);
  });

  it("first runs the findings that the folder already has", () => {
    const again = zabsim(["fuzz", "--seeds", "1..1", "--out", whole]);
    expect(again.stdout.split("\n")[0]).toMatch(/^saved finding .*\.yaml: still fails$/);
  });
});

describe("--shard", () => {
  it("runs in four shards the same blocks, with the same failures, as in one campaign", () => {
    const shards = [1, 2, 3, 4].map((shard) => {
      const out = folder();
      zabsim(["fuzz", "--seeds", SEEDS, "--shard", `${shard}/4`, "--json", "--out", out]);
      return journalOf(out);
    });
    const blocks = shards.flatMap((shard) => [...shard.blocks]);
    expect(new Set(blocks.map(([block]) => block)).size).toBe(blocks.length);
    const other = folder();
    zabsim(["fuzz", "--seeds", SEEDS, "--json", "--out", other]);
    expect(sums({ blocks: new Map(blocks), findings: [] })).toEqual(sums(journalOf(other)));
    for (const shard of shards) expect(shard.blocks.size).toBeGreaterThan(3);
  });
});

describe("--resume", () => {
  it("runs each seed once and loses no reported finding, even after twenty kill -9", async () => {
    const undisturbed = folder();
    zabsim(["fuzz", "--seeds", "2561..7560", "--json", "--out", undisturbed]);
    const killed = folder();
    const reported = new Set<string>();
    let kills = 0;
    let done = false;
    // Every second kill comes after the first reported finding, so that the campaign makes progress.
    const delay = (attempt: number): number | "first-line" =>
      done ? 90 : attempt % 2 === 0 ? "first-line" : 300 + ((attempt * 97) % 600);
    for (let attempt = 0; kills < 20 && attempt < 40; attempt++) {
      const args = ["fuzz", "--seeds", "2561..7560", "--json", "--resume", "--out", killed];
      const { finished, stdout } = await killedAfter(args, delay(attempt));
      for (const line of stdout.split("\n").slice(0, -1)) {
        const { finding } = JSON.parse(line);
        if (finding !== undefined) reported.add(finding.file);
      }
      if (!finished) kills++;
      done ||= finished;
    }
    const last = zabsim(["fuzz", "--seeds", "2561..7560", "--json", "--resume", "--out", killed]);
    const report = lastLine(last.stdout);
    expect(report.runs).toBe(5000);
    expect(sums(journalOf(killed))).toEqual(sums(journalOf(undisturbed)));
    for (const file of reported) {
      expect(existsSync(file), file).toBe(true);
      expect(report.findings.map((finding: { file: string }) => finding.file)).toContain(file);
    }
    expect(reported.size).toBeGreaterThan(0);
    expect(kills).toBe(20);
  }, 300_000);

  it("rejects a campaign with other options", () => {
    const other = zabsim(["fuzz", "--seeds", "1..2000", "--resume", "--out", whole]);
    expect(other.code).toBe(EXIT_BAD_INPUT);
    expect(other.stderr).toMatch(/--resume: .*lastSeed.*accepted: the same options, or another --out/);
  });
});

describe("Ctrl-C", () => {
  it("ends a campaign with exit code 130, a summary and a journal", async () => {
    const out = folder();
    const { code, stdout } = await killedAfter(["fuzz", "--time", "60s", "--json", "--out", out], 1500, "SIGINT");
    expect(code).toBe(EXIT_INTERRUPTED);
    expect(lastLine(stdout)).toMatchObject({ interrupted: true });
    expect(journalOf(out).blocks.size).toBeGreaterThan(0);
  });
});

describe("bad input", () => {
  it.each([
    [["--runs", "0"], "--runs 0: not a count"],
    [["--shard", "5/4"], "--shard 5/4: not a part I/N (accepted: 1/4"],
    [["--faults", "earthquake"], "--faults earthquake: unknown (accepted: partition, "],
    [["--strategy", "luck"], "--strategy luck: unknown (accepted: portfolio, swarm, "],
    [["--reporter", "fax"], "--reporter fax: unknown (accepted: text, json, junit, github)"],
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
    expect(stderr).toContain("no campaign there");
  });
});

describe("zabsim coverage", () => {
  it("prints what the campaign reached and what it did not reach", () => {
    const out = folder();
    zabsim(["fuzz", "--seeds", "40..400", "--json", "--out", out]);
    const { code, stdout } = zabsim(["coverage", out, "--json"]);
    expect(code).toBe(EXIT_OK);
    const { faults, never, reached } = JSON.parse(stdout);
    expect(reached).toContain("rule in-sync");
    expect(reached.filter((one: string) => never.includes(one))).toEqual([]);
    expect(Object.keys(faults).length).toBeGreaterThan(0);
  });
});

describe("zabsim shrink", () => {
  it("shrinks a plan, and a second call continues from the result", () => {
    const out = folder();
    zabsim(["fuzz", "--seeds", "1..1000", "--json", "--out", out]);
    const file = join(out, readdirSync(out).find((name) => name.endsWith(".yaml")) as string);
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

/**
 * Runs zabsim and kills it after `ms`, or after its first line of output. `finished` says that zabsim exited before
 * that.
 */
function killedAfter(
  args: readonly string[],
  ms: number | "first-line",
  signal: NodeJS.Signals = "SIGKILL",
): Promise<{ finished: boolean; code: number | null; stdout: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [LAUNCHER, ...args], { stdio: ["ignore", "pipe", "ignore"] });
    let stdout = "";
    child.stdout.on("data", (data) => {
      stdout += String(data);
      if (ms === "first-line" && stdout.includes("\n")) child.kill(signal);
    });
    const timer = setTimeout(() => child.kill(signal), ms === "first-line" ? 20_000 : ms);
    child.on("close", (code, by) => {
      clearTimeout(timer);
      resolve({ finished: by === null && code !== EXIT_INTERRUPTED, code, stdout });
    });
  });
}
