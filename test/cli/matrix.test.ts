/** Tests `zabsim matrix`, and the option --zookeeper of `zabsim decide`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_OK } from "../../cli/exit-codes.ts";
import { LAUNCHER, zabsim } from "./zabsim.ts";

/** A first seed with only 15 seeds after it, so that a campaign soon ends. */
const FEW_SEEDS = String(2n ** 64n - 16n);

describe("matrix", () => {
  it("prints a table of at most 100 columns, with scenarios only if --time is 0s", () => {
    const { code: status, stdout } = zabsim(["matrix", "--time", "0s"]);
    expect(status).toBe(EXIT_OK);
    const lines = stdout.split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(lines.find((line) => line.startsWith("4925"))?.replace(/[ .]+/g, "")).toBe("4925S");
  });

  it("prints the findings of campaigns as JSON", () => {
    const { code: status, stdout } = zabsim(["matrix", "--bug", "2845", "--time", "2s", "--json"]);
    expect(status).toBe(EXIT_OK);
    const cells = JSON.parse(stdout) as Record<string, unknown>[];
    expect(cells.map(({ release }) => release)).toContain("3.9.4");
    for (const cell of cells) {
      expect(Object.keys(cell)).toEqual([
        ...["bug", "release", "expected", "reproduced", "found", "runs", "seconds", "campaigns", "met", "why"],
      ]);
      const isAffected = cell.release === "3.4.10";
      expect(cell).toMatchObject({
        bug: "ZOOKEEPER-2845",
        expected: isAffected,
        reproduced: isAffected,
        found: isAffected,
      });
      expect(typeof cell.runs).toBe(isAffected ? "number" : "object");
    }
  }, 180_000);

  it("prints with --release what the release can lose, and the first release without each bug", () => {
    const { stdout } = zabsim(["matrix", "--release", "3.6.2"]);
    expect(stdout).toMatch(/ZOOKEEPER-3911[\s\S]*?first release without it: 3\.6\.3\n/);
    expect(stdout).toMatch(
      /ZOOKEEPER-4643[\s\S]*?first release without it: 3\.8\.5 \(in newer release lines: 3\.9\.2\)\n/,
    );
    expect(stdout).toMatch(/ZOOKEEPER-3023[\s\S]*?first release without it: 3\.9\.3\n/);
    expect(stdout).toMatch(/First later release without ZOOKEEPER-3911, -4643, [^:]*-2845,[^:]*:\s3\.9\.4\.\n/);
    expect(stdout).not.toContain("ZOOKEEPER-2845");
    // In 3.6.2, the scenario of ZOOKEEPER-4646 also fails, but because of ZOOKEEPER-3911, so the advice does not list
    // 4646.
    expect(stdout).not.toContain("ZOOKEEPER-4646");
    const newest = zabsim(["matrix", "--release", "newest"]).stdout;
    expect(newest).toMatch(/^Known bugs of ZooKeeper newest, .*\n\nopen-observer-aborts-sync-after-reconfiguration\n/);
    expect(newest).not.toContain("First later release");
    expect(newest.match(/first release without it: none\n/g)?.length).toBeGreaterThan(9);
    expect(newest).toContain("violates: no invariant; servers are stuck");
    const oneBug = zabsim(["matrix", "--release", "3.6.2", "--bug", "2845"]).stdout;
    expect(oneBug).toContain("ZooKeeper 3.6.2 has none of ZOOKEEPER-2845.");
    const advice = JSON.parse(zabsim(["matrix", "--release", "3.9.3", "--json"]).stdout);
    const firstFree = advice.bugs.map((bug: { firstFree?: string }) => bug.firstFree);
    expect(firstFree.filter((release?: string) => release !== undefined)).toEqual(["3.9.4"]);
  });

  it("compares two releases with --from, and runs rolling upgrades without a file of the user's own", () => {
    const folder = mkdtempSync(join(tmpdir(), "zabsim-upgrade-"));
    const args = ["matrix", "--from", "3.5.7", "--to", "3.8.4", "--seed", FEW_SEEDS, "--out", join(folder, "new")];
    const { code, stderr, stdout } = zabsim(args);
    expect(code).toBe(EXIT_OK);
    expect(stderr).toContain("zabsim: note: ZooKeeper 3.5.7 behaves like 3.5.5, with 3 differences");
    expect(stdout).toMatch(
      /^Bugs that the upgrade removes: [\s\S]*^Bugs that the upgrade adds: [\s\S]*^ {2}Choose 3\.9\.5, or 3\.8\.6 /m,
    );
    expect(stdout).toMatch(/^Rolling upgrade from 3\.5\.7 to 3\.8\.4$[\s\S]* [1-9]\d* runs? in /m);
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
    const { stdout: json } = zabsim(["matrix", "--from", "3.8.4", "--time", "0s", "--json"]);
    expect(JSON.parse(json)).toMatchObject({
      from: "3.8.4",
      to: "3.9.5",
      coming: [{ bug: "open-observer-aborts-sync-after-reconfiguration" }],
      better: [],
      rollingUpgrade: null,
    });
  }, 120_000);

  it("names bugs without a ticket by letters, and shows only the bugs in --bug", () => {
    const { stdout } = zabsim(["matrix", "--bug", "3829,open-demoted-voters-block-proposals", "--time", "0s"]);
    expect(stdout).toMatch(/^3829 +\. +\. +S +S +\. +S/m);
    expect(stdout).toMatch(/^a +\. +\. +S[^!]*S$/m);
    expect(stdout).toContain("\na = open-demoted-voters-block-proposals\n");
  });

  it("prints its results so far after Ctrl-C, and removes its temporary files", async () => {
    const temporary = mkdtempSync(join(tmpdir(), "zabsim-interrupted-"));
    const args = [LAUNCHER, "matrix", "--bug", "4643", "--time", "60s"];
    const run = spawn(process.execPath, args, { env: { ...process.env, NO_COLOR: "1", TMPDIR: temporary } });
    let stdout = "";
    run.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    run.stderr.once("data", () => run.kill("SIGINT"));
    const [code] = (await once(run, "close")) as [number];
    expect(code).toBe(EXIT_INTERRUPTED);
    expect(stdout).toMatch(/^4643 +S/m);
    expect(readdirSync(temporary)).toEqual([]);
    rmSync(temporary, { recursive: true });
  }, 60_000);

  it.each([
    [["--release", "3.3.6"], "--release 3.3.6: unknown release (accepted: 3.4.10, "],
    [["--release", "3.6.2", "--time", "0s"], "--time cannot be combined with --release, which prints the bugs"],
    [["--from", "3.5.8", "--to", "3.9.7"], "--to 3.9.7: unknown release; the nearest release below it is 3.9.5"],
    [["--from", "patched"], "--from patched: not a published release (accepted: 3.4.10, "],
    [["--from", "3.5.8", "--to", "3.5.8"], "the same release"],
    [["--to", "3.5.8"], "--to needs --from"],
    [["--from", "3.5.8", "--out", ""], "--out '': not a folder"],
    [["--from", "3.5.8", "--out", LAUNCHER], "zabsim.js: not a folder"],
    [["--from", "3.5.8", "--bug", "4643"], "--bug cannot be combined with --from"],
    [["--out", "dir"], "--out needs --from"],
    [["--bug", "1"], "--bug 1: unknown (accepted: 3911, "],
    [["--time", "soon"], "--time"],
    [["--repeat", "0"], "--repeat"],
    [["--repeat", "3", "--time", "0s"], "--repeat cannot be combined with --time 0s"],
    [["--from", "3.5.8", "--time", "0s", "--out", "dir"], "--out cannot be combined with --time 0s"],
    [["--release", "3.6.2", "--markdown"], "--markdown cannot be combined with --release"],
    [["--json", "--markdown"], "--markdown cannot be combined with --json"],
    [["--html", "--markdown"], "--markdown cannot be combined with --html"],
    [["--html", "--release", "3.6.2"], "--html cannot be combined with --release"],
  ])("rejects %j", (args, message) => {
    const { code: status, stderr, stdout } = zabsim(["matrix", ...args]);
    expect(status).toBe(EXIT_BAD_INPUT);
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
  });
});

it("decide answers as the given release does", () => {
  const facts = ["decide", "--peer", "1:3", "--committed-log", "1:8..1:10", "--txn-log", "1:1..1:5"];
  expect(zabsim(facts).stdout).toContain("rule txn-log-gap");
  expect(zabsim([...facts, "--zookeeper", "3.5.8"]).stdout).toContain("rule txn-log-diff");
  expect(zabsim([...facts, "--zookeeper", "3.4.14"]).stdout).toContain("rule behind-committed-log");
  expect(zabsim([...facts, "--zookeeper", "3.3"]).code).toBe(EXIT_BAD_INPUT);
});

it("a release without a profile of its own runs, and a hint on stderr says why it behaves like another one", () => {
  const { code, stderr, stdout } = zabsim(["run", "follower-ahead-trunc", "--zookeeper", "3.8.5", "--json"]);
  expect(code).toBe(EXIT_OK);
  expect(JSON.parse(stdout)).toBeDefined();
  expect(stderr.match(/zabsim: note: ZooKeeper 3\.8\.5 behaves like 3\.8\.6: No commit between/g)).toHaveLength(1);
  expect(zabsim(["run", "follower-ahead-trunc", "--zookeeper", "3.8.6"]).stderr).toBe("");
});

it("an unknown release is refused with the nearest release below it", () => {
  const unknown = ["decide", "--peer", "1:3", "--zookeeper"];
  expect(zabsim([...unknown, "3.9.7"]).stderr).toContain(
    "3.9.7: unknown release; the nearest release below it is 3.9.5",
  );
  expect(zabsim([...unknown, "3.5.4-beta"]).stderr).toContain("the nearest release below it is 3.4.14");
  expect(zabsim([...unknown, "3.3.6"]).stderr).toContain("3.3.6: unknown release (accepted: 3.4.10, ");
  const inFile = zabsim(["run", "follower-ahead-trunc", "--set", "zookeeper=3.9.7"]).stderr;
  expect(inFile).toContain("the nearest release below it is 3.9.5");
});
